"""`typing.NamedTuple`, created in less than half the time.

The one in typing compiles every annotation, although none is read at run time. `analyze` creates some sixty such classes, at
half the cost of starting Python. All else is the same: `collections.namedtuple` creates the class, and type checkers see typing's.
"""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING

__all__ = ["NamedTuple"]

if TYPE_CHECKING:
    from typing import NamedTuple  # noqa: TID251  the one place
else:

    class _Made(type):
        """Creates a named tuple from the annotations in the body of a class, with its defaults, methods and docstring."""

        def __new__(cls, name: str, _bases: tuple[type, ...], body: dict[str, object]) -> type:
            fields = body["__annotations__"]
            defaults = [body[field] for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body["__module__"])  # noqa: PYI024
            for key, value in body.items():
                if key not in fields and key not in {"__module__", "__qualname__"}:
                    setattr(made, key, value)
            return made

    NamedTuple = type.__new__(_Made, "NamedTuple", (), {})
