"""Layers told to overwrite an input that something else still needs: a warning for each such `overwrite=true`.

The network is then counted as it can run, with a volume of its own for the output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses.storages import storages
from cnncalc.analyses.trainable import trainable
from cnncalc.text.diagnostic import Code, Diagnostic
from cnncalc.text.suggest import many

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.analyses.storages import Storages
    from cnncalc.graph.graph import Network
    from cnncalc.request.training import Training
    from cnncalc.text.source import Span

NOT_OVERWRITTEN = Code(
    "CNN502",
    "an input that is not overwritten",
    "A layer has `overwrite=true`, and something else still needs its input in training: a later layer, the backward pass of an "
    "earlier one, the result of the network, or the caller, whose image it is.",
    "PyTorch either refuses the backward pass or computes another network. The memory is counted with a volume of its own for the "
    "output.",
    "INPUT[8x8x3] -> CONV3-4 -> SIGMOID -> RELU(overwrite=true) -> FC-2",
    "Remove `overwrite=true`; where another layer reads the input, the overwriting layer can also come last.",
    "PyTorch documentation, Autograd mechanics, In-place correctness checks",
)


def overwriting(network: Network, setup: Training) -> Iterator[Diagnostic]:
    """Yield a warning for each place with an `overwrite=true` that has no effect; a repeated step is reported once.

    Raises NothingToFreezeError for a name to freeze without a layer or block.
    """
    told = [at for at, node in enumerate(network.nodes) if node.inputs and node.origin.options.get("overwrite", (False,))[0]]
    if not told:
        return
    depends = trainable(network, setup.frozen).depends
    run = storages(network, depends, training=setup.norm_training)
    found: dict[Span | None, list[int]] = {}
    for at in told:
        if run.facts[at].storage == "in place" and run.of[at] == at:
            found.setdefault(network.nodes[at].origin.place("overwrite"), []).append(at)
    for span, (first, *others) in found.items():
        node = network.nodes[first]
        why = _needed(network, run, depends, first)
        more = f"; the same holds for {many(len(others), 'other layer')} of this step" if others else ""
        message = f"{node.name} cannot overwrite its input: {why}{more}"
        hints = ("remove `overwrite=true`",)
        yield Diagnostic(NOT_OVERWRITTEN, "warning", message, span, "no effect", node.origin.notes, hints)


def _needed(network: Network, run: Storages, depends: Sequence[bool], at: int) -> str:
    """Return what else needs the input of a node."""
    nodes, of = network.nodes, run.of
    source = of[nodes[at].inputs[0]]
    name = nodes[nodes[at].inputs[0]].name
    if not nodes[source].inputs:
        return f"{name} is the caller's image"
    later = next((node.name for node in nodes[at + 1 :] if source in {of[each] for each in node.inputs}), "")
    if later:
        return f"{later} also reads {name}"
    if any(of[output.at] == source for output in network.outputs):
        return f"{name} is a result of the network"
    for before in range(at - 1, 0, -1):
        reads = source in {of[each] for each in nodes[before].inputs}
        if depends[before] and ((reads and run.keeps[before].inputs) or (of[before] == source and run.keeps[before].output)):
            return f"the backward pass of {nodes[before].name} still reads {name}"
    return f"{nodes[at].name} reads {name} more than once"
