"""Specs that build on others."""

from __future__ import annotations

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
