"""`convert`: text -> Spec -> Graph -> another Graph -> text, which is read again and compared with the graph.

The result is the user's own text with some steps changed where this is possible, and the `layers` form otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.checks.expectations import ARRAYS
from cnncalc.formats.find import writer
from cnncalc.graph.build import Overrides, by_name
from cnncalc.graph.explicit import entries
from cnncalc.graph.given_sizes import completed
from cnncalc.graph.infer import complete
from cnncalc.graph.inputs import check_names
from cnncalc.graph.resize import resized_by_name
from cnncalc.named_tuple import NamedTuple
from cnncalc.pipeline import read, report
from cnncalc.request.request import Request
from cnncalc.spec.document import Mapped
from cnncalc.spec.spec import Expectation
from cnncalc.spec.write import Entry, Kept, Written, flow, layers_text, quoted
from cnncalc.tasks.convert_in_place import InPlaceEditor, Stage, differences_of, holds, shape_holds, with_outputs
from cnncalc.tasks.convert_values import written_values
from cnncalc.text.diagnostic import Diagnostic, Findings, SpecError
from cnncalc.text.source import Source
from cnncalc.transforms import codes
from cnncalc.transforms.conv_to_fc import conv_to_fc
from cnncalc.transforms.fc_to_conv import fc_to_conv
from cnncalc.transforms.pool_to_conv import pool_to_conv
from cnncalc.transforms.rewrite import rewritten
from cnncalc.transforms.source_edits import UneditableError
from cnncalc.workspace.find import Folder, Found

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cnncalc.analyses.analysis import Analysis
    from cnncalc.graph.build import GivenSizes
    from cnncalc.graph.graph import Network
    from cnncalc.maths.volume import Volume
    from cnncalc.spec.spec import Spec
    from cnncalc.transforms.rewrite import Changes
    from cnncalc.workspace.find import Place

LAYERS = "layers"  # the explicit form of specs


class ConvertOptions(NamedTuple):
    """The requested conversions of a network."""

    fc_to_conv: bool = False
    pool_to_conv: bool = False
    conv_to_fc: str = ""
    """The name of a layer."""
    form: str = ""
    """`layers`, or the format to write; empty for the user's own text with changes."""
    input: GivenSizes = None
    """The input size of the written spec. The conversion itself uses the spec's own size."""
    folder: str = ""
    """The folder of the result, to find its `base`."""
    typed: tuple[str, ...] = ()
    """Weights to write into the spec: `conv1=1 2 3`."""

    @property
    def changing(self) -> bool:
        """Return whether the network itself changes."""
        return self.fc_to_conv or self.pool_to_conv or bool(self.conv_to_fc)


class Converted(NamedTuple):
    """A converted network, as a file and as a graph."""

    text: str | bytes
    """The file."""
    own: Network
    """The original network, including the outputs that are left out by default."""
    stages: tuple[Stage, ...]
    final: Network
    dropped: tuple[str, ...]
    """Expectations that no longer hold and were removed from the text."""
    reason: str = ""
    """Why the result is not the user's own text; empty where it is, or where the `layers` form was requested."""

    @property
    def needed(self) -> set[str]:
        """Return the names of the layers that the unnamed outputs depend on."""
        graph = self.own.graph
        waiting = [output.at for output in graph.outputs if not output.name] or [len(graph.nodes) - 1]
        found: set[int] = set()
        while waiting:
            at = waiting.pop()
            if at not in found:
                found.add(at)
                waiting += graph.nodes[at].inputs
        return {graph.nodes[at].name for at in found}


def convert(found: Found, options: ConvertOptions, findings: Findings | None = None) -> Converted:
    """Return the converted network; warnings go to `findings`.

    Raises SpecError for an unusable spec, and where the conversion is impossible; PluginError for a broken writer of another
    package.
    """
    findings = findings or Findings()
    spec, own = _loaded(found, options, findings)
    stages, final = _staged(spec, own, options)
    sizes = _checked_sizes(own, options.input, findings)
    if sizes:
        final = _resized(own, final, sizes, sliding=options.fc_to_conv)
    if options.form not in {"", LAYERS}:
        return Converted(writer(options.form).write(final), own, stages, final, ())
    place, reason = Folder(options.folder) if options.folder else found.place, ""
    carries = bool(spec.carried.weights or options.typed or (spec.carried.inputs and sizes))
    if options.changing and not options.form and not carries:
        try:
            text, dropped = _in_place(found, stages, final, options, sizes, place)
        except UneditableError as error:
            reason = str(error)
        else:
            return Converted(text, own, stages, final, dropped)
    reason = reason or ("it carries values" if carries and not options.form else "")
    values = written_values(spec.carried, options.typed, own, stages, final, resized=bool(sizes))
    text, dropped = _as_layers(spec, own, final, place, values)
    return Converted(text, own, stages, final, dropped, reason)


def _loaded(found: Found, options: ConvertOptions, findings: Findings) -> tuple[Spec, Network]:
    """Return the spec and its graph with every output, at its own size where the network changes."""
    overrides = Overrides(default_input=options.input) if options.changing else Overrides(options.input)
    spec, own = read(found, overrides, findings)
    return with_outputs(found, spec, own, overrides)


def _staged(spec: Spec, own: Network, options: ConvertOptions) -> tuple[tuple[Stage, ...], Network]:
    """Apply the transforms one after the other."""
    transforms: list[Callable[[Network], Changes]] = []
    if options.pool_to_conv:
        transforms.append(lambda graph: pool_to_conv(graph, spec.rounding))
    if options.fc_to_conv:
        transforms.append(lambda graph: fc_to_conv(graph, spec.rounding))
    if options.conv_to_fc:
        transforms.append(lambda graph: conv_to_fc(graph, options.conv_to_fc))
    stages: list[Stage] = []
    current = own
    for transform in transforms:
        changes = transform(current)
        stages.append(Stage(current, changes))
        current = complete(rewritten(current.graph, changes))
    return tuple(stages), current


