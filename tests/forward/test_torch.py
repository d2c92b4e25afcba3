"""Random layers of every kind against PyTorch in float64, where it is installed."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support import layer

from cnncalc.kernels import activation, functions, merge, norm, norm_local, norm_rms, pool_whole, reduce, resize, shape
from cnncalc.kernels.conv import conv
from cnncalc.kernels.conv_transposed import transposed_conv
from cnncalc.kernels.dense import dense
from cnncalc.kernels.pool import average_pool, l2_pool, max_pool
from cnncalc.kernels.softmax import softmax_of_parts
from cnncalc.layers.base import How

torch = pytest.importorskip("torch")
F = torch.nn.functional

RUNS = settings(max_examples=60, deadline=None)


def first(x):
    """Channels last to channels first, as a tensor."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(x, -1, 1)))


def last(y):
    return np.moveaxis(y.numpy(), 1, -1)


def close(mine, theirs):
    np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-10)


@st.composite
def layers(draw, largest_padding=None):
    """Return data and the common options of all sliding layers."""
    rank = draw(st.integers(1, 3))
    numbers = lambda low, high: tuple(draw(st.integers(low, high)) for _ in range(rank))  # noqa: E731
    kernel, stride, dilation = numbers(1, 4), numbers(1, 3), numbers(1, 2)
    padding = tuple(draw(st.integers(0, 3 if largest_padding is None else largest_padding(k))) for k in kernel)
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    depth = groups * draw(st.integers(1, 4))
    needed = (max(1, d * (k - 1) + 1 - 2 * p) for k, d, p in zip(kernel, dilation, padding, strict=True))
    sizes = tuple(n + more for n, more in zip(needed, numbers(0, 5), strict=True))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    x = rng.standard_normal((draw(st.integers(1, 3)), *sizes, depth))
    return rng, x, kernel, stride, padding, dilation, groups


def both(padding):
    return [(p, p) for p in padding]


