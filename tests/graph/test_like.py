"""`like` takes the size of a named step and nothing else; `share` takes the options of the layer with the weights."""

import pytest
from support import analyzed, found

import cnncalc
from cnncalc.tasks.convert import ConvertOptions, convert

DOWN = "INPUT[11x8x3] -> a=CONV3-8 -> b=POOL(rounding=floor) -> CONV3-8"
SIZES = [
    (f"{DOWN} -> RESIZE(like=a, mode=bilinear) -> ADD(a)", "11x8x8"),
    (f"{DOWN} -> UPSAMPLE(mode=nearest, like=input)", "11x8x8"),
    ("INPUT[11x8x3] -> CONV3-8 -> POOL(rounding=floor) -> CONV3-8 -> RELU -> UPSAMPLE2 -> RESIZE(like=conv1)", "11x8x8"),
    ("INPUT[11x8x3] -> a=CONV3-8(padding=0) -> CROP(from=input, like=a, offset=0x2) -> CONCAT(a)", "9x6x11"),
    ("INPUT[9x3] -> a=POOL3 -> UPSAMPLE2 -> RESIZE(like=a)", "3x3"),
    ("INPUT[9x8x7x3] -> a=POOL(rounding=floor) -> CROP(from=input, like=a)", "4x4x3x3"),
]


@pytest.mark.parametrize("text, output", SIZES)
def test_the_size_is_that_of_the_step(text, output):
    report = analyzed(text)
    assert report.rows[-1].output.text == output


@pytest.mark.parametrize("text, output", SIZES)
def test_explicit_layers_say_the_same(text, output, tmp_path):
    path = tmp_path / "explicit.yaml"
    path.write_text(convert(found(text), ConvertOptions(form="layers")).text, encoding="utf-8")
    report, again = analyzed(text), cnncalc.analyze(str(path))
    assert [row.output for row in again.rows] == [row.output for row in report.rows]
    assert again.training_peak == report.training_peak


def test_the_size_follows_the_input():
    text = f"{DOWN} -> RESIZE(like=a) -> ADD(a)"
    assert [analyzed(text, input=size).rows[-1].output.text for size in ("32x32x3", "33x17x3")] == ["32x32x8", "33x17x8"]


@pytest.mark.parametrize("order", ["spec", "best"])
def test_it_reads_no_volume(order):
    """The step lives no longer, keeps nothing more, and gets no gradient."""
    like, size = (analyzed(f"{DOWN} -> RESIZE({option}) -> CONV3-4", schedule=order) for option in ("like=a", "size=11x8"))
    assert like.inference_peak == size.inference_peak
    assert like.training_peak == size.training_peak
    assert like.rows[-1].field == size.rows[-1].field


def test_a_step_that_gives_the_size_stays_when_outputs_are_left_out():
    text = "INPUT[8x8x3] -> { | a=POOL2 -> OUTPUT(aux) } -> RESIZE(like=a)"
    report = analyzed(text)
    assert [row.name for row in report.rows][:2] == ["input", "a"]
    assert report.rows[-1].output.text == "4x4x3"


def test_branches_read_in_the_best_order_after_the_step():
    text = "INPUT[8x8x3] -> { a=POOL2 -> CONV3-64 -> UPSAMPLE2 | CONV3-4 -> RESIZE(like=a) -> UPSAMPLE2 } -> CONCAT"
    report = analyzed(text, schedule="best")
    assert report.rows[-1].output.text == "8x8x68"


def test_the_size_of_a_step_wins_over_the_defaults_of_its_kind():
    for default in ("size: 3", "scale: 3"):
        text = f"input: 8x8x3\nUPSAMPLE: {{{default}}}\npattern: a=IDENTITY -> RESIZE(2) -> RESIZE(size=5) -> RESIZE(like=a)"
        sizes = [row.output.text for row in analyzed(text).rows[2:]]
        assert sizes == ["16x16x3", "5x5x3", "8x8x3"]


