"""`verify --gradient`: the straight line up to the report, then a given gradient of the output, backpropagated.

With y' for the gradient of the output, w' and x' are those of the weights and the input (Knet tutorial, "Convolution").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses.trainable import trainable
from cnncalc.analyses.training_memory import training
from cnncalc.forward.outcome import BadRunOptionError
from cnncalc.pipeline import report
from cnncalc.tasks import verify

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cnncalc.analyses.analysis import Analysis
    from cnncalc.analyses.trainable import Trainable
    from cnncalc.forward.gradients import Backpropagated, Gradients
    from cnncalc.forward.outcome import RunOptions
    from cnncalc.forward.selection import Part, Selection
    from cnncalc.kernels.arrays import Array
    from cnncalc.maths.volume import Volume
    from cnncalc.request.request import Request
    from cnncalc.workspace.find import Found

MOST = 24
"""Gradients that are shown unless some are chosen."""
PRIME = "'"

_Place = int | tuple[int, str]
"""A volume, by its node, or an array, by the node that stores it and its name."""


def backpropagated(found: Found, settings: Request, run_options: RunOptions, words: Sequence[str]) -> Backpropagated:
    """Return the gradients of a spec's network, from the gradients of its outputs.

    `words` are values or paths, `output=…` for one of several outputs; the others have the gradient 0. The gradient of one image is
    that of each image of the batch.
    Raises SpecError for values that do not fit, BadRunOptionError for options that do not.
    """
    from cnncalc.forward import data  # only commands that run networks need NumPy
    from cnncalc.forward import gradients as forward

    verify.check(settings, run_options)
    told = report(found, settings)
    verify.can_run(told.network)
    volumes = {told.network.nodes[output.at].name: told.network.typed[output.at].output for output in told.network.outputs}
    files = verify.by_name(words, volumes, "output")
    own = verify.own_inputs(told, settings, run_options)
    batch = verify.images_in_files(told.inputs, run_options, own) or told.batch
    if batch == 1 and not (run_options.array or run_options.image or own):
        batch = max((data.images_in(path, volumes[name], data.GRADIENT) for name, path in files.items()), default=1)
    settings, told = settings._replace(batch=batch), told.at(batch=batch)
    learns = trainable(told.network, told.setup.frozen)
    chosen, left_out = _chosen(told, learns, run_options.shown)
    whole = forward.everywhere(learns)
    notes = verify.enough_memory(
        training(told.network, told.setup, (), whole).peak(batch).at(batch), force=run_options.force, what="the backward pass"
    )
    with verify.crew(run_options.threads):
        slopes = _slopes(told, files, volumes, settings)
        read = verify.images(told.inputs, settings, run_options, carried=own)
        _, weights = verify.stored(told, settings, run_options)
        nodes = {place for _, place in chosen if isinstance(place, int)}
        result = forward.gradients(told.network, weights, learns, told.setup, read, slopes, nodes, run_options.seed)
    parts = [_part(told, each, place, result) for each, place in chosen]
    return forward.Backpropagated(told, parts, left_out, batch, run_options.seed, run_options.digits, notes)


def _slopes(told: Analysis, files: Mapping[str, str], volumes: Mapping[str, Volume], settings: Request) -> dict[int, Array]:
    """Return the gradients of outputs by their nodes, one for each image of the batch."""
    from cnncalc.forward import data

    places = {told.network.nodes[output.at].name: output.at for output in told.network.outputs}
    found: dict[int, Array] = {}
    for name, path in files.items():
        slope = data.read_array(path, volumes[name], settings.dtype, place=data.GRADIENT)
        if len(slope) not in {1, settings.batch}:
            message = f"the gradient of {name} is that of {len(slope)} images, and the network runs on {settings.batch}"
            raise BadRunOptionError(message)
        found[places[name]] = slope.repeat(settings.batch // len(slope), axis=0)
    return found


def _chosen(told: Analysis, learns: Trainable, texts: Sequence[str]) -> tuple[list[tuple[Selection, _Place]], list[str]]:
    """Return what to show and where it is, and the names of what is left out; unless chosen, the images and the arrays."""
    from cnncalc.forward.gradients import learned_arrays
    from cnncalc.forward.selection import Selection, selection

    nodes = told.network.nodes
    arrays: dict[str, _Place] = {f"{nodes[at].name}/{name}": (at, name) for at, name in learned_arrays(learns)}
    usual: dict[str, _Place] = {**{nodes[at].name: at for at in told.network.inputs}, **arrays}
    places: dict[str, _Place] = {**told.network.graph.named, **{node.name: at for at, node in enumerate(nodes)}, **usual}
    wanted = [text.replace(PRIME, "", 1) if text not in places else text for text in texts if text]
    found = [selection(text, places) for text in wanted]
    for each in found:
        if each.layer not in places:
            raise BadRunOptionError(_unknown(told, each.layer, places))
    names = list(usual) if not texts or "" in texts else []
    chosen = [(each, places[each.layer]) for each in found]
    chosen += [(Selection(name, name), usual[name]) for name in names[:MOST]]
    return chosen, names[MOST:]


def _unknown(told: Analysis, name: str, places: Mapping[str, object]) -> str:
    """Return the message for a name without a gradient."""
    from cnncalc.text.suggest import did_you_mean

    stored = {
        f"{node.name}/{tensor.name}": tensor
        for node, typed in zip(told.network.nodes, told.network.typed, strict=True)
        for tensor in typed.tensors
    }
    if name in stored:
        why = "it is not learned" if stored[name].role == "buffer" else "it is frozen or belongs to another layer"
        return f"{name} has no gradient: {why}"
    hint = "; ".join(did_you_mean(name, places)) or "`cnncalc analyze` shows the names of layers"
    return f"no volume or array is named `{name[:80]}`; {hint}"


def _part(told: Analysis, chosen: Selection, place: _Place, found: Gradients) -> Part:
    """Return the part of a gradient that is shown."""
    from cnncalc.forward.selection import part, part_of_stored

    name = f"{chosen.layer}{PRIME}"
    if isinstance(place, int):
        return part(chosen, name, found.volumes[place])
    at, array = place
    typed = told.network.typed[at]
    (tensor,) = (each for each in typed.tensors if each.name == array)
    return part_of_stored(chosen, name, found.arrays[place], typed.inputs[tensor.input].rank)
