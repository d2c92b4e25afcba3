"""Hyperparameters of layers: declared once with type, bounds and doc, read from the user's text."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Literal

from cnncalc.maths.volume import AXES, NUMBER_BYTES, Dims, Factors, Sides, Volume, Words, written
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


Given = int | float | bool | str | Dims | Factors | Sides | Words | Volume  # a value as written, before an option has read it
_MOST_SIDES = 4  # width, height, time and depth
COVERING = ("same_upper", "same_lower")
"""Paddings that follow from the size of the input."""
Padding = str | tuple[tuple[int, int], ...]  # "same" or a word of COVERING, or (before, after) for each axis, or once for all


class BadValueError(Exception):
    """A value that an option does not take. `hint` is the correction, if known."""

    def __init__(self, problem: str, hint: str = "") -> None:
        self.problem = problem
        self.hint = hint
        super().__init__(problem)


class _Required:
    """The default of an option without one."""


REQUIRED = _Required()


class Option(NamedTuple):
    """A hyperparameter: `read` turns the given value into the layer's own, or raises BadValueError."""

    name: str
    read: Callable[[Given], object]
    takes: str
    doc: str
    default: object = REQUIRED
    synonyms: tuple[str, ...] = ()
    short: str = ""
    """Its mark in labels with `{}` for a number, such as `d{}`; a word stands for itself. Empty: `name=value`."""
    labelled: Literal["always", "apart", "never"] = "always"
    """Whether labels show an unusual value: always, only to tell layers of one network apart, or never."""
    stored: bool = False
    """Whether it is about stored arrays alone, so that a layer with the arrays of another one cannot set it."""

    def mark(self, value: object) -> str:
        """Return a value as labels show it: `d2`, `no bias`, `mode=reflect`."""
        if isinstance(value, bool):
            return self.name if value else f"no {self.name}"
        if not self.short:
            return f"{self.name}={written(value)}"
        return value if isinstance(value, str) else self.short.format(written(value))

    def text(self) -> str:
        """Return the name with its default, for help pages."""
        return self.name if self.default is REQUIRED or self.default is None else f"{self.name}={written(self.default)}"


def whole(minimum: int = 1) -> Callable[[Given], int]:
    """Return a reader of integers of at least `minimum`."""

    def read(given: Given) -> int:
        if isinstance(given, bool) or not isinstance(given, int):
            raise BadValueError(_not("an integer", given), _rounded(given))
        if given < minimum:
            raise BadValueError(f"must be at least {minimum}, not {given}")
        return given

    return read


def per_axis(minimum: int = 1) -> Callable[[Given], tuple[int, ...]]:
    """Return a reader of one integer for all axes (kept as a tuple of one), or one for each (`3x5`)."""
    one = whole(minimum)

    def read(given: Given) -> tuple[int, ...]:
        if isinstance(given, Dims):
            return tuple(one(size) for size in given.sizes)
        if isinstance(given, float | str | Sides | Words | bool | Volume):
            raise BadValueError(_not("an integer or one per axis, such as 3 or 3x5", given), _rounded(given))
        return (one(given),)

    return read


def padding(given: Given) -> Padding:
    """Read `same`, `same_upper`, `same_lower`, `valid`, a number, one per axis, or explicit sides."""
    if isinstance(given, str) and given in {"same", *COVERING}:
        return given
    if given == "valid":
        return ((0, 0),)
    if isinstance(given, Sides):
        pairs = given.pairs
    elif isinstance(given, Dims):
        pairs = tuple((size, size) for size in given.sizes)
    elif isinstance(given, int) and not isinstance(given, bool):
        pairs = ((given, given),)
    else:
        words = "`same`, `same_upper`, `same_lower`, `valid`, a number, one per axis (1x0) or sides (0:1x0:1)"
        raise BadValueError(_not(words, given), _rounded(given) or _meant(given, ("same", *COVERING, "valid")))
    for side in (side for pair in pairs for side in pair):
        if side < 0:
            raise BadValueError(f"must not be negative: {side}", "CROP takes pixels away")
    return pairs


