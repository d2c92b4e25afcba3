"""Numbers for people. K, M, G are powers of 1000 for counts; KiB, MiB, GiB powers of 1024 for bytes."""

from __future__ import annotations

_COUNTS = ("", "K", "M", "G", "T", "P", "E", "Z", "Y")
_BYTES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB")


def si(value: int) -> str:
    """Return a count with three digits: `138 M`, `15.5 G`, `1.73 K`."""
    return _scaled(value, 1000, _COUNTS)


def size(value: int) -> str:
    """Return bytes with three digits: `58.1 MiB`."""
    return _scaled(value, 1024, _BYTES)


def _scaled(value: int, base: int, names: tuple[str, ...]) -> str:
    power = 0
    while power + 1 < len(names) and value >= base ** (power + 1):
        power += 1
    if power == 0:
        return f"{value} {names[0]}".strip()
    digits = _three(value, base**power)
    if digits == str(base) and power + 1 < len(names):
        power, digits = power + 1, "1.00"
    return f"{digits} {names[power]}"


def _three(value: int, unit: int) -> str:
    """Return value/unit rounded half up to three digits, exact for integers of any size."""
    for decimals in (2, 1, 0):
        scaled = (2 * value * 10**decimals + unit) // (2 * unit)
        if scaled < 1000 or not decimals:
            break
    whole, part = divmod(scaled, 10**decimals)
    return f"{whole}.{part:0{decimals}d}" if decimals else str(whole)


def ratio(part: int, whole: int) -> str:
    """Return a quotient with two decimals, rounded half up: `1.53`."""
    hundredths = (200 * part + whole) // (2 * whole) if whole else 0
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def percent(part: int, whole: int) -> str:
    """Return a share with one decimal: `74.3 %`; a share below 1 is never `100.0 %`."""
    if not whole:
        return "0.0 %"
    tenths = (2000 * part + whole) // (2 * whole)
    if tenths >= 1000 > 1000 * part // whole:
        return "over 99.9 %"
    return f"{tenths // 10}.{tenths % 10} %"
