"""Stages: the layers whose outputs have one size, with their values, parameters and work.

Source: the columns of He et al. 2015, arXiv:1512.03385, Table 1, and the rows of Simonyan and Zisserman 2014, arXiv:1409.1556,
Table 1, which a pool ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses import counts
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.subject import Subject


class Stage(NamedTuple):
    """The layers of one output size, in the order of computation; sums are per image."""

    size: tuple[int, ...]
    """The positions along each axis, without the depth; empty for vectors and tokens of rank 0."""
    layers: tuple[int, ...]
    """The nodes."""
    values: int
    """The values of volumes with memory of their own."""
    params: int
    macs: int

    @property
    def text(self) -> str:
        """Return `56x56`; `vector` where there are no positions."""
        return "x".join(map(str, self.size)) or "vector"


def analyse(subject: Subject) -> Sequence[Stage]:
    """Return the stages, in the order of their first layers. A size that comes back belongs to its first stage."""
    rows = subject.of(counts.analyse).rows
    members: dict[tuple[int, ...], list[int]] = {}
    for at, typed in enumerate(subject.network.typed):
        members.setdefault(typed.output.size, []).append(at)
    return tuple(
        Stage(
            size,
            tuple(found),
            sum(rows[at].values for at in found if rows[at].counted),
            sum(rows[at].params for at in found),
            sum(rows[at].macs.value for at in found),
        )
        for size, found in members.items()
    )
