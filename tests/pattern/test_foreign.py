"""Steps in the words of PyTorch, Keras, ONNX and Caffe: the hint is the step in ours, and works when it is pasted."""

import re

import pytest
from support import KINDS, analyzed, diagnostics, told

from cnncalc.layers import kinds
from cnncalc.pattern import foreign

WRITTEN = [  # PyTorch: nn; Keras: keras.layers; ONNX: operators; Caffe: layer types
    ("Linear(10)", "FC-10"),
    ("Linear(512, 10)", "FC-10"),
    ("Linear(in_features=512, out_features=10, bias=False)", "FC-10(bias=false)"),
    ("nn.Linear(512, 10)", "FC-10"),
    ("Dense(10)", "FC-10"),
    ("DENSE-10", "FC-10"),
    ("DENSE10", "FC-10"),
    ("tf.keras.layers.Dense(units=10, activation='softmax')", "FC-10 -> SOFTMAX"),
    ("InnerProduct(num_output=10)", "FC-10"),
    ("Conv2d(3, 16, 3)", "CONV3-16(padding=0)"),  # the default of PyTorch
    ("Conv2d(3, 16, 3, padding=1)", "CONV3-16(padding=1)"),
    ("Conv2d(3, 16, 3, 2, 1)", "CONV3-16/2(padding=1, rounding=floor)"),
    ("Conv2d(3, 16, kernel_size=(3, 5), padding='same')", "CONV5x3-16"),  # height first there, width first here
    ("Conv2d(16, 3, padding=1)", "CONV3-16(padding=1)"),
    ("Conv2d(16, 16, 1)", "CONV1-16"),
    ("Conv2d-16", "CONV-16"),
    ("CONV2D3-16", "CONV3-16"),
    ("Conv2D(16, 3)", "CONV3-16(padding=0)"),
    ("Conv2D(16, (3, 3), strides=(2, 2), padding='valid', activation='relu')", "CONV3-16/2(padding=valid, rounding=floor) -> RELU"),
    ("Conv2D(16, 3, strides=2, padding='same')", "CONV3-16/2(padding=same_upper)"),
    ("Conv2D(filters=16, kernel_size=5, padding='same', use_bias=False)", "CONV5-16(bias=false)"),
    (
        "Convolution(num_output=16, kernel_size=3, pad=1, stride=2, bias_term=false)",
        "CONV3-16/2(padding=1, bias=false, rounding=floor)",
    ),
    ("conv3-16/2(padding=0, bias=false)", "CONV3-16/2(padding=0, bias=false)"),
    ("ConvTranspose2d(64, 32, 2, stride=2)", "DECONV2-32/2"),
    ("ConvTranspose2d(64, 32, 3, stride=2, padding=1, output_padding=1)", "DECONV3-32/2(padding=1, output_padding=1)"),
    ("Conv2DTranspose(32, 2, strides=2)", "DECONV2-32/2"),
    ("Deconvolution-32/2", "DECONV-32/2"),
    ("SEPCONV3-16", "DWCONV3 -> CONV1-16"),
    ("SEPCONV3-16/2", "DWCONV3/2 -> CONV1-16"),
    ("SeparableConv2D(16, 3, padding='same', activation='relu')", "DWCONV3 -> CONV1-16 -> RELU"),
    ("DepthwiseConv2D(3, padding='same', depth_multiplier=2)", "DWCONV3(multiplier=2)"),
    ("DEPTHWISE3", "DWCONV3"),
    ("BatchNorm2d(64)", "BN"),
    ("BATCHNORM", "BN"),
    ("BatchNormalization(momentum=0.9, epsilon=0.001)", "BN(eps=0.001)"),
    ("LayerNorm(64)", "LN"),
    ("LAYERNORM", "LN"),
    ("GroupNorm(2, 64)", "GN(2)"),
    ("GROUPNORM(num_groups=2)", "GN(2)"),
    ("InstanceNorm2d(64, affine=True)", "IN(true)"),
    ("LocalResponseNorm(5, alpha=0.0001)", "LRN5(alpha=0.0001)"),
    ("MaxPool2d(2)", "POOL2"),
    ("MaxPool2d(3, stride=2, padding=1)", "POOL3/2(padding=1, rounding=floor)"),
    ("MaxPool2d(3, 2, ceil_mode=True)", "POOL3/2(rounding=ceil)"),
    ("MaxPooling2D((2, 2))", "POOL2"),
    ("AvgPool2d(2)", "AVGPOOL2"),
    ("AveragePooling2D(pool_size=(2, 2), strides=2)", "AVGPOOL2/2"),
    ("Pooling(pool=AVE, kernel_size=2, stride=2)", "AVGPOOL2/2"),
    ("AdaptiveAvgPool2d(1)", "GAP"),
    ("AdaptiveAvgPool2d((1, 1))", "GAP"),
    ("AdaptiveAvgPool2d((6, 7))", "AVGPOOL(out=7x6)"),
    ("AdaptiveMaxPool2d(1)", "GMP"),
    ("GlobalAveragePooling2D()", "GAP"),
    ("GLOBALAVGPOOL", "GAP"),
    ("GlobalMaxPool2D", "GMP"),
    ("ZeroPadding2D(1)", "PAD1"),
    ("ZeroPadding2D(((1, 0), (2, 0)))", "PAD(2:0x1:0)"),  # ((top, bottom), (left, right)) there
    ("ZeroPad2d((1, 0, 2, 0))", "PAD(1:0x2:0)"),  # (left, right, top, bottom) there
    ("ReflectionPad2d(1)", "PAD1(mode=reflect)"),
    ("Cropping2D(1)", "CROP1"),
    ("PixelShuffle(2)", "D2S2"),
    ("PixelUnshuffle(2)", "S2D2"),
    ("DepthToSpace(blocksize=2)", "D2S2"),
    ("Upsample(scale_factor=2, mode='bilinear')", "UPSAMPLE2(mode=bilinear)"),
    ("UpSampling2D(2)", "UPSAMPLE2"),
    ("UpSampling2D(2, interpolation='bilinear')", "UPSAMPLE2(mode=bilinear)"),
    ("Dropout(0.5)", "DROPOUT(0.5)"),
    ("Dropout(p=0.2)", "DROPOUT(0.2)"),
    ("LeakyReLU(0.2)", "LEAKYRELU(0.2)"),
    ("LeakyReLU(negative_slope=0.2)", "LEAKYRELU(0.2)"),
    ("LeakyReLU(alpha=0.3)", "LEAKYRELU(0.3)"),
    ("Hardswish", "HSWISH"),
    ("Hardsigmoid()", "HSIGMOID"),
    ("Swish", "SILU"),
    ("Activation('relu')", "RELU"),
    ("Activation(tanh)", "TANH"),
    ("Softmax(dim=1)", "SOFTMAX"),
    ("Flatten()", "FLATTEN"),
    ("Identity", "IDENTITY"),
    ("ChannelShuffle(groups=2)", "SHUFFLE(2)"),
    ("Hardtanh(-1, 1)", "CLIP(-1, max=1)"),
    ("Dropout2d(0.5)", "DROPOUT(0.5, channels=true)"),
    ("AdaptiveMaxPool2d(7)", "POOL(out=7)"),
    ("Conv2DTranspose(8, 3, strides=2, padding='same')", "DECONV3-8/2(padding=same)"),
    ("Rescaling(1./255)", "SCALE(0.00392157)"),
    ("MultiheadAttention(16, 4)", "ATTENTION(4, units=16)"),
    ("MultiHeadAttention(num_heads=4, key_dim=8)", "ATTENTION(4, units=32)"),  # the depth of one head there
]


