"""Receptive fields of the neurons of a layer along one axis of the image: exact for all strides.

Neurons are numbered along the axis from 0; neurons below 0 and beyond the last one are padding. A `Path` gives the pixels
reached by each neuron. With sliding windows only, neuron n reaches [first + n*stride, end + n*stride). Behind a transposed
window the fields alternate: with stride 2, even and odd neurons see different inputs. A path therefore has a span for each
of `period` neurons, and moves by `advance` pixels after each period; its stride is exactly advance/period.

Source: Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019,
doi:10.23915/distill.00021; transposed windows: Dumoulin and Visin 2016, arXiv:1603.07285, relationship 14.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from fractions import Fraction

    from cnncalc.maths.window import Axis

    Exact = int | Fraction
    Span = tuple[Exact, Exact] | None
    """The pixels [first, end) reached by a neuron, or None for no pixels."""

MOST_PHASES = 4096
"""Maximum spans of a path; a longer path is replaced by a line that bounds it. No known network comes near."""


class Path(NamedTuple):
    """Neuron period*m + r reaches the span r, moved by m*advance pixels."""

    advance: Exact
    spans: tuple[Span, ...]

    @property
    def period(self) -> int:
        """Number of neurons after which the pattern repeats."""
        return len(self.spans)

    @property
    def stride(self) -> Exact:
        """Average movement of the field from one neuron to the next."""
        return ratio(self.advance, len(self.spans))

    def at(self, neuron: int) -> Span:
        """Return the span of a neuron."""
        times, phase = divmod(neuron, len(self.spans))
        span = self.spans[phase]
        return None if span is None else (span[0] + times * self.advance, span[1] + times * self.advance)

    def centre(self) -> Exact:
        """Return twice the mean centre of the fields of a period, each shifted back to neuron 0."""
        seen = [span[0] + span[1] - 2 * phase * self.stride for phase, span in enumerate(self.spans) if span]
        return ratio(sum(seen), len(seen)) if seen else 0


def ratio(value: Exact, divisor: int) -> Exact:
    """Return value/divisor exactly. Fractions are slow to import and occur only in networks with enlarged volumes."""
    if isinstance(value, int) and value % divisor == 0:
        return value // divisor
    from fractions import Fraction

    return whole_number(Fraction(value) / divisor)


def whole_number(value: Exact) -> Exact:
    """Return a fraction with denominator 1 as an integer."""
    return value.numerator if value.denominator == 1 else value


def hull(spans: Iterable[Span]) -> Span:
    """Return the smallest span that contains all spans."""
    seen = [span for span in spans if span is not None]
    return (min(span[0] for span in seen), max(span[1] for span in seen)) if seen else None


def slide(path: Path, axis: Axis) -> Path:
    """Return the path behind a sliding window: neuron n sees the inputs n*S - P + k*D for k from 0 to F-1."""
    if path.period == 1:
        (span,), step = path.spans, path.advance
        moved = None if span is None else (span[0] - axis.before * step, span[1] + (axis.extent - 1 - axis.before) * step)
        return Path(step * axis.stride, (moved,))
    shared = math.gcd(path.period, axis.stride)
    repeats = path.period // math.gcd(path.period, axis.dilation)  # taps this far apart see the same phase
    taps = _ends(range(0, axis.kernel * axis.dilation, axis.dilation), repeats)
    spans = [hull(path.at(neuron * axis.stride - axis.before + tap) for tap in taps) for neuron in range(path.period // shared)]
    return reduced(
        Path(
            path.advance * axis.stride // shared if isinstance(path.advance, int) else path.advance * axis.stride / shared,
            tuple(spans),
        )
    )


def spread(path: Path, axis: Axis) -> Path:
    """Return the path behind a transposed window: neuron n is reached by every input i with i*S + k*D = n + P."""
    if path.period * axis.stride > MOST_PHASES:
        path = bounded(path)
        if axis.stride > MOST_PHASES:
            return _spread_bound(path, axis)
    shared = math.gcd(axis.stride, axis.dilation)
    every = axis.stride // shared  # distance of taps of one phase
    repeats = path.period // math.gcd(path.period, axis.dilation // shared)
    spans: list[Span] = []
    for neuron in range(path.period * axis.stride):
        place = neuron + axis.before
        first = next((k for k in range(min(every, axis.kernel)) if (place - k * axis.dilation) % axis.stride == 0), axis.kernel)
        taps = _ends(range(first, axis.kernel, every), repeats)
        spans.append(hull(path.at((place - k * axis.dilation) // axis.stride) for k in taps))
    return reduced(Path(path.advance, tuple(spans)))


def _spread_bound(path: Path, axis: Axis) -> Path:
    """Return a line that bounds the fields behind a transposed window of a huge stride."""
    (span,), step = path.spans, ratio(path.advance, axis.stride)
    moved = None if span is None else (span[0] + (axis.before - axis.extent + 1) * step, span[1] + axis.before * step)
    return Path(step, (moved,))


def pick(path: Path, sees: Callable[[int], range], inputs: int, outputs: int) -> Path:
    """Return the path behind irregular windows: neuron n sees the inputs `sees(n)`, of `inputs` in all."""
    if outputs > MOST_PHASES:
        return _pick_bound(path, sees, inputs, outputs)
    spans = [hull(path.at(at) for at in _ends(sees(neuron), path.period)) for neuron in range(outputs)]
    return reduced(Path(whole_number(path.stride * inputs), tuple(spans)))


def _pick_bound(path: Path, sees: Callable[[int], range], inputs: int, outputs: int) -> Path:
    """Return a line that bounds the fields behind many windows: a bound for a sample, wider by an input on each side."""
    step, one = ratio(path.stride * inputs, outputs), path.stride
    back: list[Span] = []
    for neuron in (*range(0, outputs, outputs // MOST_PHASES), outputs - 1):
        span = hull(path.at(at) for at in _ends(sees(neuron), path.period))
        back.append(span and (span[0] - neuron * step - one, span[1] - neuron * step + one))
    return Path(step, (hull(back),))


def fixed(path: Path) -> Path:
    """Return the path of a single neuron spread over a whole axis."""
    return Path(0, (path.at(0),))


def everything(path: Path, neurons: int, size: int) -> Path:
    """Return the path of a neuron that sees all neurons: the pixels of the image, `size` in all, reached by any of them."""
    turns = range(min(neurons, path.period))
    span = hull(path.at(neuron) for neuron in (*turns, *(neurons - 1 - turn for turn in turns)))
    clipped = None if span is None else (max(span[0], 0), min(span[1], size))
    return Path(0, (clipped if clipped and clipped[0] < clipped[1] else None,))


def join(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return one path for each stride: the hull of the paths with that stride."""
    by_stride: dict[Exact, Path] = {}
    for path in paths:
        before = by_stride.get(path.stride)
        by_stride[path.stride] = path if before is None else _joined(before, path)
    return tuple(by_stride.values())


def _joined(one: Path, other: Path) -> Path:
    period = math.lcm(one.period, other.period)
    if period > MOST_PHASES:
        one, other, period = bounded(one), bounded(other), 1
    spans = tuple(hull((one.at(neuron), other.at(neuron))) for neuron in range(period))
    return reduced(Path(whole_number(one.stride * period), spans))


def bounded(path: Path) -> Path:
    """Return a path of one phase that contains this one: no longer exact, but never too small."""
    if path.period == 1:
        return path
    step = path.stride
    back = [span and (span[0] - phase * step, span[1] - phase * step) for phase, span in enumerate(path.spans)]
    return Path(step, (hull(back),))


def reduced(path: Path) -> Path:
    """Return the same path with the shortest period."""
    for period in range(1, path.period // 2 + 1):
        if path.period % period or (path.advance * period) % path.period:
            continue
        step = path.advance * period // path.period
        shorter = Path(step, path.spans[:period])
        if all(shorter.at(neuron) == span for neuron, span in enumerate(path.spans)):
            return shorter
    return path


def _ends(taps: range, most: int) -> Sequence[int]:
    """Return the first and the last `most` taps: no tap between them reaches further."""
    return taps if len(taps) <= 2 * most else (*taps[:most], *taps[-most:])
