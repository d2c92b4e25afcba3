"""Transposed weights against PyTorch, where it is installed: `F.linear(x, W.t(), b)`, and a transposed convolution."""

import numpy as np
import pytest
from support import analyzed

from cnncalc.forward.run import run
from cnncalc.forward.weights import drawn

torch = pytest.importorskip("torch")
F = torch.nn.functional


def ran(text, shape):
    """Return the image, the arrays by layer, and the output of a run."""
    network = analyzed(text).network
    weights = drawn(network, 0, "float64")
    x = np.random.default_rng(0).standard_normal(shape)
    done = run(network, x, weights)
    assert not [each.problems for each in done.layers if each.problems]
    arrays = {network.nodes[at].name: {name: torch.from_numpy(value) for name, value in own.items()} for at, own in weights.items()}
    return torch.from_numpy(x), arrays, done.results[len(network.nodes) - 1]


def test_a_tied_matrix():
    x, own, result = ran("INPUT[4x4x3] -> a=FC-5 -> b=FC(share=a, transpose=true)", (2, 4, 4, 3))
    weight = own["a"]["weight"].T  # outputs x inputs, as PyTorch has it
    hidden = F.linear(x.flatten(1), weight, own["a"]["bias"])
    wanted = F.linear(hidden, weight.t(), own["b"]["bias"])
    np.testing.assert_allclose(result.reshape(2, -1), wanted.numpy(), rtol=1e-9)


@pytest.mark.parametrize("groups", [1, 2])
def test_a_tied_kernel(groups):
    text = f"INPUT[9x9x4] -> c=CONV3-6/2(groups={groups}) -> d=DECONV(share=c, transpose=true)"
    x, own, result = ran(text, (2, 9, 9, 4))
    kernel = own["c"]["weight"].permute(3, 2, 0, 1)
    hidden = F.conv2d(x.permute(0, 3, 1, 2), kernel, own["c"]["bias"], 2, 1, groups=groups)
    wanted = F.conv_transpose2d(hidden, kernel, own["d"]["bias"], 2, 1, groups=groups)
    np.testing.assert_allclose(result, wanted.permute(0, 2, 3, 1).numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("mode", ["correlation", "convolution"])
def test_it_is_the_adjoint_of_its_convolution(mode):
    """<conv(x), y> = <x, deconv(y)> without biases."""
    text = f"INPUT[9x9x4] -> c=CONV3-6/2(bias=false, mode={mode}) -> d=DECONV(share=c, transpose=true, bias=false)"
    network = analyzed(text).network
    weights = drawn(network, 0, "float64")
    x = np.random.default_rng(1).standard_normal((1, 9, 9, 4))
    done = run(network, x, weights, keep=[1])
    y = done.results[1]
    np.testing.assert_allclose((y * y).sum(), (x * done.results[2]).sum(), rtol=1e-9)


@pytest.mark.parametrize(
    "text",
    [
        "INPUT[4x4x3] -> a=FC-5 -> FC(share=a, transpose=true)",
        "INPUT[9x9x4] -> a=CONV3-6/2 -> DECONV(share=a, transpose=true) -> GAP",
    ],
)
def test_kept(text):
    network = analyzed(text).network
    image = network.image
    x = torch.rand(2, image.depth, *image.size)
    weight = torch.rand(5, 48) if "FC" in text else torch.rand(6, 4, 3, 3)
    one, two = torch.rand(weight.shape[0]), torch.rand(48 if "FC" in text else 4)
    stored = [each.requires_grad_() for each in (weight, one, two)]
    seen = {}

    def pack(tensor):
        seen[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda packed: packed):
        if "FC" in text:
            y = F.linear(F.linear(x.flatten(1), weight, one), weight.t(), two)
        else:
            y = F.conv_transpose2d(F.conv2d(x, weight, one, 2, 1), weight, two, 2, 1).mean((2, 3))
        loss = F.cross_entropy(y, torch.zeros(2, dtype=torch.long))
    outside = {each.untyped_storage().data_ptr() for each in (*stored, x)}
    kept = sum(size for at, size in seen.items() if at not in outside) - 2 * 8  # without the targets
    del loss
    assert analyzed(text, batch=2).training.activations(2) == kept
