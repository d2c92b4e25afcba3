"""`cnncalc.named_tuple.NamedTuple` behaves like `typing.NamedTuple`, but is faster."""

from __future__ import annotations

import copy
import pickle
import typing

import pytest

from cnncalc.named_tuple import NamedTuple


class Ours(NamedTuple):
    """A point."""

    x: int
    y: int = 2
    """How high."""
    name: str = ""

    def sum(self) -> int:
        """Return the sum."""
        return self.x + self.y

    @property
    def double(self) -> Ours:
        return self._replace(x=2 * self.x, y=2 * self.y)

    @classmethod
    def origin(cls) -> Ours:
        return cls(0, 0)


class Theirs(typing.NamedTuple):
    """A point."""

    x: int
    y: int = 2
    """How high."""
    name: str = ""

    def sum(self) -> int:
        """Return the sum."""
        return self.x + self.y

    @property
    def double(self) -> Theirs:
        return self._replace(x=2 * self.x, y=2 * self.y)

    @classmethod
    def origin(cls) -> Theirs:
        return cls(0, 0)


SEEN = [  # the visible properties of a class of named tuples
    lambda kind: kind.__bases__,
    type,
    lambda kind: kind.__doc__,
    lambda kind: kind.__module__,
    lambda kind: kind._fields,
    lambda kind: kind._field_defaults,
    lambda kind: kind.__match_args__,
    lambda kind: kind.__slots__,
    lambda kind: set(kind.__annotations__),
    typing.get_type_hints,
    lambda kind: kind.x.__doc__,
    lambda kind: repr(kind(1)).partition("(")[2],
    lambda kind: (kind(1), kind(1, 3), kind(x=4, name="a")),
    lambda kind: kind(1) == (1, 2, ""),
    lambda kind: hash(kind(1)),
    lambda kind: kind(1).sum(),
    lambda kind: kind.sum.__doc__,
    lambda kind: kind(1).double,
    lambda kind: kind.origin(),
    lambda kind: kind(1)._asdict(),
    lambda kind: kind._make([1, 2, "b"]),
    lambda kind: type(copy.deepcopy(kind(1))) is kind,
    lambda kind: pickle.loads(pickle.dumps(kind(1))) == kind(1),  # noqa: S301
    lambda kind: isinstance(kind(1), tuple),
]


@pytest.mark.parametrize("see", SEEN)
def test_a_class_looks_like_that_of_typing(see):
    assert see(Ours) == see(Theirs)


def test_a_class_has_its_own_name():
    assert (Ours.__name__, Ours.__qualname__, repr(Ours(1))) == ("Ours", "Ours", "Ours(x=1, y=2, name='')")


@pytest.mark.parametrize(
    "wrong, said",
    [
        (lambda kind: kind(), "missing 1 required positional argument: 'x'"),
        (lambda kind: kind(1, z=2), "unexpected keyword argument 'z'"),
        (lambda kind: kind(1, 2, "", 4), "takes from 2 to 4 positional arguments but 5 were given"),
    ],
)
@pytest.mark.parametrize("kind", [Ours, Theirs])
def test_a_wrong_call_is_refused(kind, wrong, said):
    with pytest.raises(TypeError, match=said):
        wrong(kind)


def test_a_field_cannot_be_set():
    with pytest.raises(AttributeError):
        Ours(1).x = 2
