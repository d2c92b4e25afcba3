"""Names in `layers`: any printable text without blanks, as model files have them; they survive being written and read again."""

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from support import analyzed, document, told

from cnncalc.spec.write import quoted
from cnncalc.tasks.convert import ConvertOptions, convert

OF_MODEL_FILES = [
    "/layer1/layer1.0/conv1/Conv",  # ONNX
    "layer1.0.conv1",  # PyTorch
    "conv1/7x7_s2",  # Caffe
    "inception_3a/1x1",
    "layer1/0",
    "conv-1",
    "1conv",
    "tf.nn.relu",
    "input.1",
    "onnx::Conv_123",
    "模型",
    "12",
    "null",
    "1:30",
    "~",
    "=SUM(A1)",
    "a#b",
    "{a}",
    'say"it"',
]


def spec(name):
    q = quoted(name)
    return (
        f"input: 8x8x4\nlayers:\n  - conv: {{name: {q}, kernel: 3, filters: 4}}\n  - relu: {{name: between}}\n"
        f"  - conv: {{kernel: 3, filters: 4, share: {q}, from: {q}}}\n  - add: {{from: [{q}, between]}}\n"
        f"  - output: {{name: aux, from: {q}}}\n  - fc: 3\nexpect:\n  shapes: {{{q}: 8x8x4}}\n"
    )


def round_trips(name):
    text = spec(name)
    report = analyzed(text, freeze=(name,))
    names = [row.name for row in report.rows]
    assert names[1] == name
    assert report.rows[4].inputs == (name, "between")
    assert report.totals.params == 9 * 4 * 4 + 4 + 8 * 8 * 4 * 3 + 3  # the weights are shared
    assert report.trainable.learned[1] == 0
    assert not told(text)
    written = convert(document(text), ConvertOptions(form="layers")).text
    assert convert(document(written), ConvertOptions(form="layers")).text == written
    for options in (ConvertOptions(form="layers"), ConvertOptions(fc_to_conv=True)):
        assert [row.name for row in analyzed(convert(document(text), options).text).rows] == names


@pytest.mark.parametrize("name", OF_MODEL_FILES)
def test_names_of_model_files(name):
    round_trips(name)


@given(st.text(min_size=1, max_size=8))
@example("a\u0301")
@example("\\n")
def test_any_printable_text_without_blanks_is_a_name(name):
    assume(name.isprintable() and " " not in name and "*" not in name and all(name.removeprefix("/").split("/")))
    assume(name not in {"between", "aux"})
    round_trips(name)


@pytest.mark.parametrize(
    "name, reason, hint",
    [
        ("layer 1", "a name has no blanks", "layer_1"),
        ("a\tb", "a name has no blanks", "a_b"),
        ("a\u00a0b", "a name has no blanks", "a_b"),
        ("a\u202eb", "a name has printable characters only", "a_b"),
        ("a\x1b[2Jb", "a name has printable characters only", "a_[2Jb"),
        ("concat*", "`*` means every repetition of a step", "concat"),
        ("a/", "there is nothing between two slashes, or behind the last one", "a"),
        ("//a", "there is nothing between two slashes, or behind the last one", "/a"),
        ("a//b", "there is nothing between two slashes, or behind the last one", "a/b"),
        ("/", "there is nothing between two slashes, or behind the last one", ""),
        ("", "it is empty", ""),
    ],
)
def test_texts_that_are_no_names(name, reason, hint):
    found = told(f"input: 8x8x4\nlayers:\n  - relu: {{name: {quoted(name)}}}\n")
    assert found.startswith("error[CNN008]")
    assert f"is no name: {reason}" in found
    assert ("hint: `" in found) == bool(hint)
    assert f"hint: `{hint}` is one" in found or not hint
    assert not hint or not told(f"input: 8x8x4\nlayers:\n  - relu: {{name: {quoted(hint)}}}\n")
