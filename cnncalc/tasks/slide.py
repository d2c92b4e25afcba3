"""`verify --sliding`: one pass over a larger image, compared with a separate run on each of its crops.

Source: CS231n course notes, "Converting FC layers to CONV layers".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses.dense_evaluation import Slide, covered, shifts
from cnncalc.analyses.receptive_field import receptive_fields
from cnncalc.forward import codes
from cnncalc.forward.outcome import BadRunOptionError, DenseEvaluation
from cnncalc.graph.given_sizes import completed
from cnncalc.graph.infer import complete
from cnncalc.graph.inputs import check_names
from cnncalc.graph.resize import resized
from cnncalc.maths.volume import Volume, dims_text
from cnncalc.pipeline import read
from cnncalc.request.dtypes import BYTES
from cnncalc.tasks.verify import arrays, can_run, check, crew, enough_memory, images
from cnncalc.text.diagnostic import Diagnostic, Findings, SpecError
from cnncalc.text.suggest import listed
from cnncalc.transforms.fc_to_conv import fc_to_conv
from cnncalc.transforms.rewrite import rewritten

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cnncalc.analyses.receptive_field import Fields
    from cnncalc.forward.dense_evaluation import Pass
    from cnncalc.forward.outcome import RunOptions
    from cnncalc.graph.graph import Network
    from cnncalc.request.request import Request
    from cnncalc.workspace.find import Found


def slid(
    found: Found,
    settings: Request,
    run_options: RunOptions,
    finer: int = 0,
    *,
    start: Callable[[int], object] = lambda _: None,
    tell: Callable[[int], object] = lambda _: None,
) -> DenseEvaluation:
    """Run a network over a larger image, and on each of its crops separately.

    FC layers are converted first. The image has the size in `settings`, or the spec's own. The crops have the spec's size where
    FC layers set it, else the size whose output is one place. With a `finer` step, several shifted passes together evaluate
    crops at that distance. Raises SpecError where the network does not slide.
    """
    from cnncalc.forward import dense_evaluation as sliding  # NumPy is for those who run networks
    from cnncalc.forward import given_weights

    check(settings, run_options)
    network = _Network(found, settings)
    slide = network.slide()
    passes = network.passes(slide, finer)
    crop = network.at(slide.crop)
    notes = enough_memory(
        _estimate([crop, *(each.network for each in passes)], network.image.values * BYTES[settings.dtype], settings.dtype),
        force=run_options.force,
    )
    with crew(run_options.threads):
        (image,) = images({network.own.nodes[0].name: network.image}, settings, run_options, most=1)
        image = image[:1]
        said = given_weights.given(network.own, run_options.weights, network.carried)
        weights = arrays(crop, settings.dtype, run_options, said, stored_as=network.own)
        start(sum(len(covered(slide, each.shift)) for each in passes))
        result = sliding.slid(slide, passes, crop, image, weights, algorithm=run_options.algorithm, tell=tell)
    return DenseEvaluation(network.name, slide, passes, result, settings.dtype, network.padded(crop), notes, network.diagnostics)


def _estimate(networks: Sequence[Network], image: int, dtype: str) -> int:
    """Return the bytes that networks with the same weights need, run one after the other on parts of an image of `image` bytes."""
    from cnncalc.analyses.counts import counts
    from cnncalc.analyses.inference_memory import inference_live
    from cnncalc.analyses.memory import memory

    stored = memory(counts(networks[0]).totals, image, 1, dtype, copies=1)
    return stored.parameters + stored.buffers + stored.images + max(inference_live(each, BYTES[dtype]).peak for each in networks)


class _Network:
    """A network with its FC layers converted, which can slide, at any image size."""

    def __init__(self, found: Found, settings: Request) -> None:
        overrides = settings.overrides
        findings = Findings()
        spec, self.own = read(found, overrides._replace(input=None, default_input=overrides.input), findings)
        own = dict(zip((self.own.nodes[index].name for index in self.own.inputs), self.own.images, strict=True))
        check_names(overrides.sizes, list(own), findings)
        findings.check()
        if len(self.own.inputs) > 1:
            names = listed(own)
            message = f"the network does not slide: it has {len(self.own.inputs)} inputs ({names}), and crops are made of one image"
            raise SpecError([Diagnostic(codes.SLIDING, "error", message)])
        can_run(self.own)
        self.name = spec.name or found.shipped or "network"
        self.image = next(iter(completed(overrides.sizes, own, findings).values()), self.own.image)
        findings.check()
        self.diagnostics = findings.sorted()
        self.carried = spec.carried.weights
        self.graph, self.made_for = self.own.graph, self.image.size
        if any(node.origin.kind == "FC" for node in self.own.graph.nodes):
            self.graph = rewritten(self.own.graph, fc_to_conv(self.own, overrides.rounding or spec.rounding))
            self.made_for = self.own.image.size

    def at(self, size: tuple[int, ...]) -> Network:
        """Return the network for an image size; SpecError where the size does not fit."""
        return complete(resized(self.graph, Volume(size, self.image.depth)))

    def slide(self) -> Slide:
        """Return the crops that one pass over the image covers: of the size with one output place, at the network's stride."""
        whole = self.at(self.image.size)
        at = whole.graph.outputs[-1].at
        fields = receptive_fields(whole)[at]
        if fields.whole:
            raise _stays("it sees the whole image, whatever its size: a global pool, or a norm over the volume", whole, fields)
        steps = tuple(axis.stride for axis in fields.axes)
        step = tuple(map(int, steps))
        if steps != step or not fields.aligned:
            raise _stays("its outputs have no regular step", whole, fields)
        places = whole.typed[at].output.size
        crop = tuple(side - (n - 1) * s for side, n, s in zip(self.image.size, places, step, strict=True))
        if self.made_for != self.image.size:
            crop = self.made_for
        slide = Slide(self.image.size, crop, step)
        if max(places) == 1 or min(crop) < 1 or slide.positions != places:
            raise _stays(f"the image is {self.image.text}, a crop {dims_text(crop)}: {dims_text(places)} places", whole, fields)
        return slide

    def passes(self, slide: Slide, finer: int) -> list[Pass]:
        """Return the passes: the unshifted image, or several shifts that place crops `finer` pixels apart."""
        from cnncalc.forward.dense_evaluation import Pass

        if not finer:
            return [Pass((0,) * len(slide.step), slide.image, self.at(slide.image))]
        try:
            wanted = shifts(slide.step, (finer,) * len(slide.step))
        except ValueError as error:
            raise BadRunOptionError(str(error)) from None
        found: list[Pass] = []
        for shift in wanted:
            left = slide._replace(image=tuple(side - off for side, off in zip(slide.image, shift, strict=True)))
            size = tuple(side - over for side, over in zip(left.image, left.unseen, strict=True))
            if left.crops:
                found.append(Pass(shift, size, self.at(size)))
        return found

    def padded(self, network: Network) -> tuple[str, ...]:
        """Return the layers that pad their input with zeros."""
        names: list[str] = []
        for node, typed in zip(network.nodes, network.typed, strict=True):
            if any(axis.before > 0 or axis.after > 0 for window in typed.windows if window for axis in window.axes):
                names.append(node.name)
        return tuple(names)


def _stays(reason: str, network: Network, fields: Fields) -> SpecError:
    """Return the error for a network that does not slide, with the layers that see the whole image, if any."""
    notes = (f"layers that see the whole image: {', '.join(_whole(network)[:3])}",) if fields.whole else ()
    hints = () if fields.whole else ("a larger image has more places: set it with --input",)
    return SpecError([Diagnostic(codes.SLIDING, "error", f"the network does not slide: {reason}", notes=notes, hints=hints)])


def _whole(network: Network) -> list[str]:
    """Return the layers whose window is their whole input."""
    names: list[str] = []
    for node, typed in zip(network.nodes, network.typed, strict=True):
        if any(window is not None and window.form == "whole" for window in typed.windows):
            names.append(node.name)
    return names
