"""The sizes of a network's inputs, from the command line, the spec, or the pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.graph.given_sizes import completed
from cnncalc.layers.options import BadValueError
from cnncalc.layers.options import volume as read_volume
from cnncalc.pattern import codes
from cnncalc.text.suggest import did_you_mean, listed, many

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cnncalc.layers.options import Given
    from cnncalc.maths.volume import Volume
    from cnncalc.pattern.frames import LayerUse
    from cnncalc.spec.spec import Spec
    from cnncalc.text.diagnostic import Findings


def check_names(wanted: Mapping[str, Volume], names: Sequence[str], findings: Findings) -> None:
    """Report sizes on the command line for unknown inputs, or for several inputs without a name."""
    for name in wanted:
        if name and name not in names:
            hints = did_you_mean(name, names) or (_called(names),)
            findings.error(codes.UNKNOWN_STEP, f"no input is named `{name}`", hints=hints)
    if "" in wanted and len(names) > 1:
        sizes = " ".join(f"--input {name}=…" for name in names)
        findings.error(codes.NO_INPUT, f"--input gives one size, and {_several(names)}", hints=(f"write {sizes}",))


def _called(names: Sequence[str]) -> str:
    return f"the inputs are {listed(names)}" if len(names) > 1 else f"the input is called {names[0]}"


def _several(names: Sequence[str]) -> str:
    return f"the network has {many(len(names), 'input')}: {listed(names)}"


class Sizes:
    """Finds the size of each input: `given` replaces sizes by name, `default` gives sizes that are missing from the spec.

    The empty name means the only input.
    """

    def __init__(
        self,
        spec: Spec,
        given: Mapping[str, Volume],
        default: Mapping[str, Volume],
        inputs: Sequence[tuple[str, LayerUse]],
        findings: Findings,
    ) -> None:
        self.spec = spec
        self.given = given
        self.default = default
        self.findings = findings
        self.names = [name for name, _ in inputs]
        own = {name for name, use in inputs if "shape" in use.given}
        self.unsized = [name for name in self.names if name not in own and name not in spec.inputs]
        self.check()
        self.wanted = self.completed(inputs)
        """The given sizes with their depths."""

    def completed(self, inputs: Sequence[tuple[str, LayerUse]]) -> Mapping[str, Volume]:
        """Return the sizes of the command line, with the depths of the spec; refused ones are reported and left out."""
        if not self.given or ("" in self.given and len(inputs) > 1):
            return self.given
        images = {name: self.in_spec(name, use) for name, use in inputs}
        return completed({name: size for name, size in self.given.items() if name in {"", *images}}, images, self.findings)

    def in_spec(self, name: str, use: LayerUse) -> Volume | None:
        """Return the size of an input in the spec; None where there is none, or none that can be read."""
        own = use.given.get("shape")
        said = self.spec.inputs.get(name)
        if own is None:
            return said.size if said is not None else self.spec.input if self.takes_input(name) else None
        try:
            return read_volume(own[0])
        except BadValueError:
            return None

    def takes_input(self, name: str) -> bool:
        """Return whether the key `input` of the spec gives the size of an input."""
        return len(self.names) == 1 or self.unsized == [name]

    def check(self) -> None:
        """Report unknown names of inputs, and a single size for several inputs."""
        if not self.names:
            return
        check_names(self.given, self.names, self.findings)
        for name, size in self.spec.inputs.items():
            if name not in self.names:
                hints = did_you_mean(name, self.names) or (_called(self.names), "`INPUT(name)` reads an input by its name")
                self.findings.error(codes.UNKNOWN_STEP, f"no input is named `{name}`", size.span, label="not known", hints=hints)
        if self.spec.input is not None and len(self.unsized) > 1:
            sizes = ", ".join(f"{name}: {self.spec.input.text}" for name in self.unsized)
            self.findings.error(
                codes.NO_INPUT,
                f"`input` gives one size, and {_several(self.names)}",
                self.spec.input_span,
                hints=(f"write `inputs: {{{sizes}}}`",),
            )

    def of(self, name: str, use: LayerUse) -> Given | None:
        """Return the size of an input as given; None if it is missing, which is reported."""
        only = len(self.names) == 1
        key = name if name in self.given else "" if only else name
        if key in self.given:
            return self.wanted.get(key)  # a refused one has been reported
        own, span = use.given.get("shape", (None, None))
        said = self.spec.inputs.get(name)
        key = f"inputs: {name}" if said is not None else "input"
        size = said.size if said is not None else self.spec.input if self.takes_input(name) else None
        if own is not None and size is not None:
            self.findings.error(
                codes.BAD_OPTION,
                "the size of the input is given twice" if only else f"the size of the input {name} is given twice",
                span,
                label=f"also under `{key}`",
                hints=("remove one of the two",),
            )
            return None
        if own is None and size is None and said is None and self.spec.input_span is None:
            size = self.default.get(name, self.default.get("") if only else None)
            if size is not None:
                return completed({name: size}, {name: None}, self.findings).get(name)
        if own is None and size is None and (said is None and (self.spec.input_span is None or self.spec.input is not None)):
            self.missing(name, use)
        return size if own is None else own

    def missing(self, name: str, use: LayerUse) -> None:
        """Report an input without a size, unless a single size, or a size for an unknown name, has been reported."""
        misspelt = any(other not in self.names for other in self.spec.inputs)
        if self.spec.input is not None or "" in self.given or misspelt or self.spec.unread:
            return  # avoid errors that follow from it
        only, inline = len(self.names) == 1, self.spec.source.name.startswith("<")
        span = use.span or (self.spec.steps[0].span if self.spec.steps else None)
        if only:
            message, option = "the size of the input is missing", "--input 224x224x3"
            way = "`INPUT[224x224x3] -> …`" if inline else "`input: 224x224x3` in the spec"
        else:
            message, option = f"the size of the input {name} is missing", f"--input {name}=224x224x3"
            way = f"`{name}=INPUT[224x224x3] -> …`" if inline else f"`inputs: {{{name}: 224x224x3}}` in the spec"
        self.findings.error(codes.NO_INPUT, message, span, hints=(f"write {way}, or {option}",))
