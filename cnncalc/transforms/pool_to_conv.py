"""The all-convolutional net: every pool becomes a CONV of the same window, stride and depth, followed by RELU.

The new layers have weights to learn: the function changes, and every volume stays the same.
Source: Springenberg et al. 2014, "Striving for Simplicity", arXiv:1412.6806, section 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.maths.volume import Dims, Sides
from cnncalc.text.diagnostic import Diagnostic, SpecError
from cnncalc.transforms import codes
from cnncalc.transforms.rewrite import Changes, Part, fresh, made

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.graph.graph import Network, Node, Typed
    from cnncalc.layers.base import Layer
    from cnncalc.layers.options import Given
    from cnncalc.maths.window import Axis


def pool_to_conv(network: Network, rounding: str | None = None) -> Changes:
    """Return the changes that convert every pool to a CONV and a RELU; `rounding` is the spec's.

    Raises SpecError for a network without pools, and for pools whose windows differ from place to place.
    """
    changes: Changes = {}
    for at, node in enumerate(network.nodes):
        typed = network.typed[at]
        if typed.layer.rounds() and not typed.tensors:
            relu = fresh(f"{node.name}_relu", network.graph)
            changes[at] = (Part(_conv(typed, node, rounding), node.name), Part(made("RELU", {}), relu))
    if not changes:
        raise SpecError(
            [
                Diagnostic(
                    codes.NOTHING,
                    "error",
                    "the network has no pool that a convolution could replace",
                    notes=_global_pools(network),
                )
            ]
        )
    return changes


def _global_pools(network: Network) -> tuple[str, ...]:
    names = [node.name for node in network.nodes if node.origin.kind in {"GAP", "GMP"}]
    return (f"{', '.join(names)} stays: the all-convolutional net also ends in a global average",) if names else ()


def _conv(typed: Typed, node: Node, rounding: str | None) -> Layer:
    """Return the CONV over the same windows. For a pool that rounds up, padding covers the overhang of the last window."""
    window = typed.window
    if window is None or not window.slides:
        raise SpecError(
            [
                Diagnostic(
                    codes.NOT_CONVERTED,
                    "error",
                    f"{node.name} has windows that differ from place to place, and a CONV has one window for all places",
                    node.origin.span,
                    notes=node.origin.notes,
                    hints=("give the pool a kernel and a stride",),
                )
            ]
        )
    (volume,) = typed.inputs
    axes = window.axes
    sides = [_padding(axis, size, out) for axis, size, out in zip(axes, volume.size, typed.output.size, strict=True)]
    given: dict[str, Given] = {
        "kernel": _each([axis.kernel for axis in axes]),
        "filters": volume.depth,
        "stride": _each([axis.stride for axis in axes]),
        "padding": Sides(tuple(sides)) if len(set(sides)) > 1 or sides[0][0] != sides[0][1] else sides[0][0],
        "dilation": _each([axis.dilation for axis in axes]),
    }
    if window.rounding != "strict":
        given["rounding"] = window.rounding if window.rounding == rounding else "floor"
    return made("CONV", given)


def _padding(axis: Axis, size: int, out: int) -> tuple[int, int]:
    """Return the padding that gives the same number of windows as the pool."""
    return axis.before, max(axis.after, (out - 1) * axis.stride + axis.extent - size - axis.before)


def _each(values: Sequence[int]) -> Given:
    return values[0] if len(set(values)) == 1 else Dims(tuple(values))
