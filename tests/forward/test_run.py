"""The runner: its checks, the errors that it catches, and its memory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import graph

from cnncalc.analyses.counts import counts
from cnncalc.analyses.inference_memory import inference_live
from cnncalc.forward.run import run
from cnncalc.forward.weights import drawn, size, stored
from cnncalc.graph.graph import Graph, Network, Typed
from cnncalc.kernels import blas, parallel
from cnncalc.kernels.parallel import use_threads
from cnncalc.layers.conv import Conv
from cnncalc.layers.fc import Fc
from cnncalc.layers.pool import Pool
from cnncalc.layers.relu import Relu
from cnncalc.maths.volume import Volume

SMALL = "INPUT[16x12x3] -> CONV3-8 -> BN -> RELU -> POOL2 -> CONV3-8 -> RELU6 -> FC-5 -> SOFTMAX"
BRANCHES = """\
input: 16x16x4
pattern: >-
  INPUT -> stem=CONV3-8 -> BN -> RELU
  -> { CONV3-8 -> BN -> RELU -> CONV3-8 -> BN | } -> ADD -> RELU
  -> { CONV1-4 | CONV3-4 -> RELU | POOL3/1(padding=1) } -> CONCAT -> SHUFFLE(2)
  -> { | GAP -> CONV1-4 -> RELU -> CONV1-16 -> SIGMOID } -> MUL
  -> { SLICE(start=0, depth=8) | SLICE(start=8) -> DWCONV3 -> BN } -> CONCAT(stem) -> DROPOUT -> FLATTEN -> FC-7
