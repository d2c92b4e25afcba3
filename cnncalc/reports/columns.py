"""Networks side by side, as the VGG paper prints its configurations: as text, Markdown, CSV, HTML, LaTeX and a dictionary.

Source: Simonyan and Zisserman 2014, arXiv:1409.1556, Tables 1 and 2: weight layers above, the layers of each stage in a cell, what
all networks share across the columns, millions of parameters below.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cnncalc.checks.columns import folded, lines
from cnncalc.layers.base import MACS, PARAMETERS
from cnncalc.named_tuple import NamedTuple
from cnncalc.reports.bounds import at_least
from cnncalc.reports.json import SCHEMA_VERSION, inputs_dict, not_counted_dict
from cnncalc.text import escape
from cnncalc.text.suggest import many

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.analyses.analysis import Analysis
    from cnncalc.checks.columns import Line

MOST_LABELS = 4  # in a cell before repeats are written as [a b]*3: as many as in the columns of the paper
_LONGEST_NAME = 24
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_WINDOWED = re.compile(r"((?:[A-Z0-9]*[A-Z])?(?:CONV|POOL))(\d.*)?\Z")


class Side(NamedTuple):
    """Networks side by side: the names of the columns, the reports, and the weight layers of each."""

    names: tuple[str, ...]
    specs: tuple[str, ...]
    reports: tuple[Analysis, ...]
    weight_layers: tuple[int, ...]


class _Row(NamedTuple):
    """A row of the drawn table: its head, the lines of each cell, and whether one cell stands for all columns."""

    head: str
    cells: tuple[tuple[str, ...], ...]
    shared: bool = False


def side_by_side(specs: Sequence[str], reports: Sequence[Analysis]) -> Side:
    """Return the columns. A long pattern gets a letter; what it stands for is told below the table."""
    from cnncalc.analyses.weight_layers import analyse

    shown = [escape.line(" ".join(spec.split())) for spec in specs]
    names = [name if len(name) <= _LONGEST_NAME else _letter(at) for at, name in enumerate(shown)]
    return Side(tuple(names), tuple(shown), tuple(reports), tuple(report.of(analyse).deepest for report in reports))


def _letter(at: int) -> str:
    return _LETTERS[at] if at < len(_LETTERS) else str(at + 1)


def printed(label: str) -> str:
    """Return a label as the paper prints it, which patterns read as well: `conv3-64`, `maxpool`, `FC-4096`, `soft-max`."""
    word, _, marks = label.partition(" ")
    match = _WINDOWED.match(word)
    if word == "SOFTMAX":
        word = "soft-max"
    elif match:
        head, rest = match[1].lower(), match[2] or ""
        word = f"{'max' if head == 'pool' else ''}{head}{'' if word == 'POOL2' else rest}"
    return f"{word} {marks}" if marks else word


def _rows(side: Side) -> Iterator[_Row]:
    """Yield the rows below the names."""
    yield _Row("", tuple((many(number, "weight layer"),) for number in side.weight_layers))
    inputs = tuple((f"input {', '.join(volume.text for volume in report.inputs.values())}",) for report in side.reports)
    yield _Row("", inputs, len(set(inputs)) == 1)
    for line in lines(side.reports):
        cells = tuple(folded([printed(label) for label in cell], MOST_LABELS) for cell in line.cells)
        yield _Row(_head(line), cells, line.alike)
    yield _Row("parameters (millions)", tuple((_millions(report),) for report in side.reports))
    yield _Row("MACs (millions)", tuple((_mega(report),) for report in side.reports))


def _head(line: Line) -> str:
    return "" if line.key.between else line.key.text


def _millions(report: Analysis) -> str:
    return f"{at_least(report, PARAMETERS)}{millions(report.totals.params)}"


def _mega(report: Analysis) -> str:
    return f"{at_least(report, MACS)}{millions(report.totals.macs)}"


def millions(value: int) -> str:
    """Return a count in millions, rounded half up to a whole number, or to three digits below 100: `133`, `25.6`, `0.0311`."""
    if value >= 99_950_000:
        return f"{(2 * value + 1_000_000) // 2_000_000:,}"
    decimals = 0
    while value and value * 10**decimals < 99_950_000 and decimals < 6:
        decimals += 1
    scaled = (2 * value * 10**decimals + 1_000_000) // 2_000_000
    whole, part = divmod(scaled, 10**decimals)
    return f"{whole}.{part:0{decimals}d}" if decimals else str(whole)


def _legend(side: Side) -> list[str]:
    """Return what the letters stand for."""
    return [f"{name}  {spec}" for name, spec in zip(side.names, side.specs, strict=True) if name != spec]


# text


def text(side: Side, width: int | None = None) -> str:
    """Return the table; in columns that do not fit a terminal of this width, one table below the other."""
    rows = list(_rows(side))
    head = max(len(row.head) for row in rows)
    widths = [
        max(len(line) for cell in (side.names[at], *(line for row in rows for line in row.cells[at])) for line in [cell])
        for at in range(len(side.names))
    ]
    tables: list[str] = []
    for chosen in _groups(widths, head, width):
        tables += ["", *_drawn(side, rows, chosen, widths, head)]
    legend = _legend(side)
    return "\n".join([*tables[1:], *([""] if legend else []), *legend])


def _groups(widths: Sequence[int], head: int, width: int | None) -> Iterator[list[int]]:
    """Yield the columns of each table: as many as fit, at least one."""
    chosen: list[int] = []
    taken = head
    for at, each in enumerate(widths):
        if chosen and width is not None and taken + 2 + each > width:
            yield chosen
            chosen, taken = [], head
        chosen.append(at)
        taken += 2 + each
    yield chosen


def _drawn(side: Side, rows: Sequence[_Row], chosen: Sequence[int], widths: Sequence[int], head: int) -> Iterator[str]:
    sizes = [widths[at] for at in chosen]
    whole = sum(sizes) + 2 * (len(sizes) - 1)
    yield _joined("", [side.names[at] for at in chosen], head, sizes)
    rule = "  ".join("-" * size for size in ([head] if head else []) + sizes)
    for at, row in enumerate(rows):
        if at in {1, 2, len(rows) - 2}:
            yield rule
        if row.shared and len(chosen) > 1 and any(row.cells[0]):
            for number, line in enumerate(row.cells[0]):
                first = row.head if not number else ""
                yield f"{first:<{head}}  {line.center(whole)}".rstrip()
            continue
        for number in range(max(1, *(len(row.cells[each]) for each in chosen))):
            cells = [row.cells[each][number] if number < len(row.cells[each]) else "" for each in chosen]
            yield _joined(row.head if not number else "", cells, head, sizes)


def _joined(first: str, cells: Sequence[str], head: int, sizes: Sequence[int]) -> str:
    return "  ".join([first.ljust(head), *(cell.ljust(size) for cell, size in zip(cells, sizes, strict=True))]).rstrip()


# other forms


def markdown(side: Side) -> str:
    """Return a table of Markdown; it has no cells across columns."""
    found = [_line(["", *map(escape.markdown, side.names)]), "|---|" + "---|" * len(side.names)]
    found += [
        _line([escape.markdown(row.head), *("<br>".join(map(escape.markdown, cell)) for cell in row.cells)]) for row in _rows(side)
    ]
    legend = [f"- {escape.markdown(each)}" for each in _legend(side)]
    return "\n".join([*found, *(["", *legend] if legend else [])])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def csv(side: Side) -> str:
    """Return comma-separated values; the layers of a cell are joined by semicolons."""
    import csv as writing
    import io

    out = io.StringIO()
    writer = writing.writer(out, lineterminator="\n")
    writer.writerow(["", *map(escape.cell, side.specs)])
    for row in _rows(side):
        writer.writerow([escape.cell(row.head), *(escape.cell("; ".join(cell)) for cell in row.cells)])
    return out.getvalue().rstrip("\n")


def html(side: Side) -> str:
    """Return a table of HTML; what all networks share stands across the columns."""
    heads = "".join(f"<th>{escape.html(name)}</th>" for name in side.names)
    found = ["<table>", f"<tr><th></th>{heads}</tr>"]
    for row in _rows(side):
        head = f"<th>{escape.html(row.head)}</th>"
        if row.shared:
            cells = f'<td colspan="{len(side.names)}" style="text-align: center">{_breaks(row.cells[0])}</td>'
        else:
            cells = "".join(f'<td style="vertical-align: top">{_breaks(cell)}</td>' for cell in row.cells)
        found.append(f"<tr>{head}{cells}</tr>")
    found.append("</table>")
    return "\n".join([*found, *(f"<p>{escape.html(each)}</p>" for each in _legend(side))])


def _breaks(cell: Sequence[str]) -> str:
    return "<br>".join(map(escape.html, cell))


def latex(side: Side) -> str:
    """Return a tabular of LaTeX, as the paper typesets it."""
    columns = len(side.names)
    found = [f"\\begin{{tabular}}{{|l|{'c|' * columns}}}", "\\hline", _tex_row("", [(name,) for name in side.names])]
    for at, row in enumerate(_rows(side)):
        found.append("\\hline" if at else "")
        found += [_tex_shared(row, columns)] if row.shared else [_tex_row(row.head, row.cells)]
    found += ["\\hline", "\\end{tabular}", *(f"% {each}" for each in _legend(side))]
    return "\n".join(filter(None, found))


def _tex_shared(row: _Row, columns: int) -> str:
    inside = " \\\\ ".join(map(_tex, row.cells[0]))
    stack = inside if len(row.cells[0]) == 1 else f"\\begin{{tabular}}{{c}}{inside}\\end{{tabular}}"
    return f"{_tex(row.head)} & \\multicolumn{{{columns}}}{{c|}}{{{stack}}} \\\\"


def _tex_row(head: str, cells: Sequence[Sequence[str]]) -> str:
    depth = max(1, *map(len, cells))
    found: list[str] = []
    for number in range(depth):
        parts = [_tex(cell[number]) if number < len(cell) else "" for cell in cells]
        found.append(f"{_tex(head) if not number else ''} & {' & '.join(parts)} \\\\")
    return "\n".join(found)


def _tex(text_: str) -> str:
    signs = {"\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}"}
    return "".join(signs.get(sign, f"\\{sign}" if sign in "&%$#_{}" else sign) for sign in escape.line(text_))


def as_dict(side: Side) -> dict[str, object]:
    """Return the table with every layer, repeats written out."""
    return {
        "schema_version": SCHEMA_VERSION,
        "networks": [
            {
                "spec": spec,
                "name": report.name,
                **inputs_dict(report),
                "weight_layers": number,
                "params": report.totals.params,
                "macs": report.totals.macs,
                **not_counted_dict(report),
            }
            for spec, report, number in zip(side.specs, side.reports, side.weight_layers, strict=True)
        ],
        "rows": [
            {"size": list(line.key.size), "between": line.key.between, "layers": [list(cell) for cell in line.cells]}
            for line in lines(side.reports)
        ],
    }


FORMS = {"text": text, "markdown": markdown, "csv": csv, "html": html, "latex": latex}
