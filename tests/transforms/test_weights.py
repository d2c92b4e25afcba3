"""The arrays of converted layers compute the same function: compared with convolutions written as loops."""

import itertools

import numpy as np
import pytest
from support import graph
from test_graphs import applied

from cnncalc.text.diagnostic import SpecError
from cnncalc.transforms import weights
from cnncalc.transforms.conv_to_fc import conv_to_fc
from cnncalc.transforms.fc_to_conv import fc_to_conv
from cnncalc.transforms.pool_to_conv import pool_to_conv

RANDOM = np.random.default_rng(1)


def arrays_of(network):
    return {each.name: RANDOM.standard_normal(each.shape) for each in weights.stored(network, set())}


def convolved(typed, image, weight, bias):
    """Return the output volume, channels last, by the definition of the layer."""
    layer, (volume,), output = typed.layer, typed.inputs, typed.output
    axes = tuple(reversed(layer.windows((volume,))[0].axes))
    outs, groups = tuple(reversed(output.size)), volume.depth // weight.shape[-2]
    result = np.zeros((*outs, output.depth))
    for place in itertools.product(*map(range, outs)):
        kernel = weight[place] if layer.kind == "local" else weight
        for cell in itertools.product(*(range(axis.kernel) for axis in axes)):
            pixel = tuple(at * axis.stride - axis.before + axis.dilation * f for axis, at, f in zip(axes, place, cell, strict=True))
            if not all(0 <= at < size for at, size in zip(pixel, image.shape, strict=False)):
                continue
            flipped = tuple(axis.kernel - 1 - f for axis, f in zip(axes, cell, strict=True))
            values = kernel[flipped if getattr(layer, "mode", "") == "convolution" else cell]
            for k in range(output.depth):
                group = k * groups // output.depth
                channels = slice(group * values.shape[0], (group + 1) * values.shape[0])
                result[(*place, k)] += image[pixel][channels] @ values[:, k]
    return result + bias


@pytest.mark.parametrize(
    "text", ["INPUT[4x3x2] -> FC-5", "INPUT[4x3x2] -> FLATTEN -> FC-5", "INPUT[6x2] -> FC-5", "INPUT[2x3x4x2] -> FC-3"]
)
def test_an_fc_matrix_reshapes_to_a_conv(text):
    before = graph(text)
    changes = fc_to_conv(before)
    after = applied(before, changes)
    arrays = arrays_of(before)
    new = weights.converted(arrays, before, changes)
    assert {each.name: each.shape for each in weights.stored(after, set())} == {name: array.shape for name, array in new.items()}
    name = after.graph.nodes[-1].name
    image = RANDOM.standard_normal((*reversed(before.typed[0].output.size), before.typed[0].output.depth))
    wanted = image.reshape(-1) @ arrays[f"{name}/weight"] + arrays[f"{name}/bias"]
    assert np.allclose(convolved(after.typed[-1], image, new[f"{name}/weight"], new[f"{name}/bias"]).reshape(-1), wanted)


@pytest.mark.parametrize(
    "text",
    [
        "INPUT[5x4x2] -> CONV3-3",
        "INPUT[7x5x2] -> CONV3-3/2(padding=1)",
        "INPUT[7x7x2] -> CONV3x1-4(dilation=2, padding=2x0)",
        "INPUT[5x5x4] -> CONV3-6(groups=2)",
        "INPUT[5x5x4] -> DWCONV3(multiplier=2)",
        "INPUT[5x4x2] -> LOCAL3-3(padding=0)",
        "INPUT[5x4x2] -> LOCAL3-3",
        "INPUT[9x2] -> CONV5-3",
        "INPUT[3x4x3x2] -> CONV3-2",
        "INPUT[5x5x2] -> CONV3-2(mode=convolution)",
        "INPUT[4x4x1] -> CONV(kernel=3, filters=2, padding=0:2x1:0)",
    ],
)
def test_a_conv_is_a_sparse_matrix(text):
    before = graph(text)
    name, typed = before.graph.nodes[1].name, before.typed[1]
    changes = conv_to_fc(before, name)
    arrays = arrays_of(before)
    new = weights.converted(arrays, before, changes)
    assert {each.name: each.shape for each in weights.stored(applied(before, changes), set())} == {
        key: array.shape for key, array in new.items()
    }
    image = RANDOM.standard_normal((*reversed(typed.inputs[0].size), typed.inputs[0].depth))
    wanted = convolved(typed, image, arrays[f"{name}/weight"], arrays[f"{name}/bias"])
    assert np.allclose(image.reshape(-1) @ new[f"{name}/weight"] + new[f"{name}/bias"], wanted.reshape(-1))
    from cnncalc.transforms.conv_to_fc import matrix

    assert np.count_nonzero(new[f"{name}/weight"]) == matrix(typed).nonzeros