"""


def image(network, batch=2, dtype="float32"):
    volume = network.typed[0].output
    return np.random.default_rng(0).standard_normal((batch, *reversed(volume.size), volume.depth)).astype(dtype)


def passed(text, batch=2, dtype="float32", **options):
    network = graph(text)
    return network, run(network, image(network, batch, dtype), drawn(network, 0, dtype), **options)


def problems(result, network):
    return {node.name: ran.problems for node, ran in zip(network.graph.nodes, result.layers, strict=True) if ran.problems}


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic", "area"])
def test_a_volume_of_the_same_size_is_a_new_one(mode):
    """The rectifier overwrites its input, which must not be the volume that the sum reads."""
    text = "INPUT[4x4x3] -> a=CONV3-4 {}-> RELU -> ADD(a)"
    _, plain = passed(text.format(""))
    _, resized = passed(text.format(f"-> UPSAMPLE(size=4, mode={mode}) "))
    np.testing.assert_allclose(*(next(iter(each.results.values())) for each in (plain, resized)))


@pytest.mark.parametrize("text", [SMALL, BRANCHES])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("macs", [0, 1 << 40])
def test_everything_is_as_inferred(monkeypatch, text, dtype, macs):
    """Whether tiles are shared among the threads, or products by the BLAS."""
    monkeypatch.setattr("cnncalc.forward.run.SMALL", macs)
    monkeypatch.setattr("cnncalc.kernels.blocks.PRODUCTS", 1)
    with use_threads(3):
        network, result = passed(text, dtype=dtype)
    assert problems(result, network) == {}
    assert [ran.shape for ran in result.layers] == [ran.wanted for ran in result.layers]
    (scores,) = result.results.values()
    assert scores.dtype == dtype
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("text", [SMALL, BRANCHES])
def test_joining_layers_changes_only_the_rounding(text):
    network, joined = passed(text)
    _, apart = passed(text, keep=range(len(network.graph.nodes)))
    assert any(ran.joined >= 0 for ran in joined.layers)
    assert not any(ran.joined >= 0 for ran in apart.layers)
    at = network.graph.outputs[-1].at
    np.testing.assert_allclose(joined.results[at], apart.results[at], rtol=0, atol=2e-6 * np.abs(apart.results[at]).max())


def test_products_are_shared_by_the_blas_where_they_are_small(monkeypatch):
    seen = []
    monkeypatch.setattr(Fc, "forward", lambda *_: seen.append((parallel.threads(), blas.threads())) or np.zeros((4, 1, 1, 5)))
    network = graph(SMALL)
    x, weights = image(network, 4), drawn(network, 0, "float32")
    macs = sum(row.macs.value for row in counts(network).rows)
    with use_threads(3):
        for bound in (4 * macs, 4 * macs // 3, 4 * macs // 3 - 1):  # three layers have products
            monkeypatch.setattr("cnncalc.forward.run.SMALL", bound)
            run(network, x, weights)
    assert seen == ([(1, 3), (1, 3), (3, 1)] if blas.threads() is not None else [(3, None)] * 3)


def test_joined_layers_are_told_with_the_one_that_they_ran_in():
    network, result = passed(SMALL)
    names = [node.name for node in network.graph.nodes]
    joined = {name: names[ran.joined] for name, ran in zip(names, result.layers, strict=True) if ran.joined >= 0}
    assert joined == {"bn1": "conv1", "relu1": "conv1", "relu62": "conv2"}


def test_a_layer_that_is_wanted_is_not_joined_to_what_reads_it():
    network, result = passed(SMALL, keep=[2])
    assert [ran.joined for ran in result.layers][1:4] == [-1, 1, -1]
    assert set(result.results) == {2, network.graph.outputs[-1].at}
    assert result.results[2].min() < 0, "the rectifier has overwritten what was wanted"


def test_every_layer_that_is_wanted_is_the_one_of_the_naive_run():
    network, result = passed(BRANCHES, keep=range(100))
    for at, node in enumerate(network.graph.nodes):
        _, alone = passed(BRANCHES, keep=[at])
        largest = np.abs(result.results[at]).max()
        np.testing.assert_allclose(alone.results[at], result.results[at], rtol=0, atol=2e-6 * largest, err_msg=node.name)


def test_images_of_a_batch_do_not_see_each_other():
    network = graph(BRANCHES)
    x, weights = image(network, 3), drawn(network, 0, "float32")
    at = network.graph.outputs[-1].at
    together, alone = run(network, x, weights), run(network, x[1:2], weights)
    np.testing.assert_allclose(together.results[at][1:2], alone.results[at], rtol=1e-4, atol=1e-5)


def test_the_image_is_not_changed():
    network = graph("INPUT[8x8x3] -> RELU -> BN -> RELU6 -> { SLICE(start=0, depth=1) -> RELU | } -> CONCAT")
    x = image(network)
    before = x.copy()
    run(network, x, drawn(network, 0, "float32"))
    assert (x == before).all()


# memory


@pytest.mark.parametrize("text", [SMALL, BRANCHES])
def test_no_more_lives_than_is_predicted(text):
    network, result = passed(text, batch=3)
    assert result.live <= 3 * inference_live(network, 4).peak


def test_without_joining_what_lives_is_what_is_predicted():
    text = "INPUT[16x16x4] -> POOL3/1(padding=1) -> { AVGPOOL3/1(padding=1) | IDENTITY } -> CONCAT -> L2POOL2 -> GAP"
    network, result = passed(text, batch=1)
    assert [ran.live for ran in result.layers] == list(inference_live(network, 4).moments)


MERGES = [
    "CONV3-4",
    "RELU",
    "BN",
    "IDENTITY",
    "DROPOUT",
    "{ CONV3-4 | } -> ADD",
    "{ RELU | } -> ADD",
    "{ RELU | SIGMOID } -> MUL",
    "{ GAP | } -> MUL",
    "{ SLICE(start=0, depth=2) -> RELU | SLICE(start=2) } -> CONCAT",
    "{ { RELU | } -> ADD | } -> ADD",
]


@settings(max_examples=60)
@given(st.lists(st.sampled_from(MERGES), max_size=6))
def test_overwriting_never_spoils_what_is_read_later(steps):
    text = " -> ".join(["INPUT[5x4x4]", *steps, "LN"])
    network, result = passed(text, dtype="float64")
    nodes = range(len(network.graph.nodes))
    _, naive = passed(text, dtype="float64", keep=nodes)  # nothing is overwritten
    at = network.graph.outputs[-1].at
    np.testing.assert_allclose(result.results[at], naive.results[at], rtol=1e-12, atol=1e-12)
    assert result.live <= 2 * inference_live(network, 8).peak


# a wrong inference is caught


def planted(monkeypatch, kind, change):
    """Make the layers of a kind infer other facts."""
    right = kind.infer
    monkeypatch.setattr(kind, "infer", lambda self, inputs: change(right(self, inputs)))


def wider(volume):
    return Volume((volume.size[0] + 2, *volume.size[1:]), volume.depth)


def deeper(volume):
    return Volume(volume.size, volume.depth + 1)


def turned(volume):
    return Volume(volume.size[::-1], volume.depth)


@pytest.mark.parametrize(
    "kind, change", [(Conv, wider), (Conv, turned), (Conv, deeper), (Pool, wider), (Relu, deeper), (Fc, deeper)]
)
def test_a_planted_wrong_inference_is_caught(monkeypatch, kind, change):
    planted(monkeypatch, kind, change)
    network, result = passed(SMALL)
    found = problems(result, network)
    assert result.differences == len(found) > 0
    first = next(node.name for node, ran in zip(network.graph.nodes, result.layers, strict=True) if ran.problems)
    assert first.rstrip("_0123456789") == kind.kind
    assert found[first][0].startswith("inferred 2x")


def test_a_wrong_inference_of_a_joined_layer_is_caught(monkeypatch):
    planted(monkeypatch, Relu, deeper)
    network, result = passed("INPUT[8x8x3] -> CONV3-8 -> RELU -> GAP")
    assert problems(result, network) == {
        "relu1": ("inferred 2x8x8x9, the array is 2x8x8x8",),
        "gap1": ("inferred 2x1x1x9, the array is 2x1x1x8",),
    }


def test_weights_for_another_size_do_not_fit(monkeypatch):
    planted(monkeypatch, Pool, wider)
    network, result = passed("INPUT[8x8x3] -> POOL2 -> FC-5 -> SOFTMAX")
    assert problems(result, network) == {
        "pool1": ("inferred 2x4x6x3, the array is 2x4x4x3",),
        "fc1": ("weights of shape (72, 5) for 48 values",),
        "softmax1": ("its input fc1 was not computed",),
    }
    assert result.results == {}
    assert result.layers[2].shape is None


def test_a_layer_that_claims_more_parameters_is_caught(monkeypatch):
    right = Conv.weights

    def doubled(self, volume):
        weight, bias = right(self, volume)
        return weight, bias, bias._replace(name="second")

    monkeypatch.setattr(Conv, "weights", doubled)
    network, result = passed("INPUT[8x8x3] -> CONV3-8 -> RELU")
    assert problems(result, network) == {"conv1": ("stores second, which nothing reads",)}


def test_a_layer_that_miscounts_its_parameters_is_caught(monkeypatch):
    right = Conv.weights
    monkeypatch.setattr(
        Conv, "weights", lambda self, volume: tuple(each._replace(numbers=each.numbers + 1) for each in right(self, volume))
    )
    network, result = passed("INPUT[8x8x3] -> CONV3-8")
    assert problems(result, network) == {"conv1": ("counted 226 parameters, the arrays hold 224",)}


def test_a_step_that_does_not_fit_its_convolution_is_found():
    """A BN made for another depth: its own error is reported, although it was joined."""
    network = graph("INPUT[8x8x3] -> CONV3-8 -> BN -> RELU")
    weights = drawn(network, 0, "float32")
    weights[2] = {name: np.ones(() if name == "steps" else 5, dtype=np.float32) for name in weights[2]}
    result = run(network, image(network), weights)
    assert "mean of shape (5,) for depth 8" in problems(result, network)["bn1"]
    assert problems(result, network)["relu1"] == ("its input bn1 was not computed",)


# weights


def test_shared_weights_are_one_array():
    text = "input: 8x8x4\npattern: INPUT -> one=CONV3-4 -> RELU -> CONV3-4(share=one) -> RELU -> CONV3-4(share=one)\n"
    network, result = passed(text, batch=1)
    assert result.differences == 0
    assert [ran.params for ran in result.layers if ran.params] == [148]
    weights = drawn(network, 0, "float32")
    assert list(weights) == [1]
    weights[1]["weight"][...] = 0
    weights[1]["bias"][...] = 1
    again = run(network, image(network), weights)
    assert (again.results[network.graph.outputs[-1].at] == 1).all()


def test_weights_depend_on_seed_and_name_only():
    one, other = graph("INPUT[8x8x3] -> CONV3-8 -> POOL2 -> FC-5"), graph("INPUT[8x8x3] -> CONV3-8 -> RELU -> POOL2 -> FC-5")
    first, second = drawn(one, 7, "float32"), drawn(other, 7, "float32")
    for name in ("weight", "bias"):
        assert (first[1][name] == second[1][name]).all()
        assert (first[3][name] == second[4][name]).all()
    assert not (drawn(one, 8, "float32")[1]["weight"] == first[1]["weight"]).any()


def test_an_fc_layer_and_its_convolution_draw_the_same_numbers():
    fc = graph("INPUT[4x4x3] -> fc1=FC-5")
    conv = graph("INPUT[4x4x3] -> fc1=CONV4-5(padding=0)")
    one, other = drawn(fc, 0, "float32")[1], drawn(conv, 0, "float32")[1]
    assert (one["weight"].reshape(other["weight"].shape) == other["weight"]).all()
    x = image(fc)
    np.testing.assert_allclose(run(fc, x, {1: one}).results[1], run(conv, x, {1: other}).results[1], rtol=1e-5, atol=1e-6)


def test_both_dtypes_get_the_same_numbers():
    network = graph(BRANCHES)
    small, large = drawn(network, 0, "float32"), drawn(network, 0, "float64")
    for at, arrays in small.items():
        for name, array in arrays.items():
            np.testing.assert_allclose(array, large[at][name], rtol=1e-6, atol=1e-9)
    _, one = passed(BRANCHES, dtype="float32")
    _, two = passed(BRANCHES, dtype="float64")
    (a,), (b,) = one.results.values(), two.results.values()
    assert np.abs(a - b).max() < 2e-6 * np.abs(b).max()


def test_matrices_keep_the_variance_of_a_rectified_network():
    network = graph("INPUT[32x32x64] -> CONV3-64(groups=4) -> LOCAL3-8 -> FC-40")
    fans = {each.name: each.fan_in for each in stored(network) if each.fan_in}
    assert fans == {"conv1/weight": 9 * 16, "local2/weight": 9 * 64, "fc3/weight": 32 * 32 * 8}
    weights = drawn(network, 0, "float32")
    assert weights[1]["weight"].var() * 144 == pytest.approx(2, rel=0.05)
    assert size(weights) == 4 * sum(each.tensor.numbers.value for each in stored(network))


def test_a_counter_has_counted_nothing():
    assert drawn(graph("INPUT[8x8x3] -> BN"), 0, "float32")[1]["steps"] == 0


def test_the_outputs_that_are_asked_for_are_results():
    network = graph("INPUT[8x8x3] -> CONV3-8 -> { | CONV3-2 -> OUTPUT(aux) } -> GAP")
    result = run(network, image(network), drawn(network, 0, "float32"))
    assert len(result.results) == len(network.graph.outputs)


def test_progress_is_told_layer_by_layer():
    told = []
    network, _ = passed(SMALL, tell=told.append)
    assert told == list(range(1, len(network.graph.nodes) + 1))


def test_a_hand_made_graph_runs():
    """The graph suffices: no spec, no text."""
    one = graph("INPUT[4x4x1] -> RELU")
    network = Network(Graph(one.graph.nodes, one.graph.outputs, {}), [Typed(k.layer, k.inputs, k.output) for k in one.typed])
    assert run(network, image(network), {}).differences == 0