def hinted(text):
    """Return the hints of the only error of a text."""
    (found,) = diagnostics(text)
    return found.hints


def pasted(hint):
    """Return the step that a hint proposes."""
    return re.match("write `(.*?)`", hint)[1]


@pytest.mark.parametrize("said, ours", WRITTEN)
def test_a_step_of_another_framework_is_rewritten(said, ours):
    (hint,) = hinted(f"INPUT[32x32x16] -> {said}")
    assert pasted(hint) == ours
    assert analyzed(f"INPUT[32x32x16] -> {ours} -> FC-3", rounding="strict" if "rounding" in ours else "floor")


MERGES = [
    ("Add(a)", "ADD(a)"),
    ("Concatenate(a)", "CONCAT(a)"),
    ("Multiply([a])", "MUL(a)"),
    ("Eltwise(a, operation=PROD)", "MUL(a)"),
]


@pytest.mark.parametrize("said, ours", [*MERGES, ("Sum(a)", "ADD(a)")])
def test_a_merge_keeps_its_steps(said, ours):
    assert hinted(f"INPUT[8x8x4] -> a=RELU -> CONV3-4 -> {said}") == (f"write `{ours}`",)
    assert analyzed(f"INPUT[8x8x4] -> a=RELU -> CONV3-4 -> {ours}")


OPTIONS = [
    ("CONV3-16(activation=relu)", "CONV3-16 -> RELU"),
    ("CONV3-16/2(padding=1, activation=relu)", "CONV3-16/2(padding=1) -> RELU"),
    ("FC-10(activation=softmax)", "FC-10 -> SOFTMAX"),
    ("CONV(kernel_size=3, out_channels=16)", "CONV3-16"),
    ("CONV3-16(strides=2)", "CONV3-16/2"),
    ("CONV3-16(dilation_rate=2)", "CONV3-16(dilation=2)"),
    ("CONV3-16(group=4)", "CONV3-16(groups=4)"),
    ("CONV3-16(use_bias=false)", "CONV3-16(bias=false)"),
    ("CONV3-16(in_channels=3)", "CONV3-16"),
    ("FC(num_output=10)", "FC-10"),
    ("POOL(pool_size=2, strides=2)", "POOL2/2"),
    ("BN(epsilon=0.001, momentum=0.9)", "BN(eps=0.001)"),
    ("GN(num_groups=4)", "GN(4)"),
    ("LEAKYRELU(negative_slope=0.2)", "LEAKYRELU(0.2)"),
    ("UPSAMPLE(scale_factor=2)", "UPSAMPLE2"),
    ("DROPOUT(inplace=true)", "DROPOUT(overwrite=true)"),
    ("CONV3-16(name=stem)", "CONV3-16"),
]


