"""A spec to a layer graph: the pattern is expanded, and every layer is made, named and placed."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from cnncalc.graph.graph import Graph, Node, Origin, Output, blocks
from cnncalc.graph.inputs import Sizes
from cnncalc.graph.maker import Maker
from cnncalc.graph.names import names
from cnncalc.layers import kinds
from cnncalc.layers.options import BadValueError
from cnncalc.maths.volume import Volume
from cnncalc.named_tuple import NamedTuple
from cnncalc.pattern import codes
from cnncalc.pattern.expand import A_SHARE, A_SIZE, AN_OUTPUT, expand
from cnncalc.pattern.frames import evaluate
from cnncalc.text.diagnostic import Findings, SpecError
from cnncalc.text.suggest import asked, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cnncalc.layers.base import Layer
    from cnncalc.layers.options import Given
    from cnncalc.pattern.expand import Ended, Expansion, Placed
    from cnncalc.pattern.frames import Evaluated, LayerUse
    from cnncalc.pattern.vocabulary import Vocabulary
    from cnncalc.spec.spec import Spec
    from cnncalc.text.source import Span


MOST_COMPARED = 20  # unknown names that are compared with all others; at most 50 diagnostics are printed


class InputSize(NamedTuple):
    """The size of a named input."""

    name: str
    size: Volume


if TYPE_CHECKING:
    GivenSizes = Volume | tuple[InputSize, ...] | None


class Overrides(NamedTuple):
    """Settings of the command line that replace those of the spec."""

    input: GivenSizes = None
    """The size of the only input, or sizes of inputs by name."""
    rounding: str | None = None
    outputs: tuple[str, ...] = ()
    """Named outputs to keep; others are left out."""
    default_input: GivenSizes = None
    """The size of the input if the spec gives none."""

    @property
    def sizes(self) -> dict[str, Volume]:
        """Return the sizes by the names of inputs; the only input has an empty name."""
        return by_name(self.input)


def by_name(sizes: GivenSizes) -> dict[str, Volume]:
    """Return sizes of inputs by name; the only input has an empty name."""
    if sizes is None or isinstance(sizes, Volume):
        return {} if sizes is None else {"": sizes}
    return dict(sizes)


def build(spec: Spec, overrides: Overrides, vocabulary: Vocabulary, findings: Findings) -> Graph:
    """Return the graph of a spec. Errors go to `findings`; a node has no layer if it could not be made."""
    expansion = expand(spec.steps, spec.root, spec.blocks, vocabulary, findings)
    _check_defaults(spec, findings)
    if not expansion.placed and not findings.failed:
        findings.error(codes.EMPTY, "the network has no layers", hints=("write at least one step: `INPUT -> FC-10`",))
    called = names(expansion.placed, plain=expansion.plain)
    inputs = [
        (name, placed.use)
        for name, placed in zip(called, expansion.placed, strict=True)
        if not placed.inputs and not placed.use.broken
    ]
    uses = _Uses(spec, overrides, Sizes(spec, overrides.sizes, by_name(overrides.default_input), inputs, findings), findings)
    _resolve(expansion, called, findings)
    nodes = [uses.node(name, placed, expansion.placed) for name, placed in zip(called, expansion.placed, strict=True)]
    return _kept(nodes, expansion, overrides.outputs, findings)


def _resolve(expansion: Expansion, called: Sequence[str], findings: Findings) -> None:
    """Resolve the references to generated names of layers."""
    if not expansion.pending:
        return
    by_name = {name: at for at, name in enumerate(called)} | expansion.named
    misread: dict[tuple[str, Span], tuple[str, ...]] = {}
    for at, slot, path, prefix, span in expansion.pending:
        index = by_name.get(prefix + path, by_name.get(path))
        first = len(called) if slot == AN_OUTPUT else at
        if index is None or index >= first:
            later = (f"`{path}` comes later: a layer can only read the results of earlier layers",) if index is not None else ()
            if (path, span) not in misread:
                compared = len(misread) < MOST_COMPARED  # to compare each of many names with many others takes minutes
                earlier = [name.removeprefix(prefix) for name, where in by_name.items() if where < first] if compared else ()
                misread[path, span] = _step_hints(path, earlier)
            hints = () if later else misread[path, span]
            findings.error(
                codes.UNKNOWN_STEP, f"no step is named `{path}` so far", span, label="not known here", notes=later, hints=hints
            )
            if slot != AN_OUTPUT:
                expansion.placed[at].use.broken = True  # layers that depend on it stay unknown, without further errors
            index = -1 if slot in {A_SHARE, A_SIZE} else 0
        if slot == AN_OUTPUT:
            expansion.outputs[at] = expansion.outputs[at]._replace(at=index)
            continue
        layer = expansion.placed[at]
        if slot == A_SHARE:
            layer.share = index
        elif slot == A_SIZE:
            layer.like = index
        else:
            layer.inputs = (*layer.inputs[:slot], index, *layer.inputs[slot + 1 :])


def _step_hints(path: str, earlier: Sequence[str]) -> tuple[str, ...]:
    """Return a hint for a path without a step; a group without a count adds nothing to the names of the steps inside."""
    name = path.rpartition("/")[2]
    if name == path:
        return did_you_mean(path, earlier) or (f"name a step before this one: `{path}=CONV3-64`",)
    if name in earlier:
        return (asked((name,)),)
    found = did_you_mean(path, earlier) or did_you_mean(name, earlier)
    return found or (f"name a step before this one, `{name}=CONV3-64`, and refer to it as `{name}`",)


class _Uses:
    """Makes the layers of uses; equal uses share a layer."""

    def __init__(self, spec: Spec, overrides: Overrides, sizes: Sizes, findings: Findings) -> None:
        self.spec = spec
        self.sizes = sizes
        self.overrides = overrides
        self.findings = findings
        self.maker = Maker(findings, missing=not spec.unread)
        self.made: dict[tuple[LayerUse, int], tuple[Layer | None, Origin]] = {}

    def node(self, name: str, placed: Placed, all_placed: Sequence[Placed]) -> Node:
        """Return the node of a use in its place."""
        use = placed.use
        if placed.share >= 0:
            self.take(placed, all_placed)
        made = self.made.get((use, placed.share))
        if made is None:
            made = self.made[use, placed.share] = self.make(use, tied=placed.tied >= 0)
        layer, origin = made
        if layer is None and use.kind == "INPUT" and not use.broken:
            layer = self.input(name, use, origin)
        return Node(name, layer, placed.inputs, origin, blocks(name), placed.share, placed.like, placed.tied)

    def take(self, placed: Placed, all_placed: Sequence[Placed]) -> None:
        """Find the layers whose arrays a layer takes, as they are or transposed, and its options."""
        use, owner = placed.use, all_placed[placed.share]
        if use.transpose is None:
            placed.tied = owner.tied
            placed.share = owner.share if owner.share >= 0 else placed.share
            _take_options(use, owner.use)
            return
        if owner.tied >= 0 and not use.broken:
            use.broken = True
            self.findings.error(
                codes.SHARED,
                f"{use.kind} cannot transpose the weight of a layer that has a transposed one itself",
                use.share[1] if use.share else use.span,
                hints=("share with the layer that has the weight",),
            )
        placed.tied, placed.share = (owner.share if owner.share >= 0 else placed.share), -1
        use.given = {name: use.given[name] for name in use.own if name in use.given}
        use.broken |= all_placed[placed.tied].use.broken

    def make(self, use: LayerUse, *, tied: bool = False) -> tuple[Layer | None, Origin]:
        """Return the layer and the origin of a use."""
        origin = Origin(use.kind, use.span, use.given, use.share[1] if use.share else None)
        if use.broken:
            if use.kind:
                _check_values(use.kind, use.given, self.findings)
            return None, origin
        if use.kind == "INPUT":
            return None, origin  # equal uses are different inputs
        given: dict[str, Given] = {name: value for name, (value, _) in use.given.items()}
        if tied:
            given.setdefault(kinds.find(use.kind).shorthand.filters, 1)  # follows from the other layer's input, in `infer`
        if "rounding" not in given and kinds.find(use.kind).rounds():
            rounding = self.overrides.rounding or self.spec.rounding or "strict"
            if rounding != "strict":  # the default of every layer
                given["rounding"] = rounding
        return self.maker.make(use.kind, given, origin), origin

    def input(self, name: str, use: LayerUse, origin: Origin) -> Layer | None:
        """Return the layer of an input, by its final name."""
        size = self.sizes.of(name, use)
        return None if size is None else self.maker.make("INPUT", {"shape": size}, origin)


def _take_options(use: LayerUse, owner: LayerUse) -> None:
    """Give a layer that shares weights the options of their owner, except those that its step gives itself."""
    if owner.kind == use.kind:
        use.given = {**owner.given, **{name: use.given[name] for name in use.own if name in use.given}}
    use.broken |= owner.broken


def _check_defaults(spec: Spec, findings: Findings) -> None:
    """Check the spec's defaults of layer kinds, whether or not a layer uses them."""
    for kind, settings in spec.root.defaults.items():
        given: dict[str, tuple[Evaluated, Span]] = {}
        for name, setting in settings.items():
            # a binding or a block may set a variable that has no value here; each use is checked separately
            with contextlib.suppress(SpecError):
                if not setting.unread:
                    given[name] = (evaluate(setting.value, spec.root), setting.value.span)
        _check_values(kind, given, findings)


