"""A forward pass over several inputs, and the files of `verify` for each of them."""

import numpy as np
import pytest
from support import graph

import cnncalc
from cnncalc.analyses.receptive_pixels import receptive_pixels
from cnncalc.forward.data import random_batch
from cnncalc.forward.outcome import BadRunOptionError
from cnncalc.forward.run import run
from cnncalc.forward.weights import drawn
from cnncalc.maths.volume import Volume
from cnncalc.text.diagnostic import SpecError

TEXT = "{ left=INPUT[8x6x3] -> CONV3-4 -> RELU | right=INPUT[8x6x1] -> CONV5-4 } -> ADD -> CONV3-2(dilation=2)"


def test_a_pass_is_that_of_its_branches():
    network = graph(TEXT)
    images = [random_batch(volume, 2, seed, "float32") for seed, volume in enumerate(network.images)]
    weights = drawn(network, 0, "float32")
    result = run(network, images, weights, keep=(2, 4))
    assert result.differences == 0
    for text, image, nodes, at in (
        ("INPUT[8x6x3] -> CONV3-4 -> RELU", images[0], (1,), 2),
        ("INPUT[8x6x1] -> CONV5-4", images[1], (4,), 4),
    ):
        branch = graph(text)
        alone = run(branch, image, {index: weights[node] for index, node in enumerate(nodes, 1)})
        (wanted,) = alone.results.values()
        np.testing.assert_allclose(result.results[at], wanted, rtol=1e-5, atol=1e-6)


def test_images_are_not_changed():
    network = graph("{ INPUT[8x6x3] -> RELU | INPUT[8x6x3] -> RELU } -> ADD -> RELU")
    images = [random_batch(volume, 1, seed, "float32") for seed, volume in enumerate(network.images)]
    before = [each.copy() for each in images]
    run(network, images, {})
    assert all(map(np.array_equal, images, before))


@pytest.mark.parametrize("slot", [0, 1])
def test_a_pixel_taints_what_sees_it(slot):
    network = graph(TEXT)
    at = len(network.nodes) - 1
    weights = drawn(network, 0, "float32")
    for arrays in weights.values():
        for array in arrays.values():
            array[...] = 0
    pixel = (3, 2)
    images = [np.zeros((1, *reversed(volume.size), volume.depth), np.float32) for volume in network.images]
    images[slot][(0, *reversed(pixel))] = np.nan
    (y,) = run(network, images, weights, algorithm="direct").results.values()
    found = {tuple(reversed(place)) for place in np.argwhere(np.isnan(y[0]).any(axis=-1)).tolist()}
    seen = {
        (x, y)
        for x in range(8)
        for y in range(6)
        if receptive_pixels(network, at, (x, y), network.inputs[slot]).rows().get((pixel[1],), 0) >> pixel[0] & 1
    }
    assert found == seen


def test_verify_draws_each_input_from_a_stream_of_its_own():
    result = cnncalc.verify("{ a=INPUT[4x4x2] | b=INPUT[4x4x2] } -> CONCAT", layers=("a", "b"))
    assert result.passed
    a, b, joined = (result.run.results[at] for at in range(3))
    assert not np.array_equal(a, b)
    assert np.array_equal(joined, np.concatenate([a, b], axis=-1))
    assert np.array_equal(a, random_batch(Volume((4, 4), 2), 1, 0, "float32"))


def test_verify_reads_an_array_for_each_input(tmp_path):
    generator = np.random.default_rng(0)
    arrays = {"a": generator.standard_normal((3, 4, 4, 2)), "b": generator.standard_normal((3, 4, 4, 1))}
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    text = "{ a=INPUT[4x4x2] | b=INPUT[4x4x1] } -> CONCAT"
    both = [f"{name}={tmp_path / name}.npy" for name in arrays]
    result = cnncalc.verify(text, array=both, dtype="float64")
    assert np.array_equal(result.run.results[2], np.concatenate(list(arrays.values()), axis=-1))
    one = cnncalc.verify(text, array=both[1], layers=("a",))
    assert one.run.results[0].shape == (3, 4, 4, 2)


def test_files_that_do_not_go_with_the_inputs(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((3, 4, 4, 2)))
    np.save(tmp_path / "y.npy", np.zeros((2, 4, 4, 1)))
    x, y = tmp_path / "x.npy", tmp_path / "y.npy"
    text = "{ a=INPUT[4x4x2] | b=INPUT[4x4x1] } -> CONCAT"
    for given, wanted in (
        (str(x), "names no input; the inputs are a and b"),
        ((f"a={x}", f"b={y}"), "the files have different numbers of images: 2, 3"),
        ((f"a={x}", f"a={x}"), "two files for the input a"),
    ):
        with pytest.raises(BadRunOptionError, match=wanted):
            cnncalc.verify(text, array=given)
    with pytest.raises(SpecError, match="its shape is"):
        cnncalc.verify(text, array=f"b={x}")
    assert cnncalc.verify("INPUT[4x4x2] -> FC-1", array=str(x)).passed
    assert cnncalc.verify("INPUT[4x4x2] -> FC-1", array=f"input={x}").passed
