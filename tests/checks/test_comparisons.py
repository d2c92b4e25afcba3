"""Comparisons: figures, aligned layers, limits."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import analyzed

from cnncalc.analyses.figure import plain
from cnncalc.analyses.figures import by_any_name, values
from cnncalc.checks.compare import changes
from cnncalc.checks.limits import limit

BASE = "INPUT[16x16x4] -> CONV3-8 -> RELU -> CONV3-8 -> RELU -> POOL2 -> FC-10"


def told(one, two):
    found = changes(analyzed(one), analyzed(two))
    shown = [(" ".join(row.label for row in each.base), " ".join(row.label for row in each.other)) for each in found.changes]
    return shown, [each.equal_before for each in found.changes], found.equal_after


@pytest.mark.parametrize(
    "other, shown, before, after",
    [
        (BASE, [], [], 7),
        (BASE.replace("POOL2", "CONV3-8 -> RELU -> POOL2"), [("", "CONV3-8 RELU")], [5], 2),
        (BASE.replace("POOL2 -> ", ""), [("POOL2 FC-10", "FC-10")], [5], 0),
        (BASE.replace("CONV3-8 -> RELU -> POOL2", "CONV5-8 -> RELU -> POOL2"), [("CONV3-8", "CONV5-8")], [3], 3),
        (
            BASE.replace("CONV3-8 -> RELU -> POOL2", "CONV3-8(bias=false) -> RELU -> POOL2"),
            [("CONV3-8", "CONV3-8 no bias")],
            [3],
            3,
        ),
        (BASE.replace("FC-10", "FC-10 -> SOFTMAX"), [("", "SOFTMAX")], [7], 0),
    ],
)
def test_layers_are_aligned(other, shown, before, after):
    assert told(BASE, other) == (shown, before, after)


def test_names_do_not_count():
    assert told(BASE, BASE.replace("CONV3-8 -> RELU ->", "stem=CONV3-8 -> RELU ->", 1)) == ([], [], 7)


def test_networks_too_long_to_align_keep_their_ends():
    one = analyzed("INPUT[4x4x1] -> CONV3-1 -> [RELU]*6000 -> TANH")
    two = analyzed("INPUT[4x4x1] -> CONV3-1 -> [ELU]*6000 -> TANH")
    found = changes(one, two)
    assert not found.aligned
    assert (len(found.changes), found.changes[0].equal_before, found.equal_after) == (1, 2, 1)


@given(
    st.lists(st.sampled_from(["CONV3-2", "CONV3-4", "RELU", "TANH"]), max_size=8),
    st.lists(st.sampled_from(["CONV3-2", "CONV3-4", "RELU", "TANH"]), max_size=8),
)
def test_changes_account_for_every_layer(one, two):
    left, right = (analyzed(" -> ".join(["INPUT[8x8x2]", *each])) for each in (one, two))
    found = changes(left, right)
    equal = sum(each.equal_before for each in found.changes) + found.equal_after
    assert equal + sum(len(each.base) for each in found.changes) == len(left.rows)
    assert equal + sum(len(each.other) for each in found.changes) == len(right.rows)
    assert bool(found.changes) == (one != two)


def test_figures_are_those_of_the_report():
    report = analyzed(BASE)
    found, data = values(report), report.to_dict()
    assert {name: plain(found[name]) for name in data["totals"]} == data["totals"]
    assert found["memory.forward"] == report.memory.forward
    assert found["memory.training.textbook"] == report.memory.textbook
    assert (found["layers"], found["receptive_field"]) == (7, 6)


@pytest.mark.parametrize(
    "text, base, value, broken",
    [
        ("macs>+5%", 1000, 1050, False),
        ("macs>+5%", 1000, 1051, True),
        ("macs>=+5%", 1000, 1050, True),
        ("macs<-5%", 1000, 949, True),
        ("macs<-5%", 1000, 950, False),
        ("macs>+0%", 0, 1, True),
        ("macs>+0%", 0, 0, False),
        ("macs>1.05K", 0, 1050, False),
        ("macs > 1.05K", 0, 1051, True),
        ("macs>+1M", 5_000_000, 6_000_001, True),
        ("macs>105%", 1000, 1051, True),
        ("macs!=+0", 7, 7, False),
        ("macs==7", 1, 7, True),
        ("memory.forward>+1KiB", 0, 1025, True),
        ("macs_per_param>1.5", 1, Fraction(3, 2), False),
        ("macs_per_param>1.5", 1, Fraction(31, 20), True),
        ("macs==15.47G", 1, 15_470_264_320, True),
        ("macs!=15.47G", 1, 15_480_264_320, True),
        ("macs>+0.000000001%", 10**11, 10**11 + 2, True),
    ],
)
def test_limits(text, base, value, broken):
    assert limit(text, by_any_name()).broken(base, value) == broken


@pytest.mark.parametrize(
    "text, message",
    [
        ("macs", "`macs` is not a limit: write a figure, > or <, and an amount, such as macs>+5% or params>140M"),
        ("mac>5", "`mac>5`: there is no figure `mac`; did you mean `macs`?"),
        ("macs>5Q", "`macs>5Q`: the unit is one of %, K, M, G, T, not `Q`"),
        ("macs>5KiB", "`macs>5KiB`: the unit is one of %, K, M, G, T, not `KiB`"),
        ("qqq>5", "`qqq>5`: there is no figure `qqq`; figures are macs, params"),
    ],
)
def test_bad_limits(text, message):
    with pytest.raises(ValueError, match=r"figure|limit|unit") as caught:
        limit(text, {name: by_any_name()[name] for name in ("macs", "params")})
    assert str(caught.value) == message
