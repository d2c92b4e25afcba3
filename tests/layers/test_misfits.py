"""Layers that do not fit, and options that cannot be read: whole messages.

`tests/golden/messages_layers.txt` was checked by reading every message; `test_repairs.py` tries the hints in it.
"""

import pytest
from support import Messages, diagnostics, layer, volume

from cnncalc.layers.base import BadOptionsError, Misfit
from cnncalc.layers.kinds import find, names
from cnncalc.layers.options import BadValueError, boolean, choice, number, number_but_zero, padding, per_axis, whole
from cnncalc.layers.options import volume as read_volume
from cnncalc.maths.volume import Dims, Sides, Volume

CASES = [
    # strides
    "INPUT[10x9x3] -> CONV3-8/2(padding=0)",
    "INPUT[9x10x3] -> CONV3-8/2(padding=0)",
    "INPUT[11x11x3] -> CONV3-8/3(padding=0)",
    "INPUT[13x11x3] -> CONV3-8/3x2(padding=0)",
    "INPUT[12x3] -> CONV3-8/2(padding=0)",
    "INPUT[13x3] -> CONV3-8/3(padding=0)",
    "INPUT[6x3] -> CONV4-8/2(padding=0:1)",
    "INPUT[8x8x3] -> CONV3-8/2(padding=0:1x0:0)",
    "INPUT[6x6x3] -> CONV4-8/2(padding=0:1)",
    "INPUT[9x9x10x1] -> CONV3-8/2(padding=0)",
    "INPUT[112x112x64] -> POOL3/2",
    "INPUT[112x112x64] -> AVGPOOL(kernel=3x2, stride=2x2)",
    "INPUT[14x14x4] -> CONV3-8/2(padding=0, dilation=2)",
    "INPUT[5x5x4] -> POOL2",
    "INPUT[6x6x4] -> LOCAL3-2/2(padding=0)",
    "INPUT[6x6x4] -> DWCONV3/2(padding=0)",
    # windows too large for the input
    "INPUT[5x5x3] -> CONV7-8(padding=0)",
    "INPUT[7x5x3] -> CONV7-8(padding=0)",
    "INPUT[5x7x3] -> CONV7-8(padding=0)",
    "INPUT[5x5x3] -> CONV3-8(padding=0, dilation=3)",
    "INPUT[5x3] -> CONV7-8(padding=0)",
    "INPUT[2x2x3] -> POOL3",
    "INPUT[2x2x3] -> CONV(filters=8, padding=0:0x1:1)",
    "INPUT[2x2x4] -> DECONV3-4(padding=2)",
    "INPUT[1x2x4] -> DECONV2-4/2(padding=1:1x0:0)",
    "INPUT[2x4] -> DECONV3-4/2(padding=4, dilation=2, output_padding=1)",
    # groups
    "INPUT[8x8x6] -> CONV3-8(groups=4)",
    "INPUT[8x8x12] -> CONV3-8(groups=3)",
    "INPUT[8x8x5] -> CONV3-8(groups=2)",
    "INPUT[8x8x6] -> DWCONV3-8",
    "INPUT[8x8x6] -> GN(4)",
    "INPUT[8x8x6] -> SHUFFLE(4)",
    "INPUT[8x8x5] -> SHUFFLE(2)",
    # heads
    "INPUT[4x96] -> ATTENTION(7)",
    "INPUT[4x1000000000000] -> ATTENTION(7)",
    "INPUT[4x96] -> ATTENTION(12, kv_heads=5)",
    "INPUT[4x12] -> a=CONV1-64 -> b=CONV1-32 -> MATMUL(a, b, heads=3, transpose_b=true)",
    # blocks
    "INPUT[8x8x6] -> D2S2",
    "INPUT[8x8x18] -> D2S2",
    "INPUT[8x8x3] -> D2S(2)",
    "INPUT[8x8x6] -> D2S2x2x2",
    "INPUT[9x8x6] -> S2D2",
    "INPUT[7x7x6] -> S2D2",
    "INPUT[1x1x6] -> S2D2",
    # padding of pools
    "INPUT[8x8x4] -> POOL2(padding=2)",
    "INPUT[9x9x4] -> AVGPOOL3(padding=0:2)",
    # axes
    "INPUT[16x1] -> CONV(kernel=3x5, filters=8)",
    "INPUT[8x8x4] -> CONV3-4(stride=1x1x1)",
    "INPUT[8x8x4] -> CONV3-4(padding=1x1x1)",
    "INPUT[8x8x4] -> LRN(kernel=3x3x3, mode=within)",
    # merges
    "INPUT[8x8x4] -> ADD",
    "INPUT[8x8x4] -> { CONV3-4 | CONV3-5 } -> ADD",
    "INPUT[8x8x4] -> { POOL2 | } -> ADD",
    "INPUT[8x8x4] -> { | POOL2 } -> CONCAT",
    "INPUT[8x8x4] -> { CONV3-4(padding=0) | } -> CONCAT",
    "INPUT[8x8x4] -> { POOL(kernel=1x2) | } -> MUL",
    # arguments
    "INPUT[8x8x4] -> RESHAPE(4x4x4)",
    "INPUT[8x8x4] -> RESHAPE(4x4x16) -> RESHAPE(3x3x4)",
    "INPUT[8x8x4] -> RESHAPE(16x4)",
    "INPUT[8x8x4] -> RESHAPE(token)",
    "INPUT[8x8x4] -> TOKEN",
    "INPUT[8x8x4] -> CROP(4)",
    "INPUT[8x8x4] -> CROP(0x4)",
    "INPUT[8x8x4] -> CROP(size=9)",
    "INPUT[8x8x4] -> SLICE(start=4)",
    "INPUT[8x8x4] -> SLICE(start=2, depth=3)",
    "INPUT[8x8x4] -> SLICE(start=5, depth=1)",
    "INPUT[8x8x4] -> CONV3-4(gain=true)",
    "INPUT[8x8x4] -> DWCONV3(gamma=2, eps=0.1)",
    "INPUT[8x8x4] -> CONV3-4(standardize=true, gamma=2)",
    "INPUT[8x8x4] -> CONV3-4(standardize=true, learned=false)",
    "INPUT[8x8x4] -> UPSAMPLE(0.1)",
    "INPUT[8x8x4] -> RESIZE(scale=1.5x2x1)",
    "INPUT[8x8x4] -> UPSAMPLE2(align_corners=true)",
    "INPUT[8x8x4] -> PAD(8, mode=reflect)",
    "INPUT[8x4x4] -> PAD(0:3x0:4, mode=reflect)",
    "INPUT[8x4x4] -> PAD(0:3x0:5, mode=circular)",
    "INPUT[8x4x4] -> PAD(1, mode=replicate, value=-inf)",
    "INPUT[8x4x4] -> PAD(1, value=low)",
    "INPUT[8x8x4] -> AVGPOOL(out=4, stride=2)",
    "INPUT[8x8x4] -> AVGPOOL(out=4, stride=2, padding=1)",
    "INPUT[8x8x4] -> DECONV3-4/2(output_padding=2)",
    "INPUT[8x8x4] -> DECONV3-4/2(output_padding=0x3, dilation=3)",
    "INPUT[8x8x4] -> BN(affine=false, scale=true, shift=true)",
    "INPUT[8x8x4] -> ATTENTION(2, projection=false, out=5)",
    "INPUT[8x8x4] -> DWCONV3-8(multiplier=3)",
    "INPUT[8x8x4] -> LRN(kernel=3x5)",
    # options
    "INPUT[8x8x4] -> CONV3",
    "INPUT[8x8x4] -> FC",
    "INPUT[8x8x4] -> PAD",
    "INPUT[8x8x4] -> RESHAPE",
    "INPUT[8x8x4] -> CONV3-4(padding=-1)",
    "INPUT[8x8x4] -> CONV(kernel=0, filters=2.5)",
    "INPUT[8x8x4] -> CONV3-4(bias=yes)",
    "INPUT[8x8x4] -> LRN(mode=withn)",
    "INPUT[8x8x4] -> DROPOUT(1)",
    "INPUT[8x8x4] -> BN(eps=-1)",
]
MESSAGES = Messages("messages_layers.txt", [(text, text) for text in CASES])


