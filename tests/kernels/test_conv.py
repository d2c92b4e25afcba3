"""Convolutions compared with the definition, in every algorithm and rank."""

from contextlib import contextmanager

import numpy as np
import oracles
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.kernels import axes as sliding
from cnncalc.kernels import blocks, conv_blocked, conv_depthwise, conv_pointwise, scratch
from cnncalc.kernels import conv as conv_module
from cnncalc.kernels import conv_winograd as conv_winograd_module
from cnncalc.kernels.activation import relu6, relu6_after
from cnncalc.kernels.after import add_after
from cnncalc.kernels.arrays import in_one_run
from cnncalc.kernels.axes import out_sizes, window_axes
from cnncalc.kernels.conv import conv
from cnncalc.kernels.conv_local import local_conv
from cnncalc.kernels.conv_transposed import transposed_conv
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.filters import Filters
from cnncalc.kernels.norm import batch_norm, scaling_of
from cnncalc.kernels.parallel import use_threads
from cnncalc.kernels.scratch import take
from cnncalc.kernels.winograd_forms import LARGE, SMALL

ROUNDING = 1e-6
"""Tolerance relative to the largest value, for float32."""


def forget():
    """Clear the cached divisions of layers: tests change the constants behind them."""
    for cached in (conv_module._layout, conv_blocked._cut, conv_depthwise._cut, conv_pointwise._cut, conv_winograd_module._tiles):
        cached.cache_clear()


@pytest.fixture(autouse=True)
def _fresh():
    forget()
    yield
    forget()


