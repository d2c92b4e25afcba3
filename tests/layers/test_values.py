"""The examples of each kind, run: outputs, memory for backward, and laws on the window of each neuron.

The values of an example are computed without the layer's code; PyTorch and ONNX agree if they have the operator.
"""

import itertools

import numpy as np
import pytest
from support import layer, volume

from cnncalc.kernels.after import everything
from cnncalc.kernels.program import do
from cnncalc.layers import kinds
from cnncalc.layers.base import Example, How, Keeps, Values
from cnncalc.maths.window import COVERED

NAMES = sorted(kinds.names() - kinds.SYNONYMS.keys() - {"INPUT"})
EXAMPLES = [(name, example) for name in NAMES for example in kinds.find(name).examples]
MODELLED = [name for name in NAMES if kinds.find(name).modelled]
VALUED = [pytest.param(example, id=f"{example.label} of {example.inputs}") for _, example in EXAMPLES if example.values]
KEEPING = [pytest.param(example, id=f"{example.label} of {example.inputs}") for _, example in EXAMPLES if example.keeps]
SEEING = [
    pytest.param(example, id=f"{example.label} of {example.inputs}")
    for name, example in EXAMPLES
    if name in MODELLED
    and all(volume(each).values <= 64 for each in example.inputs.split())
    and example.label not in {"BN(affine=false, running=false, eps=0)", "LCN1", "NORM(depth, p=0)", "LOG", "SQRT", "POW(-0.5)"}
    # except a norm over the batch, one that maps any two numbers to -1 and 1, the number of values that are not 0, and functions that
    # have no value below zero
]
SEPARATORS = ("||", "|", "/", ";")
WITHOUT_VALUES = {"TABLE": {"init"}, "TOKEN": {"init"}, "DROPOUT": {"rate"}, "STOCHDEPTH": {"rate"}, "LAYERSCALE": {"init"}}
"""Options with an effect in training only."""


def nested(text, separators=SEPARATORS):
    """Return the numbers of a text as nested lists; a list of one becomes its item."""
    if not separators:
        numbers = [float(number) for number in text.split()]
        return numbers[0] if len(numbers) == 1 else numbers
    parts = [nested(part, separators[1:]) for part in text.split(separators[0])]
    return parts[0] if len(parts) == 1 else parts


def array(text, shape, rank):
    """Return the array of a text: channel by channel, and for a kernel filter by filter."""
    if len(shape) == rank + 1:
        order = (len(shape) - 1, *range(len(shape) - 1))  # channels first
    elif len(shape) > 1:
        order = (len(shape) - 1, len(shape) - 2, *range(len(shape) - 2))  # filters, then channels
    else:
        order = tuple(range(len(shape)))
    wanted = tuple(shape[axis] for axis in order)
    found = np.array(nested(text), dtype=np.float64)
    assert found.shape == tuple(side for side in wanted if side != 1), f"{text} is no array of {shape}"
    return np.ascontiguousarray(found.reshape(wanted).transpose(np.argsort(order)))


def image(text, size):
    """Return a batch of one image."""
    return array(text, (*reversed(size.size), size.depth), size.rank)[None]


def prepared(example):
    """Return the layer, its inputs, its weights and the output of an example with values."""
    made, sizes = layer(example.label), tuple(map(volume, example.inputs.split()))
    inputs = tuple(image(text, size) for text, size in zip(example.values.inputs.split("&"), sizes, strict=True))
    given = dict(example.values.weights or {})
    tensors = [tensor for tensor in made.weights(sizes) if not tensor.fixed_bytes]
    assert given.keys() == {tensor.name for tensor in tensors}
    weights = {tensor.name: array(given[tensor.name], tensor.shape, sizes[0].rank) for tensor in tensors}
    return made, inputs, weights, image(example.values.output, volume(example.output))


def same(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-8)
    assert found.shape == wanted.shape


@pytest.mark.parametrize("example", VALUED)
class TestValues:
    def test_output(self, example):
        made, inputs, weights, wanted = prepared(example)
        same(made.forward(inputs, weights, How()), wanted)

    def test_output_in_place_of_an_input(self, example):
        made, inputs, weights, wanted = prepared(example)
        same(made.forward(inputs, weights, How(spare=(True,) * len(inputs))), wanted)

    def test_as_a_step_behind_another_layer(self, example):
        made, (x, *others), weights, wanted = prepared(example)
        if any(each.shape != wanted.shape for each in (x, *others)):
            return  # a volume that is spread, which no tile can be cut from
        if (step := made.as_step(weights, others)) is not None:
            do(step(everything(x)))
            same(x, wanted)

    def test_steps_that_follow(self, example):
        made, inputs, weights, wanted = prepared(example)
        if type(made).takes_steps:
            same(made.forward(inputs, weights, How(after=(layer("RELU").as_step({}, ()),))), np.maximum(wanted, 0))


