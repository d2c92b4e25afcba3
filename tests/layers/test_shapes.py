"""Output sizes: a table computed by hand from the formulas, the frameworks' rules, and laws over random layers.

The formulas: (W - F + 2P)/S + 1 of the CS231n course notes; PyTorch's `Conv2d`, `MaxPool2d` (ceil_mode), `ConvTranspose2d` and
`AdaptiveAvgPool2d`; Caffe's pooling (pooling_layer.cpp), which clips only with padding.
"""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support import analyzed, layer, volume

from cnncalc.layers.base import Misfit

CASES = [
    # (W - F + 2P)/S + 1, exact
    ("227x227x3", "CONV11-96/4(padding=0)", "55x55x96"),  # CS231n notes, the AlexNet example
    ("32x32x3", "CONV5-10(padding=2)", "32x32x10"),  # CS231n slides, lecture 7
    ("7x7x3", "CONV3-8(padding=0)", "5x5x8"),
    ("7x7x3", "CONV3-8/2(padding=0)", "3x3x8"),
    ("7x7x3", "CONV3-8/2(padding=1)", "4x4x8"),
    ("9x9x3", "CONV3-8/3(padding=0)", "3x3x8"),
    ("5x5x1", "CONV5-1(padding=0)", "1x1x1"),
    ("5x5x1", "CONV1-1", "5x5x1"),
    ("5x5x1", "CONV1-4/2(padding=0)", "3x3x4"),
    # same: A*(F - 1) pixels in total, at any stride; even kernels have an odd pixel
    ("10x10x3", "CONV3-4", "10x10x4"),
    ("10x10x3", "CONV4-4", "10x10x4"),
    ("11x11x3", "CONV2-4", "11x11x4"),
    ("11x11x3", "CONV3-4/2", "6x6x4"),
    ("11x11x3", "CONV5-4/5", "3x3x4"),
    ("10x10x3", "CONV3-4(dilation=4)", "10x10x4"),
    ("10x10x3", "CONV2-4/3", "4x4x4"),
    # valid, sides, a value per axis
    ("10x10x3", "CONV3-4(padding=valid)", "8x8x4"),
    ("10x8x3", "CONV3x1-4(padding=1x0)", "10x8x4"),
    ("10x8x3", "CONV3x1-4(padding=0)", "8x8x4"),
    ("10x8x3", "CONV(kernel=3, filters=4, padding=0:1x1:0)", "9x7x4"),
    ("10x8x3", "CONV3-4/1x2(padding=0:0x0:1)", "8x4x4"),
    ("17x17x768", "CONV1x7-192", "17x17x192"),
    ("17x17x768", "CONV7x1-192(padding=0)", "11x17x192"),
    # same_upper, same_lower: ceil(W/S) at any size, kernel, stride and dilation, without a rounding rule
    ("225x224x3", "CONV3-8/2(padding=same_upper)", "113x112x8"),
    ("225x224x3", "CONV3-8/2(padding=same_lower)", "113x112x8"),
    ("10x7x3", "DWCONV1/3(padding=same_upper)", "4x3x3"),
    ("10x7x3", "POOL2/3(padding=same_upper)", "4x3x3"),
    ("10x7x3", "POOL4(padding=same_lower)", "3x2x3"),
    ("10x7x3", "AVGPOOL3(padding=same_upper, dilation=2)", "4x3x3"),
    ("10x7x3", "L2POOL3/2(padding=same_lower)", "5x4x3"),
    ("10x7x3", "LOCAL(kernel=3x5, filters=2, stride=2x4, padding=same_upper)", "5x2x2"),
    ("2x2x3", "CONV7-8/4(padding=same_upper)", "1x1x8"),
    ("5x6x7x3", "CONV3-8/2(padding=same_upper)", "3x3x4x8"),
    # dilation: the window spans A*(F - 1) + 1
    ("10x10x3", "CONV3-4(dilation=2, padding=0)", "6x6x4"),
    ("10x10x3", "CONV3-4(dilation=1, padding=0)", "8x8x4"),
    ("10x12x3", "CONV3-4(dilation=2x3, padding=0)", "6x6x4"),
    ("9x9x3", "CONV3-4/2(dilation=2, padding=0)", "3x3x4"),
    # floor rounds down; convolutions round down under every rule
    ("10x10x3", "CONV3-4/2(padding=0, rounding=floor)", "4x4x4"),
    ("10x10x3", "CONV3-4/2(padding=0, rounding=ceil)", "4x4x4"),
    ("10x10x3", "CONV3-4/2(padding=0, rounding=ceil_caffe)", "4x4x4"),
    ("224x224x3", "CONV7-64/2(padding=3, rounding=floor)", "112x112x64"),
    ("5x5x3", "CONV3-4/4(padding=0, rounding=floor)", "1x1x4"),
    # pools: exact, floor, ceil
    ("224x224x64", "POOL2", "112x112x64"),
    ("55x55x96", "POOL3/2", "27x27x96"),
    ("112x112x64", "POOL3/2(rounding=floor)", "55x55x64"),
    ("112x112x64", "POOL3/2(rounding=ceil)", "56x56x64"),
    ("112x112x64", "POOL3/2(rounding=ceil_caffe)", "56x56x64"),
    ("112x112x64", "POOL3/2(padding=1, rounding=floor)", "56x56x64"),
    ("112x112x64", "POOL3/2(padding=1, rounding=ceil)", "57x57x64"),
    ("112x112x64", "POOL3/2(padding=1, rounding=ceil_caffe)", "57x57x64"),
    # ceil: the last window must start inside the input or its left padding
    ("5x5x1", "POOL2/3(rounding=ceil)", "2x2x1"),
    ("4x4x1", "POOL1/4(rounding=ceil)", "1x1x1"),
    ("4x4x1", "POOL1/3(rounding=ceil)", "2x2x1"),
    ("5x5x1", "POOL1/5(rounding=ceil)", "1x1x1"),
    ("5x5x1", "POOL1/5(rounding=ceil_caffe)", "2x2x1"),  # no padding: Caffe does not clip
    ("5x5x1", "POOL2/4(padding=1, rounding=ceil)", "2x2x1"),
    ("3x3x1", "POOL2/4(padding=1, rounding=ceil)", "1x1x1"),
    ("3x3x1", "POOL2/4(padding=1, rounding=ceil_caffe)", "1x1x1"),
    ("6x6x1", "POOL2/4(rounding=ceil)", "2x2x1"),
    ("5x5x3", "POOL6(rounding=ceil)", "1x1x3"),  # one window over the edge, as with PyTorch's ceil_mode
    ("10x10x3", "POOL3/2(dilation=2, rounding=floor)", "3x3x3"),
    ("10x10x3", "POOL3/2(dilation=2, rounding=ceil)", "4x4x3"),
    ("13x13x256", "AVGPOOL3/2", "6x6x256"),
    ("6x1", "POOL(padding=1)", "4x1"),
    # adaptive pooling: the requested size
    ("13x13x256", "AVGPOOL(out=6)", "6x6x256"),
    ("13x13x256", "AVGPOOL(out=7x1)", "7x1x256"),
    ("3x3x8", "AVGPOOL(out=7)", "7x7x8"),
    ("9x1", "AVGPOOL(out=4)", "4x1"),
    # transposed: (W - 1)*S - 2P + A*(F - 1) + output_padding + 1
    ("4x4x8", "DECONV3-4", "6x6x4"),
    ("4x4x8", "DECONV2-4/2", "8x8x4"),
    ("4x4x8", "DECONV4-4/2(padding=1)", "8x8x4"),
    ("4x4x8", "DECONV3-4/2(padding=1)", "7x7x4"),
    ("4x4x8", "DECONV3-4/2(padding=1, output_padding=1)", "8x8x4"),
    ("4x4x8", "DECONV3-4/2(padding=1, output_padding=0x1)", "7x8x4"),
    ("5x5x8", "DECONV3-4(dilation=2)", "9x9x4"),
    ("5x5x8", "DECONV3-4(dilation=2, output_padding=1)", "10x10x4"),
    ("1x1x100", "DECONV4-1024", "4x4x1024"),  # the first layer of DCGAN's generator
    ("4x4x8", "DECONV3-4(padding=0:1)", "5x5x4"),
    # transposed with same: W*S, as in Keras and ONNX
    ("512x512x3", "DECONV4-256/2(padding=same)", "1024x1024x256"),  # a Keras U-Net
    ("3x3x2", "DECONV3-1/2(padding=same)", "6x6x1"),
    ("3x3x2", "DECONV3-1(padding=same)", "3x3x1"),
    ("5x7x3", "DECONV3x2-3/1x2(padding=same)", "5x14x3"),
    ("5x7x3", "DECONV2-3/3(padding=same_lower)", "15x21x3"),
    ("5x7x3", "DECONV3-3/2(padding=same, dilation=2, output_padding=1)", "10x14x3"),
    ("5x3", "DECONV5-3/2(padding=same_upper)", "10x3"),
    ("2x3x4x3", "DECONV3-3/2(padding=same)", "4x6x8x3"),
    # 1-D and 3-D
    ("16000x1", "CONV80-64/4(padding=38)", "4000x64"),  # Dai et al. 2016, arXiv:1610.00087
    ("7x1", "CONV3-1(padding=0)", "5x1"),
    ("112x112x16x3", "CONV3-64", "112x112x16x64"),  # Tran et al. 2014, C3D
    ("112x112x16x64", "POOL(kernel=2x2x1)", "56x56x16x64"),
    ("56x56x16x64", "POOL2", "28x28x8x64"),
    ("12x10x8x2", "CONV(kernel=3x5x1, filters=4, padding=0)", "10x6x8x4"),
    ("12x10x8x2", "CONV(kernel=3x5x1, filters=4, padding=same)", "12x10x8x4"),
    ("4x4x4x2", "DECONV2-3/2", "8x8x8x3"),
    # other layers that move values
    ("7x7x512", "FC-4096", "1x1x4096"),
    ("16x1", "FC-4", "1x4"),
    ("4x4x4x3", "FC-4", "1x1x1x4"),
    ("7x7x512", "GAP", "1x1x512"),
    ("7x7x512", "GMP", "1x1x512"),
    ("7x7x512", "FLATTEN", "1x1x25088"),
    ("4x6x2", "RESHAPE(6x4x2)", "6x4x2"),
    ("4x6x2", "RESHAPE(tokens)", "24x2"),
    ("4x6x5x2", "RESHAPE(tokens)", "120x2"),
    ("24x2", "RESHAPE(tokens)", "24x2"),
    ("7x7x3", "PAD(0:1x2:0)", "8x9x3"),
    ("7x7x3", "CROP(0:1x2:0)", "6x5x3"),
    ("7x8x3", "CROP(size=4x3)", "4x3x3"),
    ("7x7x3", "UPSAMPLE2x3", "14x21x3"),
    ("7x7x3", "UPSAMPLE(size=9x20, mode=bilinear)", "9x20x3"),
    ("16x16x16", "RESIZE(size=8x20, mode=bilinear)", "8x20x16"),
    ("10x10x8", "UPSAMPLE(1.5)", "15x15x8"),
    ("10x7x8", "RESIZE(scale=0.5x1.5, mode=bicubic)", "5x10x8"),
    ("10x7x8", "RESIZE(0.7)", "7x4x8"),
    ("7x5x3x2", "RESIZE(scale=0.5x2x1, mode=area)", "3x10x3x2"),
    ("9x2", "UPSAMPLE(2.0)", "18x2"),
    ("7x7x12", "SLICE(start=4, depth=3)", "7x7x3"),
    ("7x7x12", "SHUFFLE(3)", "7x7x12"),
    ("7x5x12", "D2S2", "14x10x3"),
    ("7x5x12", "D2S2x3", "14x15x2"),
    ("7x5x12", "D2S(1)", "7x5x12"),
    ("8x6x3", "S2D2", "4x3x12"),
    ("8x6x3", "S2D4x3(mode=dcr)", "2x2x36"),
    ("8x8x4", "LOCAL3-6(padding=0)", "6x6x6"),
    ("8x8x4", "DWCONV3-8(padding=0)", "6x6x8"),
]


