"""Specs that carry their input and weights: `array`, `weights` and `expect: arrays`."""

import json

import numpy as np
import pytest

import cnncalc
from cnncalc.workspace.find import shipped_names

SHIFT = """\
input: 4x3x1
pattern: shift=CONV3-1(bias=false)
array: |
  1 2 3 4
  5 6 7 8
  9 10 11 12
weights:
  shift: 0 0 0; 1 0 0; 0 0 0
expect:
  arrays: 0 1 2 3; 0 5 6 7; 0 9 10 11
"""


@pytest.fixture
def spec(tmp_path):
    """Return a function that writes a spec and returns its path."""

    def write(text, name="s.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return write


WAYS = {
    "a list": ("  shift: 0 0 0; 1 0 0; 0 0 0", "  shift: [[0, 0, 0], [1, 0, 0], [0, 0, 0]]"),
    "an array by name": ("  shift: 0", "  shift/weight: 0"),
    "quotes": ("  shift: 0 0 0; 1 0 0; 0 0 0", '  shift: "0 0 0; 1 0 0; 0 0 0"'),
    "the name of a layer": ("  arrays: 0 1", "  arrays: {shift: 0 1"),
    "the name of the input": ("array: |\n  1 2 3 4\n  5 6 7 8\n  9 10 11 12\n", "array: {input: 1 2 3 4; 5 6 7 8; 9 10 11 12}\n"),
}


@pytest.mark.parametrize("way", WAYS)
def test_valid(way, spec):
    before, after = WAYS[way]
    text = SHIFT.replace(before, after)
    if after.endswith("{shift: 0 1"):
        text = text.replace("0 9 10 11", "0 9 10 11}")
    assert text != SHIFT
    assert cnncalc.validate(spec(text)) == ()


REFUSED = [
    ("0 5 6 7", "0 5 6 8", "CNN011", "shift[3,1,0] is 7, not 8 as expected", (), 10),
    ("0 1 2 3; 0 5 6 7", "1 1 2 3; 0 5 6 8", "CNN011", "shift[0,0,0] is 0, not 1 as expected", ("2 of 12 values differ",), 10),
    ("0 9 10 11", "0 9 10", "CNN451", "the values do not make a rectangle: row 3 has 3 numbers, row 1 has 4", (), 10),
    ("  shift: 0", "  shfit: 0", "CNN453", "no layer with weights is named `shfit`; weights are in shift", (), 8),
    ("1 0 0;", "1 0;", "CNN451", "the values do not make a rectangle: row 2 has 2 numbers, row 1 has 3", (), 8),
    ("1 0 0;", "1 0 x;", "CNN450", "`x` is no number", (), 8),
    ("; 0 0 0\n", "\n", "CNN452", "shift/weight needs 9 numbers, here are 6", ("it is typed as 3 rows of 3 numbers",), 8),
    ("  5 6 7 8", "  5 6 nan 8", "CNN422", "`nan` is no finite number", (), 5),
    ("arrays: 0 1", "arrays: {shfit: 0 1", "CNN012", "no layer is named `shfit`", (), 10),
    ("weights:\n  shift: 0 0 0; 1 0 0; 0 0 0\n", "", "CNN012", "values are expected of random weights: those of shift", (), 8),
    ("array: |\n  1 2 3 4\n  5 6 7 8\n  9 10 11 12\n", "", "CNN012", "values are expected of a random input", (), 6),
    ("array: |", "array:\n  left: |", "CNN453", "`left` names no input; the inputs are input", (), 4),
    ("  shift: 0 0 0; 1 0 0; 0 0 0", "  shift: {a: 1}", "CNN008", "`shift` holds values, not a mapping", (), 8),
    ("weights:\n  shift: 0 0 0; 1 0 0; 0 0 0", "weights: 1 2 3", "CNN008", "`weights` is a mapping, not a text", (), 7),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "code", "message", "notes", "line"), REFUSED, ids=[each[1][:20] for each in REFUSED])
def test_refused(spec, before, after, code, message, notes, line):
    text = SHIFT.replace(before, after)
    if "{shfit" in after:
        text = text.replace("0 9 10 11", "0 9 10 11}")
    if "left" in after:
        text = text.replace("\n  1 2 3 4\n  5 6 7 8\n  9", "\n    1 2 3 4\n    5 6 7 8\n    9")
    assert text != SHIFT
    (found, *others) = cnncalc.validate(spec(text))
    assert (found.code.number, found.message, found.notes, found.span.line, others) == (code, message, notes, line, [])


def test_values_that_differ_are_shown(spec):
    (found,) = cnncalc.validate(spec(SHIFT.replace("0 5 6 7", "0 5 6 8")))
    assert str(found.label) == "found 7"


def test_verify_runs_on_what_the_spec_carries(cli, spec):
    path = spec(SHIFT)
    assert cli("verify", path, "--print")[1].startswith("shift 4×3×1×1:\n 0  1   2   3\n 0  5   6   7\n 0  9  10  11\n")
    heading = cli("verify", path)[1].splitlines()[0]
    assert "image of the spec · weights of the spec" in heading


def test_the_command_line_comes_first(cli, spec):
    path = spec(SHIFT)
    out = cli("verify", path, "--array", "1 2 3 4; 0 0 0 0; 0 0 0 0", "--weights", "shift=0 0 0; 0 2 0; 0 0 0", "--print")[1]
    assert out.splitlines()[1] == " 2  4  6  8"
    assert "random image" in cli("verify", path, "--batch", "2")[1].splitlines()[0]
    assert "random image" in cli("verify", path, "--input", "5x5x1")[1].splitlines()[0]


