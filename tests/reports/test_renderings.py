"""The renderings: a golden output of every format, and columns that add up to the printed totals."""

import csv as csv_module
import io
import json as json_module
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from support import analyzed, golden

import cnncalc
from cnncalc.reports import csv, fold, html, json, markdown, notes, plain, summary, table, units

NET = """\
name: Small
source: nobody 2026
input: 32x32x3
pattern: INPUT -> [CONV -> BN -> RELU]*2 -> POOL2 -> { CONV3-16 -> RELU | } -> ADD -> POOL2 -> FC-100 -> RELU -> FC-10 -> SOFTMAX
CONV: {filters: 16, bias: false}
"""
RENDERERS = {
    "plain.txt": plain,
    "notes.txt": notes,
    "report.json": json,
    "report.csv": csv,
    "report.md": markdown,
    "report.html": html,
}
NETWORKS = ["vgg16", "alexnet_grouped", "vgg16_bn", "lenet5", "nin", "linear_classifier"]


@pytest.mark.parametrize("name", RENDERERS)
def test_golden(name):
    golden(name, RENDERERS[name].render(analyzed(NET)) + "\n")


@pytest.mark.parametrize("columns", [30, 60, 80, 120])
def test_golden_table(columns):
    golden(f"table_{columns}.txt", drawn(analyzed(NET), columns))


def test_golden_batch():
    golden("plain_batch.txt", plain.render(analyzed(NET, batch=32, dtype="float16")) + "\n")


def drawn(report, columns, **options):
    """Return the terminal's table as plain text."""
    console = Console(file=io.StringIO(), width=columns, color_system=None, legacy_windows=False, highlight=False)
    table.draw(report, console, **options)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"


# columns add up


def number(text):
    return int(text.replace(",", "")) if re.fullmatch(r"[\d,]+", text) else None


def plain_rows(text):
    """Return the rows of the plain table as dictionaries, with columns by the underline, and the total."""
    lines = text.splitlines()
    (start,) = [at for at, line in enumerate(lines) if re.fullmatch(r"-+(  -+)+", line)][:1]
    (end,) = [at for at, line in enumerate(lines) if re.fullmatch(r"-+(  -+)+", line)][1:2]
    places = [match.span() for match in re.finditer("-+", lines[start])]
    rows = [
        [line[first:last].strip() for first, last in places] for line in (lines[start - 1], *lines[start + 1 : end], lines[end + 1])
    ]
    head, *body, total = rows
    return [dict(zip(head, row, strict=True)) for row in body], dict(zip(head, total, strict=True))


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("batch, dtype", [(1, "float32"), (7, "int8")])
def test_plain_columns_add_up(name, batch, dtype):
    rows, total = plain_rows(plain.render(cnncalc.analyze(name, batch=batch, dtype=dtype)))
    assert total["layer"] == "total"
    for column in ("weights", "biases", "MACs", "memory"):
        assert sum(number(row[column]) or 0 for row in rows) == number(total[column]), column
    assert sum(number(row["values"]) for row in rows if row["memory"] != "-") == number(total["values"])


@pytest.mark.parametrize("name", NETWORKS)
def test_markdown_columns_add_up(name):
    lines = [line for line in markdown.render(cnncalc.analyze(name)).splitlines() if line.startswith("|")]
    head, _, *body, total = [[cell.strip().strip("*") for cell in line.strip("|").split("|")] for line in lines]
    for column in ("weights", "biases", "MACs", "memory"):
        at = head.index(column)
        assert sum(number(row[at]) or 0 for row in body) == number(total[at])