@pytest.mark.parametrize("before, text, after", CASES, ids=[f"{text} over {before}" for before, text, after in CASES])
def test_case(before, text, after):
    assert layer(text).infer((volume(before),)) == volume(after)


REFUSED = [
    # refused at any rounding, as in frameworks
    ("5x5x3", "CONV7-8(padding=0)", "CNN202"),
    ("5x5x3", "CONV3-8(padding=0, dilation=3)", "CNN202"),
    ("5x5x3", "POOL13/6(rounding=ceil)", "CNN202"),
    ("5x5x3", "POOL3(padding=2)", "CNN204"),
    ("9x9x3", "POOL3(padding=2, dilation=3)", "CNN204"),  # half of the undilated kernel
    ("9x9x3", "POOL2(padding=0:2)", "CNN204"),
    ("9x9x3", "AVGPOOL2(padding=2)", "CNN204"),
    ("9x9x3", "L2POOL2(padding=2)", "CNN204"),
    ("8x8x6", "CONV3-8(groups=4)", "CNN203"),
    ("8x8x8", "CONV3-6(groups=4)", "CNN203"),
    ("8x8x6", "DECONV3-8(groups=4)", "CNN203"),
    ("8x8x6", "LOCAL3-8(groups=4)", "CNN203"),
    ("8x8x6", "DWCONV3-8", "CNN203"),
    ("8x8x6", "GN(4)", "CNN203"),
    ("8x8x6", "SHUFFLE(4)", "CNN203"),
    ("8x8x6", "D2S2", "CNN208"),
    ("8x8x6", "S2D3", "CNN208"),
    ("8x8x6", "S2D2x2x2", "CNN205"),
    ("8x8x4", "DECONV3-4/2(output_padding=2)", "CNN209"),
    ("8x8x4", "DECONV3-4(output_padding=1)", "CNN209"),
    ("2x2x4", "DECONV3-4(padding=2)", "CNN202"),
    ("8x8x4", "RESHAPE(4x4x4)", "CNN208"),
    ("8x8x4", "CROP(4)", "CNN208"),
    ("8x8x4", "CROP(size=9)", "CNN208"),
    ("8x8x4", "SLICE(start=4)", "CNN208"),
    ("8x8x4", "SLICE(start=2, depth=3)", "CNN208"),
    ("8x8x4", "UPSAMPLE(0.1)", "CNN208"),
    ("8x8x4", "UPSAMPLE2(antialias=true)", "CNN208"),
    ("8x8x4", "UPSAMPLE2(mode=area, align_corners=true)", "CNN208"),
    ("8x8x4", "UPSAMPLE(scale=1.5x1x1)", "CNN205"),
    ("8x8x4", "PAD(8, mode=reflect)", "CNN208"),
    ("8x8x4", "AVGPOOL(out=4, stride=2)", "CNN208"),
    ("16000x1", "CONV(kernel=3x5, filters=8)", "CNN205"),
    ("8x8x4", "CONV3-4(stride=1x1x1)", "CNN205"),
    ("8x8x4", "CONV3-4(padding=1x1x1)", "CNN205"),
    ("8x8x4", "CONV3-4(dilation=1x1x1)", "CNN205"),
    ("8x8x4", "POOL(kernel=2x2x2)", "CNN205"),
    ("8x8x4", "DECONV3-4/2(output_padding=1x1x1)", "CNN205"),
    ("8x8x4", "UPSAMPLE2x2x2", "CNN205"),
    ("8x8x4", "ADD", "CNN207"),
    ("8x8x4", "CONCAT", "CNN207"),
    ("8x8x4", "MUL", "CNN207"),
]


