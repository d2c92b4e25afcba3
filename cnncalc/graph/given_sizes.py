"""Sizes of inputs from the command line or from Python beside the sizes in a spec: without a depth they take that of the spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.maths.volume import Volume, dims_text
from cnncalc.text.diagnostic import Code, Diagnostic
from cnncalc.text.suggest import many

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncalc.text.diagnostic import Findings
    from cnncalc.text.source import Span

_LANGUAGE = "docs/language.md"
RANK = Code(
    "CNN121",
    "an input size that does not go with the spec",
    "The size given for an input has another number of axes than the input in the spec, or its depth comes first.",
    "A 2-D network over a 1-D input is another network: VGG-16 over `384x384`, read as length 384 and depth 384, has 51 million "
    "parameters instead of 338 million.",
    "cnncalc analyze vgg16 --input 384",
    "Write the size in the hint: width x height (x time) and then the depth; without the depth, the size keeps that of the spec. "
    "For a network over other axes, change the size in the spec.",
    _LANGUAGE,
)
DEPTH_KEPT = Code(
    "CNN122",
    "an input size takes the depth of the spec",
    "The size given for an input has a number for each spatial axis and none for the depth: the depth of the spec stays.",
    "The note shows the size that the figures belong to.",
    "cnncalc analyze vgg16 --input 384x384",
    "Nothing, or write the depth as well: `--input 384x384x3`.",
    _LANGUAGE,
)
_FEW = 4  # the depths of images


def completed(wanted: Mapping[str, Volume], images: Mapping[str, Volume | None], findings: Findings) -> dict[str, Volume]:
    """Return the wanted sizes by name, those without a depth with that of the spec; refused sizes are reported and left out.

    `images` are the sizes in the spec by the names of the inputs, None where it gives none. The empty name means the only input.
    """
    found: dict[str, Volume] = {}
    for name, given in wanted.items():
        image = images.get(name) if name else next(iter(images.values()), None)
        made = _completed(given, image)
        if made is None:
            findings.error(RANK, _refusal(name, given, image), hints=_ways_out(name, given, image))
            continue
        found[name] = made
        if made.sides != given.sides:
            message = f"the size {_shown(name, given)} keeps the depth of the spec: {made.text}"
            findings.add(Diagnostic(DEPTH_KEPT, "note", message))
    return found


def check_inherited(given: Volume, image: Volume, findings: Findings, span: Span, *, key: str) -> bool:
    """Return whether a size in a spec goes with the size in its base; report it if not, with the size that was probably meant.

    The layers are those of the base, so its number of axes stays.
    """
    if _completed(given, image) == given:
        return True
    meant = _meant(given.sides, image)
    text = f"write `{key}: {meant.text}`" if meant else f"write {many(image.rank + 1, 'number')}, as in `{key}: {image.text}`"
    way = f"{text}; for a network over other axes, give a pattern too"
    findings.error(RANK, _refusal("", given, image).replace("of the spec", "of the base"), span, hints=(way,))
    return False


def _completed(given: Volume, image: Volume | None) -> Volume | None:
    """Return a size with its depth; None where it does not go with the size in the spec."""
    if image is None or not image.rank:
        return given if given.rank else None
    if given.rank + 1 == image.rank and not (given.rank == 0 and image.is_vector()):
        return Volume(given.sides, image.depth)
    return given if given.rank == image.rank and not _first(given, image) else None


def _first(given: Volume, image: Volume) -> bool:
    """Return whether the depth of the spec comes first in a size."""
    depth, *rest = given.sides
    return depth == image.depth != image.size[0] and rest[-1] > max(_FEW, image.depth) and min(rest) >= depth


def _refusal(name: str, given: Volume, image: Volume | None) -> str:
    """Return the message for a size that does not go with the spec."""
    shown = _shown(name, given)
    if image is None:
        return f"the size {shown} has no depth, and the spec gives none"
    if given.rank == image.rank:
        return f"the depth comes first in the size {shown}: the input of the spec is {image.text}"
    return f"the size {shown} has {many(len(given.sides), 'number')}, and the input of the spec is {image.text}"


def _ways_out(name: str, given: Volume, image: Volume | None) -> tuple[str, ...]:
    """Return the size that was probably meant, with and without its depth."""
    if image is None:
        side = given.depth
        return (f"the depth comes last: `{side}x{side}x3` is an image, `{side}x1` a 1-D signal",)
    meant = _meant(given.sides, image)
    if meant is None:
        return (f"write {many(image.rank + 1, 'number')}, as in `{_shown(name, image)}`; the spec sets the number of axes",)
    short = dims_text(meant.size)
    keeps = f"; `{_shown(name, short)}` keeps the depth of the spec" if image.rank > 1 else ""
    batch = f"; the batch is `--batch {given.size[0]}`" if given.rank > image.rank else ""
    return (f"write `{_shown(name, meant)}`{keeps}{batch}",)


def _meant(sides: tuple[int, ...], image: Volume) -> Volume | None:
    """Return the size that was probably meant by numbers for other axes, or by numbers with the depth first; None: unknown."""
    axes, count = image.rank + 1, len(sides)
    if count == 1 and image.is_vector():
        return Volume(image.size, sides[-1])
    if count == axes + 1 and image.depth in {sides[1], sides[-1]}:  # with the batch, as in arrays of PyTorch and Keras
        last = sides[-1] == image.depth
        return Volume(sides[1:-1][::-1] if last else sides[2:][::-1], image.depth)
    if count == axes:
        return Volume(sides[1:][::-1], image.depth)
    if count < axes and image.rank > 1:
        square = sides * 2 if count == 1 else sides
        return Volume((*square, *image.size[len(square) :]), image.depth)
    return Volume(sides, image.depth) if count == image.rank else None


def _shown(name: str, given: Volume | str) -> str:
    text = given if isinstance(given, str) else given.text
    return f"{name}={text}" if name else text
