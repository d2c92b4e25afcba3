"""Every shipped network runs, and every array has the inferred shape.

Here on the smallest image that fits, for the shapes follow the same rules on any; `benchmarks/verify.py` runs them all in full.
"""

import pytest

from cnncalc.forward.outcome import RunOptions
from cnncalc.graph.build import Overrides
from cnncalc.maths.volume import Volume
from cnncalc.pipeline import read, report
from cnncalc.request.request import Request
from cnncalc.tasks.verify import verified
from cnncalc.text.diagnostic import Findings, SpecError
from cnncalc.workspace.find import find, shipped_names

NAMES = shipped_names()
SIDES = [24, 32, 48, 64, 75, 96, 97, 112, 128, 160, 192, 224]
MOST_PARAMS, MOST_MACS = 90_000_000, 20_000_000_000  # larger networks are left to the benchmark; these take about one second each


def smallest(name):
    """Return options for a small image that fits the network, or for its own where no other fits."""
    own = report(find(name), Request()).image
    for side in SIDES:
        size = Volume(tuple(min(side, each) for each in own.size), own.depth)
        overrides = Overrides(input=size)
        try:
            read(find(name), overrides, Findings())
        except SpecError:
            continue
        return Request(input=size)
    return Request()


@pytest.mark.parametrize("name", NAMES)
def test_every_shape_is_as_inferred(name):
    settings = smallest(name)
    told = report(find(name), settings)
    if told.totals.params > MOST_PARAMS or told.totals.macs > MOST_MACS:
        pytest.skip("too large for the suite; benchmarks/verify.py runs it")
    result = verified(find(name), settings, RunOptions(force=True))
    assert [layer.problems for layer in result.run.layers if layer.problems] == []
    assert sum(layer.params for layer in result.run.layers) == told.totals.params
    assert result.run.live <= told.inference.peak, "more volumes live than the analysis predicts"
