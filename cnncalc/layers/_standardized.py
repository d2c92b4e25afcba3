"""Kernels that are rewritten in each pass (weight standardization), and kernels that are stored and not learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.layers import misfits
from cnncalc.layers._convolution import Convolution
from cnncalc.layers.base import Gradients, Keeps, Misfit, Passed, Tensor
from cnncalc.layers.options import Option, boolean, number
from cnncalc.text.suggest import listed

if TYPE_CHECKING:
    from cnncalc.kernels.conv import Mode
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.maths.count import Count
    from cnncalc.maths.volume import Volume

STANDARDIZE = Option(
    "standardize", boolean, "true or false", "whether each filter gets mean 0 and variance 1 in every pass", default=False
)
GAIN = Option("gain", boolean, "true or false", "standardize: whether each filter has a learned factor", default=False)
GAMMA = Option("gamma", number(), "a number", "gain: the constant factor of the activation before the layer", 1.0, labelled="never")
EPS = Option("eps", number(0), "a number", "standardize: added to the variance", 1e-6, labelled="never")
STANDARDIZING = (STANDARDIZE, GAIN, GAMMA, EPS)


class Standardized(Convolution):
    """A convolution whose filters can be standardized in each pass.

    Keeps the standardized kernel, a mean and a variance of each filter and, with a gain, its factor, once for the whole batch.
    Source: Qiao et al. 2019, arXiv:1903.10520; with a gain Brock et al. 2021, arXiv:2101.08692 (timm's StdConv2d, ScaledStdConv2d).
    """

    standardize: bool
    gain: bool
    gamma: float
    eps: float

    def rewrites_kernel(self) -> bool:
        """Return whether the filters are standardized."""
        return self.standardize

    def check_standardizing(self) -> None:
        """Refuse options without a meaning."""
        given = self.given()
        useless = [name for name in ("gain", "gamma", "eps") if name in given and not self.standardize]
        if useless:
            raise Misfit(
                misfits.ARGUMENT,
                f"{self.name()} {listed(useless)} {'has' if len(useless) == 1 else 'have'} no meaning without `standardize=true`",
                field=useless[0],
                label="of standardized kernels",
                hints=(f"add `standardize=true`, or remove {'it' if len(useless) == 1 else 'them'}",),
            )
        if "gamma" in given and not self.gain:
            raise Misfit(
                misfits.ARGUMENT,
                f"{self.name()} gamma has no meaning without `gain=true`",
                field="gamma",
                label="a factor of the gain",
                hints=("add `gain=true`, or remove it",),
            )
        if self.standardize and not self.learned:
            raise Misfit(
                misfits.ARGUMENT,
                f"{self.name()} standardizes kernels that are learned, and `learned=false` stores them",
                field="standardize",
                label="of learned kernels",
                hints=("remove either",),
            )

    def gains(self, count: Count) -> tuple[Tensor, ...]:
        """Return the array of the gains, one number for each filter, or no array."""
        return (Tensor("gain", "weight", count, (count.value,)),) if self.gain else ()

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the input, and for standardized filters the new kernel with its statistics."""
        kept = super().keeps(inputs, output, training=training)
        if not self.standardize:
            return kept
        weight = self.weights(inputs)[0]
        return kept._replace(copies=weight.numbers.value, statistics=(3 if self.gain else 2) * weight.shape[-1])

    def used(self, weights: Named) -> Named:
        """Return the filters as they are, or standardized, and the biases."""
        if not self.standardize:
            return weights
        from cnncalc.kernels.standardize import standardized

        new = standardized(weights["weight"], weights["gain"] if self.gain else None, epsilon=self.eps, gamma=self.gamma)
        return {"weight": new, **({"bias": weights["bias"]} if self.bias else {})}

    def convolved(self, x: Array, weights: Named, how: How, groups: int, mode: Mode) -> Array:
        """Return the convolution with the filters as they are, or standardized."""
        return super().convolved(x, self.used(weights), how, groups, mode)

    def train(self, inputs: Arrays, weights: Named, how: How) -> Passed:
        """Return the output, and the standardized filters with their statistics."""
        if not self.standardize:
            return super().train(inputs, weights, how)
        from cnncalc.kernels.standardize import standardized_with_statistics

        saved = standardized_with_statistics(
            weights["weight"], weights["gain"] if self.gain else None, epsilon=self.eps, gamma=self.gamma
        )
        plain = self.replaced(standardize=False, gain=False)
        return Passed(plain.forward(inputs, {**weights, "weight": saved["kernel"]}, how), saved)

    def convolved_back(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted, groups: int, mode: Mode) -> Gradients:
        """Return the gradients of the input, the filters, their gains and the biases."""
        if not self.standardize:
            return super().convolved_back(kept, gradient, weights, wanted, groups, mode)
        from cnncalc.kernels.standardize import standardized_backward

        found = super().convolved_back(kept, gradient, {"weight": kept.saved["kernel"]}, wanted, groups, mode)
        if not wanted.weights:
            return found
        own = standardized_backward(weights["weight"], kept.saved, found.weights["weight"], gamma=self.gamma)
        return found._replace(weights={**found.weights, **own})
