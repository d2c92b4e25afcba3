"""`verify`: the straight line up to the report, then a forward pass that compares the inferred shapes with real arrays."""

from __future__ import annotations

import time
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from cnncalc.forward import codes
from cnncalc.forward.outcome import ALGORITHMS, DTYPES, BadRunOptionError, RunOptions, Verified
from cnncalc.layers import misfits
from cnncalc.pipeline import report
from cnncalc.request.options import OPTIONS
from cnncalc.request.request import request
from cnncalc.text.diagnostic import Diagnostic, SpecError
from cnncalc.text.suggest import many
from cnncalc.workspace.find import find

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Generator, Mapping, Sequence
    from typing import Unpack

    from cnncalc.analyses.analysis import Analysis
    from cnncalc.forward.given_weights import GivenWeights
    from cnncalc.forward.selection import Selection
    from cnncalc.forward.weights import Weights
    from cnncalc.graph.graph import Network
    from cnncalc.kernels.arrays import Array
    from cnncalc.kernels.conv import Algorithm
    from cnncalc.maths.volume import Volume
    from cnncalc.request.options import Given
    from cnncalc.request.request import Request
    from cnncalc.spec.spec import NamedValues
    from cnncalc.text.source import Excerpt
    from cnncalc.workspace.find import Found

ADDRESSABLE = 2**47
"""Bytes that a process can have on today's machines; more cannot be allocated, whatever is forced."""
MOST_THREADS = 1024
WORKING = 64 * 2**20
"""Bytes that a forward pass may use in addition to weights and live volumes: cache-sized blocks of each thread."""


def verify(
    spec: str | os.PathLike[str],
    *,
    seed: int = 0,
    algorithm: Algorithm = "auto",
    weights: str | Sequence[str] = (),
    image: str | Sequence[str] = (),
    array: str | Sequence[str] = (),
    threads: int = 0,
    layers: Sequence[str] = (),
    **options: Unpack[Given],
) -> Verified:
    """Run the forward pass of a spec (a path, a shipped name or an inline pattern) and compare each layer with the inferred facts.

    `image`, `array` and `weights` are paths; `left=x.npy` is the path for one of several inputs. An array can be typed,
    `1 2 3; 4 5 6`, and weights by name, `conv1=1 2 3`. The other options are those of `cnncalc verify`.
    `result.passed` is whether all is as inferred; `result.run.results` has the arrays of the outputs and of
    `layers`, by node index.

    Raises SpecError for an unusable spec or file, ValueError for a bad option.
    """
    for name in options:
        if name in OPTIONS and OPTIONS[name].group != "network":
            message = f"a forward pass has no {name}"
            raise ValueError(message)
    run_options = RunOptions(_words(image), _words(array), _words(weights), seed, algorithm, threads, tuple(layers))
    return verified(find(str(spec)), request(**options), run_options)


def verified(
    found: Found,
    settings: Request,
    run_options: RunOptions,
    *,
    start: Callable[[int], object] = lambda _: None,
    tell: Callable[[int], object] = lambda _: None,
) -> Verified:
    """Return a spec's forward pass. `start` receives the number of layers, `tell` the number of finished ones."""
    from cnncalc.forward.machine import Peak  # only commands that run networks need NumPy
    from cnncalc.forward.run import run
    from cnncalc.forward.selection import part

    check(settings, run_options)
    told: Analysis = report(found, settings)
    can_run(told.network)
    chosen = _chosen(told, run_options.shown)
    keep = [*(layer_named(told, name) for name in run_options.layers), *(at for _, at in chosen)]
    told, own = sized(told, settings, run_options)
    notes = enough_memory(told.inference_peak, force=run_options.force)
    peak = Peak()
    with crew(run_options.threads) as threads:
        read = images(told.inputs, settings, run_options, carried=own)
        begun = time.perf_counter()
        said, weights = stored(told, settings, run_options)
        took = time.perf_counter() - begun
        start(len(told.rows))
        result = run(told.network, read, weights, algorithm=run_options.algorithm, keep=keep, tell=tell)
    parts = [part(each, told.rows[at].name, result.results[at]) for each, at in chosen if at in result.results]
    return Verified(
        told, result, run_options, said, threads, took, told.inference_peak, peak.bytes(), notes, tuple(parts), bool(own)
    )


