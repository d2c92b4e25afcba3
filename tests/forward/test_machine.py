"""Threads, the BLAS, scratch memory and seeds."""

import os
import subprocess
import sys
import threading
import time
from functools import partial
from math import prod
from pathlib import Path
from queue import SimpleQueue

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.kernels import blas, parallel, program, scratch
from cnncalc.kernels.axes import boxes, even_ranges
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.initial import Blank, fill_he_uniform


@pytest.mark.parametrize("count", [1, 2, 5])
def test_every_tile_is_worked_once(count):
    done = []
    with parallel.use_threads(count):
        parallel.for_each(done.append, range(100))
    assert sorted(done) == list(range(100))


def test_threads_do_work_at_the_same_time():
    meeting = threading.Barrier(3, timeout=10)
    with parallel.use_threads(3):
        parallel.for_each(lambda _: meeting.wait(), range(3))


def test_kernels_may_call_kernels():
    done = []
    with parallel.use_threads(3):
        parallel.for_each(lambda i: parallel.for_each(lambda j: done.append((i, j)), range(5)), range(7))
    assert sorted(done) == [(i, j) for i in range(7) for j in range(5)]


@pytest.mark.parametrize("count", [1, 3])
def test_a_failure_is_raised_and_stops_the_rest(count):
    done = []

    def work(i):
        if i == 3:
            raise KeyboardInterrupt
        time.sleep(0.001)
        done.append(i)

    with parallel.use_threads(count), pytest.raises(KeyboardInterrupt):
        parallel.for_each(work, range(1000))
    assert len(done) < 1000
    with parallel.use_threads(count):
        parallel.for_each(done.append, range(3))


# work that is planned before it runs


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("tiles", [1, 2, 30])
def test_every_tile_that_is_laid_out_is_done_once_and_in_order(count, tiles):
    done = []
    with parallel.use_threads(count):
        program.carry_out(lambda i: [partial(done.append, (i, step)) for step in range(3)], range(tiles))
    assert sorted(done) == [(i, step) for i in range(tiles) for step in range(3)]
    for i in range(tiles):
        assert [step for tile, step in done if tile == i] == [0, 1, 2]


def test_hands_that_work_at_the_same_time_have_buffers_of_their_own():
    meeting, seen = threading.Barrier(3, timeout=10), []

    def plan(i):
        mine = scratch.take("test", (4,), np.dtype(np.float64))
        return [meeting.wait, partial(mine.fill, i), meeting.wait, lambda: seen.append(mine.tolist())]

    with parallel.use_threads(3):
        program.carry_out(plan, range(3))
    assert sorted(seen) == [[i] * 4 for i in range(3)]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("where", [0, 1, 25])
def test_a_failure_of_what_was_laid_out_is_raised(count, where):
    def plan(i):
        return [partial([].pop)] if i == where else []

    with parallel.use_threads(count):
        with pytest.raises(IndexError):
            program.carry_out(plan, range(30))
        program.carry_out(lambda _: [], range(3))


def test_after_a_failure_nothing_more_is_laid_out():
    laid_out = []

    def plan(i):
        laid_out.append(i)
        return [partial(time.sleep, 0.001), [].pop if i == 3 else partial(time.sleep, 0.001)]

    with parallel.use_threads(3), pytest.raises(IndexError):
        program.carry_out(plan, range(1000))
    assert len(laid_out) < 100


