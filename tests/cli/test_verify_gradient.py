"""`cnncalc verify --gradient`: gradients of images and weights from a given gradient of the output, printed as values."""

import json

import numpy as np
import pytest

ONE = "INPUT[7x1] -> CONV3-1(padding=0, bias=false)"
GIVEN = ("--array", "1 2 3 4 5 6 7", "--weights", "conv1=1 2 3", "--gradient", "1 10 100 1000 10000")
POOLED = ("INPUT[4x4x1] -> POOL", "--array", "1 2 3 4; 5 6 7 8; 9 1 2 3; 4 5 6 7", "--gradient", "1 2; 3 4")
TWO = "{ a=INPUT[3x1] | b=INPUT[3x1] } -> MUL"
FC = "INPUT[3x1] -> FC-2"

PRINTED = [
    # Knet tutorial, "Convolution": x1' = w1 y1', x2' = w2 y1' + w1 y2', …; w1' = x1 y1' + x2 y2' + …, with cross-correlation
    ((ONE, *GIVEN), "input' 7×1×1: 1 12 123 1230 12300 23000 30000\n\nconv1/weight' 3×1×1: 54321 65432 76543\n"),
    (
        (ONE.replace("bias", "mode=convolution, bias"), *GIVEN, "--print", "conv1/weight"),
        "conv1/weight' 3×1×1: 76543 65432 54321\n",
    ),
    (
        (ONE.replace("bias", "mode=convolution, bias"), *GIVEN, "--print", "input"),
        "input' 7×1×1: 3 32 321 3210 32100 21000 10000\n",
    ),
    ((ONE, *GIVEN, "--print", "conv1"), "conv1' 5×1×1: 1 10 100 1000 10000\n"),
    (
        (ONE, *GIVEN, "--print", "input'[1:3,0]", "--print", "conv1/weight'[0,:,0]"),
        "input'[1:3,0] 2: 12 123\n\nconv1/weight'[0,:,0] 1: 54321\n",
    ),
    ((ONE, *GIVEN, "--print", "conv1/weight", "--digits", "2"), "conv1/weight' 3×1×1: 5.4e+04 6.5e+04 7.7e+04\n"),
    (POOLED, "input' 4×4×1×1:\n 0  0  0  0\n 0  1  0  2\n 3  0  0  0\n 0  0  0  4\n"),
    ((TWO, "--array", "a=1 2 3", "--array", "b=5 6 7", "--gradient", "1 2 3"), "a' 3×1×1: 5 12 21\n\nb' 3×1×1: 1 4 9\n"),
    (
        (FC, "--array", "1 2 3", "--weights", "1 3 5; 2 4 6", "--gradient", "1 10"),
        "input' 3×1×1: 21 43 65\n\nfc1/weight' 3×2:\n  1   2   3\n 10  20  30\n\nfc1/bias' 2: 1 10\n",
    ),
    ((FC, "--array", "1 2 3 || 4 5 6", "--gradient", "1 10", "--print", "fc1/weight'[:,1]"), "fc1/weight'[:,1] 3: 50 70 90\n"),
    ((FC, "--array", "1 2 3", "--gradient", "1 10", "--freeze", "fc1", "--weights", "1 3 5; 2 4 6"), "input' 3×1×1: 21 43 65\n"),
    (
        ("INPUT[2x1] -> RELU", "--gradient", "5 7 || 1 2", "--print", "relu"),
        "relu' 2×1×2:\n[:,0,0] = 5 7\n[:,0,1] = 1 2\n",
    ),
    (
        ("INPUT[2x1x2] -> CONV1-2(bias=false)", "--array", "1 2 | 3 4", "--gradient", "1 0 | 0 1", "--print", "conv1/weight"),
        "conv1/weight' 1×1×2×2:\n[0,0,:,0] = 1 3\n[0,0,:,1] = 2 4\n",
    ),
    (
        (
            "INPUT[3x2] -> DWCONV1(bias=false)",
            "--array",
            "1 2 3 | 4 5 6",
            "--gradient",
            "1 1 1 | 0 0 1",
            "--print",
            "dwconv1/weight",
        ),
        "dwconv1/weight' 1×1×2:\n[0,:,0] = 6\n[0,:,1] = 6\n",
    ),
]


@pytest.mark.parametrize(("words", "wanted"), PRINTED, ids=[" ".join(words) for words, _ in PRINTED])
def test_printed(cli, words, wanted):
    assert cli("verify", *words) == (0, wanted, "")


def test_a_gradient_from_a_file(cli, tmp_path):
    np.save(tmp_path / "y.npy", np.array([1.0, 10, 100, 1000, 10000]).reshape(5, 1))
    words = (*GIVEN[:-1], tmp_path / "y.npy", "--print", "conv1/weight")
    assert cli("verify", ONE, *words)[1] == "conv1/weight' 3×1×1: 54321 65432 76543\n"


