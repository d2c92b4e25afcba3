"""One output number as an expression: the NumPy line of the notes, its terms written out, the sentences below a picture."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from cnncalc.reports.sheet import precise, total
from cnncalc.text.suggest import many

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.arithmetic.window import Stage, Window
    from cnncalc.kernels.arrays import Array
    from cnncalc.maths.neuron import Neuron, Response

MOST_TERMS = 12
"""The most terms that are written out; more are in the grids."""


def index(place: Sequence[int]) -> str:
    """Return `1,0,0`."""
    return ",".join(map(str, place))


def span(places: range, offset: int, size: int) -> str:
    """Return the slice of NumPy for places of an axis that has `size` numbers, padding included: `2:5`, `0:5:2`, `:`, `2::-2`."""
    if not places:
        return "0:0"
    first, last, step = places[0] + offset, places[-1] + offset, places.step
    if len(places) == 1 and size > 1:
        return f"{first}:{first + 1}"
    if (min(first, last), max(first, last), abs(step)) == (0, size - 1, 1):
        return ":" if step > 0 else "::-1"
    stop = last + 1 if step > 0 else "" if last == 0 else last - 1
    return f"{first}:{stop}" + (f":{step}" if step != 1 else "")


def padded(stage: Stage, neuron: Neuron) -> tuple[int, ...]:
    """Return the size of the input with its padding, depth last."""
    *size, depth = stage.x.shape
    return (*(side + before + after for side, (before, after) in zip(size, neuron.padding, strict=True)), depth)


def read_text(stage: Stage, neuron: Neuron) -> str:
    """Return what a neuron reads, `X[2:5,0:3,:]`, where X has its padding; a window without padding that counts is cut to X."""
    sizes = padded(stage, neuron) if neuron.outside is not None else stage.x.shape
    words: list[str] = []
    for axis, (places, size) in enumerate(zip(neuron.places, sizes, strict=True)):
        spatial = axis < len(neuron.padding)
        offset = neuron.padding[axis][0] if spatial and neuron.outside is not None else 0
        if spatial and len(places) > 0 and neuron.outside is not None:
            words.append(span(places, offset, size))
            continue
        inside = range(*_clipped(places, size))
        alone = not spatial and neuron.function != "sum" and len(places) == 1
        words.append(str(places[0]) if alone else span(inside, 0, size))
    return "X" if set(words) == {":"} else f"X[{','.join(words)}]"


def _clipped(places: range, size: int) -> tuple[int, int, int]:
    """Return the arguments of the range of those places that are inside."""
    inside = [at for at in places if 0 <= at < size]
    return (inside[0], inside[-1] + 1, places.step) if inside else (0, 0, 1)


def own_weights(neuron: Neuron, place: Sequence[int]) -> tuple[str, str]:
    """Return the names of a neuron's weights and bias: `W0`, `b0`, or `W[1,0,0]` where no other neuron has them."""
    if neuron.front:
        return f"W[{index(place)}]", f"b[{index(place)}]"
    return f"W{place[-1]}", f"b{place[-1]}"


def numpy_line(stage: Stage, window: Window, sides: Sequence[int]) -> str:
    """Return `V[1,0,0] = np.sum(X[2:5,0:3,:]*W0) + b0 = 2`; `sides` are those of the kernel, depth last."""
    return f"V[{index(window.place)}] = {expression(stage, window, sides)} = {precise(window.value)}"


