"""`demo`: one layer of a network with the numbers that reach it, ready to show how its outputs are computed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnncalc.arithmetic import codes
from cnncalc.graph.part import up_to
from cnncalc.named_tuple import NamedTuple
from cnncalc.pipeline import report
from cnncalc.tasks.verify import arrays, can_run, enough_memory, images, images_in_files, layer_named, own_inputs
from cnncalc.text.diagnostic import Diagnostic, SpecError
from cnncalc.text.suggest import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.analysis import Analysis
    from cnncalc.arithmetic.window import Stage
    from cnncalc.forward.outcome import RunOptions
    from cnncalc.forward.weights import Weights
    from cnncalc.graph.graph import Network, Typed
    from cnncalc.graph.part import Part
    from cnncalc.kernels.arrays import Array
    from cnncalc.request.request import Request
    from cnncalc.spec.spec import NamedValues
    from cnncalc.workspace.find import Found

MOST_LISTED = 8
HEAD = 999
"""The largest number to multiply in the head."""


class Shown(NamedTuple):
    """A layer with its numbers."""

    report: Analysis
    at: int
    """Its index in the network."""
    stage: Stage
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the layer's name."""
        return self.report.rows[self.at].name


def shown(found: Found, settings: Request, name: str, data: RunOptions, *, windowed: bool = True) -> Shown:
    """Return a layer with its numbers: small integers from a seed, or those of files.

    Without a name it is the first layer whose output numbers are made from a window; `windowed` refuses other layers. The network
    runs up to the layer, in float64. Raises SpecError for an unusable spec, file or layer, BadRunOptionError for a bad option.
    """
    told = report(found, settings)
    at, notes = _layer(told, name, windowed=windowed)
    part = up_to(told.network, at)
    can_run(part.network)
    _check_memory(part.network, settings)
    count = images_in_files(told.inputs, data)
    notes += (f"showing the first of {count} images",) if count > 1 else ()
    stage = _staged(told, part, at, settings, data)
    notes += () if data.array or data.weights or told.carried else _large(stage, told.rows[at].name)
    return Shown(told, at, stage, notes)


def _large(stage: Stage, name: str) -> tuple[str, ...]:
    """Return a note where small integers have grown on their way to the layer, with the layer on its own."""
    from cnncalc.arithmetic.window import largest_input

    largest = largest_input(stage)
    if not HEAD < largest < math.inf or not stage.layer.neuron(stage.inputs, (0,) * len(stage.output.sides)):
        return ()
    alone = f"INPUT[{stage.inputs[0].text}] -> {stage.layer.text()}"
    amount = f"{largest:,.0f}" if largest < 10**9 else f"{largest:.3g}"
    return (f'the numbers that reach {name} go up to {amount}; alone it has small ones: cnncalc demo "{alone}"',)


def _layer(told: Analysis, name: str, *, windowed: bool) -> tuple[int, tuple[str, ...]]:
    """Return the layer to show, and a note on how it was chosen."""
    rows = [at for at, typed in enumerate(told.network.typed) if has_window(typed)]
    if name:
        at = layer_named(told, name)
        if windowed and at not in rows:
            raise _no_window(told, at, rows)
        return at, ()
    if not rows:
        raise _no_window(told, None, rows)
    more = f": the first of {len(rows)} layers with a window; `cnncalc demo SPEC LAYER` shows another" if len(rows) > 1 else ""
    return rows[0], (f"showing {told.rows[rows[0]].name}{more}",) if more else ()


def has_window(typed: Typed) -> bool:
    """Return whether a layer states what its output numbers are made of."""
    return bool(typed.inputs) and typed.layer.neuron(typed.inputs, (0,) * len(typed.output.sides)) is not None


