"""The worked examples of the sources, with their printed results.

The Knet tutorial is column-major: its arrays [X1, X2, C, N] are transposed to N x X1 x X2 x C here.
"""

import numpy as np
import pytest

from cnncalc.kernels.axes import out_sizes, window_axes
from cnncalc.kernels.conv import conv
from cnncalc.kernels.conv_blocked import _columns
from cnncalc.kernels.dense import dense
from cnncalc.kernels.pool import average_pool, max_pool
from cnncalc.kernels.windows import footprint_of

ALGORITHMS = ["direct", "auto", "blocked", "winograd"]


def line(*values):
    return np.array(values, dtype=np.float64).reshape(1, -1, 1)


def conv1d(w, x, padding=0, stride=1, mode="convolution", algorithm="direct"):
    y = conv(
        x, np.array(w, dtype=np.float64).reshape(-1, 1, 1), stride=(stride,), padding=[(padding, padding)],
        dilation=(1,), mode=mode, algorithm=algorithm,
    )  # fmt: skip
    return y.ravel().tolist()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_tutorial_convolution_in_1d(algorithm):
    x = line(1, 2, 3, 4, 5, 6, 7)
    assert conv1d([1, 2, 3], x, algorithm=algorithm) == [10, 16, 22, 28, 34]
    assert conv1d([1, 2, 3], x, padding=1, algorithm=algorithm) == [4, 10, 16, 22, 28, 34, 32]
    assert conv1d([1, 2, 3], x, padding=1, stride=3, algorithm=algorithm) == [4, 22, 32]


def test_tutorial_cross_correlation_does_not_flip():
    x = line(1, 2, 3, 4, 5, 6, 7)
    assert conv1d([3, 2, 1], x, mode="correlation") == conv1d([1, 2, 3], x)


def square(size):
    return np.arange(1.0, size * size + 1).reshape(size, size).T.reshape(1, size, size, 1)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_tutorial_convolution_in_2d(algorithm):
    w = square(2).reshape(2, 2, 1, 1)
    y = conv(
        square(3),
        w,
        stride=(1, 1),
        padding=[(0, 0)] * 2,
        dilation=(1, 1),
        mode="convolution",
        algorithm=algorithm,
    )
    assert y[0, :, :, 0].tolist() == [[23, 53], [33, 63]]


