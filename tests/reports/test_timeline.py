"""The chart of `analyze --timeline`."""

import itertools

import pytest

import cnncalc
from cnncalc.reports.timeline import ROWS, render


@pytest.mark.parametrize("name", ["lenet5", "vgg16", "resnet1001_preact"])
@pytest.mark.parametrize("width", [1, 40, 80, 200])
@pytest.mark.parametrize("blocks", [True, False])
def test_every_width(name, width, blocks):
    title, *chart = render(cnncalc.analyze(name), width, blocks=blocks)
    assert "at most" in title
    assert len(chart) == ROWS + 1
    assert max(map(len, chart)) <= max(24, width)
    assert blocks or "".join(chart).isascii()
    assert "forward" in chart[-1]


def test_the_top_row_is_reached_where_the_peak_is():
    report = cnncalc.analyze("vgg16")
    chart = render(report, 200)[1:]
    column = chart[0].index("█")
    sizes = report.training.sizes(1)
    at = (column - chart[0].index("┤") - 1) * len(sizes) // (len(chart[-1]) - chart[-1].index("└") - 1)
    assert sizes[at] > max(sizes) * 63 // 64  # within the last eighth of the top row
    assert chart[0].startswith("1.60 GiB ┤")


def test_bars_stand_on_the_ground():
    """A column filled in one row is filled in all rows below."""
    chart = render(cnncalc.analyze("resnet50"), 90)[1:-1]
    full = [{at for at, cell in enumerate(line) if cell in "▁▂▃▄▅▆▇█"} for line in chart]
    assert all(above <= below for above, below in itertools.pairwise(full))
    assert all(line[at] == "█" for above, line in zip(full, chart[1:], strict=False) for at in above)


def test_what_is_run_again_is_backward():
    chart = render(cnncalc.analyze("resnet50", checkpoint="auto", batch=32), 90)
    assert "as it runs again, conv" in chart[0]
    assert "backward" in chart[-1]