def expression(stage: Stage, window: Window, sides: Sequence[int]) -> str:
    """Return the right side of the NumPy line."""
    neuron = window.neuron
    read = read_text(stage, neuron)
    if neuron.function == "max":
        return f"np.max({read})"
    if neuron.function == "root":
        return f"np.sqrt(np.sum({read}**2))"
    if neuron.function == "mean":
        counted = int(window.real.sum()) if neuron.outside is None else neuron.cells
        return f"np.mean({read})" if neuron.divisor == counted else f"np.sum({read})/{neuron.divisor}"
    if neuron.response is not None:
        place, k, alpha, beta = neuron.response
        here = [at + before for at, (before, _) in zip(place, neuron.padding, strict=False)]
        inner = f"{precise(k)} + {precise(alpha)}/{neuron.divisor}*np.sum({read}**2)"
        return f"X[{index((*here, place[-1]))}]/({inner})**{precise(beta)}"
    weights, bias = own_weights(neuron, window.place)
    if not neuron.cells:
        return bias if window.bias is not None else "0"
    taps = [span(tap, 0, side) for tap, side in zip(neuron.taps, sides, strict=True)]
    if neuron.places[-1] == neuron.taps[-1]:
        taps[-1] = span(neuron.taps[-1], 0, stage.x.shape[-1])
    part = "" if set(taps) == {":"} else f"[{','.join(taps)}]"
    return f"np.sum({read}*{weights}{part})" + (f" + {bias}" if window.bias is not None else "")


