"""`verify`: the straight line up to the report, then the forward pass that holds the inferred shapes against real arrays."""

from __future__ import annotations

import time
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from cnncalc.analyses.dense_evaluation import Slide, covered, shifts
from cnncalc.analyses.receptive_field import receptive_fields
from cnncalc.forward import codes
from cnncalc.graph.infer import complete
from cnncalc.graph.resize import resized
from cnncalc.maths.volume import Volume, dims_text
from cnncalc.named_tuple import NamedTuple
from cnncalc.pattern.codes import NO_INPUT
from cnncalc.pipeline import read, report
from cnncalc.request.options import OPTIONS
from cnncalc.request.request import request
from cnncalc.text.diagnostic import Diagnostic, Findings, SpecError
from cnncalc.transforms.fc_to_conv import fc_to_conv
from cnncalc.transforms.rewrite import rewritten
from cnncalc.workspace.find import find

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Sequence
    from typing import Unpack

    from cnncalc.analyses.analysis import Analysis
    from cnncalc.analyses.receptive_field import Fields
    from cnncalc.forward.dense_evaluation import Pass, Slid
    from cnncalc.forward.run import Run
    from cnncalc.forward.weights import Weights
    from cnncalc.graph.graph import Network
    from cnncalc.kernels.arrays import Array
    from cnncalc.kernels.conv import Algorithm
    from cnncalc.request.options import Given
    from cnncalc.request.request import Request
    from cnncalc.workspace.find import Found

DTYPES = ("float32", "float64")
ALGORITHMS = ("auto", "blocked", "direct", "winograd")
WORKING = 64 * 2**20
"""Bytes that a forward pass may take besides weights and live volumes: cache-sized blocks of each thread."""


class BadWishError(ValueError):
    """An option that does not go with the network or with another option."""


class Wishes(NamedTuple):
    """What a network is run on, and how."""

    image: str = ""
    """The path of a picture."""
    array: str = ""
    """The path of an .npy file: N x height x width x depth."""
    weights: str = ""
    """The path of an .npz file: `<layer>/<array>`; drawn from the seed unless given."""
    seed: int = 0
    algorithm: Algorithm = "auto"
    threads: int = 0
    """0: one for each processor."""
    layers: tuple[str, ...] = ()
    """Layers whose outputs are wanted besides the results."""
    force: bool = False
    """Whether to run although the memory will not do."""


class Verified(NamedTuple):
    """A forward pass beside what was inferred."""

    report: Analysis
    run: Run
    wishes: Wishes
    threads: int
    weights_seconds: float
    estimate: int
    """Bytes that were predicted: parameters, buffers and live volumes."""
    measured: int | None
    """Bytes of resident memory at the largest moment, beyond those before; None where the system does not tell."""
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Tell whether every layer is as inferred."""
        return not self.run.differences


class DenseEvaluation(NamedTuple):
    """A network that slid over an image, beside its crops."""

    name: str
    slide: Slide
    passes: Sequence[Pass]
    slid: Slid
    dtype: str
    padded: tuple[str, ...]
    """The layers that surround their input with zeros."""
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Tell whether the scores are the same, or zeros around the crops explain why they are not."""
        return not self.slid.differing or bool(self.padded)


def verify(
    spec: str | os.PathLike[str],
    *,
    seed: int = 0,
    algorithm: Algorithm = "auto",
    weights: str = "",
    image: str = "",
    array: str = "",
    threads: int = 0,
    layers: Sequence[str] = (),
    **options: Unpack[Given],
) -> Verified:
    """Run the forward pass of a spec (a path, a shipped name or an inline pattern) and compare each layer with what was inferred.

    `image`, `array` and `weights` are paths; the rest is what `cnncalc verify` takes. `result.passed` is whether all is
    as inferred, `result.run.results` has the arrays of the outputs and of `layers`, by the index of their node.

    Raises SpecError for an unusable spec or file, ValueError for a bad option.
    """
    for name in options:
        if name in OPTIONS and OPTIONS[name].group != "network":
            message = f"a forward pass has no {name}"
            raise ValueError(message)
    return verified(find(str(spec)), request(**options), Wishes(image, array, weights, seed, algorithm, threads, tuple(layers)))


def verified(
    found: Found,
    settings: Request,
    wishes: Wishes,
    *,
    start: Callable[[int], object] = lambda _: None,
    tell: Callable[[int], object] = lambda _: None,
) -> Verified:
    """Return a spec's forward pass. `start` is called with the number of layers, `tell` with how many are done."""
    from cnncalc.forward.machine import Peak  # noqa: PLC0415  NumPy is for those who run networks
    from cnncalc.forward.run import run  # noqa: PLC0415

    check(settings, wishes)
    told = report(found, settings)
    keep = [_layer(told, name) for name in wishes.layers]
    notes = enough_memory(told.inference_peak, force=wishes.force)
    peak = Peak()
    with crew(wishes.threads) as threads:
        image = images(told.image, settings, wishes)
        if image.shape[0] != told.batch:
            told = report(found, settings.changed(batch=int(image.shape[0])))
        begun = time.perf_counter()
        weights = arrays(told.network, settings.dtype, wishes)
        took = time.perf_counter() - begun
        start(len(told.rows))
        result = run(told.network, image, weights, algorithm=wishes.algorithm, keep=keep, tell=tell)
    return Verified(told, result, wishes, threads, took, told.inference_peak, peak.bytes(), notes)


