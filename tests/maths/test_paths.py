"""Paths of receptive fields, each compared with a walk over single taps, without periods, strides or bounds."""

import contextlib
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.maths.paths import (
    Path,
    bounded,
    everything,
    fixed,
    hull,
    join,
    pick,
    ratio,
    reduced,
    slide,
    spread,
    whole_number,
)
from cnncalc.maths.window import Axis

IMAGE = Path(1, ((0, 1),))
NEURONS = range(-7, 17)


@contextlib.contextmanager
def most_phases(number):
    """Limit the spans of a path for a while."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cnncalc.maths.paths.MOST_PHASES", number)
        yield


# the walk


def slid(at, axis):
    """Return the inputs of neuron n under a sliding window: n*S - P + k*D."""
    return lambda n: hull(at(n * axis.stride - axis.before + k * axis.dilation) for k in range(axis.kernel))


def spreaded(at, axis):
    """Return the inputs of neuron n under a transposed window: every i with i*S + k*D = n + P."""

    def found(n):
        places = [n + axis.before - k * axis.dilation for k in range(axis.kernel)]
        return hull(at(place // axis.stride) for place in places if place % axis.stride == 0)

    return found


def span_of(first, length):
    return (first, first + length)


axes = st.builds(Axis, st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.integers(0, 3))
spans = st.none() | st.builds(span_of, st.integers(-5, 9), st.integers(1, 6))
advances = st.integers(0, 9) | st.fractions(0, 5, max_denominator=4)
paths = st.builds(Path, advances, st.lists(spans, min_size=1, max_size=6).map(tuple))
moves = st.lists(st.tuples(st.sampled_from([(slide, slid), (spread, spreaded)]), axes), max_size=3)


def walked(path, moves):
    """Return the path behind some windows, and the walk."""
    at = path.at
    for (ours, theirs), axis in moves:
        path, at = ours(path, axis), theirs(at, axis)
    return path, at


@given(moves)
def test_law_windows_behind_the_image_reach_what_their_taps_reach(moves):
    path, at = walked(IMAGE, moves)
    assert [path.at(n) for n in NEURONS] == [at(n) for n in NEURONS]


@given(paths, moves.filter(bool))
def test_law_windows_behind_any_path_reach_what_their_taps_reach(start, moves):
    path, at = walked(start, moves)
    assert [path.at(n) for n in NEURONS] == [at(n) for n in NEURONS]


@given(paths)
def test_law_a_path_repeats_after_its_period_moved_by_its_advance(path):
    for n, span in enumerate(path.spans):
        assert path.at(n) == span
        for turns in (-2, 1, 3):
            moved = path.at(n + turns * path.period)
            assert moved == (span and (span[0] + turns * path.advance, span[1] + turns * path.advance))
    assert path.period == len(path.spans)
    assert path.stride * path.period == path.advance


STRIDES = [  # windows behind the image, the stride, the centre of neuron 0 twice, the period
    ([(slide, Axis(2, 2))], 2, 2, 1),
    ([(slide, Axis(3, 1, 1, 1))], 1, 1, 1),
    ([(slide, Axis(2, 2)), (slide, Axis(2, 2))], 4, 4, 1),
    ([(slide, Axis(2, 2)), (spread, Axis(2, 2))], 1, 1, 2),
    ([(slide, Axis(4, 4)), (spread, Axis(2, 2))], 2, 2, 2),
    ([(spread, Axis(2, 2))], Fraction(1, 2), Fraction(1, 2), 2),
    ([(spread, Axis(3, 3)), (slide, Axis(2, 2))], Fraction(2, 3), Fraction(2, 3), 3),
    ([(spread, Axis(2, 2)), (slide, Axis(2, 2))], 1, 1, 1),
    ([(spread, Axis(1, 2))], Fraction(1, 2), 1, 2),
]


@pytest.mark.parametrize("windows, stride, centre, period", STRIDES)
def test_strides(windows, stride, centre, period):
    path = IMAGE
    for move, axis in windows:
        path = move(path, axis)
    assert (path.stride, type(path.stride)) == (stride, type(stride))
    assert (path.centre(), type(path.centre())) == (centre, type(centre))
    assert path.period == period


@given(paths)
def test_law_the_centre_is_the_mean_of_a_period(path):
    seen = [(n, span) for n, span in enumerate(path.spans) if span]
    twice = sum(Fraction(first + end) - 2 * n * Fraction(path.advance, path.period) for n, (first, end) in seen)
    assert path.centre() == (twice / len(seen) if seen else 0)


RATIOS = [
    (6, 3, 2),
    (0, 5, 0),
    (-6, 3, -2),
    (7, 2, Fraction(7, 2)),
    (Fraction(3, 2), 3, Fraction(1, 2)),
    (Fraction(9, 2), 9, Fraction(1, 2)),
]
RATIOS += [(Fraction(4, 1), 2, 2), (Fraction(6), 1, 6)]


@pytest.mark.parametrize("value, divisor, wanted", RATIOS)
def test_ratios_are_exact_and_integers_where_they_can_be(value, divisor, wanted):
    found = ratio(value, divisor)
    assert (found, type(found)) == (wanted, type(wanted))


@pytest.mark.parametrize("value, kind", [(Fraction(4, 2), int), (Fraction(1, 2), Fraction), (3, int)])
def test_whole_numbers(value, kind):
    assert whole_number(value) == value
    assert type(whole_number(value)) is kind


@given(st.lists(spans))
def test_law_a_hull_is_the_smallest_that_holds_all(found):
    whole = hull(found)
    seen = [span for span in found if span]
    assert (whole is None) == (not seen)
    if seen:
        assert all(whole[0] <= first and end <= whole[1] for first, end in seen)
        assert whole[0] in {first for first, _ in seen}
        assert whole[1] in {end for _, end in seen}


def same(one, other, neurons):
    return all(one.at(n) == other.at(n) for n in neurons)


@given(paths, st.integers(1, 4))
def test_law_reduced_paths_are_equal_and_the_shortest(path, times):
    longer = Path(path.advance * times, tuple(path.at(n) for n in range(path.period * times)))
    found = reduced(longer)
    assert same(found, longer, NEURONS)
    assert found.stride == longer.stride
    assert found.period <= path.period or not isinstance(path.advance, int)  # spans of whole pixels never move by fractions
    for period in range(1, found.period):
        if found.period % period == 0 and found.advance * period % found.period == 0:
            shorter = Path(found.advance * period // found.period, found.spans[:period])
            assert not same(shorter, found, range(found.period))


REDUCED = [
    (Path(4, ((0, 1), (2, 3))), Path(2, ((0, 1),))),
    (Path(6, ((0, 1), (2, 3), (4, 5))), Path(2, ((0, 1),))),
    (Path(8, ((0, 1), (2, 4), (4, 5), (6, 8))), Path(4, ((0, 1), (2, 4)))),
    (Path(3, ((0, 1), (2, 3))), Path(3, ((0, 1), (2, 3)))),
    (Path(2, (None, None)), Path(1, (None,))),
    (Path(4, ((0, 1), None)), Path(4, ((0, 1), None))),
]


@pytest.mark.parametrize("path, wanted", REDUCED)
def test_reduced(path, wanted):
    assert reduced(path) == wanted


def holds(outer, inner):
    return inner is None or (outer is not None and outer[0] <= inner[0] and inner[1] <= outer[1])


@given(paths)
def test_law_a_bounded_path_is_the_narrowest_line_that_holds_the_path(path):
    line = bounded(path)
    assert line.period == 1
    assert line.stride == path.stride
    assert all(holds(line.at(n), path.at(n)) for n in NEURONS)
    seen = [n for n, span in enumerate(path.spans) if span]
    assert not seen or any(line.at(n)[0] == path.at(n)[0] for n in seen)
    assert not seen or any(line.at(n)[1] == path.at(n)[1] for n in seen)
    assert seen or line.at(0) is None


@given(st.lists(paths, max_size=5))
def test_law_joined_paths_are_one_for_each_stride_and_hold_all_of_it(given_paths):
    found = join(given_paths)
    strides = [path.stride for path in found]
    assert strides == list(dict.fromkeys(path.stride for path in given_paths))
    for path in found:
        alike = [each for each in given_paths if each.stride == path.stride]
        assert [path.at(n) for n in NEURONS] == [hull(each.at(n) for each in alike) for n in NEURONS]


@given(paths, st.integers(1, 30), st.integers(1, 30))
def test_law_everything_is_the_part_of_the_image_that_any_neuron_reaches(path, neurons, size):
    whole = hull(path.at(n) for n in range(neurons))
    pixels = whole and (max(whole[0], 0), min(whole[1], size))
    found = everything(path, neurons, size)
    wanted = pixels if pixels and pixels[0] < pixels[1] else None
    assert (found.advance, found.spans) == (0, (wanted,))


EVERYTHING = [  # a path, its neurons, the pixels of the image, the seen pixels
    (IMAGE, 8, 8, (0, 8)),
    (slide(IMAGE, Axis(2, 2)), 3, 7, (0, 6)),
    (slide(IMAGE, Axis(3, 1, 1, 1)), 8, 8, (0, 8)),
    (slide(IMAGE, Axis(1, 2, 1, 1)), 4, 8, (0, 6)),
    (Path(2, ((8, 9),)), 3, 8, None),
    (Path(2, ((7, 9),)), 3, 8, (7, 8)),
    (Path(1, ((-3, 0),)), 1, 8, None),
    (Path(1, ((-3, 1),)), 1, 8, (0, 1)),
    (Path(-1, ((5, 6), (7, 8))), 3, 8, (4, 8)),
]


@pytest.mark.parametrize("path, neurons, size, wanted", EVERYTHING)
def test_everything(path, neurons, size, wanted):
    assert everything(path, neurons, size) == Path(0, (wanted,))


@given(paths)
def test_law_a_fixed_path_stays_where_neuron_0_is(path):
    assert [fixed(path).at(n) for n in NEURONS] == [path.at(0)] * len(NEURONS)


def adaptive(inputs, outputs):
    """Return the windows of adaptive pooling."""
    return lambda n: range(n * inputs // outputs, -(-(n + 1) * inputs // outputs))


@given(paths, st.integers(1, 20), st.integers(1, 20))
def test_law_picked_windows_reach_what_their_inputs_reach(path, inputs, outputs):
    sees = adaptive(inputs, outputs)
    found = pick(path, sees, inputs, outputs)
    for n in range(outputs):
        assert found.at(n) == hull(path.at(i) for i in sees(n))
    assert found.stride == Fraction(path.stride * inputs, outputs)


# bounds, if a path would have too many spans


@given(paths, axes)
def test_law_many_phases_behind_a_transposed_window_are_bounded_and_few_are_exact(path, axis):
    line = bounded(path)
    every = path.period * axis.stride
    with most_phases(every):
        assert spread(path, axis) == reduced_walk(path, axis)
    with most_phases(every - 1):
        found = spread(path, axis)
    assert found.stride == ratio(path.stride, axis.stride)
    if axis.stride <= every - 1:
        assert same_walk(found, spreaded(line.at, axis))
    assert all(holds(found.at(n), spreaded(path.at, axis)(n)) for n in NEURONS)


@given(paths.filter(lambda path: path.period > 1), axes.filter(lambda axis: axis.stride > 1))
def test_law_a_stride_of_as_many_as_are_kept_spreads_the_line_that_bounds_the_path(path, axis):
    with most_phases(axis.stride):
        found = spread(path, axis)
    assert same_walk(found, spreaded(bounded(path).at, axis))


def test_the_most_phases_that_are_kept():
    assert spread(IMAGE, Axis(1, 4096)).period == 4096
    assert spread(IMAGE, Axis(1, 4097)).period == 1


def test_windows_of_any_size_are_worked_out_from_their_ends():
    path = spread(IMAGE, Axis(2, 2))
    assert slide(path, Axis(10**12)).at(0) == (0, 5 * 10**11)
    assert slide(path, Axis(10**12, 1, 3)).at(0) == (0, 15 * 10**11 - 1)
    assert spread(path, Axis(10**12)).at(0) == (-(10**12) // 2, 1)
    assert pick(path, lambda neuron: range(neuron, 10**12 + neuron), 2, 2).at(0) == (0, 5 * 10**11)


def reduced_walk(path, axis):
    at = spreaded(path.at, axis)
    return reduced(Path(path.advance, tuple(at(n) for n in range(path.period * axis.stride))))


def same_walk(path, at):
    return [path.at(n) for n in NEURONS] == [at(n) for n in NEURONS]


@given(advances, spans.filter(bool), st.integers(1, 5), st.integers(2, 5), st.integers(1, 3), st.integers(0, 3))
def test_law_a_huge_stride_has_the_narrowest_line_that_holds_its_fields(advance, span, kernel, stride, dilation, before):
    path, axis = Path(advance, (span,)), Axis(kernel, stride, dilation, before)
    with most_phases(stride - 1):
        found = spread(path, axis)
    at = spreaded(path.at, axis)
    assert (found.period, found.stride) == (1, ratio(advance, stride))
    assert all(holds(found.at(n), at(n)) for n in NEURONS)
    last = stride - before  # after a whole step: the first tap falls on an input
    assert found.at(last)[1] == at(last)[1]
    first = stride - before + axis.extent - 1  # the last tap falls on an input
    assert found.at(first)[0] == at(first)[0]


def test_a_huge_stride_behind_nothing_reaches_nothing():
    with most_phases(2):
        assert spread(Path(1, (None,)), Axis(3, 4)).at(0) is None


@given(paths, paths)
def test_law_joined_paths_of_many_phases_are_bounded(one, other):
    other = Path(one.stride * other.period, other.spans)
    period = math.lcm(one.period, other.period)
    with most_phases(period):
        (exact,) = join([one, other])
    assert [exact.at(n) for n in NEURONS] == [hull((one.at(n), other.at(n))) for n in NEURONS]
    with most_phases(period - 1):
        (found,) = join([one, other])
    lines = bounded(one), bounded(other)
    assert found == Path(one.stride, (hull(line.at(0) for line in lines),))


@given(paths, st.integers(2, 20), st.integers(2, 20), st.integers(1, 19))
def test_law_many_windows_are_bounded(path, inputs, outputs, most):
    sees = adaptive(inputs, outputs)
    with most_phases(outputs):
        exact = pick(path, sees, inputs, outputs)
    assert [exact.at(n) for n in range(outputs)] == [hull(path.at(i) for i in sees(n)) for n in range(outputs)]
    with most_phases(min(most, outputs - 1)):
        found = pick(path, sees, inputs, outputs)
    assert (found.period, found.stride) == (1, ratio(path.stride * inputs, outputs))


BOUNDED = [  # inputs, outputs, the most phases, the bound of neuron 0
    (4, 8, 4, (Fraction(-3, 2), 2)),
    (8, 4, 2, (-1, 3)),
    (9, 5, 2, (Fraction(-8, 5), Fraction(17, 5))),
    (9, 7, 3, (Fraction(-12, 7), 3)),
]


@pytest.mark.parametrize("inputs, outputs, most, wanted", BOUNDED)
def test_bounds_of_many_windows(inputs, outputs, most, wanted):
    with most_phases(most):
        found = pick(IMAGE, adaptive(inputs, outputs), inputs, outputs)
    assert found == Path(Fraction(inputs, outputs), (wanted,))
    for n in range(outputs):
        assert holds(found.at(n), pick(IMAGE, adaptive(inputs, outputs), inputs, outputs).at(n))
