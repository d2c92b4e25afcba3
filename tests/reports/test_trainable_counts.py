"""Trainable and frozen numbers, and Keras's total, in the texts."""

import pytest
from support import analyzed

from cnncalc.analyses.trainable import split
from cnncalc.reports.summary import totals as summary
from cnncalc.reports.why import totals_dict, totals_text

KERAS = "INPUT[64x64x1] -> CONV3-32 -> RELU -> BN -> FC-100 -> RELU -> FC-10"  # stackoverflow.com/questions/60079783


@pytest.mark.parametrize(
    "text, freeze, wanted",
    [
        (KERAS, (), (13_108_694, 0, 64)),  # Keras prints 13,108,758 in all, 64 of them not trainable
        (KERAS, ("conv1",), (13_108_374, 320, 64)),
        ("INPUT[8x8x3] -> CONV3-4 -> FC-2", (), (112 + 514, 0, 0)),
        ("INPUT[8x8x3] -> a=CONV3-3 -> CONV3-3(share=a)", ("a",), (0, 84, 0)),
    ],
)
def test_every_stored_number_is_trainable_or_not(text, freeze, wanted):
    report = analyzed(text, freeze=freeze)
    assert tuple(report.of(split)) == wanted
    assert sum(wanted[:2]) == report.totals.params


def test_the_summary_names_frozen_numbers_where_something_is_frozen():
    assert ("trainable", "13,108,374 · frozen 320") in summary(analyzed(KERAS, freeze=("conv1",)))
    assert "trainable" not in dict(summary(analyzed(KERAS)))


def test_why_has_the_total_of_keras_where_it_differs():
    text = totals_text(analyzed(KERAS), (), ())
    assert "Keras's total = trainable + non-trainable = 13,108,694 + 64 = 13,108,758, with 64 of moving statistics" in text
    assert "Keras" not in totals_text(analyzed("INPUT[8x8x3] -> CONV3-4 -> FC-2"), (), ())
    frozen = totals_text(analyzed(KERAS, freeze=("conv1",)), (), ())
    assert "trainable + frozen = 13,108,374 + 320 = 13,108,694" in frozen
    assert "13,108,374 + 384 = 13,108,758, with 64 of moving statistics and 320 frozen" in frozen
    assert totals_dict(analyzed(KERAS), (), ())["keras"] == {"total": 13_108_758, "trainable": 13_108_694, "non_trainable": 64}
