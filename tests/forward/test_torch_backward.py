"""The backward step of each kind against PyTorch's, in float64, where PyTorch is installed.

A twin computes the layer with PyTorch, channels last, from the inputs, the weights and what the forward pass saved (the mask of
a dropout). Autograd gives the gradients. The cases are those of the test with central differences.
"""

import numpy as np
import pytest
from backward_cases import CASES, IDS, Case
from support import layer

from cnncalc.forward.backward_check import reduced

torch = pytest.importorskip("torch")
F = torch.nn.functional

from torch_twins import TWINS as STRUCTURE  # noqa: E402  it needs PyTorch


def softmax(y, groups, over):
    """Softmax over an axis of N x positions x groups x depth of a group."""
    parts = y.reshape(y.shape[0], -1, groups, y.shape[-1] // groups)
    axes = {"depth": (3,), "space": (1,), "volume": (1, 3), "groups": (2,)}[over]
    powers = torch.exp(parts)
    return (powers / powers.sum(axes, keepdim=True)).reshape(y.shape)


def gelu(layer, x):
    return x * torch.sigmoid(1.702 * x) if layer.approximate == "sigmoid" else F.gelu(x, approximate=layer.approximate)


VALUES = {  # kinds of one input without weights
    "ABS": lambda layer, x: x.abs(),
    "CELU": lambda layer, x: F.celu(x, layer.alpha),
    "CLIP": lambda layer, x: x.clamp(layer.min, layer.max),
    "ELU": lambda layer, x: F.elu(x, layer.alpha),
    "EXP": lambda layer, x: x.exp(),
    "GELU": gelu,
    "GLU": lambda layer, x: F.glu(x, -1),
    "HSIGMOID": lambda layer, x: F.hardsigmoid(x),
    "HSWISH": lambda layer, x: F.hardswish(x),
    "IDENTITY": lambda layer, x: x,
    "LEAKYRELU": lambda layer, x: F.leaky_relu(x, layer.slope),
    "LOG": lambda layer, x: x.log(),
    "MISH": lambda layer, x: F.mish(x),
    "NEG": lambda layer, x: -x,
    "POW": lambda layer, x: x**layer.p,
    "RELU": lambda layer, x: x.relu(),
    "RELU6": lambda layer, x: F.relu6(x),
    "SCALE": lambda layer, x: x * layer.factor + layer.shift,
    "SELU": lambda layer, x: F.selu(x),
    "SIGMOID": lambda layer, x: x.sigmoid(),
    "SILU": lambda layer, x: F.silu(x),
    "SOFTMAX": lambda layer, x: softmax(x, layer.groups, layer.over),
    "SOFTPLUS": lambda layer, x: F.softplus(x, threshold=40),
    "SQRT": lambda layer, x: x.sqrt(),
    "TANH": lambda layer, x: x.tanh(),
}


def prelu(layer, inputs, weights, saved):
    (x,) = inputs
    return F.prelu(x.movedim(-1, 1), weights["slope"]).movedim(1, -1)


def first(call, x):
    """A call with the channels first."""
    return call(x.movedim(-1, 1)).movedim(1, -1)


def bn(layer, inputs, weights, saved):
    scale, shift, mean, variance = (weights.get(name) for name in ("scale", "shift", "mean", "variance"))
    batch = bool(saved) and not layer.frozen
    statistics = (None, None) if batch else (mean, variance)
    return first(lambda x: F.batch_norm(x, *statistics, scale, shift, training=batch, eps=layer.eps or 1e-300), *inputs)


def instance_norm(layer, inputs, weights, saved):
    return first(lambda x: F.instance_norm(x, None, None, weights.get("scale"), weights.get("shift"), eps=layer.eps), *inputs)


def group_norm(layer, inputs, weights, saved):
    return first(lambda x: F.group_norm(x, layer.groups, weights.get("scale"), weights.get("shift"), layer.eps), *inputs)


def layer_norm(layer, inputs, weights, saved):
    (x,) = inputs
    shape = x.shape[-1:] if layer.over == "depth" else x.shape[1:]
    return F.layer_norm(x, shape, weights.get("scale"), weights.get("shift"), layer.eps)


def rms_norm(layer, inputs, weights, saved):
    (x,) = inputs
    return F.rms_norm(x, x.shape[-1:] if layer.over == "depth" else x.shape[1:], weights.get("scale"), layer.eps)


def response_norm(layer, inputs, weights, saved):
    (x,) = inputs
    norms = x.norm(p=2, dim=tuple(range(1, x.ndim - 1)), keepdim=True)
    return x + torch.addcmul(weights["shift"], weights["scale"], x * (norms / (norms.mean(dim=-1, keepdim=True) + layer.eps)))


def means(layer, x):
    """The mean over the window around each value, zeros around the map."""
    sizes = layer.window_sizes(x)
    padding = [side for size in reversed(sizes) for side in ((size - 1) // 2, size // 2)]
    apply = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[x.ndim - 3]
    return first(lambda x: apply(F.pad(x, padding), sizes, 1), x)


def lrn(layer, inputs, weights, saved):
    """PyTorch's even windows have their extra channel below."""
    (x,) = inputs
    if layer.mode == "within":
        return x / (layer.k + layer.alpha * means(layer, x * x)) ** layer.beta
    found = first(lambda x: F.local_response_norm(x, layer.kernel[0], layer.alpha, layer.beta, layer.k), x.flip(-1))
    return found.flip(-1)


def lcn(layer, inputs, weights, saved):
    """Jarrett et al. 2009, section 2.1, with a window that sums to 1 inside the image."""
    (x,) = inputs
    sizes = layer.window_sizes(x)
    each = [torch.exp(-((torch.arange(n, dtype=x.dtype) - (n - 1) / 2) ** 2) / (2 * (n / 4) ** 2)) for n in sizes]
    kernel = each[0] if len(each) == 1 else each[0][:, None] * each[1][None]
    padding = [side for size in reversed(sizes) for side in ((size - 1) // 2, size // 2)]
    apply = (F.conv1d, F.conv2d)[len(sizes) - 1]

    def weigh(y):
        return apply(F.pad(y[:, None], padding), kernel[None, None])[:, 0]

    share = weigh(torch.ones(x.shape[:-1], dtype=x.dtype))
    centred = x - (weigh(x.mean(-1)) / share)[..., None]
    deviation = (weigh((centred**2).mean(-1)) / share).sqrt()
    floor = deviation.mean(tuple(range(1, deviation.ndim)), keepdim=True)
    return centred / torch.maximum(deviation, floor)[..., None]


def divn(layer, inputs, weights, saved):
    (x,) = inputs
    return x / (layer.sigma**2 + means(layer, x * x)).sqrt()


def scaling(layer, inputs, weights, saved):
    return inputs[0] * weights.get("scale", 1) + weights.get("shift", 0)


def token(layer, inputs, weights, saved):
    (x,) = inputs
    return torch.cat([weights["token"].expand(x.shape[0], -1, -1), x], 1)


def dropout(layer, inputs, weights, saved):
    mask = saved.get("mask", torch.ones(1, dtype=inputs[0].dtype))
    return inputs[0] * mask / (1 - layer.rate if mask.dtype == torch.bool else 1)


def matmul(layer, inputs, weights, saved):
    matrices = []
    for x, transposed in zip(inputs, (layer.transpose_a, layer.transpose_b), strict=True):
        parts = x.reshape(x.shape[0], -1, layer.heads, x.shape[-1] // layer.heads).transpose(1, 2)
        matrices.append(parts.transpose(2, 3) if transposed else parts)
    rows = (1,) * (inputs[0].ndim - 3) + matrices[0].shape[2:3] if layer.transpose_a else inputs[0].shape[1:-1]
    return (matrices[0] @ matrices[1]).transpose(1, 2).reshape(inputs[0].shape[0], *rows, -1)


def groups_and_offsets(layer, shape):
    """The number of each position's group along each axis, its offset in it, and the positions of a group: height before width."""
    rank = len(shape)
    parts, shifts = layer.grid or layer.window or shape[::-1], layer.shift
    parts, shifts = ((each * rank if len(each) == 1 else each)[::-1] for each in (parts, shifts))
    places = np.indices(shape).reshape(rank, -1)
    found, offsets, inside = [], [], []
    for place, side, part, shift in zip(places, shape, parts, shifts, strict=True):
        found.append(place % part if layer.grid else np.where(place < shift, -1, (place - shift) // part))
        offsets.append(place // part if layer.grid else place)
        inside.append(side // part if layer.grid else part)
    return np.array(found), np.array(offsets), inside


def attention(layer, inputs, weights, saved):
    """Scores of all pairs of positions, without those of other groups."""
    x, other = inputs[0], inputs[-1]
    if len(inputs) == 1:
        units = layer.units or x.shape[-1]
        q, kv = (x @ weights["qkv"] + weights.get("qkv_bias", 0)).tensor_split([units], -1)
    else:
        q = x @ weights["query"] + weights.get("query_bias", 0)
        kv = other @ weights["kv"] + weights.get("kv_bias", 0)
    k, v = kv.chunk(2, -1)
    kv_heads = layer.kv_heads or layer.heads
    q = q.flatten(1, -2).unflatten(-1, (layer.heads, -1)).transpose(1, 2)
    k, v = (each.flatten(1, -2).unflatten(-1, (kv_heads, -1)).transpose(1, 2) for each in (k, v))
    k, v = (each.repeat_interleave(layer.heads // kv_heads, 1) for each in (k, v))
    scores = q @ k.transpose(2, 3) / q.shape[-1] ** 0.5
    if len(inputs) == 1:
        groups, offsets, inside = groups_and_offsets(layer, tuple(x.shape[1:-1]))
        apart = torch.from_numpy((groups[:, :, None] != groups[:, None]).any(0))
        if layer.relative:
            index = 0
            for size, offset in zip(inside, offsets, strict=True):
                index = index * (2 * size - 1) + np.clip(offset[:, None] - offset[None] + size - 1, 0, 2 * size - 2)
            scores = scores + weights["table"][torch.from_numpy(index)].permute(2, 0, 1)
        scores = scores.masked_fill(apart, float("-inf"))
    y = (scores.softmax(-1) @ v).transpose(1, 2).flatten(2).unflatten(1, x.shape[1:-1])
    return y @ weights["out"] + weights.get("out_bias", 0) if layer.projection else y


TWINS = {  # all others: the layer, its inputs, its weights, and what the forward pass saved
    "AFFINE": scaling,
    "ATTENTION": attention,
    "BN": bn,
    "DIVN": divn,
    "DROPOUT": dropout,
    "GN": group_norm,
    "GRN": response_norm,
    "IN": instance_norm,
    "LAYERSCALE": scaling,
    "LCN": lcn,
    "LN": layer_norm,
    "LRN": lrn,
    "MATMUL": matmul,
    "PRELU": prelu,
    **STRUCTURE,
    "RMSNORM": rms_norm,
    "STOCHDEPTH": lambda layer, inputs, weights, saved: inputs[0] * saved.get("factors", 1),
    "TABLE": lambda layer, inputs, weights, saved: inputs[0] + weights["table"],
    "TOKEN": token,
    **{kind: lambda layer, inputs, weights, saved, call=call: call(layer, *inputs) for kind, call in VALUES.items()},
}
LOOSE = {"HSIGMOID": 1e-7, "ATTENTION": 1e-4}
"""Tolerances, where there are fewer digits: PyTorch's sixth in float32, and our logarithms of sums, kept in float32."""


def compared(case, inputs):
    """Return our gradients of a case and PyTorch's."""
    case.inputs = inputs
    passed = case.passed()
    mine = case.gradients(passed=passed)
    tensors = [torch.from_numpy(each.copy()).requires_grad_() for each in inputs]
    learned = {name: torch.from_numpy(case.weights[name].copy()).requires_grad_() for name in case.learned}
    fixed = {name: torch.from_numpy(array) for name, array in case.weights.items() if name not in learned}
    saved = {name: torch.from_numpy(array) for name, array in passed.saved.items()}
    output = TWINS[case.layer.name()](case.layer, tensors, {**fixed, **learned}, saved)
    output.backward(torch.from_numpy(case.slope))
    theirs = [each.grad.numpy() for each in (*tensors, *learned.values())]
    return [*mine.inputs, *(mine.weights[name] for name in learned)], theirs, passed.output, output.detach().numpy()


TWIN_CASES = {name: case for name, case in zip(IDS, CASES, strict=True) if layer(case[0]).name() in TWINS}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("label, inputs", TWIN_CASES.values(), ids=TWIN_CASES)
def test_gradients_are_pytorchs(label, inputs, training):
    case = Case(label, inputs, training=training)
    mine, theirs, output, wanted = compared(case, case.inputs)
    tolerance = LOOSE.get(case.layer.name(), 1e-9)
    np.testing.assert_allclose(output, wanted, rtol=tolerance, atol=tolerance)
    for one, other in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(reduced(one, other.shape), other, rtol=tolerance, atol=tolerance)


CORNERS = (0, 1, -1, 3, -3, 6, 20, -20)
AT_CORNERS = [
    *("ABS", "RELU", "RELU6", "LEAKYRELU", "ELU", "ELU(-2)", "CELU(2)", "SELU", "PRELU", "HSIGMOID", "HSWISH", "SQRT", "LOG"),
    *(
        "POW(0)",
        "POW(1)",
        "POW(0.5)",
        "POW(-1)",
        "POW(3)",
        "CLIP(min=-1, max=3)",
        "CLIP(1)",
        "CLIP(max=-1)",
        "MISH",
        "GELU",
        "SILU",
    ),
]


@pytest.mark.parametrize("label", AT_CORNERS)
def test_slopes_at_corners_are_pytorchs(label):
    """Where a function has no slope, or an infinite one, PyTorch's choice."""
    case = Case(label, f"{len(CORNERS)}x3x1")
    x = np.broadcast_to(np.array(CORNERS, float)[:, None], (2, 3, len(CORNERS), 1)).copy()
    mine, theirs, _, _ = compared(case, [x])
    for one, other in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=LOOSE.get(case.layer.name(), 1e-9), atol=1e-12)