def terms(window: Window) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Yield the place and the tap of each term, in the order in which the window is read."""
    neuron = window.neuron
    order = [list(zip(places, taps, strict=True)) for places, taps in zip(neuron.places, neuron.taps, strict=True)]
    for pairs in itertools.product(*reversed(order)):
        places, taps = zip(*reversed(pairs), strict=True)
        yield places, taps


def written_out(stage: Stage, window: Window) -> list[str]:
    """Return the sum with a term for each product, with names and with numbers, where there are few.

    One channel in one dimension is written as in the notes: `w[0]*x[0] + w[1]*x[2] + w[2]*x[4]`.
    """
    neuron = window.neuron
    if window.products is None or window.weights is None or not 0 < neuron.cells <= MOST_TERMS:
        return []
    weights, bias = own_weights(neuron, window.place)
    vector = len(neuron.places) == 2 and neuron.cells == len(neuron.places[0])
    offsets = (*(before for before, _ in neuron.padding), 0)
    names: list[str] = []
    numbers: list[str] = []
    for places, taps in terms(window):
        cell = tuple(list(axis).index(at) for axis, at in zip(neuron.places, places, strict=True))
        numbers.append(f"{precise(float(window.weights[cell]))}*{precise(float(window.patch[cell]))}")
        where = [at + before for at, before in zip(places, offsets, strict=True)]
        names.append(f"w[{taps[0]}]*x[{where[0]}]" if vector else f"{weights}[{index(taps)}]*X[{index(where)}]")
    lines = [" + ".join((*numbers, precise(window.bias))) if window.bias is not None else " + ".join(numbers)]
    lines[0] += f" = {precise(window.value)}"
    if vector:
        named = " + ".join(names) + (f" + {bias}" if window.bias is not None else "")
        lines.insert(0, f"V[{index(window.place)}] = {named}   ({_vectors(stage, window, weights)})")
    return lines


def _vectors(stage: Stage, window: Window, weights: str) -> str:
    """Return what w and x are: `w = W0, x = X`, or for one channel among several `w = W0[:,0], x = X[:,2]`."""
    places, taps = window.neuron.places[-1][0], window.neuron.taps[-1][0]
    if stage.x.shape[-1] == 1:
        return f"w = {weights}, x = X"
    return f"w = {weights}[:,{taps}], x = X[:,{places}]"


def sum_line(window: Window, shown: Sequence[tuple[int, ...]]) -> str:
    """Return the sums of the slices, those that are not shown in one number, and the bias."""
    sums = window.sums.reshape(-1)
    if window.products is None or sums.size < 2 or all(len(places) == 1 for places in window.neuron.places[:-1]):
        return ""  # the products of one pixel are in one row
    if len(shown) == sums.size:
        parts, rest = list(map(float, sums)), ""
    else:
        width = window.sums.shape[-1]
        visible = [int(at[-1]) if len(at) == 1 else int(at[0]) * width + int(at[-1]) for at in shown]
        parts = [float(sums[at]) for at in visible]
        hidden = math.fsum(float(each) for at, each in enumerate(sums) if at not in set(visible))
        rest = f" + {precise(hidden)} (the {sums.size - len(visible)} other slices)"
    bias = "" if window.bias is None else f" + {precise(window.bias)} (bias)"
    return f"slice by slice: {total(parts)}{rest}{bias} = {precise(window.value)}"


def sentences(stage: Stage, window: Window, shown: Sequence[tuple[int, ...]]) -> list[str]:
    """Return the sentences on the numbers of a window."""
    neuron = window.neuron
    if window.peak is not None:
        return _maximum(stage, window, window.peak)
    if neuron.function == "mean":
        return [_mean(window)]
    if neuron.function == "root":
        return [f"sqrt({_squares(window)}) = {precise(window.value)}"]
    if neuron.response is not None:
        return _response(stage, window, neuron.response)
    return [line for line in (sum_line(window, shown), *written_out(stage, window)) if line]


def in_order(box: Array) -> list[float]:
    """Return the numbers of a box slice by slice, row by row."""
    return [float(value) for value in box.transpose(tuple(reversed(range(box.ndim)))).reshape(-1)]


def _maximum(stage: Stage, window: Window, peak: Sequence[int]) -> list[str]:
    """Return the numbers of which a maximum is taken, and its place: the switch."""
    from cnncalc.arithmetic.window import first_max_index

    words = list(map(precise, in_order(window.patch)))
    listed = ", ".join(words) if len(words) <= 2 * MOST_TERMS else f"{len(words)} numbers"
    if not all(0 <= at < side for at, side in zip(peak, stage.x.shape, strict=True)):
        return [f"max({listed}) = {precise(window.value)}: the window sees no pixel"]
    offsets = (*(before for before, _ in window.neuron.padding), 0)
    where = index([at + before for at, before in zip(peak, offsets, strict=True)])
    among = f"index {first_max_index(stage, peak)} of {math.prod(stage.x.shape[:-1])} in its slice"
    return [
        f"max({listed}) = {precise(window.value)}: a max over {_real(words)}",
        f"the switch: X[{where}], {among}{' without padding' if any(map(any, window.neuron.padding)) else ''}",
    ]


def _real(words: Sequence[str]) -> str:
    """Return how many numbers a maximum has, padding apart, which is minus infinity."""
    padding = words.count(precise(-math.inf))
    more = f" and {padding} of padding" if padding else ""
    return f"{many(len(words) - padding, 'number')}{more}"


def _mean(window: Window) -> str:
    """Return the sum and the divisor of a mean."""
    neuron = window.neuron
    real = in_order(window.real)
    words = [
        precise(value) for value, is_real in zip(in_order(window.patch), real, strict=True) if is_real or neuron.outside is not None
    ]
    listed = " + ".join(words) if len(words) <= 2 * MOST_TERMS else f"the sum of {len(words)} numbers"
    return f"{f'({listed})' if len(words) > 1 else listed}/{neuron.divisor} = {precise(window.value)}"


def _squares(window: Window) -> str:
    """Return the squares of the numbers of a window, added up."""
    words = list(map(precise, in_order(window.patch)))
    if len(words) > 2 * MOST_TERMS:
        return f"the sum of {len(words)} squares"
    return " + ".join(f"({word})^2" if word.startswith("-") else f"{word}^2" for word in words)


def _response(stage: Stage, window: Window, response: Response) -> list[str]:
    """Return the sum of squares of a normalization, and what it makes of the number."""
    squares = precise(sum(value**2 for value in in_order(window.patch)))
    inner = f"{precise(response.k)} + {precise(response.alpha)}/{window.neuron.divisor}*{squares}"
    x = precise(stage.x[response.place])
    return [f"{_squares(window)} = {squares}", f"{x}/({inner})^{precise(response.beta)} = {precise(window.value)}"]


def column_line(stage: Stage, window: Window, most: int) -> str:
    """Return the depth column of the output at the window: what all filters make of one region."""
    values = [precise(value) for value in stage.v[window.place[:-1]]]
    if len(values) < 2 or not window.neuron.taps:
        return ""
    listed = " ".join(values if len(values) <= most else [*values[: most - 2], "…", values[-1]])
    here = ",".join((*map(str, window.place[:-1]), ":"))
    return f"V[{here}] = {listed}: the depth column, {len(values)} neurons on one region"
