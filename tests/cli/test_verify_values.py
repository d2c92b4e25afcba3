"""`cnncalc verify` on typed values, and the values that it prints."""

import json

import numpy as np
import pytest

ONE = "INPUT[7x1] -> CONV3-1(padding=0, mode=convolution)"
VERDICT = "\n\nAll 2 shapes and {} parameters are as inferred.\n"

PRINTED = [
    ((ONE, "--array", "1:7", "--weights", "1 2 3", "--print"), "conv1 5×1×1: 10 16 22 28 34" + VERDICT.format(4)),
    (
        (ONE, "--array", "1:7", "--weights", "conv1=1 2 3", "--weights", "conv1/bias=0.5", "--print", "conv1"),
        "conv1 5×1×1: 10.5 16.5 22.5 28.5 34.5" + VERDICT.format(4),
    ),
    (
        ("INPUT[4x4x1] -> POOL", "--array", "reshape(1:16, (4,4))", "--print", "input", "--print"),
        "input 4×4×1×1:\n 1  5   9  13\n 2  6  10  14\n 3  7  11  15\n 4  8  12  16\n\npool1 2×2×1×1:\n 6  14\n 8  16"
        + VERDICT.format(0),
    ),
    (
        ("INPUT[2x2x2] -> RELU", "--array", "1 -2; 3.25 4 | 5 6; 70 0.125", "--print"),
        "relu 2×2×2×1:\n[:,:,0,0] =\n 1     0\n 3.25  4\n\n[:,:,1,0] =\n  5  6\n 70  0.125" + VERDICT.format(0),
    ),
    (
        (
            "INPUT[3x2] -> RELU",
            "--array",
            "1 2 9 | 3 4 9 || 5 6 9 | 7 8 9",
            "--print",
            "--print",
            "relu[:,1]",
            "--print",
            "relu[0,:,1]",
        ),
        "relu[:,1] 3×2:\n[:,1,0] = 3 4 9\n[:,1,1] = 7 8 9\n\nrelu[0,:,1] 2: 5 7\n\n"
        "relu 3×2×2:\n[:,0,0] = 1 2 9\n[:,1,0] = 3 4 9\n[:,0,1] = 5 6 9\n[:,1,1] = 7 8 9" + VERDICT.format(0),
    ),
    (("INPUT[3x1] -> FC-2", "--array", "1 2 3", "--weights", "1 3 5; 2 4 6", "--print"), "fc1 1×2×1: 22 28" + VERDICT.format(8)),
    (
        ("INPUT[2x1x2x1] -> RELU", "--array", "1 2 / 3 4", "--print", "--print", "relu[1,0,:,0]"),
        "relu[1,0,:,0] 2: 2 4\n\nrelu 2×1×2×1×1:\n[:,:,0,0,0] =\n 1  2\n\n[:,:,1,0,0] =\n 3  4" + VERDICT.format(0),
    ),
    (
        ("INPUT[1x1x3] -> SCALE(1/3)".replace("1/3", "0.1"), "--array", "1 2 3", "--print", "--digits", "2"),
        "scale 1×1×3×1: 0.1 0.2 0.3" + VERDICT.format(0),
    ),
    (("INPUT[1x1] -> RELU", "--array", "5", "--print", "relu[0,0]"), "relu[0,0]: 5" + VERDICT.format(0)),
]


@pytest.mark.parametrize(("words", "wanted"), PRINTED, ids=[words[0] for words, _ in PRINTED])
def test_printed(cli, words, wanted):
    assert cli("verify", *words) == (0, wanted, "")


class TestLarge:
    def test_long_lines_and_many_slices_have_dots(self, cli):
        out = cli("verify", "INPUT[100x1] -> RELU", "--array", "1:100", "--print")[1]
        assert out.startswith("relu 100×1×1: 1 2 3 4 5 6 … 98 99 100\n")
        out = cli("verify", "INPUT[2x2x40] -> RELU", "--print")[1]
        assert '… 34 more slices; the next is --print "relu[:,:,6,0]"' in out
        assert cli("verify", "INPUT[2x2x40] -> RELU", "--print", "relu[:,:,6,0]")[1].startswith("relu[:,:,6,0] 2×2:\n")

    def test_wide_matrices_keep_within_a_line(self, cli):
        out = cli("verify", "INPUT[60x60x1] -> RELU", "--print", "input")[1]
        assert max(map(len, out.splitlines())) <= 100
        assert len(out.splitlines()[1].split()) == len(out.splitlines()[10].split()) < 12


def test_the_spec_may_stand_behind_print(cli):
    assert cli("verify", "--array", "1:7", "--weights", "1 2 3", "--print", ONE)[1].startswith("conv1 5×1×1: 10 16 22 28 34\n")
    assert "Missing argument 'SPEC'" in cli("verify", "--array", "1:7")[2]


def test_json_has_the_values(cli):
    words = (ONE, "--array", "1:7", "--weights", "1 2 3", "--print", "--print", "conv1[1:3,0]", "--format", "json")
    found = json.loads(cli("verify", *words)[1])
    assert found["printed"] == [
        {"part": "conv1[1:3,0]", "axes": ["x"], "shape": [2], "values": [16.0, 22.0]},
        {
            "part": "conv1",
            "axes": ["x", "d", "n"],
            "shape": [5, 1, 1],
            "values": [[[10.0]], [[16.0]], [[22.0]], [[28.0]], [[34.0]]],
        },
    ]
    assert (found["weights"], found["typed_weights"]) == (None, ["conv1/weight"])


