"""The report: everything that was worked out about one spec, for one batch and dtype."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cnncalc.analyses.mode import Asked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.analyses.backward_work import Backward, BackwardWork
    from cnncalc.analyses.checkpointing import Checkpointing, Checkpoints
    from cnncalc.analyses.counts import Counts, LayerCounts, Totals
    from cnncalc.analyses.inference_memory import Live
    from cnncalc.analyses.learning import Learning
    from cnncalc.analyses.memory import Memory
    from cnncalc.analyses.miscellaneous import Miscellaneous
    from cnncalc.analyses.mode import Mode
    from cnncalc.analyses.receptive_field import Exact, Fields
    from cnncalc.analyses.schedules import Schedule
    from cnncalc.analyses.training_memory import Training
    from cnncalc.graph.graph import Network, Node, Typed
    from cnncalc.maths.volume import Volume
    from cnncalc.spec.spec import Expectation
    from cnncalc.text.diagnostic import Diagnostic

SCHEMA_VERSION = 1


class Row(NamedTuple):
    """One layer of the report."""

    node: Node
    typed: Typed
    counts: LayerCounts
    field: Fields
    inputs: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the layer's name."""
        return self.node.name

    @property
    def kind(self) -> str:
        """Return the layer's kind in lower case, `conv`."""
        return self.typed.layer.kind

    @property
    def label(self) -> str:
        """Return the label of the VGG paper's tables, `CONV3-64`."""
        return self.typed.layer.label()

    @property
    def output(self) -> Volume:
        """Return the output volume."""
        return self.typed.output


