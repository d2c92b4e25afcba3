"""The bytes that single layers keep for backward, against PyTorch, where it is installed: in 1-D, 2-D and 3-D, unique storages."""

import pytest
from support import analyzed

torch = pytest.importorskip("torch")
F = torch.nn.functional
SIZES = {1: (6,), 2: (6, 4), 3: (6, 4, 3)}  # width, height, time
CONVS = {1: torch.nn.Conv1d, 2: torch.nn.Conv2d, 3: torch.nn.Conv3d}
NORMS = {1: torch.nn.BatchNorm1d, 2: torch.nn.BatchNorm2d, 3: torch.nn.BatchNorm3d}
DEPTH, BATCH = 8, 2


class Own(torch.nn.Module):
    """Parameters and convolutions that a layer may use."""

    def __init__(self, rank):
        super().__init__()
        self.convs = torch.nn.ModuleList([CONVS[rank](DEPTH, DEPTH, 1) for _ in range(2)])
        self.flat = torch.nn.Parameter(torch.rand(DEPTH))
        self.more = torch.nn.Parameter(torch.rand(DEPTH))
        self.scale = torch.nn.Parameter(torch.rand(1, DEPTH, *(1,) * rank))
        self.shift = torch.nn.Parameter(torch.rand(1, DEPTH, *(1,) * rank))
        for name in ("w", "b", "variance", "mean"):
            self.register_buffer(name, torch.rand(DEPTH))
        self.one = torch.nn.Parameter(torch.rand(1))


def space(y):
    """Return the axes of the positions."""
    return tuple(range(2, y.ndim))


def last(call):
    """Return a function that works on the last axis as a layer over the depth."""
    return lambda y, own: call(y.movedim(1, -1), own).movedim(-1, 1)


JOINS = {"ADD": torch.add, "SUB": torch.sub, "MUL": torch.mul, "DIV": torch.div, "MAXIMUM": torch.maximum, "MINIMUM": torch.minimum}


def merges():
    found = {}
    for name, join in JOINS.items():
        found[f"{{ | CONV1-8 }} -> {name}"] = lambda y, own, join=join: join(y, own.convs[0](y))
        found[f"{{ | GAP }} -> {name}"] = lambda y, own, join=join: join(y, y.mean(space(y), keepdim=True))
        found[f"{{ GAP | }} -> {name}"] = lambda y, own, join=join: join(y.mean(space(y), keepdim=True), y)
        found[f"{{ | CONV1-8 | CONV1-8 }} -> {name}"] = lambda y, own, join=join: join(join(y, own.convs[0](y)), own.convs[1](y))
    return found


LAYERS = {
    **merges(),
    "SCALE(0.5)": lambda y, own: y * 0.5,
    "SCALE(1, shift=3)": lambda y, own: y + 3,
    "SCALE(2, shift=3)": lambda y, own: y * 2 + 3,
    "AFFINE": lambda y, own: y * own.scale + own.shift,
    "AFFINE(scale=false)": lambda y, own: y + own.shift,
    "AFFINE(shift=false)": lambda y, own: y * own.scale,
    "AFFINE(shared=true)": lambda y, own: y * own.one + own.one,
    "LAYERSCALE": lambda y, own: y * own.scale,
}


LAYERS |= {
    "MEAN(depth)": lambda y, own: y.mean(1, keepdim=True),
    "MEAN(space)": lambda y, own: y.mean(space(y), keepdim=True),
    "MEAN(volume)": lambda y, own: y.mean((1, *space(y)), keepdim=True),
    "SUM(depth)": lambda y, own: y.sum(1, keepdim=True),
    "MAX(depth)": lambda y, own: y.amax(1, keepdim=True),
    "MAX([space, depth])": lambda y, own: y.amax((1, *space(y)), keepdim=True),
    "NORM(space)": lambda y, own: torch.linalg.vector_norm(y, 2, space(y), keepdim=True),
    "NORM(depth, p=1)": lambda y, own: torch.linalg.vector_norm(y, 1, 1, keepdim=True),
    "NORM(depth, p=inf)": lambda y, own: torch.linalg.vector_norm(y, float("inf"), 1, keepdim=True),
    "NORM(depth, p=3)": lambda y, own: torch.linalg.vector_norm(y, 3, 1, keepdim=True),
    "SOFTMAX": lambda y, own: y.softmax(1),
    "SOFTMAX(space)": lambda y, own: y.flatten(2).softmax(-1).view_as(y),
    "SOFTMAX(volume)": lambda y, own: y.flatten(1).softmax(-1).view_as(y),
    "SOFTMAX(groups=2)": lambda y, own: y.unflatten(1, (2, -1)).softmax(2).view_as(y),
    "SOFTMAX(groups, groups=2)": lambda y, own: y.unflatten(1, (2, -1)).softmax(1).view_as(y),
}


