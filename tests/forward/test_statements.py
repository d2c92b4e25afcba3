"""What the sources say of the backward pass, as laws.

"The backward pass for a convolution operation (for both the data and the weights) is also a convolution (but with spatially-flipped
filters)" (CS231n notes, "Convolutional Layer"); y = wr gives w' = y' r^T (Knet tutorial, "Convolution"); a max pool remembers the index
of the maximum (CS231n notes, "Pooling Layer"); the gradients of a filter "will be added up across each depth slice" (early edition).
"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from support import layer

from cnncalc.layers.base import How, Kept, Wanted

SEEDS = st.integers(0, 2**32 - 1)
PLAIN = How()


def integers(seed, *shapes):
    """Return arrays of small integers, with which sums are exact."""
    rng = np.random.default_rng(seed)
    return [rng.integers(-9, 10, shape).astype(float) for shape in shapes]


def backward(label, x, slope, weights):
    return layer(label).backward(Kept((x,), x, {}), slope, weights, Wanted((True,)))


@given(seed=SEEDS, mode=st.sampled_from(["correlation", "convolution"]))
def test_the_gradient_of_the_input_is_a_full_convolution_with_flipped_filters(seed, mode):
    """Filters and channels change places; the other mode flips the kernel."""
    x, slope, w = integers(seed, (1, 6, 7, 2), (1, 4, 5, 3), (3, 3, 2, 3))
    found = backward(f"CONV3-3(padding=0, bias=false, mode={mode})", x, slope, {"weight": w}).inputs[0]
    other = "convolution" if mode == "correlation" else "correlation"
    back = layer(f"CONV3-2(padding=2, bias=false, mode={other})").forward((slope,), {"weight": w.swapaxes(2, 3)}, PLAIN)
    np.testing.assert_array_equal(found, back)


@given(seed=SEEDS)
def test_the_gradient_of_the_weights_is_a_convolution_of_the_input_with_that_of_the_output(seed):
    x, slope, w = integers(seed, (1, 6, 7, 1), (1, 4, 5, 1), (3, 3, 1, 1))
    found = backward("CONV3-1(padding=0, bias=false)", x, slope, {"weight": w}).weights["weight"]
    slid = layer("CONV(kernel=5x4, filters=1, padding=0, bias=false)").forward((x,), {"weight": slope[0, ..., None]}, PLAIN)
    np.testing.assert_array_equal(found[..., 0], slid[0])


@given(seed=SEEDS)
def test_the_gradient_of_the_weights_is_a_product_with_the_matrix_of_windows(seed):
    """w' = y' r^T, with a column of r for each window: the sum over all positions of a depth slice."""
    x, slope, w = integers(seed, (1, 5, 6, 2), (1, 3, 4, 3), (3, 3, 2, 3))
    found = backward("CONV3-3(padding=0, bias=false)", x, slope, {"weight": w}).weights["weight"]
    r = np.stack([x[0, row : row + 3, column : column + 3].ravel() for row in range(3) for column in range(4)], axis=1)
    np.testing.assert_array_equal(found.reshape(18, 3).T, slope.reshape(12, 3).T @ r.T)


@given(seed=SEEDS)
def test_with_a_stride_it_is_the_transposed_convolution(seed):
    """The gradient of the input is DECONV's forward pass."""
    x, slope, w = integers(seed, (1, 7, 7, 2), (1, 3, 3, 4), (3, 3, 2, 4))
    found = backward("CONV3-4/2(padding=0, bias=false)", x, slope, {"weight": w}).inputs[0]
    back = layer("DECONV3-2/2(padding=0, bias=false)").forward((slope,), {"weight": w.swapaxes(2, 3)}, PLAIN)
    np.testing.assert_array_equal(found, back)


@given(seed=SEEDS)
def test_a_max_pool_sends_the_gradient_to_the_largest_number(seed):
    rng = np.random.default_rng(seed)
    x, slope = rng.permutation(36).astype(float).reshape(1, 6, 6, 1), rng.integers(1, 10, (1, 3, 3, 1)).astype(float)
    passed = layer("POOL2").train((x,), {}, PLAIN)
    hollow = np.full_like(x, np.nan)
    found = layer("POOL2").backward(Kept((hollow,), passed.output, passed.saved), slope, {}, Wanted((True,))).inputs[0]
    spread = slope.repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_array_equal(found, np.where(np.isin(x, passed.output), spread, 0))


@given(seed=SEEDS)
def test_of_a_fully_connected_layer(seed):
    """w' = x^T y', x' = y' w^T, over all images of a batch."""
    x, slope, w = integers(seed, (3, 2, 2, 2), (3, 1, 1, 5), (8, 5))
    found = backward("FC-5(bias=false)", x, slope, {"weight": w})
    np.testing.assert_array_equal(found.weights["weight"], x.reshape(3, 8).T @ slope.reshape(3, 5))
    np.testing.assert_array_equal(found.inputs[0].reshape(3, 8), slope.reshape(3, 5) @ w.T)


@given(seed=SEEDS)
def test_the_gradient_of_a_bias_is_the_sum_over_its_slice(seed):
    x, slope, w, b = integers(seed, (2, 4, 4, 1), (2, 4, 4, 3), (3, 3, 1, 3), (3,))
    found = backward("CONV3-3", x, slope, {"weight": w, "bias": b}).weights["bias"]
    np.testing.assert_array_equal(found, slope.sum(axis=(0, 1, 2)))
