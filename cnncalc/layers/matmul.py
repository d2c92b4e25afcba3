"""MATMUL: the matrix product of two volumes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers import misfits
from cnncalc.layers._global import whole_window
from cnncalc.layers._merge import Merge
from cnncalc.layers.base import LOWER, Example, Gradients, Keeps, Misfit, Values, Work
from cnncalc.layers.options import Option, boolean, whole
from cnncalc.maths.count import Count, dim
from cnncalc.maths.volume import Volume, written
from cnncalc.text.suggest import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.maths.window import Window

HEADS = Option("heads", whole(), "an integer", "equal parts of both depths, multiplied one by one", 1)
TRANSPOSE_A = Option("transpose_a", boolean, "true or false", "whether the first matrix is depth x positions", default=False)
TRANSPOSE_B = Option("transpose_b", boolean, "true or false", "whether the second matrix is depth x positions", default=False)


@final
class Matmul(Merge):
    """The matrix product of two volumes; each is a matrix of positions x depth, L x D or (W*H) x D.

    Shapes: PxD times DxK, where the D positions of the second volume have depth K, is PxK at the positions of the first. With
    `transpose_b`, PxD times the transpose of KxD. With `heads`, both depths have so many parts; the products of the parts stand
    side by side in the depth. With `transpose_a`, the rows of the product are positions of a line.

    MACs: P*D*K for each head, all of them products of two volumes (`matmul_macs`).
    Source: Vaswani et al. 2017, arXiv:1706.03762, equation 1; Wang et al. 2017, arXiv:1711.07971, section 3.2.
    """

    kind = "matmul"
    told = ("heads", "transpose_a", "transpose_b")
    summary = "the matrix product of two volumes"
    precision = LOWER
    options: ClassVar[tuple[Option, ...]] = (HEADS, TRANSPOSE_A, TRANSPOSE_B)
    most = 2
    examples = (
        Example(
            "14x14x64 14x14x64",
            "MATMUL(transpose_b=true)",
            "14x14x196",
            macs=196 * 64 * 196,
            source="Wang et al. 2017, arXiv:1711.07971, figure 2",
            window="whole",
        ),
        Example("197x768 197x768", "MATMUL(heads=12, transpose_b=true)", "197x2364", macs=12 * 197 * 64 * 197, window="whole"),
        Example(
            "2x2 2x3",
            "MATMUL",
            "2x3",
            macs=2 * 2 * 3,
            values=Values("1 2 | 3 4 & 1 0 | 0 1 | 5 7", "1 2 | 3 4 | 26 38"),
            keeps=Keeps("new", inputs=True),
        ),
        Example("1x2 3x2", "MATMUL(transpose_b=true)", "1x3", values=Values("1 | 2 & 1 2 3 | 4 5 6", "9 | 12 | 15"), macs=6),
        Example("2x2 2x1", "MATMUL(transpose_a=true)", "2x1", values=Values("1 2 | 3 4 & 1 10", "21 43"), macs=4),
        Example("1x4 2x2", "MATMUL(heads=2)", "1x2", values=Values("1 | 2 | 3 | 4 & 1 10 | 5 7", "21 | 43"), macs=4),
    )

    heads: int
    transpose_a: bool
    transpose_b: bool

    def matrices(self, inputs: tuple[Volume, ...]) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return rows and columns of both matrices of a head."""
        left, right = inputs
        a = self._matrix(left, transposed=self.transpose_a)
        return a, self._matrix(right, transposed=self.transpose_b)

    def _matrix(self, volume: Volume, *, transposed: bool) -> tuple[int, int]:
        positions, depth = math.prod(volume.size), volume.depth // self.heads
        return (depth, positions) if transposed else (positions, depth)

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the rows of the first matrix as positions, the columns of the second one as depth."""
        self.check(inputs)
        first, *others = inputs
        if len(others) > 1:
            raise Misfit(
                misfits.ARGUMENT,
                f"MATMUL multiplies two volumes, not {len(inputs)}",
                label="one too many",
                hints=("multiply two first, and name the product",),
            )
        for at, volume in enumerate(inputs, 1):
            if volume.depth % self.heads:
                from cnncalc.layers.repairs import divisors  # only needed for errors

                fits = listed(map(str, divisors(self.heads, *(each.depth for each in inputs))), "or")
                raise Misfit(
                    misfits.HEADS,
                    f"MATMUL has {self.heads} heads, which do not divide the depth {volume.depth} of input {at}",
                    field="heads",
                    label=f"{volume.depth}/{self.heads} is no integer",
                    notes=(f"the inputs are {', '.join(each.text for each in inputs)}",),
                    hints=(f"heads {fits} fits",),
                )
        (rows, inner), (wanted, columns) = self.matrices(inputs)
        if inner != wanted:
            raise self._misfit(inputs, inner, wanted)
        size = (rows, *(1,) * (first.rank - 1)) if self.transpose_a else first.size
        return Volume(size, self.heads * columns)

    def _misfit(self, inputs: tuple[Volume, ...], inner: int, wanted: int) -> Misfit:
        """Return the misfit of two matrices, with the transposes that fit."""
        options = [(False, False), (False, True), (True, False), (True, True)]
        fits: list[str] = []
        for a, b in options:
            other = self.replaced(transpose_a=a, transpose_b=b)
            left, right = other.matrices(inputs)
            if left[1] == right[0]:
                fits.append(", ".join(f"{name}={written(flag)}" for name, flag in (("transpose_a", a), ("transpose_b", b))))
        shapes = " and ".join(f"{rows}x{columns}" for rows, columns in self.matrices(inputs))
        return Misfit(
            misfits.MATRICES,
            f"MATMUL of matrices of {shapes}: {inner} columns meet {wanted} rows",
            field="transpose_b",
            label=f"{inner} and {wanted}",
            notes=(f"the inputs are {', '.join(each.text for each in inputs)}",),
            hints=(f"`{fits[0]}` fits",) if fits else (),
        )

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window | None, ...]:
        """Return the own position of the first volume, and all positions of the second; with `transpose_a` all of both."""
        return whole_window(inputs[0]) if self.transpose_a else None, whole_window(inputs[1])

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return rows x inner x columns multiply-accumulates for each head."""
        (rows, inner), (_, columns) = self.matrices(inputs)
        macs: Count = dim("M", rows) * dim("N", inner) * dim("K", columns)
        macs = macs if self.heads == 1 else dim("heads", self.heads) * macs.grouped()
        return Work(macs, matmul=macs)

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return both inputs: each one's gradient is a product with the other."""
        return Keeps("new", inputs=True)

    def keeps_for(self, fact: Keeps, inputs: tuple[Volume, ...], gradients: Sequence[bool], *, learns: bool) -> Keeps:
        """Return an input where the other one needs a gradient."""
        return fact if all(gradients) else fact._replace(only=tuple(1 - at for at, needed in enumerate(gradients) if needed))

    def label(self) -> str:
        """Return `MATMUL(transpose_b=true)`."""
        return self.text()

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the product."""
        from cnncalc.kernels.matmul import matmul

        a, b = inputs
        return matmul(a, b, self.heads, transpose_a=self.transpose_a, transpose_b=self.transpose_b)

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return y' b^T for the first matrix, and a^T y' for the second, head by head."""
        from cnncalc.kernels.matmul import matmul_backward

        a, b = kept.inputs
        flags = {"transpose_a": self.transpose_a, "transpose_b": self.transpose_b}
        return Gradients(matmul_backward(a, b, gradient, self.heads, wanted=wanted.inputs, **flags))