LAYERS |= {
    "GLU": lambda y, own: F.glu(y, 1),
    "SOFTPLUS": lambda y, own: F.softplus(y),
    "CELU": lambda y, own: F.celu(y),
    "CELU(overwrite=true)": lambda y, own: F.celu(y, inplace=True),
    "CLIP(min=-1, max=1)": lambda y, own: y.clamp(-1, 1),
    "CLIP(min=-1, max=1, overwrite=true)": lambda y, own: y.clamp_(-1, 1),
    "POW(2)": lambda y, own: y**2,
    "POW(3, overwrite=true)": lambda y, own: y.pow_(3),
    "SQRT": lambda y, own: y.sqrt(),
    "EXP": lambda y, own: y.exp(),
    "EXP(overwrite=true)": lambda y, own: y.exp_(),
    "LOG": lambda y, own: y.log(),
    "LOG(overwrite=true)": lambda y, own: y.log_(),
    "ABS": lambda y, own: y.abs(),
    "NEG": lambda y, own: -y,
    "NEG(overwrite=true)": lambda y, own: y.neg_(),
    "GELU(sigmoid)": lambda y, own: y * torch.sigmoid(1.702 * y),
}


def frozen(y, own):
    """torchvision's FrozenBatchNorm2d."""
    w, b, variance, mean = (each.reshape(1, -1, *(1,) * (y.ndim - 2)) for each in own.buffers(recurse=False))
    factor = w * (variance + 1e-5).rsqrt()
    return y * factor + (b - mean * factor)


def responses(y, own):
    """timm's GlobalResponseNorm, channels last as in ConvNeXt V2."""
    x = y.movedim(1, -1)
    lengths = x.norm(p=2, dim=tuple(range(1, x.ndim - 1)), keepdim=True)
    shares = lengths / (lengths.mean(dim=-1, keepdim=True) + 1e-6)
    return (x + torch.addcmul(own.more, own.flat, x * shares)).movedim(-1, 1)


def batch_norm(y, own, scale, shift):
    """A batch norm in training; its running statistics are buffers."""
    return F.batch_norm(y, own.mean, own.variance, scale, shift, training=True)


LAYERS |= {
    "BN(shift=false)": lambda y, own: batch_norm(y, own, own.flat, None),
    "BN(scale=false)": lambda y, own: batch_norm(y, own, None, own.more),
    "BN(affine=false)": lambda y, own: batch_norm(y, own, None, None),
    "BN(frozen=true)": frozen,
    "RMSNORM": last(lambda x, own: F.rms_norm(x, (DEPTH,), own.flat)),
    "RMSNORM(scale=false)": last(lambda x, own: F.rms_norm(x, (DEPTH,))),
    "RMSNORM(volume, scale=false)": lambda y, own: F.rms_norm(y, y.shape[1:]),
    "GRN": responses,
    "LN(shift=false)": last(lambda x, own: F.layer_norm(x, (DEPTH,), own.flat)),
    "LN(affine=false)": last(lambda x, own: F.layer_norm(x, (DEPTH,))),
    "GN(2, shift=false)": lambda y, own: F.group_norm(y, 2, own.flat),
    "GN(2, affine=false)": lambda y, own: F.group_norm(y, 2),
}


def kept(rank, call):
    """Return the bytes that PyTorch keeps for backward, without parameters, buffers, the images and the targets."""
    torch.manual_seed(0)
    first, norm, own = CONVS[rank](DEPTH, DEPTH, 3, padding=1, bias=False), NORMS[rank](DEPTH), Own(rank)
    images, targets = torch.rand(BATCH, DEPTH, *SIZES[rank]), torch.zeros(BATCH, dtype=torch.long)
    seen = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        seen[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda packed: packed):
        y = call(norm(first(images)), own)
        second = CONVS[rank](y.shape[1], DEPTH, 3, padding=1)
        scores = second(y).mean(space(y))
        loss = F.cross_entropy(scores, targets)  # alive until all storages are counted
    modules = (first, norm, own, second)
    stored = [each for module in modules for each in (*module.parameters(), *module.buffers())]
    outside = {each.untyped_storage().data_ptr() for each in (*stored, images, targets)}
    del loss
    return sum(size for at, size in seen.items() if at not in outside)


@pytest.mark.parametrize("rank", sorted(SIZES))
@pytest.mark.parametrize("text", sorted(LAYERS))
def test_kept(text, rank):
    size = "x".join(map(str, (*SIZES[rank], DEPTH)))
    pattern = f"INPUT[{size}] -> CONV3-8(bias=false) -> BN -> {text} -> CONV3-8 -> GAP"
    assert analyzed(pattern, batch=BATCH).training.activations(BATCH) == kept(rank, LAYERS[text])
