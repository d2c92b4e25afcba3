"""The input of every analysis: a network, the request, and the results of other analyses."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Self

    from cnncalc.graph.graph import Network
    from cnncalc.request.request import Request
    from cnncalc.request.training import Training

Result = TypeVar("Result")


class Subject:
    """A network under a request. It is immutable; each analysis runs once, when its result is first read."""

    __slots__ = ("_results", "network", "request")

    network: Network
    request: Request

    def __init__(self, network: Network, request: Request) -> None:
        self._set(network=network, request=request, _results={})

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: results that depend on each other would become inconsistent."""
        message = f"{name} cannot be set: an analysis is immutable; `.at(batch=32)` returns another one"
        raise AttributeError(message)

    def __copy__(self) -> Self:
        """Return itself: it is immutable."""
        return self

    def __deepcopy__(self, memo: object) -> Self:
        """Return itself."""
        return self

    def __reduce__(self) -> tuple[object, ...]:
        """Return how to make it again from its parts; results are computed anew."""
        names = [name for each in reversed(type(self).__mro__) for name in getattr(each, "__slots__", ()) if name != "_results"]
        return self._remade, ({name: getattr(self, name) for name in names},)

    @classmethod
    def _remade(cls, parts: Mapping[str, object]) -> Self:
        made = cls.__new__(cls)
        made._set(**parts, _results={})  # noqa: SLF001  an object of this class
        return made

    def of(self, analyse: Callable[[Subject], Result]) -> Result:
        """Return the result of an analysis: its function, run once."""
        results: dict[Callable[[Subject], object], object] = object.__getattribute__(self, "_results")
        if analyse not in results:
            results[analyse] = analyse(self)
        return cast("Result", results[analyse])

    @property
    def batch(self) -> int:
        """Return the number of images in a batch."""
        return self.request.batch

    @property
    def dtype(self) -> str:
        """Return the number format of the network."""
        return self.request.dtype

    @property
    def setup(self) -> Training:
        """Return how the network trains."""
        return self.request.training