def test_tutorial_sizes_of_many_filters():
    x = np.zeros((1, 256, 256, 3), dtype=np.float32)
    for size, filters in ((5, 25), (3, 50), (3, 75)):
        w = np.zeros((size, size, x.shape[-1], filters), dtype=np.float32)
        x = conv(x, w, stride=(1, 1), padding=[(size // 2, size // 2)] * 2, dilation=(1, 1))
        assert x.shape == (1, 256, 256, filters)


def test_tutorial_convolution_as_a_matrix():
    x = np.arange(1.0, 8)
    flipped = [3.0, 2, 1]
    sparse = np.zeros((5, 7))
    for row in range(5):
        sparse[row, row : row + 3] = flipped
    assert (sparse @ x).tolist() == conv1d([1, 2, 3], x.reshape(1, -1, 1))
    dense_columns = np.array([x[i : i + 3] for i in range(5)]).T
    assert dense_columns.shape == (3, 5)
    assert (flipped @ dense_columns).tolist() == conv1d([1, 2, 3], x.reshape(1, -1, 1))


def test_tutorial_matrix_product_as_convolution():
    w = np.array([[1.0, 3, 5], [2, 4, 6]])
    x = np.array([1.0, 2, 3])
    product = (w @ x).tolist()
    assert product == [22, 28]
    y = conv(x.reshape(1, 3, 1), w.T.reshape(3, 1, 2), stride=(1,), padding=[(0, 0)], dilation=(1,))
    assert y.shape == (1, 1, 2)
    assert y.ravel().tolist() == product
    assert dense(x.reshape(1, 3, 1), w.T).ravel().tolist() == product


def pool1d(pool, x, window=2, stride=None, padding=0, **options):
    y = pool(x, (window,), stride=(stride or window,), padding=[(padding, padding)], dilation=(1,), **options)
    return y.ravel().tolist()


def test_tutorial_pooling_in_1d():
    x = line(1, 2, 3, 4, 5, 6)
    assert pool1d(max_pool, x) == [2, 4, 6]
    assert pool1d(max_pool, x, window=3) == [3, 6]
    assert pool1d(max_pool, x, padding=1) == [1, 3, 5, 6]
    assert pool1d(max_pool, line(*range(1, 11)), stride=4) == [2, 6, 10]
    assert pool1d(average_pool, x, padding=1) == [0.5, 2.5, 4.5, 3.0]
    assert pool1d(average_pool, x, padding=1, count_padding=False) == [1.0, 2.5, 4.5, 6.0]


def pool2(x):
    return max_pool(x, (2, 2), stride=(2, 2), padding=[(0, 0)] * 2, dilation=(1, 1))


def test_tutorial_pooling_in_2d():
    assert pool2(square(4))[0, :, :, 0].tolist() == [[6, 14], [8, 16]]


def test_tutorial_pooling_of_two_channels():
    first = [[0.880221, 0.738729, 0.317231, 0.990521], [0.626842, 0.562692, 0.339969, 0.92469],
             [0.416676, 0.403625, 0.352799, 0.46624], [0.566254, 0.634703, 0.0632812, 0.0857779]]  # fmt: skip
    second = [[0.300799, 0.407623, 0.26275, 0.767884], [0.217025, 0.0055375, 0.623168, 0.957374],
              [0.154975, 0.246693, 0.769524, 0.628197], [0.259161, 0.648074, 0.333324, 0.46305]]  # fmt: skip
    printed = [[[0.880221, 0.990521], [0.634703, 0.46624]], [[0.407623, 0.957374], [0.648074, 0.769524]]]
    channels = pool2(np.stack([first, second], axis=-1)[None])
    assert np.moveaxis(channels[0], -1, 0).tolist() == printed
    images = pool2(np.stack([first, second])[..., None])
    assert images[..., 0].tolist() == printed


def test_notes_numpy_convolution():
    """The notes' X is 11x11x4 with its first index along x; F = 5, S = 2, P = 0 gives 4x4 (section "Numpy examples")."""
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((11, 11, 4)), rng.standard_normal((2, 5, 5, 4))
    b = rng.standard_normal(2)
    v = conv(x[None], np.moveaxis(w, 0, -1), b, stride=(2, 2), padding=[(0, 0)] * 2, dilation=(1, 1))[0]
    assert v.shape == (4, 4, 2)
    for i, j, d in (
        (0, 0, 0),
        (1, 0, 0),
        (2, 0, 0),
        (3, 0, 0),
        (0, 0, 1),
        (1, 0, 1),
        (2, 0, 1),
        (3, 0, 1),
        (0, 1, 1),
        (2, 3, 1),
    ):
        patch = x[2 * i : 2 * i + 5, 2 * j : 2 * j + 5, :]
        assert v[i, j, d] == pytest.approx(np.sum(patch * w[d]) + b[d], rel=1e-12)


def test_notes_im2col_sizes():
    """[227x227x3] with 96 filters of 11x11x3 at stride 4: X_col 363 x 3025, W_row 96 x 363, result 96 x 3025."""
    axes = window_axes((227, 227), (11, 11), (4, 4), [(0, 0)] * 2, (1, 1))
    whole = tuple(slice(0, size) for size in out_sizes(axes))
    columns, _ = _columns(np.zeros((227, 227, 3), dtype=np.float32), axes, whole, footprint_of(axes, whole), 1)
    assert columns.shape == (1, 3025, 363)
    assert np.zeros((11, 11, 3, 96)).reshape(-1, 96).shape == (363, 96)


def test_slides_max_pooling_figure():
    x = np.array([[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4.0]])
    assert pool2(x[None, :, :, None])[0, :, :, 0].tolist() == [[6, 8], [3, 4]]