def test_without_print_the_heading_says_what_was_typed(cli):
    out = cli("verify", ONE, "--array", "1:7", "--weights", "1 2 3")[1]
    assert out.splitlines()[0].split(" · ")[1:5] == ["1x7x1", "float32", "typed values", "typed conv1/weight"]
    two = "INPUT[7x1] -> CONV3-1 -> FC-2"
    out = cli("verify", two, "--array", "1:7", "--weights", "conv1=1 2 3")[1]
    assert out.splitlines()[0].split(" · ")[3:6] == ["typed values", "typed conv1/weight", "random weights, seed 0"]


def test_several_inputs_are_typed_by_name(cli):
    net = "{ left=INPUT[2x1] | right=INPUT[2x1] } -> SUB"
    status, out, _ = cli("verify", net, "--array", "left=5 7", "--array", "right=1 2", "--print")
    assert (status, out.splitlines()[0]) == (0, "sub1 2×1×1: 4 5")


def test_typed_arrays_replace_those_of_a_file(cli, tmp_path):
    np.savez(tmp_path / "w.npz", **{"conv1/weight": np.ones((3, 1, 1), np.float32)})
    words = ("verify", ONE, "--array", "1:7", "--weights", tmp_path / "w.npz", "--weights", "conv1/bias=1", "--print")
    assert cli(*words)[1].splitlines()[0] == "conv1 5×1×1: 7 10 13 16 19"


def test_the_layers_of_other_weights_are_random_and_the_rest_of_a_layer_is_neutral(cli):
    net = "INPUT[3x1] -> CONV1-1 -> BN"
    out = cli(
        "verify",
        net,
        "--array",
        "1 2 3",
        "--weights",
        "conv1=2",
        "--weights",
        "bn1/scale=10",
        "--dtype",
        "float64",
        "--print",
        "--digits",
        "4",
    )[1]
    assert out.splitlines()[0] == "bn1 3×1×1: 20 40 60"


def test_dense_evaluation_takes_typed_weights(cli):
    net = "INPUT[2x2x1] -> FC-1"
    status, out, _ = cli("verify", net, "--sliding", "--input", "3x2x1", "--array", "1 2 3; 4 5 6", "--weights", "1 2; 3 4")
    assert status == 0
    assert "The scores are the same" in out


REFUSED = [
    (("--array", "1:6"), "error[CNN452]: the volume 7x1 needs 7 numbers, here are 6\n --> --array:1:1\n"),
    (("--array", "1 2 x"), "error[CNN450]: `x` is no number\n --> --array:1:5\n"),
    (("--array", "1:7", "--weights", "conv=1 2 3"), "error[CNN453]: no layer with weights is named `conv`; weights are in conv1\n"),
    (("--weights", "conv1/wieght=1 2 3"), "error[CNN453]: conv1 has no array `wieght`; it has weight and bias\n"),
    (("--weights", "input=1 2 3"), "error[CNN453]: input stores no weights; weights are in conv1\n"),
    (("--weights", "conv1=1 2 3", "--weights", "1 2 3"), "error[CNN453]: conv1/weight is typed twice\n"),
    (("--weights", "conv1=1 2 x"), "error[CNN450]: `x` is no number\n --> --weights:1:11\n"),
    (("--weights", "a.npz", "--weights", "b.npz"), "error[CNN453]: the weights come from one file, not from a.npz and b.npz\n"),
    (("--print", "conv2"), "no layer is named `conv2`; did you mean `conv1`?"),
    (("--print", "conv1[0]", "--print", "conv1[5,0]"), "error[CNN454]: conv1 has the axes x, d, here is 1 index\n"),
    (("--print", "conv1[5,0]"), "error[CNN454]: x goes from 0 to 4 in conv1, it is not 5\n --> --print:1:7\n"),
    (("--print", "conv1[3:2,0]"), "error[CNN454]: 3:2 is empty: x goes from 0 to 4 in conv1\n"),
    (("--print", "conv1[x,0]"), "error[CNN454]: `x` is no index; an index is 3, : or 0:5\n"),
    (("--digits", "3"), "--digits belongs to --print"),
    (("--sliding", "--print"), "it cannot be combined with --save, --print or --layers"),
]


@pytest.mark.parametrize(("words", "said"), REFUSED, ids=[" ".join(words) for words, _ in REFUSED])
def test_refused(cli, words, said):
    status, out, err = cli("verify", ONE, *words)
    assert (status, out) == (2, "")
    assert said in err


def test_values_without_a_name_need_a_single_layer(cli):
    net = "INPUT[7x1] -> CONV3-1 -> CONV3-1"
    err = cli("verify", net, "--weights", "1 2 3")[2]
    assert "error[CNN453]: the values name no layer; weights are in conv1 and conv2\n" in err
    assert ' = hint: conv1="1 2 3"\n' in err
    assert "the network stores no weights" in cli("verify", "INPUT[7x1] -> RELU", "--weights", "1 2 3")[2]
