"""The input of a network: random batches, pictures, arrays. Files are untrusted."""

import pickle
import sys

import numpy as np
import pytest
from support import ROOT, volume, without_help

from cnncalc.forward import data, machine
from cnncalc.text.caret import render
from cnncalc.text.diagnostic import SpecError

SIZE = volume("6x4x3")


def refused(call):
    """Return the message for an unusable file."""
    with pytest.raises(SpecError) as caught:
        call()
    (diagnostic,) = caught.value.diagnostics
    return without_help(render(diagnostic))


def array_refused(path, text="6x4x3"):
    return refused(lambda: data.read_array(str(path), volume(text), "float32"))


class TestRandom:
    def test_the_seed_decides(self):
        one, same, other = (data.random_batch(SIZE, 2, seed, "float32") for seed in (1, 1, 2))
        assert one.shape == (2, 4, 6, 3)
        assert (one == same).all()
        assert (one != other).all()

    def test_is_normally_distributed(self):
        values = data.random_batch(volume("200x100x3"), 1, 0, "float64")
        assert values.dtype == np.float64
        assert abs(values.mean()) < 0.02
        assert values.std() == pytest.approx(1, rel=0.02)

    def test_a_larger_batch_begins_with_the_smaller_one(self):
        assert (data.random_batch(SIZE, 3, 0, "float32")[:2] == data.random_batch(SIZE, 2, 0, "float32")).all()


class TestArray:
    def saved(self, tmp_path, array):
        path = tmp_path / "x.npy"
        np.save(path, array)
        return path

    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.uint8, np.int64])
    def test_numbers_of_any_size(self, tmp_path, dtype):
        path = self.saved(tmp_path, np.arange(72).reshape(1, 4, 6, 3).astype(dtype))
        found = data.read_array(str(path), SIZE, "float32")
        assert found.dtype == np.float32
        assert found.ravel().tolist() == list(range(72))

    def test_one_image_needs_no_n(self, tmp_path):
        path = self.saved(tmp_path, np.zeros((4, 6, 3)))
        assert data.read_array(str(path), SIZE, "float64").shape == (1, 4, 6, 3)

    def test_a_batch(self, tmp_path):
        path = self.saved(tmp_path, np.zeros((5, 4, 6, 3)))
        assert data.read_array(str(path), SIZE, "float32").shape == (5, 4, 6, 3)

    def test_fortran_order(self, tmp_path):
        array = np.random.default_rng(0).random((2, 4, 6, 3))
        path = self.saved(tmp_path, np.asfortranarray(array))
        assert (data.read_array(str(path), SIZE, "float64") == array).all()

    def test_another_size(self, tmp_path):
        path = self.saved(tmp_path, np.zeros((2, 6, 4, 3)))
        assert array_refused(path) == (
            f"error[CNN421]: {path} cannot be used: its shape is (2, 6, 4, 3), the network takes N x 4 x 6 x 3"
        )

    def test_the_depth_first(self, tmp_path):
        path = self.saved(tmp_path, np.zeros((2, 3, 4, 6)))
        assert array_refused(path).endswith(
            "the network takes N x 4 x 6 x 3\n = hint: the depth is first; np.moveaxis(array, -3, -1) puts it last"
        )

    @pytest.mark.parametrize("shape", [(), (0, 4, 6, 3), (72,), (1, 1, 4, 6, 3)])
    def test_other_shapes(self, tmp_path, shape):
        assert f"its shape is {shape}" in array_refused(self.saved(tmp_path, np.zeros(shape)))

    @pytest.mark.parametrize("dtype", ["complex64", "bool", "U3", "M8[s]"])
    def test_no_numbers(self, tmp_path, dtype):
        assert "not numbers" in array_refused(self.saved(tmp_path, np.zeros((4, 6, 3)).astype(dtype)))

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_nan(self, tmp_path, value):
        path = self.saved(tmp_path, np.full((4, 6, 3), value))
        assert array_refused(path) == f"error[CNN422]: {path} holds NaN or infinite values"

    def test_no_pickles_ever(self, tmp_path):
        path, fired = tmp_path / "x.npy", tmp_path / "fired"

        class Bomb:
            def __reduce__(self):
                return (open, (str(fired), "w"))

        path.write_bytes(pickle.dumps(Bomb()))
        assert "cannot be used" in array_refused(path)
        np.save(path, np.array([Bomb()], dtype=object), allow_pickle=True)
        assert "cannot be used" in array_refused(path)
        assert not fired.exists()

    def test_truncated(self, tmp_path):
        path = self.saved(tmp_path, np.zeros((1, 4, 6, 3)))
        whole = path.read_bytes()
        for length in (0, 5, 60, 130, len(whole) - 1):
            path.write_bytes(whole[:length])
            assert "cannot be used" in array_refused(path)

    def test_a_header_that_claims_more_than_there_is(self, tmp_path):
        path = tmp_path / "x.npy"
        with path.open("wb") as file:
            header = {"descr": "<f8", "fortran_order": False, "shape": (10**9, 4, 6, 3)}
            np.lib.format.write_array_header_1_0(file, header)
        assert "cannot be used" in array_refused(path)

    def test_an_npz(self, tmp_path):
        path = tmp_path / "x.npz"
        np.savez(path, a=np.zeros(3))
        assert "it is an .npz file of several arrays" in array_refused(path)

    def test_no_such_file(self, tmp_path):
        assert array_refused(tmp_path / "none.npy").endswith("cannot be used: No such file or directory")
        assert "cannot be used" in array_refused(tmp_path)


