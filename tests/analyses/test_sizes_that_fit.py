"""The sizes that fit: against the inference of each size, by published rules, and as text and data."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import analyzed, graph, run

from cnncalc.analyses.sizes_that_fit import DEFAULT, Period, fitting, sizes_that_fit, usual_range
from cnncalc.graph.infer import fits
from cnncalc.graph.resize import resized_inputs
from cnncalc.maths.volume import Volume
from cnncalc.tasks.sizes import read_range
from cnncalc.text.diagnostic import SpecError

RULES = {  # a spec, the sizes from 1 to 300 with all sides alike, and those without rounding
    "vgg16": (range(32, 301, 32), None),  # five pools of stride 2
    "lenet5": (range(32, 301, 4), None),  # from 32x32 on: LeCun et al. 1998
    "unet": (range(188, 301, 16), None),  # Ronneberger et al. 2015: every pool reads an even size
    "resnet50": (range(1, 301), range(1, 301, 32)),
    "googlenet": (range(223, 301), range(253, 301, 32)),
    "INPUT[8x8x3] -> [CONV3-4 -> POOL2]*2 -> ADD(input)": ((), None),
    "INPUT[8x8x3] -> a=CONV3-4 -> POOL2 -> UPSAMPLE2 -> ADD(a)": (range(2, 301, 2), None),
    "INPUT[7x7x3] -> POOL2(rounding=floor) -> UPSAMPLE2 -> CONV1-3 -> ADD(input)": (range(2, 301, 2), range(2, 301, 2)),
    "INPUT[8x8x3] -> CONV3-4(padding=0) -> RESHAPE(6x6x4) -> FC-2": ((8,), None),
    "INPUT[16000x1] -> CONV80-8/4 -> POOL4": (range(13, 301, 16), None),  # (13 - 80 + 79)/4 + 1 = 4
    "INPUT[8x8x8x1] -> POOL2 -> CONV3-4 -> POOL2": (range(4, 301, 4), None),
    "{ INPUT[8x8x3] -> POOL2 | INPUT[8x8x1] -> POOL2 } -> CONCAT": (range(2, 301, 2), None),
}


def spec_graph(text):
    if "[" in text:
        from support import found

        from cnncalc.graph.build import Overrides
        from cnncalc.pipeline import built
        from cnncalc.text.diagnostic import Findings

        return built(found(text), Overrides(), Findings())[1]
    import cnncalc

    return cnncalc.load(text).graph


@pytest.mark.parametrize("text", RULES)
def test_rules(text):
    sizes, exact = RULES[text]
    found = sizes_that_fit(spec_graph(text), 1, 300)
    assert found.alike.sizes == tuple(sizes)
    assert (found.exact and found.exact.sizes) == (exact and tuple(exact))
    if found.alike.sizes:
        assert {side for volume in found.smallest for side in volume.size} == {sizes[0]}


SOME = [
    "INPUT[12x9x3] -> CONV3-4/2(padding=1) -> POOL3/2 -> FC-3",
    "INPUT[12x12x3] -> CONV5-4(padding=0) -> { POOL2 | CONV2-4/2(padding=0) } -> ADD -> POOL3",
    "INPUT[12x10x3] -> DECONV4-4/2(padding=1) -> CROP(size=8x8) -> CONV3-2(dilation=2)",
    "INPUT[9x9x3] -> a=FC-4 -> FC-4(share=a)",
    "INPUT[9x9x4] -> FLATTEN -> FC-324 -> RESHAPE(9x9x4) -> ADD(input)",
]


@pytest.mark.parametrize("text", SOME)
def test_each_size_is_as_inferred(text):
    own = spec_graph(text)
    found = sizes_that_fit(own, 1, 40)

    def is_fine(volume):
        return fits(resized_inputs(own, {0: volume})) is not None

    assert found.alike.sizes == tuple(side for side in range(1, 41) if is_fine(Volume((side, side), found.inputs[0][1].depth)))
    for side in found.sides:
        (beside,) = side.beside
        at = ("width", "height").index(side.axis)
        sizes = [Volume((*beside.size[:at], one, *beside.size[at + 1 :]), beside.depth) for one in range(1, 41)]
        assert side.fitting.sizes == tuple(size.size[at] for size in sizes if is_fine(size))


@given(
    steps=st.lists(
        st.sampled_from(
            ["POOL2", "POOL3/2", "CONV3-3", "CONV3-3/2(padding=0)", "CONV5-3/3", "DECONV2-3/2", "UPSAMPLE2", "POOL2(rounding=ceil)"]
        ),
        min_size=1,
        max_size=5,
    )
)
def test_a_period_holds_over_the_whole_range(steps):
    own = spec_graph(f"INPUT[30x30x3] -> {' -> '.join(steps)}")
    found = sizes_that_fit(own, 1, 120).alike
    members = set(found.sizes)
    assert members == {side for side in range(1, 121) if fits(resized_inputs(own, {0: Volume((side, side), 3)})) is not None}
    if found.period:
        start, length, remainders = found.period
        assert start in members
        assert members & set(range(start, 121)) == {side for side in range(start, 121) if side % length in remainders}
        assert 120 - start >= length


@pytest.mark.parametrize(
    "sizes, period",
    [
        (range(32, 513, 32), Period(32, 32, (0,))),
        (range(1, 513), Period(1, 1, (0,))),
        ([3, 5, *range(20, 513, 7)], Period(20, 7, (6,))),
        (sorted({*range(4, 513, 6), *range(5, 513, 6)}), Period(4, 6, (4, 5))),
        ([7], None),
        ([], None),
        ([1, 200], None),
    ],
)
def test_periods(sizes, period):
    assert fitting(tuple(sizes), 1, 512) == (tuple(sizes), period)


def test_layers_with_other_weights():
    assert sizes_that_fit(spec_graph("vgg16"), 1, 300).other_weights == ("fc6",)
    assert sizes_that_fit(spec_graph("resnet50"), 1, 100).other_weights == ()
    assert sizes_that_fit(spec_graph("INPUT[8x8x3] -> LOCAL3-4 -> LN(volume) -> FC-2"), 1, 20).other_weights == (
        "local1",
        "ln1",
        "fc2",
    )


@pytest.mark.parametrize(
    "text, bounds",
    [
        ("INPUT[8x8x3] -> CONV3-4", (1, 512)),
        ("INPUT[500x400x3] -> CONV3-4", (1, 1000)),
        ("INPUT[16000x1] -> CONV9-4", (16000 - DEFAULT // 2, 16000 + DEFAULT // 2)),
    ],
)
def test_the_usual_range(text, bounds):
    assert usual_range(spec_graph(text)) == bounds


@pytest.mark.parametrize("text, bounds", [("", None), ("200..500", (200, 500)), ("1-9", (1, 9)), (" 3 .. 3 ", (3, 3))])
def test_ranges(text, bounds):
    assert read_range(text) == bounds


@pytest.mark.parametrize("text", ["0..9", "9..1", "x", "3", "1..", "1..100001", "-1..3"])
def test_bad_ranges(text):
    with pytest.raises(ValueError, match=r"sizes are a range such as 200\.\.500"):
        read_range(text)


def test_the_text():
    done = run("analyze", "vgg16", "--sizes", "200..330")
    assert done.stdout == (
        "VGG-16 · input sizes that fit, from 200 to 330\n\n"
        "all sides alike  224, 256, 288, 320: multiples of 32 from 224 on\n"
        "smallest         224x224x3\n"
        "width alone      the same, beside height 224\n"
        "height alone     the same, beside width 224\n\n"
        "At another size fc6 has arrays of other shapes: trained weights fit one size only.\n"
    )


@pytest.mark.parametrize(
    "text, line",
    [
        ("INPUT[64x1] -> POOL4", "length    4, 8, 12, 16, 20, 24, 28, 32, … 508, 512: multiples of 4 from 4 on"),
        ("INPUT[8x8x3] -> [CONV3-4 -> POOL2]*2 -> ADD(input)", "all sides alike  none"),
        ("{ a=INPUT[8x8x3] -> POOL2 | b=INPUT[4x4x1] } -> CONCAT", "width of a alone   8, beside a 8x8x3 and b 4x4x1"),
        ("INPUT[8x8x8x1] -> POOL2", "time alone       the same, beside width 8 and height 8"),
        (
            "INPUT[9x9x3] -> POOL3(rounding=floor)",
            "no stride rounded  3, 6, 9, 12, 15, 18, 21, 24, … 507, 510: multiples of 3 from 3 on",
        ),
        ("INPUT[9x9x3] -> CONV3-4(rounding=floor)", "no stride rounded  the same"),
    ],
)
def test_lines(text, line):
    assert f"\n{line}\n" in run("analyze", text, "--sizes").stdout


def test_the_own_size_need_not_fit():
    text = "INPUT[400x400x3] -> [POOL2]*5 -> CONV3-8"
    with pytest.raises(SpecError):
        analyzed(text)
    found = json.loads(run("analyze", text, "--sizes", "300..450", "--format", "json").stdout)
    assert found["alike"] == {"sizes": [320, 352, 384, 416, 448], "period": {"start": 320, "length": 32, "remainders": [0]}}
    assert found["smallest"] == [[320, 320, 3]]
    assert [(side["axis"], side["beside"]) for side in found["sides"]] == [("width", [[384, 384, 3]]), ("height", [[384, 384, 3]])]
    assert (found["from"], found["to"], found["no_stride_rounded"], found["other_weights"]) == (300, 450, None, [])


def test_the_command_line():
    assert run("analyze", "--sizes", "lenet5").stdout == run("analyze", "lenet5", "--sizes").stdout
    assert "Missing argument 'SPEC'" in run("analyze", "--sizes").stderr
    assert "--sizes prints a table or JSON, not csv" in run("analyze", "lenet5", "--sizes", "--format", "csv").stderr
    assert "sizes are a range such as 200..500" in run("analyze", "lenet5", "--sizes", "5..1").stderr
    assert "the size of the input is missing" in run("analyze", "INPUT -> CONV3-8", "--sizes").stderr
    broken = run("analyze", "INPUT[8x8x3] -> CONV(filters=0)", "--sizes")
    assert (broken.returncode, "error[CNN108]" in broken.stderr) == (2, True)
    assert graph("INPUT[8x8x3] -> CONV3-8").image == Volume((8, 8), 3)
