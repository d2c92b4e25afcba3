"""The table of operators: each name of PyTorch's ATen library, without its overload, and the function that translates it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Handler = Any  # Callable[[Translator, torch.fx.Node], Value | list[Value] | None]

HANDLERS: dict[str, Handler] = {}


def handles(*names: str) -> Callable[[Handler], Handler]:
    """Enter a function in the table."""

    def enter(function: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(names, function))
        return function

    return enter
