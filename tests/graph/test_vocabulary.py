"""Words of patterns: kinds, their sizes, options and synonyms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import KINDS

from cnncalc.layers import kinds


@pytest.mark.parametrize(
    "word, wanted",
    [
        ("CONV", ("CONV", "")),
        ("CONV3", ("CONV", "3")),
        ("CONV11", ("CONV", "11")),
        ("CONV3x5", ("CONV", "3x5")),
        ("CONV1x3x5", ("CONV", "1x3x5")),
        ("MAXPOOL", ("POOL", "")),
        ("MAXPOOL2", ("POOL", "2")),
        ("POOL2x1", ("POOL", "2x1")),
        ("INPUT", ("INPUT", "")),
        ("RELU6", ("RELU6", "")),
        ("CONVX", None),
        ("CONV3x", None),
        ("CONVx3", None),
        ("CONV3y5", None),
        ("CONV3 ", None),
        ("CONV_3", None),
        ("conv", None),
        ("Conv3", None),
        ("3", None),
        ("", None),
        ("XCONV3", None),
    ],
)
def test_a_word_is_a_kind_and_a_size(word, wanted):
    assert KINDS.split(word) == wanted


@given(st.sampled_from(sorted(kinds.names())), st.lists(st.integers(0, 99), min_size=1, max_size=3))
def test_each_kind_may_have_a_size(kind, sizes):
    size = "x".join(map(str, sizes))
    known = kinds.SYNONYMS.get(kind, kind)
    assert KINDS.split(kind) == (known, "")
    if not kind[-1].isdigit() and kind + size not in kinds.names():
        assert KINDS.split(kind + size) == (known, size)


def test_kinds_of_other_packages(monkeypatch):
    assert KINDS.kinds() >= {"CONV", "MAXPOOL", "INPUT", "FC"}
    monkeypatch.setattr(kinds, "added", lambda: frozenset({"ZIGZAG", "ZAG_2A"}))
    assert KINDS.kinds() == kinds.names() | {"ZIGZAG", "ZAG_2A"}
    assert KINDS.added("ZIGZAG") == ("ZIGZAG", "")
    assert KINDS.added("ZAG_2A3x3") == ("ZAG_2A", "3x3")
    assert KINDS.added("CONV") is None
    assert KINDS.added("ZIGZAGG") is None
    assert KINDS.split("ZIGZAG") is None


@pytest.mark.parametrize(
    "kind, size, filters, stride, first, second",
    [
        ("CONV", "kernel", "filters", "stride", "kernel", ""),
        ("POOL", "kernel", "", "stride", "kernel", ""),
        ("RELU", "", "", "", "", ""),
        ("CLIP", "", "", "", "min", "max"),
    ],
)
def test_short_forms(kind, size, filters, stride, first, second):
    assert KINDS.short(kind) == (size, filters, stride, first, second)


@pytest.mark.parametrize("kind", sorted(kinds.names()))
def test_options_have_their_names_and_synonyms(kind):
    layer = kinds.find(kind)
    assert KINDS.merges(kind) is layer.merges
    assert list(KINDS.options(kind)) == [option.name for option in layer.options]
    for option in layer.options:
        assert KINDS.option(kind, option.name) == option.name
        for synonym in option.synonyms:
            assert KINDS.option(kind, synonym) == option.name
    assert KINDS.option(kind, "nothing") is None


@pytest.mark.parametrize(
    "kind, key, wanted",
    [
        ("CONV", "K", "filters"),
        ("CONV", "filters", "filters"),
        ("FC", "filters", "units"),
        ("FC", "K", "units"),
        ("POOL", "K", None),
    ],
)
def test_synonyms(kind, key, wanted):
    assert KINDS.option(kind, key) == wanted


@pytest.mark.parametrize("kind, wanted", [("ADD", True), ("CONCAT", True), ("MUL", True), ("CONV", False), ("INPUT", False)])
def test_merges(kind, wanted):
    assert KINDS.merges(kind) is wanted