def _checked_sizes(own: Network, given: GivenSizes, findings: Findings) -> dict[str, Volume]:
    """Return sizes by the names of inputs; SpecError for an unknown name, and for a size that does not go with the spec's own."""
    sizes, images = by_name(given), _images(own)
    check_names(sizes, list(images), findings)
    findings.check()
    found = completed(sizes, images, findings)
    findings.check()
    return found


def _images(own: Network) -> dict[str, Volume]:
    return dict(zip((own.nodes[index].name for index in own.inputs), own.images, strict=True))


def _resized(own: Network, final: Network, sizes: Mapping[str, Volume], *, sliding: bool) -> Network:
    """Return the network at other input sizes. SpecError where it does not fit, or cannot slide."""
    images = _images(own)
    for name, size in sizes.items():
        image = images[name] if name else own.image
        if sliding and (size.rank != image.rank or any(map(int.__lt__, size.size, image.size))):
            hints = (f"use an image of at least {image.text}",)
            message = f"the converted network cannot slide over {size.text}: it was made for {image.text}"
            raise SpecError([Diagnostic(codes.SLIDING, "error", message, hints=hints)])
    result = complete(resized_by_name(final.graph, sizes))
    if sliding:
        _check_weights(final, result)
    return result


def _check_weights(own: Network, slid: Network) -> None:
    """Refuse an image over which a layer would hold other weights: its input is a column of the whole image."""
    for at, node in enumerate(slid.nodes):
        if own.typed[at].tensors != slid.typed[at].tensors:
            reason = f"{node.name} reads one column of the whole image"
            raise SpecError(
                [
                    Diagnostic(
                        codes.SLIDING,
                        "error",
                        f"the converted network cannot slide over {slid.image.text}: {reason}",
                        node.origin.span,
                        notes=(*node.origin.notes, f"{node.name} would hold other weights than at {own.image.text}"),
                        hints=("convert at the size of the spec",),
                    )
                ]
            )


def _in_place(
    found: Found,
    stages: tuple[Stage, ...],
    final: Network,
    options: ConvertOptions,
    sizes: Mapping[str, Volume],
    place: Place | None,
) -> tuple[str, tuple[str, ...]]:
    """Return the user's own text with its changes, and the expectations that no longer hold."""
    if found.reader is not None:
        raise UneditableError("the file is in another format")
    stage, *others = stages
    if others:
        raise UneditableError("the changes overlap")
    if options.conv_to_fc:
        raise UneditableError("a single layer becomes two")
    return InPlaceEditor(_as_document(found), stage, final, sizes, place).write()


def _as_document(found: Found) -> Found:
    """Return an inline pattern as the equivalent YAML."""
    if not found.inline:
        return found
    return Found(Source(found.source.name, f"pattern: {quoted(found.source.text)}\n"), place=Folder("."))


# the `layers` form


def _as_layers(
    spec: Spec, own: Network, final: Network, place: Place | None, values: tuple[Written, ...]
) -> tuple[str, tuple[str, ...]]:
    """Return the text in the `layers` form, and the expectations that no longer hold."""
    head = [
        ("name", spec.name),
        ("description", spec.description),
        ("source", spec.citation),
        ("input", final.image.text if len(final.inputs) == 1 else ""),
        ("rounding", spec.rounding or ""),
    ]
    layers = list(entries(final.graph, spec.rounding)) or [Entry("input")]
    bare = Found(Source("<converted>", layers_text(head, layers, (), values=values)), place=place)
    check(bare, final)
    kept, dropped = _kept(spec, own, report(bare, Request())) if spec.expectations else ([], ())
    return layers_text(head, layers, kept, [code.text for code in spec.ignored], values), dropped


def check(found: Found, wanted: Network) -> None:
    """Compare a written text with the graph that it must describe; a difference is a bug of ours."""
    for difference in differences_of(found, wanted, all_names=True):
        message = f"the layers form is not the same network: {difference}"
        raise AssertionError(message)


def _kept(spec: Spec, own: Network, result: Analysis) -> tuple[list[Kept], tuple[str, ...]]:
    """Return the expectations that still hold, and the text of the others."""
    names = {path: own.graph.nodes[at].name for path, at in own.graph.named.items()}
    names |= {node.name: node.name for node in own.graph.nodes}
    kept: list[Kept] = []
    dropped: list[str] = []
    for key, node in spec.expectations:
        if key.text == "shapes" and isinstance(node, Mapped):
            pairs = [(names.get(name.text, name.text), name, value) for name, value in node]
            held = [(name, flow(value)) for name, old, value in pairs if shape_holds(key, old, name, value, result)]
            dropped += [f"shape of {name.text}" for name, _ in node if names.get(name.text, name.text) not in dict(held)]
            kept += [Kept(key.text, tuple(held))] if held else []
        elif key.text == ARRAYS:
            from cnncalc.tasks.check_arrays import check_arrays  # few specs expect values

            if list(check_arrays(result, [Expectation(key, node)])):
                dropped.append(f"{key.text}: {flow(node)}")
            else:
                kept.append(Kept(key.text, node))
        elif holds(Expectation(key, node), result):
            kept.append(Kept(key.text, node))
        else:
            dropped.append(f"{key.text}: {flow(node)}")
    return kept, tuple(dropped)
