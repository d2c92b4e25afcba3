"""The bytes that single layers keep for backward, against PyTorch, where it is installed: in 1-D, 2-D and 3-D, unique storages."""

import pytest
from support import analyzed, layer, volume

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
        self.fixed = CONVS[rank](DEPTH, DEPTH, 1).requires_grad_(requires_grad=False)
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


def kept(rank, call, *, bare=False):
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
        y = call(images if bare else norm(first(images)), own)
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


PARTS = {  # a pattern behind an INPUT, what is frozen, and the same in PyTorch with the layers of `Own`
    **{f"{{ | CONV1-8 }} -> {name}": ([], lambda x, own, join=join: join(x, own.convs[0](x))) for name, join in JOINS.items()},
    **{f"{{ CONV1-8 | }} -> {name}": ([], lambda x, own, join=join: join(own.convs[0](x), x)) for name, join in JOINS.items()},
    **{
        f"{{ | f=CONV1-8 | CONV1-8 }} -> {name}": (["f"], lambda x, own, join=join: join(join(x, own.fixed(x)), own.convs[0](x)))
        for name, join in JOINS.items()
    },
    **{
        f"{{ CONV1-8 | f=CONV1-8 | CONV1-8 }} -> {name}": (
            ["f"],
            lambda x, own, join=join: join(join(own.convs[0](x), own.fixed(x)), own.convs[1](x)),
        )
        for name, join in JOINS.items()
    },
    "CONV1-8 -> f=AFFINE": (["f"], lambda x, own: own.convs[0](x) * own.scale.detach() + own.shift.detach()),
    "CONV1-8 -> f=LAYERSCALE": (["f"], lambda x, own: own.convs[0](x) * own.scale.detach()),
    "CONV1-8 -> f=RMSNORM": (
        ["f"],
        last(lambda x, own: F.rms_norm(own.convs[0](x.movedim(-1, 1)).movedim(1, -1), (DEPTH,), own.flat.detach())),
    ),
    "AFFINE": ([], lambda x, own: x * own.scale + own.shift),
    "RMSNORM": ([], last(lambda x, own: F.rms_norm(x, (DEPTH,), own.flat))),
}


@pytest.mark.parametrize("rank", sorted(SIZES))
@pytest.mark.parametrize("text", sorted(PARTS))
def test_kept_where_some_inputs_or_weights_need_no_gradient(text, rank):
    size = "x".join(map(str, (*SIZES[rank], DEPTH)))
    freeze, call = PARTS[text]
    report = analyzed(f"INPUT[{size}] -> {text} -> NEG -> CONV3-8 -> GAP", batch=BATCH, freeze=freeze)
    assert report.training.activations(BATCH) == kept(rank, lambda x, own: -call(x, own), bare=True)


def allocated(step):
    """Return the largest number of bytes that a step has allocated and not yet freed."""
    step()  # a first one, for what is allocated once
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as found:
        results = step()
    live = most = 0
    for event in found.profiler.kineto_results.events():
        if event.name() == "[memory]":
            live += event.nbytes()
            most = max(most, live)
    del results
    return most


STEPS = {
    "CLIP(min=-1, max=1)": lambda x: x.clamp(-1, 1),
    "CLIP(max=1)": lambda x: x.clamp(max=1),
    "POW(2)": lambda x: x**2,
    "POW(-0.5)": lambda x: x**-0.5,
    "SQRT": torch.sqrt,
    "ABS": torch.abs,
    "EXP": torch.exp,
    "LOG": torch.log,
    "SOFTPLUS": F.softplus,
    "CELU": F.celu,
    "MAX(depth)": lambda x: x.amax(-1, keepdim=True),
    "MAX(volume)": lambda x: x.amax((1, 2, 3), keepdim=True),
    "MEAN(depth)": lambda x: x.mean(-1, keepdim=True),
    **{
        f"NORM(depth, p={p})": lambda x, p=p: torch.linalg.vector_norm(x, float(p), -1, keepdim=True)
        for p in ("0.5", "1", "1.5", "2", "2.5", "3", "inf")
    },
    **JOINS,
}


SCALARS = {"CLIP(min=-1, max=1)": 4, "CLIP(max=1)": 4, "MEAN(depth)": 12}
"""Bytes of constants that PyTorch makes arrays of, once for the batch; no figure has them."""


@pytest.mark.parametrize("text", sorted(STEPS))
def test_what_a_backward_step_allocates(text):
    """The gradients of the inputs, and what is freed at the end of the step."""
    made, one = layer(text), volume("16x12x8")
    inputs = (one, one) if text in JOINS else (one,)
    output = made.infer(inputs)
    fact = made.keeps(inputs, output, training=True)
    arrays = [torch.rand(BATCH, 12, 16, 8, requires_grad=True) for _ in inputs]
    y = STEPS[text](*arrays)
    gradient = torch.rand(y.shape)
    found = allocated(lambda: torch.autograd.grad(y, arrays, gradient, retain_graph=True))
    fresh = {"same": 0, "signed": 1}.get(fact.gradient, len(inputs)) * one.values
    assert found - SCALARS.get(text, 0) == BATCH * (4 * (fresh + fact.gradient_values) + fact.gradient_bytes)


@pytest.mark.parametrize("needed", [(True, False), (False, True)])
@pytest.mark.parametrize("text", sorted(JOINS.keys() - {"ADD", "SUB"}))
def test_what_a_backward_step_with_one_gradient_allocates(text, needed):
    made, one = layer(text), volume("16x12x8")
    fact = made.keeps_for(made.keeps((one, one), one, training=True), (one, one), needed, learns=False)
    arrays = [torch.rand(BATCH, 12, 16, 8, requires_grad=each) for each in needed]
    y = JOINS[text](*arrays)
    gradient, wanted = torch.rand(y.shape), [each for each in arrays if each.requires_grad]
    found = allocated(lambda: torch.autograd.grad(y, wanted, gradient, retain_graph=True))
    assert found == BATCH * (4 * (one.values + fact.gradient_values) + fact.gradient_bytes)