ERRORS = [
    (f"{DOWN} -> RESIZE(like=bb)", "CNN110", "no step is named `bb` so far"),
    ("INPUT[8x8x3] -> RESIZE(like=later) -> later=RELU", "CNN110", "no step is named `later` so far"),
    (f"{DOWN} -> RESIZE(like=a, scale=2)", "CNN108", "UPSAMPLE takes its size from `a` and from scale 2"),
    (f"{DOWN} -> RESIZE(2, size=8x8)", "CNN108", "UPSAMPLE takes its size from scale 2 and from size 8x8"),
    (f"{DOWN} -> CROP(1, size=3)", "CNN108", "CROP takes its size from crop 1 and from size 3"),
    (f"{DOWN} -> CROP(1, like=a)", "CNN108", "CROP takes its size from `a` and from crop 1"),
    (f"{DOWN} -> CROP(like=a)", "CNN208", "CROP makes 11 of the input width 5"),
    (f"{DOWN} -> RELU(like=a)", "CNN107", "RELU has no option `like`"),
    ("INPUT[8x8x3] -> CROP(size=4, offset=5)", "CNN208", "CROP offset 5 is beyond the 4 pixels to remove from the width"),
    ("INPUT[8x8x3] -> CROP(offset=1)", "CNN208", "CROP offset has no meaning without `size` or `like`"),
    (
        "INPUT[8x8x3] -> a=CONV3-3 -> CONV(share=a, filters=4)",
        "CNN118",
        "conv2 cannot apply the weights of a: they differ in kind or size",
    ),
]


@pytest.mark.parametrize("text, code, message", ERRORS, ids=[text for text, *_ in ERRORS])
def test_errors(text, code, message):
    with pytest.raises(cnncalc.SpecError) as raised:
        cnncalc.analyze(text)
    (told,) = raised.value.diagnostics
    assert (told.code.number, told.message) == (code, message)


def test_share_takes_every_option(tmp_path):
    text = "INPUT[12x12x4] -> a=CONV5-4(padding=valid, bias=false, groups=2) -> CONV(share=a)"
    last = analyzed(text).rows[-1]
    assert last.typed.layer.text() == "CONV(kernel=5, filters=4, padding=0, groups=2, bias=false)"
    assert (last.output.text, last.counts.params) == ("4x4x4", 0)


def test_share_takes_options_in_the_list_of_layers(tmp_path):
    path = tmp_path / "shared.yaml"
    path.write_text(
        "input: 8x8x4\nlayers:\n  - conv: {name: a, kernel: 3, filters: 4}\n  - conv: {name: b, share: a}\n  - conv: {share: b}\n"
    )
    rows = cnncalc.analyze(str(path)).rows
    assert [row.counts.params for row in rows] == [0, 148, 0, 0]
    assert [row.counts.macs.value for row in rows[1:]] == [9216] * 3


def test_a_given_option_wins_where_the_weights_fit():
    rows = analyzed("INPUT[9x9x4] -> a=CONV3-4(padding=1) -> CONV(share=a, stride=2) -> CONV(share=a, dilation=2, padding=2)").rows
    assert [row.output.text for row in rows[1:]] == ["9x9x4", "5x5x4", "5x5x4"]


def test_a_default_that_differs_from_the_shared_option_is_written():
    text = "INPUT[9x9x4] -> a=CONV3-4/2(padding=1) -> CONV(share=a, stride=1, padding=same)"
    written = convert(found(text), ConvertOptions(form="layers")).text
    assert written.splitlines()[-1] == "  - conv: {filters: 4, stride: 1, padding: same, share: a}"


def test_options_that_contradict_are_told_with_both_values():
    with pytest.raises(cnncalc.SpecError) as raised:
        cnncalc.analyze("INPUT[8x8x3] -> a=CONV3-3 -> CONV(share=a, filters=4)")
    (told,) = raised.value.diagnostics
    assert told.notes[1] == "filters is 4 here and 3 in a"
    assert told.hints == ("leave out filters: `share` takes every option that is not given",)
