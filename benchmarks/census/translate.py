"""A PyTorch module as a list of layers: `torch.export` on meta tensors, one handler for each operator."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

import torch

from benchmarks.census.arrange import arranged
from benchmarks.census.layers import Layers
from benchmarks.census.operators import HANDLERS
from benchmarks.census.values import Axis, Factor, Heads, Part, UnknownOperatorError, Value, length, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Translator", "UnknownOperatorError"]


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
        self.constants = 0
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
        handler = HANDLERS.get(name) or HANDLERS.get(name.rstrip("_"))  # a trailing mark: in place
        if handler is None:
            message = f"{node.target}"
            raise UnknownOperatorError(message)
        self.values[node] = handler(self, node)

    # helpers

    def name(self, node: Any) -> str:
        """Return the path of the module that calls an operator."""
        stack = node.meta.get("nn_module_stack") or {}
        path = [entry[0] for entry in stack.values()][-1] if stack else ""
        return path.removeprefix("L['self'].") or str(node.name)

    def value(self, node: Any, at: int = 0) -> Value:
        """Return an operand of an operator; the layer of one that waits is added."""
        return self.real(self.lazy(node, at))

    def lazy(self, node: Any, at: int = 0) -> Value:
        """Return an operand of an operator, which may wait for what reads it."""
        found = self.values.get(node.args[at])
        if isinstance(found, Value):
            return found
        message = f"{node.target} of {type(found).__name__}"
        raise UnknownOperatorError(message)

    def real(self, value: Value) -> Value:
        """Return the value, its layer added if it waits: a part of a volume, or an attention without its projection."""
        if isinstance(value, Part):
            others = value.others
            size = length(others)
            key = f"{value.layer} {value.index}"
            if key not in self.applied:
                whole = Value(value.layer, value.space, value.depth, [*value.dims, [value.part]], value.batch)
                whole = arranged(self.layers, whole, [value.part, *others], value.space)
                name = f"{value.layer}.part{value.index}"
                self.applied[key] = self.layers.add("SLICE", name, [whole], start=value.index * size, depth=size)
            return Value(self.applied[key], value.space, others, value.dims, value.batch)
        if isinstance(value, Heads):
            layer = self.layers.add("ATTENTION", value.name, [value.source], **value.options, projection=False)
            return Value(layer, value.space, value.depth, value.dims, value.batch)
        return value

    def parameters(self, thing: Any) -> int:
        """Return the number of parameters that stored numbers are made of."""
        names = dict(self.module.named_parameters(remove_duplicate=False))
        return sum(names[each].numel() for each in self.stored[thing] if each in names)

    def own_numbers(self, thing: Any) -> None:
        """Refuse stored numbers that are not the parameters they are made of, each once."""
        total = self.parameters(thing)
        if total != math.prod(thing.meta["val"].shape):
            message = f"a learned tensor of {list(thing.meta['val'].shape)} made of {total} numbers"
            raise UnknownOperatorError(message)

    def arg(self, node: Any, at: int, key: str, default: Any = None) -> Any:
        return node.args[at] if len(node.args) > at else node.kwargs.get(key, default)

    def is_stored(self, thing: Any) -> bool:
        return thing in self.stored if isinstance(thing, torch.fx.Node) else False

    def is_learned(self, thing: Any) -> bool:
        names = dict(self.module.named_parameters(remove_duplicate=False))
        return any(name in names for name in self.stored[thing])

    def first(self, value: Value) -> Value:
        """Return the value as N x C x space, in this order."""
        return self.ordered(value, value.dims[1], [value.dims[0], *value.dims[2:]])

    def last(self, value: Value) -> Value:
        """Return the value with the depth of its last axis; the order of its positions is free."""
        return self.deep(value, value.dims[-1])

    def deep(self, value: Value, depth: Axis) -> Value:
        """Return the value with a volume of this depth; the order of its positions is free."""
        if value.depth == depth:
            return value
        taken = {id(each) for each in depth}
        rest = [[each for each in dim if id(each) not in taken] for dim in value.dims]
        return self.ordered(value, depth, [each for each in rest if each])

    def ordered(self, value: Value, depth: Axis, space: Sequence[Axis]) -> Value:
        """Return the value with a volume of these axes, the batch left out; layers are added if the volume differs."""
        axes = [[each for each in dim if each is not value.batch] for dim in space]
        if value.batch in space[0] if space else False:  # an axis of the batch alone is none
            axes = axes if axes[0] else axes[1:]
        return arranged(self.layers, value, depth, axes)

    def step(self, node: Any, kind: str, value: Value, shape: Sequence[int] | None = None, /, **options: object) -> Value:
        """Add a layer behind one value. Without `shape` the axes stay."""
        if shape is not None and value.dims[0] != [value.batch]:
            message = f"{kind} of parts of an image"
            raise UnknownOperatorError(message)
        layer = self.layers.add(kind, self.name(node), [value], **options)
        return value.at(layer) if shape is None else plain(layer, shape, self.batch)

    def pointwise(self, node: Any, kind: str, **options: object) -> Value:
        """Add an activation; a trailing underscore is PyTorch's mark of one that works in place."""
        if str(node.target).split(".")[1].endswith("_") and kind not in {"RELU", "SIGMOID", "TANH"}:
            options["overwrite"] = True
        return self.step(node, kind, self.value(node), None, **options)

    @staticmethod
    def depth_at(value: Value) -> int:
        """Return the axis of the tensor that is the depth of the volume; -1 if it has a size of 1."""
        return next((at for at, dim in enumerate(value.dims) if dim and dim == value.depth), -1)

    def tokens(self, value: Value) -> Value:
        """Return N x tokens x C as a volume with one spatial axis."""
        value = self.last(value)
        if len(value.space) == 1:
            return value
        flat = [factor for each in value.space for factor in each]
        layer = self.layers.add("RESHAPE", f"{value.layer}.tokens", [value], shape=f"{length(flat)}x{length(value.depth)}")
        return Value(layer, [flat], value.depth, value.dims, value.batch)
