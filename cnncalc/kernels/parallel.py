"""Tiles of work on several threads.

NumPy releases the interpreter lock inside products and array loops, so plain threads scale as
long as a tile consists of a few large array operations.
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
"""A share of work that stops after a failure."""


def _processors() -> int:
    """Return the number of processors available to this process."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Team:
    """The calling thread and its helpers, started with the first job and then waiting for further jobs.

    The helpers are plain threads on C queues: the Python code they run on waking and on finishing
    blocks the caller on the interpreter lock, and futures run ten times as much of it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._helpers = 0
        self.size = _processors()

    def resize(self, size: int) -> None:
        """Use `size` threads from now on, the caller included."""
        with self._lock:
            for _ in range(self._helpers):
                self._jobs.put(None)
            self._jobs, self._helpers, self.size = SimpleQueue(), 0, size

    def forget(self) -> None:
        """Drop all helpers, in a child process: it has none of the parent's threads."""
        self._lock = threading.Lock()
        self._jobs, self._helpers = SimpleQueue(), 0

    def _start(self) -> bool:
        """Start a helper; where the system starts no more, go on with those that run.

        Raises:
            MemoryError: not even one helper can be started.

        """
        try:
            threading.Thread(target=_help, args=(self._jobs,), daemon=True).start()
        except RuntimeError:
            if not self._helpers:
                raise MemoryError from None
            self.size = self._helpers + 1
            return False
        self._helpers += 1
        return True

    def give(self, jobs: Iterable[Callable[[], object]]) -> None:
        """Hand jobs to the helpers; they must not raise."""
        with self._lock:
            while self._helpers < self.size - 1:
                if not self._start():
                    break
            for job in jobs:
                self._jobs.put(job)


def _help(jobs: "SimpleQueue[Callable[[], object] | None]") -> None:
    """Run one job after another, until one is None. Overflow gives infinity, without a warning."""
    with np.errstate(all="ignore"):
        while (job := jobs.get()) is not None:
            job()
            del job  # frees its arrays before the next one arrives


class _Caller(threading.local):
    """The state of one calling thread, independent of the others."""

    alone = False
    """Whether it runs all its tiles alone."""


_CALLER = _Caller()
_TEAM = _Team()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_TEAM.forget)


def threads() -> int:
    """Return the number of threads for the tiles of a kernel called by this thread (by default, all processors)."""
    return 1 if _CALLER.alone else _TEAM.size


@contextmanager
def use_threads(count: int) -> Generator[None]:
    """Divide tiles among `count` threads while the block runs.

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
    """Leave all threads to the BLAS, for the division of every product, and divide nothing else, while the block runs.

    The BLAS threads spin until the next product: faster for small products, but in competition with the helpers here,
    so only one of the two is used at a time.  Without a BLAS whose threads can be set, work is divided as usual.
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
"""Minimum work of one thread for a helper to pay off, in multiples of the helper's wake-up time (measured)."""


class Crew(NamedTuple):
    """The threads for a piece of work, and how it is divided."""

    hands: int
    """Threads, the caller included."""
    lead: float
    """Fraction of the whole by which the caller's share exceeds an even one: the caller begins at once."""


def crew(steps: int, late: int, team: int | None = None) -> Crew:
    """Return the crew from a team (None: all threads) for `steps` of work, if a thread does `late` steps before a helper begins.

    A helper starts some 35 microseconds after the call. With even shares the caller would wait for
    it, and be woken as late; with a smaller share for the helper both finish together, without sleep.
    """
    hands = max(1, min(team or threads(), steps // (_WORTH * late) + 1))
    return Crew(hands, (hands - 1) / hands * late / steps if hands > 1 else 0.0)


def helpers_for(tiles: Sequence[object], hands: int | None) -> int:
    """Return the number of helpers besides the caller, for tiles on `hands` threads (None: all)."""
    return min(hands or threads(), threads(), len(tiles)) - 1


def for_each(work: Callable[[T], None], tiles: Sequence[T], hands: int | None = None) -> None:
    """Run `work` on every tile, in any order, on `hands` threads (None: all), the BLAS at one thread.

    The caller is one of the threads.  The first exception of a tile is raised here, after the end of all
    tiles already begun; the remaining tiles are skipped.
    """
    helpers = helpers_for(tiles, hands)
    with blas.held():
        if helpers > 0:
            _share(work, tiles, helpers)
        else:
            for tile in tiles:
                work(tile)


def _share(work: Callable[[T], None], tiles: Sequence[T], helpers: int) -> None:
    """Run tiles on the caller and its helpers, drawn from one counter until none is left."""
    drawn = itertools.count()  # next() on it is atomic under the interpreter lock

    def draw(failures: list[BaseException]) -> None:
        while not failures and (index := next(drawn)) < len(tiles):
            work(tiles[index])

    together([draw] * (helpers + 1))


def together(parts: Sequence[Part]) -> None:
    """Run all parts at the same time: the first one here, each other one on a helper.

    Every part receives the list of failures and ends early once the list is not empty.
    The first failure is raised here, after all parts have ended.
    """
    failures: list[BaseException] = []
    ends: SimpleQueue[None] = SimpleQueue()
    jobs = [_Job(part, failures, ends) for part in parts[1:]]
    _attempt(lambda _: _TEAM.give(jobs), failures)
    if not failures:
        _attempt(parts[0], failures)
    for job in jobs:
        # No waiting for a part that no helper has begun: with a kernel called from inside another kernel's
        # tile, it may be in the queue behind this very part.
        if job.begun():
            _wait(ends, failures)
        elif not failures:
            _attempt(job.part, failures)
    if failures:
        raise failures[0]


def _wait(ends: "SimpleQueue[None]", failures: list[BaseException]) -> None:
    """Wait for a helper, even through interrupts: the next call will use the same memory."""
    while True:
        try:
            ends.get()
        except BaseException as failure:  # noqa: BLE001 - raised by the caller in the end
            failures.append(failure)
        else:
            return


class _Job:
    """A part run once, by the first to take it: a helper, or the caller after its own part."""

    __slots__ = ("_ends", "_failures", "_turn", "part")

    def __init__(self, part: Part, failures: list[BaseException], ends: "SimpleQueue[None]") -> None:
        self.part, self._failures, self._ends = part, failures, ends
        self._turn = threading.Lock()

    def begun(self) -> bool:
        """Return whether the part was begun before, and mark it as begun."""
        return not self._turn.acquire(blocking=False)

    def __call__(self) -> None:
        if not self.begun():
            _attempt(self.part, self._failures)
            self._ends.put(None)


def _attempt(part: Part, failures: list[BaseException]) -> None:
    """Run a part; record its failure for the caller."""
    try:
        part(failures)
    except BaseException as failure:  # noqa: BLE001 - raised again by the caller
        failures.append(failure)
