"""`cnncalc verify`: output, exit statuses and files."""

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from typing import get_args

import numpy as np
import pytest
from support import environment, python, run

from cnncalc.cli.verify import command
from cnncalc.forward import machine
from cnncalc.forward.outcome import ALGORITHMS
from cnncalc.kernels.conv import Algorithm
from cnncalc.layers.pool import Pool
from cnncalc.maths.volume import Volume

SMALL = "INPUT[8x8x3] -> CONV3-4 -> BN -> RELU -> POOL2 -> FC-5 -> SOFTMAX"


class TestText:
    def test_all_is_as_inferred(self, cli):
        status, out, err = cli("verify", SMALL)
        assert (status, err) == (0, "")
        lines = out.splitlines()
        assert lines[0].startswith("INPUT[8x8x3] -> CONV3-4 -> BN -> RELU -> POOL2 -> FC-5")
        assert lines[0].split(" · ")[1:5] == ["1x8x8x3", "float32", "random image and weights, seed 0", "auto"]
        assert lines[2].split() == ["layer", "inferred", "array", "parameters", "time", "live"]
        assert [line.split()[:4] for line in lines[4:11]] == [
            ["input", "INPUT", "8x8x3", "1x8x8x3"],
            ["conv1", "CONV3-4", "8x8x4", "1x8x8x4"],
            ["bn1", "BN", "8x8x4", "1x8x8x4"],
            ["relu1", "RELU", "8x8x4", "1x8x8x4"],
            ["pool1", "POOL2", "4x4x4", "1x4x4x4"],
            ["fc2", "FC-5", "1x1x5", "1x1x1x5"],
            ["softmax2", "SOFTMAX", "1x1x5", "1x1x1x5"],
        ]
        assert "All 7 shapes and 445 parameters are as inferred." in lines
        assert "in conv1" in lines[6]

    def test_scores_of_a_softmax(self, cli):
        out = cli("verify", SMALL)[1]
        (scores,) = (line for line in out.splitlines() if line.startswith("scores"))
        values = [float(part.split(":")[1]) for part in scores.split(",")]
        assert values == sorted(values, reverse=True)
        assert sum(values) == pytest.approx(1, abs=1e-3)

    @pytest.mark.parametrize("pattern, times", [(SMALL, 1), ("INPUT[8x8x3] -> FC-5", 0)])
    def test_scores_of_random_weights_are_marked(self, cli, pattern, times):
        out = cli("verify", pattern, "--batch", "2")[1]
        assert out.count("of random weights: they compare runs and say nothing of the image") == times

    def test_scores_of_given_weights_are_not_marked(self, cli, tmp_path):
        path = tmp_path / "w.npz"
        np.savez(path, **{"fc1/weight": np.ones((4, 3), np.float32), "fc1/bias": np.zeros(3, np.float32)})
        status, out, _ = cli("verify", "INPUT[2x2x1] -> FC-3 -> SOFTMAX", "--weights", str(path))
        assert status == 0
        assert "scores  class 0: 0.3333" in out
        assert "random weights" not in out

    def test_scores_of_each_image(self, cli):
        out = cli("verify", SMALL, "--batch", "2")[1]
        assert [line[:7] for line in out.splitlines() if line.startswith("image")] == ["image 0", "image 1"]

    def test_no_scores_without_a_softmax(self, cli):
        assert "scores" not in cli("verify", "INPUT[8x8x3] -> FC-5")[1]

    def test_a_difference_is_a_finding(self, cli, monkeypatch):
        right = Pool.infer
        monkeypatch.setattr(Pool, "infer", lambda self, inputs: Volume((3, 4), right(self, inputs).depth))
        status, out, _ = cli("verify", SMALL)
        assert status == 1
        assert "pool1: inferred 1x4x3x4, the array is 1x4x4x4\n" in out
        assert "fc2: weights of shape (48, 5) for 64 values\n" in out
        assert "softmax2: its input fc2 was not computed\n" in out
        assert "3 layers of 7 are not as inferred." in out
        assert json.loads(cli("verify", SMALL, "--format", "json")[1])["passed"] is False

    def test_layers_that_are_wanted(self, cli):
        out = cli("verify", SMALL, "--layers", "conv1, pool1")[1]
        told = [line for line in out.splitlines() if line.startswith(("conv1: ", "pool1: "))]
        assert len(told) == 2
        assert told[0].startswith("conv1: 1x8x8x4, from -")

    def test_options_reach_the_forward_pass(self, cli):
        out = cli(
            "verify", SMALL, "--batch", "3", "--dtype", "float64", "--seed", "5", "--algorithm", "winograd", "--threads", "1"
        )[1]
        assert out.splitlines()[0].endswith("3x8x8x3 · float64 · random image and weights, seed 5 · winograd · 1 thread")

    def test_another_input_and_rounding(self, cli):
        assert "1x9x9x3" in cli("verify", SMALL, "--input", "9x9x3", "--rounding", "floor")[1]


