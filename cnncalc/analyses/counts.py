"""Numbers of values, weights, biases, buffers, multiply-accumulates and operations: exact, with their formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses.figure import Figure
from cnncalc.layers.base import MACS, OPERATIONS, PARAMETERS
from cnncalc.maths.count import ZERO, Count
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from fractions import Fraction

    from cnncalc.analyses.subject import Subject
    from cnncalc.graph.graph import Network, Typed
    from cnncalc.layers.base import Tensor


class LayerCounts(NamedTuple):
    """The figures of one layer, per image. `fixed_buffers` and `fixed_bytes` are of buffers with a fixed type, such as counters."""

    values: int
    counted: bool
    weights: Count
    biases: Count
    buffers: int
    fixed_buffers: int
    fixed_bytes: int
    macs: Count
    operations: Count
    number_bytes: int = 0
    """Bytes of a value with a dtype of its own, 0 for the dtype of the network."""
    matmul: int = 0
    """The multiply-accumulates of products of two volumes, which `macs` includes."""
    unknown: tuple[str, ...] = ()
    """The facts that nobody stated, of `layers.base.FACTS`: the figures made of them are lower bounds."""

    def memory(self, size: int) -> int:
        """Return the bytes of the values, per image, in a network with numbers of `size` bytes."""
        return self.values * (self.number_bytes or size)

    @property
    def params(self) -> int:
        """Return the learnable numbers."""
        return self.weights.value + self.biases.value

    @property
    def flops(self) -> int:
        """Return 2 x MACs plus all other operations."""
        return 2 * self.macs.value + self.operations.value


class Totals(NamedTuple):
    """The sums over all layers."""

    values: int
    weights: int
    biases: int
    params: int
    buffers: int
    macs: int
    flops: int
    fixed_buffers: int
    fixed_bytes: int
    own_values: int = 0
    """Values of volumes with a dtype of their own."""
    own_value_bytes: int = 0
    """The bytes of these values, per image."""
    matmul_macs: int = 0
    """The multiply-accumulates of products of two volumes, which `macs` includes."""
    unknown: frozenset[str] = frozenset()
    """The facts that some layer does not state: the sums of them are lower bounds."""

    def memory(self, size: int) -> int:
        """Return the bytes of all values, per image, in a network with numbers of `size` bytes."""
        return (self.values - self.own_values) * size + self.own_value_bytes


class Counts(NamedTuple):
    """The figures of each node, in order, and their totals."""

    rows: Sequence[LayerCounts]
    totals: Totals


def counts(network: Network) -> Counts:
    """Return the counts of a network. Shared weights count once, their work each time."""
    memo: dict[Typed, LayerCounts] = {}
    rows: list[LayerCounts] = []
    for node, typed in zip(network.nodes, network.typed, strict=True):
        row = memo.get(typed)
        if row is None:
            row = memo[typed] = count(typed)
        rows.append(row if node.shared < 0 else row._replace(weights=ZERO, biases=ZERO, buffers=0, fixed_buffers=0, fixed_bytes=0))
    return Counts(tuple(rows), _totals(rows))


def count(typed: Typed) -> LayerCounts:
    """Return the counts of one layer on its inputs."""
    layer = typed.layer
    tensors = typed.tensors
    buffers = [tensor for tensor in tensors if tensor.role == "buffer"]
    fixed = [tensor for tensor in buffers if tensor.fixed_bytes]
    work = layer.work(typed.inputs, typed.output)
    return LayerCounts(
        typed.output.values,
        not layer.in_place,
        _sum(tensor for tensor in tensors if tensor.role == "weight"),
        _sum(tensor for tensor in tensors if tensor.role == "bias"),
        sum(tensor.numbers.value for tensor in buffers),
        sum(tensor.numbers.value for tensor in fixed),
        sum(tensor.numbers.value * tensor.fixed_bytes for tensor in fixed),
        work.macs,
        work.operations,
        typed.output.number_bytes(0),
        work.matmul.value,
        layer.unknown(),
    )


def _sum(tensors: Iterable[Tensor]) -> Count:
    total: Count | None = None
    for tensor in tensors:
        total = tensor.numbers if total is None else total + tensor.numbers
    return total if total is not None else ZERO


def _totals(rows: Sequence[LayerCounts]) -> Totals:
    """Return the sums. Equal rows are one object, so each distinct row is added once, multiplied by its number."""
    times: dict[int, int] = {}
    for row in rows:
        times[id(row)] = times.get(id(row), 0) + 1
    distinct = {id(row): row for row in rows}
    pairs = [(times[key], row) for key, row in distinct.items()]
    weights = sum(n * row.weights.value for n, row in pairs)
    biases = sum(n * row.biases.value for n, row in pairs)
    own = [(n * row.values, row.number_bytes) for n, row in pairs if row.counted and row.number_bytes]
    return Totals(
        values=sum(n * row.values for n, row in pairs if row.counted),
        weights=weights,
        biases=biases,
        params=weights + biases,
        buffers=sum(n * row.buffers for n, row in pairs),
        macs=sum(n * row.macs.value for n, row in pairs),
        flops=sum(n * row.flops for n, row in pairs),
        fixed_buffers=sum(n * row.fixed_buffers for n, row in pairs),
        fixed_bytes=sum(n * row.fixed_bytes for n, row in pairs),
        own_values=sum(values for values, _ in own),
        own_value_bytes=sum(values * each for values, each in own),
        matmul_macs=sum(n * row.matmul for n, row in pairs),
        unknown=frozenset(fact for row in distinct.values() for fact in row.unknown),
    )


def analyse(subject: Subject) -> Counts:
    """Return the counts of the network."""
    return counts(subject.network)


def _total(name: str) -> Callable[[Subject], int]:
    return lambda subject: int(getattr(subject.of(analyse).totals, name))


def _each(value: Callable[[LayerCounts], int]) -> Callable[[Subject], Sequence[int]]:
    return lambda subject: [value(row) for row in subject.of(analyse).rows]


def _nonlinearities(subject: Subject) -> int:
    """Return how many layers apply a non-linear function to each value. Source: CS231n course notes, "Layer Patterns"."""
    return sum(typed.layer.pointwise and not typed.layer.linear for typed in subject.network.typed)


def _macs_per_param(subject: Subject) -> Fraction | None:
    from fractions import Fraction  # no other figure needs them

    totals = subject.of(analyse).totals
    known = totals.unknown.isdisjoint({PARAMETERS, MACS})
    return Fraction(totals.macs, totals.params) if totals.params and known else None


FIGURES = (
    Figure("layers", "", "layers, including INPUT", lambda subject: len(subject.network.nodes), better="less", reads=()),
    Figure("nonlinearities", "", "activations: layers that apply a non-linear function to each value", _nonlinearities, reads=()),
    Figure(
        "params",
        "",
        "learnable numbers: weights and biases",
        _total("params"),
        _each(lambda row: row.params),
        "less",
        reads=(PARAMETERS,),
    ),
    Figure("weights", "", "weights", _total("weights"), _each(lambda row: row.weights.value), "less", reads=(PARAMETERS,)),
    Figure("biases", "", "biases", _total("biases"), _each(lambda row: row.biases.value), "less", reads=(PARAMETERS,)),
    Figure(
        "buffers",
        "",
        "numbers that are stored, not learned",
        _total("buffers"),
        _each(lambda row: row.buffers),
        "less",
        reads=(PARAMETERS,),
    ),
    Figure(
        "values",
        "",
        "numbers of all volumes, per image; layers that work in place have none of their own",
        _total("values"),
        _each(lambda row: row.values),
        "less",
        reads=(),
    ),
    Figure("macs", "", "multiply-accumulates, per image", _total("macs"), _each(lambda row: row.macs.value), "less", reads=(MACS,)),
    Figure(
        "matmul_macs",
        "",
        "multiply-accumulates of products of two volumes, such as attention, per image; `macs` includes them",
        _total("matmul_macs"),
        _each(lambda row: row.matmul),
        "less",
        reads=(MACS,),
    ),
    Figure(
        "flops",
        "",
        "2 x MACs plus all other operations, per image",
        _total("flops"),
        _each(lambda row: row.flops),
        "less",
        reads=(MACS, OPERATIONS),
    ),
    Figure(
        "macs_per_param",
        "ratio",
        "multiply-accumulates for each parameter, per image",
        _macs_per_param,
        needs="a network without parameters, or with layers that do not state them or their MACs, has no MACs per parameter",
        reads=(PARAMETERS, MACS),
    ),
)
