"""An analysed network: its figures for one batch and number format, each worked out when it is first read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cnncalc.request.training import Asked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Self

    from cnncalc.analyses.backward_work import Backward
    from cnncalc.analyses.checkpointing import Checkpointing, Checkpoints
    from cnncalc.analyses.counts import Counts, LayerCounts, Totals
    from cnncalc.analyses.inference_memory import Live
    from cnncalc.analyses.memory import Memory
    from cnncalc.analyses.miscellaneous import Miscellaneous
    from cnncalc.analyses.receptive_field import Exact, Fields
    from cnncalc.analyses.schedules import Schedule
    from cnncalc.analyses.trainable import Trainable
    from cnncalc.analyses.training_memory import Training
    from cnncalc.graph.graph import Network, Node, Typed
    from cnncalc.maths.volume import Volume
    from cnncalc.request.training import Mode
    from cnncalc.spec.spec import Expectation
    from cnncalc.text.diagnostic import Diagnostic


class Row(NamedTuple):
    """One layer with its figures."""

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


class Analysis:
    """A network with its figures, which are exact integers."""

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
        self._learning: Trainable | None = None

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
    def trainable(self) -> Trainable:
        """Return what learns."""
        if self._learning is None:
            from cnncalc.analyses.trainable import trainable  # noqa: PLC0415

            self._learning = trainable(self.network, self.mode.frozen)
        return self._learning

    @property
    def training(self) -> Training:
        """Return a training step moment by moment, worked out when first asked for."""
        if self._training is None:
            if self.mode.checkpoint:
                self._training = self.checkpoints[1].training
            else:
                from cnncalc.analyses.training_memory import training  # noqa: PLC0415

                self._training = training(self.network, self.mode, (), self.trainable)
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

            self._backward = backward_work(self.network, self.counts, self.trainable)
        return self._backward

    @property
    def backward_macs(self) -> int:
        """Return the multiply-accumulates of the backward pass, without those of each layer."""
        learns, nodes = self.trainable, self.network.nodes
        return sum(
            row.macs.value * sum(learns.products(at, nodes[at])) for at, row in enumerate(self.counts.rows) if row.macs.value
        )

    @property
    def training_peak(self) -> int:
        """Return the bytes that training needs at its largest moment."""
        return self.training.peak(self.batch).at(self.batch)

    def at(self, batch: int, dtype: str, mode: Mode, asked: Asked | None = None) -> Self:
        """Return the report of the same network for another batch and dtype, trained otherwise."""
        from cnncalc.analyses.memory import memory  # noqa: PLC0415

        return type(self)(
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

    def __repr__(self) -> str:
        """Return the headline figures."""
        figures = f"{self.totals.params:,} params, {self.totals.macs:,} MACs, forward {self.memory.forward:,} bytes"
        return f"<cnncalc report {self.name!r}: {figures}>"


def exact(value: Exact) -> int | float:
    """Return an integer as it is; a fraction, which only enlarging layers make, as a float."""
    return value if isinstance(value, int) else int(value) if value.denominator == 1 else float(value)
