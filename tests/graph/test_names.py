"""Names of layers: tables of chains and of paths, and laws for every list of layers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.graph.graph import blocks
from cnncalc.graph.names import Called, names


def called(word):
    """Return the layer of `stage1/stem=CONV`: the blocks around it, its name, its kind; only the kind is required."""
    path, slash, last = word.rpartition("/")
    name, _, kind = last.rpartition("=")
    return Called(kind, name, path + slash)


def named(words, *, plain):
    """Return the names of layers in one text."""
    return " ".join(names([called(word) for word in words.split()], plain=plain))


@pytest.mark.parametrize(
    "words, wanted",
    [
        # a stage with two convolutions: conv1_1; the first fc layer follows the last stage
        (
            "INPUT CONV RELU CONV RELU POOL CONV RELU POOL FC RELU FC",
            "input conv1_1 relu1_1 conv1_2 relu1_2 pool1 conv2_1 relu2_1 pool2 fc3 relu3 fc4",
        ),
        ("INPUT CONV CONV POOL CONV CONV POOL CONV FC", "input conv1_1 conv1_2 pool1 conv2_1 conv2_2 pool2 conv3_1 fc4"),
        ("INPUT CONV CONV POOL FC", "input conv1_1 conv1_2 pool1 fc2"),
        ("INPUT POOL POOL CONV CONV FC FC", "input pool1 pool2 conv3_1 conv3_2 fc4 fc5"),
        # no pools, or one convolution at most in each stage: conv1, conv2
        ("INPUT CONV RELU CONV RELU FC RELU FC", "input conv1 relu1 conv2 relu2 fc3 relu3 fc4"),
        ("INPUT CONV RELU POOL CONV BN RELU POOL FC RELU FC", "input conv1 relu1 pool1 conv2 bn2 relu2 pool2 fc3 relu3 fc4"),
        ("INPUT CONV POOL FC", "input conv1 pool1 fc2"),
        ("INPUT CONV POOL CONV FC", "input conv1 pool1 conv2 fc3"),
        ("INPUT CONV POOL POOL CONV FC", "input conv1 pool1 pool2 conv2 fc3"),
        ("INPUT FC FC", "input fc1 fc2"),
        # layers without a number of their own take that of the layer before
        ("INPUT RELU CONV POOL RELU FC RELU GAP SOFTMAX", "input relu conv1 pool1 relu1 fc2 relu2 gap2 softmax2"),
        ("INPUT DECONV CONV BN GAP FLATTEN FC DROPOUT", "input deconv1 conv2 bn2 gap2 flatten2 fc3 drop3"),
        ("INPUT RELU RELU CONV RELU RELU", "input relu relu_2 conv1 relu1 relu1_2"),
        # or the number at the end of a name in the spec
        ("INPUT conv9=CONV RELU CONV RELU", "input conv9 relu9 conv2 relu2"),
        ("INPUT conv1_2=CONV RELU x_3_4=CONV RELU", "input conv1_2 relu1_2 x_3_4 relu3_4"),
        ("INPUT p8=POOL RELU fc7=FC RELU FC", "input p8 relu8 fc7 relu7 fc2"),
        ("INPUT stem=CONV RELU a2b=CONV RELU r7=RELU RELU", "input stem relu1 a2b relu2 r7 relu2_2"),
        # inputs count separately
        ("img=INPUT CONV INPUT INPUT INPUT", "img conv1 input input2 input3"),
        # a name in the spec has priority over a generated one, before and after
        ("INPUT CONV conv1=CONV", "input conv1_2 conv1"),
        ("INPUT relu1=CONV CONV RELU", "input relu1 conv2 relu2"),
        ("INPUT CONV CONV RELU RELU RELU relu2_2=RELU", "input conv1 conv2 relu2 relu2_3 relu2_4 relu2_2"),
        ("INPUT a=FC a=FC a=FC a_2=FC", "input a a_2 a_3 a_2_2"),
    ],
)
def test_names_of_a_plain_chain(words, wanted):
    assert named(words, plain=True) == wanted


@pytest.mark.parametrize(
    "words, wanted",
    [
        # each kind is numbered in its block
        (
            "INPUT CONV RELU CONV s/CONV s/RELU s/CONV s/t/CONV FC",
            "input conv1 relu1 conv2 s/conv1 s/relu1 s/conv2 s/t/conv1 fc1",
        ),
        ("s/CONV t/CONV s/CONV DROPOUT DROPOUT", "s/conv1 t/conv1 s/conv2 drop1 drop2"),
        # names in the spec are not counted; inputs have no path
        ("INPUT s/a=CONV s/CONV b/a=CONV INPUT s/INPUT x=INPUT INPUT", "input s/a s/conv1 b/a input2 input3 x input4"),
        # a name in the spec has priority in its own block only
        ("INPUT conv1=CONV CONV CONV", "input conv1 conv1_2 conv2"),
        ("INPUT s/CONV s/conv1=CONV s/CONV", "input s/conv1_2 s/conv1 s/conv2"),
        ("INPUT s/CONV t/conv1=CONV conv1=CONV", "input s/conv1 t/conv1 conv1"),
        ("CONV CONV conv1=RELU conv1_2=RELU CONV conv2=RELU", "conv1_3 conv2_2 conv1 conv1_2 conv3 conv2"),
    ],
)
def test_names_of_other_graphs(words, wanted):
    assert named(words, plain=False) == wanted


LAYERS = st.lists(
    st.builds(
        Called,
        st.sampled_from(["INPUT", "CONV", "POOL", "FC", "RELU", "ADD", "", "DROPOUT"]),
        st.sampled_from(["", "", "", "conv1", "conv1_2", "input", "relu1", "a"]),
        st.sampled_from(["", "s/", "s/t/"]),
    ),
    max_size=12,
)


@given(LAYERS, st.booleans())
def test_names_are_unique(layers, plain):
    found = names(layers, plain=plain)
    assert len(found) == len(set(found)) == len(layers)


@given(LAYERS, st.booleans())
def test_the_first_layer_with_a_name_in_the_spec_keeps_it(layers, plain):
    layers = [each._replace(path="") if plain else each for each in layers]
    first = {}
    for layer, name in zip(layers, names(layers, plain=plain), strict=True):
        if layer.name:
            assert first.setdefault(layer.path + layer.name, name).startswith(layer.path + layer.name)
    assert all(wanted == found for wanted, found in first.items())


@pytest.mark.parametrize("name, wanted", [("conv1", ""), ("s/conv1", "s/"), ("stage1/down1/conv2", "stage1/down1/"), ("", "")])
def test_the_blocks_around_a_layer(name, wanted):
    assert blocks(name) == wanted
