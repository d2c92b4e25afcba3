"""Activations: a function of each value that can overwrite its input."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from cnncalc.layers._elementwise import Elementwise
from cnncalc.layers.base import Gradients, Keeps, Passed
from cnncalc.layers.options import Option, boolean

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.maths.volume import Volume

COPY = "input"
"""The name of the saved copy of an input that is overwritten."""

OVERWRITE = Option(
    "overwrite",
    boolean,
    "true or false",
    "whether training overwrites the input, as PyTorch's inplace=True does",
    default=False,
    labelled="apart",
)


class Activation(Elementwise):
    """A function of each value that can overwrite its input.

    Inference does so where PyTorch has a form in place (`works_in_place`), training with `overwrite`.
    An activation states two facts: the volume that backward needs (`kept`), and what is kept where the input is overwritten
    (`kept_in_place`). Source: PyTorch 2.13, by the tensors that autograd saves.
    """

    works_in_place = True
    options: ClassVar[tuple[Option, ...]] = (OVERWRITE,)
    kept_in_place: ClassVar[Literal["output", "copy"]] = "copy"
    """`output`: the slope follows from the output. `copy`: the input is copied before it is overwritten, the same bytes as
    without `overwrite`; also for activations without a form in place in PyTorch."""
    volumes_in_backward: ClassVar[int] = 0
    """Volumes that the backward step makes beside the input's gradient."""
    overwrite: bool

    def output_tells(self) -> bool:
        """Return whether backward needs the output alone where the input is overwritten; else the input is copied."""
        return self.kept == "output" or self.kept_in_place == "output"

    def bytes_in_backward(self) -> int:
        """Return the bytes for each value of the masks that the backward step makes."""
        return 0

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the input or output next to a new volume; with `overwrite` the output, or a copy of the input."""
        more, masks = self.volumes_in_backward * output.values, self.bytes_in_backward() * output.values
        fact = Keeps("new", gradient_values=more, gradient_bytes=masks)
        fact = fact._replace(output=True) if self.kept == "output" else fact._replace(inputs=True)
        if not self.overwrite:
            return fact
        if self.output_tells():
            return fact._replace(storage="in place", inputs=False, output=True, otherwise=fact)
        return fact._replace(storage="in place", inputs=False, values=output.values, otherwise=fact)

    def train(self, inputs: Arrays, weights: Named, how: How) -> Passed:
        """Return the output, and a copy of an input that is overwritten and that backward needs."""
        copied = any(how.spare) and self.kept == "input" and not self.output_tells()
        saved = {COPY: inputs[0].copy()} if copied else {}
        return Passed(self.forward(inputs, weights, how), saved)

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient times the slope, which follows from what is kept: the input, its copy, or the output."""
        of_output = self.kept == "output" or (kept.overwritten and self.output_tells())
        volume = kept.output if of_output else kept.saved.get(COPY, kept.inputs[0])
        return Gradients((self.sloped(volume, gradient, of_output=of_output),))

    def sloped(self, volume: Array, gradient: Array, *, of_output: bool) -> Array:
        """Return the gradient of the input: that of the output times the slope at a volume, the input or the output."""
        raise NotImplementedError