def check(settings: Request, run_options: RunOptions) -> None:
    """Refuse options that the forward pass does not support; BadRunOptionError names the option."""
    if settings.dtype not in DTYPES:
        message = f"a forward pass computes in {' or '.join(DTYPES)}, not in {settings.dtype}"
        raise BadRunOptionError(message)
    if run_options.algorithm not in ALGORITHMS:
        message = f"algorithm is one of {', '.join(ALGORITHMS)}, not {run_options.algorithm!r}"
        raise BadRunOptionError(message)
    if settings.batch != 1 and (run_options.image or run_options.array):
        message = "the file sets the number of images; a batch size is for random ones"
        raise BadRunOptionError(message)
    if run_options.threads > MOST_THREADS:
        message = f"a forward pass runs on at most {MOST_THREADS:,} threads, not {run_options.threads:,}"
        raise BadRunOptionError(message)
    if run_options.threads < 0 or run_options.seed < 0:
        message = "seed and threads are integers from 0"
        raise BadRunOptionError(message)


def can_run(network: Network) -> None:
    """Refuse a network with operators that are not modelled; SpecError names the first."""
    missing = [node for node, typed in zip(network.nodes, network.typed, strict=True) if not typed.layer.modelled]
    if missing:
        first, *others = missing
        more = f", and {many(len(others), 'more layer')}" if others else ""
        message = f"the network cannot run: {first.name} is an operator that is not modelled{more}"
        hints = ("`cnncalc analyze` needs the sizes only",)
        raise SpecError(
            [
                Diagnostic(
                    misfits.NOT_MODELLED, "error", message, first.origin.span, "its function is unknown", first.origin.notes, hints
                )
            ]
        )


def layer_named(told: Analysis, name: str) -> int:
    """Return the node of a layer, or of a step's name; BadRunOptionError with the nearest name for an unknown one."""
    from cnncalc.text.suggest import did_you_mean

    places = {node.name: at for at, node in enumerate(told.network.nodes)} | dict(told.network.graph.named)
    if name not in places:
        hint = "; ".join(did_you_mean(name, places)) or "`cnncalc analyze` shows the names"
        message = f"no layer is named `{name[:80]}`; {hint}"
        raise BadRunOptionError(message)
    return places[name]


def _chosen(told: Analysis, texts: Sequence[str]) -> list[tuple[Selection, int]]:
    """Return the parts of layers to show, and the nodes of these layers; an empty text is all outputs."""
    from cnncalc.forward.selection import selection

    names = {node.name for node in told.network.nodes} | dict(told.network.graph.named).keys()
    found = [selection(text, names) for text in texts if text]
    chosen = [(each, layer_named(told, each.layer)) for each in found]
    if "" in texts:
        chosen += [(selection(told.rows[output.at].name, names), output.at) for output in told.network.outputs]
    return chosen


def enough_memory(estimate: int, *, force: bool, what: str = "the forward pass") -> tuple[str, ...]:
    """Compare the estimate with the available memory; where it exceeds it, SpecError, or a note with `force`."""
    from cnncalc.forward.machine import available
    from cnncalc.reports.units import size

    free = available()
    if free is None or estimate + WORKING <= free:
        return ()
    message = f"{what} needs {size(estimate + WORKING)}, and {size(free)} are available"
    if force and estimate < ADDRESSABLE:
        return (message,)
    hints = ("a smaller --batch or --input needs less; --force runs anyway",)
    raise SpecError([Diagnostic(codes.MEMORY, "error", message, hints=hints)])


@contextmanager
def crew(count: int) -> Generator[int]:
    """Give the kernels `count` threads while a block runs (0: their default number), then free their memory."""
    from cnncalc.kernels import parallel, scratch

    try:
        with parallel.use_threads(count) if count else nullcontext():
            yield parallel.threads()
    finally:
        scratch.release()


def _given_files(
    volumes: Mapping[str, Volume], run_options: RunOptions, carried: Sequence[NamedValues]
) -> tuple[dict[str, str], dict[str, str | Excerpt]]:
    """Return the paths of pictures and of arrays by the names of inputs; BadRunOptionError for two files of one input.

    Without any, the values that the spec carries are the arrays.
    """
    pictures = by_name(run_options.image, volumes)
    files: dict[str, str | Excerpt] = {**by_name(run_options.array, volumes)}
    if pictures.keys() & files.keys():
        message = "an image and an array: the network runs on one of the two"
        raise BadRunOptionError(message)
    return pictures, files if pictures or files else {**carried_inputs(volumes, carried)}


def sized(told: Analysis, settings: Request, run_options: RunOptions) -> tuple[Analysis, Sequence[NamedValues]]:
    """Return the analysis at the batch of the given images, and the images that the spec carries and that are used."""
    own = own_inputs(told, settings, run_options)
    batch = images_in_files(told.inputs, run_options, own) or told.batch
    return (told.at(batch=batch) if batch != told.batch else told), own


def stored(told: Analysis, settings: Request, run_options: RunOptions) -> tuple[GivenWeights, Weights]:
    """Return what is said of the weights, by the options and the spec, and the weights."""
    from cnncalc.forward import given_weights

    said = given_weights.given(told.network, run_options.weights, told.carried.weights if told.carried else ())
    return said, arrays(told.network, settings.dtype, run_options, said)


