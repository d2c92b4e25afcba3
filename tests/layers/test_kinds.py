"""Every layer kind states its facts: examples, options, sources."""

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import KINDS, layer, parse, volume

from cnncalc.layers import kinds
from cnncalc.layers.base import Layer, Shorthand
from cnncalc.layers.options import REQUIRED
from cnncalc.maths.count import Count
from cnncalc.maths.window import Window

NAMES = sorted(kinds.names())
EXAMPLES = [(name, example) for name in NAMES if name not in kinds.SYNONYMS for example in kinds.find(name).examples]
# of spec-language section 2, "kinds at least"
PROMISED = [
    "INPUT",
    "CONV",
    "DWCONV",
    "DECONV",
    "LOCAL",
    "POOL",
    "MAXPOOL",
    "AVGPOOL",
    "L2POOL",
    "GAP",
    "GMP",
    "FC",
    "RELU",
    "LEAKYRELU",
    "PRELU",
    "ELU",
    "SELU",
    "SIGMOID",
    "TANH",
    "SILU",
    "HSWISH",
    "HSIGMOID",
    "GELU",
    "SOFTMAX",
    "BN",
    "LN",
    "GN",
    "IN",
    "LRN",
    "LCN",
    "DIVN",
    "DROPOUT",
    "FLATTEN",
    "RESHAPE",
    "PAD",
    "CROP",
    "UPSAMPLE",
    "SHUFFLE",
    "SLICE",
    "ADD",
    "MUL",
    "CONCAT",
    "IDENTITY",
]


def made(example):
    """Return the layer of an example and its inputs."""
    if example.label.startswith("INPUT"):
        return kinds.find("INPUT").make({"shape": volume(example.output)}), ()
    return layer(example.label), tuple(map(volume, example.inputs.split()))


def states_figures(example):
    """Return whether an example states its counts; optional for one with values."""
    return not example.values or any((example.weights, example.biases, example.macs, example.operations))


def test_every_promised_kind_is_there():
    assert set(PROMISED) <= kinds.names()


def test_maxpool_is_pool():
    assert kinds.find("MAXPOOL") is kinds.find("POOL")


@pytest.mark.parametrize("name, example", EXAMPLES, ids=[f"{name}-{example.label}" for name, example in EXAMPLES])
class TestExample:
    def test_shapes(self, name, example):
        made_layer, inputs = made(example)
        assert made_layer.infer(inputs) == volume(example.output)

    def test_parameters(self, name, example):
        made_layer, inputs = made(example)
        tensors = made_layer.weights(inputs)
        found = {role: sum(t.numbers.value for t in tensors if t.role == role) for role in ("weight", "bias")}
        assert found == {"weight": example.weights, "bias": example.biases} or not states_figures(example)

    def test_work(self, name, example):
        made_layer, inputs = made(example)
        macs, operations, _ = made_layer.work(inputs, volume(example.output))
        assert (macs.value, operations.value) == (example.macs, example.operations) or not states_figures(example)

    def test_shapes_of_arrays_hold_their_numbers(self, name, example):
        made_layer, inputs = made(example)
        for tensor in made_layer.weights(inputs):
            product = 1
            for side in tensor.shape:
                product *= side
            assert product == tensor.numbers.value, tensor

    def test_formulas_come_to_their_numbers(self, name, example):
        made_layer, inputs = made(example)
        work = made_layer.work(inputs, volume(example.output))
        counts = [work.macs, work.operations, *(t.numbers for t in made_layer.weights(inputs))]
        for count in counts:
            assert isinstance(count, Count)
            assert eval(count.filled().replace("/", "//")) == count.value, count  # noqa: S307  our own formula

    def test_windows_are_of_its_inputs(self, name, example):
        made_layer, inputs = made(example)
        windows = made_layer.windows(inputs)
        assert len(windows) == len(inputs)
        for window, read in zip(windows, inputs, strict=True):
            assert window is None or (isinstance(window, Window) and len(window.axes) == read.rank)

    def test_label_parses_back_to_the_layer(self, name, example):
        made_layer, inputs = made(example)
        if not inputs or name in {"LRN", "LCN", "DIVN"}:  # kinds whose label is the name alone
            return
        again = layer(made_layer.label())
        for option in made_layer.options:
            if option.name in {"kernel", "filters", "units", "shape", "size", "crop", "out"} or option.name in (
                made_layer.shorthand.size,
                made_layer.shorthand.stride,
            ):
                assert getattr(again, option.name) == getattr(made_layer, option.name) or same_stride(again, made_layer)

    def test_text_parses_back_to_the_layer(self, name, example):
        made_layer, inputs = made(example)
        if inputs:
            again = layer(made_layer.text())
            assert again.text() == made_layer.text()
            assert again.infer(inputs) == volume(example.output)

    def test_label_of_the_example_is_one_step(self, name, example):
        (step,) = parse(example.label)
        assert step.atom.kind == kinds.SYNONYMS.get(name, name)