@pytest.mark.parametrize("name", NETWORKS)
def test_csv_columns_add_up(name):
    report = cnncalc.analyze(name)
    rows = list(csv_module.DictReader(io.StringIO(csv.render(report))))
    for column in ("weights", "biases", "params", "buffers", "macs", "flops"):
        assert sum(int(row[column]) for row in rows) == getattr(report.totals, column)
    assert sum(int(row["values"]) for row in rows if row["counted"] == "true") == report.totals.values


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("everything", [False, True])
def test_folded_columns_add_up(name, everything):
    report = cnncalc.analyze(name)
    lines = fold.unfolded(report.rows) if everything else fold.lines(report.rows)
    for what in ("values", "weights", "biases", "params", "macs"):
        assert sum(getattr(line, what) for line in lines) == getattr(report.totals, what), what


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("columns", [70, 90, 120, 160, 250])
def test_columns_of_the_terminals_table_add_up(name, columns):
    text = drawn(cnncalc.analyze(name), columns)
    assert "…" not in text, "a cell was cut"
    lines = text.splitlines()
    if not any(line.lstrip().startswith("layer ") for line in lines):
        return  # too narrow for a table: each layer has several lines
    head = next(at for at, line in enumerate(lines) if line.lstrip().startswith("layer "))
    foot = next(at for at, line in enumerate(lines) if line.lstrip().startswith("total"))
    for column in ("params", "weights", "biases", "values"):
        place = re.search(rf"\b{column}\b", lines[head])
        if place is None:
            continue
        end = place.end()
        cells = [
            re.search(r"[\d,]*$", line[:end] if len(line) >= end else "")[0]
            for line in lines[head + 1 : foot + 1]
            if line.strip() and "─" not in line
        ]
        *body, total = [number(cell) or 0 for cell in cells]
        assert sum(body) == total, column


@pytest.mark.parametrize("columns", range(20, 200, 7))
def test_no_line_of_the_terminals_table_is_wider_than_it(columns):
    assert max(map(len, drawn(cnncalc.analyze("vgg16"), columns).splitlines())) <= columns


@pytest.mark.parametrize("columns", [40, 60, 80, 100])
def test_hidden_columns_are_named(columns):
    text = drawn(cnncalc.analyze("vgg16"), columns)
    head = next((line for line in text.splitlines() if line.lstrip().startswith("layer ")), "")
    for column in ("memory", "MACs", "field", "kind"):
        assert column in head.split() or "Hidden at this width" not in text or column in text.partition("Hidden at this width")[2]


# the notes' table, line by line: CS231n course notes, "VGGNet in detail"
VGG = """\
INPUT: [224x224x3]  memory:  224*224*3=150K   weights: 0
CONV3-64: [224x224x64]  memory:  224*224*64=3.2M   weights: (3*3*3)*64 = 1,728
CONV3-64: [224x224x64]  memory:  224*224*64=3.2M   weights: (3*3*64)*64 = 36,864
POOL2: [112x112x64]  memory:  112*112*64=800K   weights: 0
CONV3-128: [112x112x128]  memory:  112*112*128=1.6M   weights: (3*3*64)*128 = 73,728
CONV3-128: [112x112x128]  memory:  112*112*128=1.6M   weights: (3*3*128)*128 = 147,456
POOL2: [56x56x128]  memory:  56*56*128=400K   weights: 0
CONV3-256: [56x56x256]  memory:  56*56*256=800K   weights: (3*3*128)*256 = 294,912
CONV3-256: [56x56x256]  memory:  56*56*256=800K   weights: (3*3*256)*256 = 589,824
CONV3-256: [56x56x256]  memory:  56*56*256=800K   weights: (3*3*256)*256 = 589,824
POOL2: [28x28x256]  memory:  28*28*256=200K   weights: 0
CONV3-512: [28x28x512]  memory:  28*28*512=400K   weights: (3*3*256)*512 = 1,179,648
CONV3-512: [28x28x512]  memory:  28*28*512=400K   weights: (3*3*512)*512 = 2,359,296
CONV3-512: [28x28x512]  memory:  28*28*512=400K   weights: (3*3*512)*512 = 2,359,296
POOL2: [14x14x512]  memory:  14*14*512=100K   weights: 0
CONV3-512: [14x14x512]  memory:  14*14*512=100K   weights: (3*3*512)*512 = 2,359,296
CONV3-512: [14x14x512]  memory:  14*14*512=100K   weights: (3*3*512)*512 = 2,359,296
CONV3-512: [14x14x512]  memory:  14*14*512=100K   weights: (3*3*512)*512 = 2,359,296
POOL2: [7x7x512]  memory:  7*7*512=25K   weights: 0
FC: [1x1x4096]  memory:  4096   weights: 7*7*512*4096 = 102,760,448
FC: [1x1x4096]  memory:  4096   weights: 4096*4096 = 16,777,216
FC: [1x1x1000]  memory:  1000   weights: 4096*1000 = 4,096,000
""".splitlines()