@pytest.mark.parametrize("rounding", ["", "floor", "ceil", "ceil_caffe"])
@pytest.mark.parametrize("before, text, code", REFUSED, ids=[f"{text} over {before}" for before, text, _ in REFUSED])
def test_refused_at_any_rounding(before, text, code, rounding):
    one = layer(text)
    if rounding and hasattr(one, "rounding"):
        one = type(one)({option.name: getattr(one, option.name) for option in one.options} | {"rounding": rounding})
    with pytest.raises(Misfit) as raised:
        one.infer((volume(before),))
    assert raised.value.code.number == code
    assert raised.value.field == "" or raised.value.field in {option.name for option in one.options}
    assert raised.value.message.startswith(one.name())


STRICT = [
    ("10x10x3", "CONV3-8/2(padding=0)"),
    ("10x9x3", "CONV3-8/2(padding=0)"),
    ("9x10x3", "CONV3-8/2(padding=0)"),
    ("112x112x64", "POOL3/2"),
    ("112x112x64", "AVGPOOL3/2"),
    ("112x112x64", "L2POOL3/2"),
    ("10x10x3", "LOCAL3-8/2(padding=0)"),
    ("10x10x3", "DWCONV3/2(padding=0)"),
    ("10x1", "CONV3-8/2(padding=0)"),
    ("9x9x10x1", "CONV3-8/2(padding=0)"),
]