@st.composite
def cases(draw):
    rank = draw(st.integers(1, 3))
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    depth = groups * draw(st.integers(1, 3))
    filters = groups * draw(st.integers(1, 3))
    numbers = lambda low, high: tuple(draw(st.integers(low, high)) for _ in range(rank))  # noqa: E731
    kernel, stride, dilation = numbers(1, 3), numbers(1, 3), numbers(1, 2)
    padding = [(draw(st.integers(0, 9)), draw(st.integers(0, 9))) for _ in range(rank)]
    sizes = tuple(
        max(1, d * (k - 1) + 1 - sum(p) + more) for k, d, p, more in zip(kernel, dilation, padding, numbers(0, 4), strict=True)
    )
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    x = rng.standard_normal((draw(st.integers(1, 2)), *sizes, depth))
    w = rng.standard_normal((*kernel, depth // groups, filters))
    b = rng.standard_normal(filters) if draw(st.booleans()) else None
    return x, w, b, {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}


@contextmanager
def cut_small(values, threads):
    """Cut convolutions into tiles of a few values, divided among threads, in scratch memory filled with NaN."""
    with use_threads(threads), pytest.MonkeyPatch.context() as patched:
        patched.setattr(blocks, "PRODUCTS", values)
        patched.setattr(blocks, "OUTPUTS", values)
        patched.setattr(blocks, "UNIT", 1 + values % 3)
        patched.setattr(sliding, "_FEW_POSITIONS", 1 if values % 2 else 128)
        for module in (conv_blocked, conv_depthwise, conv_winograd_module):
            patched.setattr(module, "block_bytes", lambda: 50 * values)
        for name in ("_PRODUCTS", "_TILE"):
            patched.setattr(conv_depthwise, name, values)
        forget()
        for hand in list(scratch._EVERYONE):
            for buffer in hand.named.values():
                buffer.fill(255)  # the bytes of a NaN
        yield
    forget()


@settings(max_examples=250, deadline=None)
@given(
    cases(),
    st.sampled_from(["direct", "auto", "blocked"]),
    st.sampled_from([1, 2, 5]),
    st.sampled_from([1, 7, 40, 300, 1 << 20]),
    st.integers(0, 4),
)
def test_every_algorithm_meets_the_definition(case, algorithm, threads, values, gaps):
    x, w, b, options = case
    wide = np.full((*(size + gaps for size in x.shape[:-1]), x.shape[-1] + gaps), np.nan)
    inside = tuple(slice(gaps // 2, gaps // 2 + size) for size in x.shape)
    wide[inside] = x
    expected = oracles.conv(x, w, b, **options)
    other = np.random.default_rng(1).standard_normal(expected.shape)
    with cut_small(values, threads):
        y = conv(wide[inside], w, b, algorithm=algorithm, after=[add_after([other])], **options)
    assert y.shape == expected.shape
    np.testing.assert_allclose(y, expected + other, atol=1e-12)


@pytest.mark.parametrize("groups", [1, 4])
def test_padding_that_is_larger_than_a_tile(groups):
    """A tile may be wholly in the padding, on either side (FCN-8s pads its image by 100)."""
    rng = np.random.default_rng(7)
    x, w = rng.standard_normal((1, 5, 6, 4)), rng.standard_normal((3, 2, 4 // groups, 8))
    for stride in (1, 2):
        options = {"stride": (stride,) * 2, "padding": [(30, 20), (17, 28)], "dilation": (1, 1), "groups": groups}
        expected = oracles.conv(x, w, None, **options)
        for values in (8, 64, 512):
            with cut_small(values, 2):
                np.testing.assert_allclose(conv(x, w, **options), expected, atol=1e-12)


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 3), st.integers(1, 400), st.integers(1, 3), st.integers(1, 40), st.sampled_from([1, 3]), st.booleans())
def test_filters_of_one_pixel(images, pixels, depth, filters, threads, gaps):
    """A matrix product, in its own tiles; also for channels of a pixel that are not contiguous."""
    rng = np.random.default_rng(pixels)
    x = rng.standard_normal((images, pixels, 2 * depth if gaps else depth))[..., :depth]
    w, b = rng.standard_normal((1, depth, filters)), rng.standard_normal(filters)
    other = rng.standard_normal((images, pixels, filters))
    options = {"stride": (1,), "padding": [(0, 0)], "dilation": (1,)}
    with cut_small(1 + pixels % 50, threads):
        y = conv(x, w, b, after=[add_after([other])], **options)
    np.testing.assert_allclose(y, oracles.conv(x, w, b, (1,), [(0, 0)], (1,), 1) + other, atol=1e-12)


WAYS = [conv_winograd_module._by_tiles, conv_winograd_module._by_filters]


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([SMALL, LARGE]),
    st.sampled_from(WAYS),
    st.integers(1, 13),
    st.integers(1, 13),
    st.integers(1, 3),
    st.integers(1, 4),
    st.integers(0, 2),
)
def test_winograd_meets_the_definition(form, way, height, width, depth, filters, padding):
    images = 2
    height, width = max(height, 3 - 2 * padding), max(width, 3 - 2 * padding)
    rng = np.random.default_rng(height * width)
    x = rng.standard_normal((images, height, width, depth))
    w, b = rng.standard_normal((3, 3, depth, filters)), rng.standard_normal(filters)
    sides = [(padding, padding), (padding, padding)]
    axes = window_axes((height, width), (3, 3), (1, 1), sides, (1, 1))
    out = np.full((images, *out_sizes(axes), filters), np.nan)
    other = rng.standard_normal(out.shape)
    with cut_small(1 + height * width, 2):
        way(form, x, Filters(w, b, 1, [add_after([other])]), conv_winograd_module._patches(form, axes), out)
    np.testing.assert_allclose(out, oracles.conv(x, w, b, (1, 1), sides, (1, 1), 1) + other, atol=1e-11)


def test_a_batch_norm_of_another_length_is_refused():
    """Refused for every division of the outputs: a single number would be broadcast over all channels."""
    x, w = np.ones((1, 4, 4, 3)), np.ones((3, 3, 3, 32))
    for count in (1, 600):
        after = [scaling_of(*np.ones((4, count)))]
        for values in (1, 1 << 20):
            with cut_small(values, 2), pytest.raises(MisfitError, match=rf"mean of shape \({count},\) for depth 32"):
                conv(x, w, after=after, **OPTIONS)


def test_pixels_that_do_not_follow_each_other_are_not_copied_at_once():
    x = np.zeros((2, 6, 7, 8))
    assert all(map(in_one_run, (x, x[..., 2:5], x[:1, :, :, ::2], x[:1, 2:3], x[1:, 1:4])))
    assert not any(map(in_one_run, (x[:, 1:4], x[:, 2:3], x[:, :, 1:], x[:, ::2], x[:, :, ::-1][:, 1:], x.swapaxes(1, 2))))
    options = conv_module._Options((1, 1), ((0, 0), (0, 0)), (1, 1), 1, "correlation", "auto")
    kernels = [conv_module._layout(x.shape, (1, 1, 8, 4), options, None, flat=flat).kernel for flat in (True, False)]
    assert kernels == [conv_pointwise.conv_pointwise, conv_blocked.conv_blocked]


@pytest.mark.parametrize("form", [SMALL, LARGE])
def test_the_transforms_of_winograd_are_those_of_a_convolution(form):
    """Integers and binary fractions are not rounded: F(2x2) is exact, F(4x4) after a factor of 24 * 24."""
    rng = np.random.default_rng(3)
    x, w = rng.integers(-9, 9, (1, 8, 8, 2)).astype(float), 576 * rng.integers(-9, 9, (3, 3, 2, 3)).astype(float)
    axes = window_axes((8, 8), (3, 3), (1, 1), [(0, 0)] * 2, (1, 1))
    out = np.empty((1, 6, 6, 3))
    conv_winograd_module.conv_winograd(form, x, Filters(w, None, 1), axes, out)
    rounding = 0 if form is SMALL else 1e-12 * np.abs(out).max()
    expected = oracles.conv(x, w, None, (1, 1), [(0, 0)] * 2, (1, 1), 1)
    np.testing.assert_allclose(out, expected, rtol=0, atol=rounding)


@pytest.mark.parametrize(
    ("algorithm", "bound"), [("direct", ROUNDING), ("auto", ROUNDING), ("blocked", ROUNDING), ("winograd", 2e-5)]
)
@pytest.mark.parametrize("depth", [64, 256])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rounding_is_that_of_the_dtype(algorithm, bound, depth, dtype):
    rng = np.random.default_rng(1)
    x = rng.standard_normal((1, 30, 34, depth))
    w = rng.standard_normal((3, 3, depth, 64))
    options = {"stride": (1, 1), "padding": [(1, 1)] * 2, "dilation": (1, 1)}
    exact = conv(x, w, algorithm="direct", **options)
    y = conv(x.astype(dtype), w.astype(dtype), algorithm=algorithm, **options)
    assert y.dtype == dtype
    scale = 1 if dtype is np.float32 else 1e-8
    assert np.abs(y - exact).max() <= bound * scale * np.abs(exact).max()


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("each", [1, 2])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_depthwise_meets_the_definition(rank, each, stride):
    rng = np.random.default_rng(rank)
    x = rng.standard_normal((2, *(7, 6, 5)[:rank], 4))
    w, b = rng.standard_normal((*(3, 2, 3)[:rank], 1, 4 * each)), rng.standard_normal(4 * each)
    options = {"stride": (stride,) * rank, "padding": [(1, 2)] * rank, "dilation": (1,) * rank, "groups": 4}
    np.testing.assert_allclose(conv(x, w, b, **options), oracles.conv(x, w, b, **options), atol=1e-12)


@pytest.mark.parametrize("stride", [1, 2])
def test_blocks_smaller_than_a_row(stride):
    """A row of windows larger than a block is cut inside the row, in any rank."""
    rng = np.random.default_rng(2)
    for rank in (1, 2, 3):
        for groups in (1, 4):
            x = rng.standard_normal((2, *(6, 7, 8)[:rank], 4))
            w = rng.standard_normal((*(3, 3, 3)[:rank], 4 // groups, 4))
            options = {"stride": (stride,) * rank, "padding": [(1, 1)] * rank, "dilation": (1,) * rank, "groups": groups}
            with cut_small(8, 3):
                y = conv(x, w, **options)
            np.testing.assert_allclose(y, oracles.conv(x, w, None, **options), atol=1e-12)


@pytest.mark.parametrize("algorithm", ["direct", "blocked"])
@settings(max_examples=60, deadline=None)
@given(case=cases(), seed=st.integers(0, 99))
def test_a_nan_taints_exactly_the_windows_that_contain_it(algorithm, case, seed):
    x, w, _, options = case
    rng = np.random.default_rng(seed)
    place = tuple(int(rng.integers(n)) for n in x.shape[1:-1])
    tainted = np.zeros_like(x)
    group = int(rng.integers(options["groups"]))
    tainted[(0, *place, group * w.shape[-2])] = np.nan
    y = conv(tainted, np.zeros_like(w), algorithm=algorithm, **options)
    expected = np.zeros(y.shape, dtype=bool)
    kernel, sizes = w.shape[:-2], y.shape[1:-1]
    shape = {k: v for k, v in options.items() if k != "groups"}
    each = w.shape[-1] // options["groups"]
    for output in oracles.extent_positions(x.shape, place, kernel, sizes=sizes, **shape):
        expected[(0, *output, slice(group * each, (group + 1) * each))] = True
    assert (np.isnan(y) == expected).all()


def test_a_nan_leaves_the_holes_of_dilation_and_large_strides():
    x = np.zeros((1, 9, 9, 1))
    x[0, 4, 4, 0] = np.nan
    w = np.zeros((3, 3, 1, 1))
    dilated = conv(x, w, stride=(1, 1), padding=[(2, 2)] * 2, dilation=(2, 2), algorithm="direct")
    rows = [2, 4, 6]
    assert np.argwhere(np.isnan(dilated[0, :, :, 0])).tolist() == [[i, j] for i in rows for j in rows]
    apart = conv(x, np.zeros((1, 1, 1, 1)), stride=(3, 3), padding=[(0, 0)] * 2, dilation=(1, 1), algorithm="direct")
    assert not np.isnan(apart).any()


@settings(max_examples=80, deadline=None)
@given(cases(), st.data())
def test_transposed_meets_the_definition(case, data):
    x, w, _, options = case
    rank, groups = x.ndim - 2, options["groups"]
    each = w.shape[-1] // groups
    weights = np.random.default_rng(0).standard_normal((*w.shape[:-2], x.shape[-1], each))
    extra = tuple(data.draw(st.integers(0, max(s, d) - 1)) for s, d in zip(options["stride"], options["dilation"], strict=True))
    b = np.arange(1.0, each * groups + 1)
    kernel = w.shape[:rank]
    sizes = [
        (n - 1) * s - sum(p) + d * (k - 1) + e + 1
        for n, k, s, p, d, e in zip(
            x.shape[1:-1],
            kernel,
            options["stride"],
            options["padding"],
            options["dilation"],
            extra,
            strict=True,
        )
    ]
    if min(sizes) < 1:
        with pytest.raises(MisfitError, match="pixels of output"):
            transposed_conv(x, weights, b, **options, output_padding=extra)
        return
    y = transposed_conv(x, weights, b, **options, output_padding=extra)
    np.testing.assert_allclose(y, oracles.transposed(x, weights, b, **options, extra=extra), atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(cases(), st.booleans())
def test_local_meets_the_definition(case, per_position):
    x, w, b, options = case
    sizes = out_sizes(window_axes(x.shape[1:-1], w.shape[:-2], options["stride"], options["padding"], options["dilation"]))
    rng = np.random.default_rng(3)
    weights = rng.standard_normal((*sizes, *w.shape))
    if b is not None and per_position:
        b = rng.standard_normal((*sizes, w.shape[-1]))
    y = local_conv(x, weights, b, **options)
    np.testing.assert_allclose(y, oracles.local(x, weights, b, **options), atol=1e-12)


def test_local_with_shared_filters_is_a_convolution():
    rng = np.random.default_rng(4)
    x, w = rng.standard_normal((2, 6, 5, 3)), rng.standard_normal((3, 2, 3, 4))
    options = {"stride": (1, 2), "padding": [(1, 1), (0, 1)], "dilation": (1, 1)}
    y = conv(x, w, **options)
    shared = np.broadcast_to(w, (*y.shape[1:-1], *w.shape))
    np.testing.assert_allclose(local_conv(x, shared, **options), y, atol=1e-12)


@pytest.mark.parametrize(("algorithm", "form"), [("auto", SMALL), ("winograd", LARGE)])
@pytest.mark.parametrize("limit", [0, 1 << 30])
def test_winograd_where_it_applies(monkeypatch, limit, algorithm, form):
    """Both divisions, through the entry point; and neither if both transforms are too large."""
    monkeypatch.setattr(conv_winograd_module, "_FILTERS", limit)
    rng = np.random.default_rng(5)
    x, w = rng.standard_normal((1, 29, 31, 64)), rng.standard_normal((3, 3, 64, 72))
    options = {**OPTIONS, "padding": [(1, 1)] * 2}
    expected = conv(x, w, np.arange(72.0), algorithm="direct", **options)
    axes = window_axes((29, 31), (3, 3), (1, 1), [(1, 1)] * 2, (1, 1))
    for bound in (0, 1 << 30):
        monkeypatch.setattr(conv_winograd_module, "_INPUTS", bound)
        forget()
        y = conv(x, w, np.arange(72.0), algorithm=algorithm, **options)
        np.testing.assert_allclose(y, expected, atol=1e-10)
        assert conv_winograd_module.suits_winograd(form, w.shape, axes) == (limit + bound > 0)


@pytest.mark.parametrize(
    ("size", "depth", "options", "kernels"),
    [
        ((56, 56), 64, {}, {"auto": SMALL, "winograd": LARGE}),
        ((14, 14), 64, {}, {"auto": SMALL, "winograd": SMALL}),
        ((13, 14), 64, {}, {}),
        ((56, 56), 32, {}, {"winograd": LARGE}),
        ((56, 56), 64, {"stride": (2, 1)}, {}),
        ((56, 56), 64, {"dilation": (1, 2)}, {}),
        ((56, 56), 128, {"groups": 2}, {}),
    ],
)
def test_which_form_of_winograd(size, depth, options, kernels):
    groups = options.get("groups", 1)
    given = conv_module._Options((1, 1), ((1, 1), (1, 1)), (1, 1), groups, "correlation", "auto")._replace(**options)
    for algorithm in ("auto", "blocked", "direct", "winograd"):
        layout = conv_module._layout(
            (1, *size, depth), (3, 3, depth // groups, 64), given._replace(algorithm=algorithm), None, flat=True
        )
        assert getattr(layout.kernel, "args", (None,))[0] is kernels.get(algorithm)


@pytest.mark.parametrize("algorithm", ["direct", "auto", "blocked", "winograd"])
@pytest.mark.parametrize(("size", "groups"), [(3, 1), (32, 1), (32, 4), (9, 32)])
def test_what_follows_is_done_on_every_tile(monkeypatch, algorithm, size, groups):
    """A batch norm and an activation fused into a convolution give the same as after it, except for rounding."""
    monkeypatch.setattr("cnncalc.kernels.blocks.PRODUCTS", 1)  # small maps divide the filters
    monkeypatch.setattr("cnncalc.kernels.conv_depthwise._PRODUCTS", 1)
    rng = np.random.default_rng(6)
    depth = 64 if groups == 1 else 32
    x, w = rng.standard_normal((2, size, size, depth)), rng.standard_normal((3, 3, depth // groups, 64))
    mean, variance, gamma, beta = (rng.random(64) for _ in range(4))
    options = {**OPTIONS, "padding": [(1, 1)] * 2, "groups": groups, "algorithm": algorithm}
    other = rng.standard_normal((2, size, size, 64))
    after = [scaling_of(mean, variance, gamma, beta), add_after([other]), relu6_after]
    with use_threads(3):
        joined = conv(x, w, beta, after=after, **options)
        apart = relu6(batch_norm(conv(x, w, beta, **options), mean, variance, gamma, beta) + other)
    rounding = {"direct": 0, "auto": 1e-12, "blocked": 1e-13, "winograd": 1e-11}[algorithm]
    np.testing.assert_allclose(joined, apart, rtol=0, atol=rounding * np.abs(apart).max())


@pytest.mark.parametrize(("depth", "filters", "groups"), [(32, 64, 1), (640, 24, 1), (48, 48, 48), (48, 96, 4)])
def test_a_batch_norm_in_the_weights_rounds_as_one_behind_them(depth, filters, groups):
    """In float32: about 1e-6 of the largest value, with or without its factors multiplied into the weights."""
    rng = np.random.default_rng(8)
    x, w = rng.standard_normal((1, 14, 14, depth)), rng.standard_normal((3, 3, depth // groups, filters))
    statistics = [rng.uniform(0.1, 3, filters) for _ in range(4)]
    options = {**OPTIONS, "padding": [(1, 1)] * 2, "groups": groups}
    exact = batch_norm(conv(x, w, statistics[0], algorithm="direct", **options), *statistics)
    x, w, *statistics = (each.astype(np.float32) for each in (x, w, *statistics))
    joined = conv(x, w, statistics[0], after=[scaling_of(*statistics)], **options)
    assert np.abs(joined - exact).max() <= 2e-6 * np.abs(exact).max()


def test_weights_are_not_changed_by_a_batch_norm():
    rng = np.random.default_rng(9)
    x, w = rng.standard_normal((1, 8, 8, 3)), rng.standard_normal((3, 3, 3, 4))
    before = w.copy()
    conv(x, w, after=[scaling_of(np.ones(4), np.full(4, 2.0))], **OPTIONS)
    np.testing.assert_array_equal(w, before)


OPTIONS = {"stride": (1, 1), "padding": [(0, 0)] * 2, "dilation": (1, 1)}


@pytest.mark.parametrize(
    ("shapes", "options", "message"),
    [
        (((1, 5, 5, 3), (3, 3, 2, 4)), {}, "weights read 1 x 2 channels, the data has 3"),
        (((1, 5, 5, 3), (3, 3, 3, 4)), {"groups": 2}, "groups 2 do not divide depth 3 and filters 4"),
        (
            ((1, 5, 5, 3), (3, 3, 4)),
            {},
            "weights have 3 axes, wanted 4: kernel axes, depth per group, filters",
        ),
        (((1, 5, 5, 3), (7, 3, 3, 4)), {}, "a window of 7 on 5+0+0 pixels has no output"),
        (
            ((1, 5, 5, 3), (3, 3, 3, 4)),
            {"stride": (0, 1)},
            "stride (0, 1): wanted 2 whole numbers of at least 1",
        ),
        (
            ((1, 5, 5, 3), (3, 3, 3, 4)),
            {"padding": [(0, 0)]},
            "padding [(0, 0)]: wanted 2 pairs of at least 0",
        ),
        (((1, 5, 5, 3), (3, 3, 3, 4)), {"mode": "up"}, "mode 'up': wanted one of correlation, convolution"),
        (
            ((1, 5, 5, 3), (3, 3, 3, 4)),
            {"algorithm": "fft"},
            "algorithm 'fft': wanted one of auto, blocked, direct, winograd",
        ),
        (((5, 5), (3, 3, 3, 4)), {}, "data has 2 axes, wanted N x spatial axes x depth"),
        (((0, 5, 5, 3), (3, 3, 3, 4)), {}, "data of shape (0, 5, 5, 3) holds nothing"),
    ],
)
def test_misfits_are_named(shapes, options, message):
    x, w = (np.zeros(shape) for shape in shapes)
    with pytest.raises(MisfitError) as caught:
        conv(x, w, **{**OPTIONS, **options})
    assert str(caught.value) == message


def test_biases_must_be_one_per_filter():
    with pytest.raises(MisfitError) as caught:
        conv(np.zeros((1, 5, 5, 3)), np.zeros((3, 3, 3, 4)), np.zeros(3), **OPTIONS)
    assert str(caught.value) == "biases of shape (3,) for 4 filters"


def test_scratch_does_not_leak_into_results():
    buffer = take("columns", (1 << 16,), np.dtype(np.float64))
    buffer[:] = np.nan
    y = conv(np.ones((1, 8, 8, 2)), np.ones((3, 3, 2, 2)), **{**OPTIONS, "padding": [(1, 1)] * 2})
    assert not np.isnan(y).any()


@pytest.mark.parametrize("algorithm", ["direct", "blocked", "winograd"])
@pytest.mark.parametrize(("kernel", "groups", "padding"), [(1, 1, 0), (3, 1, 1), (3, 1, 0), (3, 2, 1), (3, 32, 1), (3, 32, 0)])
def test_arrays_that_are_no_run_of_memory(algorithm, kernel, groups, padding):
    """A slice of channels, a transposed image and transposed weights give the same as their copies."""
    rng = np.random.default_rng(7)
    x = rng.standard_normal((2, 30, 31, 40))[..., 3:35]
    w = np.asfortranarray(rng.standard_normal((kernel, kernel, 32 // groups, 32)))
    options = {**OPTIONS, "padding": [(padding, padding)] * 2, "groups": groups, "algorithm": algorithm}
    expected = conv(x.copy(), np.ascontiguousarray(w), **options)
    np.testing.assert_allclose(conv(x, w, **options), expected, atol=1e-10)
    turned = x.copy().transpose(0, 2, 1, 3)
    np.testing.assert_allclose(conv(turned, w, **options), conv(turned.copy(), w, **options), atol=1e-10)


def local_options(**options):
    return {"stride": (1, 1), "padding": [(0, 0)] * 2, "dilation": (1, 1), **options}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: local_conv(np.zeros((1, 5, 5, 3)), np.zeros((3, 3, 3, 4)), **local_options()),
         "weights have 4 axes, wanted 6: outputs, kernel, depth, filters"),
        (lambda: local_conv(np.zeros((1, 5, 5, 3)), np.zeros((2, 3, 3, 3, 3, 4)), **local_options()),
         "weights for (2, 3) positions, the windows have (3, 3)"),
        (lambda: local_conv(np.zeros((1, 5, 5, 3)), np.zeros((3, 3, 3, 3, 3, 4)), np.zeros(3), **local_options()),
         "biases of shape (3,), wanted (4,) or (3, 3, 4)"),
        (lambda: transposed_conv(np.zeros((1, 5, 5, 3)), np.zeros((3, 3, 4)), **local_options()),
         "weights have 3 axes, wanted 4: kernel axes, depth, filters per group"),
        (lambda: transposed_conv(np.zeros((1, 5, 5, 3)), np.zeros((3, 3, 2, 4)), **local_options()),
         "weights read 2 channels, the data has 3"),
        (lambda: transposed_conv(np.zeros((1, 5, 5, 3)), np.zeros((3, 3, 3, 4)), **local_options(groups=2)),
         "groups 2 do not divide depth 3"),
        (lambda: transposed_conv(np.zeros((1, 5, 5, 3)), np.zeros((3, 3, 3, 4)), np.zeros(3), **local_options()),
         "biases of shape (3,) for 4 filters"),
        (lambda: transposed_conv(np.zeros((1, 5, 5, 3)), np.zeros((3, 3, 3, 4)), **local_options(output_padding=(1, 0))),
         "output_padding 1: wanted below the stride 1 or the dilation 1"),
        (lambda: transposed_conv(np.zeros((1, 5, 5, 3)), np.zeros((3, 3, 3, 4)), **local_options(output_padding=(0,))),
         "output_padding (0,): wanted 2 whole numbers of at least 0"),
        (lambda: transposed_conv(np.zeros((1, 1, 1, 3)), np.zeros((1, 1, 3, 4)), **local_options(padding=[(1, 1)] * 2)),
         "padding 1+1 leaves -1 pixels of output"),
    ],
)  # fmt: skip
def test_misfits_of_other_convolutions_are_named(call, message):
    with pytest.raises(MisfitError) as caught:
        call()
    assert str(caught.value) == message
