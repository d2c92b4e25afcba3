"""The `layers` form is as expressive as patterns: every spec is written, read again, and analysed with equal results."""

import re

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from support import document, found

import cnncalc
from cnncalc.pipeline import report
from cnncalc.request.request import Request, request
from cnncalc.spec.composer import read
from cnncalc.spec.write import Entry, entry_text, quoted, scalar, top_level
from cnncalc.tasks.check import checked
from cnncalc.tasks.convert import ConvertOptions, convert
from cnncalc.text.diagnostic import Findings, SpecError
from cnncalc.text.source import Source
from cnncalc.workspace.find import find, shipped_names


def written(text):
    return convert(found(text), ConvertOptions(form="layers")).text


def same(text, again, **wishes):
    """Compare everything in a report, except for places in the text."""
    left, right = (report(each, request(**wishes)).to_dict() for each in (text, again))
    for figures in (left, right):
        del figures["diagnostics"]
        del figures["name"]
    assert left == right


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_specs_analyse_identically(name):
    result = convert(find(name), ConvertOptions(form="layers"))
    again = document(result.text)
    same(find(name), again)
    left_out = report(find(name), Request()).network.graph.left_out
    if left_out:
        same(find(name), again, outputs=left_out)
    assert result.dropped == ()
    assert [each for each in checked(again, Request()) if each.severity == "error"] == []
    assert yaml.safe_load(result.text).keys() >= {"input", "layers"}


@pytest.mark.parametrize("name", ["vgg16", "resnet18", "googlenet"])
def test_written_again_it_is_the_same_text(name):
    once = convert(find(name), ConvertOptions(form="layers")).text
    assert convert(document(once), ConvertOptions(form="layers")).text == once


PATTERNS = [
    "INPUT[8x8x3]",
    "INPUT[32x32x3] -> FC-10",
    "INPUT[32x32x3] -> [CONV3-16 -> RELU -> POOL2]*3 -> FC-10",
    "INPUT[9x7x3] -> CONV3x5-4(padding=1x0, dilation=2x1) -> RELU",
    "INPUT[9x9x3] -> CONV(kernel=3x3, filters=4, padding=0:1x2:0, bias=false, mode=convolution)",
    "INPUT[8x8x3] -> a=CONV3-3 -> CONV3-3(share=a) -> ADD(a)",
    "INPUT[8x8x4] -> { CONV3-4 | } -> ADD -> { a=CONV1-2 | CONV1-2 } -> CONCAT -> RELU",
    "INPUT[8x8x4] -> { | CONV3-4 -> OUTPUT(aux) } -> CONV3-8",
    "INPUT[8x8x4] -> { CONV3-4 | CONV3-2 -> OUTPUT(aux) }",
    "INPUT[8x8x4] -> { CONV3-4 | OUTPUT } -> RELU -> { | OUTPUT } -> FC-2",
    "INPUT[8x8x4] -> { CONV3-4 | CONV3-2 -> OUTPUT } -> { | CONV3-6 -> OUTPUT(b) }",
    "INPUT[9x9x4] -> CONV3-4/2(rounding=floor, padding=0) -> POOL(kernel=2, rounding=ceil) -> POOL(kernel=1, rounding=strict)",
    "image=INPUT[8x8x4] -> yes=CONV3-4 -> no=RELU -> null=CONV3-4 -> ADD(image)",
    "INPUT[8x8x4] -> CROP(size=6x6) -> PAD(1:0x0:2) -> UPSAMPLE(scale=2x1, mode=bilinear) -> SLICE(start=1, depth=2)",
    "INPUT[8x8x4] -> AVGPOOL(out=2x2) -> LN -> RESHAPE(1x1x16) -> DROPOUT(0.25) -> LEAKYRELU(0.00001) -> SOFTMAX",
    "INPUT[1x1x64] -> RESHAPE(4x4x4) -> DECONV3-2/2(output_padding=1, padding=1)",
    "INPUT[100x2] -> CONV5-4 -> POOL4 -> GAP -> FC-3",
    "INPUT[8x8x8x2] -> CONV3-4 -> POOL(kernel=1x2x2) -> FC-3",
    "INPUT[8x8x4] -> g=[CONV3-4 -> RELU]*2 -> ADD(g)",
    "INPUT[8x8x4] -> [a=CONV3-4 -> RELU -> ADD(a)]*3",
    "INPUT[8x8x4] -> CONV3-4 -> MEAN([width, depth]) -> NORM([height], p=1)",
]


