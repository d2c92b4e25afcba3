"""One pass over a larger image beside its crops: equal without zero padding, and different with it."""

import pytest
from support import document, pattern, without_help

from cnncalc.forward.outcome import RunOptions
from cnncalc.reports import verify as show
from cnncalc.request.request import Request
from cnncalc.request.sizes import volume
from cnncalc.tasks.convert import ConvertOptions, convert
from cnncalc.tasks.slide import slid
from cnncalc.text.caret import render
from cnncalc.text.diagnostic import SpecError

UNPADDED = "INPUT[16x16x3] -> CONV3-8(padding=0) -> RELU -> POOL2 -> CONV3-16(padding=0) -> RELU -> FC-9 -> RELU -> FC-5"
PADDED = UNPADDED.replace("(padding=0)", "")


def compared(text, size, finer=0, dtype="float64", rounding=None):
    settings = Request(dtype=dtype, input=volume(size), rounding=rounding)
    found = document(text) if "\n" in text else pattern(text)
    return slid(found, settings, RunOptions(), finer)


@pytest.mark.parametrize("text", [UNPADDED, UNPADDED + " -> SOFTMAX", UNPADDED.replace("RELU -> FC", "FLATTEN -> RELU -> FC", 1)])
@pytest.mark.parametrize("dtype, most", [("float32", 1e-6), ("float64", 4e-15)])  # about ten roundings, for any kernel of the BLAS
def test_without_padding_the_scores_are_the_same(text, dtype, most):
    result = compared(text, "24x20x3", dtype=dtype)
    assert result.slide.step == (2, 2)
    assert result.slide.positions == (5, 3)
    assert result.slid.crops == 15
    assert result.padded == ()
    assert result.slid.differing == 0
    assert result.slid.share <= most
    assert result.passed
    assert "The scores are the same" in show.sliding_text(result)


def test_with_padding_they_are_not_and_it_says_why():
    result = compared(PADDED, "24x24x3")
    assert result.padded == ("conv1", "conv2")
    assert result.slid.differing == 25
    assert result.slid.share > 0.01
    assert result.passed, "padding explains it"
    text = show.sliding_text(result)
    assert "25 of 25 crops differ by more than rounding, because of zero padding (conv1, conv2):" in text


def test_a_difference_without_padding_is_a_finding():
    result = compared(PADDED, "24x24x3")._replace(padded=())
    assert not result.passed
    assert "this should not be" in show.sliding_text(result)


@pytest.mark.parametrize("finer, passes", [(1, 4), (2, 1)])
def test_shifted_passes_evaluate_a_finer_step(finer, passes):
    """The notes: a stride of 16 instead of 32 needs four passes over the image, shifted by (0, 0), (16, 0), (0, 16), (16, 16)."""
    result = compared(UNPADDED, "24x20x3", finer)
    assert len(result.passes) == passes
    assert result.slid.crops == ((24 - 16) // finer + 1) * ((20 - 16) // finer + 1)
    assert result.slid.differing == 0
    assert show.sliding_dict(result)["crops"] == result.slid.crops


def test_the_notes_four_passes():
    """A small network of stride 32 on crops of 224 at a step of 16, as VGG in the notes: 384x384 has 121 crops."""
    text = "INPUT[224x224x1] -> [POOL2]*5 -> FC-2"
    result = compared(text, "384x384x1", 16)
    assert [each.shift for each in result.passes] == [(0, 0), (16, 0), (0, 16), (16, 16)]
    assert [each.size for each in result.passes] == [(384, 384), (352, 384), (384, 352), (352, 352)]
    assert result.slid.crops == 121
    assert result.slid.differing == 0


def test_a_converted_spec_slides_as_it_is():
    text = "name: small\npattern: INPUT -> CONV3-8(padding=0) -> POOL2 -> FC-5\ninput: 12x12x3\n"
    converted = convert(document(text), ConvertOptions(fc_to_conv=True, input=volume("20x16x3"))).text
    own = compared(text, "20x16x3")
    result = slid(document(converted), Request(dtype="float64"), RunOptions())
    assert result.slide == own.slide
    assert result.slide.crop == (12, 12)
    assert result.slid.largest == own.slid.largest
    assert result.slid.differing == 0


def test_in_one_and_three_dimensions():
    assert compared("INPUT[12x3] -> CONV3-4(padding=0) -> POOL2 -> FC-3", "20x3").slid.differing == 0
    result = compared("INPUT[6x6x6x2] -> CONV3-4(padding=0) -> POOL2 -> FC-3", "8x10x6x2")
    assert (result.slid.crops, result.slid.differing) == (2 * 3 * 1, 0)


@pytest.mark.parametrize(
    "text, size, said",
    [
        (
            "INPUT[8x8x3] -> CONV3-8 -> GAP -> FC-5",
            "16x16x3",
            """the network does not slide: it sees the whole image, whatever its size: a global pool, or a norm over the volume
 = note: layers that see the whole image: gap1""",
        ),
        (
            "INPUT[8x8x3] -> CONV3-8 -> FC-5",
            "8x8x3",
            """the network does not slide: the image is 8x8x3, a crop 8x8: 1x1 places
 = hint: a larger image has more places: set it with --input""",
        ),
    ],
)
def test_what_does_not_slide(text, size, said):
    with pytest.raises(SpecError) as caught:
        compared(text, size)
    assert without_help(render(caught.value.diagnostics[0])) == f"error[CNN424]: {said}"


def test_an_image_that_is_too_small():
    with pytest.raises(SpecError, match="larger than its input"):
        compared(UNPADDED, "8x8x3")


def test_a_step_that_does_not_divide_the_stride():
    with pytest.raises(ValueError, match="does not divide"):
        compared(UNPADDED, "24x24x3", 3)
