"""The values that a spec carries, checked: its inputs and weights fit, and the forward pass gives the values that it expects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.checks.expectations import ARRAYS
from cnncalc.forward import given_weights
from cnncalc.forward.differences import difference
from cnncalc.forward.outcome import RunOptions
from cnncalc.forward.run import run
from cnncalc.forward.typed_arrays import images as placed
from cnncalc.forward.typed_values import values
from cnncalc.request.request import request
from cnncalc.spec import codes
from cnncalc.spec.document import Mapped
from cnncalc.spec.spec import Carried
from cnncalc.spec.values import typed_text
from cnncalc.tasks.verify import arrays, can_run, carried_inputs, crew, enough_memory, images
from cnncalc.text.diagnostic import Diagnostic, SpecError
from cnncalc.text.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.analyses.analysis import Analysis
    from cnncalc.forward.given_weights import GivenWeights
    from cnncalc.kernels.arrays import Array
    from cnncalc.spec.document import Node
    from cnncalc.spec.spec import Expectation
    from cnncalc.text.source import Excerpt, Span

_DTYPE = "float64"


class _Expected:
    """The values that one layer is expected to have."""

    def __init__(self, at: int, span: Span, text: Excerpt) -> None:
        self.at = at
        self.span = span
        self.text = text


def check_arrays(report: Analysis, expectations: Sequence[Expectation] | None = None) -> Iterator[Diagnostic]:
    """Yield a diagnostic for values that do not fit the network, and for layers with other values than expected.

    The expectations are those of the spec unless given.
    """
    try:
        yield from _checked(report, report.expectations if expectations is None else expectations)
    except SpecError as error:
        yield from error.diagnostics


def _checked(report: Analysis, expectations: Sequence[Expectation]) -> Iterator[Diagnostic]:
    carried = report.carried or Carried()
    said = given_weights.given(report.network, (), carried.weights)
    weights = given_weights.arrays(report.network, said, _DTYPE)
    for name, text in carried_inputs(report.inputs, carried.inputs).items():
        placed(values(text), report.inputs[name], _DTYPE)
    expected = [each for key, node in expectations if key.text == ARRAYS for each in _expected(report, node)]
    if not expected:
        return
    _not_random(report, carried, said, expected[0].span)
    can_run(report.network)
    enough_memory(report.at(dtype=_DTYPE).inference_peak, force=False)
    inputs = images(report.inputs, request(dtype=_DTYPE), RunOptions(), carried=carried.inputs)
    with crew(0):
        stored = given_weights.replaced(report.network, arrays(report.network, _DTYPE, RunOptions()), weights)
        result = run(report.network, inputs, stored, algorithm="direct", keep=[each.at for each in expected])
    for each in expected:
        wanted = placed(values(each.text), report.rows[each.at].output, _DTYPE)
        yield from _compared(report.rows[each.at].name, result.results[each.at], wanted, each.span)


def _expected(report: Analysis, node: Node) -> Iterator[_Expected]:
    """Yield the values of a mapping of layers, or of the only output."""
    if not isinstance(node, Mapped):
        yield _Expected(report.network.outputs[-1].at, node.span, typed_text(node, ARRAYS))
        return
    places = {row.name: at for at, row in enumerate(report.rows)} | dict(report.network.graph.named)
    for name, text in node:
        if name.text not in places:
            hints = did_you_mean(name.text, places)
            raise _uncheckable(f"no layer is named `{name.text}`", name.span, hints)
        yield _Expected(places[name.text], text.span, typed_text(text, name.text))


def _not_random(report: Analysis, carried: Carried, said: GivenWeights, span: Span) -> None:
    """Refuse to expect values of random inputs or weights."""
    if len(carried.inputs) < len(report.inputs):
        raise _uncheckable("values are expected of a random input", span, ("give its values: `array: 1 2 3`",))
    if said.random:
        message = f"values are expected of random weights: those of {said.random[0]}"
        raise _uncheckable(message, span, (f"give their values: `weights: {{{said.random[0]}: 1 2 3}}`",))


def _uncheckable(message: str, span: Span, hints: tuple[str, ...] = ()) -> SpecError:
    return SpecError([Diagnostic(codes.BAD_EXPECTATION, "error", message, span, hints=hints)])


def _compared(name: str, found: Array, wanted: Array, span: Span) -> Iterator[Diagnostic]:
    """Yield the first value that differs, and how many do."""
    if found.shape != wanted.shape:
        message = f"{name} has {len(found)} images, not {len(wanted)} as expected"
        yield Diagnostic(codes.EXPECTATION, "error", message, span)
    elif first := difference(found, wanted):
        message = f"{name}[{first.place}] is {first.found}, not {first.wanted} as expected"
        notes = (f"{first.number:,} of {found.size:,} values differ",) if first.number > 1 else ()
        yield Diagnostic(codes.EXPECTATION, "error", message, span, f"found {first.found}", notes)