@pytest.mark.parametrize("example", KEEPING)
def test_what_backward_needs(example):
    made, sizes = layer(example.label), tuple(map(volume, example.inputs.split()))
    output = volume(example.output)
    assert made.keeps(sizes, output, training=True) == example.keeps
    assert made.keeps(sizes, output, training=False) == (example.evaluation or example.keeps)


@pytest.mark.parametrize("name", MODELLED)
class TestKind:
    def test_has_values(self, name):
        assert any(example.values for example in kinds.find(name).examples)

    def test_values_are_not_all_alike(self, name):
        """A forward pass that returns zeros, or its reversed input, fails."""
        outputs = [prepared(example)[3] for example in kinds.find(name).examples if example.values]
        assert any(each.any() for each in outputs)
        assert any(not np.array_equal(each, np.flip(each)) for each in outputs)

    def test_says_what_backward_needs(self, name):
        assert any(example.keeps for example in kinds.find(name).examples)

    def test_uses_each_option_in_values(self, name):
        found = kinds.find(name)
        used = {option for example in found.examples if example.values for option in layer(example.label).given()}
        assert used >= {option.name for option in found.options} - WITHOUT_VALUES.get(name, set()) - {"overwrite"}


def seen(example):
    """Return the pixels seen by each output pixel, by changing one pixel at a time; several inputs change at the same pixel."""
    made, sizes = layer(example.label), tuple(map(volume, example.inputs.split()))
    rng = np.random.default_rng(0)
    weights = {tensor.name: rng.uniform(0.5, 1, tensor.shape) for tensor in made.weights(sizes)}
    size = max(sizes, key=lambda each: each.values)
    places = list(np.ndindex(*reversed(size.size)))
    plain = [rng.uniform(-1, 1, (*reversed(each.size), each.depth)) for each in sizes]
    batches = [np.repeat(each[None], 2 * len(places) + 1, axis=0) for each in plain]
    for batch in batches:
        if batch.shape[1:-1] == tuple(reversed(size.size)):
            for at, place in enumerate(places):
                batch[(2 * at, *place)] += rng.uniform(2, 4, batch.shape[-1])
                batch[(2 * at + 1, *place)] -= rng.uniform(2, 4, batch.shape[-1])
    results = made.forward(tuple(batches), weights, How())
    changed = (np.abs(results - results[-1]) > 1e-9).any(axis=-1)
    found = {tuple(reversed(neuron)): set() for neuron in np.ndindex(*changed.shape[1:])}
    for at, place in enumerate(places):
        for neuron in np.argwhere(changed[2 * at] | changed[2 * at + 1]).tolist():
            found[tuple(reversed(neuron))].add(tuple(reversed(place)))
    return found


def told(example):
    """Return the pixels seen by each output pixel according to the layer's window."""
    sizes = tuple(map(volume, example.inputs.split()))
    window, size = max(zip(layer(example.label).windows(sizes), sizes, strict=True), key=lambda each: each[1].values)
    found = {}
    for neuron in itertools.product(*map(range, volume(example.output).size)):
        if window is None:
            axes = [{n if side > 1 else 0} for n, side in zip(neuron, size.size, strict=True)]
        elif window.form == "whole":
            axes = list(map(range, size.size))
        elif window.form == "irregular":
            axes = [sees(n) for sees, n in zip(window.places, neuron, strict=True)]
        else:
            axes = [along(axis, n, window.form == "transposed") for axis, n in zip(window.axes, neuron, strict=True)]
        inside = [[at for at in each if 0 <= at < side] for each, side in zip(axes, size.size, strict=True)]
        found[neuron] = set(itertools.product(*inside))
    return found


