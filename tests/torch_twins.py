"""Layers of windows, merges, reductions and structure, computed by PyTorch on arrays with the channels last.

A twin takes the layer, its inputs, its weights and what its forward pass saved. Import it only where PyTorch is installed.
"""

from functools import reduce

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  its usual name

from cnncalc.layers.base import How
from cnncalc.maths.volume import Volume


def first(x):
    return x.movedim(-1, 1)


def last(x):
    return x.movedim(1, -1)


def by_rank(name, x):
    """Return the function for so many axes: conv1d, conv2d or conv3d."""
    return getattr(F, f"{name}{x.ndim - 2}d")


def sides(pairs):
    """Return (before, after) for each axis as `F.pad` takes them: the last axis first."""
    return [number for pair in reversed(pairs) for number in pair]


def window(layer, x, filler):
    """Return the input padded for all windows, channels first, and the window; `x` has the channels last."""
    steps = layer.steps(x.detach().numpy())
    out = layer.infer((Volume(tuple(reversed(x.shape[1:-1])), x.shape[-1]),)).size[::-1]
    spans = zip(x.shape[1:-1], steps.kernel, steps.stride, steps.dilation, steps.padding, out, strict=True)
    pairs = [(before, max(0, (o - 1) * s + d * (k - 1) + 1 - n - before)) for n, k, s, d, (before, _), o in spans]
    return F.pad(first(x), sides(pairs), value=filler), steps, tuple(out)


def cut(y, out):
    """Return the first outputs."""
    return y[(slice(None), slice(None), *(slice(size) for size in out))]


def deconv(layer, inputs, weights, saved):
    (x,) = inputs
    steps = layer.steps(x.detach().numpy())
    out = layer.infer((Volume(tuple(reversed(x.shape[1:-1])), x.shape[-1]),)).size[::-1]
    w = weights["weight"].movedim((-2, -1), (0, 1))
    y = by_rank("conv_transpose", first(x))(first(x), w, None, steps.stride, 0, 0, layer.groups, steps.dilation)
    y = F.pad(y, [0, 64] * len(out))  # rows that no window reaches
    starts = tuple(slice(before, before + size) for (before, _), size in zip(steps.padding, out, strict=True))
    y = last(y[(slice(None), slice(None), *starts)])
    return y + weights["bias"] if layer.bias else y


def local(layer, inputs, weights, saved):
    (x,) = inputs
    padded, steps, out = window(layer, x, 0.0)
    parts = []
    w, depth = weights["weight"], x.shape[-1] // layer.groups
    for at in np.ndindex(*out):
        place = [
            slice(o * s, o * s + d * (k - 1) + 1, d)
            for o, s, d, k in zip(at, steps.stride, steps.dilation, steps.kernel, strict=True)
        ]
        seen = last(padded[(slice(None), slice(None), *place)]).flatten(1, -2)
        own = w[at].flatten(0, -3).chunk(layer.groups, dim=-1)
        parts.append(
            torch.cat([torch.einsum("npc,pcf->nf", seen[..., g * depth : (g + 1) * depth], each) for g, each in enumerate(own)], 1)
        )
    y = torch.stack(parts, 1).reshape(x.shape[0], *out, -1)
    return y + weights["bias"] if layer.bias else y


def max_pool(layer, x):
    if layer.out is not None:
        bins = layer.out * (x.ndim - 2) if len(layer.out) == 1 else layer.out[::-1]
        return last(by_rank("adaptive_max_pool", first(x))(first(x), bins))
    padded, steps, out = window(layer, x, -torch.inf)
    return last(cut(by_rank("max_pool", padded)(padded, steps.kernel, steps.stride, 0, steps.dilation), out))


def sums(padded, steps, out):
    """Return the sum of each window, with a kernel of ones for each channel."""
    depth = padded.shape[1]
    ones = torch.ones(depth, 1, *steps.kernel, dtype=padded.dtype)
    return cut(by_rank("conv", padded)(padded, ones, None, steps.stride, 0, steps.dilation, depth), out)


