"""Attention against PyTorch, where it is installed: values in float64, and the bytes kept for backward."""

import numpy as np
import pytest
from support import analyzed, layer, volume

from cnncalc import analyze
from cnncalc.kernels.attention import joined, partitioned
from cnncalc.layers.base import How

torch = pytest.importorskip("torch")
F = torch.nn.functional
B, N, D = 2, 10, 12


def run(text, *inputs, **changes):
    """Return our output on random arrays, and the weights as tensors."""
    made = layer(text)
    sizes = tuple(volume("x".join(map(str, (*x.shape[-2:0:-1], x.shape[-1])))) for x in inputs)
    rng = np.random.default_rng(1)
    weights = {each.name: rng.standard_normal(each.shape) / 2 for each in made.weights(sizes) if not each.fixed_bytes} | changes
    found = made.forward(inputs, weights, How())
    return found, {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in weights.items()}


def tokens(*shape):
    return np.random.default_rng(0).standard_normal(shape)


def close(mine, theirs):
    np.testing.assert_allclose(mine, theirs.detach().numpy(), rtol=1e-9, atol=1e-10)


def test_self_attention_is_that_of_multiheadattention():
    x = tokens(B, N, D)
    mine, w = run("ATTENTION(3)", x)
    theirs = torch.nn.MultiheadAttention(D, 3, batch_first=True, dtype=torch.float64)
    state = {
        "in_proj_weight": w["qkv"].T,
        "in_proj_bias": w["qkv_bias"],
        "out_proj.weight": w["out"].T,
        "out_proj.bias": w["out_bias"],
    }
    theirs.load_state_dict(state)
    close(mine, theirs(*[torch.from_numpy(x)] * 3)[0])


def test_cross_attention_is_that_of_multiheadattention():
    x, other = tokens(B, N, D), tokens(B, 5, 8)
    mine, w = run("ATTENTION(3)", x, other)
    theirs = torch.nn.MultiheadAttention(D, 3, batch_first=True, kdim=8, vdim=8, dtype=torch.float64)
    state = {"q_proj_weight": w["query"].T, "k_proj_weight": w["kv"][:, :D].T, "v_proj_weight": w["kv"][:, D:].T}
    state |= {"in_proj_bias": torch.cat([w["query_bias"], w["kv_bias"]])}
    theirs.load_state_dict(state | {"out_proj.weight": w["out"].T, "out_proj.bias": w["out_bias"]})
    close(mine, theirs(torch.from_numpy(x), *[torch.from_numpy(other)] * 2)[0])


def test_grouped_queries_are_those_of_scaled_dot_product_attention():
    x = tokens(B, N, D)
    mine, w = run("ATTENTION(4, units=8, kv_heads=2, projection=false)", x)
    both = torch.from_numpy(x) @ w["qkv"] + w["qkv_bias"]
    q, k, v = (each.unflatten(-1, (-1, 2)).transpose(1, 2) for each in both.split([8, 4, 4], dim=-1))
    close(mine, F.scaled_dot_product_attention(q, k, v, enable_gqa=True).transpose(1, 2).flatten(2))


@pytest.mark.parametrize("shift", [0, 1])
def test_windows_are_those_of_swin(shift):
    swin = pytest.importorskip("torchvision.models.swin_transformer")
    x = tokens(B, 6, 9, D)
    mine, w = run(f"ATTENTION(3, window=3, shift={shift}, relative=true)", x)
    theirs = swin.ShiftedWindowAttention(D, [3, 3], [shift, shift], 3).double()
    state = {"qkv.weight": w["qkv"].T, "qkv.bias": w["qkv_bias"], "proj.weight": w["out"].T, "proj.bias": w["out_bias"]}
    theirs.load_state_dict(theirs.state_dict() | state | {"relative_position_bias_table": w["table"]})
    close(mine, theirs(torch.from_numpy(x)))