@RUNS
@given(layers(), st.sampled_from(["blocked", "direct"]), st.integers(1, 4))
def test_convolution(layer, algorithm, each):
    rng, x, kernel, stride, padding, dilation, groups = layer
    w = rng.standard_normal((*kernel, x.shape[-1] // groups, groups * each))
    b = rng.standard_normal(groups * each)
    options = {"stride": stride, "dilation": dilation, "groups": groups}
    mine = conv(x, w, b, padding=both(padding), algorithm=algorithm, **options)
    weights = torch.from_numpy(np.moveaxis(w, (-1, -2), (0, 1)).copy())
    apply = (F.conv1d, F.conv2d, F.conv3d)[x.ndim - 3]
    close(mine, last(apply(first(x), weights, torch.from_numpy(b), padding=padding, **options)))


@RUNS
@given(layers(), st.integers(1, 4), st.data())
def test_transposed_convolution(layer, each, data):
    rng, x, kernel, stride, padding, dilation, groups = layer
    extra = tuple(data.draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation, strict=True))
    result = [
        (n - 1) * s - 2 * p + d * (k - 1) + e + 1
        for n, s, p, d, k, e in zip(x.shape[1:-1], stride, padding, dilation, kernel, extra, strict=True)
    ]
    assume(min(result) >= 1)
    w = rng.standard_normal((*kernel, x.shape[-1], each))
    b = rng.standard_normal(groups * each)
    options = {"stride": stride, "dilation": dilation, "groups": groups, "output_padding": extra}
    mine = transposed_conv(x, w, b, padding=both(padding), **options)
    weights = torch.from_numpy(np.moveaxis(w, (-2, -1), (0, 1)).copy())
    apply = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[x.ndim - 3]
    close(mine, last(apply(first(x), weights, torch.from_numpy(b), padding=padding, **options)))


@RUNS
@given(layers(lambda k: k // 2), st.booleans())
def test_max_pool(layer, ceil):
    _, x, kernel, stride, padding, dilation, _ = layer
    options = {"stride": stride, "dilation": dilation}
    mine = max_pool(x, kernel, padding=both(padding), rounding="ceil" if ceil else "floor", **options)
    apply = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[x.ndim - 3]
    close(mine, last(apply(first(x), kernel, padding=padding, ceil_mode=ceil, **options)))


@RUNS
@given(layers(lambda k: k // 2), st.booleans(), st.booleans())
def test_average_pool(layer, ceil, count):
    _, x, kernel, stride, padding, _, _ = layer
    assume(all(n >= k for n, k in zip(x.shape[1:-1], kernel, strict=True)))  # required by PyTorch
    rounding = "ceil" if ceil else "floor"
    options = {"padding": both(padding), "dilation": (1,) * (x.ndim - 2)}
    mine = average_pool(x, kernel, stride=stride, rounding=rounding, count_padding=count, **options)
    apply = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[x.ndim - 3]
    close(mine, last(apply(first(x), kernel, stride, padding, ceil_mode=ceil, count_include_pad=count)))


@RUNS
@given(layers(lambda _: 0))
def test_l2_pool(layer):
    _, x, kernel, stride, padding, _, _ = layer
    mine = l2_pool(x, kernel, stride=stride, padding=both(padding), dilation=(1,) * (x.ndim - 2))
    apply = (F.lp_pool1d, F.lp_pool2d, F.lp_pool3d)[x.ndim - 3]
    one_axis = x.ndim == 3
    close(mine, last(apply(first(x), 2, kernel[0] if one_axis else kernel, stride[0] if one_axis else stride)))


@RUNS
@given(layers(), st.lists(st.integers(1, 6), min_size=3, max_size=3))
def test_adaptive_average_pool(layer, bins):
    x = layer[1]
    rank = x.ndim - 2
    apply = (F.adaptive_avg_pool1d, F.adaptive_avg_pool2d, F.adaptive_avg_pool3d)[rank - 1]
    close(pool_whole.adaptive_average_pool(x, tuple(bins[:rank])), last(apply(first(x), bins[:rank])))


@RUNS
@given(layers(), st.lists(st.integers(1, 6), min_size=3, max_size=3))
def test_adaptive_max_pool(layer, bins):
    x = layer[1]
    rank = x.ndim - 2
    apply = (F.adaptive_max_pool1d, F.adaptive_max_pool2d, F.adaptive_max_pool3d)[rank - 1]
    close(pool_whole.adaptive_max_pool(x, tuple(bins[:rank])), last(apply(first(x), bins[:rank])))


X = np.random.default_rng(0).standard_normal((2, 7, 6, 12)) * 4


ACTIVATIONS = {
    "relu": F.relu,
    "relu6": F.relu6,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "selu": F.selu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "silu": F.silu,
    "hswish": F.hardswish,
    "hsigmoid": F.hardsigmoid,
    "gelu": F.gelu,
    "mish": F.mish,
}


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_activation(name):
    close(getattr(activation, name)(X), ACTIVATIONS[name](torch.from_numpy(X)).numpy())


def test_activations_with_options():
    x = torch.from_numpy(X)
    close(activation.gelu(X, approximate=True), F.gelu(x, approximate="tanh").numpy())
    close(activation.softmax(X), F.softmax(x, dim=-1).numpy())
    close(activation.elu(X, alpha=0.3), F.elu(x, 0.3).numpy())
    slopes = np.linspace(-1, 1, 12)
    close(activation.prelu(X, slopes), last(F.prelu(first(X), torch.from_numpy(slopes))))


BELOW, ABOVE = -1.5, 2.5
FUNCTIONS = {  # a call of the kernel, and PyTorch's
    "softplus": (functions.softplus, F.softplus),
    "celu": (functions.celu, F.celu),
    "celu of 0.3": (lambda x, out=None: functions.celu(x, alpha=0.3, out=out), lambda x: F.celu(x, 0.3)),
    "celu of -2": (lambda x, out=None: functions.celu(x, alpha=-2.0, out=out), lambda x: F.celu(x, -2.0)),
    "clip": (lambda x, out=None: functions.clip(x, BELOW, ABOVE, out=out), lambda x: F.hardtanh(x, BELOW, ABOVE)),
    "clip below": (lambda x, out=None: functions.clip(x, BELOW, None, out=out), lambda x: x.clamp(min=BELOW)),
    "clip above": (lambda x, out=None: functions.clip(x, None, ABOVE, out=out), lambda x: x.clamp(max=ABOVE)),
    "square": (lambda x, out=None: functions.power(x, 2, out=out), torch.square),
    "cube": (lambda x, out=None: functions.power(x, 3, out=out), lambda x: x**3),
    "root of a power": (lambda x, out=None: functions.power(x, 0.5, out=out), lambda x: x**0.5),
    "inverse root": (lambda x, out=None: functions.power(x, -0.5, out=out), torch.rsqrt),
    "sqrt": (functions.sqrt, torch.sqrt),
    "exp": (functions.exp, torch.exp),
    "log": (functions.log, torch.log),
    "abs": (functions.absolute, torch.abs),
    "neg": (functions.neg, torch.neg),
    "gelu by sigmoid": (functions.quick_gelu, lambda x: x * torch.sigmoid(1.702 * x)),
}


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_functions_of_each_value(name):
    """Roots and logarithms of numbers below zero are NaN in both."""
    mine, theirs = FUNCTIONS[name]
    wanted = theirs(torch.from_numpy(X)).numpy()
    close(mine(X), wanted)
    x = X.copy()
    assert mine(x, out=x) is x
    close(x, wanted)


def test_far_from_zero():
    """PyTorch takes x for softplus(x) above 20: there they differ by less than exp(-20)."""
    x = np.array([[-1e3, -800.0, -50.0, -20.0, 19.0, 21.0, 50.0, 800.0, 1e3]])
    np.testing.assert_allclose(functions.softplus(x), F.softplus(torch.from_numpy(x)).numpy(), rtol=1e-9)
    close(functions.celu(x, alpha=0.3), F.celu(torch.from_numpy(x), 0.3).numpy())
    close(functions.quick_gelu(x), (torch.from_numpy(x) * torch.sigmoid(1.702 * torch.from_numpy(x))).numpy())


def test_gated():
    close(functions.glu(X), F.glu(torch.from_numpy(X), dim=-1).numpy())


@pytest.mark.parametrize(
    "sizes", [((3, 5, 4, 6),) * 2, ((3, 1, 1, 6), (3, 5, 4, 6)), ((3, 5, 1, 6), (3, 1, 4, 1)), ((3, 1, 6), (3, 5, 1))]
)
@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "maximum", "minimum"])
def test_merges_that_spread(name, sizes):
    volumes = [np.random.default_rng(at).standard_normal(size) for at, size in enumerate(sizes)]
    close(getattr(merge, name)(volumes), getattr(torch, name)(*map(torch.from_numpy, volumes)).numpy())
    for out in volumes:
        if out.shape == np.broadcast_shapes(*sizes):
            wanted = getattr(torch, name)(*map(torch.from_numpy, volumes)).numpy()
            close(getattr(merge, name)(volumes, out=out), wanted)


REDUCED = [(1,), (2,), (3,), (1, 2), (1, 3), (1, 2, 3)]


@pytest.mark.parametrize("axes", REDUCED)
def test_reductions(axes):
    x = torch.from_numpy(X)
    close(reduce.mean(X, axes), x.mean(axes, keepdim=True).numpy())
    close(reduce.total(X, axes), x.sum(axes, keepdim=True).numpy())
    close(reduce.largest(X, axes), x.amax(axes, keepdim=True).numpy())
    for p in (0, 0.5, 1, 2, 3, float("inf")):
        close(reduce.norm(X, axes, p), torch.linalg.vector_norm(x, p, axes, keepdim=True).numpy())


def test_softmax_over_other_axes():
    x = torch.from_numpy(X)
    parts = x.reshape(2, 42, 3, 4)
    close(softmax_of_parts(X, places=True), x.reshape(2, 42, 12).softmax(1).reshape(x.shape).numpy())
    close(softmax_of_parts(X, places=True, part=True), x.reshape(2, -1).softmax(1).reshape(x.shape).numpy())
    close(softmax_of_parts(X, 3, part=True), parts.softmax(3).reshape(x.shape).numpy())
    close(softmax_of_parts(X, 3, groups=True), parts.softmax(2).reshape(x.shape).numpy())
    close(softmax_of_parts(X, 3, groups=True, out=X.copy()), parts.softmax(2).reshape(x.shape).numpy())


def test_scaled():
    close(activation.scaled(X, 0.5, 3), (torch.from_numpy(X) * 0.5 + 3).numpy())


def test_norms():
    rng = np.random.default_rng(1)
    mean, variance, gamma, beta = (rng.random(12) for _ in range(4))
    x = first(X)
    tensors = [torch.from_numpy(v) for v in (mean, variance, gamma, beta)]
    close(norm.batch_norm(X, mean, variance, gamma, beta), last(F.batch_norm(x, *tensors)))
    close(norm.layer_norm(X, gamma, beta), F.layer_norm(torch.from_numpy(X), (12,), *tensors[2:]).numpy())
    close(norm.layer_norm(X, whole=True), F.layer_norm(torch.from_numpy(X), X.shape[1:]).numpy())
    for groups in (1, 2, 12):
        close(norm.group_norm(X, groups, gamma, beta), last(F.group_norm(x, groups, *tensors[2:])))
    close(norm.instance_norm(X, gamma, beta), last(F.instance_norm(x, None, None, *tensors[2:])))
    close(norm_local.lrn(X, 5, alpha=0.1, k=2), last(F.local_response_norm(x, 5, alpha=0.1, k=2)))


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_norms_by_root_mean_squares(rank):
    """RMSNorm of the depth and of the volume; GRN as timm's GlobalResponseNorm and ConvNeXt V2 write it, channels last."""
    rng = np.random.default_rng(rank)
    x = rng.standard_normal((2, *(5, 4, 3)[:rank], 6))
    scale, shift, whole = rng.standard_normal(6), rng.standard_normal(6), rng.standard_normal(x.shape[1:])
    y, gamma, beta = map(torch.from_numpy, (x, scale, shift))
    close(norm_rms.rms_norm(x, scale, epsilon=1e-3), F.rms_norm(y, (6,), gamma, 1e-3).numpy())
    close(norm_rms.rms_norm(x, epsilon=1e-3), F.rms_norm(y, (6,), eps=1e-3).numpy())
    close(norm_rms.rms_norm(x, whole, whole=True, epsilon=1e-3), F.rms_norm(y, x.shape[1:], torch.from_numpy(whole), 1e-3).numpy())
    lengths = y.norm(p=2, dim=tuple(range(1, rank + 1)), keepdim=True)
    shares = lengths / (lengths.mean(dim=-1, keepdim=True) + 1e-6)
    close(norm_rms.response_norm(x, scale, shift), (y + torch.addcmul(beta, gamma, y * shares)).numpy())


def test_norms_without_a_shift():
    x = torch.from_numpy(X)
    gamma = np.random.default_rng(3).standard_normal(12)
    close(norm.layer_norm(X, gamma), F.layer_norm(x, (12,), torch.from_numpy(gamma)).numpy())
    close(norm.group_norm(X, 3, gamma), last(F.group_norm(first(X), 3, torch.from_numpy(gamma))))


@pytest.mark.parametrize("sizes", [(14, 12), (3, 4), (9, 20), (1, 1)])
def test_resize(sizes):
    x = first(X)
    close(resize.upsample_nearest(X, sizes), last(F.interpolate(x, sizes, mode="nearest")))
    for align in (False, True):
        theirs = last(F.interpolate(x, sizes, mode="bilinear", align_corners=align))
        close(resize.upsample_linear(X, sizes, align_corners=align), theirs)


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("sizes", [(14, 12), (3, 4), (9, 20), (1, 1)])
def test_cubic_and_antialias(sizes, align):
    x = first(X)
    close(resize.upsample_cubic(X, sizes, align_corners=align), last(F.interpolate(x, sizes, mode="bicubic", align_corners=align)))
    for mode in ("bilinear", "bicubic"):
        theirs = last(F.interpolate(x, sizes, mode=mode, align_corners=align, antialias=True))
        close(resize.smooth(X, sizes, cubic=mode == "bicubic", align_corners=align), theirs)


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic", "area"])
@pytest.mark.parametrize("factor", [0.5, 0.75, 1.5, 1.25, 2.4, 3, (0.5, 1.75)])
def test_resize_by_a_factor(mode, factor):
    """The size is rounded down, and the distance of the outputs is that of the factor."""
    width, height = factor if isinstance(factor, tuple) else (factor, factor)
    mine = layer(f"RESIZE(scale={width}x{height}, mode={mode})")
    theirs = F.interpolate(first(X), scale_factor=(height, width), mode=mode)
    close(mine.forward((X,), {}, How()), last(theirs))
    if mode in {"bilinear", "bicubic"}:
        theirs = F.interpolate(first(X), scale_factor=(height, width), mode=mode, antialias=True)
        close(mine.replaced(antialias=True).forward((X,), {}, How()), last(theirs))


def test_resize_in_1d_and_3d():
    line, block = X[:, 0], X.reshape(2, 7, 3, 2, 12)
    close(resize.upsample_linear(line, (9,)), last(F.interpolate(first(line), 9, mode="linear")))
    close(
        resize.upsample_linear(block, (5, 6, 4)),
        last(F.interpolate(first(block), (5, 6, 4), mode="trilinear")),
    )
    close(resize.upsample_nearest(block, (5, 6, 4)), last(F.interpolate(first(block), (5, 6, 4))))


def test_moves():
    x = first(X)
    close(shape.shuffle(X, 3), last(F.channel_shuffle(x, 3)))
    close(shape.depth_to_space(X, (2, 2)), last(F.pixel_shuffle(x, 2)))
    even = x[:, :, : x.shape[2] // 2 * 2, : x.shape[3] // 2 * 2]
    close(shape.space_to_depth(last(even), (2, 2)), last(F.pixel_unshuffle(even, 2)))
    focus = torch.cat([even[..., ::2, ::2], even[..., 1::2, ::2], even[..., ::2, 1::2], even[..., 1::2, 1::2]], 1)  # YOLOv5
    close(shape.space_to_depth(last(even), (2, 2), "focus"), last(focus))
    for mode, theirs in (
        ("constant", "constant"),
        ("edge", "replicate"),
        ("reflect", "reflect"),
        ("wrap", "circular"),
    ):
        close(shape.pad(X, [(1, 2), (3, 0)], mode=mode), last(F.pad(x, (3, 0, 1, 2), mode=theirs)))
    w = np.random.default_rng(2).standard_normal((504, 5))
    wide = torch.from_numpy(w.reshape(7, 6, 12, 5).transpose(3, 2, 0, 1).reshape(5, 504).copy())
    close(dense(X, w), F.linear(torch.flatten(x, 1), wide).numpy())
    gate = X[:, :1, :1]
    close(merge.mul([X, gate]), last(x * first(gate)))
    close(merge.concat([X, X]), last(torch.cat([x, x], dim=1)))


@pytest.mark.parametrize("gain", [False, True])
@pytest.mark.parametrize("groups", [1, 2, 4])
def test_standardized_convolution(gain, groups):
    """As timm's StdConv2d and ScaledStdConv2d write it: a batch norm over the filters in training mode."""
    rng = np.random.default_rng(groups)
    x, w, g = rng.standard_normal((2, 7, 6, 4)), rng.standard_normal((3, 2, 4 // groups, 8)), rng.uniform(0.5, 2, 8)
    weights = torch.from_numpy(np.moveaxis(w, (-1, -2), (0, 1)).copy())
    scale = torch.from_numpy(g) * (1.7 * weights[0].numel() ** -0.5) if gain else None
    new = F.batch_norm(weights.reshape(1, 8, -1), None, None, weight=scale, training=True, momentum=0.0, eps=1e-3)
    made = layer(f"CONV(kernel=2x3, filters=8, groups={groups}, bias=false, padding=0, standardize=true, eps=0.001)")
    if gain:
        made = made.replaced(gain=True, gamma=1.7)
    mine = made.forward((x,), {"weight": w, "gain": g}, How())
    close(mine, last(F.conv2d(first(x), new.reshape_as(weights), groups=groups)))
