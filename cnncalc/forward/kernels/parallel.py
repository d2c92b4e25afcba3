"""Tiles of work over a few threads.

NumPy lets go of the interpreter lock inside products and array loops, so plain threads scale as
long as a tile is a few large array operations.
"""

import itertools
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

import numpy as np

from cnncalc.forward.kernels import blas
from cnncalc.forward.kernels.errors import MisfitError

T = TypeVar("T")


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


_TEAM = _Team()


def threads() -> int:
    """Return how many threads share the tiles of a kernel (at first, all processors)."""
    return _TEAM.size


@contextmanager
def use_threads(count: int) -> Iterator[None]:
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


def crew(steps: int, least: int) -> int:
    """Return how many threads to share `steps` of work among, each getting at least `least`.

    Waking a thread and handing the interpreter lock to and fro takes some 50 microseconds; `least`
    is what one thread does in about that time.
    """
    return max(1, min(_TEAM.size, steps // least))


def for_each(work: Callable[[T], None], tiles: Sequence[T], hands: int | None = None) -> None:
    """Run `work` on every tile, in any order, on `hands` threads (None: all), the BLAS at one thread.

    The caller is one of them.  The first exception of a tile is raised here, after the tiles that had
    begun have ended; tiles that had not begun are left out.
    """
    with blas.one_thread():
        helpers = min(hands or _TEAM.size, _TEAM.size, len(tiles)) - 1
        if helpers > 0:
            _share(work, tiles, helpers)
        else:
            for tile in tiles:
                work(tile)


def _share(work: Callable[[T], None], tiles: Sequence[T], helpers: int) -> None:
    """Let the caller and its helpers draw tiles from one counter until none is left."""
    drawn = itertools.count()  # next() on it is one step under the interpreter lock
    failures: list[BaseException] = []
    ends: SimpleQueue[None] = SimpleQueue()
    turns = [threading.Lock() for _ in range(helpers)]

    def draw() -> None:
        try:
            while not failures and (index := next(drawn)) < len(tiles):
                work(tiles[index])
        except BaseException as failure:  # noqa: BLE001 - raised again by the caller
            failures.append(failure)

    def take_turn(turn: threading.Lock) -> None:
        if turn.acquire(blocking=False):
            draw()
            ends.put(None)

    _TEAM.give([partial(take_turn, turn) for turn in turns])
    draw()
    for turn in turns:
        # A helper that has not begun has lost its turn and is not waited for: its job may stand in the
        # queue behind this very tile, when a kernel is called from inside another kernel's tile.
        if not turn.acquire(blocking=False):
            ends.get()
    if failures:
        raise failures[0]