def check(settings: Request, wishes: Wishes) -> None:
    """Refuse what the forward pass cannot do; BadWishError names it."""
    if settings.dtype not in DTYPES:
        message = f"a forward pass computes in {' or '.join(DTYPES)}, not in {settings.dtype}"
        raise BadWishError(message)
    if wishes.algorithm not in ALGORITHMS:
        message = f"algorithm is one of {', '.join(ALGORITHMS)}, not {wishes.algorithm!r}"
        raise BadWishError(message)
    if wishes.image and wishes.array:
        message = "an image and an array: the network runs on one of the two"
        raise BadWishError(message)
    if settings.batch != 1 and (wishes.image or wishes.array):
        message = "the file decides how many images there are; a batch is for random ones"
        raise BadWishError(message)
    if wishes.threads < 0 or wishes.seed < 0:
        message = "seed and threads are integers from 0"
        raise BadWishError(message)


def _layer(told: Analysis, name: str) -> int:
    """Return the node of a layer, or of a step's name; BadWishError with what was meant, perhaps."""
    from cnncalc.text.suggest import did_you_mean  # noqa: PLC0415

    places = {node.name: at for at, node in enumerate(told.network.nodes)} | dict(told.network.graph.named)
    if name not in places:
        hint = "; ".join(did_you_mean(name, places)) or "`cnncalc analyze` shows the names"
        message = f"no layer is named `{name[:80]}`; {hint}"
        raise BadWishError(message)
    return places[name]


def enough_memory(estimate: int, *, force: bool) -> tuple[str, ...]:
    """Compare the estimate with what is available; SpecError, or with `force` a note, where it is not enough."""
    from cnncalc.forward.machine import available  # noqa: PLC0415
    from cnncalc.reports.units import size  # noqa: PLC0415

    free = available()
    if free is None or estimate + WORKING <= free:
        return ()
    message = f"the forward pass needs {size(estimate + WORKING)}, and {size(free)} are available"
    if force:
        return (message,)
    hints = ("a smaller --batch or --input needs less; --force runs all the same",)
    raise SpecError([Diagnostic(codes.MEMORY, "error", message, hints=hints)])


@contextmanager
def crew(count: int) -> Iterator[int]:
    """Give the kernels so many threads while a block runs; 0 leaves what they take by themselves. Then free their memory."""
    from cnncalc.kernels import parallel, scratch  # noqa: PLC0415

    try:
        with parallel.use_threads(count) if count else nullcontext():
            yield parallel.threads()
    finally:
        scratch.release()


def images(volume: Volume, settings: Request, wishes: Wishes) -> Array:
    """Return what the network runs on."""
    from cnncalc.forward import data  # noqa: PLC0415

    if wishes.image:
        return data.read_image(wishes.image, volume, settings.dtype)
    if wishes.array:
        return data.read_array(wishes.array, volume, settings.dtype)
    return data.random_batch(volume, settings.batch, wishes.seed, settings.dtype)


def arrays(network: Network, dtype: str, wishes: Wishes, *, stored_as: Network | None = None) -> Weights:
    """Return the weights of a network; a file has them as `stored_as` does, whose values are in the same order."""
    from cnncalc.forward import weights  # noqa: PLC0415
    from cnncalc.transforms.weights import Stored, load  # noqa: PLC0415

    if not wishes.weights:
        return weights.drawn(network, wishes.seed, dtype)
    wanted = [Stored(each.name, each.tensor.shape, bool(each.tensor.fixed_bytes)) for each in weights.stored(stored_as or network)]
    return weights.named(network, load(wishes.weights, wanted), dtype)


# sliding


def slid(
    found: Found,
    settings: Request,
    wishes: Wishes,
    finer: int = 0,
    *,
    start: Callable[[int], object] = lambda _: None,
    tell: Callable[[int], object] = lambda _: None,
) -> DenseEvaluation:
    """Run a network over a larger image, and on the crops that it then sees, one by one.

    FC layers are converted first. The image is of the size that `settings` give, or the spec's own; the crops are of the
    spec's size where FC layers set it, else of the size whose output is one place. With a `finer` step, several shifted
    passes together evaluate crops that far apart. Raises SpecError where the network does not slide.
    """
    from cnncalc.forward import dense_evaluation as sliding  # noqa: PLC0415  NumPy is for those who run networks

    check(settings, wishes)
    network = _Network(found, settings)
    slide = network.slide()
    passes = network.passes(slide, finer)
    crop = network.at(slide.crop)
    notes = enough_memory(_estimate([crop, *(each.network for each in passes)], network.image, settings.dtype), force=wishes.force)
    with crew(wishes.threads):
        image = images(network.image, settings, wishes)[:1]
        weights = arrays(crop, settings.dtype, wishes, stored_as=network.own)
        start(sum(len(covered(slide, each.shift)) for each in passes))
        result = sliding.slid(slide, passes, crop, image, weights, algorithm=wishes.algorithm, tell=tell)
    return DenseEvaluation(network.name, slide, passes, result, settings.dtype, network.padded(crop), notes)


