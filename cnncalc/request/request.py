"""A request: all options for the analysis of a network, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.graph.build import Overrides
from cnncalc.named_tuple import NamedTuple
from cnncalc.request.dtypes import BYTES
from cnncalc.request.training import Training

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from cnncalc.graph.build import InputSize
    from cnncalc.maths.volume import Volume
    from cnncalc.request.devices import Device
    from cnncalc.request.options import Given


class Request(NamedTuple):
    """The checked value of every option (`options.py` declares and documents them). Equal requests have equal answers."""

    input: Volume | tuple[InputSize, ...] | None = None
    batch: int = 1
    dtype: str = "float32"
    rounding: str | None = None
    outputs: tuple[str, ...] = ()
    optimizer: str = "momentum"
    autocast: str | None = None
    autocast_on: str = "cpu"
    weight_decay: bool = False
    freeze: tuple[str, ...] = ()
    norm: str = "training"
    accumulate: int = 1
    checkpoint: str = ""
    augmented: int = 0
    schedule: str = "spec"
    device: Device | None = None
    devices: int = 1
    split: str = "batch"
    timeline: bool = False

    @property
    def overrides(self) -> Overrides:
        """Return the settings that replace those of the spec."""
        return Overrides(self.input, self.rounding, self.outputs)

    @property
    def training(self) -> Training:
        """Return how the network trains; ValueError if options conflict."""
        return _training_of(self)

    def same_network(self, other: Request) -> bool:
        """Return whether both requests need the same network: one graph then serves both."""
        return self.overrides == other.overrides

    def changed(self, **given: Unpack[Given]) -> Request:
        """Return the request with other options; ValueError names the bad one."""
        return _checked({**self._asdict(), **given})


def _training_of(request: Request) -> Training:
    """Return how a network trains under a request; ValueError if its options conflict."""
    if request.autocast and request.dtype != "float32":
        message = f"autocast keeps float32 parameters and cannot be combined with dtype {request.dtype}"
        raise ValueError(message)
    size = BYTES[request.dtype]
    cast = BYTES[request.autocast] if request.autocast else 0
    return Training(
        optimizer=request.optimizer,
        weight_decay=request.weight_decay,
        frozen=request.freeze,
        norm_training=request.norm == "training",
        size=cast or size,
        parameter_size=size,
        cast_size=cast,
        autocast_on=request.autocast_on,
        accumulate=request.accumulate,
        checkpoint=request.checkpoint,
    )


def request(**given: Unpack[Given]) -> Request:
    """Return the checked request; ValueError names the bad option. Options not given have their defaults."""
    return _checked(given)


def _checked(given: Mapping[str, object]) -> Request:
    from cnncalc.request.options import OPTIONS  # not imported unless options are given

    for name in given:
        if name not in OPTIONS:
            raise TypeError(_unknown(name))
    values = {name: option.read(given.get(name, option.default)) for name, option in OPTIONS.items()}
    made = Request._make(values[name] for name in Request._fields)
    made.training  # noqa: B018  conflicting options raise here, not later
    return made


def _unknown(name: str) -> str:
    from cnncalc.request.options import OPTIONS
    from cnncalc.text.suggest import did_you_mean  # only needed for errors

    return "; ".join((f"there is no option {name!r}", *did_you_mean(name, OPTIONS)))
