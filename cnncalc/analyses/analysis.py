"""An analysed network: its figures for one request, each computed at its first use."""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING

from cnncalc.analyses.subject import Subject
from cnncalc.named_tuple import NamedTuple
from cnncalc.text.escape import line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Self, Unpack

    from cnncalc.analyses.backward_work import Backward
    from cnncalc.analyses.checkpointing import Checkpointing, Checkpoints
    from cnncalc.analyses.counts import Counts, LayerCounts, Totals
    from cnncalc.analyses.inference_memory import Live
    from cnncalc.analyses.memory import Memory
    from cnncalc.analyses.miscellaneous import Miscellaneous
    from cnncalc.analyses.receptive_field import Exact, Fields
    from cnncalc.analyses.schedules import Schedule
    from cnncalc.analyses.trainable import Trainable
    from cnncalc.analyses.training_memory import TrainingStep
    from cnncalc.graph.graph import Network, Node, Typed
    from cnncalc.maths.volume import Volume
    from cnncalc.request.options import Given
    from cnncalc.request.request import Request
    from cnncalc.spec.spec import Carried, Expectation
    from cnncalc.text.diagnostic import Diagnostic


class Row(NamedTuple):
    """One layer with its figures."""

    node: Node
    typed: Typed
    counts: LayerCounts
    field: Fields
    inputs: tuple[str, ...]
    ungated: Fields
    """The receptive field without gates; the same object where there are none."""
    marks: tuple[str, ...]
    """Options that make the layer differ from others of its label: `("p0", "d2")`."""

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
        """Return the label of the VGG paper's tables, `CONV3-64`, with marks of unusual options: `CONV3-64 p0 d2`."""
        label = self.typed.layer.label()
        return " ".join((label, *self.marks)) if self.marks else label

    @property
    def notes_label(self) -> str:
        """Return the label of the course notes' tables, with the same marks."""
        return " ".join((self.typed.layer.notes_label(), *self.marks))

    @property
    def output(self) -> Volume:
        """Return the output volume."""
        return self.typed.output


