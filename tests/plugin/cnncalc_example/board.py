"""A device."""

from cnncalc.request.devices import Device

BOARD = Device("Example Board", 64 * 1024, "the data sheet of the example board", flash=512 * 1024)