@pytest.mark.parametrize("text", CASES)
def test_message(text):
    MESSAGES.check(text)


REFUSED, MEANINGFUL = False, True
BESIDE_OTHERS = [  # an option beside one that may leave it without effect; a false one says what is true anyway
    ("BN(affine=false, scale=true)", REFUSED),
    ("BN(affine=false, shift=true)", REFUSED),
    ("BN(affine=false, scale=false, shift=false)", MEANINGFUL),
    ("BN(affine=true, scale=true, shift=true)", MEANINGFUL),
    ("BN(running=false, counter=true)", REFUSED),
    ("BN(running=false, counter=false)", MEANINGFUL),
    ("BN(frozen=true, counter=true)", REFUSED),
    ("BN(frozen=true, running=false)", REFUSED),
    ("BN(frozen=true, affine=false)", MEANINGFUL),
    ("LN(affine=false, shift=true)", REFUSED),
    ("LN(affine=false, shift=false)", MEANINGFUL),
    ("GN(2, affine=false, shift=true)", REFUSED),
    ("GN(2, shift=true)", MEANINGFUL),
    ("LRN(kernel=3x5)", REFUSED),
    ("LRN(kernel=3x5, mode=within)", MEANINGFUL),
    ("SOFTMAX(space, groups=2)", REFUSED),
    ("AFFINE(scale=false, shift=false)", REFUSED),
    ("ATTENTION(2, projection=false, out=5)", REFUSED),
    ("ATTENTION(2, projection=false, out=4)", REFUSED),
    ("ATTENTION(2, projection=false, out_bias=true)", REFUSED),
    ("ATTENTION(2, projection=false, out_bias=false)", MEANINGFUL),
    ("ATTENTION(2, projection=false, units=8)", MEANINGFUL),
    ("ATTENTION(2, shift=1)", REFUSED),
    ("ATTENTION(2, window=4, grid=2)", REFUSED),
    ("ATTENTION(2, window=4, shift=1)", MEANINGFUL),
    ("CONV3-4(gain=true)", REFUSED),
    ("CONV3-4(eps=0.1)", REFUSED),
    ("CONV3-4(standardize=true, gamma=2)", REFUSED),
    ("CONV3-4(standardize=true, learned=false)", REFUSED),
    ("CONV1-4(dilation=2)", MEANINGFUL),  # the kernel has one cell; as frameworks have it
    ("DWCONV3-8(multiplier=2)", REFUSED),
    ("DWCONV3-8(multiplier=3)", REFUSED),
    ("DWCONV3(multiplier=2)", MEANINGFUL),
    ("DECONV3-4/2(padding=same, output_padding=1)", MEANINGFUL),  # it moves the pixels that are cut off
    ("UPSAMPLE2(align_corners=true)", REFUSED),
    ("UPSAMPLE2(align_corners=false)", MEANINGFUL),
    ("UPSAMPLE2(mode=area, antialias=true)", REFUSED),
    ("CROP(1, offset=1)", REFUSED),
    ("PAD(1, mode=reflect, value=1)", REFUSED),
    ("POOL(out=4, stride=2)", REFUSED),
    ("AVGPOOL(out=4, count_padding=true)", REFUSED),
    ("OPAQUE(4x4x4, sees=pixel)", REFUSED),
]


