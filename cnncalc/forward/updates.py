"""The steps of the optimizers, as PyTorch has them for lists of arrays: each transient copy exists for all arrays at once.

Sources: Polyak 1964 and Sutskever et al. 2013 (momentum, Nesterov); Duchi et al. 2011 (Adagrad); Tieleman and Hinton 2012
(RMSProp); Zeiler 2012, arXiv:1212.5701 (Adadelta); Kingma and Ba 2014, arXiv:1412.6980 (Adam); Loshchilov and Hutter 2017,
arXiv:1711.05101 (AdamW); Reddi et al. 2018 (AMSGrad); Chen et al. 2023, arXiv:2302.06675 (Lion); Shazeer and Stern 2018,
arXiv:1804.04235 (Adafactor).
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cnncalc.kernels.arrays import Array

    Lists = Sequence[Sequence[Array]]

MOMENTUM, SMOOTHING, TINY = 0.9, 0.99, 1e-8
BETAS, LION_BETAS = (0.9, 0.999), (0.9, 0.99)
ADADELTA_SHARE, ADADELTA_TINY = 0.9, 1e-6
FLOOR, SCALE, CLIP = 1e-30, 1e-3, 1.0  # Adafactor's


class Update(NamedTuple):
    """An optimizer: its state, and its step."""

    state: Callable[[Array], Sequence[Array]]
    """Returns the state of one parameter, zeros of the right shapes."""
    step: Callable[[Step], None]
    rate: float
    """The usual learning rate."""


class Step:
    """A step over all parameters. `hold` counts transient arrays while the step has them."""

    def __init__(
        self,
        parameters: Sequence[Array],
        gradients: Sequence[Array],
        state: Lists,
        count: int,
        rates: Sequence[float],
        decays: Sequence[float],
        hold: Callable[[Sequence[Array]], None],
    ) -> None:
        self.parameters = parameters
        self.gradients = gradients
        self.state = state
        self.count = count
        """The number of this step, from 1."""
        self.rates = rates
        """The learning rate of each parameter."""
        self.decays = decays
        """The weight decay of each parameter."""
        self.hold = hold

    def decayed(self) -> Sequence[Array]:
        """Return the gradients with those of the weights' squares, decay/2 * w^2, in new arrays; without decay themselves."""
        if not any(self.decays):
            return self.gradients
        each = zip(self.gradients, self.decays, self.parameters, strict=True)
        found = [gradient + decay * parameter for gradient, decay, parameter in each]
        self.hold(found)
        return found

    def decay_apart(self) -> None:
        """Shrink the weights themselves."""
        for parameter, rate, decay in zip(self.parameters, self.rates, self.decays, strict=True):
            parameter *= 1 - rate * decay

    def along(self, directions: Sequence[Array]) -> None:
        """Move every parameter against its direction."""
        for parameter, rate, direction in zip(self.parameters, self.rates, directions, strict=True):
            parameter -= rate * direction


def _none(_: Array) -> Sequence[Array]:
    return ()


def _copies(count: int, *, counter: bool = False) -> Callable[[Array], Sequence[Array]]:
    """Return a state of so many arrays like the parameter, and a counter of float32 where PyTorch has one."""

    def state(parameter: Array) -> Sequence[Array]:
        return [*(np.zeros_like(parameter) for _ in range(count)), *([np.zeros((), np.float32)] if counter else [])]

    return state


def _sgd(step: Step) -> None:
    step.along(step.decayed())


def _momentum(step: Step) -> None:
    for (buffer,), gradient in zip(step.state, step.decayed(), strict=True):
        buffer *= MOMENTUM
        buffer += gradient
    step.along([buffer for (buffer,) in step.state])


def _nesterov(step: Step) -> None:
    gradients = step.decayed()
    for (buffer,), gradient in zip(step.state, gradients, strict=True):
        buffer *= MOMENTUM
        buffer += gradient
    step.along([gradient + MOMENTUM * buffer for (buffer,), gradient in zip(step.state, gradients, strict=True)])


def _adagrad(step: Step) -> None:
    gradients = _plain(step)
    for (total,), gradient in zip(step.state, gradients, strict=True):
        total += gradient * gradient
    roots = [np.sqrt(total) + TINY for (total,) in step.state]
    moves = [gradient / root for gradient, root in zip(gradients, roots, strict=True)]
    step.hold([*roots, *moves])
    step.along(moves)


def _plain(step: Step) -> Sequence[Array]:
    """Return the gradients with weight decay added in place, as PyTorch does where the step has transient copies anyway."""
    if any(step.decays):
        for gradient, decay, parameter in zip(step.gradients, step.decays, step.parameters, strict=True):
            gradient += decay * parameter
    return step.gradients


def _rmsprop(step: Step) -> None:
    gradients = _plain(step)
    for (square,), gradient in zip(step.state, gradients, strict=True):
        _mix(square, gradient * gradient, SMOOTHING)
    roots = [np.sqrt(square) + TINY for (square,) in step.state]
    step.hold(roots)
    step.along([gradient / root for gradient, root in zip(gradients, roots, strict=True)])


def _rmsprop_centered(step: Step) -> None:
    gradients = _plain(step)
    for (square, mean, _), gradient in zip(step.state, gradients, strict=True):
        _mix(square, gradient * gradient, SMOOTHING)
        _mix(mean, gradient, SMOOTHING)
    roots = [np.sqrt(np.maximum(square - mean * mean, 0)) + TINY for square, mean, _ in step.state]
    step.hold(roots)
    for (_, _, buffer), gradient, root in zip(step.state, gradients, roots, strict=True):
        buffer *= MOMENTUM
        buffer += gradient / root
    step.along([buffer for _, _, buffer in step.state])