def test_a_derived_spec_inherits_values(cli, spec):
    spec(SHIFT, "base.yaml")
    path = spec("base: base\nweights:\n  shift: 0 0 0; 0 3 0; 0 0 0\n", "derived.yaml")
    assert cli("verify", path, "--print")[1].splitlines()[1] == "  3   6   9  12"


def test_from_python(spec):
    result = cnncalc.verify(spec(SHIFT))
    np.testing.assert_array_equal(result.run.results[1][0, 1, :, 0], [0, 5, 6, 7])


def test_analyze_needs_no_numpy_for_them(spec):
    from support import python

    code = f"import cnncalc, sys; cnncalc.analyze({spec(SHIFT)!r}); print('numpy' in sys.modules)"
    assert python("-c", code).stdout == "False\n"


class TestConvert:
    def test_layers(self, cli, spec, tmp_path):
        status, out, _ = cli("convert", spec(SHIFT), "--to", "layers")
        assert status == 0
        assert '  shift/weight: "0 0 0; 1 0 0; 0 0 0"\n' in out
        assert cnncalc.validate(spec(out, "out.yaml")) == ()
        assert "arrays:" in out

    def test_a_convolution_as_a_matrix(self, cli, spec):
        """Knet tutorial, Convolution vs matrix multiplication: the sparse matrix of 1 2 3."""
        net = "INPUT[7x1] -> c=CONV3-1(padding=0, bias=false, mode=convolution)"
        out = cli("convert", net, "--conv-to-fc", "c", "--weights", "1 2 3")[1]
        assert out.endswith('weights:\n  c/weight: "3 2 1 0 0 0 0; 0 3 2 1 0 0 0; 0 0 3 2 1 0 0; 0 0 0 3 2 1 0; 0 0 0 0 3 2 1"\n')
        printed = cli("verify", spec(out), "--array", "1:7", "--print", "c")[1]
        assert printed.startswith("c 1×5×1: 10 16 22 28 34\n")

    def test_the_converted_spec_holds_its_values(self, cli, spec):
        out = cli("convert", spec(SHIFT), "--conv-to-fc", "shift")[1]
        assert "arrays:" in out
        assert cnncalc.validate(spec(out, "dense.yaml")) == ()

    def test_a_picture_of_weights_becomes_a_filter(self, cli, spec):
        out = cli("convert", "INPUT[2x2x1] -> FC-2", "--fc-to-conv", "--weights", "1 2 3 4; 5 6 7 8", "--input", "3x2x1")[1]
        assert out.endswith('weights:\n  fc1/weight: "1 2; 3 4 || 5 6; 7 8"\n')
        assert "fc1 2×1×2×1" in cli("verify", spec(out), "--array", "1 2 3; 4 5 6", "--print")[1]

    def test_typed_arrays_into_a_file(self, cli, tmp_path):
        words = ("convert", "INPUT[3x1] -> FC-2(bias=false)", "--fc-to-conv", "--weights", "1 3 5; 2 4 6")
        assert cli(*words, "--weights-out", tmp_path / "w.npz")[0] == 0
        assert np.load(tmp_path / "w.npz")["fc1/weight"].tolist() == [[[1, 2]], [[3, 4]], [[5, 6]]]

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--weights", "fc1=1 3 5; 2 4 6", "--weights-out", "{}/w.npz"), "what was typed does not match the network: 2 arrays"),
            (("--weights", "fc3=1"), "no layer with weights is named `fc3`"),
            (("--weights-out", "{}/w.npz"), "--weights-out needs --weights"),
        ],
    )
    def test_refused(self, cli, tmp_path, words, said):
        words = [word.format(tmp_path) for word in words]
        status, out, err = cli("convert", "INPUT[3x1] -> FC-2 -> FC-2", "--fc-to-conv", *words)
        assert (status, out) == (2, "")
        assert said in err


@pytest.mark.parametrize("name", [name for name in shipped_names() if name.startswith("exercise_")])
def test_the_exercises_give_the_values_that_they_expect(name, cli):
    assert cli("validate", name, "--strict")[0] == 0
    found = json.loads(cli("verify", name, "--print", "--format", "json")[1])
    assert found["passed"]
    assert found["typed_weights"]


def test_values_of_a_large_network_are_checked_without_its_memory(spec):
    net = "input: 10000x10000x3\npattern: FC-1000000\nweights: {fc1/bias: 1 2}\n"
    (found,) = cnncalc.validate(spec(net))[:1]
    assert found.message == "fc1/bias needs 1,000,000 numbers, here are 2"


def test_demo_shows_what_the_spec_carries(cli, spec):
    out = cli("demo", spec(SHIFT), "--at", "1,1")[1]
    assert "0*1 + 0*2 + 0*3 + 1*5 + 0*6 + 0*7 + 0*9 + 0*10 + 0*11 = 5\n" in out
    out = cli("demo", spec(SHIFT), "--at", "1,1", "--array", "0 0 0 0; 7 0 0 0; 0 0 0 0", "--weights", "shift=0 0 0; 2 0 0; 0 0 0")[
        1
    ]
    assert "2*7" in out


def test_dense_evaluation_has_the_weights_of_the_spec(cli, spec):
    path = spec("input: 2x2x1\npattern: FC-1\nweights: {fc1: 1 2 3 4}\n")
    out = cli("verify", path, "--sliding", "--input", "3x2x1", "--array", "1 0 1; 0 0 1")[1]
    assert "of scores up to 6 " in out
