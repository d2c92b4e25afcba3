"""Specs that build on others."""

from __future__ import annotations

import pytest

import cnncalc

BELOW = """\
input: 8x8x3
pattern: INPUT -> UNIT(4) -> TAIL
blocks:
  UNIT(C): CONV3-C
  TAIL: FC-10
"""


def test_a_block_replaces_the_one_of_the_base_whatever_its_parameters(tmp_path):
    (tmp_path / "below.yaml").write_text(BELOW)
    above = tmp_path / "above.yaml"
    above.write_text("base: below\npattern: INPUT -> UNIT(4, 1) -> TAIL\nblocks:\n  UNIT(C, F): CONV-C(kernel=F)\n")
    assert cnncalc.analyze(above).totals.params == (3 * 4 + 4) + (8 * 8 * 4 * 10 + 10)


def test_a_block_with_the_same_head_replaces_the_one_of_the_base(tmp_path):
    (tmp_path / "below.yaml").write_text(BELOW)
    above = tmp_path / "above.yaml"
    above.write_text("base: below\nblocks: {UNIT(C): CONV1-C}\n")
    assert cnncalc.analyze(above).totals.params == (3 * 4 + 4) + (8 * 8 * 4 * 10 + 10)


def test_a_block_is_still_defined_once_in_one_file(tmp_path):
    path = tmp_path / "twice.yaml"
    path.write_text("input: 8x8x3\npattern: INPUT -> U(4) -> FC-10\nblocks:\n  U(C): CONV3-C\n  U(C, F): CONV3-C\n")
    assert "the block `U` is defined twice" in [each.message for each in cnncalc.validate(path)]


OTHER_AXES = [  # the input of the base, the one above it, and the refusal with the size that was meant
    ("224x224x3", "100x40", "the size 100x40 has 2 numbers, and the input of the base is 224x224x3", "write `input: 100x40x3`"),
    (
        "224x224x3",
        "1x3x96x64",
        "the size 1x3x96x64 has 4 numbers, and the input of the base is 224x224x3",
        "write `input: 64x96x3`",
    ),
    ("224x224x3", "96x64x8x3", "the size 96x64x8x3 has 4 numbers, and the input of the base is 224x224x3", "write "),
    (
        "224x224x3",
        "3x96x96",
        "the depth comes first in the size 3x96x96: the input of the base is 224x224x3",
        "write `input: 96x96x3`",
    ),
    ("400x6", "400x300x6", "the size 400x300x6 has 3 numbers, and the input of the base is 400x6", "write "),
]


def based(tmp_path, below, above):
    (tmp_path / "below.yaml").write_text(f"input: {below}\npattern: INPUT -> CONV3-8 -> FC-10\n")
    path = tmp_path / "above.yaml"
    path.write_text(f"base: below\n{above}\n")
    return path


@pytest.mark.parametrize("below, above, message, hint", OTHER_AXES)
def test_an_input_keeps_the_axes_of_the_base(tmp_path, below, above, message, hint):
    (told,) = cnncalc.validate(based(tmp_path, below, f"input: {above}"))
    assert (told.code.number, told.severity, told.message) == ("CNN121", "error", message)
    assert told.span.words() == above
    assert told.hints[0].startswith(hint)


@pytest.mark.parametrize(
    "below, above", [("224x224x3", "64x32x1"), ("400x6", "300x2"), ("1x784", "1x100"), ("112x112x16x3", "64x64x8x1")]
)
def test_an_input_of_the_same_axes_is_taken(tmp_path, below, above):
    pattern = f"input: {above}" + ("\npattern: INPUT -> FC-10" if below == "1x784" else "")
    assert cnncalc.analyze(based(tmp_path, below, pattern)).network.typed[0].output.text.endswith(above)


def test_a_new_pattern_may_have_other_axes(tmp_path):
    path = based(tmp_path, "224x224x3", "input: 400x6\npattern: INPUT -> CONV3-8 -> FC-10")
    assert cnncalc.analyze(path).totals.params == 3 * 6 * 8 + 8 + 400 * 8 * 10 + 10


def test_named_inputs_keep_their_axes_too(tmp_path):
    (tmp_path / "below.yaml").write_text("inputs: {left: 8x8x3, right: 8x8x3}\npattern: left=INPUT(left) -> CONV3-4 -> FC-10\n")
    path = tmp_path / "above.yaml"
    path.write_text("base: below\ninputs: {left: 8x9}\n")
    told = [each for each in cnncalc.validate(path) if each.code.number == "CNN121"]
    assert [each.hints[0].split(";")[0] for each in told] == ["write `left: 8x9x3`"]