@pytest.mark.parametrize("text", PATTERNS)
def test_patterns_analyse_identically(text):
    again = document(written(text))
    same(found(text), again)
    left_out = report(found(text), Request()).network.graph.left_out
    if left_out:
        same(found(text), again, outputs=left_out)


@pytest.mark.parametrize("rounding", ["strict", "floor", "ceil", "ceil_caffe"])
def test_the_spec_s_rounding_stays_at_the_top(rounding):
    text = f"input: 8x8x3\nrounding: {rounding}\npattern: CONV3-4 -> POOL2 -> POOL2(rounding=floor) -> POOL2(rounding=strict)"
    result = written(text)
    same(document(text), document(result))
    assert result.count("rounding") == 3
    assert f"rounding: {rounding}\n" in result


def test_a_layer_has_what_differs_from_its_defaults():
    text = written(
        "name: tiny\nsource: me\ninput: 32x32x3\npattern: stem=CONV3-16 -> RELU -> { a=CONV3-16 | CONV1-16 } -> ADD -> GAP -> FC-10"
    )
    assert text == (
        "name: tiny\nsource: me\ninput: 32x32x3\nlayers:\n"
        "  - conv: {name: stem, filters: 16}\n  - relu: {name: relu1}\n  - conv: {name: a, filters: 16}\n"
        "  - conv: {name: conv1, kernel: 1, filters: 16, from: relu1}\n  - add: {from: [a, conv1]}\n"
        "  - gap\n  - fc: {name: fc1, units: 10}\n"
    )


def test_expectations_that_still_hold_are_kept():
    text = (
        "input: 8x8x4\npattern: step=[CONV3-4 -> RELU] -> POOL2 -> FC-3\nexpect:\n  output: 1x1x3\n  params: 343\n  macs: 1K\n"
        "  memory.forward.max: {at: {batch: 2}, value: 1 MiB}\n  shapes: {step: 8x8x4, pool1: 4x4x4}\n"
    )
    result = convert(document(text), ConvertOptions(form="layers"))
    assert result.dropped == ("macs: 1K",)
    assert "memory.forward.max: {at: {batch: 2}, value: 1 MiB}" in result.text
    assert "shapes: {relu1: 8x8x4, pool1: 4x4x4}" in result.text
    assert [each.message for each in checked(document(result.text), Request())] == []


def test_another_input():
    result = convert(find("vgg11"), ConvertOptions(form="layers", input=report(found("INPUT[256x256x3] -> FC-1"), Request()).image))
    assert "input: 256x256x3" in result.text
    assert any(each.startswith("macs") for each in result.dropped)


def test_a_broken_spec_is_refused():
    with pytest.raises(SpecError):
        written("INPUT[8x8x3] -> POOL3")


# outputs in the explicit form


def test_outputs_of_a_layers_list():
    text = "input: 8x8x3\nlayers:\n- conv: {name: a, filters: 4}\n- output: {name: aux, from: a}\n- relu\n- output\n- conv: {filters: 2}\n"
    whole = cnncalc_report(text, outputs=["aux"])
    assert [(output.name, whole.rows[output.at].name) for output in whole.network.graph.outputs] == [
        ("aux", "a"),
        ("", "relu1"),
        ("", "conv2"),
    ]
    assert cnncalc_report(text).network.graph.left_out == ("aux",)