class TestJson:
    def test_keys_and_figures(self, cli):
        found = json.loads(cli("verify", SMALL, "--format", "json")[1])
        assert found["passed"] is True
        assert [layer["array"] for layer in found["layers"]] == [layer["inferred"] for layer in found["layers"]]
        assert sum(layer["params"] for layer in found["layers"]) == 445
        assert found["layers"][2]["computed_in"] == "conv1"
        assert found["memory"]["live"] <= found["memory"]["predicted"]
        assert len(found["scores"][0]) == 5

    def test_the_same_seed_gives_the_same_scores(self, cli):
        one, same, other = (json.loads(cli("verify", SMALL, "--seed", seed, "--format", "json")[1])["scores"] for seed in "112")
        assert one == same
        assert one != other

    @pytest.mark.parametrize("algorithm", ["direct", "winograd"])
    def test_algorithms_agree(self, cli, algorithm):
        scores = [
            json.loads(cli("verify", SMALL, "--algorithm", each, "--format", "json")[1])["scores"]
            for each in ("blocked", algorithm)
        ]
        for one, other in zip(*(each[0] for each in scores), strict=True):
            assert one["place"] == other["place"]
            assert one["value"] == pytest.approx(other["value"], rel=1e-4)


class TestFiles:
    @pytest.fixture
    def weights(self, tmp_path):
        """Return a file of weights and its arrays."""
        rng = np.random.default_rng(0)
        shapes = {"conv1/weight": (3, 3, 3, 4), "conv1/bias": (4,), "fc1/weight": (256, 5), "fc1/bias": (5,)}
        arrays = {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
        path = tmp_path / "w.npz"
        np.savez(path, **arrays)
        return path, arrays

    NET = "INPUT[8x8x3] -> CONV3-4 -> RELU -> fc1=FC-5"

    def test_an_array_weights_and_what_comes_out(self, cli, tmp_path, weights):
        path, arrays = weights
        x = np.random.default_rng(1).standard_normal((2, 8, 8, 3)).astype(np.float32)
        np.save(tmp_path / "x.npy", x)
        options = ("--array", tmp_path / "x.npy", "--weights", path, "--save", tmp_path / "out.npz", "--layers", "conv1")
        status, out, err = cli("verify", self.NET, *options)
        assert (status, err) == (0, f"wrote {tmp_path / 'out.npz'}\n")
        assert out.splitlines()[0].split(" · ")[1:5] == ["2x8x8x3", "float32", str(tmp_path / "x.npy"), str(path)]
        saved = np.load(tmp_path / "out.npz")
        assert sorted(saved.files) == ["conv1", "fc1"]
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        corner = np.einsum("nhwc,hwcf->nf", padded[:, 2:5, 3:6], arrays["conv1/weight"]) + arrays["conv1/bias"]
        np.testing.assert_allclose(saved["conv1"][:, 2, 3], corner, rtol=1e-4, atol=1e-5)
        hidden = np.maximum(saved["conv1"], 0).reshape(2, -1)
        np.testing.assert_allclose(
            saved["fc1"].reshape(2, 5), hidden @ arrays["fc1/weight"] + arrays["fc1/bias"], rtol=1e-4, atol=1e-4
        )

    def test_missing_extra_and_misshapen_arrays_are_listed(self, cli, weights):
        path, arrays = weights
        del arrays["fc1/bias"]
        np.savez(path, **(arrays | {"conv1/weight": np.zeros((3, 3, 4)), "other": np.zeros(3)}))
        status, _, err = cli("verify", self.NET, "--weights", path)
        assert status == 2
        assert "does not match the network: 3 arrays" in err
        for said in ("missing: fc1/bias", "unknown: other", "conv1/weight is 3x3x4, not 3x3x3x4"):
            assert said in err

    def test_nan_in_weights(self, cli, weights):
        path, arrays = weights
        arrays["conv1/bias"][2] = np.nan
        np.savez(path, **arrays)
        status, _, err = cli("verify", self.NET, "--weights", path)
        assert status == 2
        assert "error[CNN422]: the weights hold NaN or infinite values\n = note: conv1/bias" in err

    def test_weights_of_another_kind(self, cli, weights):
        path, arrays = weights
        np.savez(path, **(arrays | {"fc1/bias": np.array(list("abcde"))}))
        assert "fc1/bias holds <U1" in cli("verify", self.NET, "--weights", path)[2]

    def test_a_counter_may_be_missing(self, cli, tmp_path):
        names = ("scale", "shift", "mean", "variance")
        np.savez(tmp_path / "w.npz", **{f"bn/{name}": np.ones(3) for name in names})
        assert cli("verify", "INPUT[8x8x3] -> BN", "--weights", tmp_path / "w.npz")[0] == 0

    @pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04" + b"x" * 40])
    def test_no_weights_at_all(self, cli, tmp_path, content):
        path = tmp_path / "w.npz"
        path.write_bytes(content)
        status, _, err = cli("verify", self.NET, "--weights", path)
        assert status == 2
        assert "CNN413" in err

    def test_a_picture(self, cli, tmp_path):
        image = pytest.importorskip("PIL.Image")
        image.new("RGB", (40, 30), (200, 20, 20)).save(tmp_path / "cat.jpg")
        status, out, _ = cli("verify", SMALL, "--image", tmp_path / "cat.jpg")
        assert status == 0
        assert f"{tmp_path / 'cat.jpg'} · random weights, seed 0" in out

    def test_a_file_is_replaced_in_one_step(self, cli, tmp_path):
        path = tmp_path / "out.npz"
        path.write_text("old")
        cli("verify", "no such spec", "--save", path)
        assert path.read_text() == "old"
        assert cli("verify", SMALL, "--save", path)[0] == 0
        assert [each.name for each in tmp_path.iterdir()] == ["out.npz"]


class TestUsage:
    @pytest.mark.parametrize(
        "arguments, said",
        [
            (("--image", "a.png", "--array", "b.npy"), "an image and an array: the network runs on one of the two"),
            (("--array", "b.npy", "--batch", "2"), "the file sets the number of images"),
            (("--layers", "conv2"), "no layer is named `conv2`; did you mean `conv1`?"),
            (("--save", "/nowhere/out.npz"), "--save: there is no folder /nowhere"),
            (("--step", "2"), "--step belongs to --sliding"),
            (("--sliding", "--layers", "conv1"), "--sliding compares scores"),
            (("--batch", "0"), "batch is an integer from 1"),
            (("--dtype", "float16"), "is not one of 'float32', 'float64'"),
            (("--array", "b.npy"), "b.npy cannot be used: No such file or directory"),
        ],
    )
    def test_what_cannot_be_done(self, cli, arguments, said):
        status, out, err = cli("verify", SMALL, *arguments)
        assert (status, out) == (2, "")
        assert said in err

    def test_a_broken_spec(self, cli):
        assert cli("verify", "INPUT[8x8x3] -> CONV9-4(padding=0)")[0] == 2

    def test_a_network_that_is_too_large_says_so_before_it_starts(self, cli, monkeypatch):
        monkeypatch.setattr(machine, "available", lambda: 2**20)
        status, out, err = cli("verify", SMALL)
        assert (status, out) == (2, "")
        assert "error[CNN423]: the forward pass needs 64.0 MiB, and 1.00 MiB are available" in err
        status, out, err = cli("verify", SMALL, "--force")
        assert status == 0
        assert "64.0 MiB" in err

    def test_a_batch_that_no_machine_holds(self, cli):
        status, _, err = cli("verify", "vgg16", "--batch", "1000000")
        assert status == 2
        assert "TiB, and" in err


class TestSliding:
    NET = "INPUT[16x16x3] -> CONV3-8(padding=0) -> POOL2 -> FC-5"

    def test_text(self, cli):
        status, out, _ = cli("verify", self.NET, "--sliding", "--input", "20x20x3")
        assert status == 0
        assert out.startswith("network: 1 pass over 20x20, beside 9 crops of 16x16 at stride 2x2\n")

    def test_json_of_shifted_passes(self, cli):
        found = json.loads(cli("verify", self.NET, "--sliding", "--input", "20x20x3", "--step", "1", "--format", "json")[1])
        assert found["crops"] == 25
        assert found["differing"] == 0
        assert [each["shift"] for each in found["passes"]] == [[0, 0], [1, 0], [0, 1], [1, 1]]

    def test_a_network_that_is_too_large_says_so_before_it_starts(self, cli, monkeypatch):
        monkeypatch.setattr(machine, "available", lambda: 2**20)
        status, out, err = cli("verify", self.NET, "--sliding", "--input", "20x20x3")
        assert (status, out) == (2, "")
        assert "error[CNN423]: the forward pass needs 64.0 MiB, and 1.00 MiB are available" in err
        status, out, err = cli("verify", self.NET, "--sliding", "--input", "20x20x3", "--force")
        assert status == 0
        assert "64.0 MiB" in err

    def test_a_step_that_does_not_divide_the_stride(self, cli):
        status, _, err = cli("verify", self.NET, "--sliding", "--input", "20x20x3", "--step", "3")
        assert status == 2
        assert "does not divide" in err


def test_ctrl_c_leaves_nothing_behind(tmp_path):
    if os.name != "posix":
        pytest.skip("signals as on Unix")
    words = ["verify", "vgg16", "--batch", "4", "--algorithm", "direct", "--save", str(tmp_path / "out.npz")]
    code = "import sys; sys.argv = ['cnncalc', *sys.argv[1:]]; from cnncalc.cli.main import main; main()"
    child = subprocess.Popen([sys.executable, "-c", code, *words], stderr=subprocess.PIPE, text=True, env=environment())
    assert "using the shipped spec" in child.stderr.readline()
    time.sleep(1.0)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=30)
    assert (child.returncode, err.split()) == (130, ["interrupted"])
    assert list(tmp_path.iterdir()) == []