class Report:
    """What `cnncalc analyze` works out. Figures are exact integers; `to_dict()` is the JSON."""

    __slots__ = (
        "_backward",
        "_checkpoints",
        "_inference",
        "_learning",
        "_miscellaneous",
        "_rows",
        "_schedule",
        "_training",
        "asked",
        "batch",
        "counts",
        "description",
        "diagnostics",
        "dtype",
        "expectations",
        "fields",
        "memory",
        "mode",
        "name",
        "network",
        "source",
    )

    def __init__(
        self,
        name: str,
        description: str,
        source: str,
        batch: int,
        dtype: str,
        mode: Mode,
        network: Network,
        counts: Counts,
        memory: Memory,
        fields: Sequence[Fields],
        diagnostics: tuple[Diagnostic, ...],
        expectations: tuple[Expectation, ...],
        asked: Asked | None = None,
    ) -> None:
        self.name = name
        self.description = description
        self.source = source
        self.batch = batch
        self.dtype = dtype
        self.mode = mode
        self.network = network
        self.counts = counts
        self.memory = memory
        self.fields = fields
        self.diagnostics = diagnostics
        self.expectations = expectations
        self.asked = asked or Asked()
        self._rows: list[Row] = []
        self._inference: Live | None = None
        self._training: Training | None = None
        self._schedule: Schedule | None = None
        self._checkpoints: tuple[Checkpoints, Checkpointing] | None = None
        self._miscellaneous: Miscellaneous | None = None
        self._backward: Backward | None = None
        self._learning: Learning | None = None

    @property
    def rows(self) -> Sequence[Row]:
        """Return the layers, INPUT first, in the order of computation."""
        if not self._rows:
            nodes = self.network.nodes
            parts = zip(nodes, self.network.typed, self.counts.rows, self.fields, strict=True)
            self._rows = [
                Row(node, typed, row, field, tuple(nodes[at].name for at in node.inputs)) for node, typed, row, field in parts
            ]
        return self._rows

    @property
    def inference(self) -> Live:
        """Return the live volumes of inference in the order that is asked for, worked out when first asked for."""
        if self._inference is None:
            from cnncalc.analyses.inference_memory import inference_live  # noqa: PLC0415

            schedule = self.schedule
            self._inference = schedule.live if schedule else inference_live(self.network, self.mode.size)
        return self._inference

    @property
    def schedule(self) -> Schedule | None:
        """Return the best order of branches, None where that of the spec is taken."""
        if self._schedule is None and self.asked.schedule == "best":
            from cnncalc.analyses.schedules import best_schedule  # noqa: PLC0415  few ask for it

            self._schedule = best_schedule(self.network, self.mode.size)
        return self._schedule

    @property
    def learning(self) -> Learning:
        """Return what learns."""
        if self._learning is None:
            from cnncalc.analyses.learning import learning  # noqa: PLC0415

            self._learning = learning(self.network, self.mode.frozen)
        return self._learning

    @property
    def training(self) -> Training:
        """Return a training step moment by moment, worked out when first asked for."""
        if self._training is None:
            if self.mode.checkpoint:
                self._training = self.checkpoints[1].training
            else:
                from cnncalc.analyses.training_memory import training  # noqa: PLC0415

                self._training = training(self.network, self.mode, (), self.learning)
        return self._training

    @property
    def checkpoints(self) -> tuple[Checkpoints, Checkpointing]:
        """Return the ways to checkpoint, and the one that the mode asks for."""
        if self._checkpoints is None:
            from cnncalc.analyses.checkpointing import Checkpoints  # noqa: PLC0415  few ask for it

            ways = Checkpoints(self.network, self.counts, self.mode)
            self._checkpoints = (ways, ways.chosen(self.mode.checkpoint or "auto", self.batch))
        return self._checkpoints

    @property
    def miscellaneous(self) -> Miscellaneous:
        """Return image batch, augmented copies and the workspace of im2col."""
        if self._miscellaneous is None:
            from cnncalc.analyses.miscellaneous import miscellaneous  # noqa: PLC0415

            self._miscellaneous = miscellaneous(self.network, self.batch, self.mode.size, self.asked.augmented)
        return self._miscellaneous

    @property
    def backward(self) -> Backward:
        """Return the work of the backward pass."""
        if self._backward is None:
            from cnncalc.analyses.backward_work import backward_work  # noqa: PLC0415

            self._backward = backward_work(self.network, self.counts, self.learning)
        return self._backward

    @property
    def backward_macs(self) -> int:
        """Return the multiply-accumulates of the backward pass, without those of each layer."""
        learns, nodes = self.learning, self.network.nodes
        return sum(
            row.macs.value * sum(learns.products(at, nodes[at])) for at, row in enumerate(self.counts.rows) if row.macs.value
        )

    @property
    def training_peak(self) -> int:
        """Return the bytes that training needs at its largest moment."""
        return self.training.peak(self.batch).at(self.batch)

    def at(self, batch: int, dtype: str, mode: Mode, asked: Asked | None = None) -> Report:
        """Return the report of the same network for another batch and dtype, trained otherwise."""
        from cnncalc.analyses.memory import memory  # noqa: PLC0415

        return Report(
            self.name,
            self.description,
            self.source,
            batch,
            dtype,
            mode,
            self.network,
            self.counts,
            memory(self.totals, self.image, batch, dtype, mode.copies),
            self.fields,
            self.diagnostics,
            self.expectations,
            asked or self.asked,
        )

    @property
    def eager_peak(self) -> int:
        """Return what inference needs where a framework holds the input of each block until the block ends."""
        from cnncalc.analyses.inference_memory import inference_live  # noqa: PLC0415

        eager = inference_live(self.network, self.mode.size, eager=True)
        return self.memory.parameters + self.memory.buffers + eager.peak * self.batch

    @property
    def inference_peak(self) -> int:
        """Return the bytes that inference needs at its largest moment."""
        return self.memory.parameters + self.memory.buffers + self.inference.peak * self.batch

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
        return self.rows[self.network.outputs[-1].at].output

    @property
    def outputs(self) -> Iterator[Row]:
        """Return the layers whose volumes are results, the main one last."""
        return (self.rows[output.at] for output in self.network.outputs)

    def to_dict(self) -> dict[str, object]:
        """Return what `--format json` prints."""
        from cnncalc.reports import memory  # noqa: PLC0415  for JSON only

        backward = self.backward
        totals = {key: getattr(self.totals, key) for key in ("values", "weights", "biases", "params", "buffers", "macs", "flops")}
        gradients = {"backward_macs": backward.macs, "gradient_values": backward.gradient_values}
        return {
            "schema_version": SCHEMA_VERSION,
            "name": self.name,
            "batch": self.batch,
            "dtype": self.dtype,
            "input": list(self.image.sides),
            "layers": [_layer(row, self.image, back) for row, back in zip(self.rows, backward.rows, strict=True)],
            "outputs": [row.name for row in self.outputs],
            "left_out": list(self.network.graph.left_out),
            "totals": {**totals, **gradients, "gradient_params": backward.gradient_params},
            "memory": memory.as_dict(self),
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


def _layer(row: Row, image: Volume, backward: BackwardWork) -> dict[str, object]:
    counts = row.counts
    return {
        "name": row.name,
        "kind": row.kind,
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
        "backward_macs": backward.macs,
        "input_gradient_macs": backward.input_macs,
        "weight_gradient_macs": backward.weight_macs,
        "gradient_values": backward.gradient_values,
        "gradient_params": backward.gradient_params,
        "formulas": {"weights": counts.weights.filled(), "macs": counts.macs.filled()},
        "receptive_field": field_dict(row.field, image, row.output),
    }


def field_dict(fields: Fields, image: Volume, output: Volume) -> dict[str, object]:
    """Return a receptive field as JSON has it; `seen` are the pixels of the image that the best placed neuron sees, per axis."""
    from cnncalc.analyses.receptive_field import seen  # noqa: PLC0415  of the analysis, when it is asked for

    return {
        "size": [exact(field.size) for field in fields.axes],
        "stride": [exact(field.stride) for field in fields.axes],
        "offset": [exact(field.offset) for field in fields.axes],
        "whole": fields.whole,
        "aligned": fields.aligned,
        "phases": list(fields.phases),
        "seen": list(seen(fields, image, output)),
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
