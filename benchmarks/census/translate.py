"""A PyTorch module as a list of layers: `torch.export` on meta tensors, one handler for each operator.

Tensors of PyTorch have any number of axes, volumes of cnncalc have width, height and depth. A `Value` holds both: the volume of
a layer, and the axes of the tensor as products of factors of the volume's axes. A view, a permutation or a split only moves
factors. A layer is added where an operator needs an order that the volume does not have.
"""

from __future__ import annotations

import math
import operator
import re
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class UnknownOperatorError(Exception):
    """An operator, or a use of one, that has no layer."""


class Factor:
    """A factor of an axis. Two factors are the same only if they are one object."""

    __slots__ = ("size",)

    def __init__(self, size: int) -> None:
        self.size = size


Axis = list[Factor]


def axis(size: int) -> Axis:
    """Return an axis of one factor; none for a size of 1."""
    return [Factor(size)] if size != 1 else []


def length(factors: Axis) -> int:
    """Return the size of an axis."""
    return math.prod(each.size for each in factors)


class Value:
    """A tensor: the layer that computes it, the axes of the layer's volume, and its own axes as PyTorch has them.

    `space` are the spatial axes in PyTorch's order (time, height, width), `depth` is the last axis of the volume.
    """

    def __init__(self, layer: str, space: list[Axis], depth: Axis, dims: list[Axis], batch: Factor) -> None:
        self.layer = layer
        self.space = space
        self.depth = depth
        self.dims = dims
        self.batch = batch

    @property
    def shape(self) -> list[int]:
        """Return the sizes of the tensor's axes."""
        return [length(each) for each in self.dims]

    def at(self, layer: str) -> Value:
        """Return the same axes at another layer."""
        return Value(layer, self.space, self.depth, self.dims, self.batch)

    def split(self, factor: Factor, sizes: Sequence[int]) -> list[Factor]:
        """Write a factor as a product, in the volume and in the tensor."""
        parts = [Factor(size) for size in sizes if size != 1]
        for each in [*self.space, self.depth, *self.dims]:
            if factor in each:
                place = each.index(factor)
                each[place : place + 1] = parts
        if factor is self.batch:
            message = "the batch is split"
            raise UnknownOperatorError(message)
        return parts

    def copy(self) -> Value:
        """Return the same value with lists of its own."""
        return Value(self.layer, [list(a) for a in self.space], list(self.depth), [list(a) for a in self.dims], self.batch)

    def viewed(self, shape: Sequence[int]) -> Value:
        """Return the tensor in another shape."""
        new = self.copy()
        flat = [factor for dim in new.dims for factor in dim]
        dims: list[Axis] = []
        for size in shape:
            dim: Axis = []
            while length(dim) < size:
                factor = flat.pop(0)
                left = size // length(dim)
                if factor.size > left:
                    if factor.size % left:
                        message = f"a view cuts {factor.size} into parts of {left}"
                        raise UnknownOperatorError(message)
                    first, *rest = new.split(factor, [left, factor.size // left])
                    flat[:0] = rest
                    factor = first
                dim.append(factor)
            dims.append(dim)
        new.dims = dims
        return new

    def permuted(self, order: Sequence[int]) -> Value:
        """Return the tensor with its axes in another order."""
        new = self.copy()
        new.dims = [new.dims[at] for at in order]
        return new


def plain(layer: str, shape: Sequence[int], batch: Factor, *, last: bool = False) -> Value:
    """Return the value of a tensor N x C x space, or N x space x C with `last`."""
    sizes = list(shape[1:])
    depth = axis(sizes.pop(-1 if last else 0))
    space = [axis(size) for size in sizes]
    dims = [[batch], *([*space, depth] if last else [depth, *space])]
    return Value(layer, space, depth, [list(each) for each in dims], batch)


class Part(Value):
    """One of several equal parts of a tensor's depth that an attention reads: queries, keys, values."""

    def __init__(self, whole: Value, dims: list[Axis], index: int) -> None:
        super().__init__(whole.layer, whole.space, whole.depth, dims, whole.batch)
        self.index = index

    def copy(self) -> Part:
        return Part(super().copy(), [list(each) for each in self.dims], self.index)


class Heads(Value):
    """The result of an attention before its projection: the layer is not added yet."""

    def __init__(self, whole: Value, dims: list[Axis], heads: int, source: Value, name: str, options: dict[str, object]) -> None:
        super().__init__(whole.layer, whole.space, [factor for at in (1, 3) for factor in dims[at]], dims, whole.batch)
        self.heads = heads
        self.source = source
        self.name = name
        self.options = options

    def copy(self) -> Heads:
        found = Heads.__new__(Heads)
        found.__dict__.update(super().copy().__dict__)
        found.heads, found.source, found.name, found.options = self.heads, self.source, self.name, self.options
        return found


class Layers:
    """The layers so far, each with kind, name, options and sources."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, dict[str, object], list[str], str]] = []
        self.names: dict[str, int] = {}

    def add(self, kind: str, name: str, sources: Sequence[Value], share: str = "", **options: object) -> str:
        """Add a layer and return its name."""
        name = re.sub(r"\s", "_", name) or kind.lower()
        count = self.names[name] = self.names.get(name, 0) + 1
        if count > 1:
            name = f"{name}.{kind.lower()}{count}"
            self.names[name] = 1
        self.rows.append((kind, name, options, [each.layer for each in sources], share))
        return name

    def text(self, title: str, size: str) -> str:
        """Return the spec."""
        from cnncalc.spec.write import Entry, layers_text

        entries = []
        before = "input"
        for kind, name, options, sources, share in self.rows:
            said = tuple((key, str(value).lower() if isinstance(value, bool) else str(value)) for key, value in options.items())
            entries.append(Entry(kind.lower(), name, said, () if sources == [before] else tuple(sources), share))
            before = name
        head = [("name", title), ("input", size), ("rounding", "floor")]
        return layers_text(head, entries, ())


def size_text(sizes: Sequence[int]) -> str:
    """Return sizes in PyTorch's order (height, width) as WxH."""
    found = list(sizes)[::-1]
    return str(found[0]) if len(set(found)) == 1 else "x".join(map(str, found))


def pair(value: Any, rank: int) -> list[int]:
    """Return one number for each axis."""
    return [value] * rank if isinstance(value, int) else list(value) if len(value) == rank else list(value) * rank


class Translator:
    """One exported program as layers."""

    def __init__(self, module: torch.nn.Module, size: Sequence[int]) -> None:
        self.module = module
        self.program = torch.export.export(module, (torch.empty(2, *size, device="meta"),), strict=False)
        self.layers = Layers()
        self.batch = Factor(2)
        self.values: dict[Any, Any] = {}
        self.stored: dict[Any, set[str]] = {}
        self.applied: dict[str, str] = {}
        self.linear: dict[str, tuple[Value, bool]] = {}

    def run(self) -> Layers:
        """Return the layers."""
        signature = self.program.graph_signature
        given = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}
        for node in self.program.graph.nodes:
            if node.op == "placeholder":
                if node.name in given or node.name in signature.inputs_to_lifted_tensor_constants:
                    self.stored[node] = {given[node.name]} if node.name in given else set()
                else:
                    self.values[node] = plain("input", node.meta["val"].shape, self.batch)
            elif node.op == "get_attr":
                self.stored[node] = {str(node.target)}
            elif node.op == "call_function":
                self._call(node)
        return self.layers

    def _call(self, node: Any) -> None:
        reads = list(node.all_input_nodes)
        if not any(each in self.values for each in reads):
            self.stored[node] = set().union(*(self.stored.get(each, set()) for each in reads)) if reads else set()
            return
        name = str(node.target).removeprefix("aten.").split(".")[0] if node.target is not operator.getitem else "getitem"
        handler: Callable[[Any], Any] | None = getattr(
            self, f"op_{name.rstrip('_') if not name.startswith('_') else name.strip('_')}", None
        )
        if handler is None:
            message = f"{node.target}"
            raise UnknownOperatorError(message)
        self.values[node] = handler(node)

    # helpers

    def name(self, node: Any) -> str:
        """Return the path of the module that calls an operator."""
        stack = node.meta.get("nn_module_stack") or {}
        path = [entry[0] for entry in stack.values()][-1] if stack else ""
        return path.removeprefix("L['self'].") or str(node.name)

    def value(self, node: Any, at: int = 0) -> Value:
        found = self.values.get(node.args[at])
        if isinstance(found, Value):
            return found
        message = f"{node.target} of {type(found).__name__}"
        raise UnknownOperatorError(message)

    def arg(self, node: Any, at: int, key: str, default: Any = None) -> Any:
        return node.args[at] if len(node.args) > at else node.kwargs.get(key, default)

    def is_stored(self, thing: Any) -> bool:
        return thing in self.stored if isinstance(thing, torch.fx.Node) else False

    def numbers(self, thing: Any) -> int:
        return int(math.prod(thing.meta["val"].shape))

    def is_learned(self, thing: Any) -> bool:
        names = dict(self.module.named_parameters(remove_duplicate=False))
        return any(name in names for name in self.stored[thing])

    def first(self, value: Value) -> Value:
        """Return the value as N x C x space, in this order."""
        return self._ordered(value, value.dims[1:2], value.dims[2:])

    def last(self, value: Value) -> Value:
        """Return the value as N x space x C, in this order."""
        return self._ordered(value, value.dims[-1:], value.dims[1:-1])

    def _ordered(self, value: Value, depth: list[Axis], space: list[Axis]) -> Value:
        """Return the value with a volume of these axes; a layer is added if the volume differs."""
        if value.dims[0] != [value.batch]:
            message = "the batch is not the first axis"
            raise UnknownOperatorError(message)
        want_depth, flat = depth[0], [factor for each in space for factor in each]
        have_flat = [factor for each in value.space for factor in each]
        if want_depth == value.depth and (flat == have_flat):
            return value
        sizes = [length(each) for each in space]
        if want_depth == have_flat and flat == value.depth and len(have_flat) + len(value.depth):
            if not have_flat:
                layer = self.layers.add("RESHAPE", f"{value.layer}.reshape", [value], shape=f"{length(flat)}x1")
                return Value(layer, [flat], want_depth, value.dims, value.batch)
            if not flat:
                ones = "x".join(["1"] * len(space))
                layer = self.layers.add("RESHAPE", f"{value.layer}.reshape", [value], shape=f"{ones}x{length(want_depth)}")
                return Value(layer, [[] for _ in space], want_depth, value.dims, value.batch)
            tokens = value
            if len(value.space) > 1:
                layer = self.layers.add(
                    "RESHAPE", f"{value.layer}.tokens", [value], shape=f"{length(have_flat)}x{length(value.depth)}"
                )
                tokens = value.at(layer)
            layer = self.layers.add("TRANSPOSE", f"{value.layer}.transpose", [tokens])
            return Value(layer, [flat], want_depth, value.dims, value.batch)
        if sorted(map(id, want_depth)) == sorted(map(id, value.depth)) and flat == have_flat and len(value.depth) == 2:
            layer = self.layers.add("SHUFFLE", f"{value.layer}.shuffle", [value], groups=value.depth[0].size)
            return Value(layer, value.space, want_depth, value.dims, value.batch)
        steps = [len(each) == 2 and each[0] is now[0] for each, now in zip(value.space, space, strict=False) if now]
        if len(space) == len(value.space) and len(steps) == len(space) and all(steps):
            blocks = [each[1].size for each in value.space]
            layer = self.layers.add("S2D", f"{value.layer}.s2d", [value], scale=size_text(blocks))
            return Value(layer, space, want_depth, value.dims, value.batch)
        if [*want_depth, *flat] == [*value.depth, *have_flat] or [*flat, *want_depth] == [*have_flat, *value.depth]:
            if not any(size > 1 for size in sizes):
                layer = self.layers.add("FLATTEN", f"{value.layer}.flatten", [value])
            else:
                shape = "x".join(map(str, [*sizes[::-1], length(want_depth)]))
                layer = self.layers.add("RESHAPE", f"{value.layer}.reshape", [value], shape=shape)
            return Value(layer, space, want_depth, value.dims, value.batch)
        message = f"an order of axes: {value.shape}"
        raise UnknownOperatorError(message)

    def step(self, node: Any, kind: str, value: Value, shape: Sequence[int] | None = None, /, **options: object) -> Value:
        """Add a layer behind one value. Without `shape` the axes stay."""
        layer = self.layers.add(kind, self.name(node), [value], **options)
        return value.at(layer) if shape is None else plain(layer, shape, self.batch)

    def pointwise(self, node: Any, kind: str, **options: object) -> Value:
        """Add an activation; a trailing underscore is PyTorch's mark of one that works in place."""
        if str(node.target).split(".")[1].endswith("_") and kind not in {"RELU", "SIGMOID", "TANH"}:
            options["overwrite"] = True
        return self.step(node, kind, self.value(node), None, **options)

    # layers with windows

    def op_conv2d(self, node: Any) -> Value:
        value = self.first(self.value(node))
        weight, bias = node.args[1], self.arg(node, 2, "bias")
        rank = len(weight.meta["val"].shape) - 2
        stride, padding, dilation = (
            pair(self.arg(node, at, key, default), rank)
            if not isinstance(self.arg(node, at, key, default), str)
            else self.arg(node, at, key, default)
            for at, key, default in ((3, "stride", 1), (4, "padding", 0), (5, "dilation", 1))
        )
        groups = self.arg(node, 6, "groups", 1)
        filters, _, *kernel = weight.meta["val"].shape
        options: dict[str, object] = {"kernel": size_text(kernel), "filters": filters}
        if max(stride) > 1:
            options["stride"] = size_text(stride)
        options["padding"] = padding if isinstance(padding, str) else size_text(padding)
        if max(dilation) > 1:
            options["dilation"] = size_text(dilation)
        if groups > 1:
            options["groups"] = groups
        if bias is None:
            options["bias"] = False
        options |= self._standardized(weight)
        return self._shared(node, "CONV", value, node.meta["val"].shape, weight, options)

    op_conv1d = op_conv3d = op_conv2d

    def _standardized(self, weight: Any) -> dict[str, object]:
        """Return the options of a kernel that is normalized in each pass, or that is not learned."""
        if not self.is_learned(weight):
            return {"learned": False}
        while weight.op == "call_function":
            if "batch_norm" in str(weight.target):
                return {"standardize": True, **({"gain": True} if weight.args[1] is not None else {})}
            weight = next((each for each in weight.all_input_nodes if each in self.stored and self.is_learned(each)), None)
        return {}

    def _shared(
        self,
        node: Any,
        kind: str,
        value: Value,
        shape: Sequence[int],
        weight: Any,
        options: dict[str, object],
        *,
        last: bool = False,
    ) -> Value:
        key = f"{kind} {sorted(self.stored[weight])}"
        owner = self.applied.get(key, "")
        layer = self.layers.add(kind, self.name(node), [value], share=owner, **options)
        self.applied.setdefault(key, layer)
        return plain(layer, shape, self.batch, last=last)

    def op_linear(self, node: Any) -> Value:
        value = self.value(node)
        if isinstance(value, Heads):
            return self._attention(node, value)
        weight, bias = node.args[1], self.arg(node, 2, "bias")
        units = weight.meta["val"].shape[0]
        if len(value.dims) == 2:
            value = self.last(value)
            options: dict[str, object] = {"units": units, **({} if bias is not None else {"bias": False})}
            return self._shared(node, "FC", value, [2, units], weight, options, last=True)
        value = self.last(value)
        options = {"kernel": 1, "filters": units, "padding": 0, **({} if bias is not None else {"bias": False})}
        key = f"CONV {sorted(self.stored[weight])}"
        layer = self.layers.add("CONV", self.name(node), [value], share=self.applied.get(key, ""), **options)
        self.applied.setdefault(key, layer)
        self.linear[layer] = (value, bias is not None)
        depth = axis(units)
        return Value(layer, value.space, depth, [*value.dims[:-1], list(depth)], self.batch)

    def _pool(self, node: Any, kind: str, **more: object) -> Value:
        value = self.first(self.value(node))
        rank = len(value.dims) - 2
        kernel = pair(node.args[1], rank)
        stride = pair(self.arg(node, 2, "stride") or kernel, rank)
        padding = pair(self.arg(node, 3, "padding", 0), rank)
        options: dict[str, object] = {"kernel": size_text(kernel), "stride": size_text(stride), **more}
        if max(padding):
            options["padding"] = size_text(padding)
        ceil = self.arg(node, 5 if kind == "POOL" else 4, "ceil_mode", default=False)
        if ceil:
            options["rounding"] = "ceil"
        if kind == "AVGPOOL" and max(padding) and not self.arg(node, 5, "count_include_pad", default=True):
            options["count_padding"] = False
        return self.step(node, kind, value, node.meta["val"].shape, **options)

    def op_max_pool2d(self, node: Any) -> Value:
        return self._pool(node, "POOL")

    def op_avg_pool2d(self, node: Any) -> Value:
        return self._pool(node, "AVGPOOL")

    def op_adaptive_avg_pool2d(self, node: Any) -> Value:
        value = self.first(self.value(node))
        out = pair(node.args[1], 2)
        return (
            self.step(node, "GAP", value, node.meta["val"].shape)
            if out == [1, 1]
            else self.step(node, "AVGPOOL", value, node.meta["val"].shape, out=size_text(out))
        )

    def op_adaptive_max_pool2d(self, node: Any) -> list[Value]:
        value = self.first(self.value(node))
        out, shape = pair(node.args[1], 2), node.meta["val"][0].shape
        whole = out == [1, 1]
        return [self.step(node, "GMP", value, shape) if whole else self.step(node, "POOL", value, shape, out=size_text(out))]

    def op_upsample_nearest2d(self, node: Any) -> Value:
        value = self.first(self.value(node))
        shape = node.meta["val"].shape
        return self.step(node, "UPSAMPLE", value, shape, size=size_text(shape[2:]), **self._mode(node))

    op_upsample_bilinear2d = op_upsample_bicubic2d = op_upsample_nearest2d

    @staticmethod
    def _mode(node: Any) -> dict[str, object]:
        mode = re.search(r"nearest|bilinear|bicubic", str(node.target))
        aligned = node.args[2] if len(node.args) > 2 and isinstance(node.args[2], bool) else node.kwargs.get("align_corners", False)
        return {"mode": mode.group() if mode else "nearest", **({"align_corners": True} if aligned else {})}

    def op_pad(self, node: Any) -> Value:
        value = self.first(self.value(node))
        sides = list(node.args[1])
        if not any(sides):  # a copy
            return self.step(node, "SCALE", value, None, factor=1)
        if min(sides) < 0:
            value = self._cropped(node, value, sides)
            sides = [max(each, 0) for each in sides]
        pairs = [f"{sides[at]}:{sides[at + 1]}" for at in range(0, len(sides), 2)]
        while len(pairs) < len(value.space):
            pairs.append("0:0")
        mode = self.arg(node, 2, "mode", "constant")
        number = self.arg(node, 3, "value", 0) or 0
        options: dict[str, object] = {"padding": "x".join(pairs)}
        if mode != "constant":
            options["mode"] = {"replicate": "replicate", "reflect": "reflect", "circular": "circular"}[mode]
        if number:
            options["value"] = number
        return self.step(node, "PAD", value, node.meta["val"].shape, **options)

    def _cropped(self, node: Any, value: Value, sides: Sequence[int]) -> Value:
        """Return the value without the pixels that negative padding takes away."""
        cuts = [max(-each, 0) for each in sides]
        texts = [f"{cuts[at]}:{cuts[at + 1]}" for at in range(0, len(cuts), 2)]
        shape = list(node.meta["val"].shape)
        for at in range(0, len(sides), 2):
            shape[-1 - at // 2] -= max(sides[at], 0) + max(sides[at + 1], 0)
        return self.step(node, "CROP", value, shape, crop="x".join(texts))

    # norms

    def op_batch_norm(self, node: Any) -> Value:
        value = self.first(self.value(node))
        scale, shift = node.args[1], node.args[2]
        mean = next(iter(self.stored[node.args[3]]), "")
        tracked = any(name == mean.replace("running_mean", "num_batches_tracked") for name, _ in self.module.named_buffers())
        options: dict[str, object] = {}
        if scale is None:
            options["scale"] = False
        if shift is None:
            options["shift"] = False
        if not tracked:
            options["counter"] = False
        return self.step(node, "BN", value, None, **options)

    def op_layer_norm(self, node: Any) -> Value:
        value = self.value(node)
        if len(node.args[1]) != 1:
            message = "layer_norm over several axes"
            raise UnknownOperatorError(message)
        value = self.last(value)
        return self.step(node, "LN", value, None, **({"shift": False} if self.arg(node, 3, "bias") is None else {}))

    def op_group_norm(self, node: Any) -> Value:
        value = self.first(self.value(node))
        return self.step(
            node, "GN", value, None, groups=node.args[1], **({"shift": False} if self.arg(node, 3, "bias") is None else {})
        )

    def op_rms_norm(self, node: Any) -> Value:
        return self.step(node, "RMSNORM", self.last(self.value(node)), None)

    # activations

    def op_relu(self, node: Any) -> Value:
        return self.pointwise(node, "RELU")

    def op_relu6(self, node: Any) -> Value:
        return self.pointwise(node, "RELU6")

    def op_hardtanh(self, node: Any) -> Value:
        low, high = self.arg(node, 1, "min_val", -1), self.arg(node, 2, "max_val", 1)
        return self.pointwise(node, "RELU6") if (low, high) == (0, 6) else self.pointwise(node, "CLIP", min=low, max=high)

    def op_leaky_relu(self, node: Any) -> Value:
        return self.pointwise(node, "LEAKYRELU", slope=self.arg(node, 1, "negative_slope", 0.01))

    def op_elu(self, node: Any) -> Value:
        return self.pointwise(node, "ELU")

    def op_silu(self, node: Any) -> Value:
        return self.pointwise(node, "SILU")

    def op_mish(self, node: Any) -> Value:
        return self.pointwise(node, "MISH")

    def op_sigmoid(self, node: Any) -> Value:
        return self.pointwise(node, "SIGMOID")

    def op_tanh(self, node: Any) -> Value:
        return self.pointwise(node, "TANH")

    def op_hardswish(self, node: Any) -> Value:
        return self.pointwise(node, "HSWISH")

    def op_hardsigmoid(self, node: Any) -> Value:
        return self.step(node, "HSIGMOID", self.value(node), None)

    def op_gelu(self, node: Any) -> Value:
        return self.step(
            node, "GELU", self.value(node), None, **({"approximate": "tanh"} if node.kwargs.get("approximate") == "tanh" else {})
        )

    def op_prelu(self, node: Any) -> Value:
        return self.step(node, "PRELU", self.first(self.value(node)), None)

    def op_sqrt(self, node: Any) -> Value:
        return self.step(node, "SQRT", self.value(node), None)

    def op_rsqrt(self, node: Any) -> Value:
        return self.step(node, "POW", self.value(node), None, p=-0.5)

    def op_square(self, node: Any) -> Value:
        return self.step(node, "POW", self.value(node), None, p=2)

    def op_pow(self, node: Any) -> Value:
        return self.step(node, "POW", self.value(node), None, p=node.args[1])

    def op_softmax(self, node: Any) -> Value:
        value = self.value(node)
        dim = value.dims[node.args[1]]
        flat = [factor for each in value.space for factor in each]
        if dim == value.depth and dim:
            return self.step(node, "SOFTMAX", value, None)
        if dim == flat:
            return self.step(node, "SOFTMAX", value, None, over="space")
        if value.depth and dim == value.depth[:1]:
            return self.step(node, "SOFTMAX", value, None, over="groups", groups=length(dim))
        if value.depth and dim == value.depth[-1:]:
            return self.step(node, "SOFTMAX", value, None, groups=length(value.depth[:-1]))
        message = f"softmax over {node.args[1]}"
        raise UnknownOperatorError(message)

    # reductions

    def _over(self, value: Value, dims: Sequence[int]) -> str:
        """Return the word for the axes of a reduction."""
        factors = {id(factor) for at in dims for factor in value.dims[at]}
        axes = {"depth": value.depth, **dict(zip(["width", "height", "time"], value.space[::-1], strict=False))}
        words = [word for word, each in axes.items() if each and all(id(factor) in factors for factor in each)]
        covered = {id(factor) for word in words for factor in axes[word]}
        if covered != factors or self.batch in [factor for at in dims for factor in value.dims[at]]:
            message = "a reduction over a part of an axis"
            raise UnknownOperatorError(message)
        spatial = [word for word, each in axes.items() if word != "depth" and each]
        return (
            "volume"
            if len(words) == len(spatial) + 1 and "depth" in words
            else "space"
            if words and set(words) == set(spatial)
            else ",".join(words)
        )

    def _reduced(self, value: Value, dims: Sequence[int], *, keep: bool, layer: str) -> Value:
        factors = {id(factor) for at in dims for factor in value.dims[at]}
        gone = {at % len(value.dims) for at in dims}
        new = value.copy()
        new.layer = layer
        new.space = [[factor for factor in each if id(factor) not in factors] for each in new.space]
        new.depth = [factor for factor in new.depth if id(factor) not in factors]
        new.dims = [[] if at in gone else dim for at, dim in enumerate(new.dims) if keep or at not in gone]
        return new

    def _reduction(self, node: Any, kind: str, dims: Sequence[int], *, keep: bool) -> Value:
        value = self.value(node)
        first = [factor for at in dims for factor in value.dims[at]]
        if kind == "SUM" and first and first == value.depth[: len(first)] and len(first) < len(value.depth):
            return self._sum_of_parts(node, value, dims, keep=keep)
        over = self._over(value, dims)
        if not over:  # over axes of size 1: a copy
            return self._reduced(value, dims, keep=keep, layer=value.layer)
        if kind == "MEAN" and over == "space":
            layer = self.layers.add("GAP", self.name(node), [value])
        else:
            said = f"[{over.replace(',', ', ')}]" if "," in over else over
            layer = self.layers.add(kind, self.name(node), [value], over=said)
        return self._reduced(value, dims, keep=keep, layer=layer)

    def _sum_of_parts(self, node: Any, value: Value, dims: Sequence[int], *, keep: bool) -> Value:
        """Add up parts of the depth."""
        parts = length([factor for at in dims for factor in value.dims[at]])
        depth = length(value.depth) // parts
        slices = [
            value.at(self.layers.add("SLICE", f"{self.name(node)}.part{at}", [value], start=at * depth, depth=depth))
            for at in range(parts)
        ]
        layer = self.layers.add("ADD", self.name(node), slices)
        return self._reduced(value, dims, keep=keep, layer=layer)

    def op_mean(self, node: Any) -> Value:
        dims = self.arg(node, 1, "dim")
        return self._reduction(
            node, "MEAN", [dims] if isinstance(dims, int) else dims, keep=self.arg(node, 2, "keepdim", default=False)
        )

    def op_sum(self, node: Any) -> Value:
        dims = self.arg(node, 1, "dim")
        return self._reduction(
            node, "SUM", [dims] if isinstance(dims, int) else dims, keep=self.arg(node, 2, "keepdim", default=False)
        )

    def op_amax(self, node: Any) -> Value:
        return self._reduction(node, "MAX", self.arg(node, 1, "dim"), keep=self.arg(node, 2, "keepdim", default=False))

    def op_linalg_vector_norm(self, node: Any) -> Value:
        return self._reduction(node, "NORM", self.arg(node, 2, "dim"), keep=self.arg(node, 3, "keepdim", default=False))

    # arithmetic

    def _binary(self, node: Any, kind: str) -> Value:
        a, b = node.args[0], node.args[1]
        if isinstance(a, torch.fx.Node) and isinstance(b, torch.fx.Node) and a in self.values and b in self.values:
            return self._merge(node, kind, self.values[a], self.values[b])
        flipped = not (isinstance(a, torch.fx.Node) and a in self.values)
        value, other = (self.values[b], a) if flipped else (self.values[a], b)
        if not isinstance(other, torch.fx.Node):
            return self._constant(node, kind, value, float(other), flipped=flipped)
        return self._learned(node, kind, value, other)

    def _constant(self, node: Any, kind: str, value: Value, number: float, *, flipped: bool) -> Value:
        if flipped and kind in {"SUB", "DIV"}:
            message = f"a number {kind} a tensor"
            raise UnknownOperatorError(message)
        if kind in {"ADD", "SUB"}:
            return self.step(node, "SCALE", value, None, factor=1, shift=number if kind == "ADD" else -number)
        return self.step(node, "SCALE", value, None, factor=number if kind == "MUL" else 1 / number)

    def _learned(self, node: Any, kind: str, value: Value, other: Any) -> Value:
        """Add a factor or a number of each channel."""
        sizes = list(other.meta["val"].shape)
        sizes = [1] * (len(value.dims) - len(sizes)) + sizes
        where = [at for at, size in enumerate(sizes) if size > 1]
        if where == [len(sizes) - 1] and value.dims[-1] != value.depth:
            value = self.last(value)
        learned = self.is_learned(other)
        if not learned:
            return self.step(node, "SCALE", value, None, factor=1)
        spread = [factor for at in where for factor in value.dims[at]]
        if not where or spread == value.depth:
            options: dict[str, object] = {"shift": False} if kind in {"MUL", "DIV"} else {"scale": False}
            if not where:
                options["shared"] = True
            return self.step(node, "AFFINE", value, None, **options)
        flat = [factor for each in value.space for factor in each]
        if kind == "ADD" and {id(each) for each in spread} == {id(each) for each in [*flat, *value.depth]}:
            return self.step(node, "TABLE", self._tokens(value) if len(value.dims) == 3 else value, None)
        message = f"a learned tensor of {sizes}"
        raise UnknownOperatorError(message)

    def _merge(self, node: Any, kind: str, a: Value, b: Value) -> Value:
        if self._depth_at(a) != self._depth_at(b):
            order = self.last if self._depth_at(a) == len(a.dims) - 1 else self.first
            a, b = order(a), order(b)
        if len(a.space) != len(b.space) and len(a.dims) == len(b.dims):
            order = self._tokens if len(a.dims) == 3 else self.first
            a, b = order(a), order(b)
        larger = a if math.prod(a.shape) >= math.prod(b.shape) else b
        layer = self.layers.add(kind, self.name(node), [a, b])
        return larger.at(layer)

    @staticmethod
    def _depth_at(value: Value) -> int:
        """Return the axis of the tensor that is the depth of the volume; -1 if it has a size of 1."""
        return next((at for at, dim in enumerate(value.dims) if dim and dim == value.depth), -1)

    def op_add(self, node: Any) -> Value:
        return self._binary(node, "ADD")

    def op_sub(self, node: Any) -> Value:
        return self._binary(node, "SUB")

    def op_mul(self, node: Any) -> Value:
        return self._binary(node, "MUL")

    def op_div(self, node: Any) -> Value:
        return self._binary(node, "DIV")

    def op_maximum(self, node: Any) -> Value:
        return self._binary(node, "MAXIMUM")

    def op_addcmul(self, node: Any) -> Value:
        """bias + a*b, with learned numbers and one volume."""
        bias, a, b = node.args[:3]
        value = self.values[b] if b in self.values else self.values[a]
        factor = a if b in self.values else b
        if not (self.is_stored(bias) and self.is_stored(factor)):
            message = "addcmul of volumes"
            raise UnknownOperatorError(message)
        sizes = list(factor.meta["val"].shape)
        where = [at - len(sizes) for at, size in enumerate(sizes) if size > 1]
        if where == [-1] and value.dims[-1] != value.depth:
            value = self.last(value)
        spread = [each for at in where for each in value.dims[at]]
        if spread == value.depth:
            return self.step(node, "AFFINE", value, None)
        message = f"addcmul over {sizes}"
        raise UnknownOperatorError(message)

    # attention

    def op_unbind(self, node: Any) -> list[Part]:
        value, dim = self.value(node), self.arg(node, 1, "dim", 0)
        if not value.dims[dim] or value.dims[dim] != value.depth[:1]:
            message = "unbind"
            raise UnknownOperatorError(message)
        dims = [each for at, each in enumerate(value.dims) if at != dim]
        return [Part(value, dims, at) for at in range(length(value.dims[dim]))]

    def op_scaled_dot_product_attention(self, node: Any) -> Heads:
        """One attention of queries, keys and values that one matrix makes."""
        parts = [self.values.get(each) for each in node.args[:3]]
        query = parts[0]
        if (
            not isinstance(query, Part)
            or [(each.index, each.layer) for each in parts if isinstance(each, Part)] != [(at, query.layer) for at in range(3)]
            or query.layer not in self.linear
            or self.layers.rows[-1][1] != query.layer
            or any(each is not None for each in node.args[3:4])
        ):
            message = "an attention whose queries, keys and values are not made by one matrix"
            raise UnknownOperatorError(message)
        source, bias = self.linear[query.layer]
        self.layers.rows.pop()
        heads, units = query.shape[1], query.shape[1] * query.shape[3]
        return Heads(
            query,
            query.dims,
            heads,
            source,
            self.name(node),
            {"heads": heads, "units": units, "fused": False, **({} if bias else {"bias": False})},
        )

    def _attention(self, node: Any, value: Heads) -> Value:
        """Add an attention at its projection."""
        out = node.args[1].meta["val"].shape[0]
        bias = {} if self.arg(node, 2, "bias") is not None else {"out_bias": False}
        layer = self.layers.add("ATTENTION", value.name, [value.source], **value.options, out=out, **bias)
        depth = axis(out)
        return Value(layer, value.space, depth, [*value.dims[:-1], list(depth)], self.batch)

    def _tokens(self, value: Value) -> Value:
        """Return N x tokens x C as a volume with one spatial axis."""
        value = self.last(value)
        if len(value.space) == 1:
            return value
        flat = [factor for each in value.space for factor in each]
        layer = self.layers.add("RESHAPE", f"{value.layer}.tokens", [value], shape=f"{length(flat)}x{length(value.depth)}")
        return Value(layer, [flat], value.depth, value.dims, value.batch)

    def _first_tokens(self, node: Any, value: Value, count: int) -> Value:
        """Put learned tokens in front."""
        value = self._tokens(value)
        layer = self.layers.add(
            "TOKEN",
            self.name(node) if count == 1 else f"{self.name(node)}.tokens",
            [value],
            **({"count": count} if count > 1 else {}),
        )
        return plain(layer, node.meta["val"].shape, self.batch, last=True)

    def op_select(self, node: Any) -> Value:
        value, dim, index = self.value(node), node.args[1], node.args[2]
        value = self._tokens(value)
        size = length(value.space[0])
        if dim != 1 or len(value.dims) != 3:
            message = "select"
            raise UnknownOperatorError(message)
        layer = self.layers.add("CROP", f"{self.name(node)}.token", [value], crop=f"{index}:{size - 1 - index}")
        return Value(layer, [[]], value.depth, [value.dims[0], value.dims[2]], value.batch)

    # structure

    def op_cat(self, node: Any) -> Value:
        values = [self.values.get(each) for each in node.args[0]]
        dim = self.arg(node, 1, "dim", 0) % len(node.meta["val"].shape)
        stored = node.args[0][0]
        if len(values) == 2 and values[0] is None and isinstance(values[1], Value) and len(values[1].dims) == 3 and dim == 1:
            return self._first_tokens(node, values[1], int(stored.meta["val"].shape[1]))
        if not all(isinstance(each, Value) for each in values) or dim != 1:
            message = f"cat over {dim}"
            raise UnknownOperatorError(message)
        ordered = [self.first(each) for each in values if each is not None]
        if len(ordered) == 1:  # a copy
            return ordered[0]
        layer = self.layers.add("CONCAT", self.name(node), ordered)
        return plain(layer, node.meta["val"].shape, self.batch)

    def op_stack(self, node: Any) -> Value:
        values = [self.first(self.values[each]) for each in node.args[0]]
        if self.arg(node, 1, "dim", 0) != 1:
            message = "stack"
            raise UnknownOperatorError(message)
        layer = self.layers.add("CONCAT", self.name(node), values)
        _, parts, depth, *space = node.meta["val"].shape
        return plain(layer, [2, parts * depth, *space], self.batch).viewed([2, parts, depth, *space])

    def _cut(self, node: Any, value: Value, dim: int, start: int, stop: int, name: str = "") -> Value:
        """Return a part of one axis."""
        dim %= len(value.dims)
        size = length(value.dims[dim])
        if (start, stop) == (0, size):
            return value
        shape = [*value.shape]
        shape[dim] = stop - start
        if value.dims[dim] and value.dims[dim][0] in value.depth:
            value = (
                value
                if value.dims[dim] == value.depth
                else self._ordered(value, [value.dims[dim]], [each for at, each in enumerate(value.dims) if at not in {0, dim}])
            )
            layer = self.layers.add("SLICE", name or self.name(node), [value], start=start, depth=stop - start)
            new = value.copy()
            new.depth = axis(stop - start)
            new.dims[dim] = list(new.depth)
            new.layer = layer
            return new
        message = "a part of a spatial axis"
        raise UnknownOperatorError(message)

    def op_slice(self, node: Any) -> Value:
        value = self.value(node)
        dim, start, stop = self.arg(node, 1, "dim", 0), self.arg(node, 2, "start") or 0, self.arg(node, 3, "end")
        size = value.shape[dim]
        stop = size if stop is None else min(size, stop if stop >= 0 else size + stop)
        start = start if start >= 0 else size + start
        if self.arg(node, 4, "step", 1) != 1:
            message = "a slice with a step"
            raise UnknownOperatorError(message)
        return self._cut(node, value, dim, start, stop)

    def op_narrow(self, node: Any) -> Value:
        _, dim, start, count = node.args
        return self._cut(node, self.value(node), dim, start, start + count)

    def op_split(self, node: Any) -> list[Value]:
        value, dim = self.value(node), self.arg(node, 2, "dim", 0)
        return self._parts(node, value, dim, [length(each) for each in self._split_sizes(node, dim)])

    @staticmethod
    def _split_sizes(node: Any, dim: int) -> list[Axis]:
        return [axis(each.shape[dim]) for each in node.meta["val"]]

    def _parts(self, node: Any, value: Value, dim: int, sizes: Sequence[int]) -> list[Value]:
        found, start = [], 0
        for at, size in enumerate(sizes):
            found.append(self._cut(node, value, dim, start, start + size, f"{node.name}.{at}"))
            start += size
        return found

    op_split_with_sizes = op_chunk = op_split

    def op_getitem(self, node: Any) -> Value | None:
        found, at = self.values[node.args[0]], node.args[1]
        return found[at] if at < len(found) else None  # the indices of a maximum

    def op_view(self, node: Any) -> Value:
        return self.value(node).viewed(node.meta["val"].shape)

    op_reshape = op_flatten = op_unflatten = op_squeeze = op_unsqueeze = op_reshape_as = op_view

    def op_permute(self, node: Any) -> Value:
        return self.value(node).permuted(node.args[1])

    def op_transpose(self, node: Any) -> Value:
        value = self.value(node)
        order = list(range(len(value.dims)))
        a, b = node.args[1], node.args[2]
        order[a], order[b] = order[b], order[a]
        return value.permuted(order)

    def op_contiguous(self, node: Any) -> Value:
        return self.value(node)

    def op_assert_tensor_metadata(self, node: Any) -> None:
        """Nothing is computed."""

    op_expand = op_expand_as = op_to = op_contiguous
    op_dropout = op_alias = op_feature_dropout = op_contiguous

    def op_clone(self, node: Any) -> Value:
        return self.value(node)
