"""How far a neuron sees: size, stride and offset of its receptive field in the image, per axis.

Source: Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019,
equations 2 and 3 and the section on arbitrary graphs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from cnncalc.graph.graph import InferredGraph, Known
    from cnncalc.maths.window import Axis, Window

    Exact = int | Fraction


class Field(NamedTuple):
    """The receptive field of a layer's neurons along one axis, in pixels of the image."""

    size: Exact
    stride: Exact
    """How far the field moves from one neuron to the next."""
    offset: Exact
    """The first pixel that the first neuron sees; negative in the padding."""


class Fields(NamedTuple):
    """The receptive field along each axis; `whole` when every neuron sees the entire image."""

    axes: tuple[Field, ...]
    whole: bool = False


def receptive_fields(inferred: InferredGraph) -> Sequence[Fields]:
    """Return the receptive field of each node: the hull over all paths from the image."""
    fields: list[Fields] = []
    whole: Fields | None = None
    windows: dict[Known, Window | None] = {}
    for node, known in zip(inferred.graph.nodes, inferred.known, strict=True):
        assert known is not None  # noqa: S101  an incomplete graph ends in SpecError before any analysis
        if not node.inputs:
            fields.append(Fields(tuple(Field(1, 1, 0) for _ in known.output.size)))
            whole = Fields(tuple(Field(size, 0, 0) for size in known.output.size), whole=True)
            continue
        before = fields[node.inputs[0]] if len(node.inputs) == 1 else _hull([fields[at] for at in node.inputs])
        if known not in windows:
            windows[known] = known.layer.window(known.inputs[0])
        window = windows[known]
        if window is None or before.whole:
            fields.append(before)
        elif window.whole:
            assert whole is not None  # noqa: S101  the image comes first
            fields.append(whole)
        else:
            step = _spread if window.transposed else _slide
            fields.append(Fields(tuple(step(field, axis) for field, axis in zip(before.axes, window.axes, strict=True))))
    return fields


def _slide(field: Field, axis: Axis) -> Field:
    """Return the field behind a sliding window: r + (D*(F-1))*j, j*S, o - P*j."""
    return Field(
        field.size + (axis.extent - 1) * field.stride, field.stride * axis.stride, field.offset - axis.before * field.stride
    )


def _spread(field: Field, axis: Axis) -> Field:
    """Return the field behind a transposed window: an output is reached by at most ceil(extent/S) inputs."""
    from fractions import Fraction  # noqa: PLC0415  only networks that enlarge their volumes need it

    reached = (axis.extent - 1) // axis.stride
    first = -((axis.extent - 1 - axis.before) // axis.stride)
    stride = Fraction(field.stride) / axis.stride
    whole = stride.numerator if stride.denominator == 1 else stride
    return Field(field.size + reached * field.stride, whole, field.offset + first * field.stride)


def _hull(fields: Sequence[Fields]) -> Fields:
    """Return the field that holds those of all paths."""
    for each in fields:
        if each.whole:
            return each
    return Fields(tuple(_axis_hull(axes) for axes in zip(*(each.axes for each in fields), strict=True)))


def _axis_hull(fields: Sequence[Field]) -> Field:
    first = min(field.offset for field in fields)
    last = max(field.offset + field.size for field in fields)
    return Field(last - first, max(field.stride for field in fields), first)
