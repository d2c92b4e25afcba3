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


TWINS = {  # all others: the layer, its inputs, its weights, and what the forward pass saved
    "PRELU": prelu,
    **STRUCTURE,
    **{kind: lambda layer, inputs, weights, saved, call=call: call(layer, *inputs) for kind, call in VALUES.items()},
}
LOOSE = {"HSIGMOID": 1e-7}
"""Tolerances, where PyTorch's own gradient has fewer digits: a sixth in float32."""


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
