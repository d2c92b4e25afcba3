"""`cnncalc table`: configurations side by side, as the VGG paper prints them; families of one spec; bad input."""

import csv
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import run

import cnncalc
from cnncalc.checks.columns import folded, lines
from cnncalc.reports import columns
from cnncalc.reports.columns import millions

FAMILY = ("vgg_a", "vgg_a_lrn", "vgg_b", "vgg_c", "vgg_d", "vgg_e")
# Simonyan and Zisserman 2014, table 1, column by column, each stage as printed; slides, lecture 7. The softmax is no part of the specs
COLUMNS = {
    "vgg_a": ["conv3-64", "conv3-128", "conv3-256 conv3-256", "conv3-512 conv3-512", "conv3-512 conv3-512"],
    "vgg_a_lrn": ["conv3-64 LRN", "conv3-128", "conv3-256 conv3-256", "conv3-512 conv3-512", "conv3-512 conv3-512"],
    "vgg_b": ["conv3-64 conv3-64", "conv3-128 conv3-128", "conv3-256 conv3-256", "conv3-512 conv3-512", "conv3-512 conv3-512"],
    "vgg_c": [
        "conv3-64 conv3-64",
        "conv3-128 conv3-128",
        "conv3-256 conv3-256 conv1-256",
        "conv3-512 conv3-512 conv1-512",
        "conv3-512 conv3-512 conv1-512",
    ],
    "vgg_d": ["conv3-64 " * 2, "conv3-128 " * 2, "conv3-256 " * 3, "conv3-512 " * 3, "conv3-512 " * 3],
    "vgg_e": ["conv3-64 " * 2, "conv3-128 " * 2, "conv3-256 " * 4, "conv3-512 " * 4, "conv3-512 " * 4],
}
WEIGHT_LAYERS = ["11", "11", "13", "16", "16", "19"]
MILLIONS = ["133", "133", "133", "134", "138", "144"]  # table 2


def table(*arguments, form="csv"):
    found = run("table", *arguments, "--format", form)
    assert found.returncode == 0, found.stderr
    return found.stdout


def rows(*arguments):
    return list(csv.reader(table(*arguments).splitlines()))


def test_the_table_of_the_paper():
    head, weights, _, *stages, params, _ = rows(*FAMILY)
    assert head[1:] == list(FAMILY)
    assert [cell.split()[0] for cell in weights[1:]] == WEIGHT_LAYERS
    assert params[1:] == MILLIONS
    cells = {name: [row[at].replace(";", "").split() for row in stages] for at, name in enumerate(FAMILY, 1)}
    for name, found in cells.items():
        wanted = [part for stage in COLUMNS[name] for part in (stage.split(), ["maxpool"])]
        assert found == [*wanted, ["FC-4096", "FC-4096", "FC-1000"]]


def test_the_cells_of_a_column_are_a_pattern():
    """What the table prints is read back as the network."""
    for at, name in enumerate(FAMILY, 1):
        steps = [label for row in rows(*FAMILY)[3:-2] for label in row[at].split("; ")]
        text = f"INPUT[224x224x3] -> {' -> '.join(steps)}"
        assert cnncalc.analyze(text).totals.params == cnncalc.analyze(name).totals.params


def test_the_text():
    found = table("vgg_a", "vgg_a_lrn", form="text")
    assert found == (
        """\
                       vgg_a             vgg_a_lrn
                       11 weight layers  11 weight layers
---------------------  ----------------  ----------------
                                input 224x224x3
---------------------  ----------------  ----------------
224x224                conv3-64          conv3-64
                                         LRN
                                    maxpool
112x112                            conv3-128
                                    maxpool
56x56                              conv3-256
                                   conv3-256
                                    maxpool
28x28                              conv3-512
                                   conv3-512
                                    maxpool
14x14                              conv3-512
                                   conv3-512
                                    maxpool
1x1                                 FC-4096
                                    FC-4096
                                    FC-1000
---------------------  ----------------  ----------------
parameters (millions)  133               133
MACs (millions)        7,609             7,609
"""
    )


