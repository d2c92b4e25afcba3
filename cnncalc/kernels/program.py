"""Work that is laid out before it is done: a tile's NumPy calls, bound to their arrays.

Threads that hand the interpreter lock to and fro between short calls sleep and wake more than they
compute.  So the caller lays out the first tile of each helper, who then does nothing but NumPy calls,
which let go of the lock; small layers have no other tiles, and in large ones the calls are long.
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from functools import partial
from typing import TypeAlias, TypeVar

from cnncalc.kernels import blas
from cnncalc.kernels.parallel import helpers_for, together
from cnncalc.kernels.scratch import Hand, hand, working_as

T = TypeVar("T")

Call: TypeAlias = Callable[[], object]
"""One call, its arguments bound: `partial(np.add, a, b, c)`."""


Plan: TypeAlias = Callable[[T], Iterable[Call]]
"""Lays out the calls of a tile."""


def do(calls: Iterable[Call]) -> None:
    """Make the calls, in order."""
    for call in calls:
        call()


def carry_out(plan: Plan[T], tiles: Sequence[T], hands: int | None = None) -> None:
    """Do what `plan` lays out for every tile, in any order, on `hands` threads (None: all), the BLAS at one thread.

    The caller is one of them and begins with the first tile.  What a plan takes from the scratch memory is that of
    the thread that will work with it.  The first exception is raised here, as by `for_each`.
    """
    helpers = helpers_for(tiles, hands)
    if helpers > 0:
        with blas.held():
            _share(plan, tiles, helpers)
        return
    with nullcontext() if blas.is_held() else blas.held(), working_as(hand(0)):
        for tile in tiles:
            do(plan(tile))


def _share(plan: Plan[T], tiles: Sequence[T], helpers: int) -> None:
    """Let every thread do a tile of its own, and then draw from the others until none is left."""
    drawn = itertools.count(helpers + 1)

    def part(mine: Hand, calls: Iterable[Call], failures: list[BaseException]) -> None:
        with working_as(mine):
            do(calls)
            while not failures and (index := next(drawn)) < len(tiles):
                do(plan(tiles[index]))

    def laid_out(index: int) -> tuple[Hand, Iterable[Call]]:
        with working_as(hand(index)) as mine:
            return mine, plan(tiles[index])

    # The caller's own tile, too, before it calls anybody: else a helper would wake, wait for the lock, and sleep again.
    together([partial(part, *laid_out(index)) for index in range(helpers + 1)])