def test_json(cli):
    found = json.loads(cli("verify", ONE, *GIVEN, "--format", "json")[1])
    assert list(found) == ["schema_version", "name", "batch", "dtype", "seed", "gradients", "left_out"]
    assert [(each["part"], each["axes"], np.ravel(each["values"]).tolist()) for each in found["gradients"]] == [
        ("input'", ["x", "d", "n"], [1, 12, 123, 1230, 12300, 23000, 30000]),
        ("conv1/weight'", ["x", "d", "k"], [54321, 65432, 76543]),
    ]


def test_outputs_without_a_gradient_have_the_gradient_0(cli, tmp_path):
    (tmp_path / "two.yaml").write_text("input: 3x1\npattern: INPUT -> a=CONV1-1 -> { OUTPUT(side) | b=CONV1-1 }\n")
    words = ("--outputs", "side", "--array", "1 2 3", "--weights", "a=2", "--weights", "b=5")
    assert cli("verify", tmp_path / "two.yaml", *words, "--gradient", "a=1 1 1")[1].split("\n\n") == [
        "input' 3×1×1: 2 2 2",
        "a/weight' 1×1×1: 6",
        "a/bias' 1: 3",
        "b/weight' 1×1×1: 0",
        "b/bias' 1: 0\n",
    ]
    status, out, err = cli("verify", tmp_path / "two.yaml", *words, "--gradient", "1 1 1")
    assert (status, out) == (2, "")
    assert "`1 1 1` names no output; the outputs are a and b" in err


def test_many_gradients_are_listed_in_part(cli):
    out = cli("verify", "INPUT[2x1] -> [CONV1-1]*20", "--gradient", "1 1")[1]
    assert out.count("'") == 24
    assert out.endswith("… 17 more gradients; the next is --print conv12/bias\n")


REFUSED = [
    (("--gradient", "1 2 3"), "error[CNN452]: the volume 5x1 needs 5 numbers, here are 3\n --> --gradient:1:1\n"),
    (("--gradient", "1 2 x"), "error[CNN450]: `x` is no number\n --> --gradient:1:5\n"),
    (("--gradient", "1 2; 3"), "error[CNN451]: "),
    (("--gradient", "1:5 || 1:5", "--array", "1:7"), "the gradient of conv1 is that of 2 images, and the network runs on 1\n"),
    (("--gradient", "1:5 || 1:5", "--batch", "3"), "the gradient of conv1 is that of 2 images, and the network runs on 3\n"),
    (("--gradient", "1:5", "--gradient", "1:5"), "two files for the output conv1\n"),
    (("--gradient", "none.npy"), "error[CNN421]: none.npy cannot be used: No such file or directory\n"),
    (("--gradient", "1:5", "--print", "conv"), "no volume or array is named `conv`; did you mean `conv1`?\n"),
    (("--gradient", "1:5", "--print", "conv1/bias"), "no volume or array is named `conv1/bias`; "),
    (("--gradient", "1:5", "--print", "conv1/weight", "--freeze", "conv1"), "conv1/weight has no gradient: it is frozen"),
    (("--gradient", "1:5", "--print", "conv1/weight[0]"), "error[CNN454]: conv1/weight' has the axes x, d, k, here is 1 index\n"),
    (("--gradient", "1:5", "--print", "input[9,0]"), "error[CNN454]: x goes from 0 to 6 in input, it is not 9\n"),
    *(
        (("--gradient", "1:5", *other), "--gradient prints gradients: it cannot be combined with --backward, --train, --shift, ")
        for other in (["--backward"], ["--train", "2"], ["--shift", "1"], ["--sliding"], ["--save", "x.npz"], ["--layers", "conv1"])
    ),
    (("--gradient", "1:5", "--rate", "1"), "--rate belongs to --train"),
    (("--gradient", "1:5", "--freeze", "none"), "freeze: no layer or block is named 'none'"),
    (("--train", "1", "--freeze", "none"), "freeze: no layer or block is named 'none'"),
]


@pytest.mark.parametrize(("words", "said"), REFUSED, ids=[" ".join(words) for words, _ in REFUSED])
def test_refused(cli, words, said):
    status, out, err = cli("verify", ONE, *words)
    assert (status, out) == (2, "")
    assert said in err


def test_the_shape_of_a_file_is_that_of_the_output(cli, tmp_path):
    np.save(tmp_path / "y.npy", np.ones((1, 7, 1)))
    err = cli("verify", ONE, "--gradient", tmp_path / "y.npy")[2]
    assert "its shape is (1, 7, 1), the output is N x 5 x 1" in err
