"""The memory of devices, by name or as a size.

The GB in the data sheet of a graphics card are read as powers of 1024. The cards report this size, up to the 1 to 2 % used
by the driver and error correction. The margins of the verdict are wider.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple
from cnncalc.text.suggest import asked, did_you_mean, likely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.extensions import Extension

_GIB = 2**30
_KIB = 2**10
_UNITS = {
    "b": 1,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
}
_DECIMAL = ("kb", "mb", "gb", "tb")
_SPELT = {"b": "B", "kib": "KiB", "mib": "MiB", "gib": "GiB", "tib": "TiB", "kb": "KB", "mb": "MB", "gb": "GB", "tb": "TB"}
_SIZE = re.compile(r"(\d{1,30})(?:\.(\d{1,9}))?\s*([A-Za-z]*)\Z")


class Device(NamedTuple):
    """A device. `bytes` is the memory for volumes; `flash` the memory of a microcontroller for parameters."""

    name: str
    bytes: int
    source: str = ""
    flash: int = 0
    note: str = ""
    """How the size was read, if it is ambiguous."""
    binary: int = 0
    """The bytes by the other reading of an ambiguous size, in powers of 1024; 0 if it is not ambiguous."""


def _gpus(*rows: tuple[str, float, str]) -> tuple[Device, ...]:
    return tuple(Device(name, int(gib * _GIB), source) for name, gib, source in rows)


def _boards(*rows: tuple[str, int, int, str]) -> tuple[Device, ...]:
    return tuple(Device(name, ram * _KIB, source, flash * _KIB) for name, ram, flash, source in rows)


DEVICES = (
    *_gpus(
        ("GTX 580", 3, "Krizhevsky et al. 2012, section 3.2: a GTX 580 with 3 GB"),
        ("GTX 580 1.5GB", 1.5, "NVIDIA, GeForce GTX 580: 1536 MB, the reference card"),
        ("GTX 680", 4, "NVIDIA, GeForce GTX 680: 2 GB, and cards with 4 GB"),
        ("GTX 780 Ti", 3, "NVIDIA, GeForce GTX 780 Ti"),
        ("GTX 980", 4, "NVIDIA, GeForce GTX 980"),
        ("GTX Titan", 6, "NVIDIA, GeForce GTX TITAN"),
        ("GTX Titan Black", 6, "NVIDIA, GeForce GTX TITAN Black; Simonyan and Zisserman 2014, section 3.3, trained on four"),
        ("GTX Titan X", 12, "NVIDIA, GeForce GTX TITAN X"),
        ("Tesla K20", 5, "NVIDIA, Tesla K20 board specification, BD-06499-001: 5 GB; 10 % less with ECC"),
        ("Tesla K20X", 6, "NVIDIA, Tesla K20X: 6 GB"),
        ("Tesla K40", 12, "NVIDIA, Tesla K40"),
        ("GTX 1080 Ti", 11, "NVIDIA, GeForce GTX 1080 Ti"),
        ("Tesla P100", 16, "NVIDIA, Tesla P100"),
        ("Tesla V100 16GB", 16, "NVIDIA, V100 data sheet"),
        ("Tesla V100 32GB", 32, "NVIDIA, V100 data sheet"),
        ("Tesla T4", 16, "NVIDIA, T4 data sheet"),
        ("RTX 2080 Ti", 11, "NVIDIA, GeForce RTX 2080 Ti"),
        ("RTX 3060", 12, "NVIDIA, GeForce RTX 3060"),
        ("RTX 3090", 24, "NVIDIA, GeForce RTX 3090"),
        ("RTX 4090", 24, "NVIDIA, GeForce RTX 4090"),
        ("RTX 5090", 32, "NVIDIA, GeForce RTX 5090"),
        ("L4", 24, "NVIDIA, L4 data sheet"),
        ("L40S", 48, "NVIDIA, L40S data sheet"),
        ("A100 40GB", 40, "NVIDIA, A100 data sheet"),
        ("A100 80GB", 80, "NVIDIA, A100 data sheet"),
        ("H100", 80, "NVIDIA, H100 data sheet (SXM)"),
        ("H200", 141, "NVIDIA, H200 data sheet"),
        ("B200", 180, "NVIDIA, DGX B200 data sheet: 1,440 GB in eight"),
        ("Jetson Nano", 4, "NVIDIA, Jetson Nano; shared with the CPU"),
    ),
    *_boards(
        ("Arduino Nano 33 BLE", 256, 1024, "Arduino, Nano 33 BLE data sheet (nRF52840)"),
        ("STM32F412", 256, 1024, "STMicroelectronics, STM32F412xE/G data sheet"),
        ("STM32F746", 320, 1024, "STMicroelectronics, STM32F745xx/746xx data sheet"),
        ("STM32H743", 1024, 2048, "STMicroelectronics, STM32H743xI data sheet"),
        ("ESP32", 520, 4096, "Espressif, ESP32 data sheet; modules with 4 MB of flash"),
        ("Raspberry Pi Pico", 264, 2048, "Raspberry Pi, Pico data sheet (RP2040)"),
    ),
)


def device(text: str) -> Device:
    """Return the device of a name or of a size such as `12GiB`. Raises ValueError with the valid spellings.

    A name that is not in the table may be one that another package adds. Raises PluginError for a broken package.
    """
    named = _by_name(text)
    if named is not None:
        return named
    size = _SIZE.fullmatch(text.strip())
    return _sized(text, size) if size else _added(text)


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold()).removeprefix("nvidia").removeprefix("geforce")


def _by_name(text: str) -> Device | None:
    wanted = _folded(text)
    return next((each for each in DEVICES if wanted and wanted in {_folded(each.name), _short(each.name)}), None)


def _short(name: str) -> str:
    """Return a name without its series, which is often left out: `titanx`, `4090`, `v10032gb`."""
    return re.sub(r"^(gtx|rtx|tesla)", "", _folded(name))


def _added(text: str) -> Device:
    """Return the device of a name from another package."""
    from cnncalc import extensions  # for a name that is unknown here

    own = {_folded(each.name) for each in DEVICES} | {_short(each.name) for each in DEVICES}
    extension = extensions.find(extensions.DEVICES, text, own, _folded)
    if extension is None:
        raise ValueError(_unknown(text, [each.name for each in extensions.found(extensions.DEVICES)]))
    return _checked(extension.load(), extension)


def _checked(made: object, extension: Extension) -> Device:
    """Return the device of an extension; PluginError if it is not a device with some memory."""
    if not isinstance(made, Device):
        raise extension.problem("it is no cnncalc.request.devices.Device")
    if made.bytes < 1 or made.flash < 0:
        raise extension.problem("a device has some memory, in bytes")
    return made


def _sized(text: str, match: re.Match[str]) -> Device:
    whole, part, unit = match[1], match[2] or "", match[3].casefold()
    if unit not in _UNITS:
        raise ValueError(_unit(text.strip(), match[3]))
    bytes_ = int(whole + part) * _UNITS[unit] // int(10 ** len(part))
    if not bytes_:
        message = f"a device has at least 1 byte of memory, not {text!r}"
        raise ValueError(message)
    shown = f"{whole}{'.' if part else ''}{part} {_SPELT[unit]}"
    binary = int(whole + part) * _UNITS[f"{unit[0]}ib"] // int(10 ** len(part)) if unit in _DECIMAL else 0
    return Device(shown, bytes_, note=_reading(shown, unit, bytes_), binary=binary)


def _reading(shown: str, unit: str, bytes_: int) -> str:
    """Return a note for an ambiguous unit, powers of 1000 or of 1024: the one that was used."""
    if unit not in _DECIMAL:
        return ""
    binary = f"{unit[0].upper()}iB"
    return f"{shown} was read as powers of 1000, {bytes_:,} bytes; write {binary} for powers of 1024, as the course notes divide"


def _unit(text: str, unit: str) -> str:
    if unit:
        letter = unit[0].upper()
        hint = f"write {letter}iB (powers of 1024) or {letter}B (powers of 1000)" if letter in "KMGT" else "units are KiB, MiB, GiB"
        return f"{text!r} has no unit of memory; {hint}"
    return f"a size needs a unit, {text!r} has none; write {text}GiB, or {text}B for bytes"


def _unknown(text: str, added: Sequence[str]) -> str:
    names = [*(each.name for each in DEVICES), *added]
    hint = "; ".join(did_you_mean(text, names))
    if not hint:
        short = {_short(each.name): each.name for each in DEVICES}
        near = tuple(short[each] for each in likely(_folded(text), short))
        known = ", ".join(names)
        hint = asked(near) if near else f"known devices are {known}."
    return f"no device is called {text!r}; {hint} A size such as 12GiB is also allowed"
