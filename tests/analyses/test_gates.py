"""Receptive fields through gates: whole, and the field without them; neither is taken for the other."""

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import analyzed, graph, told
from test_receptive_field import receptive_fields

from cnncalc.analyses.figures import table
from cnncalc.analyses.receptive_field import modulated
from cnncalc.checks.limits import limit
from cnncalc.reports import csv
from cnncalc.reports.compare import ratio

GATE = "{ GAP -> CONV1-4 -> SIGMOID | } -> MUL"
GATED = f"INPUT[17x13x3] -> CONV3-4 -> {GATE} -> CONV5-4/2 -> GAP -> FC-3"


def figures(text):
    report = analyzed(text)
    return table()["receptive_field"].total(report), table()["ungated_receptive_field"].total(report)


@pytest.mark.parametrize(
    "text, gated, ungated",
    [
        ("INPUT[17x13x3] -> CONV3-4 -> CONV5-4/2 -> GAP -> FC-3", 7, 7),
        (GATED, math.inf, 7),
        # the gate is the last to scale before the pool: all windows are before it
        (f"INPUT[17x13x3] -> CONV3-4 -> CONV5-4/2 -> {GATE} -> GAP -> FC-3", 7, 7),
        # a gate made by FC layers, and one inside a residual branch
        ("INPUT[17x13x3] -> CONV3-4 -> { GAP -> FC-2 -> RELU -> FC-4 -> SIGMOID | } -> MUL -> CONV3-4", math.inf, 5),
        (f"INPUT[17x13x3] -> CONV3-4 -> {{ CONV3-4 -> {GATE} | }} -> ADD -> CONV3-4", math.inf, 7),
        # a gate of each position sees its own window, and does not pool
        ("INPUT[17x13x3] -> CONV3-4 -> { CONV7-4 -> SIGMOID | } -> MUL -> CONV3-4", 11, 11),
        # norms over all positions
        ("INPUT[17x13x3] -> CONV3-4 -> IN -> RELU -> CONV3-4", math.inf, 5),
        ("INPUT[17x13x3] -> CONV3-4 -> GN(2) -> RELU -> CONV3-4 -> GN(2) -> GAP -> FC-3", math.inf, 5),
        ("INPUT[17x13x3] -> CONV3-4 -> LN(volume) -> CONV3-4", math.inf, 5),
        ("INPUT[17x13x3] -> CONV3-4 -> LN -> CONV3-4", 5, 5),
        # what is added or stacked does more than scale; an FC before the windows mixes everything
        ("INPUT[6x6x3] -> CONV3-4 -> { GAP -> UPSAMPLE6 | } -> CONCAT -> CONV3-4", math.inf, math.inf),
        ("INPUT[6x6x3] -> FC-64 -> RESHAPE(4x4x4) -> CONV3-4", math.inf, math.inf),
        # a product of two whole volumes
        ("INPUT[6x6x3] -> { GAP | GMP } -> MUL -> FC-2", 1, 1),
    ],
)
def test_figures(text, gated, ungated):
    assert figures(text) == (gated, ungated)


PIECES = st.sampled_from(["CONV3-4", "CONV3-4/2(rounding=floor)", "CONV5-4(dilation=2)", "POOL2/1", "RELU", "DECONV2-4/2", "WHOLE"])
WITH = {"gate": GATE, "norm": "IN", "group": "GN(2)"}


@settings(max_examples=80)
@given(st.lists(PIECES, min_size=1, max_size=6), st.sampled_from(sorted(WITH)))
def test_the_ungated_field_is_that_of_the_network_without_gates(pieces, which):
    def network(there):
        return graph(" -> ".join(["INPUT[24x20x4]", *(there if each == "WHOLE" else each for each in pieces)]))

    gated, bare = network(WITH[which]), network("IDENTITY")
    assert modulated(gated) == ("WHOLE" in pieces)
    free = receptive_fields(gated, gated=False)[-1]
    assert free == receptive_fields(bare)[-1]
    assert not free.whole
    assert receptive_fields(gated)[-1].whole == ("WHOLE" in pieces)


