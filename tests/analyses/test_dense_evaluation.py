"""The arithmetic of dense evaluation, on the figures of the course notes and on small cases by hand."""

import itertools

import pytest

from cnncalc.analyses.dense_evaluation import Saving, Slide, coverage, covered, shifts

VGG = Slide((384, 384), (224, 224), (32, 32))


def test_the_notes_36_crops():
    assert VGG.positions == (6, 6)
    assert VGG.crops == 36
    assert VGG.unseen == (0, 0)


def test_a_step_of_16_takes_four_passes_not_two():
    four = shifts((32, 32), (16, 16))
    assert four == [(0, 0), (16, 0), (0, 16), (16, 16)]
    assert coverage(VGG, (16, 16), four) == (121, 121)
    assert coverage(VGG, (16, 16), [(0, 0), (16, 16)]) == (61, 121)
    assert [len(covered(VGG, shift)) for shift in four] == [36, 30, 30, 25]


@pytest.mark.parametrize(
    "slide, positions, unseen",
    [
        (Slide((10,), (4,), (2,)), (4,), (0,)),
        (Slide((11,), (4,), (2,)), (4,), (1,)),
        (Slide((4,), (4,), (2,)), (1,), (0,)),
        (Slide((3,), (4,), (2,)), (0,), (3,)),
        (Slide((3, 9), (4, 4), (2, 1)), (0, 6), (3, 0)),
        (Slide((8, 8, 8), (4, 8, 2), (4, 1, 3)), (2, 1, 3), (0, 0, 0)),
    ],
)
def test_positions(slide, positions, unseen):
    assert slide.positions == positions
    assert slide.unseen == unseen


@pytest.mark.parametrize("image, crop, step", list(itertools.product((5, 8, 13), (3, 5), (1, 2, 3))))
def test_positions_are_those_that_counting_finds(image, crop, step):
    slide = Slide((image,), (crop,), (step,))
    assert slide.positions == (sum(1 for start in range(0, image, step) if start + crop <= image),)
    assert covered(slide, (0,)) == {(start,) for start in range(0, image, step) if start + crop <= image}


@pytest.mark.parametrize("step, finer", [((32, 32), (16, 16)), ((6,), (2,)), ((4, 6), (2, 3)), ((4, 2, 2), (2, 2, 1))])
def test_all_shifts_together_give_the_finer_step(step, finer):
    slide = Slide(tuple(9 * each for each in step), tuple(4 * each for each in step), step)
    done, wanted = coverage(slide, finer, shifts(step, finer))
    assert done == wanted == slide._replace(step=finer).crops
    assert len(shifts(step, finer)) == len(set(shifts(step, finer)))


def test_a_step_that_does_not_divide_is_refused():
    with pytest.raises(ValueError, match=r"^a step of 12x16 does not divide 32, the stride of the network; 1, 2, 4, 8, 16, 32 do$"):
        shifts((32, 32), (12, 16))
    with pytest.raises(ValueError, match=r"^a step of 8 does not divide 4, the stride of the network; 1, 2, 4 do$"):
        shifts((4, 4), (8, 8))


def test_saving():
    saving = Saving(36, 15_470_264_320, 49_551_114_240)
    assert saving.one_by_one == 556_929_515_520
    assert saving.saved == 556_929_515_520 - 49_551_114_240
    assert Saving(1, 10, 12).saved == -2