def _adadelta(step: Step) -> None:
    gradients = _plain(step)
    for (square, _, *_), gradient in zip(step.state, gradients, strict=True):
        _mix(square, gradient * gradient, ADADELTA_SHARE)
    roots = [np.sqrt(square + ADADELTA_TINY) for square, _, *_ in step.state]
    moves = [
        np.sqrt(moved + ADADELTA_TINY) / root * gradient
        for (_, moved, *_), root, gradient in zip(step.state, roots, gradients, strict=True)
    ]
    step.hold([*roots, *moves])
    for (_, moved, *_), move in zip(step.state, moves, strict=True):
        _mix(moved, move * move, ADADELTA_SHARE)
    step.along(moves)


def _mix(mean: Array, new: Array, share: float) -> None:
    """Make a moving mean: share * mean + (1 - share) * new."""
    mean *= share
    mean += (1 - share) * new


def _adam(step: Step) -> None:
    _adams(step, _plain(step))


def _adamw(step: Step) -> None:
    step.decay_apart()
    _adams(step, step.gradients)


def _adams(step: Step, gradients: Sequence[Array]) -> None:
    """Move by the mean of the gradients over the root of the mean of their squares, both corrected for their start at 0."""
    first, second = BETAS
    for state, gradient in zip(step.state, gradients, strict=True):
        state[-1][...] = step.count
        _mix(state[0], gradient, first)
        _mix(state[1], gradient * gradient, second)
        if len(state) > 3:  # AMSGrad: the largest so far
            np.maximum(state[2], state[1], out=state[2])
    lift = sqrt(1 - second**step.count)
    roots = [np.sqrt(state[-2]) / lift + TINY for state in step.state]
    step.hold(roots)
    lag = 1 - first**step.count
    step.along([state[0] / root / lag for state, root in zip(step.state, roots, strict=True)])


def _lion(step: Step) -> None:
    first, second = LION_BETAS
    step.decay_apart()
    signs = [np.sign(first * mean + (1 - first) * g) for (mean,), g in zip(step.state, step.gradients, strict=True)]
    step.hold(signs)
    step.along(signs)
    for (mean,), gradient in zip(step.state, step.gradients, strict=True):
        _mix(mean, gradient, second)


def _factored(parameter: Array) -> Sequence[Array]:
    """Return the means of rows and of columns over the last two axes in PyTorch's order, or of single numbers, and a counter."""
    view = _order(parameter)
    counter = np.zeros((), np.float32)
    if view.ndim < 2:
        return [np.zeros_like(view), counter]
    return [np.zeros_like(view[..., :1]), np.zeros_like(view[..., :1, :]), counter]


def _order(array: Array) -> Array:
    """Return an array with its axes in PyTorch's order: filters, depth, then the spatial axes."""
    return array if array.ndim < 2 else array.transpose(array.ndim - 1, array.ndim - 2, *range(array.ndim - 2))


def _adafactor(step: Step) -> None:
    relative = [min(rate, 1 / sqrt(step.count)) for rate in step.rates]
    pairs = zip(step.parameters, relative, strict=True)
    sizes = [max(SCALE, _root_mean_square(parameter)) * rate for parameter, rate in pairs]
    step.decay_apart()
    share = 1 - step.count**-0.8
    moves: list[Array] = []
    for state, gradient in zip(step.state, step.gradients, strict=True):
        g = _order(gradient)
        square = g * g
        state[-1][...] = step.count
        if len(state) == 2:
            _mix(state[0], square, share)
            estimate = state[0]
        else:
            rows, columns, _ = state
            _mix(rows, square.mean(axis=-1, keepdims=True), share)
            _mix(columns, square.mean(axis=-2, keepdims=True), share)
            estimate = rows * columns / np.maximum(rows.mean(axis=-2, keepdims=True), FLOOR)
        moves.append(g / np.sqrt(np.maximum(estimate, FLOOR)))
    step.hold(moves)
    for parameter, move, size in zip(step.parameters, moves, sizes, strict=True):
        view = _order(parameter)
        view -= (size / max(1.0, _root_mean_square(move) / CLIP)) * move


def _root_mean_square(array: Array) -> float:
    return float(np.sqrt(np.mean(np.square(array))))


UPDATES = {
    "sgd": Update(_none, _sgd, 1e-2),
    "momentum": Update(_copies(1), _momentum, 1e-2),
    "nesterov": Update(_copies(1), _nesterov, 1e-2),
    "adagrad": Update(_copies(1), _adagrad, 1e-2),
    "rmsprop": Update(_copies(1), _rmsprop, 1e-3),
    "rmsprop_centered": Update(_copies(3), _rmsprop_centered, 1e-3),
    "adadelta": Update(_copies(2, counter=True), _adadelta, 1.0),
    "adam": Update(_copies(2, counter=True), _adam, 1e-3),
    "adamw": Update(_copies(2, counter=True), _adamw, 1e-3),
    "amsgrad": Update(_copies(3, counter=True), _adam, 1e-3),
    "lion": Update(_copies(1), _lion, 1e-4),
    "adafactor": Update(_factored, _adafactor, 1e-2),
}