class TestImage:
    @pytest.fixture(autouse=True)
    def pillow(self):
        self.Image = pytest.importorskip("PIL.Image")

    def picture(self, tmp_path, pixels, name="x.png"):
        path = tmp_path / name
        self.Image.fromarray(np.asarray(pixels, dtype=np.uint8)).save(path)
        return str(path)

    def test_colours_are_standardized(self, tmp_path):
        path = self.picture(tmp_path, np.full((70, 90, 3), (124, 116, 104)))
        found = data.read_image(path, SIZE, "float32")
        assert found.shape == (1, 4, 6, 3)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, 0, atol=0.01)  # ImageNet's mean colour

    def test_white_and_black(self, tmp_path):
        white = data.read_image(self.picture(tmp_path, np.full((9, 9, 3), 255)), SIZE, "float64")
        np.testing.assert_allclose(white[0, 0, 0], [(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225], rtol=1e-5)
        black = data.read_image(self.picture(tmp_path, np.zeros((9, 9, 3))), SIZE, "float64")
        np.testing.assert_allclose(black[0, 0, 0], [-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225], rtol=1e-5)

    def test_grey_is_from_0_to_1(self, tmp_path):
        ramp = np.tile(np.arange(256), (256, 1))
        found = data.read_image(self.picture(tmp_path, ramp), volume("28x28x1"), "float32")
        assert found.shape == (1, 28, 28, 1)
        assert 0 <= found.min() < 0.1
        assert 0.9 < found.max() <= 1
        assert (np.diff(found[0, 0, :, 0]) > 0).all()

    def test_a_colour_picture_for_a_grey_network(self, tmp_path):
        path = self.picture(tmp_path, np.full((40, 40, 3), (255, 0, 0)))
        np.testing.assert_allclose(data.read_image(path, volume("28x28x1"), "float32"), 76 / 255, atol=0.01)

    def test_the_middle_is_cut_out(self, tmp_path):
        pixels = np.zeros((100, 200, 3))
        pixels[:, 60:140] = 255  # the crop of a wide picture is its middle
        found = data.read_image(self.picture(tmp_path, pixels), volume("32x32x3"), "float32")
        assert (found[0, :, 3:-3, 0] > 2).all()

    @pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (33, 77)])
    def test_any_size_covers_the_input(self, tmp_path, size):
        path = self.picture(tmp_path, np.full((*size, 3), 200))
        assert data.read_image(path, volume("224x160x3"), "float32").shape == (1, 160, 224, 3)

    def test_resized_as_networks_are_evaluated(self, tmp_path):
        """The shorter side becomes 256 for 224 pixels, then the middle is cropped: pixels farther out are not seen."""
        resized = self.Image.new("RGB", (512, 256))
        assert data.middle(resized, volume("224x224x3")).size == (224, 224)

    def test_no_picture(self, tmp_path):
        path = tmp_path / "x.png"
        path.write_text("hello")
        assert "cannot be used: cannot identify image file" in refused(lambda: data.read_image(str(path), SIZE, "float32"))

    def test_truncated(self, tmp_path):
        noise = np.random.default_rng(0).integers(0, 255, (90, 90, 3))
        for name in ("x.png", "x.jpg", "x.gif", "x.bmp"):
            path = tmp_path / name
            self.picture(tmp_path, noise, name=name)
            path.write_bytes(path.read_bytes()[:3000])
            assert "cannot be used" in refused(lambda path=path: data.read_image(str(path), SIZE, "float32"))

    @pytest.mark.parametrize("limit", [100, 300])
    def test_a_bomb(self, tmp_path, monkeypatch, limit):
        path = self.picture(tmp_path, np.zeros((20, 20, 3)))
        monkeypatch.setattr(self.Image, "MAX_IMAGE_PIXELS", limit)
        assert "exceeds limit" in refused(lambda: data.read_image(path, SIZE, "float32"))

    @pytest.mark.parametrize("text", ["16x4", "6x4x16", "5x5x5x3"])
    def test_a_network_that_takes_no_pictures(self, tmp_path, text):
        path = self.picture(tmp_path, np.zeros((20, 20, 3)))
        assert f"the network takes {text}" in refused(lambda: data.read_image(path, volume(text), "float32"))


def test_without_pillow_there_is_a_hint(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    said = refused(lambda: data.read_image(str(ROOT / "README.md"), SIZE, "float32"))
    assert said.endswith("Pillow, which is not installed\n = hint: pip install pillow, or give the pixels with --array")


class TestMachine:
    def test_memory_is_told_on_linux(self):
        if sys.platform != "linux":
            pytest.skip("as the system tells it")
        assert 2**20 < machine.available() < 2**50
        peak = machine.Peak()
        block = np.ones(2**23)
        assert 2**25 <= peak.bytes() < 2**30
        assert block.sum()

    def test_freed_memory_can_be_given_back(self, monkeypatch):
        machine.trim()
        monkeypatch.setattr(machine, "_trimmer", lambda: None)
        machine.trim()  # with a C library without malloc_trim

    def test_elsewhere_nothing_is_told(self, monkeypatch, tmp_path):
        for name in ("_PROCESS", "_MACHINE", "_GROUP"):
            monkeypatch.setattr(machine, name, tmp_path / "none")
        assert machine.Peak().bytes() is None
        monkeypatch.setattr(machine, "_pages", lambda: None)
        assert machine.available() is None

    def test_the_limit_of_a_group_counts(self, monkeypatch, tmp_path):
        monkeypatch.setattr(machine, "_GROUP", tmp_path)
        (tmp_path / "memory.max").write_text("1000000\n")
        (tmp_path / "memory.current").write_text("900000\n")
        (tmp_path / "memory.stat").write_text("anon 100\ninactive_file 1000\nactive_file 500\n")
        assert machine.available() == 101500
        (tmp_path / "memory.max").write_text("max\n")
        assert machine.available() > 101500
