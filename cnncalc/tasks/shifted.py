"""`verify --shift`: how much of each layer changes when the image moves by a few pixels.

A layer whose windows are wider than the shift may give the same values: pooling "makes the output of the layer invariant to small
translations of the input" (Knet tutorial, Pooling).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.forward.outcome import BadRunOptionError, Changed, Shifted
from cnncalc.pipeline import report
from cnncalc.tasks.verify import can_run, check, crew, enough_memory, images, sized, stored

if TYPE_CHECKING:
    from cnncalc.analyses.analysis import Analysis
    from cnncalc.forward.outcome import RunOptions
    from cnncalc.request.request import Request
    from cnncalc.workspace.find import Found


def shifted(found: Found, settings: Request, run_options: RunOptions, shift: tuple[int, ...]) -> Shifted:
    """Run a network on its input, and on the input moved by `shift` pixels (x, y, time); zeros enter.

    All volumes are kept, of both runs. Raises SpecError for an unusable spec or file, BadRunOptionError for a shift that the input
    does not have.
    """
    from cnncalc.forward.differences import changed, moved
    from cnncalc.forward.run import run

    check(settings, run_options)
    told: Analysis = report(found, settings)
    can_run(told.network)
    for volume in told.inputs.values():
        if len(shift) > volume.rank or any(abs(by) >= side for by, side in zip(shift, volume.size, strict=False)):
            message = f"the input {volume.text} cannot be moved by {'x'.join(map(str, shift))} pixels"
            raise BadRunOptionError(message)
    told, own = sized(told, settings, run_options)
    notes = enough_memory(told.inference_peak + 2 * told.memory.forward, force=run_options.force)
    keep = range(len(told.rows))
    with crew(run_options.threads):
        inputs = images(told.inputs, settings, run_options, carried=own)
        _, weights = stored(told, settings, run_options)
        algorithm = run_options.algorithm
        first = run(told.network, inputs, weights, algorithm=algorithm, keep=keep)
        second = run(told.network, [moved(each, shift) for each in inputs], weights, algorithm=algorithm, keep=keep)
    pairs = [(first.results[at], second.results[at]) for at in keep]
    layers = [Changed(before, after, changed(before, after)) for before, after in pairs]
    return Shifted(told, shift, layers, notes)