@pytest.mark.parametrize("before, text", STRICT, ids=[f"{text} over {before}" for before, text in STRICT])
def test_a_stride_that_does_not_fit_is_refused_by_default_and_by_strict(before, text):
    for one in (layer(text), layer(text).replaced(rounding="strict")):
        with pytest.raises(Misfit) as raised:
            one.infer((volume(before),))
        assert raised.value.code.number == "CNN201"
        assert raised.value.field == "stride"
        assert " = " in raised.value.label


MERGES = [
    ("ADD", "8x8x4 8x8x4 8x8x4", "8x8x4"),
    ("MUL", "8x8x4 1x1x4", "8x8x4"),
    ("MUL", "1x1x4 8x8x4", "8x8x4"),
    ("MUL", "8x8x4 8x8x4", "8x8x4"),
    *[
        (kind, inputs, after)
        for kind in ("ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM")
        for inputs, after in (
            ("8x8x4 1x1x4", "8x8x4"),
            ("1x1x4 8x8x4", "8x8x4"),
            ("8x8x4 8x8x1", "8x8x4"),
            ("8x8x4 1x8x4", "8x8x4"),
            ("8x1x4 1x6x4", "8x6x4"),
            ("8x1x1 1x6x1 1x1x4", "8x6x4"),
            ("9x1 1x4", "9x4"),
            ("5x1x3x4 1x6x1x1", "5x6x3x4"),
        )
    ],
    ("CONCAT", "8x8x4 8x8x1", "8x8x5"),
    ("CONCAT", "9x4 9x1 9x2", "9x7"),
]


