"""Gradients where a random array does not lead: ties, zeros, empty windows, and the type of the numbers. Values by hand."""

import numpy as np
import pytest

from cnncalc.kernels.pool import max_pool
from cnncalc.kernels.pool_backward import (
    adaptive_max_indices,
    average_pool_backward,
    l2_pool_backward,
    l2_pool_saved,
    max_pool_indices,
    to_the_largest,
)
from cnncalc.kernels.reduce_backward import largest_backward, norm_backward

PLAIN = {"stride": (2,), "padding": ((0, 0),), "dilation": (1,)}


def line(*values):
    """Return one image of one channel."""
    return np.array(values, dtype=np.float32).reshape(1, -1, 1)


def values(array):
    return array.ravel().tolist()


class TestMaxPool:
    """Source: PyTorch 2.14, aten/src/ATen/native/cpu/MaxPoolKernel.cpp."""

    def test_the_first_of_equal_values_wins(self):
        assert values(max_pool_indices(line(3, 3, 1, 5, 5, 5), (3,), **PLAIN)) == [0, 3]
        assert values(adaptive_max_indices(line(3, 3, 1, 5, 5, 5), (2,))) == [0, 3]

    def test_a_nan_wins(self):
        assert values(max_pool_indices(line(1, np.nan, 2), (3,), **PLAIN)) == [1]

    def test_minus_infinity_has_a_place(self):
        assert values(max_pool_indices(line(-np.inf, -np.inf), (2,), **PLAIN)) == [0]

    def test_indices_run_row_by_row(self):
        x = np.arange(12.0).reshape(1, 3, 4, 1)
        options = {"stride": (2, 2), "padding": ((0, 0), (0, 0)), "dilation": (1, 1)}
        assert values(max_pool_indices(x, (2, 2), **options)) == [5, 7]

    def test_overlapping_windows_add_up(self):
        x = line(1, 9, 2)
        indices = max_pool_indices(x, (2,), stride=(1,), padding=((0, 0),), dilation=(1,))
        assert values(to_the_largest(line(10, 100), indices, x.shape)) == [0, 110, 0]

    def test_a_window_without_pixels_sends_nothing(self):
        x = line(1, 2)
        holes = {"stride": (1,), "padding": ((1, 1),), "dilation": (3,)}
        assert values(max_pool(x, (2,), **holes)) == [-np.inf]
        assert values(to_the_largest(line(7), max_pool_indices(x, (2,), **holes), x.shape)) == [0, 0]

    def test_images_and_channels_stay_apart(self):
        x = np.array([[[1, 8], [2, 7]], [[4, 5], [3, 6]]], dtype=np.float32)
        indices = max_pool_indices(x, (2,), **PLAIN)
        assert values(indices) == [1, 0, 0, 1]
        gradient = to_the_largest(np.array([[[1, 2]], [[3, 4]]], dtype=np.float32), indices, x.shape)
        assert gradient.tolist() == [[[0, 2], [1, 0]], [[3, 0], [0, 4]]]
        assert gradient.dtype == np.float32


def test_an_average_without_counted_pixels_sends_nothing():
    options = {"stride": (1,), "padding": ((1, 1),), "dilation": (3,)}
    found = average_pool_backward(line(7), (2,), (2,), **options, count_padding=False)
    assert values(found) == [0, 0]


def test_an_l2_pool_of_zeros_sends_nothing():
    x = line(0, 0, 3, 4)
    saved = l2_pool_saved(x, (2,), **PLAIN)
    assert values(l2_pool_backward(x, saved, line(5, 10), (2,), **PLAIN)) == [0, 0, 6, 8]


def test_equal_values_share_the_gradient_of_a_maximum():
    assert values(largest_backward(line(5, 1, 5), line(5), line(8))) == [4, 0, 4]


@pytest.mark.parametrize(
    "p, x, wanted",
    [
        (0, (3, 0, -4), (0, 0, 0)),
        (0.5, (0, 4, 0), (0, 1, 0)),
        (1, (3, 0, -4), (1, 0, -1)),
        (1.5, (0, 0, 0), (0, 0, 0)),
        (2, (0, 0, 0), (0, 0, 0)),
        (2, (3, 0, -4), (0.6, 0, -0.8)),
        (3, (0, 0, 0), (0, 0, 0)),
        (np.inf, (4, 0, -4), (0.5, 0, -0.5)),
        (np.inf, (0, 0, 0), (0, 0, 0)),
    ],
)
def test_slopes_of_norms(p, x, wanted):
    """The slope where a value or the norm is 0 is PyTorch's (linalg.vector_norm)."""
    volume = line(*x)
    size = np.float32(np.linalg.norm(volume.ravel(), p) if p else np.count_nonzero(volume))
    assert values(norm_backward(volume, line(size), line(1), p)) == pytest.approx(wanted)