def test_without_gates_both_are_one_object():
    report = analyzed("INPUT[9x9x3] -> CONV3-4 -> { CONV3-4 | } -> MUL -> BN -> FC-3")
    assert all(row.ungated is not None and row.ungated == row.field for row in report.rows)
    report = analyzed("INPUT[9x9x3] -> CONV3-4 -> BN -> FC-3")
    assert report.ungated is report.fields


# `whole` is larger than any number of pixels


@pytest.mark.parametrize(
    "text, base, value, broken",
    [
        ("receptive_field<-0%", 427, math.inf, False),
        ("receptive_field<-0%", math.inf, 427, True),
        ("receptive_field<-5%", math.inf, math.inf, False),
        ("receptive_field>+0", 427, math.inf, True),
        ("receptive_field>+0", math.inf, math.inf, False),
        ("receptive_field<+0", math.inf, 427, True),
        ("receptive_field<300", 427, math.inf, False),
        ("receptive_field>300", 427, math.inf, True),
        ("receptive_field>300", math.inf, 299, False),
        ("receptive_field<50%", math.inf, 427, True),
        ("receptive_field<50%", math.inf, math.inf, False),
        ("receptive_field==427", 427, math.inf, False),
        ("receptive_field!=427", 427, math.inf, True),
    ],
)
def test_limits(text, base, value, broken):
    assert limit(text, table()).broken(base, value) == broken


def test_ratios_of_whole_fields_and_sizes():
    assert [ratio(*pair) for pair in [(427, math.inf), (math.inf, 427), (math.inf, math.inf), (4, Fraction(2))]] == [
        "-",
        "-",
        "=",
        "x0.5",
    ]


def expecting(line):
    return told(f"pattern: '{GATED}'\nrounding: floor\nexpect:\n  {line}\n")


@pytest.mark.parametrize(
    "line",
    [
        "receptive_field: whole",
        "receptive_field.min: 500",
        "receptive_field.min: whole",
        "receptive_field.max: whole",
        "ungated_receptive_field: 7",
        "ungated_receptive_field: 7x7",
        "ungated_receptive_field.max: 7",
        "ungated_receptive_field.max: whole",
    ],
)
def test_expectations_that_hold(line):
    assert "error" not in expecting(line)


def test_a_size_is_no_whole_field():
    assert expecting("receptive_field: 3").partition("error")[2] == (
        """[CNN011]: receptive_field is whole, not 3x3 as expected
 --> spec.yaml:4:20
  |
4 |   receptive_field: 3
  |                    ^ found whole
  |
  = note: conv3, the last layer with a window over several positions, already sees the whole image
  = note: without gates its field is 7x7
  = hint: `ungated_receptive_field: 7x7` is the field without gates"""
    )


@pytest.mark.parametrize(
    "line, message",
    [
        ("receptive_field.max: 1000", "receptive_field is whole, above the maximum of 1000x1000"),
        ("ungated_receptive_field: whole", "ungated_receptive_field is 7x7, not whole as expected"),
        ("ungated_receptive_field.min: 8", "ungated_receptive_field is 7x7, below the minimum of 8x8"),
        ("receptive_field: all", "`receptive_field` is 212, 212x212 or whole, not `all`"),
    ],
)
def test_expectations_that_do_not_hold(line, message):
    assert message in expecting(line)


def test_renderings_do_not_print_the_size_of_the_image():
    """A CSV of sizes alone would read as a smaller field: the image has 17x13 pixels."""
    report = analyzed(GATED, rounding="floor")
    rows = [line.split(",") for line in csv.render(report).splitlines()]
    at, free = rows[0].index("receptive_field"), rows[0].index("ungated_receptive_field")
    assert [row[at] for row in rows[1:]] == ["1x1", "3x3", *["whole"] * 7]
    assert [row[free] for row in rows[1:]] == ["1", "3", "whole", "whole", "whole", "3", "7", "whole", "whole"]
    found = report.to_dict()
    assert [layer["ungated_receptive_field"] for layer in found["layers"]] == [1, 3, None, None, None, 3, 7, None, None]
    assert found["totals"]["receptive_field"] is None
    assert found["totals"]["ungated_receptive_field"] == 7
