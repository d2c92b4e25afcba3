"""What a format is: a module that reads networks of another tool, or writes them, or both.

A format that does both has one table with a row for each kind, read both ways, so that reader and writer cannot drift apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from cnncalc.graph.graph import Graph, Network
    from cnncalc.text.diagnostic import Findings


class Reader(Protocol):
    """A module that reads a format."""

    @property
    def ENDINGS(self) -> tuple[str, ...]:  # noqa: N802  a constant of the module
        """Return the endings of its files, `.onnx`; in small letters."""
        ...

    def recognizes(self, data: bytes, name: str, /) -> bool:
        """Return whether the content of a file is in this format, without reading all of it. Raises nothing."""
        ...

    def read(self, data: bytes, name: str, findings: Findings, /) -> Graph:
        """Return the graph of a file, made with `graph.builder.Builder`; `name` is for its origins and spans.

        What is wrong with the file, and what cnncalc has no layer for, goes to `findings`. Raises SpecError where nothing is left.
        """
        ...


class Writer(Protocol):
    """A module that writes a format."""

    def write(self, network: Network, /) -> str | bytes:
        """Return the file. Raises SpecError for a network that the format cannot say."""
        ...