@pytest.mark.parametrize("said, ours", OPTIONS)
def test_an_option_of_another_framework_is_rewritten(said, ours):
    found = diagnostics(f"INPUT[32x32x16] -> {said}")
    assert {pasted(each.hints[0]) for each in found} == {ours}
    assert analyzed(f"INPUT[32x32x16] -> {ours}", rounding="floor")


ENTRIES = [
    ("Linear: 10", "- FC-10"),
    ("Dense: {units: 10}", "- fc: {units: 10}"),
    (
        "Conv2d: {name: a, in_channels: 3, out_channels: 16, kernel_size: [3, 5], padding: 1}",
        "- conv: {name: a, filters: 16, kernel: 5x3, padding: 1}",
    ),
    ("SeparableConv2D: {filters: 16, kernel_size: 3, padding: same}", "- DWCONV3 -> CONV1-16"),
    ("batchnorm", "- BN"),
    ("BatchNorm2d: 16", "- BN"),
    ("MaxPool2d: 2", "- POOL2"),
    ("DENSE-10", "FC-10"),
]


@pytest.mark.parametrize("said, ours", ENTRIES)
def test_an_entry_of_layers_is_rewritten(said, ours):
    (hint,) = hinted(f"input: 32x32x16\nlayers:\n  - {said}\n")
    assert pasted(hint) == ours
    assert analyzed(f"input: 32x32x16\nlayers:\n  - {ours.removeprefix('- ')}\n")


DEFAULTS = [
    ("CONVOLUTION: {num_output: 16}", "write `CONV: {filters: 16}`"),
    ("Conv2D: {filters: 16, kernel_size: 5}", "write `CONV: {filters: 16, kernel: 5}`"),
    ("CONV: {filters: 16, kernel_size: 5}", "write `kernel: 5`"),
    ("CONV: {filters: 16, use_bias: no}", "write `bias: no`"),
    ("CONV: {filters: 16, activation: relu}", "an activation is a step of its own: write `RELU` after the CONV"),
    ("CONV: {filters: 16, in_channels: 3}", "leave it out: in_channels follows from the layer before it"),
    ("CONV: {filters: 16, data_format: x}", "leave it out: data_format changes no figure"),
]


@pytest.mark.parametrize("said, hint", DEFAULTS)
def test_defaults_are_rewritten(said, hint):
    assert hint in [each for found in diagnostics(f"input: 32x32x3\npattern: CONV-16\n{said}\n") for each in found.hints]


WORDS = [
    ("LSTM(5)", "recurrent layers are not modelled"),
    ("Embedding(100, 512)", "an embedding is no layer here: begin with its output, `INPUT[128x512]` for 128 tokens of 512 numbers"),
]


@pytest.mark.parametrize("said, answer", WORDS)
def test_what_no_layer_stands_for_is_said(said, answer):
    assert hinted(f"INPUT[32x32x3] -> {said}") == (answer,)


def test_what_is_left_out_is_said():
    said = told("INPUT[32x32x3] -> Conv2d(3, 16, 3, padding=1, device=cpu, foo=1) -> FC-3")
    assert (
        said
        == """\
error[CNN103]: unknown layer kind or block `Conv2d`
 --> <pattern>:1:19
  |
1 | INPUT[32x32x3] -> Conv2d(3, 16, 3, padding=1, device=cpu, foo=1) -> FC-3
  |                   ^^^^^^ not known
  |
  = hint: write `CONV3-16(padding=1)`; in_channels follows from the layer before it; device changes no figure; foo has no counterpart"""
    )


def test_a_block_in_other_letters_is_meant_first():
    found = diagnostics("input: 8x8x3\npattern: Dense -> FC-3\nblocks: {DENSE: RELU}\n")
    assert found[0].hints == ("did you mean `DENSE`?",)


@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_word_in_quotes(quote):
    assert hinted(f"INPUT[8x8x3] -> GELU(approximate={quote}tanh{quote})") == ("words stand without quotes: `tanh`",)


def test_an_option_that_cannot_be_read_leaves_the_kind():
    assert hinted("INPUT[8x8x3] -> Linear(10, bias=x y)") == ("write `FC`",)


def test_every_target_of_the_table_exists():
    targets = {row.target for row in foreign._rows().values() if not isinstance(row, str) and row.target[0] != "?"}
    assert targets <= kinds.names()


def test_only_a_kind_that_exists_is_given():
    for name in foreign._rows():
        steps = foreign.steps_of(name, KINDS)
        assert all(KINDS.split(step.partition("(")[0]) for step in steps.split(" -> ") if step), name