def test_helpers_are_waited_for_through_an_interrupt():
    """They use memory that the next call reuses."""
    ended, begun = [], threading.Event()

    class Interrupted(SimpleQueue):
        times = 2

        def get(self):
            if self.times:
                self.times -= 1
                raise KeyboardInterrupt
            return super().get()

    def slow(_):
        begun.set()
        time.sleep(0.05)
        ended.append(True)

    with parallel.use_threads(2), pytest.MonkeyPatch.context() as patched:
        parallel.for_each(lambda _: None, range(3))  # so that the helper waits at a queue of the usual kind
        patched.setattr(parallel, "SimpleQueue", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            parallel.together([lambda _: begun.wait(), slow])
        assert ended == [True]


def test_work_from_inside_a_tile_has_buffers_of_its_own():
    seen = []

    def plan(i):
        mine = scratch.take("test", (4,), np.dtype(np.float64))
        inner = partial(program.carry_out, lambda _: [partial(scratch.take("test", (4,), mine.dtype).fill, -1)], range(4))
        return [partial(mine.fill, i), inner, partial(time.sleep, 0.02), lambda: seen.append(mine.tolist())]

    with parallel.use_threads(2):
        program.carry_out(plan, range(2))
    assert sorted(seen) == [[0] * 4, [1] * 4]


def test_a_smaller_team_keeps_fewer_buffers():
    def plan(i):
        return [partial(scratch.take("test", (1000,), np.dtype(np.float64)).fill, i)]

    with parallel.use_threads(9):
        program.carry_out(plan, range(9))
    with parallel.use_threads(2):
        program.carry_out(plan, range(9))
        assert len(scratch._BUFFERS.now.crew) <= 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_process_has_helpers_of_its_own():
    code = """
import os, threading
from cnncalc.kernels import parallel
with parallel.use_threads(3):
    parallel.for_each(lambda _: None, range(9))
    child = os.fork()
    if child == 0:
        meeting = threading.Barrier(3, timeout=10)
        parallel.for_each(lambda _: meeting.wait(), range(3))
        os._exit(7)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["7"]


def test_what_is_laid_out_may_call_kernels():
    done = []

    def inner(i):
        program.carry_out(lambda j: [partial(done.append, (i, j))], range(5))

    with parallel.use_threads(3):
        program.carry_out(lambda i: [partial(inner, i)], range(7))
    assert sorted(done) == [(i, j) for i in range(7) for j in range(5)]


@given(st.integers(1, 10**9), st.integers(1, 10**6), st.integers(1, 64))
def test_a_caller_leads_by_what_it_does_while_a_helper_wakes(steps, late, team):
    hands, lead = parallel.crew(steps, late, team)
    assert 1 <= hands <= team
    assert 0 <= lead < 1
    if hands > 1:
        caller, helper = 1 / hands + lead, (1 - 1 / hands - lead) / (hands - 1)
        assert caller * steps == pytest.approx(late + helper * steps)


def test_no_threads_is_refused():
    with pytest.raises(MisfitError, match="0 threads, wanted at least 1"), parallel.use_threads(0):
        pass


def test_the_blas_is_held_to_one_thread_and_given_back():
    threadpoolctl = pytest.importorskip("threadpoolctl")
    before = blas.threads()
    if before is None:
        pytest.skip("no OpenBLAS here")

    def seen():
        return {pool["num_threads"] for pool in threadpoolctl.threadpool_info() if "openblas" in pool["filepath"]}

    with blas.held(), blas.held():
        assert blas.threads() == 1
        assert 1 in seen()
    assert blas.threads() == before


def test_threads_may_be_left_to_the_blas():
    before = blas.threads()
    if before is None:
        pytest.skip("no OpenBLAS here")
    with parallel.use_threads(3):
        with parallel.by_products():
            assert (blas.threads(), parallel.threads()) == (3, 1)
            with blas.held():
                assert blas.threads() == 3, "the outermost hold counts"
        assert (blas.threads(), parallel.threads()) == (before, 3)


def test_what_one_caller_leaves_to_the_blas_is_no_matter_to_another():
    inside, outside, seen = threading.Barrier(2, timeout=10), threading.Barrier(2, timeout=10), []

    def other():
        inside.wait()
        seen.append(parallel.threads())
        outside.wait()

    with parallel.use_threads(3):
        thread = threading.Thread(target=other)
        thread.start()
        with parallel.by_products():
            inside.wait()
            outside.wait()
        thread.join()
        assert parallel.threads() == 3
    assert seen == [3]


def test_without_an_openblas_nothing_breaks(monkeypatch):
    monkeypatch.setattr(blas, "_candidates", lambda: iter([Path("/nowhere/libopenblas.so")]))
    monkeypatch.setattr(blas, "_loaded", blas._loaded.__wrapped__)
    assert blas.threads() is None
    assert blas.core() is None
    with blas.held():
        pass
    with parallel.use_threads(3), parallel.by_products():
        assert parallel.threads() == 3


@given(st.lists(st.integers(1, 9), min_size=1, max_size=3), st.integers(0, 50), st.integers(1, 5), st.floats(0, 0.4))
def test_boxes_cover_a_map_once(sizes, positions, parts, lead):
    seen = np.zeros(sizes, dtype=int)
    cut = boxes(tuple(sizes), positions, parts, lead)
    for box in cut:
        seen[box] += 1
        assert seen[box].size <= max(positions, 1)
        assert seen[box].base is seen
    assert (seen == 1).all()
    assert len(cut) >= min(parts, sizes[0])
    lengths = [part.stop - part.start for part in (box[0] for box in cut)]
    if lead * sizes[0] >= 1 and len(cut) == parts > 1 and positions >= prod(sizes):
        assert lengths[0] > max(lengths[1:])


@given(st.integers(0, 300), st.integers(1, 9), st.integers(0, 99), st.sampled_from([1, 16]))
def test_ranges_cover_and_the_first_one_leads(size, count, lead, unit):
    ranges = even_ranges(size, count, lead, unit)
    assert [i for part in ranges for i in range(part.start, part.stop)] == list(range(size))
    assert len(ranges) == count
    lengths = [part.stop - part.start for part in ranges]
    if size >= count:
        assert min(lengths) >= 1
        if unit == 1 and count > 1:
            assert lengths[0] == (min(-(-size // count) + lead, size - count + 1) if lead else size // count)
    assert max(lengths[1:], default=0) - min(lengths[1:], default=0) <= (1 if unit == 1 or size < unit * count else 2 * unit - 1)
    if size >= unit * count:
        assert all(part.start % unit == 0 for part in ranges)


def test_scratch_is_aligned_reused_and_released():
    first = scratch.take("test", (3, 5), np.dtype(np.float32))
    assert first.ctypes.data % 64 == 0
    second = scratch.take("test", (2, 3), np.dtype(np.float64))
    assert np.shares_memory(first, second)
    assert not np.shares_memory(first, scratch.take("other", (3,), np.dtype(np.float32)))
    scratch.release()
    assert not np.shares_memory(first, scratch.take("test", (3, 5), np.dtype(np.float32)))


def test_many_threads_share_the_memory():
    with parallel.use_threads(64):
        assert 64 * scratch.block_bytes() <= 8 << 20
        parallel.for_each(lambda _: None, range(3))


def he_uniform(shape, fan_in, seed, dtype=np.float32):
    array = np.empty(shape, dtype)
    fill_he_uniform([Blank(array, fan_in, seed)])
    return array


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_weights_are_even_seeded_and_the_same_on_any_number_of_threads(dtype):
    seed = np.random.SeedSequence(7)
    shape = (3, 3, 256, 300)
    with parallel.use_threads(1):
        one = he_uniform(shape, 2304, seed, dtype)
    with parallel.use_threads(3):
        many = he_uniform(shape, 2304, seed, dtype)
    assert (one == many).all()
    assert one.dtype == dtype
    assert seed.n_children_spawned == 0
    bound = np.sqrt(6 / 2304)
    assert np.abs(one).max() <= bound
    assert one.var() * 2304 == pytest.approx(2, rel=0.01)
    assert abs(one.mean()) < 0.01 * bound
    counts, _ = np.histogram(one, bins=20, range=(-bound, bound))
    assert np.abs(counts / one.size - 0.05).max() < 0.001
    assert not (he_uniform(shape, 2304, np.random.SeedSequence(8), dtype) == one).any(axis=None)


def test_a_fan_in_of_nothing_is_refused():
    with pytest.raises(MisfitError, match="fan-in 0: wanted at least 1"):
        he_uniform((3,), 0, np.random.SeedSequence(0))


def test_importing_starts_nothing():
    code = "import threading, cnncalc.kernels.conv, sys; print(threading.active_count(), 'torch' in sys.modules)"
    folder = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "False"]