def test_a_bar_is_for_terminals_only():
    assert run("verify", SMALL).stderr == ""


def test_on_a_terminal_there_is_a_bar(capfd):
    from cnncalc.reports.progress import Bar

    with Bar("layers", shown=True) as bar:
        bar.start(3)
        bar.tell(2)
    with Bar("layers", shown=False) as bar:
        bar.start(3)
        bar.tell(2)
    assert bar._bar is None
    assert "layers" in capfd.readouterr().err


def test_from_python():
    import cnncalc

    result = cnncalc.verify(SMALL, layers=["conv1"], seed=3)
    assert result.passed
    assert result.run.results[1].shape == (1, 8, 8, 4)
    with pytest.raises(ValueError, match="computes in float32 or float64"):
        cnncalc.verify(SMALL, dtype="int8")
    with pytest.raises(ValueError, match="algorithm is one of"):
        cnncalc.verify(SMALL, algorithm="fft")
    with pytest.raises(ValueError, match="integers from 0"):
        cnncalc.verify(SMALL, threads=-1)


@pytest.mark.parametrize(
    "code", ["import cnncalc.cli.verify, cnncalc.tasks.verify", "import cnncalc; cnncalc.verify", "import cnncalc.layers.conv"]
)
def test_numpy_is_loaded_when_a_network_runs_and_not_before(code):
    assert python("-c", f"{code}\nimport sys; print('numpy' in sys.modules)").stdout == "False\n"