def test_layers_that_stay_keep_their_arrays():
    before = graph("INPUT[4x4x2] -> CONV3-3 -> BN -> FC-5")
    arrays = arrays_of(before)
    new = weights.converted(arrays, before, fc_to_conv(before))
    assert all(new[name] is arrays[name] for name in arrays if not name.startswith("fc"))


def test_new_layers_have_no_weights_yet():
    before = graph("INPUT[4x4x2] -> POOL2 -> FC-5")
    with pytest.raises(SpecError) as error:
        weights.converted(arrays_of(before), before, pool_to_conv(before))
    assert "it must be trained" in error.value.diagnostics[0].message


# files


@pytest.fixture
def stored(tmp_path):
    network = graph("INPUT[4x4x2] -> CONV3-3 -> FC-5")
    arrays = arrays_of(network)
    path = tmp_path / "w.npz"
    with path.open("wb") as file:
        weights.save(file, arrays)
    return path, list(weights.stored(network, {node.name for node in network.graph.nodes})), arrays


def test_what_is_written_can_be_read(stored):
    path, wanted, arrays = stored
    found = weights.load(str(path), wanted)
    assert found.keys() == arrays.keys()
    assert all(np.array_equal(found[name], arrays[name]) for name in arrays)
    with np.load(path) as file:  # numpy finds them, too
        assert set(file.files) == set(arrays)


def told(path, wanted):
    with pytest.raises(SpecError) as error:
        weights.load(str(path), wanted)
    (found,) = error.value.diagnostics
    assert found.code.number == "CNN413"
    return found


def test_arrays_that_do_not_match_are_all_named(stored):
    path, wanted, arrays = stored
    name = wanted[-1].name
    np.savez(path, **{key: value for key, value in arrays.items() if key != name}, other=np.zeros(3))
    assert told(path, wanted).notes == (f"missing: {name}", "unknown: other")
    np.savez(path, **arrays | {name: np.zeros((2, 2))})
    assert told(path, wanted).notes == (f"shapes: {name} is 2x2, not 5",)
    assert told(path, wanted).message.endswith("does not match the network: 1 array")


def test_optional_arrays_may_be_missing(stored):
    path, wanted, _ = stored
    more = weights.Stored("aux/weight", (3,), optional=True)
    assert weights.load(str(path), [*wanted, more])


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04 broken"])
def test_files_that_are_no_npz(tmp_path, content):
    path = tmp_path / "w.npz"
    path.write_bytes(content)
    told(path, [])
    told(tmp_path / "missing.npz", [])
    told(tmp_path, [])


def test_pickles_are_refused(tmp_path):
    path = tmp_path / "w.npz"
    np.savez(path, **{"a/weight": np.array([{}], dtype=object)})
    told(path, [weights.Stored("a/weight", (1,))])


def test_a_single_array_is_no_npz(tmp_path):
    np.save(tmp_path / "w.npy", np.zeros(3))
    assert told(tmp_path / "w.npy", []).message.endswith("is not a readable .npz file of arrays: File is not a zip file")
