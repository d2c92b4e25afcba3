"""Autocast's 16-bit copies of weights: made at their first use, cached to the end of the forward pass, held for backward.

Source: PyTorch 2.14, measured on the CPU over all storages; aten/src/ATen/autocast_mode.cpp (`cached_cast`): float32 leaves that
need a gradient are cached until autocast is left, all others are cast at each use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.precision import Precision
    from cnncalc.analyses.trainable import Trainable
    from cnncalc.graph.graph import Network
    from cnncalc.layers.base import Keeps


class Copy(NamedTuple):
    """The copies for one layer: bytes of the weights, which backward may need, and of the biases, which it does not."""

    key: int
    """The layer that has the weights; for weights that are not cached, the layer at hand, counted from -1 down."""
    weights: int
    biases: int


class WeightCopies:
    """The copies of a network's weights that live at the moment; `bytes` is their size."""

    def __init__(self, network: Network, learns: Trainable, precision: Precision, keeps: Sequence[Keeps], size: int) -> None:
        self.network = network
        self.lower = precision.lower
        self.keeps = keeps
        self.tensors = learns.tensors
        self.learned = learns.learned
        self.size = size
        self.bytes = 0
        self.cached: dict[int, Copy] = {}
        self.held: dict[int, Copy] = {}
        self.holders: dict[int, int] = {}

    def casts(self, at: int) -> bool:
        """Return whether autocast runs a layer in 16 bits."""
        return self.lower[at]

    def begin(self, at: int, *, hold: bool) -> None:
        """Make the copies that a layer reads, if there are none yet; with `hold`, backward needs the weights."""
        for copy in self._copies(at):
            if copy.key not in self.cached:
                self.cached[copy.key] = copy
                self.bytes += copy.biases + (0 if self.holders.get(copy.key) else copy.weights)
            if hold and copy.weights:
                self.held[at] = copy
                self.holders[copy.key] = self.holders.get(copy.key, 0) + 1

    def end(self, at: int) -> None:
        """Free the copies of weights that are not cached, at the end of their layer."""
        self._drop(-1 - at)

    def leave(self) -> None:
        """Free what is only cached, at the end of the forward pass."""
        for key in list(self.cached):
            self._drop(key)

    def let_go(self, at: int) -> None:
        """Free the weights that the backward step of a layer held."""
        copy = self.held.pop(at, None)
        if copy is None:
            return
        self.holders[copy.key] -= 1
        if not self.holders[copy.key] and copy.key not in self.cached:
            self.bytes -= copy.weights

    def _drop(self, key: int) -> None:
        copy = self.cached.pop(key, None)
        if copy is not None:
            self.bytes -= copy.biases + (0 if self.holders.get(key) else copy.weights)

    def _copies(self, at: int) -> tuple[Copy, ...]:
        """Return the copies that a layer reads. Weights that the layer rewrites in each pass are not cached."""
        node = self.network.nodes[at]
        owner = node.shared if node.shared >= 0 else at
        numbers = {"weight": 0, "bias": 0, "buffer": 0}
        for tensor in self.tensors[owner]:
            numbers[tensor.role] += tensor.numbers.value
        if node.tied >= 0:  # PyTorch casts a transposed view at each use
            numbers["weight"] += sum(tensor.numbers.value for tensor in self.tensors[node.tied] if tensor.role == "weight")
            return (Copy(-1 - at, self.size * numbers["weight"], self.size * numbers["bias"]),)
        key, rewritten = owner if self.learned[owner] else -1 - at, self.keeps[at].copies
        weights, biases = self.size * (rewritten or numbers["weight"]), self.size * numbers["bias"]
        return (Copy(-1 - at, weights, 0), Copy(key, 0, biases)) if rewritten and key >= 0 else (Copy(key, weights, biases),)