def _estimate(networks: Sequence[Network], image: Volume, dtype: str) -> int:
    """Return the bytes that networks of the same weights need, one after the other, on parts of one image."""
    from cnncalc.analyses.counts import counts  # noqa: PLC0415
    from cnncalc.analyses.inference_memory import inference_live  # noqa: PLC0415
    from cnncalc.analyses.memory import memory  # noqa: PLC0415
    from cnncalc.request.dtypes import BYTES  # noqa: PLC0415

    stored = memory(counts(networks[0]).totals, image, 1, dtype)
    return stored.parameters + stored.buffers + stored.images + max(inference_live(each, BYTES[dtype]).peak for each in networks)


class _Network:
    """A network that may slide, its FC layers converted, at any size of the image."""

    def __init__(self, found: Found, settings: Request) -> None:
        overrides = settings.overrides
        try:
            spec, self.own = read(found, overrides._replace(input=None), Findings())
        except SpecError as error:
            if all(each.code is not NO_INPUT for each in error.diagnostics):
                raise
            spec, self.own = read(found, overrides, Findings())
        self.name = spec.name or found.shipped or "network"
        self.image = overrides.input or self.own.image
        self.graph, self.made_for = self.own.graph, self.image.size
        if any(node.origin.kind == "FC" for node in self.own.graph.nodes):
            self.graph = rewritten(self.own.graph, fc_to_conv(self.own, overrides.rounding or spec.rounding))
            self.made_for = self.own.image.size

    def at(self, size: tuple[int, ...]) -> Network:
        """Return the network on an image of a size; SpecError where it does not fit."""
        return complete(resized(self.graph, Volume(size, self.image.depth)))

    def slide(self) -> Slide:
        """Return the crops that one pass over the image sees: of the size that makes one place, at the network's stride."""
        whole = self.at(self.image.size)
        at = whole.graph.outputs[-1].at
        fields = receptive_fields(whole)[at]
        if fields.whole:
            raise _stays("it sees the whole image, whatever its size: a global pool, or a norm over the volume", whole, fields)
        steps = tuple(axis.stride for axis in fields.axes)
        step = tuple(map(int, steps))
        if steps != step or not fields.aligned:
            raise _stays("its outputs stand at no regular step", whole, fields)
        places = whole.typed[at].output.size
        crop = tuple(side - (n - 1) * s for side, n, s in zip(self.image.size, places, step, strict=True))
        if self.made_for != self.image.size:
            crop = self.made_for
        slide = Slide(self.image.size, crop, step)
        if max(places) == 1 or min(crop) < 1 or slide.positions != places:
            raise _stays(f"the image is {self.image.text}, a crop {dims_text(crop)}: {dims_text(places)} places", whole, fields)
        return slide

    def passes(self, slide: Slide, finer: int) -> list[Pass]:
        """Return the passes: the image as it is, or shifted so that crops lie `finer` pixels apart."""
        from cnncalc.forward.dense_evaluation import Pass  # noqa: PLC0415

        if not finer:
            return [Pass((0,) * len(slide.step), slide.image, self.at(slide.image))]
        try:
            wanted = shifts(slide.step, (finer,) * len(slide.step))
        except ValueError as error:
            raise BadWishError(str(error)) from None
        found: list[Pass] = []
        for shift in wanted:
            left = slide._replace(image=tuple(side - off for side, off in zip(slide.image, shift, strict=True)))
            size = tuple(side - over for side, over in zip(left.image, left.unseen, strict=True))
            if left.crops:
                found.append(Pass(shift, size, self.at(size)))
        return found

    def padded(self, network: Network) -> tuple[str, ...]:
        """Return the layers that surround their input with zeros."""
        names: list[str] = []
        for node, typed in zip(network.nodes, network.typed, strict=True):
            if any(axis.before > 0 or axis.after > 0 for window in typed.windows if window for axis in window.axes):
                names.append(node.name)
        return tuple(names)


def _stays(reason: str, network: Network, fields: Fields) -> SpecError:
    """Return the error of a network that does not slide, with the layers that see all of the image where there are such."""
    notes = (f"it is {', '.join(_whole(network)[:3])} that sees all",) if fields.whole else ()
    hints = () if fields.whole else ("a larger image has more places: --input says so",)
    return SpecError([Diagnostic(codes.SLIDING, "error", f"the network does not slide: {reason}", notes=notes, hints=hints)])


def _whole(network: Network) -> list[str]:
    """Return the layers whose window is their whole input."""
    names: list[str] = []
    for node, typed in zip(network.nodes, network.typed, strict=True):
        if any(window is not None and window.whole for window in typed.windows):
            names.append(node.name)
    return names