def own_inputs(told: Analysis, settings: Request, run_options: RunOptions) -> Sequence[NamedValues]:
    """Return the values of the inputs that a spec carries, unless the run is asked for others."""
    given = run_options.image or run_options.array or settings.input is not None or settings.batch != 1
    return told.carried.inputs if told.carried and not given else ()


def carried_inputs(volumes: Mapping[str, Volume], carried: Sequence[NamedValues]) -> dict[str, Excerpt]:
    """Return the values of inputs that a spec carries; SpecError for names that are no inputs."""
    from cnncalc.text.suggest import did_you_mean, listed

    found: dict[str, Excerpt] = {}
    for name, span, text in carried:
        only = next(iter(volumes)) if len(volumes) == 1 else name
        if (name or only) not in volumes:
            hints = did_you_mean(name, volumes) if name else ()
            message = f"`{name[:80]}` names no input" if name else "the values name no input"
            raise SpecError([Diagnostic(codes.UNNAMED, "error", f"{message}; the inputs are {listed(volumes)}", span, hints=hints)])
        found[name or only] = text
    return found


def images_in_files(volumes: Mapping[str, Volume], run_options: RunOptions, carried: Sequence[NamedValues] = ()) -> int:
    """Return the largest number of images in the arrays of files, from their headers; 0 without files."""
    if not (run_options.array or carried):
        return 0
    from cnncalc.forward import data

    _, files = _given_files(volumes, run_options, carried)
    return max((data.images_in(path, volumes[name]) for name, path in files.items()), default=0)


def images(
    volumes: Mapping[str, Volume],
    settings: Request,
    run_options: RunOptions,
    most: int | None = None,
    carried: Sequence[NamedValues] = (),
) -> list[Array]:
    """Return the arrays that the network runs on, one for each input; BadRunOptionError where files do not match the inputs.

    Of each file the first `most` images are read. `carried` are the values of the spec, for a run without files.
    """
    from cnncalc.forward import data

    pictures, files = _given_files(volumes, run_options, carried)
    read = {name: data.read_image(path, volumes[name], settings.dtype) for name, path in pictures.items()}
    read |= {name: data.read_array(path, volumes[name], settings.dtype, most) for name, path in files.items()}
    batches = {array.shape[0] for array in read.values()} or {settings.batch}
    if len(batches) > 1:
        message = f"the files have different numbers of images: {', '.join(map(str, sorted(batches)))}"
        raise BadRunOptionError(message)
    (batch,) = batches
    streams = ["input", *(f"input {name}" for name in list(volumes)[1:])]
    return [
        read[name] if name in read else data.random_batch(volume, batch, run_options.seed, settings.dtype, stream)
        for (name, volume), stream in zip(volumes.items(), streams, strict=True)
    ]


def _words(given: str | Sequence[str]) -> tuple[str, ...]:
    return tuple(word for word in ((given,) if isinstance(given, str) else given) if word)


def by_name(words: Sequence[str], volumes: Mapping[str, Volume], what: str = "input") -> dict[str, str]:
    """Return paths by the names of inputs (or outputs), from `left=x.npy`, or from `x.npy` for the only one."""
    from cnncalc.text.suggest import did_you_mean, listed

    found: dict[str, str] = {}
    for word in words:
        name, sign, path = word.partition("=")
        if not sign or name not in volumes:
            if len(volumes) > 1:
                hint = (did_you_mean(name, volumes) if sign else ()) or (f"the {what}s are {listed(volumes)}",)
                message = f"`{word[:80]}` names no {what}; {hint[0]}"
                raise BadRunOptionError(message)
            (name,), path = volumes, word
        if name in found:
            message = f"two files for the {what} {name}"
            raise BadRunOptionError(message)
        found[name] = path
    return found


def arrays(
    network: Network, dtype: str, run_options: RunOptions, said: GivenWeights | None = None, *, stored_as: Network | None = None
) -> Weights:
    """Return the weights of a network; they are given in the shapes of `stored_as`, with values in the same order."""
    from cnncalc.forward import given_weights, weights
    from cnncalc.transforms.weights import Stored, load

    own = stored_as or network
    said = said or given_weights.given(own, run_options.weights)
    typed = given_weights.arrays(own, said, dtype)
    if not said.file:
        try:
            init = weights.Init.read(run_options.init) if run_options.init else None
        except ValueError as error:
            raise BadRunOptionError(str(error)) from None
        return given_weights.replaced(network, weights.drawn(network, run_options.seed, dtype, init), typed)
    wanted = [
        Stored(each.name, each.tensor.shape, bool(each.tensor.fixed_bytes) or each.name in typed) for each in weights.stored(own)
    ]
    return weights.named(network, load(said.file, wanted) | typed, dtype)