def boolean(given: Given) -> bool:
    """Read true or false."""
    if isinstance(given, bool):
        return given
    traps = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false", "1": "true", "0": "false"}
    meant = traps.get(str(given).lower())
    raise BadValueError(_not("true or false", given), f"write `{meant}`" if meant else "")


def number(minimum: float | None = None, below: float | None = None) -> Callable[[Given], float]:
    """Return a reader of real numbers in [minimum, below)."""

    def read(given: Given) -> float:
        if isinstance(given, bool) or not isinstance(given, int | float):
            raise BadValueError(_not("a number", given))
        if (minimum is not None and given < minimum) or (below is not None and given >= below):
            bounds = [f"{word} {bound:g}" for word, bound in (("at least", minimum), ("below", below)) if bound is not None]
            raise BadValueError(f"must be {' and '.join(bounds)}, not {given:g}")
        if not isfinite(given):
            raise BadValueError(f"must be a finite number, not {given}")
        return float(given)

    return read


def number_but_zero(given: Given) -> float:
    """Read a real number other than 0."""
    found = number()(given)
    if not found:
        raise BadValueError("must not be 0")
    return found


def choice(*words: str) -> Callable[[Given], str]:
    """Return a reader of one of these words."""

    def read(given: Given) -> str:
        if isinstance(given, str) and given in words:
            return given
        raise BadValueError(_not(f"one of {', '.join(words)}", given), _meant(given, words))

    return read


def words(*known: str) -> Callable[[Given], str | Words]:
    """Return a reader of one of these words, or of a list of several."""
    one = choice(*known)

    def read(given: Given) -> str | Words:
        if not isinstance(given, Words):
            return one(given)
        found = tuple(map(one, given.words))
        for at, word in enumerate(found):
            if word in found[:at]:
                raise BadValueError(f"has `{word}` twice: `{written(given)}`")
        return found[0] if len(found) == 1 else Words(found)

    return read


def volume(given: Given) -> Volume:
    """Read a volume such as `7x7x512`."""
    if isinstance(given, Volume):
        return _possible(given)
    sizes = given.sizes if isinstance(given, Dims) else (given,) if isinstance(given, int) and not isinstance(given, bool) else ()
    if not sizes or len(sizes) > _MOST_SIDES:
        raise BadValueError(_not("a volume of at most 3 axes and a depth, such as 7x7x512", given))
    if min(sizes) < 1:
        raise BadValueError(f"must be at least 1 on every side, not `{written(given)}`")
    return Volume(sizes[:-1] or (1,), sizes[-1])


def _possible(given: Volume) -> Volume:
    """Return a volume that a program gives; BadValueError for axes, sides or a dtype that no volume has."""
    if given.rank not in AXES:
        raise BadValueError(_not("a volume of at most 3 axes and a depth, such as 7x7x512", given))
    if not all(isinstance(side, int) and not isinstance(side, bool) for side in given.sides):
        raise BadValueError(_not("an integer on every side", given))
    if min(given.sides) < 1:
        raise BadValueError(f"must be at least 1 on every side, not `{written(given)}`")
    if given.dtype and given.dtype not in NUMBER_BYTES:
        raise BadValueError(f"must be of the network's dtype or of {', '.join(NUMBER_BYTES)}, not of `{given.dtype}`")
    return given


def _not(wanted: str, given: Given) -> str:
    shown = "fractional" if isinstance(given, float) and not given.is_integer() else "given"
    return f"must be {wanted}, not `{written(given)}`" if shown == "given" else f"must be {wanted}; {given:g} is fractional"


def _meant(given: Given, words: Sequence[str]) -> str:
    """Return `did you mean …?` for a misspelt word, else an empty text."""
    from cnncalc.text.suggest import did_you_mean  # on the way to an error

    hint = did_you_mean(str(given), words)
    return hint[0] if hint else ""


def _rounded(given: Given) -> str:
    if isinstance(given, float) and abs(given) < 2**53:
        return f"write {int(given)}" if given.is_integer() else f"{int(given // 1)} and {int(given // 1) + 1} are the nearest"
    return ""
