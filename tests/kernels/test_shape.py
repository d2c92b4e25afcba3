"""Layers that move values, merge volumes and resize maps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.kernels import merge, resize, shape
from cnncalc.kernels.conv import conv
from cnncalc.kernels.dense import dense
from cnncalc.kernels.errors import MisfitError

X = np.arange(2.0 * 4 * 5 * 6).reshape(2, 4, 5, 6)


def test_pad_and_crop_are_inverse():
    sides = [(1, 2), (0, 3)]
    padded = shape.pad(X, sides, value=7)
    assert padded.shape == (2, 7, 8, 6)
    assert (padded[:, 0] == 7).all()
    assert (shape.crop(padded, sides) == X).all()


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("edge", [1, 1, 1, 2, 3, 3]),
        ("reflect", [3, 2, 1, 2, 3, 2]),
        ("symmetric", [2, 1, 1, 2, 3, 3]),
        ("wrap", [2, 3, 1, 2, 3, 1]),
    ],
)
def test_pad_modes(mode, expected):
    assert shape.pad(np.array([1.0, 2, 3]).reshape(1, 3, 1), [(2, 1)], mode=mode).ravel().tolist() == expected


@given(st.sampled_from([1, 2, 3, 6]))
def test_shuffling_back_gives_the_channels_back(groups):
    assert (shape.shuffle(shape.shuffle(X, groups), 6 // groups) == X).all()


def test_shuffle_deals_the_channels_out():
    assert shape.shuffle(np.arange(6.0).reshape(1, 1, 6), 2).ravel().tolist() == [0, 3, 1, 4, 2, 5]


@given(st.lists(st.integers(1, 3), min_size=1, max_size=3), st.integers(1, 3), st.sampled_from(["crd", "dcr", "focus"]))
def test_the_space_of_a_depth_has_the_depth_of_that_space(sides, depth, order):
    sizes = (2, *(side * (at + 2) for at, side in enumerate(sides)), depth)
    x = np.arange(np.prod(sizes), dtype=np.float64).reshape(sizes)
    deep = shape.space_to_depth(x, sides, order)
    assert deep.shape == (2, *(at + 2 for at in range(len(sides))), depth * np.prod(sides))
    back = shape.depth_to_space(deep, sides, order)
    assert np.array_equal(back, x)
    assert deep.base is not x
    assert not np.shares_memory(deep, x)
    assert not np.shares_memory(back, deep)


@given(st.lists(st.integers(1, 3), min_size=1, max_size=3), st.integers(1, 3), st.sampled_from(["crd", "dcr", "focus"]))
def test_each_value_of_a_block_by_the_definition(sides, depth, order):
    """Channel, then the pixels of a block row by row; the pixels first; or the pixels column by column first."""
    deep = np.arange(2 * 3 ** len(sides) * depth * np.prod(sides), dtype=np.float64).reshape(2, *(3,) * len(sides), -1)
    out = shape.depth_to_space(deep, sides, order)
    for image, *place, channel in np.ndindex(out.shape):
        pixel, inner = zip(*(divmod(at, side) for at, side in zip(place, sides, strict=True)), strict=True)
        pairs = list(zip(inner, sides, strict=True))
        cell = 0
        for at, side in reversed(pairs) if order == "focus" else pairs:
            cell = cell * side + at
        folded = channel * np.prod(sides) + cell if order == "crd" else cell * depth + channel
        assert out[(image, *place, channel)] == deep[(image, *pixel, folded)]


@given(st.integers(1, 5))
def test_slices_join_again(cut):
    parts = [shape.slice_depth(X, 0, cut), shape.slice_depth(X, cut, 6)]
    assert (merge.concat(parts) == X).all()


def test_flattening_is_height_width_depth():
    flat = shape.flatten(X)
    for h, w, c in ((0, 0, 1), (0, 1, 0), (3, 2, 5)):
        assert flat[1, (h * 5 + w) * 6 + c] == X[1, h, w, c]
    assert (shape.reshape(flat, (4, 5, 6)) == X).all()


def test_dense_is_a_convolution_of_the_whole():
    """The notes: a fully connected layer is a convolution with the kernel as large as the map."""
    w = np.random.default_rng(0).standard_normal((4, 5, 6, 7))
    b = np.arange(7.0)
    whole = conv(X, w, b, stride=(1, 1), padding=[(0, 0)] * 2, dilation=(1, 1))
    np.testing.assert_allclose(dense(X, w.reshape(-1, 7), b), whole.reshape(2, 7))


@pytest.mark.parametrize("images", [1, 3, 20])
def test_dense_in_float32(images):
    rng = np.random.default_rng(1)
    x, w = rng.standard_normal((images, 25088)), rng.standard_normal((25088, 64))
    exact = x @ w
    y = dense(x.astype(np.float32), w.astype(np.float32))
    assert np.abs(y - exact).max() < 1e-6 * np.abs(exact).max()


def test_add_and_mul_spread():
    gate = np.arange(12.0).reshape(2, 1, 1, 6)
    assert (merge.mul([X, gate]) == X * gate).all()
    assert (merge.mul([gate, X]) == X * gate).all()
    assert (merge.add([X, gate, X]) == X + gate + X).all()
    assert (merge.add([X]) == X).all()


def test_add_in_place_of_any_volume():
    for index in range(3):
        volumes = [X.copy(), X.copy() + 1, X.copy() + 2]
        assert merge.add(volumes, out=volumes[index]) is volumes[index]
        assert (volumes[index] == 3 * X + 3).all()
    same = X.copy()
    assert (merge.add([same, same, same], out=same) == 3 * X).all()


def test_nearest_repeats_pixels():
    y = resize.upsample_nearest(X, (8, 15))
    assert (y == X.repeat(2, axis=1).repeat(3, axis=2)).all()


def test_linear_meets_corners_or_edges():
    line = np.array([0.0, 1.0]).reshape(1, 2, 1)
    assert resize.upsample_linear(line, (4,)).ravel().tolist() == [0, 0.25, 0.75, 1]
    np.testing.assert_allclose(resize.upsample_linear(line, (4,), align_corners=True).ravel(), [0, 1 / 3, 2 / 3, 1])
    assert resize.upsample_linear(line, (1,), align_corners=True).ravel().tolist() == [0]


@given(st.integers(1, 9), st.integers(1, 9), st.booleans())
def test_linear_keeps_constants_and_ramps(height, width, align):
    ones = np.ones((1, 3, 4, 2))
    np.testing.assert_allclose(resize.upsample_linear(ones, (height, width), align_corners=align), 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: shape.pad(X, [(1, 1)]), "sides [(1, 1)]: wanted 2 pairs of at least 0"),
        (
            lambda: shape.pad(X, [(4, 0), (0, 0)], mode="reflect"),
            "padding (4, 0) by mode reflect on an axis of 4 pixels",
        ),
        (lambda: shape.crop(X, [(2, 2), (0, 0)]), "margins 2+2 leave nothing of 4 pixels"),
        (lambda: shape.slice_depth(X, 3, 3), "channels 3 to 3 of depth 6"),
        (lambda: shape.shuffle(X, 4), "groups 4 do not divide depth 6"),
        (lambda: shape.depth_to_space(X, (2, 2)), "blocks of (2, 2) from depth 6 on 2 axes"),
        (lambda: shape.depth_to_space(X, (2,)), "blocks of (2,) from depth 6 on 2 axes"),
        (lambda: shape.space_to_depth(X, (2, 2)), "blocks of (2, 2) on axes of (4, 5) pixels"),
        (lambda: shape.reshape(X, (4, 5)), "120 values of (4, 5, 6) do not fill (4, 5)"),
        (lambda: merge.add([]), "no volumes to merge"),
        (lambda: merge.add([X, X[..., :2]]), "volumes of shapes (2, 4, 5, 6), (2, 4, 5, 2)"),
        (lambda: merge.concat([X, X[:, :2]]), "volumes of shapes (2, 4, 5, 6), (2, 2, 5, 6)"),
        (lambda: resize.upsample_nearest(X, (0, 1)), "sizes (0, 1): wanted 2 whole numbers of at least 1"),
        (
            lambda: shape.pad(X, [(0, 0)] * 2, mode="up"),
            "mode 'up': wanted one of constant, edge, reflect, symmetric, wrap",
        ),
        (lambda: dense(X, np.zeros((120, 2)), np.zeros(3)), "biases of shape (3,) for 2 units"),
        (lambda: dense(X, np.zeros((7, 2))), "weights of shape (7, 2) for 120 values"),
    ],
)
def test_misfits_are_named(call, message):
    with pytest.raises(MisfitError) as caught:
        call()
    assert str(caught.value) == message
