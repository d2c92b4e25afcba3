"""ATTENTION: multi-head attention of positions to each other, or to the positions of a second volume."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers import misfits
from cnncalc.layers._global import whole_window
from cnncalc.layers._windowed import spread
from cnncalc.layers.base import (
    LOWER,
    Example,
    Gradients,
    Idle,
    Keeps,
    Layer,
    Misfit,
    Passed,
    Phase,
    Shorthand,
    Tensor,
    Values,
    Work,
)
from cnncalc.layers.options import Option, boolean, per_axis, whole
from cnncalc.maths.count import ZERO, Count, dim, sides
from cnncalc.maths.volume import Volume, axis_name, written
from cnncalc.maths.window import Axis, Window
from cnncalc.text.suggest import listed

if TYPE_CHECKING:
    from cnncalc.kernels.attention import Groups
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted

HEADS = Option("heads", whole(), "an integer", "number of heads")
UNITS = Option("units", whole(), "an integer", "depth of the queries, all heads together; that of the input unless given", None)
KV_HEADS = Option(
    "kv_heads", whole(), "an integer", "heads of keys and values, each shared by heads/kv_heads; all unless given", None
)
BIAS = Option("bias", boolean, "true or false", "whether queries, keys and values have biases", default=True, labelled="apart")
PROJECTION = Option("projection", boolean, "true or false", "whether a matrix mixes the heads at the end", default=True)
OUT = Option("out", whole(), "an integer", "depth of the projection; that of the input unless given", None)
OUT_BIAS = Option("out_bias", boolean, "true or false", "whether the projection has biases", default=True, labelled="apart")
WINDOW = Option("window", per_axis(), "an integer or one per axis", "positions of the windows that attend within themselves", None)
SHIFT = Option("shift", per_axis(0), "an integer or one per axis", "cyclic shift of the windows; borders do not mix", (0,))
GRID = Option(
    "grid", per_axis(), "an integer or one per axis", "every n-th position attends to each other, instead of a window", None
)
RELATIVE = Option("relative", boolean, "true or false", "whether a bias for each distance of positions is learned", default=False)
FUSED = Option(
    "fused",
    boolean,
    "true or false",
    "whether the scores are never stored; false keeps their softmax",
    default=True,
    labelled="apart",
)
_SHOWN = ("units", "kv_heads", "out", "window", "shift", "grid")
INDEX_BYTES = 8  # the int64 index of the table of relative positions


@final
class Attention(Layer):
    """Multi-head attention: each position of the volume, a pixel or a token, is a weighted mean of values of all positions.

    softmax(Q K^T/sqrt(d)) V for each head of depth d = units/heads; a matrix joins the heads. With a second volume, keys and values
    are of its positions. P positions of depth D, P' positions to look at (all of them, those of a window, or of a grid).

    Weights: D*units for the queries, 2*D*(units/heads*kv_heads) for keys and values, units*out for the projection, and the biases;
    with `relative` (2w - 1) numbers along each axis of a window, for each head.
    MACs: the projections, and 2*P*P'*units for the two products (`matmul_macs`).
    Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.2; Liu et al. 2021, arXiv:2103.14030 (windows, shift, relative); Tu et
    al. 2022, arXiv:2204.01697, and Mehta and Rastegari 2021, arXiv:2110.02178 (grid); Ainslie et al. 2023, arXiv:2305.13245
    (kv_heads).
    """

    kind = "attention"
    summary = "multi-head attention of positions to each other, or to those of a second volume"
    precision = LOWER
    options: ClassVar[tuple[Option, ...]] = (
        *(HEADS, UNITS, KV_HEADS, BIAS, PROJECTION, OUT, OUT_BIAS),
        *(WINDOW, SHIFT, GRID, RELATIVE, FUSED),
    )
    shorthand = Shorthand(first="heads")
    told = ("heads", *_SHOWN)
    merges = True
    most = 2
    idle = (Idle("out", "projection", needed=True), Idle("out_bias", "projection", needed=True))
    examples = (
        Example(
            "197x768",
            "ATTENTION(12)",
            "197x768",
            weights=4 * 768 * 768,
            biases=4 * 768,
            macs=197 * 4 * 768 * 768 + 2 * 197 * 197 * 768,
            operations=4 * 197 * 768 + 12 * 197 * (6 * 197 - 2),
            source="Dosovitskiy et al. 2020, arXiv:2010.11929, ViT-B/16",
            window="whole",
        ),
        Example(
            "56x56x96",
            "ATTENTION(heads=3, window=7, shift=3, relative=true, fused=false)",
            "56x56x96",
            weights=4 * 96 * 96 + 13 * 13 * 3,
            biases=4 * 96,
            macs=56 * 56 * (4 * 96 * 96 + 2 * 49 * 96),
            operations=4 * 56 * 56 * 96 + 3 * 56 * 56 * (7 * 49 - 2),
            source="Liu et al. 2021, arXiv:2103.14030, Swin-T, stage 1",
            keeps=Keeps("new", inputs=True, values=56 * 56 * (4 * 96 + 3 * 49), gradient_values=2 * 56 * 56 * 96),
            window="irregular 7",
        ),
        Example(
            "2x2",
            "ATTENTION(1, bias=false, projection=false)",
            "2x2",
            values=Values("0 1 | 0 0", "0.5 0.66666667 | 1 1.33333333", {"qkv": "0.98025814 0 | 0 0 | 1 0 | 0 0 | 1 0 | 2 0"}),
            keeps=Keeps("new", inputs=True, output=True, values=12, image_floats=2, gradient_values=8),
        ),
        Example(
            "2x1",
            "ATTENTION(heads=2, units=2, kv_heads=1, out=1)",
            "2x1",
            values=Values("1 3", "41 41", {"qkv": "0 | 0 | 0 | 1", "qkv_bias": "0 0 0 10", "out": "1 2", "out_bias": "5"}),
        ),
        Example(
            "2x1",
            "ATTENTION(1, out_bias=false)",
            "2x1",
            values=Values("1 3", "4 4", {"qkv": "0 | 0 | 1", "qkv_bias": "0 0 0", "out": "2"}),
        ),
        Example(
            "2x1 3x1",
            "ATTENTION(1, bias=false, projection=false)",
            "2x1",
            values=Values("1 2 & 5 7 9", "7 7", {"query": "0", "kv": "0 | 1"}),
        ),
        Example(
            "4x1",
            "ATTENTION(1, window=2, fused=false, bias=false, projection=false)",
            "4x1",
            values=Values("1 3 5 9", "2 2 7 7", {"qkv": "0 | 0 | 1"}),
        ),
        Example(
            "4x1",
            "ATTENTION(1, window=2, shift=1, bias=false, projection=false)",
            "4x1",
            values=Values("1 3 5 9", "1 4 4 9", {"qkv": "0 | 0 | 1"}),
        ),
        Example(
            "4x1",
            "ATTENTION(1, grid=2, bias=false, projection=false)",
            "4x1",
            values=Values("1 3 5 9", "3 6 3 6", {"qkv": "0 | 0 | 1"}),
        ),
        Example(
            "2x1",
            "ATTENTION(1, window=2, relative=true, bias=false, projection=false)",
            "2x1",
            values=Values("0 3", "2 1.5", {"qkv": "0 | 0 | 1", "table": "0.69314718 0 0"}),
        ),
    )

    heads: int
    units: int | None
    kv_heads: int | None
    bias: bool
    projection: bool
    out: int | None
    out_bias: bool
    window: tuple[int, ...] | None
    shift: tuple[int, ...]
    grid: tuple[int, ...] | None
    relative: bool
    fused: bool

    # sizes

    def width(self, volume: Volume) -> int:
        """Return the depth of the queries."""
        return volume.depth if self.units is None else self.units

    def kv_width(self, volume: Volume) -> int:
        """Return the depth of the keys, and of the values."""
        return self.width(volume) // self.heads * (self.kv_heads or self.heads)

    def group(self, volume: Volume) -> tuple[int, ...]:
        """Return the positions that attend to each other, along each axis."""
        if self.window is not None:
            return spread(self.window, volume.rank, "window", "ATTENTION")
        if self.grid is not None:
            parts = spread(self.grid, volume.rank, "grid", "ATTENTION")
            return tuple(side // part for side, part in zip(volume.size, parts, strict=True))
        return volume.size

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the size of the first volume, with the depth of the projection, or of the queries without one."""
        volume = inputs[0]
        self._check_heads(volume)
        self._check_inputs(inputs)
        for option in ("window", "grid"):
            self._check_parts(option, volume)
        return Volume(volume.size, (self.out or volume.depth) if self.projection else self.width(volume))

    def _check_heads(self, volume: Volume) -> None:
        units, kv_heads = self.width(volume), self.kv_heads or self.heads
        if units % self.heads:
            from cnncalc.layers.repairs import divisors  # only needed for errors

            fits = listed(map(str, divisors(self.heads, units)), "or")
            raise Misfit(
                misfits.HEADS,
                f"ATTENTION has {self.heads} heads, which do not divide its {units} units",
                field="heads",
                label=f"{units}/{self.heads} is no integer",
                hints=(f"heads {fits} fits",),
            )
        if self.heads % kv_heads:
            from cnncalc.layers.repairs import divisors  # only needed for errors

            fits = listed(map(str, divisors(kv_heads, self.heads)), "or")
            raise Misfit(
                misfits.HEADS,
                f"ATTENTION has {kv_heads} heads of keys and values, which do not divide its {self.heads} heads",
                field="kv_heads",
                label=f"{self.heads}/{kv_heads} is no integer",
                hints=(f"kv_heads {fits} fits",),
            )

    def _check_inputs(self, inputs: tuple[Volume, ...]) -> None:
        if len(inputs) > 2:
            raise Misfit(misfits.ARGUMENT, f"ATTENTION reads one volume or two, not {len(inputs)}", label="one too many")
        if len(inputs) == 2 and (self.window or self.grid or self.relative):
            field = "window" if self.window else "grid" if self.grid else "relative"
            raise Misfit(
                misfits.ARGUMENT, f"ATTENTION to a second volume has no `{field}`: its positions have no common grid", field=field
            )
        if self.window and self.grid:
            raise Misfit(misfits.ARGUMENT, "ATTENTION has either a `window` or a `grid`", field="grid")
        if any(self.shift) and not self.window:
            raise Misfit(misfits.ARGUMENT, "ATTENTION has a `shift`, but no `window` to shift", field="shift")

    def _check_parts(self, option: str, volume: Volume) -> None:
        given: tuple[int, ...] | None = getattr(self, option)
        if given is None:
            return
        for at, (side, part) in enumerate(zip(volume.size, spread(given, volume.rank, option, "ATTENTION"), strict=True)):
            if side % part:
                more = -side % part
                raise Misfit(
                    misfits.ARGUMENT,
                    f"ATTENTION {option} {part} does not divide the input {axis_name(at, volume.rank)} {side}",
                    field=option,
                    label=f"{side}/{part} is no integer",
                    notes=(f"the input is {volume.text}",),
                    hints=(f"a PAD before it that adds {more} makes it {side + more}",),
                )
        shifts = spread(self.shift, volume.rank, "shift", "ATTENTION") if option == "window" else ()
        for shift, part in zip(shifts, spread(given, volume.rank, option, "ATTENTION"), strict=False):
            if shift >= part:
                raise Misfit(misfits.ARGUMENT, f"ATTENTION shift {shift} is not smaller than its window {part}", field="shift")

    # facts

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window | None, ...]:
        """Return the whole input; with windows, the part of the input in the window of the neuron.

        The places of a grid are bounded by the whole input. A position of the first of two volumes sees its own position alone.
        """
        if len(inputs) == 2:
            return None, whole_window(inputs[1])
        (volume,) = inputs
        if self.window is None:
            return (whole_window(volume),)
        sizes = self.group(volume)
        shifts = spread(self.shift, volume.rank, "shift", "ATTENTION")
        places = tuple(partial(_in_window, *each) for each in zip(volume.size, sizes, shifts, strict=True))
        return (Window(tuple(map(Axis, sizes)), "irregular", places=places),)

    def weights(self, inputs: tuple[Volume, ...]) -> tuple[Tensor, ...]:
        """Return the matrices of queries, keys and values (one array for one volume), the projection, the table of distances."""
        volume, other = inputs[0], inputs[-1]
        units, kv = dim("U", self.width(volume)), dim("Ukv", self.kv_width(volume))
        found: list[Tensor] = []
        if len(inputs) == 1:
            found += self._linear("qkv", dim("D", volume.depth), (units + kv * 2).grouped(), 0, biased=self.bias)
        else:
            found += self._linear("query", dim("D", volume.depth), units, 0, biased=self.bias)
            found += self._linear("kv", dim("D'", other.depth), kv * 2, 1, biased=self.bias)
        if self.projection:
            found += self._linear("out", units, dim("K", self.out or volume.depth), 0, biased=self.out_bias)
        if self.relative:
            distances = math.prod(2 * size - 1 for size in self.group(volume))
            numbers = dim("(2w-1)^n", distances) * dim("heads", self.heads)
            pairs = math.prod(self.group(volume)) ** 2
            found.append(Tensor("table", "weight", numbers, (distances, self.heads)))
            found.append(Tensor("index", "buffer", dim("P'*P'", pairs), (pairs,), fixed_bytes=INDEX_BYTES))
        return tuple(found)

    @staticmethod
    def _linear(name: str, depth: Count, units: Count, slot: int, *, biased: bool) -> list[Tensor]:
        """Return a matrix and its biases."""
        matrix = Tensor(name, "weight", depth * units, (depth.value, units.value), input=slot)
        return [matrix, Tensor(f"{name}_bias", "bias", units, (units.value,), input=slot)] if biased else [matrix]

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return the projections and the two products; biases, scaling, softmax and relative biases are other operations.

        For P' positions to look at, a row of scores takes P' products with 1/sqrt(d), the sums of relative biases, and 5*P' - 2
        operations of the softmax.
        """
        volume, other = inputs[0], inputs[-1]
        positions, others = _positions("P", volume), _positions("P" if len(inputs) == 1 else "P'", other)
        looked = dim("P'", math.prod(self.group(volume) if len(inputs) == 1 else other.size))
        units, kv = dim("U", self.width(volume)), dim("Ukv", self.kv_width(volume))
        depths = dim("D", volume.depth), dim("D" if len(inputs) == 1 else "D'", other.depth)
        products = positions * looked * units * 2
        macs = positions * depths[0] * units + others * depths[1] * kv * 2
        scores = dim("heads", self.heads) * positions * (looked * (7 if self.relative else 6) - 2).grouped()
        biases = positions * units + others * kv * 2 if self.bias else ZERO
        if self.projection:
            out = dim("K", output.depth)
            macs = macs + positions * units * out
            biases = (biases + positions * out if biases.value else positions * out) if self.out_bias else biases
        return Work(macs + products, biases + scores if biases.value else scores, products)

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return inputs, queries, keys, values, and the heads before the projection.

        Fused, the logarithm of each softmax's sum too, one for each head and position, of float32 at least; else the softmax of
        all scores.
        Without a projection the heads are the output.
        """
        volume, other = inputs[0], inputs[-1]
        positions, others = math.prod(volume.size), math.prod(other.size)
        units, kv = self.width(volume), self.kv_width(volume)
        looked = math.prod(self.group(volume) if len(inputs) == 1 else other.size)
        values = positions * units + 2 * others * kv + (positions * units if self.projection else 0)
        rows = positions * self.heads
        gradients = 2 * others * kv
        if self.fused:
            return Keeps(
                "new",
                inputs=True,
                output=not self.projection,
                values=values,
                image_floats=rows,
                gradient_values=gradients,
                phases=self._phases(positions * units, rows) if self._plain(inputs, units, kv) else (),
            )
        return Keeps("new", inputs=True, values=values + rows * looked, gradient_values=gradients)

    def _plain(self, inputs: tuple[Volume, ...], units: int, kv: int) -> bool:
        """Return whether the step is the projections around one function: no windows, no shared heads, one volume."""
        return self.projection and len(inputs) == 1 and units == kv and not (self.window or self.grid or self.relative)

    @staticmethod
    def _phases(values: int, statistics: int) -> tuple[Phase, ...]:
        """Return the backward step of fused attention: the projection, the products, the stack of q, k and v, their projection.

        `values` are those of the queries, of the keys, of the values and of the heads. A stack of three gradients is made of
        those of q, k and v, then copied to the order of the projection.
        """
        freed = 4 * values
        return (
            Phase(values, tensors=("out", "out_bias"), first=True),
            Phase(4 * values),
            Phase(6 * values, freed, statistics),
            Phase(3 * values, freed, statistics, tensors=("qkv", "qkv_bias"), last=True),
        )

    def label(self) -> str:
        """Return `ATTENTION(12)`, with what changes its sizes."""
        given = self.given()
        shown = [f"{name}={written(given[name])}" for name in _SHOWN if name in given]
        return f"{self.name()}({', '.join([str(self.heads), *shown])})"

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the attention of all positions, or group by group."""
        from cnncalc.kernels.attention import project

        y = self._heads_of(inputs, weights)[-1]
        return project(y, weights["out"], weights.get("out_bias")) if self.projection else y

    def _heads_of(self, inputs: Arrays, weights: Named) -> tuple[Array, Array, Array, Array]:
        """Return queries, keys, values, and the attention of each head before the projection."""
        from cnncalc.kernels.attention import attend, attend_within, project

        x, other = inputs[0], inputs[-1]
        if len(inputs) == 1:
            both = project(x, weights["qkv"], weights.get("qkv_bias"))
            q, rest = both[..., : self._units_of(x)], both[..., self._units_of(x) :]
        else:
            q = project(x, weights["query"], weights.get("query_bias"))
            rest = project(other, weights["kv"], weights.get("kv_bias"))
        k, v = rest[..., : rest.shape[-1] // 2], rest[..., rest.shape[-1] // 2 :]
        groups, kv_heads = self._groups(inputs), self.kv_heads or self.heads
        if groups is not None:
            return q, k, v, attend_within(q, k, v, self.heads, kv_heads, groups, weights["table"] if self.relative else None)
        q_, k_, v_ = (each.reshape(each.shape[0], -1, each.shape[-1]) for each in (q, k, v))
        return q, k, v, attend(q_, k_, v_, self.heads, kv_heads).reshape(q.shape)

    def _units_of(self, x: Array) -> int:
        return int(x.shape[-1]) if self.units is None else self.units

    def _groups(self, inputs: Arrays) -> Groups | None:
        """Return the groups of positions that attend to each other; None for two volumes."""
        from cnncalc.kernels.attention import Groups

        if len(inputs) == 2:
            return None
        (x,) = inputs
        rank = x.ndim - 2
        parts = spread(self.grid, rank, "grid", "ATTENTION") if self.grid else self.group(Volume(x.shape[-2:0:-1], x.shape[-1]))
        return Groups(parts[::-1], spread(self.shift, rank, "shift", "ATTENTION")[::-1], self.grid is not None)

    def train(self, inputs: Arrays, weights: Named, how: How) -> Passed:
        """Return the output; queries, keys, values, the heads before a projection; the softmax, or the logarithms of its sums."""
        from cnncalc.kernels.attention import project
        from cnncalc.kernels.attention_backward import Heads, attention_saved

        q, k, v, y = self._heads_of(inputs, weights)
        heads = Heads(self.heads, self.kv_heads or self.heads, self._groups(inputs))
        saved = {"q": q, "k": k, "v": v}
        saved |= attention_saved(q, k, heads, weights["table"] if self.relative else None, fused=self.fused)
        if not self.projection:
            return Passed(y, saved)
        return Passed(project(y, weights["out"], weights.get("out_bias")), {**saved, "heads": y})

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradients through the projection, the attention, and the matrices of queries, keys and values."""
        from cnncalc.kernels.attention_backward import Heads, attend_backward, project_backward, side_by_side

        found: dict[str, Array] = {}

        def back(name: str, x: Array, slopes: Array, *, of_input: bool = True) -> Array | None:
            """Return the gradient of the input of a matrix, and note those of the matrix and its biases."""
            names = [name, f"{name}_bias"]
            into, onto = project_backward(
                x, weights[name], slopes, of_input=of_input, of_weights=wanted.weights, biased=names[1] in weights
            )
            found.update(zip(names, onto, strict=False))
            return into

        q, k, v = (kept.saved[name] for name in "qkv")
        y = kept.saved["heads"] if self.projection else kept.output
        slopes = gradient @ weights["out"].T if self.projection else gradient
        if self.projection:
            back("out", y, gradient, of_input=False)
        heads = Heads(self.heads, self.kv_heads or self.heads, self._groups(kept.inputs))
        table = weights["table"] if self.relative else None
        of_q, of_k, of_v, of_table = attend_backward(q, k, v, y, slopes, kept.saved, heads, table)
        if of_table is not None and wanted.weights:
            found["table"] = of_table
        if len(kept.inputs) == 1:
            into = [back("qkv", kept.inputs[0], side_by_side(of_q, of_k, of_v), of_input=wanted.inputs[0])]
        else:
            into = [back("query", kept.inputs[0], of_q, of_input=wanted.inputs[0])]
            into.append(back("kv", kept.inputs[1], side_by_side(of_k, of_v), of_input=wanted.inputs[1]))
        return Gradients(into, found)


def _positions(symbol: str, volume: Volume) -> Count:
    """Return the number of positions as one dimension, or as W*H."""
    return dim(symbol, volume.size[0]) if volume.rank == 1 else sides(volume.size).grouped()


def _in_window(side: int, size: int, shift: int, at: int) -> range:
    """Return the positions in the window of a position: the first and the last window of a shift are parts of one."""
    if at < shift:
        return range(min(shift, side))
    start = shift + (at - shift) // size * size
    return range(start, min(start + size, side))
