"""Pools compared with the definition, and their rules for strides that do not fit."""

import math

import numpy as np
import oracles
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.pool import average_pool, l2_pool, max_pool
from cnncalc.kernels.pool_whole import adaptive_average_pool, global_average_pool, global_max_pool


def mean(values, count):
    return sum(values) / count if count else math.nan


KINDS = {
    "max": (max_pool, lambda pixels, _: max(pixels, default=-math.inf)),
    "average": (average_pool, mean),
    "average of pixels": (
        lambda *a, **k: average_pool(*a, **k, count_padding=False),
        lambda pixels, _: mean(pixels, len(pixels)),
    ),
    "l2": (l2_pool, lambda pixels, _: math.sqrt(sum(v * v for v in pixels))),
}


@settings(max_examples=200, deadline=None)
@given(st.data(), st.sampled_from(sorted(KINDS)), st.sampled_from(["floor", "ceil", "ceil_caffe"]))
def test_every_pool_meets_the_definition(data, kind, rounding):
    rank = data.draw(st.integers(1, 3))
    numbers = lambda low, high: tuple(data.draw(st.integers(low, high)) for _ in range(rank))  # noqa: E731
    kernel, stride, dilation = numbers(1, 3), numbers(1, 4), numbers(1, 2)
    padding = [(data.draw(st.integers(0, k // 2)), data.draw(st.integers(0, k // 2))) for k in kernel]
    sizes = tuple(
        max(1, d * (k - 1) + 1 - sum(p) + more) for k, d, p, more in zip(kernel, dilation, padding, numbers(0, 5), strict=True)
    )
    x = np.random.default_rng(1).standard_normal((2, *sizes, 3))
    pool, summary = KINDS[kind]
    y = pool(x, kernel, stride=stride, padding=padding, dilation=dilation, rounding=rounding)
    expected = oracles.pool(x, kernel, stride, padding, dilation, y.shape[1:-1], summary)
    np.testing.assert_allclose(y, expected, atol=1e-12)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "sides", "rounding", "outputs"),
    [
        (14, 3, 2, 0, "floor", 6),
        (14, 3, 2, 0, "ceil", 7),
        (14, 3, 2, 0, "ceil_caffe", 7),
        (4, 1, 3, 0, "ceil", 2),
        (3, 1, 4, 0, "ceil", 1),  # a second window would begin at 4, outside
        (3, 1, 4, 0, "ceil_caffe", 2),  # and Caffe clips only with padding
        (5, 2, 4, 1, "ceil", 2),
        (5, 2, 4, 1, "ceil_caffe", 2),
        (5, 3, 2, 0, "strict", 2),
    ],
)
def test_number_of_outputs(size, kernel, stride, sides, rounding, outputs):
    x = np.zeros((1, size, 1))
    y = max_pool(x, (kernel,), stride=(stride,), padding=[(sides, sides)], dilation=(1,), rounding=rounding)
    assert y.shape == (1, outputs, 1)


def test_strict_refuses_what_does_not_fit():
    with pytest.raises(MisfitError, match="stride 2 does not fit: 11 pixels are left beside the first window"):
        max_pool(np.zeros((1, 14, 1)), (3,), stride=(2,), padding=[(0, 0)], dilation=(1,), rounding="strict")


def test_a_nan_wins_in_its_windows_only():
    x = np.zeros((1, 6, 6, 1))
    x[0, 2, 2, 0] = np.nan
    for pool in (max_pool, average_pool, l2_pool):
        y = pool(x, (3, 3), stride=(3, 3), padding=[(0, 0)] * 2, dilation=(1, 1))
        assert np.isnan(y[0, :, :, 0]).tolist() == [[True, False], [False, False]]


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))
def test_adaptive_bins(height, width, bins):
    x = np.random.default_rng(height).standard_normal((1, height, width, 2))
    y = adaptive_average_pool(x, (bins, 2))
    for i in range(bins):
        for j in range(2):
            rows = slice(i * height // bins, -(-(i + 1) * height // bins))
            columns = slice(j * width // 2, -(-(j + 1) * width // 2))
            np.testing.assert_allclose(y[0, i, j], x[0, rows, columns].mean(axis=(0, 1)))


def test_global_pools_are_pools_of_the_whole():
    x = np.random.default_rng(0).standard_normal((2, 5, 7, 3))
    whole = {"stride": (1, 1), "padding": [(0, 0)] * 2, "dilation": (1, 1)}
    np.testing.assert_allclose(global_average_pool(x), average_pool(x, (5, 7), **whole))
    assert (global_max_pool(x) == max_pool(x, (5, 7), **whole)).all()
    np.testing.assert_allclose(global_average_pool(x), adaptive_average_pool(x, (1, 1)))


def test_global_average_sums_in_float64():
    x = np.full((1, 2048, 2048, 1), 0.1, dtype=np.float32)
    assert global_average_pool(x)[0, 0, 0, 0] == np.float32(0.1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: adaptive_average_pool(x, (2,)), "bins (2,): wanted 2 whole numbers of at least 1"),
        (
            lambda x: max_pool(x, (2, 2), stride=(2, 2), padding=[(0, 0)] * 2, dilation=(1, 1), rounding="up"),
            "rounding 'up': wanted one of strict, floor, ceil, ceil_caffe",
        ),
    ],
)
def test_misfits_are_named(call, message):
    with pytest.raises(MisfitError) as caught:
        call(np.zeros((1, 5, 5, 3)))
    assert str(caught.value) == message