class TestHostileWeights:
    """Small files that claim to be large, or are not arrays: refused with a diagnostic, in little memory."""

    NET = "INPUT[8x8x3] -> fc1=FC-5"

    def header(self, descr, shape):
        file = io.BytesIO()
        np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": shape})
        return file.getvalue()

    def refused(self, cli, path):
        status, _, err = cli("verify", self.NET, "--weights", path)
        assert (status, "CNN4" in err) == (2, True), err

    @pytest.mark.parametrize("descr", ["<U1000000", "|O", "|V100000000", [("a", "<f4", (1000, 1000))], "<c8", "|b1", "<M8[s]"])
    def test_other_things_than_numbers(self, cli, tmp_path, descr):
        with zipfile.ZipFile(tmp_path / "w.npz", "w") as archive:
            for name, shape in {"fc1/weight": (192, 5), "fc1/bias": (5,)}.items():
                archive.writestr(f"{name}.npy", self.header(descr, shape) + b"\0" * 40_000)
        self.refused(cli, tmp_path / "w.npz")

    def test_a_shape_that_no_memory_holds(self, cli, tmp_path):
        with zipfile.ZipFile(tmp_path / "w.npz", "w") as archive:
            archive.writestr("fc1/weight.npy", self.header("<f4", (10**12, 10**6)))
        self.refused(cli, tmp_path / "w.npz")

    def test_members_cut_short(self, cli, tmp_path):
        with zipfile.ZipFile(tmp_path / "w.npz", "w") as archive:
            archive.writestr("fc1/weight.npy", self.header("<f4", (192, 5)) + b"\0" * 3000)
            archive.writestr("fc1/bias.npy", self.header("<f4", (5,)))
        self.refused(cli, tmp_path / "w.npz")

    def test_any_byte_changed(self, cli, tmp_path):
        path = tmp_path / "w.npz"
        np.savez_compressed(path, **{"fc1/weight": np.ones((192, 5)), "fc1/bias": np.ones(5)})
        whole, rng = path.read_bytes(), np.random.default_rng(0)
        for _ in range(60):
            broken = bytearray(whole)
            broken[rng.integers(len(whole))] = rng.integers(256)
            path.write_bytes(bytes(broken[: rng.integers(len(whole) // 2, len(whole))]) if rng.random() < 0.3 else bytes(broken))
            status, _, err = cli("verify", self.NET, "--weights", path)
            assert status in {0, 2}, err


def test_the_words_for_algorithms_are_the_same_everywhere():
    """The command needs no NumPy to check them."""
    (option,) = (each for each in command.params if each.name == "algorithm")
    assert tuple(option.type.choices) == ALGORITHMS == get_args(Algorithm)
