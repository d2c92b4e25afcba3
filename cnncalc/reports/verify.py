"""The outcome of a forward pass, in words and as JSON: layers beside the inferred facts, time, memory beside its estimate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.forward.typed_values import is_typed
from cnncalc.maths.volume import dims_text
from cnncalc.named_tuple import NamedTuple
from cnncalc.reports import values
from cnncalc.reports.json import SCHEMA_VERSION
from cnncalc.reports.plain import listed
from cnncalc.reports.units import size
from cnncalc.text.escape import line
from cnncalc.text.suggest import many

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.analyses.analysis import Row
    from cnncalc.forward.outcome import DenseEvaluation, Verified
    from cnncalc.forward.run import Ran
    from cnncalc.kernels.arrays import Array

HEAD = ("layer", "", "inferred", "array", "parameters", "time", "live")
TOP = 5  # scores to show
MOST_PADDED = 4  # names to show


class Score(NamedTuple):
    """The score of a class."""

    place: int
    """The index of the class, from 0."""
    value: float


def render(verified: Verified) -> str:
    """Return the heading, the table, the differences, and the sentences; where values are asked for, these and the differences."""
    if verified.options.shown:
        return shown(verified)
    report = verified.report
    pairs = list(zip(report.rows, verified.run.layers, strict=True))
    rows = [HEAD, *(_cells(row, ran, report.rows) for row, ran in pairs)]
    lines = [heading(verified), "", *listed(rows, right=(4, 5, 6)), ""]
    for row, ran in pairs:
        lines += [f"{row.name}: {problem}" for problem in ran.problems]
    lines += [_verdict(verified), *_figures(verified), *_scores(verified), *_picked(verified)]
    return "\n".join(lines)


def shown(verified: Verified) -> str:
    """Return the values that are asked for, the differences, and whether there are any."""
    found = [values.render(part, verified.options.digits) for part in verified.parts]
    problems = [
        f"{row.name}: {problem}"
        for row, ran in zip(verified.report.rows, verified.run.layers, strict=True)
        for problem in ran.problems
    ]
    return "\n\n".join([*found, "\n".join([*problems, _verdict(verified)])])


def heading(verified: Verified) -> str:
    """Return what ran: `VGG-16 · 1x224x224x3 · float32 · random images and weights, seed 0 · blocked · 2 threads`."""
    report, options = verified.report, verified.options
    files = (*options.image, *map(_file, options.array))
    images = "image" if len(report.inputs) == 1 else "images"
    files += (f"{images} of the spec",) if verified.carried else ()
    given = verified.carried or len(files) == len(report.inputs)
    drawn = [what for what, random in ((images, not given), ("weights", verified.weights.random)) if random]
    parts = [report.title or "network", _shapes(verified), report.dtype]
    parts += [*files, *verified.weights.words()]
    parts += [f"random {' and '.join(drawn)}, seed {options.seed}"] if drawn else []
    return " · ".join([*parts, options.algorithm, many(verified.threads, "thread")])


def _file(word: str) -> str:
    """Return the name of a file, and `typed values` or `left=typed values` for values."""
    name, sign, path = word.rpartition("=")
    return f"{name}{sign}typed values" if is_typed(path) else word


def _shapes(verified: Verified) -> str:
    """Return `1x224x224x3`, or `left 1x64x64x3, right 1x32x32x1`."""
    network, layers = verified.report.network, verified.run.layers
    if len(network.inputs) == 1:
        return dims_text(layers[0].wanted)
    return ", ".join(f"{network.nodes[index].name} {dims_text(layers[index].wanted)}" for index in network.inputs)


def _cells(row: Row, ran: Ran, rows: Sequence[Row]) -> tuple[str, ...]:
    array = dims_text(ran.shape) if ran.shape is not None else "none"
    took = f"in {rows[ran.joined].name}" if ran.joined >= 0 else f"{1000 * ran.seconds:.1f} ms"
    return (row.name, row.label, row.output.text, array, f"{ran.params:,}" if ran.params else "", took, size(ran.live))


def _verdict(verified: Verified) -> str:
    run, count = verified.run, len(verified.run.layers)
    params = sum(ran.params for ran in run.layers)
    if verified.passed:
        return f"All {count} shapes and {params:,} parameters are as inferred."
    return f"{many(run.differences, 'layer')} of {count} {'is' if run.differences == 1 else 'are'} not as inferred."


def _figures(verified: Verified) -> Iterator[str]:
    """Yield the time, and the predicted and measured memory."""
    yield f"time    {verified.run.seconds:.2f} s, and {verified.weights_seconds:.2f} s for the weights"
    report = verified.report
    held = report.memory.parameters + report.memory.buffers
    live = report.inference.peak * report.batch
    yield f"memory  predicted {size(verified.estimate)} = {size(held)} parameters and buffers + {size(live)} live volumes"
    measured = "not reported by this system" if verified.measured is None else size(verified.measured)
    yield f"        measured {measured}, {size(verified.run.live)} of it live volumes"


def scores(verified: Verified) -> list[list[Score]]:
    """Return the highest scores of each image; none for a network that does not end in a softmax over classes."""
    report = verified.report
    at = report.network.outputs[-1].at
    row, array = report.rows[at], verified.run.results.get(at)
    if array is None or row.kind != "softmax" or not row.output.is_vector():
        return []
    return [_top(image.reshape(-1)) for image in array]


def _top(values: Array) -> list[Score]:
    order = (-values).argsort(kind="stable")[:TOP]
    return [Score(int(at), float(values[at])) for at in order]


def _scores(verified: Verified) -> Iterator[str]:
    found = scores(verified)[:TOP]
    for at, top in enumerate(found):
        what = f"image {at}" if verified.report.batch > 1 else "scores"
        yield f"{what:<8}" + ", ".join(f"class {score.place}: {score.value:.4g}" for score in top)
    if found and verified.weights.random:
        yield f"{'':<8}of random weights: they compare runs and say nothing of the image"


def _picked(verified: Verified) -> Iterator[str]:
    """Yield a summary of the values of each requested layer."""
    for name, found in picked(verified).items():
        yield f"{name}: {dims_text(found.shape)}, from {found.min():.6g} to {found.max():.6g}, mean {found.mean():.6g}"


def picked(verified: Verified) -> dict[str, Array]:
    """Return the arrays of the requested layers, by name."""
    rows, named = verified.report.rows, verified.report.network.graph.named
    places = {row.name: at for at, row in enumerate(rows)} | dict(named)
    wanted = {rows[places[name]].name: places[name] for name in verified.options.layers}
    return {name: verified.run.results[at] for name, at in wanted.items() if at in verified.run.results}


def results(verified: Verified) -> dict[str, Array]:
    """Return the arrays to save, of the outputs and the requested layers, by layer name."""
    return {verified.report.rows[at].name: array for at, array in verified.run.results.items()}


def as_dict(verified: Verified) -> dict[str, object]:
    """Return the data of `--format json`."""
    report, run, options = verified.report, verified.run, verified.options
    return {
        "schema_version": SCHEMA_VERSION,
        "name": report.name,
        "batch": report.batch,
        "dtype": report.dtype,
        "seed": options.seed,
        "weights": verified.weights.file or None,
        "typed_weights": [each.array for each in verified.weights.typed],
        "algorithm": options.algorithm,
        "threads": verified.threads,
        "passed": verified.passed,
        "layers": [_layer(row, ran, report.rows) for row, ran in zip(report.rows, run.layers, strict=True)],
        "seconds": run.seconds,
        "weights_seconds": verified.weights_seconds,
        "memory": {"predicted": verified.estimate, "measured": verified.measured, "live": run.live},
        "scores": [[score._asdict() for score in found] for found in scores(verified)],
        "picked": {
            name: {"min": float(found.min()), "max": float(found.max()), "mean": float(found.mean())}
            for name, found in picked(verified).items()
        },
        "printed": [values.as_dict(part) for part in verified.parts],
    }


def _layer(row: Row, ran: Ran, rows: Sequence[Row]) -> dict[str, object]:
    return {
        "name": row.name,
        "inferred": list(ran.wanted),
        "array": None if ran.shape is None else list(ran.shape),
        "params": ran.params,
        "buffers": ran.buffers,
        "seconds": ran.seconds,
        "live": ran.live,
        "computed_in": rows[ran.joined].name if ran.joined >= 0 else row.name,
        "problems": list(ran.problems),
    }


# sliding


def sliding_text(result: DenseEvaluation) -> str:
    """Return how the scores of one pass compare with those of the crops, and why they differ."""
    slide, slid = result.slide, result.slid
    passes = "1 pass" if len(result.passes) == 1 else f"{len(result.passes)} passes"
    crops = f"{slid.crops} crops of {dims_text(slide.crop)}"
    head = f"{line(result.name)}: {passes} over {dims_text(slide.image)}, beside {crops}"
    if len(result.passes) > 1:
        shifts = ", ".join(dims_text(each.shift) for each in result.passes)
        lines = [head, f"the passes are shifted by {shifts} pixels; the stride of each is {dims_text(slide.step)}"]
    else:
        lines = [f"{head} at stride {dims_text(slide.step)}"]
    lines.append(f"largest difference of a score: {slid.largest:.3g}, of scores up to {slid.scale:.3g} ({slid.share:.2g} of it)")
    lines += _why(result)
    lines.append(f"time: {slid.pass_seconds:.2f} s for the {passes.split(' ', 1)[1]}, {slid.crop_seconds:.2f} s for the crops")
    return "\n".join(lines)


def _why(result: DenseEvaluation) -> Iterator[str]:
    slid = result.slid
    if not slid.differing:
        yield "The scores are the same: the remaining differences are the rounding of sums in another order."
    elif result.padded:
        more = len(result.padded) - MOST_PADDED
        names = ", ".join(result.padded[:MOST_PADDED]) + (f" and {more} more" if more > 0 else "")
        yield f"{slid.differing} of {slid.crops} crops differ by more than rounding, because of zero padding ({names}):"
        yield "a crop has zeros beyond its border, where the whole image has neighbouring pixels."
    else:
        yield f"{slid.differing} of {slid.crops} crops differ by more than rounding, though no layer pads: this should not be."


def sliding_dict(result: DenseEvaluation) -> dict[str, object]:
    """Return the comparison as a dictionary for JSON."""
    slide, slid = result.slide, result.slid
    return {
        "schema_version": SCHEMA_VERSION,
        "name": result.name,
        "dtype": result.dtype,
        "image": list(slide.image),
        "crop": list(slide.crop),
        "stride": list(slide.step),
        "passes": [{"shift": list(each.shift), "size": list(each.size)} for each in result.passes],
        "crops": slid.crops,
        "differing": slid.differing,
        "largest_difference": slid.largest,
        "largest_score": slid.scale,
        "padded": list(result.padded),
        "passed": result.passed,
        "seconds": {"passes": slid.pass_seconds, "crops": slid.crop_seconds},
    }
