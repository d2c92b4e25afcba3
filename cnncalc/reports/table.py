"""The table on a terminal: folded, coloured, with bars for the share of each line in memory and parameters."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cnncalc.layers.base import MACS, PARAMETERS
from cnncalc.reports import summary
from cnncalc.reports.bounds import UNKNOWN, at_least
from cnncalc.reports.fold import Line, lines, unfolded
from cnncalc.reports.units import si, size
from cnncalc.request.dtypes import BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cnncalc.analyses.analysis import Analysis

RENDERS = "analysis"
BAR = 8  # columns of a bar
_WIDEST = 4  # the tier with every column
_ESSENTIAL = 2  # a note names hidden columns up to this tier; the others repeat information
_BETWEEN = 3  # columns of the screen from one cell to the next: two of padding, one of the box
_EIGHTHS = " ▏▎▍▌▋▊▉█"


class Column:
    """A column: its head, cell function and style. `least` is the smallest tier of width that shows it."""

    __slots__ = ("cell", "head", "least", "right", "style")

    def __init__(self, head: str, least: int, cell: Callable[[Line], str], style: str = "", *, right: bool = True) -> None:
        self.head = head
        self.least = least
        self.cell = cell
        self.style = style
        self.right = right


def render(report: Analysis) -> str:
    """Return the table without colours."""
    return text(report, colour=False)


def text(report: Analysis, *, everything: bool = False, colour: bool = True, depth: int = 0) -> str:
    """Return the table for stdout: for its width, encoding and colours."""
    console = Console(no_color=not colour, highlight=False, soft_wrap=False, legacy_windows=False)
    with console.capture() as captured:
        draw(report, console, everything=everything, depth=depth)
    return captured.get().removesuffix("\n")


def draw(report: Analysis, console: Console, *, everything: bool = False, depth: int = 0) -> None:
    """Draw heading, table, totals and sentences on a console."""
    shown = unfolded(report.rows) if everything else lines(report.rows, depth)
    columns = _columns(report)
    table, hidden = _fitting(columns, shown, report, console)
    console.print(Text(summary.heading(report), style="bold"))
    console.print(table)
    for what, figure in summary.totals(report):
        console.print(Text.assemble((f"{what:<11}", "bold"), figure))
    console.print()
    for sentence in summary.sentences(report):
        console.print(Text(sentence, style="italic"))
    if report.request.timeline:
        from cnncalc.reports import timeline  # few requests include a chart

        console.print()
        title, *chart = timeline.render(report, console.width, blocks=timeline.encodes())
        console.print(Text(title))
        for line in chart:
            console.print(Text(line), no_wrap=True, crop=True)
    if hidden:
        console.print(Text(f"Hidden at this width: {', '.join(hidden)}. A wider window, or a pipe, shows them.", style="dim"))


def _columns(report: Analysis) -> list[Column]:
    """Return all columns; wider tiers show more of them."""
    unit = report.batch * BYTES[report.dtype]
    memory, params = report.totals.values, report.totals.params
    return [
        Column("layer", 0, _name, "bold", right=False),
        Column("kind", 1, lambda line: line.text, "cyan", right=False),
        Column("output", 0, lambda line: line.output.text, right=False),
        Column("values", 4, lambda line: f"{line.values:,}" if line.values else ""),
        Column("memory", 1, lambda line: size(line.values * unit) if line.values else ""),
        Column("", 3, lambda line: bar(line.values, memory), "green", right=False),
        Column("weights", 4, lambda line: _stated(f"{line.weights:,}", line.weights, line, PARAMETERS)),
        Column("biases", 4, lambda line: _stated(f"{line.biases:,}", line.biases, line, PARAMETERS)),
        Column("params", 0, lambda line: _stated(f"{line.params:,}", line.params, line, PARAMETERS)),
        Column("", 3, lambda line: bar(line.params, params), "magenta", right=False),
        Column("MACs", 2, lambda line: _stated(si(line.macs), line.macs, line, MACS)),
        Column("field", 2, lambda line: line.field, "dim"),
    ]


def _stated(text: str, value: int, line: Line, fact: str) -> str:
    """Return the cell of a sum: empty for 0; `at least` or a question mark where some layer of the line does not state it."""
    if fact in line.unknown:
        return f"at least {text}" if value else UNKNOWN
    return text if value else ""


def _name(line: Line) -> str:
    return f"{line.name} < {', '.join(line.reads)}" if line.reads else line.name


def bar(part: int, whole: int) -> str:
    """Return a bar of up to BAR columns in eighths; shares below half a percent have none."""
    if not whole or 200 * part < whole:
        return ""
    if not _encodes(_EIGHTHS):
        return "#" * max(1, BAR * part // whole)
    eighths = max(1, round(8 * BAR * part / whole))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _encodes(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _fitting(
    columns: Sequence[Column], shown: Sequence[Line], report: Analysis, console: Console
) -> tuple[Table | Text, list[str]]:
    """Return the widest table that fits the console, and the heads of its hidden columns."""
    cells = [[column.cell(line) for column in columns] for line in shown]
    total = _total(columns, report)
    widths = [
        max(len(text) for text in (column.head, *each, last))
        for column, each, last in zip(columns, zip(*cells, strict=True), total, strict=True)
    ]
    for tier in range(_WIDEST, -1, -1):
        chosen = [at for at, column in enumerate(columns) if column.least <= tier]
        if sum(widths[at] + _BETWEEN for at in chosen) - 1 <= console.width:
            hidden = [column.head for column in columns if tier < column.least <= _ESSENTIAL and column.head]
            return _table(columns, chosen, cells, total), hidden
    return _stacked(columns, cells, total), []


def _total(columns: Sequence[Column], report: Analysis) -> list[str]:
    t, learned = report.totals, at_least(report, PARAMETERS)
    figures = {
        "layer": "total",
        "values": f"{t.values:,}",
        "memory": size(report.memory.forward),
        "weights": f"{learned}{t.weights:,}",
        "biases": f"{learned}{t.biases:,}",
        "params": f"{learned}{t.params:,}",
        "MACs": f"{at_least(report, MACS)}{si(t.macs)}",
    }
    return [figures.get(column.head, "") for column in columns]


def _table(columns: Sequence[Column], chosen: Sequence[int], cells: Sequence[Sequence[str]], total: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_footer=True, pad_edge=False, padding=(0, 1), header_style="dim")
    for at in chosen:
        column = columns[at]
        table.add_column(
            column.head,
            Text(total[at], style="bold"),
            justify="right" if column.right else "left",
            style=column.style,
            no_wrap=True,
        )
    for row in cells:
        table.add_row(*(Text(row[at]) for at in chosen))
    return table


def _stacked(columns: Sequence[Column], cells: Sequence[Sequence[str]], total: Sequence[str]) -> Text:
    """Return each layer as a few short lines, for windows too narrow for any table."""
    text = Text()
    for row in (*cells, total):
        text.append(f"{row[0]}\n", "bold")
        parts = [f"{column.head} {cell}" for column, cell in zip(columns[1:], row[1:], strict=True) if column.head and cell]
        text.append("".join(f"  {part}\n" for part in parts))
    return text