@pytest.mark.parametrize("at", range(len(VGG)))
def test_the_notes_table_of_vgg16(at):
    assert notes.render(cnncalc.analyze("vgg16")).splitlines()[at] == VGG[at]


def test_the_notes_totals_of_vgg16_are_the_true_sums():
    lines = notes.render(cnncalc.analyze("vgg16")).splitlines()[len(VGG) :]
    assert lines == [
        "",
        "TOTAL memory: 15.2M * 4 bytes ~= 58.1MB / image (only forward! ~*2 for bwd)",
        "TOTAL params: 138M parameters (not counting biases; 138,357,544 with 13,416 biases)",
        "The notes print 24M and 93MB here, but their own rows add up to the total above (cnncalc explain CNN501).",
    ]


def test_the_slip_is_named_for_vgg16_only():
    assert "24M" not in notes.render(cnncalc.analyze("vgg19"))
    assert "24M" not in notes.render(cnncalc.analyze("vgg16", input="256x256x3"))


def test_the_notes_for_a_batch():
    text = notes.render(cnncalc.analyze("vgg16", batch=32, dtype="float16"))
    assert "TOTAL memory: 15.2M * 2 bytes ~= 29.1MB / image" in text
    assert "TOTAL memory for a batch of 32: 930.0MB" in text


# JSON


LAYER_KEYS = {
    "name",
    "kind",
    "label",
    "inputs",
    "output",
    "values",
    "counted",
    "weights",
    "biases",
    "params",
    "buffers",
    "macs",
    "flops",
}


@pytest.mark.parametrize("name", NETWORKS)
def test_json_has_the_keys_of_its_contract(name):
    data = json_module.loads(json.render(cnncalc.analyze(name)))
    assert data["schema_version"] == 1
    assert {"schema_version", "name", "batch", "dtype", "input", "layers", "totals", "memory", "diagnostics"} <= data.keys()
    assert {"values", "weights", "biases", "params", "buffers", "macs", "flops"} <= data["totals"].keys()
    assert {"forward", "parameters", "buffers", "training"} <= data["memory"].keys()
    assert "textbook" in data["memory"]["training"]
    seen = []
    for row in data["layers"]:
        assert LAYER_KEYS | {"receptive_field"} <= row.keys()
        assert {"size", "stride", "offset"} <= row["receptive_field"].keys()
        assert set(row["inputs"]) <= set(seen)
        assert row["name"] not in seen
        seen.append(row["name"])
        for key in ("values", "weights", "biases", "params", "buffers", "macs", "flops"):
            assert type(row[key]) is int
    assert data["layers"][0]["kind"] == "input"


def test_json_is_what_to_dict_returns():
    report = analyzed(NET)
    assert json_module.loads(json.render(report)) == json_module.loads(json_module.dumps(report.to_dict()))


def test_json_of_diagnostics():
    (found,) = analyzed("rounding: floor\ninput: 10x10x4\npattern: CONV3-8/2(padding=0)\n").to_dict()["diagnostics"]
    assert found["code"] == "CNN210"
    assert (found["severity"], found["file"], found["line"], found["column"]) == ("note", "spec.yaml", 3, 18)
    assert found["message"]


def test_the_example_of_the_contract():
    row = cnncalc.analyze("vgg16").to_dict()["layers"][1]
    wanted = {
        "name": "conv1_1",
        "kind": "conv",
        "label": "CONV3-64",
        "inputs": ["input"],
        "output": [224, 224, 64],
        "values": 3211264,
    }
    wanted |= {"counted": True, "weights": 1728, "biases": 64, "params": 1792, "buffers": 0, "macs": 86704128, "flops": 176619520}
    assert {key: row[key] for key in wanted} == wanted
    assert {key: row["receptive_field"][key] for key in ("size", "stride", "offset")} == {
        "size": [3, 3],
        "stride": [1, 1],
        "offset": [-1, -1],
    }


# sentences and numbers for people


def test_the_sentences_of_the_notes():
    """ "most of the memory is used in the early CONV layers, and most of the parameters are in the last FC layers"."""
    memory, _, parameters, _ = summary.sentences(cnncalc.analyze("vgg16"))
    assert memory.startswith("Most memory is in the early layers: ")
    assert parameters.startswith("Most parameters are in the last layers: ")
    assert "74.3 % in fc6 alone" in parameters or "fc6" in parameters