class Analysis(Subject):
    """A network with its figures, which are exact integers: the results of cnncalc's own analyses by name."""

    __slots__ = ("carried", "description", "diagnostics", "expectations", "name", "source")

    name: str
    description: str
    source: str
    diagnostics: tuple[Diagnostic, ...]
    expectations: tuple[Expectation, ...]
    carried: Carried | None
    """The values that its spec carries, if any."""

    def __init__(
        self,
        network: Network,
        request: Request,
        *,
        name: str = "",
        description: str = "",
        source: str = "",
        diagnostics: tuple[Diagnostic, ...] = (),
        expectations: tuple[Expectation, ...] = (),
        carried: Carried | None = None,
    ) -> None:
        super().__init__(network, request)
        self._set(name=name, description=description, source=source, diagnostics=diagnostics)
        self._set(expectations=expectations, carried=carried)

    def under(self, request: Request) -> Self:
        """Return the analysis of the same network under another request; ValueError if that request changes the network."""
        if not self.request.same_network(request):
            message = "input, rounding and outputs change the network: analyse the spec again"
            raise ValueError(message)
        made = type(self)(
            self.network,
            request,
            name=self.name,
            description=self.description,
            source=self.source,
            diagnostics=self.diagnostics,
            expectations=self.expectations,
            carried=self.carried,
        )
        if request.freeze:
            made.trainable  # noqa: B018  NothingToFreezeError for a name that nothing has
        return made

    def at(self, **given: Unpack[Given]) -> Self:
        """Return the analysis of the same network for another batch, number format or training; ValueError for a bad option.

        Options not given are unchanged.
        """
        return self.under(self.request.changed(**given))

    @property
    def title(self) -> str:
        """Return the name as one line that is safe on a terminal; `name` is as written."""
        return line(self.name)

    @property
    def rows(self) -> Sequence[Row]:
        """Return the layers, INPUT first, in the order of computation."""
        return self.of(_rows)

    @property
    def counts(self) -> Counts:
        """Return the counts of each layer, and their totals."""
        from cnncalc.analyses.counts import analyse

        return self.of(analyse)

    @property
    def totals(self) -> Totals:
        """Return the sums over all layers."""
        return self.counts.totals

    @property
    def memory(self) -> Memory:
        """Return memory as the course notes add it up."""
        from cnncalc.analyses.memory import analyse

        return self.of(analyse)

    @property
    def fields(self) -> Sequence[Fields]:
        """Return the receptive field of each layer."""
        from cnncalc.analyses.receptive_field import analyse

        return self.of(analyse)

    @property
    def ungated(self) -> Sequence[Fields]:
        """Return the receptive field of each layer without gates."""
        from cnncalc.analyses.receptive_field import analyse_ungated

        return self.of(analyse_ungated)

    @property
    def inference(self) -> Live:
        """Return the live volumes of inference in the requested order."""
        from cnncalc.analyses.inference import analyse

        return self.of(analyse)

    @property
    def schedule(self) -> Schedule | None:
        """Return the best order of branches; None if the spec's order is requested."""
        from cnncalc.analyses.inference import schedule

        return self.of(schedule)

    @property
    def inference_peak(self) -> int:
        """Return the bytes of inference at its largest moment."""
        from cnncalc.analyses.inference import peak

        return self.of(peak)

    @property
    def eager_peak(self) -> int:
        """Return the bytes of inference in a framework that holds the input of each block until the block ends."""
        from cnncalc.analyses.inference import eager_peak

        return self.of(eager_peak)

    @property
    def naive_memory(self) -> int:
        """Return the bytes of inference with every volume kept."""
        from cnncalc.analyses.inference import naive

        return self.of(naive)

    @property
    def arena_memory(self) -> int:
        """Return the bytes of a buffer for all volumes, in which activations are fused and the input is overwritten."""
        from cnncalc.analyses.inference import arena_bytes

        return self.of(arena_bytes)

    @property
    def trainable(self) -> Trainable:
        """Return the trainable layers."""
        from cnncalc.analyses.trainable import analyse

        return self.of(analyse)

    @property
    def training(self) -> TrainingStep:
        """Return a training step moment by moment."""
        from cnncalc.analyses.training import analyse

        return self.of(analyse)

    @property
    def training_peak(self) -> int:
        """Return the bytes of training at its largest moment."""
        from cnncalc.analyses.training import peak

        return self.of(peak)

    @property
    def checkpoints(self) -> tuple[Checkpoints, Checkpointing]:
        """Return the ways to checkpoint, and the requested one."""
        from cnncalc.analyses.checkpointing import analyse  # rarely needed

        return self.of(analyse)

    @property
    def miscellaneous(self) -> Miscellaneous:
        """Return image batch, augmented copies and the workspace of im2col."""
        from cnncalc.analyses.miscellaneous import analyse

        return self.of(analyse)

    @property
    def backward(self) -> Backward:
        """Return the work of the backward pass."""
        from cnncalc.analyses.backward_work import analyse

        return self.of(analyse)

    @property
    def backward_macs(self) -> int:
        """Return the multiply-accumulates of the backward pass, without the work of each layer."""
        from cnncalc.analyses.trainable import backward_macs

        return self.of(backward_macs)

    @property
    def image(self) -> Volume:
        """Return the volume of the first input."""
        return self.network.image

    @property
    def inputs(self) -> dict[str, Volume]:
        """Return the volumes of all inputs by name."""
        nodes, typed = self.network.nodes, self.network.typed
        return {nodes[index].name: typed[index].output for index in self.network.inputs}

    @property
    def result(self) -> Volume:
        """Return the volume of the main output."""
        return self.network.typed[self.network.outputs[-1].at].output

    @property
    def outputs(self) -> Iterator[Row]:
        """Return the layers of the results, the main one last."""
        return (self.rows[output.at] for output in self.network.outputs)

    def __repr__(self) -> str:
        """Return the headline figures."""
        figures = f"{self.totals.params:,} params, {self.totals.macs:,} MACs, forward {self.memory.forward:,} bytes"
        return f"<cnncalc report {self.name!r}: {figures}>"


def _rows(subject: Subject) -> Sequence[Row]:
    from cnncalc.analyses import counts, labels, receptive_field

    nodes, rows = subject.network.nodes, subject.of(counts.analyse).rows
    fields, ungated = subject.of(receptive_field.analyse), subject.of(receptive_field.analyse_ungated)
    inputs = [tuple([nodes[at].name for at in node.inputs]) for node in nodes]
    found = zip(nodes, subject.network.typed, rows, fields, inputs, ungated, subject.of(labels.analyse), strict=True)
    return tuple(starmap(Row, found))


def exact(value: Exact) -> int | float:
    """Return an integer unchanged, and a fraction, which only enlarging layers cause, as a float."""
    return value if isinstance(value, int) else int(value) if value.denominator == 1 else float(value)
