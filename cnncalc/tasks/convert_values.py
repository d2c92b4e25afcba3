"""The values that a spec carries, through a conversion: the arrays are converted and written as text again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.text.diagnostic import SpecError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.forward.given_weights import GivenWeights
    from cnncalc.graph.graph import Network
    from cnncalc.spec.spec import Carried
    from cnncalc.spec.write import Written
    from cnncalc.tasks.convert_in_place import Stage
    from cnncalc.transforms.weights import Array

DTYPE = "float64"
MATRIX = 2
"""The number of axes of a matrix."""


def written_values(
    carried: Carried, typed: Sequence[str], own: Network, stages: Sequence[Stage], final: Network, *, resized: bool
) -> tuple[Written, ...]:
    """Return the keys `array` and `weights` of the converted spec: as they were written where nothing changed.

    `typed` are words of the command line, which come before what the spec carries. Inputs of another size are left out. Raises
    SpecError for values that do not fit the network.
    """
    found: list[Written] = []
    if carried.inputs and not resized:
        named = tuple((name, text.text.strip()) for name, _, text in carried.inputs)
        found.append(("array", named if named[0][0] else named[0][1]))
    if carried.weights or typed:
        from cnncalc.forward import given_weights  # few specs carry weights

        said = given_weights.given(own, typed, carried.weights)
        texts = _converted(said, own, stages, final) if stages else _as_typed(said)
        if texts:
            found.append(("weights", tuple(texts.items())))
    return tuple(found)


def _as_typed(said: GivenWeights) -> dict[str, str]:
    return {each.array: each.values.span.words().strip() for each in said.typed}


def _converted(said: GivenWeights, own: Network, stages: Sequence[Stage], final: Network) -> dict[str, str]:
    """Return the arrays of the converted network as texts, without those of layers that hold others now."""
    from cnncalc.forward import given_weights
    from cnncalc.forward.typed_arrays import typed_order
    from cnncalc.forward.value_text import text_of
    from cnncalc.forward.weights import stored

    names = {each.array for each in said.typed}  # the others stay neutral
    arrays: dict[str, Array] = {name: array for name, array in given_weights.arrays(own, said, DTYPE).items() if name in names}
    for stage in stages:
        arrays = _behind(arrays, stage)
    texts: dict[str, str] = {}
    for each in stored(final):
        array = arrays.get(each.name)
        if array is not None and array.shape == each.tensor.shape:
            rank = final.typed[each.owner].inputs[each.tensor.input].rank
            texts[each.name] = text_of(typed_order(array, rank), MATRIX if array.ndim == MATRIX else rank)
    return texts


def _behind(arrays: dict[str, Array], stage: Stage) -> dict[str, Array]:
    """Return the arrays behind one transform; pools that become convolutions are not trained yet, and have none."""
    from cnncalc.transforms import weights

    try:
        return weights.converted(arrays, stage.before, stage.changes)
    except SpecError:
        return arrays