def test_every_form_has_every_column():
    assert "\\multicolumn{2}{c|}{maxpool}" in table("vgg_a", "vgg_e", form="latex")
    assert '<td colspan="2" style="text-align: center">maxpool</td>' in table("vgg_a", "vgg_e", form="html")
    assert "| 56x56 | conv3-256<br>conv3-256 | conv3-256<br>conv3-256<br>conv3-256<br>conv3-256 |" in table(
        "vgg_a", "vgg_e", form="markdown"
    )
    data = json.loads(table("vgg_a", "vgg_e", form="json"))
    assert [each["weight_layers"] for each in data["networks"]] == [11, 19]
    assert [each["params"] for each in data["networks"]] == [132_863_336, 143_667_240]
    assert data["rows"][0] == {"size": [224, 224], "between": False, "layers": [["CONV3-64"], ["CONV3-64", "CONV3-64"]]}


@pytest.mark.parametrize(
    "names",
    [
        ("resnet18", "resnet50", "densenet121"),
        ("alexnet", "vgg16", "zfnet"),
        ("unet", "resnet34"),
        ("m5", "m11"),
        ("c3d",),
        ("vit_b_16",),
    ],
)
def test_rows_hold_every_weight_layer_once_in_order(names):
    """All networks of a table, whatever their sizes: no layer is lost, and none stands twice."""
    reports = [cnncalc.analyze(name) for name in names]
    found = lines(reports)
    for at, report in enumerate(reports):
        shown = [label for line in found for label in line.cells[at]]
        wanted = [row.label for row in report.rows if row.counts.macs.value]
        rest = iter(shown)
        assert all(label in rest for label in wanted)
        assert sum(label in set(wanted) for label in shown) == len(wanted)
    for line in found:
        assert any(line.cells)


def test_stages_are_aligned_by_size():
    """ResNet-18 and 50 (He et al. 2015, table 1): 112, 56, 28, 14, 7, 1 once each; AlexNet's 55, 27, 13 stand between."""
    sizes = [line.key.text for line in lines([cnncalc.analyze(name) for name in ("resnet18", "resnet50")]) if not line.key.between]
    assert sizes == ["112x112", "56x56", "28x28", "14x14", "7x7", "1x1"]
    sizes = [line.key.text for line in lines([cnncalc.analyze(name) for name in ("resnet18", "alexnet")]) if not line.key.between]
    assert sizes == ["112x112", "56x56", "55x55", "28x28", "27x27", "14x14", "13x13", "7x7", "1x1"]


def unfolded(found):
    text = " ".join(found)
    while match := re.search(r"\[([^\[\]]*)\]\*(\d+)", text):
        text = text.replace(match[0], " ".join([match[1]] * int(match[2])), 1)
    return text.split()


@given(st.lists(st.sampled_from("abc"), max_size=30), st.integers(0, 5))
def test_folding_loses_nothing(labels, most):
    found = folded(labels, most)
    assert unfolded(found) == labels
    assert len(found) <= max(len(labels), most)


def test_folding_the_bottlenecks_of_resnet():
    assert folded(["a", *["b", "c", "d"] * 3], 4) == ("a", "[b", " c", " d]*3")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (138_357_544, "138"),
        (25_557_032, "25.6"),
        (6_998_552, "7.00"),
        (31_066, "0.0311"),
        (0, "0"),
        (999, "0.000999"),
        (99_949_999, "99.9"),
        (99_950_000, "100"),
        (1_234_567_890, "1,235"),
    ],
)
def test_millions(value, text):
    assert millions(value) == text


GENERAL = "INPUT[32x32x3] -> [[CONV3-16 -> RELU]*N -> POOL?]*M -> [FC-64 -> RELU]*K -> FC-10"


def test_a_family_from_one_pattern():
    """Notes, "Layer Patterns": N, M and K; the number of weight layers is N*M + K + 1."""
    head, weights, *_ = rows(GENERAL, "--set", "K=1", "--vary", "N=1..3", "--vary", "M=1,2")
    assert head[1:] == [f"N={n} M={m}" for n in (1, 2, 3) for m in (1, 2)]
    assert [int(cell.split()[0]) for cell in weights[1:]] == [n * m + 2 for n in (1, 2, 3) for m in (1, 2)]


