"""The bytes that autograd keeps for backward, where PyTorch is installed: unique storages of the saved tensors."""

import pytest
from support import analyzed

torch = pytest.importorskip("torch")
nn = torch.nn

IMAGE = 2 * 8 * 16 * 16 * 4
LOSS = 2 * 10 * 4 + 4  # log-probabilities, and the divisor


class Function(nn.Module):
    """A module of a function."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def kept(*modules, layers="meta"):
    """Return the bytes kept by conv, norm, these modules, conv, pool and fc: 16x16x8 images, a batch of 2."""
    net = nn.Sequential(
        nn.Conv2d(8, 16, 3, padding=1, bias=False),
        nn.BatchNorm2d(16),
        *modules,
        nn.Conv2d(16, 16, 3, padding=1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(16, 10),
    ).to(layers)
    stored = {tensor.untyped_storage()._cdata for tensor in (*net.parameters(), *net.buffers())}
    found = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage._cdata not in stored:
            found[storage._cdata] = storage, storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        net(torch.empty(2, 8, 16, 16, device=layers))
    return sum(size for _, size in found.values()) - IMAGE + LOSS


def ours(text):
    found = analyzed(f"INPUT[16x16x8] -> CONV3-16(bias=false) -> BN -> {text} -> CONV3-16 -> GAP -> FC-10", batch=2)
    return found.training.activations(2)


MODULES = [
    ("RELU(overwrite=false)", nn.ReLU),
    ("RELU", lambda: nn.ReLU(inplace=True)),
    ("RELU6", nn.ReLU6),
    ("RELU6(overwrite=true)", lambda: nn.ReLU6(inplace=True)),
    ("LEAKYRELU", nn.LeakyReLU),
    ("LEAKYRELU(overwrite=true)", lambda: nn.LeakyReLU(inplace=True)),
    ("ELU", nn.ELU),
    ("ELU(overwrite=true)", lambda: nn.ELU(inplace=True)),
    ("SELU", nn.SELU),
    ("SELU(overwrite=true)", lambda: nn.SELU(inplace=True)),
    ("SILU", nn.SiLU),
    ("SILU(overwrite=true)", lambda: nn.SiLU(inplace=True)),
    ("HSWISH", nn.Hardswish),
    ("HSWISH(overwrite=true)", lambda: nn.Hardswish(inplace=True)),
    ("HSIGMOID", nn.Hardsigmoid),
    ("HSIGMOID(overwrite=true)", lambda: nn.Hardsigmoid(inplace=True)),
    ("MISH", nn.Mish),
    ("MISH(overwrite=true)", lambda: nn.Mish(inplace=True)),
    ("GELU", nn.GELU),
    ("SIGMOID", nn.Sigmoid),
    ("SIGMOID(overwrite=true)", lambda: Function(torch.sigmoid_)),
    ("TANH", nn.Tanh),
    ("TANH(overwrite=true)", lambda: Function(torch.tanh_)),
    ("PRELU", lambda: nn.PReLU(16)),
    ("SOFTMAX", lambda: nn.Softmax(1)),
    ("IN", lambda: nn.InstanceNorm2d(16)),
    ("IN(affine=true)", lambda: nn.InstanceNorm2d(16, affine=True)),
    ("GN(4)", lambda: nn.GroupNorm(4, 16)),
    ("DROPOUT(0.3, channels=true)", lambda: nn.Dropout2d(0.3)),
    ("DROPOUT(0.3, overwrite=true, channels=true)", lambda: nn.Dropout2d(0.3, inplace=True)),
    ("DROPOUT(0.3, overwrite=true)", lambda: nn.Dropout(0.3, inplace=True)),
    ("DROPOUT(0)", lambda: nn.Dropout(0)),
    ("D2S(2) -> CONV1-16", lambda: nn.Sequential(nn.PixelShuffle(2), nn.Conv2d(4, 16, 1))),
    ("S2D(2) -> CONV1-16", lambda: nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(64, 16, 1))),
]


@pytest.mark.parametrize(("text", "module"), [pytest.param(*each, id=each[0]) for each in MODULES])
def test_kept_for_backward(text, module):
    assert ours(text) == kept(module())
