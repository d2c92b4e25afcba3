"""The losses of a classifier: softmax with cross entropy, and the multiclass support vector machine.

Scores are N x positions x classes, classes are N x positions. Both losses are means over images and positions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from cnncalc.kernels.arrays import Array

    Classes = NDArray[np.int64]

MARGIN = 1.0
"""The least difference of the right score and every other one, without a loss."""


class Loss(NamedTuple):
    """A loss: what its forward pass keeps, its value, and its backward pass in two steps."""

    name: str
    keep: Callable[[Array, Classes], Array]
    """Returns an array of the scores' size, kept for the backward pass."""
    value: Callable[[Array, Classes], Array]
    """Returns the loss of each position, from what is kept."""
    inner: Callable[[Array, Classes], Array]
    """Returns an array of the scores' size, from what is kept: the gradient of the first step."""
    outer: Callable[[Array, Array], Array]
    """Returns the gradient of the scores, from what is kept and the gradient of the first step."""


def _at(array: Array, classes: Classes) -> Array:
    """Return the numbers at the classes."""
    found: Array = np.take_along_axis(array, classes[..., None], axis=-1)[..., 0]
    return found


def _log_probabilities(scores: Array, _: Classes) -> Array:
    """Return log softmax."""
    shifted: Array = scores - scores.max(axis=-1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return shifted


def _negative(logs: Array, classes: Classes) -> Array:
    return np.negative(_at(logs, classes))


def _of_negative(logs: Array, classes: Classes) -> Array:
    """Return the gradient of the mean of the negative log-probabilities: -1/n at each class."""
    slope = np.zeros_like(logs)
    np.put_along_axis(slope, classes[..., None], -1 / classes.size, axis=-1)
    return slope


def _of_log_softmax(logs: Array, slope: Array) -> Array:
    """Return slope - p * (sum of the slope)."""
    found = np.exp(logs)
    found *= -slope.sum(axis=-1, keepdims=True)
    found += slope
    return found


def _margins(scores: Array, classes: Classes) -> Array:
    """Return max(0, s_j - s_y + 1) for each other class j."""
    margins = np.maximum(scores - _at(scores, classes)[..., None] + MARGIN, 0)
    np.put_along_axis(margins, classes[..., None], 0, axis=-1)
    return margins


def _sum(margins: Array, _: Classes) -> Array:
    return np.asarray(margins.sum(axis=-1))


def _of_margins(margins: Array, classes: Classes) -> Array:
    """Return 1/n for each class beyond the margin, and minus their number over n at the right one."""
    slope = (margins > 0).astype(margins.dtype)
    slope /= classes.size
    np.put_along_axis(slope, classes[..., None], -slope.sum(axis=-1, keepdims=True), axis=-1)
    return slope


def _passed_on(_: Array, slope: Array) -> Array:
    return slope.copy()


LOSSES = {
    each.name: each
    for each in (
        Loss("softmax", _log_probabilities, _negative, _of_negative, _of_log_softmax),
        Loss("svm", _margins, _sum, _of_margins, _passed_on),
    )
}
"""Source: CS231n course notes, "Linear Classification": softmax classifier, multiclass support vector machine loss."""