def test_a_family_from_a_shipped_spec_and_from_a_file(tmp_path):
    """resnet18 has its units per stage as variables; [3, 4, 6, 3] of them make resnet34."""
    deeper = [word for name in ("N2=3", "N3=4", "N4=6", "N5=3") for word in ("--set", name)]
    assert rows("resnet18", *deeper)[-2][1] == rows("resnet34")[-2][1]
    (tmp_path / "net.yaml").write_text("input: 8x8x3\npattern: '[CONV3-C]*N'\nN: 1\nC: 4\nexpect: {params: 112}\n")
    assert [cell.split()[0] for cell in rows(str(tmp_path / "net.yaml"), "--vary", "N=1..4:2")[1][1:]] == ["1", "3"]


def test_variables_of_a_pattern_in_analyze():
    """Row by row the notes' linear classifier: INPUT -> FC, N = M = K = 0."""
    found = run("analyze", "INPUT -> FC", "--input", "32x32x3", "--set", "FC.units=10")
    assert "parameters  30,730 = 30,720 weights + 10 biases" in found.stdout
    found = run("analyze", GENERAL, "--set", "N=0", "--set", "M=0", "--set", "K=0")
    assert "parameters  30,730 = 30,720 weights + 10 biases" in found.stdout
    assert run("analyze", GENERAL).returncode == 2


BAD = [
    (["--set", "n=2"], "a variable is set by NAME=VALUE, such as N=2, not 'n=2'"),
    (["--set", "N"], "a variable is set by NAME=VALUE, such as N=2, not 'N'"),
    (["--set", "N=2\nexpect: 3"], "a variable is set by NAME=VALUE"),
    (["--set", "N={a: b}"], "N is a number or a word, such as 2 or 3x5, not '{a: b}'"),
    (["--vary", "N=3..1"], "N=3..1 has no values: a range goes up, such as 1..3"),
    (["--vary", "N=1..3:0"], "N=1..3:0 has no values"),
    (["--vary", "N=1..99999"], "N=1..99999 has more than 1,000 values"),
    (["--vary", "N=1..900", "--vary", "M=1..900"], "810,000 combinations are more than 1,000"),
    (["--vary", "N=1..200"], "200 columns are more than 100"),
    (["--vary", "N=1,2", "--vary", "N=3"], "N varies twice"),
    (["--vary", "N=1,,2"], "a variable is set by NAME=VALUE"),
]


@pytest.mark.parametrize(("options", "message"), BAD)
def test_bad_variables(options, message):
    found = run("table", GENERAL, *options)
    assert found.returncode == 2
    assert f"Error: {message}" in found.stderr
    assert not found.stdout


def test_a_broken_column_is_a_diagnostic():
    found = run("table", "vgg_a", GENERAL)
    assert found.returncode == 2
    assert "the variable `N` has no value" in found.stderr


def test_a_narrow_terminal_gets_tables_one_below_the_other():
    reports = [cnncalc.analyze(name) for name in FAMILY]
    side = columns.side_by_side(FAMILY, reports)
    whole = columns.text(side)
    assert max(map(len, whole.splitlines())) > 100
    for width in (10, 60, 80, 100):
        found = columns.text(side, width)
        heads = [line.split() for line in found.splitlines() if "vgg_" in line]
        assert [name for line in heads for name in line] == list(FAMILY)
        assert all(len(line) <= width or len(line.split()) <= 4 for line in found.splitlines())
    assert columns.text(side, 200) == whole


def test_long_patterns_get_letters():
    text = "INPUT[32x32x3] -> CONV3-16 -> RELU -> POOL2 -> FC-10"
    found = table(text, "lenet5", form="text")
    assert found.splitlines()[0].split() == ["A", "lenet5"]
    assert found.rstrip().endswith(f"A  {text}")