def along(axis, neuron, transposed):
    """Return the inputs of a neuron along one axis: n*S - P + k*D, or if transposed every i with i*S - P + k*D = n."""
    if transposed:
        reached = (neuron + axis.before - k * axis.dilation for k in range(axis.kernel))
        return {place // axis.stride for place in reached if place % axis.stride == 0}
    return {neuron * axis.stride - axis.before + k * axis.dilation for k in range(axis.kernel)}


@pytest.mark.parametrize("example", SEEING)
def test_a_neuron_sees_the_pixels_that_change_it(example):
    if example.label.startswith("RESHAPE") or "grid=" in example.label:  # kinds whose window is a bound
        assert all(pixels <= told(example)[neuron] for neuron, pixels in seen(example).items())
    else:
        assert seen(example) == told(example)


@pytest.mark.parametrize("name, example", EXAMPLES, ids=[f"{example.label} of {example.inputs}" for _, example in EXAMPLES])
def test_window(name, example):
    windows = set(map(written, layer(example.label).windows(tuple(map(volume, example.inputs.split())))))
    if len(windows) > 1:  # an input of which a neuron sees its own position beside another one
        windows.discard("")
    assert windows == {example.window} or (example.values and not example.window)


def written(window):
    """Return a window as written in examples: its extent, and its stride."""
    if window is None or window.form == "whole":
        return "whole" if window else ""
    words = [window.form] * (window.form in {"transposed", "irregular", "unknown"})
    size, stride = (sides(tuple(each)) for each in zip(*((axis.extent, axis.stride) for axis in window.axes), strict=True))
    return " ".join([*words, size if stride == "1" else f"{size}/{stride}"])


def sides(values):
    return "x".join(map(str, values if len(set(values)) > 1 else values[:1]))


@pytest.mark.parametrize("name, example", EXAMPLES, ids=[f"{example.label} of {example.inputs}" for _, example in EXAMPLES])
def test_window_and_volumes_agree(name, example):
    """(W - F + 2P)/S + 1 positions, one more if windows overhang; (W - 1)*S - 2P + F if transposed, or a few more."""
    sizes, output = tuple(map(volume, example.inputs.split())), volume(example.output)
    window, size = layer(example.label).windows(sizes)[0], sizes[0]
    if window is None or window.form == "whole":
        return
    assert len(window.axes) == size.rank
    for axis, before, after in zip(window.axes, size.size, output.size, strict=True):
        if window.form == "transposed":
            more = after - ((before - 1) * axis.stride - axis.before - axis.after + axis.extent)
            assert 0 <= more < axis.stride if "output_padding" in example.label or axis.extent < axis.stride else more == 0
        elif window.form == "windowed":
            assert after - (before + axis.before + axis.after - axis.extent) // axis.stride - 1 == (
                "ceil" in example.label and window.rounding != COVERED
            )


def rounding(made):
    (window,) = made.windows((volume("9x9x4"),))
    return window.rounding


@pytest.mark.parametrize("text", ["CONV3-4", "DWCONV3", "LOCAL3-4", "POOL3", "AVGPOOL3", "L2POOL3"])
def test_windows_that_round(text):
    assert rounding(layer(text)) == "strict"
    assert rounding(layer(text).replaced(padding="same_upper", rounding="ceil")) == COVERED
    assert rounding(layer(text).replaced(rounding="ceil")) == "ceil"


@pytest.mark.parametrize(
    "text", ["DECONV3-4", "PAD(1)", "CROP(1)", "UPSAMPLE2", "GAP", "FC-3", "LRN(mode=within)", "AVGPOOL(out=3)"]
)
def test_windows_that_do_not_round(text):
    assert rounding(layer(text)) == ""


def test_a_layer_keeps_nothing_that_it_does_not_name():
    assert tuple(Keeps("new")) == ("new", False, False, 0, 0, 0, 0, 0, 0, 0, "fresh", 0, (), None, None, 0)


# the tests above can fail


@pytest.mark.parametrize("name", MODELLED)
@pytest.mark.parametrize("wrong", [np.zeros_like, lambda y: y[..., ::-1] * 0], ids=["zeros", "turned round"])
def test_a_wrong_forward_pass_is_noticed(name, wrong):
    noticed = 0
    for example in kinds.find(name).examples:
        if example.values:
            made, inputs, weights, wanted = prepared(example)
            noticed += not np.allclose(wrong(made.forward(inputs, weights, How())), wanted)
    assert noticed


def test_values_of_another_shape_are_refused():
    example = Example("2x2", "RELU", "2x2", values=Values("1 2", "1 2 | 3 4"))
    with pytest.raises(AssertionError, match="no array of"):
        prepared(example)