def average_pool(layer, x):
    if layer.out is not None:
        bins = layer.out * (x.ndim - 2) if len(layer.out) == 1 else layer.out[::-1]
        return last(by_rank("adaptive_avg_pool", first(x))(first(x), bins))
    padded, steps, out = window(layer, x, 0.0)
    counted = torch.ones_like(x)
    if layer.counts_padding:
        counted = last(F.pad(first(counted), sides(steps.padding), value=1.0))
        befores = [(0, 0)] * (x.ndim - 2)
    else:
        befores = [(before, 0) for before, _ in steps.padding]
    rows = F.pad(first(counted), sides(befores))
    more = [(0, max(0, have - own)) for have, own in zip(padded.shape[2:], rows.shape[2:], strict=True)]
    rows = F.pad(rows, sides(more))[(slice(None), slice(None), *(slice(size) for size in padded.shape[2:]))]
    return last(sums(padded, steps, out) / sums(rows, steps, out))


def l2_pool(layer, x):
    padded, steps, out = window(layer, x, 0.0)
    return last(sums(padded**2, steps, out).sqrt())


def norm(layer, x):
    y = torch.linalg.vector_norm(x, layer.p, dim=axes(layer, x), keepdim=True)
    return y if layer.p else y + 0 * x.sum()  # a count has no gradient


def axes(layer, x):
    return layer.array_axes((x.detach().numpy(),))


def padded(layer, x):
    pairs = layer.padding * (x.ndim - 2) if len(layer.padding) == 1 else layer.padding[::-1]
    mode = "constant" if layer.mode == "zeros" else layer.mode
    return last(F.pad(first(x), sides(pairs), mode=mode, **({"value": layer.value_} if mode == "constant" else {})))


def resized(layer, x):
    rank = x.ndim - 2
    mode = {"bilinear": ["linear", "bilinear", "trilinear"][rank - 1]}.get(layer.mode, layer.mode)
    options = {} if layer.mode in {"nearest", "area"} else {"align_corners": layer.align_corners}
    if layer.size is not None:
        options["size"] = layer.size * rank if len(layer.size) == 1 else layer.size[::-1]
    else:
        options["scale_factor"] = layer.scale * rank if len(layer.scale) == 1 else layer.scale[::-1]
    x = first(x)
    if rank == 1 and (layer.antialias or layer.mode == "bicubic"):  # PyTorch has these in 2-D only
        for name in ("size", "scale_factor"):
            options.update({name: (1, *options[name])} if name in options else {})
        mode = layer.mode
        return last(F.interpolate(x.unsqueeze(2), mode=mode, antialias=layer.antialias, **options).squeeze(2))
    return last(F.interpolate(x, mode=mode, antialias=layer.antialias, **options))


def moved(layer, x):
    """Return the values in their new places, found with a volume of the places."""
    places = np.arange(x[0].numel(), dtype=float).reshape(1, *x.shape[1:])
    new = layer.forward((places,), {}, How())
    return x.reshape(x.shape[0], -1)[:, torch.from_numpy(new.ravel().astype(int))].reshape(x.shape[0], *new.shape[1:])


ONE_INPUT = {
    "AVGPOOL": average_pool,
    "GAP": lambda layer, x: x.mean(tuple(range(1, x.ndim - 1)), keepdim=True),
    "GMP": lambda layer, x: last(by_rank("adaptive_max_pool", first(x))(first(x), 1)),
    "L2POOL": l2_pool,
    "MAX": lambda layer, x: x.amax(axes(layer, x), keepdim=True),
    "MEAN": lambda layer, x: x.mean(axes(layer, x), keepdim=True),
    "NORM": norm,
    "PAD": padded,
    "POOL": max_pool,
    "SUM": lambda layer, x: x.sum(axes(layer, x), keepdim=True),
    "UPSAMPLE": resized,
    **dict.fromkeys(["CROP", "D2S", "FLATTEN", "RESHAPE", "S2D", "SHUFFLE", "SLICE", "TRANSPOSE"], moved),
}
JOINS = {
    "ADD": torch.add,
    "DIV": torch.div,
    "MAXIMUM": torch.maximum,
    "MINIMUM": torch.minimum,
    "MUL": torch.mul,
    "SUB": torch.sub,
}
TWINS = {
    "CONCAT": lambda layer, inputs, weights, saved: torch.cat(inputs, -1),
    "DECONV": deconv,
    "LOCAL": local,
    **{kind: lambda layer, inputs, weights, saved, call=call: call(layer, *inputs) for kind, call in ONE_INPUT.items()},
    **{kind: lambda layer, inputs, weights, saved, join=join: reduce(join, inputs) for kind, join in JOINS.items()},
}
