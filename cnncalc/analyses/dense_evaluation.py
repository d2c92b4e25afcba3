"""A network slid over a larger image: the positions, the step, the saving, and the passes for a finer step.

Source: CS231n course notes, "Converting FC layers to CONV layers". All in pixels, per axis, width first.
"""

from __future__ import annotations

import itertools
import math

from cnncalc.maths.volume import dims_text
from cnncalc.named_tuple import NamedTuple


class Slide(NamedTuple):
    """Crops of one size from an image, at a fixed step along each axis."""

    image: tuple[int, ...]
    crop: tuple[int, ...]
    step: tuple[int, ...]

    @property
    def positions(self) -> tuple[int, ...]:
        """Return the number of crops along each axis: (W - crop)/step + 1, rounded down; 0 if the image is too small."""
        return tuple(_fits(image, crop, step) for image, crop, step in zip(*self, strict=True))

    @property
    def crops(self) -> int:
        """Return the number of crops: (384 - 224)/32 + 1 = 6 along each axis are 36."""
        return math.prod(self.positions)

    @property
    def unseen(self) -> tuple[int, ...]:
        """Return the number of pixels at the far end outside all crops; the whole side if no crop fits."""
        sides = zip(self.image, self.crop, self.step, self.positions, strict=True)
        return tuple(image - (crop + (count - 1) * step) if count else image for image, crop, step, count in sides)


class Saving(NamedTuple):
    """The multiply-accumulates of one pass over the image, and of separate passes over the crops."""

    crops: int
    per_crop: int
    one_pass: int

    @property
    def one_by_one(self) -> int:
        """Return the multiply-accumulates of all crops."""
        return self.crops * self.per_crop

    @property
    def saved(self) -> int:
        """Return the saving of the single pass; negative if it costs more."""
        return self.one_by_one - self.one_pass


def _fits(image: int, crop: int, step: int) -> int:
    return max(0, (image - crop) // step + 1)


def _sizes(values: tuple[int, ...]) -> str:
    """Return `8`, or `8x4` where the axes differ."""
    return str(values[0]) if len(set(values)) == 1 else dims_text(values)


def shifts(step: tuple[int, ...], finer: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return the shifts of the image that together give a finer step: 32 to 16 takes (0, 0), (16, 0), (0, 16), (16, 16).

    Raises ValueError if the finer step does not divide the step.
    """
    if any(wide % narrow for wide, narrow in zip(step, finer, strict=True)):
        ways = [wide for wide in range(1, max(step) + 1) if all(each % wide == 0 for each in step)]
        message = (
            f"a step of {_sizes(finer)} does not divide {_sizes(step)}, the stride of the network; "
            f"{', '.join(map(str, ways))} {'does' if len(ways) == 1 else 'do'}"
        )
        raise ValueError(message)
    ranges = [range(0, wide, narrow) for wide, narrow in zip(step, finer, strict=True)]
    return [tuple(reversed(shift)) for shift in itertools.product(*reversed(ranges))]


def covered(slide: Slide, shift: tuple[int, ...]) -> set[tuple[int, ...]]:
    """Return the corners of the crops in one pass over the image, shifted by `shift` pixels."""
    sides = zip(slide.image, slide.crop, slide.step, shift, strict=True)
    return set(itertools.product(*(range(start, image - crop + 1, step) for image, crop, step, start in sides)))


def coverage(slide: Slide, finer: tuple[int, ...], passes: list[tuple[int, ...]]) -> tuple[int, int]:
    """Return the number of crops at a finer step that the shifted passes evaluate, and the number of all crops.

    The notes' two passes for a step of 16, (0, 0) and (16, 16), evaluate 61 of the 121 crops of VGG at 384x384.
    """
    wanted = covered(slide._replace(step=finer), (0,) * len(finer))
    done = {corner for shift in passes for corner in covered(slide, shift)}
    return len(wanted & done), len(wanted)