def same_stride(one, other):
    """Return whether two layers have the same stride: a pool's stride defaults to its kernel."""
    return (one.stride or one.kernel) == (other.stride or other.kernel)


@pytest.mark.parametrize("name", NAMES)
class TestKind:
    def test_is_final(self, name):
        assert getattr(kinds.find(name), "__final__", False)

    def test_states_every_fact(self, name):
        assert not inspect.isabstract(kinds.find(name))

    def test_is_called_as_its_file(self, name):
        found = kinds.find(name)
        assert found.kind == kinds.SYNONYMS.get(name, name).lower()
        assert found.__module__ == f"cnncalc.layers.{found.kind}"

    def test_is_documented(self, name):
        found = kinds.find(name)
        assert found.summary
        assert found.summary[0] == found.summary[0].lower() or found.summary.startswith(("ELU", "L2", "SELU", "Gaussian"))
        assert not found.summary.endswith(".")
        assert len(inspect.getdoc(found)) > 20
        assert any(map(states_figures, found.examples))

    def test_options_are_documented(self, name):
        found = kinds.find(name)
        for option in found.options:
            assert option.name.isidentifier()
            assert option.name == option.name.lower()
            assert len(option.doc) > 5
            assert len(option.takes) > 3
        assert len({option.name for option in found.options}) == len(found.options)
        letters = [letter for option in found.options for letter in (option.name, *option.synonyms)]
        assert len(set(letters)) == len(letters)

    def test_defaults_are_what_their_readers_return(self, name):
        for option in kinds.find(name).options:
            if (
                option.default is not REQUIRED
                and option.default is not None
                and isinstance(option.default, (bool, int, float, str))
            ):
                assert option.read(option.default) == option.default

    def test_shorthand_names_options(self, name):
        found = kinds.find(name)
        known = {option.name for option in found.options}
        assert isinstance(found.shorthand, Shorthand)
        assert {option for option in found.shorthand if option} <= known

    def test_vocabulary_knows_it(self, name):
        assert KINDS.split(name) == (kinds.SYNONYMS.get(name, name), "")
        assert name in KINDS.kinds()


# kinds of undisputed arithmetic, or without a paper
NO_SOURCE = {"ELEMENT", "OPAQUE", "IDENTITY", "FLATTEN", "RESHAPE", "PAD", "SIGMOID", "TANH", "SOFTMAX", "GMP", "INPUT", "HSIGMOID"}


@pytest.mark.parametrize("name", [name for name in NAMES if name not in NO_SOURCE])
def test_kind_cites_its_source(name):
    found = kinds.find(name)
    sources = [example.source for example in found.examples if example.source]
    assert "Source" in inspect.getdoc(found) or sources, name


def test_a_layer_that_forgets_a_fact_cannot_be_made():
    class Forgetful(Layer):
        kind = "forgetful"

    with pytest.raises(TypeError, match="abstract"):
        Forgetful({})


def test_kinds_are_found_by_file_name():
    names = kinds.names()
    assert all(name == name.upper() for name in names)
    assert not {"BASE", "KINDS", "OPTIONS", "MISFITS"} & names
    assert not any(name.startswith("_") for name in names)


@given(kernel=st.integers(1, 11), filters=st.integers(1, 512), stride=st.integers(1, 4))
def test_labels_say_kernel_filters_and_stride(kernel, filters, stride):
    made_layer = layer(f"CONV{kernel}-{filters}/{stride}")
    assert layer(made_layer.label()).given() == made_layer.given()