def test_the_last_output_is_the_main_one():
    text = "input: 8x8x3\nlayers:\n- conv: {name: a, filters: 4}\n- conv: {filters: 2}\n- output: {from: conv2}\n- fc: 3\n- output: {from: a}\n"
    assert cnncalc_report(text).result.text == "8x8x4"
    assert [row.name for row in cnncalc_report(text).outputs] == ["conv2", "a"]


def cnncalc_report(text, **wishes):
    return report(document(text), request(**wishes))


@pytest.mark.parametrize(
    "entry, message",
    [
        ("output: {from: b}", "no step is named `b` so far"),
        ("output: {form: a}", "an output has no option `form`"),
        ("output: {name: 1 a}", "`1 a` is no name: a name has no blanks"),
        ("output: {name: [a]}", "a name is a text, not a list"),
        ("conv: {name: a/, filters: 3}", "`a/` is no name: there is nothing between two slashes, or behind the last one"),
    ],
)
def test_outputs_that_are_wrong(entry, message):
    with pytest.raises(SpecError) as error:
        cnncalc_report(f"input: 8x8x3\nlayers:\n- conv: {{name: a, filters: 4}}\n- {entry}\n- relu\n")
    assert [each.message for each in error.value.diagnostics] == [message]


def test_a_name_says_the_blocks():
    result = cnncalc_report(
        "input: 8x8x3\nlayers:\n- conv: {name: stage1/down1/conv2, filters: 4}\n- relu: {from: stage1/down1/conv2}\n"
    )
    assert result.rows[1].name == "stage1/down1/conv2"
    assert result.rows[1].node.path == "stage1/down1/"


# texts


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


def reread(line):
    return read(Source("x", line), Findings())


@given(TEXTS)
@example("no")
@example("1:30")
@example("0x3")
@example("1e3")
@example("- a")
@example("a: b")
@example("a #b")
@example("\u2028")
@example("ends\n")
@example("two\nlines")
@example("two\n\n lines \n")
@example("🙂 \x85 \ufeff \x00")
@example("*a")
def test_every_text_is_read_as_it_was(text):
    assert reread(f"key: {top_level(text)}\n").get("key").text == text
    assert reread(f"k: {{key: {scalar(text)}, other: 1}}\n").get("k").get("key").text == text
    assert reread(f"k: {{key: {quoted(text)}}}\n").get("k").get("key").text == text


@pytest.mark.parametrize(
    "text", ["no", "Yes", "on", "null", "~", "1:30", "0x3", "007", "1_000", "1e3", "<<", "=", "a: b", "a,b", "[a", "a #b"]
)
def test_what_yaml_would_misread_is_quoted(text):
    assert scalar(text) == f'"{text}"'
    assert yaml.safe_load(f"[{scalar(text)}]") == [text]


@pytest.mark.parametrize("text", ["a", "stage1/down1/conv2", "3x5", "12", "0.5", "true", "same", "ceil_caffe"])
def test_what_yaml_reads_as_it_stands_is_plain(text):
    assert scalar(text) == text


def test_entries():
    assert entry_text(Entry("relu")) == "relu"
    assert entry_text(Entry("add", sources=("a", "b"))) == "add: {from: [a, b]}"
    assert entry_text(Entry("mean", "", (("over", "[width, depth]"),))) == "mean: {over: [width, depth]}"
    assert (
        entry_text(Entry("conv", "no", (("padding", "0x3"),), ("a",), "b"))
        == 'conv: {name: "no", padding: "0x3", share: b, from: a}'
    )


def test_no_shipped_spec_needs_a_name_that_the_form_lacks():
    """Names made of blocks are letters, digits, _ and slashes: a pattern can say them."""
    for name in ("googlenet", "fpn_resnet50"):
        names = [row.name for row in cnncalc.analyze(name).rows]
        assert all(re.fullmatch(r"\w+(/\w+)*", each) for each in names)