@pytest.mark.parametrize("text, wanted", BESIDE_OTHERS)
def test_an_option_without_effect_is_refused(text, wanted):
    numbers = {each.code.number for each in diagnostics(f"INPUT[8x8x4] -> {text}") if each.severity == "error"}
    assert numbers == (set() if wanted else {"CNN208"})


def test_every_option_without_effect_has_its_row():
    for kind in names():
        for option, other, _ in find(kind).idle:
            refused = [text for text, wanted in BESIDE_OTHERS if not wanted and text.startswith(kind.upper())]
            shown = any((option in text or "-8(" in text) and (other in text or "-8(" in text) for text in refused)
            assert shown or {option, other} <= {"size", "scale", "crop"}, f"{kind}: {option} beside {other}"


@pytest.mark.parametrize("kind, options", [("UPSAMPLE", {"scale": 2, "size": 8}), ("CROP", {"crop": 1, "size": 4})])
def test_a_size_is_given_once(kind, options):
    with pytest.raises(BadOptionsError):
        find(kind).make(options)


ON_THE_EDGE = [  # fits, but one more or less does not
    ("8x8x4", "AVGPOOL3(padding=1, rounding=floor)"),
    ("7x7x3", "CONV7-8(padding=0)"),
    ("5x5x3", "CONV3-8(padding=0, dilation=2)"),
    ("8x8x4", "PAD(7, mode=reflect)"),
    ("8x8x4", "CROP(3)"),
    ("8x8x4", "CROP(size=8)"),
    ("8x8x4", "SLICE(start=3)"),
    ("8x8x4", "SLICE(start=0, depth=4)"),
    ("8x8x4", "UPSAMPLE(size=8)"),
    ("8x8x4", "DECONV3-4/2(output_padding=1)"),
    ("8x8x4", "DECONV3-4(dilation=3, output_padding=2)"),
    ("8x8x4", "AVGPOOL(out=4, rounding=floor)"),
    ("2x2x4", "DECONV3-4(padding=1)"),
    ("8x8x4", "CONCAT(least=1)"),
]


