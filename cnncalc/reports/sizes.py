"""The sizes of images that fit a network, as text and as data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.maths.volume import axis_name
from cnncalc.reports.json import SCHEMA_VERSION
from cnncalc.text.suggest import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.analyses.sizes_that_fit import Fitting, Period, Side, SizesThatFit
    from cnncalc.maths.volume import Volume

_FIRST, _LAST = 8, 2  # sizes of a list that are shown
_REMAINDERS = 4


def text(name: str, found: SizesThatFit) -> str:
    """Return the sizes that fit, line by line."""
    rows = list(_rows(found))
    width = max(len(head) for head, _ in rows)
    head = f"{name} · input sizes that fit, from {found.low:,} to {found.high:,}"
    return "\n".join([head, "", *(f"{label:<{width}}  {said}" for label, said in rows), *_remarks(found)])


def _rows(found: SizesThatFit) -> Iterator[tuple[str, str]]:
    (_, first), *others = found.inputs
    together = "length" if first.rank == 1 and not others else "all sides alike"
    yield together, _sizes(found.alike)
    if found.smallest:
        yield "smallest", ", ".join(_named(found, volume, at) for at, volume in enumerate(found.smallest))
    if found.exact is not None:
        yield "no stride rounded", "the same" if found.exact.sizes == found.alike.sizes else _sizes(found.exact)
    for side in found.sides:
        label = f"{side.axis} alone" if not others else f"{side.axis} of {side.input} alone"
        same = "the same" if side.fitting.sizes == found.alike.sizes else _sizes(side.fitting)
        yield label, f"{same}, beside {_beside(found, side)}"


def _sizes(fitting: Fitting) -> str:
    """Return the sizes and their rule: `32, 64, … 512: multiples of 32 from 32 on`."""
    sizes, period = fitting
    if not sizes:
        return "none"
    rule = _rule(period) if period else ""
    if period and period.length == 1:
        before = [side for side in sizes if side < period.start]
        return f"{_list(before)}, and {rule}" if before else rule
    return f"{_list(sizes)}: {rule}" if rule else _list(sizes)


def _list(sizes: tuple[int, ...] | list[int]) -> str:
    if len(sizes) <= _FIRST + _LAST:
        return ", ".join(map(str, sizes))
    return f"{', '.join(map(str, sizes[:_FIRST]))}, … {', '.join(map(str, sizes[-_LAST:]))}"


def _rule(period: Period) -> str:
    """Return `multiples of 32 from 32 on`, `32*k + 1 from 1 on`, or `every size from 1 on`."""
    start, length, remainders = period
    if len(remainders) == length:
        return f"every size from {start} on"
    if remainders == (0,):
        return f"multiples of {length} from {start} on"
    if len(remainders) <= _REMAINDERS:
        return f"{length}*k + {listed(map(str, remainders), 'or')} from {start} on"
    return f"repeats every {length} from {start} on"


def _beside(found: SizesThatFit, side: Side) -> str:
    """Return what the other sides are: `height 224`."""
    if len(found.inputs) > 1:
        return listed(_named(found, volume, at) for at, volume in enumerate(side.beside))
    (volume,) = side.beside
    names = [axis_name(axis, volume.rank) for axis in range(volume.rank)]
    return listed(f"{name} {length}" for name, length in zip(names, volume.size, strict=True) if name != side.axis)


def _named(found: SizesThatFit, volume: Volume, at: int) -> str:
    return volume.text if len(found.inputs) == 1 else f"{found.inputs[at][0]} {volume.text}"


def _remarks(found: SizesThatFit) -> Iterator[str]:
    """Yield what the sizes alone do not say."""
    if not found.other_weights:
        return
    names = found.other_weights
    shown = listed(names) if len(names) <= _REMAINDERS else f"{', '.join(names[:3])} and {len(names) - 3} more layers"
    yield ""
    has = "has" if len(names) == 1 else "have"
    yield f"At another size {shown} {has} arrays of other shapes: trained weights fit one size only."


def as_dict(name: str, found: SizesThatFit) -> dict[str, object]:
    """Return the sizes that fit as data."""
    return {
        "schema_version": SCHEMA_VERSION,
        "name": name,
        "inputs": [{"name": each, "size": list(volume.sides)} for each, volume in found.inputs],
        "from": found.low,
        "to": found.high,
        "alike": _fitting(found.alike),
        "smallest": [list(volume.sides) for volume in found.smallest] or None,
        "no_stride_rounded": _fitting(found.exact) if found.exact is not None else None,
        "sides": [
            {
                "input": side.input,
                "axis": side.axis,
                "beside": [list(volume.sides) for volume in side.beside],
                **_fitting(side.fitting),
            }
            for side in found.sides
        ],
        "other_weights": list(found.other_weights),
    }


def _fitting(fitting: Fitting) -> dict[str, object]:
    period = fitting.period
    return {
        "sizes": list(fitting.sizes),
        "period": None
        if period is None
        else {"start": period.start, "length": period.length, "remainders": list(period.remainders)},
    }
