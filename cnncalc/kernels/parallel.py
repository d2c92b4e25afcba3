"""Tiles of work over a few threads.

NumPy lets go of the interpreter lock inside products and array loops, so plain threads scale as
long as a tile is a few large array operations.
"""

import itertools
import os
import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from queue import SimpleQueue
from typing import NamedTuple, TypeAlias, TypeVar

import numpy as np

from cnncalc.kernels import blas
from cnncalc.kernels.errors import MisfitError

T = TypeVar("T")

Part: TypeAlias = Callable[[list[BaseException]], None]
"""A share of work that stops when there are failures."""


def _processors() -> int:
    """Return how many processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Team:
    """The calling thread and its helpers, who start with the first work and wait for more of it.

    The helpers are plain threads on C queues: what they run in Python when they wake and when they
    end keeps the interpreter lock from the caller, and futures run ten times as much.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._helpers = 0
        self.size = _processors()

    def resize(self, size: int) -> None:
        """Let `size` threads work from now on, the caller included."""
        with self._lock:
            for _ in range(self._helpers):
                self._jobs.put(None)
            self._jobs, self._helpers, self.size = SimpleQueue(), 0, size

    def forget(self) -> None:
        """Have no helpers any more, in a child process, which has none of the parent's threads."""
        self._lock = threading.Lock()
        self._jobs, self._helpers = SimpleQueue(), 0

    def give(self, jobs: Iterable[Callable[[], object]]) -> None:
        """Hand jobs to the helpers; they must not raise."""
        with self._lock:
            while self._helpers < self.size - 1:
                self._helpers += 1
                threading.Thread(target=_help, args=(self._jobs,), daemon=True).start()
            for job in jobs:
                self._jobs.put(job)


def _help(jobs: "SimpleQueue[Callable[[], object] | None]") -> None:
    """Do one job after the other, until one is None. What overflows is infinite, without a warning."""
    with np.errstate(all="ignore"):
        while (job := jobs.get()) is not None:
            job()
            del job  # or its arrays would live until the next one


class _Caller(threading.local):
    """What holds for one calling thread, whatever others do."""

    alone = False
    """Whether it shares its tiles with nobody."""


_CALLER = _Caller()
_TEAM = _Team()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_TEAM.forget)


def threads() -> int:
    """Return how many threads share the tiles of a kernel that this thread calls (at first, all processors)."""
    return 1 if _CALLER.alone else _TEAM.size


@contextmanager
def use_threads(count: int) -> Generator[None]:
    """Share tiles among `count` threads while the block runs.

    Raises:
        MisfitError: `count` is below 1.

    """
    if count < 1:
        message = f"{count} threads, wanted at least 1"
        raise MisfitError(message)
    before = _TEAM.size
    _TEAM.resize(count)
    try:
        yield
    finally:
        _TEAM.resize(before)


@contextmanager
def by_products() -> Generator[None]:
    """Leave the threads to the BLAS, which shares every product among them, and share nothing else, while the block runs.

    Its threads wait for the next product awake: quicker where products are small, and in the way of helpers of our own,
    so that the two do not mix.  Without a BLAS that can be told, work is shared as ever.
    """
    if blas.threads() is None:
        yield
        return
    before, _CALLER.alone = _CALLER.alone, True
    try:
        with blas.held(_TEAM.size):
            yield
    finally:
        _CALLER.alone = before


_WORTH = 4
"""How often the time in which a helper wakes one thread must be busy, for the helper to be worth its call (measured)."""


class Crew(NamedTuple):
    """Who shares a piece of work."""

    hands: int
    """Threads, the caller included."""
    lead: float
    """By which part of the whole the caller's share is larger than an even one: it begins at once."""


def crew(steps: int, late: int, team: int | None = None) -> Crew:
    """Return who of a team (None: all threads) shares `steps` of work, when one does `late` of them before a helper begins.

    A helper wakes some 35 microseconds after it was called. If its share were even, the caller would
    wait for it, and wake as late; with a smaller one both end together, and nobody sleeps.
    """
    hands = max(1, min(team or threads(), steps // (_WORTH * late) + 1))
    return Crew(hands, (hands - 1) / hands * late / steps if hands > 1 else 0.0)


def helpers_for(tiles: Sequence[object], hands: int | None) -> int:
    """Return how many helpers share tiles with the caller, on `hands` threads (None: all)."""
    return min(hands or threads(), threads(), len(tiles)) - 1


def for_each(work: Callable[[T], None], tiles: Sequence[T], hands: int | None = None) -> None:
    """Run `work` on every tile, in any order, on `hands` threads (None: all), the BLAS at one thread.

    The caller is one of them.  The first exception of a tile is raised here, after the tiles that had
    begun have ended; tiles that had not begun are left out.
    """
    helpers = helpers_for(tiles, hands)
    with blas.held():
        if helpers > 0:
            _share(work, tiles, helpers)
        else:
            for tile in tiles:
                work(tile)


def _share(work: Callable[[T], None], tiles: Sequence[T], helpers: int) -> None:
    """Let the caller and its helpers draw tiles from one counter until none is left."""
    drawn = itertools.count()  # next() on it is one step under the interpreter lock

    def draw(failures: list[BaseException]) -> None:
        while not failures and (index := next(drawn)) < len(tiles):
            work(tiles[index])

    together([draw] * (helpers + 1))


def together(parts: Sequence[Part]) -> None:
    """Run all parts at the same time: the first one here, each other one on a helper.

    A part is given the list of failures, which is not empty once one of them has failed: it then ends early.
    The first failure is raised here, when all have ended.
    """
    failures: list[BaseException] = []
    ends: SimpleQueue[None] = SimpleQueue()
    jobs = [_Job(part, failures, ends) for part in parts[1:]]
    _attempt(lambda _: _TEAM.give(jobs), failures)
    if not failures:
        _attempt(parts[0], failures)
    for job in jobs:
        # What no helper has begun is not waited for: it may stand in the queue behind this very part, when a
        # kernel is called from inside another kernel's tile.
        if job.begun():
            _wait(ends, failures)
        elif not failures:
            _attempt(job.part, failures)
    if failures:
        raise failures[0]


def _wait(ends: "SimpleQueue[None]", failures: list[BaseException]) -> None:
    """Wait for a helper, through interrupts: it works in memory that the next call will use."""
    while True:
        try:
            ends.get()
        except BaseException as failure:  # noqa: BLE001 - raised by the caller in the end
            failures.append(failure)
        else:
            return


class _Job:
    """A part for whoever comes first: a helper, or the caller when it has done its own."""

    __slots__ = ("_ends", "_failures", "_turn", "part")

    def __init__(self, part: Part, failures: list[BaseException], ends: "SimpleQueue[None]") -> None:
        self.part, self._failures, self._ends = part, failures, ends
        self._turn = threading.Lock()

    def begun(self) -> bool:
        """Return whether somebody has begun it, and let nobody else begin."""
        return not self._turn.acquire(blocking=False)

    def __call__(self) -> None:
        if not self.begun():
            _attempt(self.part, self._failures)
            self._ends.put(None)


def _attempt(part: Part, failures: list[BaseException]) -> None:
    """Do a part; keep its failure for the caller."""
    try:
        part(failures)
    except BaseException as failure:  # noqa: BLE001 - raised again by the caller
        failures.append(failure)
