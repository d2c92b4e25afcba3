"""Work planned before it is run: a tile's NumPy calls, bound to their arrays.

Threads that pass the interpreter lock back and forth between short calls sleep and wake more than they
compute.  So the caller plans the first tile of each helper; the helper then runs only NumPy calls that
release the lock. Small layers have no other tiles, and in large layers the calls are long.
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
"""Plans the calls of a tile."""


def do(calls: Iterable[Call]) -> None:
    """Run the calls, in order."""
    for call in calls:
        call()


def carry_out(plan: Plan[T], tiles: Sequence[T], hands: int | None = None) -> None:
    """Run the calls from `plan` for every tile, in any order, on `hands` threads (None: all), the BLAS at one thread.

    The caller is one of the threads and begins with the first tile.  A plan takes scratch memory of the thread that
    will run it.  The first exception is raised here, as by `for_each`.
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
    """Run one tile on every thread, then draw from the others until none is left."""
    drawn = itertools.count(helpers + 1)

    def part(mine: Hand, calls: Iterable[Call], failures: list[BaseException]) -> None:
        with working_as(mine):
            do(calls)
            while not failures and (index := next(drawn)) < len(tiles):
                do(plan(tiles[index]))

    def laid_out(index: int) -> tuple[Hand, Iterable[Call]]:
        with working_as(hand(index)) as mine:
            return mine, plan(tiles[index])

    # The caller's tile is planned first, too: otherwise a helper would wake, wait for the lock, and sleep again.
    together([partial(part, *laid_out(index)) for index in range(helpers + 1)])