def test_a_grid_is_the_unfolding_of_mobilevit():
    """Pixels at the same place of their 2x2 patches attend to each other (Mehta and Rastegari 2021, section 3)."""
    x = tokens(B, 4, 6, D)
    mine, w = run("ATTENTION(3, grid=2)", x)
    unfolded = torch.from_numpy(x).reshape(B, 2, 2, 3, 2, D).permute(0, 2, 4, 1, 3, 5).reshape(B * 4, 6, D)
    q, k, v = (unfolded @ w["qkv"] + w["qkv_bias"]).unflatten(-1, (3, 3, -1)).permute(2, 0, 3, 1, 4)
    y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2) @ w["out"] + w["out_bias"]
    close(mine, y.reshape(B, 2, 2, 2, 3, D).permute(0, 3, 1, 4, 2, 5).reshape(B, 4, 6, D))


@pytest.mark.parametrize("grid", [False, True])
@pytest.mark.parametrize("shape, sizes", [((2, 6, 3), (2,)), ((2, 4, 6, 3), (2, 3)), ((1, 4, 6, 2, 3), (2, 3, 1))])
def test_joining_undoes_the_partition(shape, sizes, grid):
    x = tokens(*shape)
    parts = partitioned(x, sizes, grid=grid)
    assert parts.shape[1] == (x[0, ..., 0].size // np.prod(sizes) if grid else np.prod(sizes))
    np.testing.assert_array_equal(joined(parts, shape, sizes, grid=grid), x)


def saved(function, *inputs):
    """Return the bytes of the storages that a function saves for backward, without its own parameters."""
    own = {each.untyped_storage().data_ptr() for each in function.parameters()} | {
        each.untyped_storage().data_ptr() for each in function.buffers()
    }
    storages, held = {}, []

    def pack(tensor):
        held.append(tensor)
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            storages[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        held.append(function(*inputs))
    return sum(storages.values())


def kept(text, *sizes):
    """Return the bytes that a layer keeps for a batch of 2, by its facts."""
    made, inputs = layer(text), tuple(map(volume, sizes))
    output = made.infer(inputs)
    fact = made.keeps(inputs, output, training=True)
    values = fact.values + fact.output * output.values + fact.inputs * sum(each.values for each in inputs)
    return 2 * (4 * values + 4 * fact.image_floats)


class Fused(torch.nn.Module):
    """Attention as timm writes it."""

    def __init__(self, units, heads, *, fused=True, projection=True):
        super().__init__()
        self.qkv, self.heads, self.fused = torch.nn.Linear(D, 3 * units), heads, fused
        self.out = torch.nn.Linear(units, D) if projection else torch.nn.Identity()

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        if self.fused:
            y = F.scaled_dot_product_attention(q, k, v)
        else:
            y = (q * q.shape[-1] ** -0.5 @ k.transpose(-2, -1)).softmax(-1) @ v
        return self.out(y.transpose(1, 2).flatten(2))


def image(*shape):
    return torch.randn(*shape, requires_grad=True) * 1


def test_bytes_kept():
    assert saved(Fused(D, 3), image(B, N, D)) == kept("ATTENTION(3)", "10x12")
    assert saved(Fused(24, 3), image(B, N, D)) == kept("ATTENTION(3, units=24)", "10x12")
    assert saved(Fused(D, 3, fused=False), image(B, N, D)) == kept("ATTENTION(3, fused=false)", "10x12")
    assert saved(Fused(D, 3, projection=False), image(B, N, D)) == kept("ATTENTION(3, projection=false)", "10x12")
    plain = torch.nn.MultiheadAttention(D, 3, batch_first=True)
    x = image(B, N, D)

    class Once(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.plain = plain

        def forward(self, x):
            return self.plain(x, x, x, need_weights=False)[0]

    assert saved(Once(), x) == kept("ATTENTION(3)", "10x12")


@pytest.mark.parametrize("shift", [0, 1])
def test_bytes_kept_by_windows(shift):
    swin = pytest.importorskip("torchvision.models.swin_transformer")
    theirs = swin.ShiftedWindowAttention(D, [3, 3], [shift, shift], 3)
    assert saved(theirs, image(B, 6, 9, D)) == kept(f"ATTENTION(3, window=3, shift={shift}, relative=true, fused=false)", "9x6x12")


@pytest.mark.parametrize("a, b", [(False, False), (False, True), (True, False), (True, True)])
@pytest.mark.parametrize("heads", [1, 2])
def test_matrix_products(a, b, heads):
    rng = np.random.default_rng(3)
    left, right = rng.standard_normal((B, heads, 3, 4)), rng.standard_normal((B, heads, 4, 5))  # rows x columns of each head
    wanted = torch.from_numpy(left) @ torch.from_numpy(right)

    def volume_of(matrices, *, transposed):
        positions_first = (matrices.swapaxes(2, 3) if transposed else matrices).swapaxes(1, 2)
        return np.ascontiguousarray(positions_first).reshape(B, positions_first.shape[1], -1)

    inputs = volume_of(left, transposed=a), volume_of(right, transposed=b)
    mine, _ = run(f"MATMUL(heads={heads}, transpose_a={str(a).lower()}, transpose_b={str(b).lower()})", *inputs)
    close(mine, wanted.transpose(1, 2).flatten(2))


WRITTEN_OUT = (
    "INPUT[16x16x8] -> CONV3-16(bias=false) -> BN -> x=IDENTITY -> q=CONV1-16 -> k=CONV1-16(from=x) -> v=CONV1-16(from=x)"
    " -> MATMUL(q, k, transpose_b=true) -> a=SOFTMAX -> MATMUL(a, v) -> CONV3-16 -> GAP -> FC-10"
)


class WrittenOut(torch.nn.Module):
    """Self-attention over the positions of an image, with one head, in a small network."""

    def __init__(self):
        super().__init__()
        conv, linear = torch.nn.Conv2d, torch.nn.Linear
        self.start = torch.nn.Sequential(conv(8, 16, 3, padding=1, bias=False), torch.nn.BatchNorm2d(16))
        self.q, self.k, self.v = (conv(16, 16, 1) for _ in range(3))
        self.end = torch.nn.Sequential(
            conv(16, 16, 3, padding=1), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), linear(16, 10)
        )

    def forward(self, x):
        x = self.start(x)
        q, k, v = (each(x).flatten(2) for each in (self.q, self.k, self.v))
        y = v @ (q.transpose(1, 2) @ k).softmax(-1).transpose(1, 2)
        return self.end(y.reshape(x.shape))


def test_bytes_kept_by_matrix_products():
    theirs, ours = WrittenOut(), analyzed(WRITTEN_OUT)
    image_ = torch.randn(2, 8, 16, 16)
    assert sum(each.numel() for each in theirs.parameters()) == ours.totals.params
    assert saved(theirs, image_) - image_.nbytes == ours.training.activations(2) - 4 * 2 * 10 - 4


VIT = """
input: 32x32x3
pattern: CONV8-64/8(padding=0) -> RESHAPE(16x64) -> TOKEN -> TABLE -> [BLOCK]*2 -> LN -> CROP(0:16) -> FC-10
blocks:
  BLOCK: "{ LN -> ATTENTION(4) | } -> ADD -> { LN -> CONV1-128 -> GELU -> CONV1-64 | } -> ADD"
"""


def test_bytes_kept_by_a_vision_transformer():
    models = pytest.importorskip("torchvision.models")
    theirs = models.VisionTransformer(32, 8, 2, 4, 64, 128, num_classes=10).train()
    image_ = torch.randn(2, 3, 32, 32)  # its bytes belong to the batch
    ours = analyzed(VIT)
    assert sum(each.numel() for each in theirs.parameters()) == ours.totals.params
    assert saved(theirs, image_) - image_.nbytes == ours.training.activations(2) - 4 * 2 * 10 - 4  # without the loss


def test_bytes_kept_by_a_swin_transformer():
    models = pytest.importorskip("torchvision.models")
    theirs = models.swin_t().train()
    image_ = torch.randn(2, 3, 224, 224)
    ours = analyze("swin_t")
    assert sum(each.numel() for each in theirs.buffers()) == ours.totals.buffers
    assert saved(theirs, image_) - image_.nbytes == ours.training.activations(2) - 4 * 2 * 1000 - 4