def _check_values(kind: str, given: Mapping[str, tuple[Evaluated, Span]], findings: Findings) -> None:
    """Check values of options one by one, for options that do not make a layer."""
    options = {option.name: option for option in kinds.find(kind).options}
    for name, (value, span) in given.items():
        try:
            options[name].read(value)
        except BadValueError as error:
            hints = (error.hint,) if error.hint else ()
            findings.error(codes.BAD_OPTION, f"{kind} {name} {error.problem}", span, hints=hints)


def _kept(nodes: Sequence[Node], expansion: Expansion, wanted: tuple[str, ...], findings: Findings) -> Graph:
    """Return the graph without named outputs that were not requested, and without layers that only they need."""
    offered = [output.name for output in expansion.outputs if output.name]
    for name in wanted:
        if name not in offered:
            hints = did_you_mean(name, offered) or (
                (f"the named outputs are {', '.join(offered)}",) if offered else ("this spec has no named outputs",)
            )
            findings.error(codes.UNKNOWN_STEP, f"no output is named `{name}`", hints=hints)
    kept = [output for output in expansion.outputs if not output.name or output.name in wanted]
    dropped = [output for output in expansion.outputs if output.name and output.name not in wanted]
    outputs = tuple(Output(output.at, output.name) for output in kept)
    if dropped and not kept:
        findings.error(
            codes.EMPTY,
            "all outputs are named, and named outputs are left out",
            hints=(f"keep one with --outputs {dropped[0].name}, or write OUTPUT without a name",),
        )
    if not dropped or not kept:
        return Graph(nodes, outputs, expansion.named)
    removed = _ancestors(nodes, dropped) - _ancestors(nodes, kept)
    for at, node in enumerate(nodes):
        if any(each in removed for each in (*node.inputs, node.like, node.tied)):
            removed.add(at)  # nobody reads it, or it would be kept
    moved = {old: new for new, old in enumerate(at for at in range(len(nodes)) if at not in removed)}
    for at in moved:
        nodes[at].inputs = tuple(moved[each] for each in nodes[at].inputs)
        nodes[at].shared = moved.get(nodes[at].shared, -1)
        nodes[at].like = moved.get(nodes[at].like, -1)
        nodes[at].tied = moved.get(nodes[at].tied, -1)
    left_out = tuple(dict.fromkeys(output.name for output in dropped))
    named = {name: moved[at] for name, at in expansion.named.items() if at in moved}
    return Graph([nodes[at] for at in moved], tuple(Output(moved[at], name) for at, name in outputs), named, left_out)


def _ancestors(nodes: Sequence[Node], outputs: Sequence[Ended]) -> set[int]:
    """Return the nodes of the outputs and all nodes that they depend on."""
    found: set[int] = set()
    waiting = [output.at for output in outputs]
    while waiting:
        at = waiting.pop()
        if at not in found:
            found.add(at)
            waiting += nodes[at].inputs
            waiting += [each for each in (nodes[at].like, nodes[at].tied) if each >= 0]
    return found