@pytest.mark.parametrize("kind, inputs, after", MERGES)
def test_merge(kind, inputs, after):
    assert layer(kind).infer(tuple(map(volume, inputs.split()))) == volume(after)


UNMERGEABLE = [
    ("ADD", "8x8x4 8x8x5", "ADD input 2 has depth 5, input 1 has 4"),
    ("ADD", "8x8x4 4x8x4", "ADD input 2 has width 4, input 1 has 8"),
    ("ADD", "8x8x4 8x8x4 8x4x4", "ADD input 3 has height 4, input 1 has 8"),
    ("CONCAT", "8x8x4 7x8x4", "CONCAT input 2 has width 7, input 1 has 8"),
    ("CONCAT", "8x8x4 8x4", "CONCAT input 2 has number of axes 1, input 1 has 2"),
    ("MUL", "8x8x4 1x1x5", "MUL input 2 has depth 5, input 1 has 4"),
    ("MUL", "8x8x4 2x8x4", "MUL input 2 has width 2, input 1 has 8"),
    ("DIV", "8x8x4 4", "DIV input 2 has number of axes 0, input 1 has 2"),
    ("SUB", "1x8x4 8x8x2 8x8x1", "SUB input 2 has depth 2, input 1 has 4"),
    ("MAXIMUM", "1x8x4 8x8x1 4x8x1", "MAXIMUM input 3 has width 4, input 2 has 8"),
    ("MUL", "1x1x4 8x8x4 8x4x4", "MUL input 3 has height 4, input 2 has 8"),
]


