"""Gradients of random windows, sizes and ranks: <y', f(x)> = <f'(y'), x> for each linear function, and relations between them."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnncalc.kernels import resize
from cnncalc.kernels.conv import conv
from cnncalc.kernels.conv_backward import conv_backward
from cnncalc.kernels.conv_local import local_conv
from cnncalc.kernels.conv_local_backward import local_conv_backward
from cnncalc.kernels.conv_transposed import transposed_conv
from cnncalc.kernels.conv_transposed_backward import transposed_conv_backward
from cnncalc.kernels.pool import average_pool, l2_pool, max_pool
from cnncalc.kernels.pool_backward import (
    adaptive_average_backward,
    adaptive_max_indices,
    average_pool_backward,
    l2_pool_backward,
    l2_pool_saved,
    max_pool_indices,
    to_the_largest,
)
from cnncalc.kernels.pool_whole import adaptive_average_pool, adaptive_max_pool
from cnncalc.kernels.reads import gradient_of_reads
from cnncalc.kernels.shape import depth_to_space, pad, shuffle, space_to_depth
from cnncalc.kernels.shape_backward import (
    depth_to_space_backward,
    pad_backward,
    shuffle_backward,
    space_to_depth_backward,
)

RUNS = settings(max_examples=60, deadline=None)


def dot(one, other):
    assert one.shape == other.shape
    return float(np.vdot(one, other))


def adjoint(x, y, gradient, back):
    """Hold <y', y> against <x', x>, where y is linear in x."""
    assert dot(gradient, y) == pytest.approx(dot(back, x), rel=1e-9, abs=1e-9)


@st.composite
def windows(draw, *, pools=False):
    """Return random numbers, data, groups and the options of a window that fits it."""
    rank = draw(st.integers(1, 3))
    numbers = lambda low, high: tuple(draw(st.integers(low, high)) for _ in range(rank))  # noqa: E731
    kernel, stride, dilation = numbers(1, 3), numbers(1, 3), numbers(1, 2)
    padding = tuple(tuple(draw(st.integers(0, k // 2 if pools else 2)) for _ in range(2)) for k in kernel)
    needed = (max(1, d * (k - 1) + 1 - sum(p)) for k, d, p in zip(kernel, dilation, padding, strict=True))
    sizes = tuple(n + more for n, more in zip(needed, numbers(0, 4), strict=True))
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    x = rng.standard_normal((draw(st.integers(1, 2)), *sizes, groups * draw(st.sampled_from([1, 2, 5]))))
    return rng, x, kernel, groups, {"stride": stride, "padding": padding, "dilation": dilation}


@RUNS
@given(windows(), st.sampled_from([1, 2, 5]), st.sampled_from(["correlation", "convolution"]))
def test_convolution(window, each, mode):
    rng, x, kernel, groups, moves = window
    w = rng.standard_normal((*kernel, x.shape[-1] // groups, groups * each))
    y = conv(x, w, groups=groups, mode=mode, algorithm="direct", **moves)
    gradient = rng.standard_normal(y.shape)
    into, onto = conv_backward(x, w, gradient, groups=groups, mode=mode, **moves)
    adjoint(x, y, gradient, into)
    adjoint(w, y, gradient, onto)


@RUNS
@given(windows(), st.sampled_from([1, 2, 5]), st.data())
def test_transposed_convolution(window, each, data):
    rng, x, kernel, groups, moves = window
    extra = tuple(data.draw(st.integers(0, max(s, d) - 1)) for s, d in zip(moves["stride"], moves["dilation"], strict=True))
    w = rng.standard_normal((*kernel, x.shape[-1], each))
    spans = zip(x.shape[1:-1], kernel, moves["stride"], moves["padding"], moves["dilation"], extra, strict=True)
    assume(all((n - 1) * s - sum(p) + d * (k - 1) + e + 1 > 0 for n, k, s, p, d, e in spans))
    y = transposed_conv(x, w, groups=groups, output_padding=extra, **moves)
    gradient = rng.standard_normal(y.shape)
    into, onto = transposed_conv_backward(x, w, gradient, groups=groups, **moves)
    adjoint(x, y, gradient, into)
    adjoint(w, y, gradient, onto)


@RUNS
@given(windows(), st.sampled_from([1, 2]))
def test_locally_connected(window, each):
    rng, x, kernel, groups, moves = window
    outs = max_pool(x, kernel, **moves).shape[1:-1]
    w = rng.standard_normal((*outs, *kernel, x.shape[-1] // groups, groups * each))
    y = local_conv(x, w, groups=groups, **moves)
    gradient = rng.standard_normal(y.shape)
    into, onto = local_conv_backward(x, w, gradient, groups=groups, **moves)
    adjoint(x, y, gradient, into)
    adjoint(w, y, gradient, onto)


@RUNS
@given(windows(), st.sampled_from([1, 2, 5]))
def test_a_convolution_and_its_transpose_exchange_their_passes(window, each):
    """Dumoulin and Visin 2016, arXiv:1603.07285, section 4.1: the gradient of a convolution is a transposed convolution."""
    rng, x, kernel, groups, moves = window
    w = rng.standard_normal((*kernel, x.shape[-1] // groups, groups * each))
    gradient = rng.standard_normal(conv(x, w, groups=groups, algorithm="direct", **moves).shape)
    into, _ = conv_backward(x, w, gradient, groups=groups, of_weights=False, **moves)
    spans = zip(x.shape[1:-1], kernel, moves["stride"], moves["padding"], moves["dilation"], strict=True)
    rest = tuple((n + sum(p) - d * (k - 1) - 1) % s for n, k, s, p, d in spans)  # the pixels that no window reads
    flipped = np.swapaxes(w.reshape(*kernel, -1, groups, each), -3, -2)  # kernel x groups x depth x filters
    turned = np.swapaxes(flipped, -1, -2).reshape(*kernel, groups * each, -1)
    np.testing.assert_allclose(into, transposed_conv(gradient, turned, groups=groups, output_padding=rest, **moves), atol=1e-12)


ROUNDINGS = st.sampled_from(["floor", "ceil", "ceil_caffe"])


@RUNS
@given(windows(pools=True), ROUNDINGS, st.booleans())
def test_average_pool(window, rounding, count):
    rng, x, kernel, _, moves = window
    options = {**moves, "rounding": rounding, "count_padding": count}
    with np.errstate(all="ignore"):
        y = average_pool(x, kernel, **options)
    gradient = np.where(np.isfinite(y), rng.standard_normal(y.shape), 0)
    back = average_pool_backward(gradient, x.shape[1:-1], kernel, **options)
    adjoint(x, np.where(np.isfinite(y), y, 0), gradient, back)


@RUNS
@given(windows(pools=True), ROUNDINGS)
def test_max_pool(window, rounding):
    """A maximum is linear where no other value overtakes it."""
    rng, x, kernel, _, moves = window
    y = max_pool(x, kernel, rounding=rounding, **moves)
    indices = max_pool_indices(x, kernel, rounding=rounding, **moves)
    seen = indices >= 0
    pixels = x.reshape(x.shape[0], -1, x.shape[-1])
    read = np.take_along_axis(pixels, np.maximum(indices, 0).reshape(x.shape[0], -1, x.shape[-1]), axis=1).reshape(y.shape)
    np.testing.assert_array_equal(np.where(seen, read, -np.inf), y)
    gradient = rng.standard_normal(y.shape)
    adjoint(x, np.where(seen, y, 0), gradient, to_the_largest(gradient, indices, x.shape))


@RUNS
@given(windows(pools=True), ROUNDINGS)
def test_l2_pool(window, rounding):
    """Of a function of degree 1, the gradient times the input is the output (Euler)."""
    rng, x, kernel, _, moves = window
    y = l2_pool(x, kernel, rounding=rounding, **moves)
    gradient = rng.standard_normal(y.shape)
    saved = l2_pool_saved(x, kernel, rounding=rounding, **moves)
    np.testing.assert_allclose(np.sqrt(saved["sums"]), y, rtol=1e-12)
    adjoint(x, y, gradient, l2_pool_backward(x, saved, gradient, kernel, rounding=rounding, **moves))


@st.composite
def resized(draw):
    rank = draw(st.integers(1, 3))
    sizes = lambda: tuple(draw(st.integers(1, 7)) for _ in range(rank))  # noqa: E731
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    return rng, rng.standard_normal((2, *sizes(), draw(st.integers(1, 2)))), sizes()


@RUNS
@given(resized(), st.sampled_from(["linear", "cubic", "smooth", "smooth cubic", "nearest"]), st.booleans())
def test_resampling(case, mode, corners):
    rng, x, sizes = case
    options = {} if mode == "nearest" else {"align_corners": corners}
    if mode.startswith("smooth"):
        options["cubic"] = "cubic" in mode
    name = mode.split()[0]
    forward = {"linear": resize.upsample_linear, "cubic": resize.upsample_cubic, "smooth": resize.smooth}.get(
        name, resize.upsample_nearest
    )
    y = forward(x, sizes, **options)
    reads = getattr(resize, f"{name}_reads")(x.shape[1:-1], sizes, **options)
    gradient = rng.standard_normal(y.shape)
    back = gradient_of_reads(gradient, reads, x.shape[1:-1])
    assert not np.shares_memory(back, gradient)
    adjoint(x, y, gradient, back)


@RUNS
@given(resized())
def test_adaptive_pools(case):
    rng, x, sizes = case
    gradient = rng.standard_normal((x.shape[0], *sizes, x.shape[-1]))
    adjoint(x, adaptive_average_pool(x, sizes), gradient, adaptive_average_backward(gradient, x.shape[1:-1]))
    largest, indices = adaptive_max_pool(x, sizes), adaptive_max_indices(x, sizes)
    adjoint(x, largest, gradient, to_the_largest(gradient, indices, x.shape))


@RUNS
@given(resized(), st.sampled_from(["constant", "edge", "reflect", "wrap"]), st.data())
def test_borders(case, mode, data):
    rng, x, _ = case
    most = [size - (mode == "reflect") for size in x.shape[1:-1]]
    sides = [(data.draw(st.integers(0, m)), data.draw(st.integers(0, m))) for m in most]
    y = pad(x, sides, mode=mode)
    gradient = rng.standard_normal(y.shape)
    back = pad_backward(gradient, sides, mode)
    assert not np.shares_memory(back, gradient)
    adjoint(x, y, gradient, back)


@RUNS
@given(st.lists(st.integers(1, 3), min_size=1, max_size=3), st.integers(1, 3), st.sampled_from(["crd", "dcr", "focus"]))
def test_blocks_and_shuffles(sides, depth, order):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, *(2 * side for side in sides), depth * int(np.prod(sides))))
    for forward, backward in ((depth_to_space, depth_to_space_backward), (space_to_depth, space_to_depth_backward)):
        y = forward(x, sides, order)
        gradient = rng.standard_normal(y.shape)
        adjoint(x, y, gradient, backward(gradient, sides, order))
    gradient = rng.standard_normal(x.shape)
    adjoint(x, shuffle(x, depth), gradient, shuffle_backward(gradient, depth))
