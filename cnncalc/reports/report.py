"""The report: everything that was worked out about one spec, for one batch and dtype."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.analyses.counts import Counts, LayerCounts, Totals
    from cnncalc.analyses.memory import Memory
    from cnncalc.analyses.receptive_field import Exact, Fields
    from cnncalc.graph.graph import InferredGraph, Known, Node
    from cnncalc.maths.volume import Volume
    from cnncalc.spec.spec import Expectation
    from cnncalc.text.diagnostic import Diagnostic

SCHEMA_VERSION = 1


class Row(NamedTuple):
    """One layer of the report."""

    node: Node
    known: Known
    counts: LayerCounts
    field: Fields
    inputs: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the layer's name."""
        return self.node.name

    @property
    def label(self) -> str:
        """Return the label of the VGG paper's tables, `CONV3-64`."""
        return self.known.layer.label()

    @property
    def output(self) -> Volume:
        """Return the output volume."""
        return self.known.output


class Report:
    """What `cnncalc analyze` works out. Figures are exact integers; `to_dict()` is the JSON."""

    __slots__ = (
        "_rows",
        "batch",
        "counts",
        "description",
        "diagnostics",
        "dtype",
        "expectations",
        "fields",
        "inferred",
        "memory",
        "name",
        "source",
    )

    def __init__(
        self,
        name: str,
        description: str,
        source: str,
        batch: int,
        dtype: str,
        inferred: InferredGraph,
        counts: Counts,
        memory: Memory,
        fields: Sequence[Fields],
        diagnostics: tuple[Diagnostic, ...],
        expectations: tuple[Expectation, ...],
    ) -> None:
        self.name = name
        self.description = description
        self.source = source
        self.batch = batch
        self.dtype = dtype
        self.inferred = inferred
        self.counts = counts
        self.memory = memory
        self.fields = fields
        self.diagnostics = diagnostics
        self.expectations = expectations
        self._rows: list[Row] = []

    @property
    def rows(self) -> Sequence[Row]:
        """Return the layers, INPUT first, in the order of computation."""
        if not self._rows:
            nodes = self.inferred.graph.nodes
            parts = zip(nodes, self.inferred.known, self.counts.rows, self.fields, strict=True)
            self._rows = [
                Row(node, known, row, field, tuple(nodes[at].name for at in node.inputs))
                for node, known, row, field in parts
                if known is not None
            ]
        return self._rows

    @property
    def totals(self) -> Totals:
        """Return the sums over all layers."""
        return self.counts.totals

    @property
    def image(self) -> Volume:
        """Return the input volume."""
        return self.rows[0].output

    @property
    def result(self) -> Volume:
        """Return the volume of the main output."""
        return self.rows[self.inferred.graph.outputs[-1].at].output

    @property
    def outputs(self) -> Iterator[Row]:
        """Return the layers whose volumes are results, the main one last."""
        return (self.rows[output.at] for output in self.inferred.graph.outputs)

    def to_dict(self) -> dict[str, object]:
        """Return what `--format json` prints."""
        return {
            "schema_version": SCHEMA_VERSION,
            "name": self.name,
            "batch": self.batch,
            "dtype": self.dtype,
            "input": list(self.image.sides),
            "layers": [_layer(row) for row in self.rows],
            "outputs": [row.name for row in self.outputs],
            "left_out": list(self.inferred.graph.left_out),
            "totals": {
                key: getattr(self.totals, key) for key in ("values", "weights", "biases", "params", "buffers", "macs", "flops")
            },
            "memory": {
                "forward": self.memory.forward,
                "forward_and_gradients": self.memory.with_gradients,
                "parameters": self.memory.parameters,
                "buffers": self.memory.buffers,
                "parameters_training": self.memory.parameters_training,
                "images": self.memory.images,
                "training": {"textbook": self.memory.textbook},
            },
            "diagnostics": [diagnostic_dict(diagnostic) for diagnostic in self.diagnostics],
        }

    def __repr__(self) -> str:
        """Return the headline figures."""
        figures = f"{self.totals.params:,} params, {self.totals.macs:,} MACs, forward {self.memory.forward:,} bytes"
        return f"<cnncalc report {self.name!r}: {figures}>"

    def __str__(self) -> str:
        """Return the plain table."""
        from cnncalc.reports.plain import render  # noqa: PLC0415  drawn when asked

        return render(self)

    def _repr_html_(self) -> str:
        """Return the table for a notebook."""
        from cnncalc.reports.html import render  # noqa: PLC0415  drawn when asked

        return render(self)


def _layer(row: Row) -> dict[str, object]:
    counts = row.counts
    return {
        "name": row.name,
        "kind": row.known.layer.kind,
        "label": row.label,
        "inputs": list(row.inputs),
        "output": list(row.output.sides),
        "values": counts.values,
        "counted": counts.counted,
        "weights": counts.weights.value,
        "biases": counts.biases.value,
        "params": counts.params,
        "buffers": counts.buffers,
        "macs": counts.macs.value,
        "flops": counts.flops,
        "formulas": {"weights": counts.weights.filled(), "macs": counts.macs.filled()},
        "receptive_field": {
            "size": [exact(field.size) for field in row.field.axes],
            "stride": [exact(field.stride) for field in row.field.axes],
            "offset": [exact(field.offset) for field in row.field.axes],
            "whole": row.field.whole,
        },
    }


def exact(value: Exact) -> int | float:
    """Return an integer as it is; a fraction, which only enlarging layers make, as a float."""
    return value if isinstance(value, int) else int(value) if value.denominator == 1 else float(value)


def diagnostic_dict(diagnostic: Diagnostic) -> dict[str, object]:
    """Return a diagnostic as JSON has it."""
    place = diagnostic.place()
    file, line, column = place or (None, None, None)
    return {
        "code": diagnostic.code.number,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "file": file,
        "line": line,
        "column": column,
        "label": diagnostic.label,
        "notes": list(diagnostic.notes),
        "hints": list(diagnostic.hints),
    }
