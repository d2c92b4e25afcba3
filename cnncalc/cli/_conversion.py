"""A conversion in words: the changed layers, and the work that sliding saves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses.counts import counts
from cnncalc.analyses.dense_evaluation import Saving, Slide
from cnncalc.analyses.receptive_field import receptive_fields
from cnncalc.maths.volume import dims_text
from cnncalc.maths.window import ratio_text
from cnncalc.reports.units import percent, si
from cnncalc.transforms.conv_to_fc import matrix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.graph.graph import Network, Typed
    from cnncalc.tasks.convert import Converted
    from cnncalc.transforms.rewrite import Changes, Part

MOST_LINES = 12  # layers that are listed


def changes(before: Network, changed: Changes) -> list[str]:
    """Return a line for each layer that changed: `fc6: FC-4096 over 7x7x512 is CONV7-4096`."""
    lines: list[str] = []
    for at, chain in changed.items():
        lines += _change(before.nodes[at].name, before.typed[at], chain)
    more = len(lines) - MOST_LINES
    return lines[:MOST_LINES] + ([f"and {more} more"] if more > 0 else [])


def _change(name: str, typed: Typed, chain: tuple[Part, ...]) -> Iterator[str]:
    volume = typed.inputs[0]
    if not chain:
        yield f"{name}: {typed.layer.full_label()} goes, for a convolution reads {volume.text} as it is"
        return
    new = " -> ".join(part.layer.full_label() for part in chain)
    yield f"{name}: {typed.layer.full_label()} over {volume.text} is {new}"
    if chain[0].layer.kind == "fc":
        yield _matrix(typed)


def _matrix(typed: Typed) -> str:
    found = matrix(typed)
    return (
        f"  its matrix is {found.rows:,} x {found.columns:,} = {found.size:,} numbers: {found.nonzeros:,} from "
        f"{found.weights:,} weights, {found.zeros:,} zeros ({percent(found.zeros, found.size)})"
    )


def sliding(result: Converted) -> list[str]:
    """Return how the converted network slides over the image: its positions, and its work compared with separate crops."""
    own, final = result.own, result.final
    if len(final.inputs) > 1:
        return [f"the network has {len(final.inputs)} inputs: the number of positions is not computed"]
    crop, image = own.image.size, final.image.size
    at = final.graph.outputs[-1].at
    last, field = final.typed[at], receptive_fields(final)[at]
    if field.whole:
        names = [node.name for node, typed in zip(final.graph.nodes, final.typed, strict=True) if _sees_all(typed)]
        return [f"{names[-1]} sees the whole image, whatever its size, so the network does not slide over a larger one"]
    slide = Slide(image, crop, tuple(int(axis.stride) for axis in field.axes))
    if crop == image:
        return [f"the network slides at stride {dims_text(slide.step)}: `--input` with a larger image says over how many positions"]
    places = " x ".join(map(str, last.output.size))
    step = dims_text(slide.step)
    lines = [f"over {dims_text(image)} the network slides: output {last.output.text}, {places} positions at stride {step}"]
    if slide.positions != last.output.size:
        return [
            *lines,
            f"crops at this stride have {' x '.join(map(str, slide.positions))}: the rounding of a layer before differs",
        ]
    saving = Saving(slide.crops, counts(own).totals.macs, counts(final).totals.macs)
    lines.append(
        f"one pass takes {saving.one_pass:,} MACs; {saving.crops} crops of {dims_text(crop)} take {saving.crops} x "
        f"{saving.per_crop:,} = {saving.one_by_one:,}, {ratio_text(saving.one_by_one, saving.one_pass)} times as many "
        f"({si(saving.saved)} saved)"
        if saving.saved >= 0
        else f"one pass takes {saving.one_pass:,} MACs, more than {saving.crops} crops of {dims_text(crop)}: {saving.one_by_one:,}"
    )
    return lines


def _sees_all(typed: Typed) -> bool:
    return typed.window is not None and typed.window.form == "whole"