@pytest.mark.parametrize(
    "pattern, memory, parameters",
    [
        # layers that hold far more than their proportional part; 98.9 % in one layer of two is not "spread"
        ("INPUT[32x32x3] -> CONV3-8 -> RELU -> POOL -> FC-10", "Most memory is in the early", "Most parameters are in the last"),
        ("INPUT[8x8x4] -> [CONV3-4]*5", "The memory is spread: 50.0 %", "The parameters are spread: 60.0 %"),
        ("INPUT[8x8x4] -> CONV3-4 -> CONV3-4", "The memory is spread: 66.7 %", "The parameters are spread: 50.0 %"),
        ("INPUT[8x8x4] -> [RELU]*3", "All memory is in input.", None),
        ("INPUT[1x1x1] -> FC-3", "The memory is spread over 2 volumes.", "All parameters are in fc1."),
    ],
)
def test_what_is_spread_and_what_is_not(pattern, memory, parameters):
    first, *others = summary.sentences(cnncalc.analyze(pattern))
    assert first.startswith(memory)
    found = ["", *(text for text in others if "parameters are" in text or "All parameters" in text)]
    assert [text.startswith(parameters) for text in found[1:]] == [True] * (parameters is not None)


SI = [
    (0, "0"),
    (999, "999"),
    (1000, "1.00 K"),
    (1234, "1.23 K"),
    (99_950, "100 K"),
    (999_499, "999 K"),
    (999_500, "1.00 M"),
    (138_357_544, "138 M"),
    (15_470_264_320, "15.5 G"),
    (10**30, "1000000 Y"),
]


@pytest.mark.parametrize("value, text", SI)
def test_counts_for_people(value, text):
    assert units.si(value) == text


SIZES = [(0, "0 B"), (1023, "1023 B"), (1024, "1.00 KiB"), (60_950_432, "58.1 MiB"), (2**30, "1.00 GiB"), (2**20 - 1, "1.00 MiB")]


@pytest.mark.parametrize("value, text", SIZES)
def test_sizes_for_people(value, text):
    assert units.size(value) == text


@given(st.integers(0, 10**24))
def test_law_numbers_for_people_are_within_half_a_percent(value):
    digits, _, unit = units.si(value).partition(" ")
    found = float(digits) * 1000 ** ("KMGTPEZY".index(unit) + 1 if unit else 0)
    assert abs(found - value) <= 0.0051 * value


@given(part=st.integers(0, 10**20), whole=st.integers(1, 10**20))
def test_law_percent(part, whole):
    text = units.percent(part, whole)
    assert abs(float(text.removesuffix(" %")) - 100 * part / whole) <= 0.051 * max(1, part / whole)


NOTES_NUMBERS = [
    (9_999, 2, "9999"),
    (150_528, 2, "150K"),
    (3_211_264, 2, "3.2M"),
    (802_816, 2, "800K"),
    (25_088, 2, "25K"),
    (138_344_128, 3, "138M"),
    (15_237_608, 3, "15.2M"),
]


@pytest.mark.parametrize("value, digits, text", NOTES_NUMBERS)
def test_numbers_as_the_notes_print_them(value, digits, text):
    assert notes.short(value, digits) == text


# hostile names


HOSTILE = 'name: "a|b\\n<b>&\'\\"\\e[31m"\ninput: 8x8x3\npattern: RELU\n'


def test_names_cannot_break_the_formats():
    report = analyzed(HOSTILE)
    assert "<b>&" not in html.render(report)
    assert "\n<b>" not in markdown.render(report)
    assert json_module.loads(json.render(report))["name"] == report.name


def test_csv_cells_are_no_formulas():
    for row in csv_module.reader(io.StringIO(csv.render(analyzed(NET)))):
        assert not any(cell[:1] in {"=", "+", "@"} for cell in row)


def test_a_report_draws_itself():
    report = analyzed(NET)
    assert str(report) == plain.render(report)
    assert report._repr_html_() == html.render(report)
    assert repr(report).startswith("<cnncalc report 'Small': ")
