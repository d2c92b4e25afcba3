"""The picture in the README shows the terminal output. `CNNCALC_GOLDEN=write pytest tests/test_picture.py` redraws it."""

import html
import io
import os
import pathlib
import re

from rich.console import Console

import cnncalc
from cnncalc.reports.table import draw

PICTURE = pathlib.Path(__file__).parent.parent / "docs" / "table.svg"
WIDTH = 112


def drawn(monkeypatch):
    """Return the SVG of `cnncalc analyze vgg16` on a terminal of WIDTH columns, without external fonts."""
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))  # the bars need a Unicode encoding
    console = Console(record=True, width=WIDTH, file=io.StringIO(), highlight=False, force_terminal=True, color_system="truecolor")
    draw(cnncalc.analyze("vgg16"), console)
    svg = console.export_svg(title="cnncalc analyze vgg16", unique_id="cnncalc")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


def words(svg):
    """Return the texts of an SVG; the markup may differ between versions of rich."""
    return [html.unescape(text).split() for text in re.findall(r"<text[^>]*>(.*?)</text>", svg)]


def test_the_picture_is_what_a_terminal_shows(monkeypatch):
    svg = drawn(monkeypatch)
    if os.environ.get("CNNCALC_GOLDEN") == "write":
        PICTURE.write_text(svg, encoding="utf-8")
    assert words(PICTURE.read_text(encoding="utf-8")) == words(svg)
    assert any("conv1_1" in line for line in words(svg))