@pytest.mark.parametrize("size, text", ON_THE_EDGE)
def test_fits(size, text):
    layer(text).infer((volume(size),))


@pytest.mark.parametrize(
    "size, text, field",
    [
        ("5x5x3", "CONV7-8(padding=0)", "kernel"),
        ("2x2x3", "CONV(filters=8, padding=0)", ""),  # the kernel is not given
        ("10x10x3", "CONV3-8/2(padding=0)", "stride"),
        ("8x8x6", "CONV3-8(groups=4)", "groups"),
        ("8x8x6", "DWCONV3-8", "filters"),
        ("8x8x6", "GN(4)", "groups"),
        ("8x8x4", "POOL2(padding=2)", "padding"),
        ("8x8x4", "POOL(kernel=2x2x2)", "kernel"),
        ("8x8x4", "CROP(size=9)", "size"),
        ("8x8x4", "CROP(4)", "crop"),
        ("8x8x4", "SLICE(start=2, depth=3)", "depth"),
        ("8x8x4", "SLICE(start=4, depth=3)", "start"),
        ("8x8x4", "AVGPOOL(out=4, stride=2, padding=1)", "stride"),
        ("2x2x4", "DECONV3-4(padding=2)", "padding"),
    ],
)
def test_field_at_fault(size, text, field):
    with pytest.raises(Misfit) as raised:
        layer(text).infer((volume(size),))
    assert raised.value.field == field


READ = [
    (whole(), 3, 3),
    (whole(0), 0, 0),
    (per_axis(), 3, (3,)),
    (per_axis(), Dims((3, 5)), (3, 5)),
    (per_axis(0), Dims((0, 1)), (0, 1)),
    (padding, "same", "same"),
    (padding, "valid", ((0, 0),)),
    (padding, 0, ((0, 0),)),
    (padding, 2, ((2, 2),)),
    (padding, Dims((1, 0)), ((1, 1), (0, 0))),
    (padding, Sides(((0, 1), (2, 0))), ((0, 1), (2, 0))),
    (boolean, False, False),
    (boolean, True, True),
    (number(), -3, -3.0),
    (number(0), 0, 0.0),
    (number(0, 1), 0.999, 0.999),
    (choice("a", "b"), "b", "b"),
    (read_volume, Dims((7, 6, 5)), Volume((7, 6), 5)),
    (read_volume, Dims((7, 6, 5, 4)), Volume((7, 6, 5), 4)),
    (read_volume, 16, Volume((1,), 16)),
    (read_volume, Volume((7,), 2), Volume((7,), 2)),
]


@pytest.mark.parametrize("read, given, value", READ)
def test_reads(read, given, value):
    found = read(given)
    assert found == value
    assert type(found) is type(value)