def _no_window(told: Analysis, at: int | None, rows: Sequence[int]) -> SpecError:
    """Return the error for a layer, or a network, without a window to show."""
    names = [told.rows[each].name for each in rows]
    shown_names = listed(names[:MOST_LISTED]) + (f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else "")
    if at is None:
        message = "no layer of the network computes its numbers from a window"
        hint = f"the name of a layer, such as {told.rows[-1].name}, and --show V print its numbers"
        return SpecError([Diagnostic(codes.NO_WINDOW, "error", message, hints=(hint,))])
    row = told.rows[at]
    message = f"{row.name} ({row.label}) has no window to show"
    hints = (*((f"the layers with a window are {shown_names}",) if names else ()), "--show V prints its numbers")
    return SpecError(
        [Diagnostic(codes.NO_WINDOW, "error", message, row.node.origin.span, "no window", row.node.origin.notes, hints)]
    )


def _check_memory(network: Network, settings: Request) -> None:
    """Refuse a network that does not fit the memory in float64."""
    from cnncalc.analyses.analysis import Analysis as Part

    made = Part(network, settings, name="", description="", source="", diagnostics=(), expectations=())
    enough_memory(made.inference_peak, force=False)


def _staged(told: Analysis, part: Part, at: int, settings: Request, data: RunOptions) -> Stage:
    """Run the part of the network, and return the layer's own input, weights and output."""
    from cnncalc.arithmetic.window import Stage, notes_axes
    from cnncalc.forward.run import arrays_of, run

    inner = part.moved[at]
    node, typed = part.network.nodes[inner], part.network.typed[inner]
    carried = own_inputs(told, settings, data)
    read = _images(told.network, part, settings, data, typed, carried)
    weights = _weights(told.network, part, data, told.carried.weights if told.carried else ())
    if not node.inputs:
        x = notes_axes(read[part.network.inputs.index(inner)][0])
        return Stage(typed.layer, (typed.output,), typed.output, x, x, {})
    result = run(part.network, read, weights, algorithm="blocked", keep=(inner, *node.inputs))
    for ran, each in zip(result.layers, part.network.nodes, strict=True):
        if ran.shape is None:
            raise SpecError([Diagnostic(codes.NOT_RUN, "error", f"{each.name} does not run: {ran.problems[0]}", each.origin.span)])
    used = typed.layer.used(arrays_of(part.network.nodes, part.network.typed, weights, inner))
    x, v = (notes_axes(result.results[each][0]) for each in (node.inputs[0], inner))
    return Stage(typed.layer, typed.inputs, typed.output, x, v, used)


def _images(
    network: Network, part: Part, settings: Request, data: RunOptions, typed: Typed, carried: Sequence[NamedValues]
) -> list[Array]:
    """Return the first image of each input that the part reads: from a file, from the spec, or small integers."""
    from cnncalc.arithmetic import small
    from cnncalc.forward.data import shape_of

    names = {network.nodes[old].name: network.typed[old].output for old in network.inputs}
    given = images(names, settings, data, most=1, carried=carried) if data.array or carried else []
    said = {word.partition("=")[0] for word in data.array} | {each.name for each in carried} if len(names) > 1 else names.keys()
    found: list[Array] = []
    for index, old in enumerate(network.inputs):
        if old not in part.moved:
            continue
        if given and network.nodes[old].name in said:
            found.append(given[index][:1])
            continue
        bounds = small.NUMBERS if typed.tensors else small.DISTINCT
        found.append(small.integers(shape_of(network.typed[old].output, 1), bounds, data.seed, network.nodes[old].name))
    return found


def _weights(network: Network, part: Part, data: RunOptions, carried: Sequence[NamedValues]) -> Weights:
    """Return the arrays of the part: from a file of the whole network, as typed, from the spec, or small integers."""
    from cnncalc.arithmetic import small
    from cnncalc.forward import given_weights
    from cnncalc.forward.weights import stored

    said = given_weights.given(network, data.weights, carried)
    if said.file:
        whole = arrays(network, "float64", data)
        return {new: whole[old] for old, new in part.moved.items() if old in whole}
    found: Weights = {}
    for each in stored(part.network):
        array = small.weights(each.tensor.shape, each.tensor.name, each.tensor.role, data.seed, each.name)
        found.setdefault(each.owner, {})[each.tensor.name] = 0 * array if each.tensor.fixed_bytes else array
    return given_weights.replaced(part.network, found, given_weights.arrays(network, said, "float64"))