@pytest.mark.parametrize("kind, inputs, message", UNMERGEABLE)
def test_unmergeable(kind, inputs, message):
    with pytest.raises(Misfit) as raised:
        layer(kind).infer(tuple(map(volume, inputs.split())))
    assert raised.value.code.number == "CNN206"
    assert raised.value.message == message


sizes = st.integers(1, 60)
small = st.integers(1, 7)


@given(w=sizes, f=small, s=small, p=st.integers(0, 3), d=st.integers(1, 3))
def test_law_convolution_floors(w, f, s, p, d):
    """The number of windows is the number of starts with the window inside the padded input."""
    starts = [x for x in range(-p, w + p) if (x + p) % s == 0 and x + d * (f - 1) < w + p]
    one = layer(f"CONV{f}-1/{s}(padding={p}, dilation={d}, rounding=floor)")
    if starts:
        assert one.infer((volume(f"{w}x1"),)) == volume(f"{len(starts)}x1")
    else:
        with pytest.raises(Misfit):
            one.infer((volume(f"{w}x1"),))


@given(w=sizes, f=small, s=small, p=st.integers(0, 3), d=st.integers(1, 3))
def test_law_ceil_covers_everything_that_a_window_can_start_at(w, f, s, p, d):
    assume(2 * p <= f)
    windows = [-p]
    while windows[-1] + d * (f - 1) < w + p - 1 and windows[-1] + s < w:  # continues while pixels are unseen
        windows.append(windows[-1] + s)
    assume(w + 2 * p >= d * (f - 1) + 1)
    one = layer(f"POOL{f}/{s}(padding={p}, dilation={d}, rounding=ceil)")
    assert one.infer((volume(f"{w}x1"),)) == volume(f"{len(windows)}x1")


@given(w=sizes, f=small, s=small, p=st.integers(0, 3))
def test_law_ceil_caffe_differs_only_without_padding(w, f, s, p):
    assume(2 * p <= f <= w + 2 * p)
    ceil, caffe = (
        layer(f"POOL{f}/{s}(padding={p}, rounding={rule})").infer((volume(f"{w}x1"),)) for rule in ("ceil", "ceil_caffe")
    )
    assert caffe.size[0] == (ceil.size[0] if p else math.ceil((w - f) / s) + 1)