UNREADABLE = [
    (whole(), 0, "must be at least 1, not 0", ""),
    (whole(2), 1, "must be at least 2, not 1", ""),
    (whole(), True, "must be an integer, not `true`", ""),
    (whole(), 2.0, "must be an integer, not `2.0`", "write 2"),
    (whole(), 2.5, "must be an integer; 2.5 is fractional", "2 and 3 are the nearest"),
    (whole(), 2.0**53, "must be an integer, not `9007199254740992.0`", ""),
    (whole(), "x", "must be an integer, not `x`", ""),
    (per_axis(), 0, "must be at least 1, not 0", ""),
    (per_axis(), Dims((3, 0)), "must be at least 1, not 0", ""),
    (per_axis(), False, "must be an integer or one per axis, such as 3 or 3x5, not `false`", ""),
    (per_axis(), -1.5, "must be an integer or one per axis, such as 3 or 3x5; -1.5 is fractional", "-2 and -1 are the nearest"),
    (padding, -1, "must not be negative: -1", "CROP takes pixels away"),
    (padding, Sides(((0, 1), (0, -2))), "must not be negative: -2", "CROP takes pixels away"),
    (
        padding,
        True,
        "must be `same`, `same_upper`, `same_lower`, `valid`, a number, one per axis (1x0) or sides (0:1x0:1), not `true`",
        "",
    ),
    (
        padding,
        "full",
        "must be `same`, `same_upper`, `same_lower`, `valid`, a number, one per axis (1x0) or sides (0:1x0:1), not `full`",
        "",
    ),
    (boolean, 1, "must be true or false, not `1`", "write `true`"),
    (boolean, "Off", "must be true or false, not `Off`", "write `false`"),
    (boolean, "maybe", "must be true or false, not `maybe`", ""),
    (number(), True, "must be a number, not `true`", ""),
    (number(0), -0.5, "must be at least 0, not -0.5", ""),
    (number(0, 1), 1, "must be at least 0 and below 1, not 1", ""),
    (number(None, 1), 1.5, "must be below 1, not 1.5", ""),
    (number(), float("inf"), "must be a finite number, not inf", ""),
    (number(0), float("inf"), "must be a finite number, not inf", ""),
    (number_but_zero, 0, "must not be 0", ""),
    (number_but_zero, "x", "must be a number, not `x`", ""),
    (choice("nearest", "bilinear"), "bilnear", "must be one of nearest, bilinear, not `bilnear`", "did you mean `bilinear`?"),
    (choice("nearest", "bilinear"), 3, "must be one of nearest, bilinear, not `3`", ""),
    (read_volume, Dims((1, 2, 3, 4, 5)), "must be a volume of at most 3 axes and a depth, such as 7x7x512, not `1x2x3x4x5`", ""),
    (read_volume, True, "must be a volume of at most 3 axes and a depth, such as 7x7x512, not `true`", ""),
    (read_volume, Dims((7, 0, 3)), "must be at least 1 on every side, not `7x0x3`", ""),
    (read_volume, 0, "must be at least 1 on every side, not `0`", ""),
]


@pytest.mark.parametrize("read, given, problem, hint", UNREADABLE)
def test_refuses(read, given, problem, hint):
    with pytest.raises(BadValueError) as raised:
        read(given)
    assert (raised.value.problem, raised.value.hint) == (problem, hint)


@pytest.mark.parametrize(
    "name, given, wanted",
    [
        (
            "CONV",
            {},
            [
                (
                    "filters",
                    "CONV needs `filters`: number of filters, the depth of the output (K)",
                    "`CONV3-64`, or `CONV: {filters: 64}` sets it for all",
                )
            ],
        ),
        (
            "FC",
            {},
            [
                (
                    "units",
                    "FC needs `units`: number of neurons, the depth of the output",
                    "`FC-64`, or `FC: {units: 64}` sets it for all",
                )
            ],
        ),
        ("PAD", {}, [("padding", "PAD needs `padding`: pixels added on each side", "`PAD(padding=…)`")]),
        (
            "CONV",
            {"kernel": 0, "bias": "no"},
            [
                ("kernel", "CONV kernel must be at least 1, not 0", ""),
                (
                    "filters",
                    "CONV needs `filters`: number of filters, the depth of the output (K)",
                    "`CONV3-64`, or `CONV: {filters: 64}` sets it for all",
                ),
                ("bias", "CONV bias must be true or false, not `no`", "write `false`"),
            ],
        ),
    ],
)
def test_all_that_is_wrong_with_options(name, given, wanted):
    with pytest.raises(BadOptionsError) as raised:
        find(name).make(given)
    assert [(field, problem, hint) for field, problem, hint, *_ in raised.value.problems] == wanted