@given(w=sizes, f=small, s=small, d=st.integers(1, 3))
def test_law_same_is_the_ceiling_of_the_size_over_the_stride(w, f, s, d):
    assert layer(f"CONV{f}-1/{s}(dilation={d}, rounding=floor)").infer((volume(f"{w}x1"),)).size == (-(-w // s),)


@given(w=sizes, f=small, s=small, d=st.integers(1, 3), word=st.sampled_from(["same_upper", "same_lower"]))
@pytest.mark.parametrize("kind", ["CONV{f}-1", "DWCONV{f}", "LOCAL{f}-1", "POOL{f}", "AVGPOOL{f}", "L2POOL{f}"])
def test_law_covering_padding_fits_every_stride(kind, w, f, s, d, word):
    """The output is ceil(W/S), the windows reach the last start, and no smaller padding would do (TensorFlow, ONNX)."""
    one = layer(f"{kind.format(f=f)}/{s}(dilation={d}, padding={word})")
    for made in (one, one.replaced(rounding="ceil")):
        assert made.infer((volume(f"{w}x1"),)).size == (-(-w // s),)
    (axis,) = one.windows((volume(f"{w}x1"),))[0].axes
    total, needed = axis.before + axis.after, (-(-w // s) - 1) * s + axis.extent - w
    assert total == max(0, needed)
    assert (axis.after - axis.before if word == "same_upper" else axis.before - axis.after) == total % 2


@given(w=sizes, f=small, s=small, d=st.integers(1, 3), more=st.integers(0, 6), word=st.sampled_from(["same", "same_lower"]))
def test_law_transposed_same_enlarges_by_the_stride(w, f, s, d, more, word):
    """Without output_padding it is the shape of the convolution's input, of the same window and padding (Keras, ONNX)."""
    more = min(more, max(s, d) - 1)
    one = layer(f"DECONV{f}-1/{s}(padding={word}, dilation={d}, output_padding={more})")
    assert one.infer((volume(f"{w}x1"),)).size == (w * s,)
    if not more:
        back = layer(f"CONV{f}-1/{s}(padding={'same_upper' if word == 'same' else word}, dilation={d})")
        (axis,), (grown,) = back.windows((volume(f"{w * s}x1"),))[0].axes, one.windows((volume(f"{w}x1"),))[0].axes
        assert (grown.before, grown.after) == (axis.before, axis.after)


@given(w=st.integers(1, 40), f=small, s=small, p=st.integers(0, 3), d=st.integers(1, 3), extra=st.integers(0, 6))
def test_law_deconvolution_undoes_a_convolution(w, f, s, p, d, extra):
    """If a convolution maps a size to w, the transposed one maps w back to it, with the right output_padding."""
    assume(extra < s)
    larger = (w - 1) * s - 2 * p + d * (f - 1) + 1 + extra
    assume(larger >= 1)
    options = f"padding={p}, dilation={d}"
    grown = layer(f"DECONV{f}-1/{s}({options}, output_padding={extra})").infer((volume(f"{w}x1"),))
    assert grown.size == (larger,)
    assert layer(f"CONV{f}-1/{s}({options}, rounding=floor)").infer((grown,)).size == (w,)


@given(w=sizes, h=sizes, f=small, s=small)
def test_law_axes_are_independent(w, h, f, s):
    """A 2-D layer treats each axis as the 1-D layer does."""
    one = layer(f"POOL{f}/{s}(rounding=floor)")
    assume(min(w, h) >= f)
    (a,), (b,) = (one.infer((volume(f"{side}x1"),)).size for side in (w, h))
    assert one.infer((volume(f"{w}x{h}x1"),)).size == (a, b)


@given(w=sizes, f=small, s=small, p=st.integers(0, 3))
def test_law_strict_accepts_what_floor_and_ceil_agree_on(w, f, s, p):
    assume(f <= w + 2 * p)
    fits = (w - f + 2 * p) % s == 0
    one = layer(f"CONV{f}-1/{s}(padding={p})")
    if fits:
        assert one.infer((volume(f"{w}x1"),)) == one.replaced(rounding="floor").infer((volume(f"{w}x1"),))
    else:
        with pytest.raises(Misfit):
            one.infer((volume(f"{w}x1"),))


@given(depth=st.integers(1, 8), filters=st.integers(1, 8), groups=st.integers(1, 8), f=small)
def test_law_groups_divide_the_weights(depth, filters, groups, f):
    one, image = layer(f"CONV{f}-{filters * groups}(groups={groups})"), volume(f"9x9x{depth * groups}")
    plain = layer(f"CONV{f}-{filters * groups}")
    weights, all_weights = (each.weights((image,))[0].numbers.value for each in (one, plain))
    assert weights * groups == all_weights
    assert weights == f * f * depth * filters * groups


@given(depth=st.integers(1, 16), multiplier=st.integers(1, 4), f=small)
def test_law_depthwise_is_a_convolution_in_as_many_groups_as_channels(depth, multiplier, f):
    image = volume(f"9x9x{depth}")
    one = layer(f"DWCONV{f}(multiplier={multiplier})")
    other = layer(f"CONV{f}-{depth * multiplier}(groups={depth})")
    assert one.infer((image,)) == other.infer((image,))
    assert [t.numbers.value for t in one.weights((image,))] == [t.numbers.value for t in other.weights((image,))]
    output = one.infer((image,))
    assert one.work((image,), output).macs.value == other.work((image,), output).macs.value


@given(units=st.integers(1, 50), w=st.integers(1, 9), h=st.integers(1, 9), d=st.integers(1, 9))
def test_law_fc_is_a_convolution_of_the_size_of_its_input(units, w, h, d):
    """CS231n course notes, "Converting FC layers to CONV layers"."""
    image = volume(f"{w}x{h}x{d}")
    fc, conv = layer(f"FC-{units}"), layer(f"CONV{w}x{h}-{units}(padding=0)")
    assert fc.infer((image,)) == conv.infer((image,))
    assert [t.numbers.value for t in fc.weights((image,))] == [t.numbers.value for t in conv.weights((image,))]
    output = fc.infer((image,))
    assert fc.work((image,), output).macs.value == conv.work((image,), output).macs.value


def test_same_puts_the_odd_pixel_on_the_right_and_bottom():
    (axis,) = layer("CONV4-1").axes(volume("9x1"))
    assert (axis.before, axis.after) == (1, 2)
    (axis,) = layer("CONV2-1(dilation=3)").axes(volume("9x1"))
    assert (axis.before, axis.after) == (1, 2)


def test_same_padding_is_the_same_at_any_stride():
    one = layer("CONV7-1/2(rounding=floor)")
    assert [(axis.before, axis.after) for axis in one.axes(volume("224x224x1"))] == [(3, 3), (3, 3)]


def test_rounding_of_the_layer_wins_over_the_command_line_which_wins_over_the_spec():
    def size(own, spec, over):
        text = f"input: 12x1\nrounding: {spec}\npattern: POOL3/2{f'(rounding={own})' if own else ''}\n"
        return analyzed(text, rounding=over).result.size[0]

    assert size("", "floor", None) == 5
    assert size("", "ceil", None) == 6
    assert size("", "floor", "ceil") == 6
    assert size("floor", "strict", "ceil") == 5
    assert size("ceil", "strict", None) == 6


REDUCTIONS = [
    ("8x6x4", "depth", "8x6x1"),
    ("8x6x4", "width", "1x6x4"),
    ("8x6x4", "height", "8x1x4"),
    ("8x6x4", "space", "1x1x4"),
    ("8x6x4", "volume", "1x1x1"),
    ("8x6x4", "[height, depth]", "8x1x1"),
    ("8x6x4", "[space, depth]", "1x1x1"),
    ("9x4", "length", "1x4"),
    ("9x4", "space", "1x4"),
    ("8x6x5x4", "time", "8x6x1x4"),
    ("8x6x5x4", "[width, time]", "1x6x1x4"),
]


@pytest.mark.parametrize("kind", ["MEAN", "MAX", "SUM", "NORM"])
@pytest.mark.parametrize("before, over, after", REDUCTIONS)
def test_reduction(kind, before, over, after):
    assert layer(f"{kind}({over})").infer((volume(before),)) == volume(after)
    assert layer(layer(f"{kind}(over={over})").text()).infer((volume(before),)) == volume(after)


IMPOSSIBLE = [
    ("8x6x4", "MEAN(time)", "MEAN over=time: the input 8x6x4 has no time"),
    ("9x4", "NORM([width, depth])", "NORM over=width: the input 9x4 has no width"),
    ("8x6x4", "SOFTMAX(groups=3)", "SOFTMAX groups 3 do not divide the depth 4"),
    ("8x6x4", "SOFTMAX(space, groups=2)", "SOFTMAX over=space with groups=2: each channel is a part of its own"),
    ("8x6x4", "SOFTMAX(groups)", "SOFTMAX over=groups with groups=1: there is nothing to compare"),
    ("8x6x4", "AFFINE(scale=false, shift=false)", "AFFINE with scale=false and shift=false learns nothing"),
    ("8x6x4", "CLIP", "CLIP has no bounds"),
    ("8x6x4", "CLIP(min=2, max=-1)", "CLIP min 2 is above its max -1"),
    ("8x6x5", "GLU", "GLU halves the depth, and 5 is odd"),
    ("8x6x4", "BN(frozen=true, running=false)", "BN frozen=true uses stored statistics, and running=false stores none"),
    ("8x6x4", "GN(3, shift=false)", "GN groups 3 do not divide the depth 4"),
]


@pytest.mark.parametrize("size, text, message", IMPOSSIBLE)
def test_what_a_volume_does_not_allow(size, text, message):
    with pytest.raises(Misfit) as caught:
        layer(text).infer((volume(size),))
    assert caught.value.message == message
    assert caught.value.hints
