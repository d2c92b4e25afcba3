"""Sizes that may mean another volume: what is warned of, and what passes."""

import warnings

import pytest
from support import ROOT, analyzed, codes, diagnostics, run, told

import cnncalc

NO_DEPTH = {
    "28x28": "28x28x1",
    "2x2": "2x2x1",
    "4x4": "4x4x1",
    "512x512": "512x512x1",
    "640x480": "640x480x1",
    "1080x1920": "1080x1920x1",
    "256x256x256": "256x256x256x1",
}
DEPTH_FIRST = {
    "3x224x224": "224x224x3",
    "1x28x28": "28x28x1",
    "4x96x96": "96x96x4",
    "3x480x640": "640x480x3",
    "1x480x640": "640x480x1",
    "512x7x7": "7x7x512",
    "64x56x56": "56x56x64",
    "1x3x224x224": "224x224x3",
    "1x224x200x3": "200x224x3",
    "3x16x112x112": "112x112x16x3",
    "1x64x64x64": "64x64x64x1",
    "16x112x112x3": "112x112x16x3",
    "1x16000": "16000x1",
    "2x44100": "44100x2",
    "16000": "16000x1",
}
QUIET = [
    "16000x1",
    "400x6",
    "2998x13",
    "196x768",
    "1024x768",
    "100x32",
    "128x64",
    "35x3",
    "1x1",
    "224x224x3",
    "28x28x1",
    "32x32x3",
    "8x8x8",
    "16x16x16",
    "64x64x64",
    "128x128x128",
    "7x7x512",
    "100x32x1",
    "22x1125x1",
    "1x1x784",
    "1x100x64",
    "3x3x3",
    "3x3x8",
    "1x5x4",
    "4x4x1024",
    "320x128x3",
    "112x112x16x3",
    "128x128x128x1",
    "64x64x64x64",
    "1x1x1x8",
]


@pytest.mark.parametrize("size, meant", [*NO_DEPTH.items(), *DEPTH_FIRST.items()])
def test_doubtful(size, meant):
    found = [each for each in diagnostics(f"INPUT[{size}] -> CONV3-4 -> RELU") if each.code.number in {"CNN119", "CNN120"}]
    assert [(each.code.number, each.severity) for each in found] == [("CNN119" if size in NO_DEPTH else "CNN120", "warning")]
    assert found[0].message.endswith(meant)
    assert found[0].span.words() == size
    assert codes(f"INPUT[{meant}] -> CONV3-4 -> RELU") == []


@pytest.mark.parametrize("size", QUIET)
def test_quiet(size):
    assert {"CNN119", "CNN120"}.isdisjoint(codes(f"INPUT[{size}] -> CONV3-4 -> RELU"))


def test_a_vector_is_no_signal():
    assert codes("INPUT[1x784] -> FC-100 -> RELU -> FC-10") == codes("INPUT[784] -> FC-10") == []


@pytest.mark.parametrize("step", ["CONV3x5-8", "POOL2x1", "DWCONV5x5", "CONV(kernel=3x3, filters=8)"])
def test_a_kernel_for_one_axis_more_is_evidence(step):
    assert codes(f"INPUT[100x32] -> {step}") == ["CNN119", "CNN205"]
    assert codes(f"INPUT[100x32x16] -> {step.replace('x', 'x1x', 1)}")[0] == "CNN119"
    assert "CNN119" not in codes(f"INPUT[100x32x1] -> {step}")


def test_the_whole_message():
    assert (
        told("input: 28x28\npattern: CONV5-6 -> RELU\n")
        == """\
warning[CNN119]: the input 28x28 is 1-D, length 28 and depth 28; a grey image is 28x28x1
 --> spec.yaml:1:8
  |
1 | input: 28x28
  |        ^^^^^ read as length x depth
  |
  = hint: `ignore: [CNN119]` in the spec, if it is meant"""
    )


@pytest.mark.parametrize(
    "text, place",
    [
        ("input: 28x28\npattern: CONV5-6\n", (1, 8)),
        ("input: {length: 28, depth: 28}\npattern: CONV5-6\n", (1, 8)),
        ("inputs: {a: 28x28}\npattern: a=INPUT -> CONV5-6\n", (1, 10)),
        ("inputs: {a: 28x28}\npattern: INPUT(a) -> CONV5-6\n", (1, 10)),
        ("inputs: {a: 9x28x1, b: 28x28}\npattern: '{ INPUT(a) -> GAP | INPUT(b) -> GAP } -> CONCAT'\n", (1, 21)),
        ("pattern: INPUT[28x28] -> CONV5-6\n", (1, 16)),
        ("layers: [{input: {shape: 28x28}}, {conv: {filters: 6}}]\n", (1, 26)),
        ("input: 28x28\nlayers: [{conv: {filters: 6}}]\n", (1, 8)),
        ("input: 1x1x784\npattern: RESHAPE(28x28) -> CONV3-8\n", (2, 18)),
    ],
)
def test_every_form_of_a_size(text, place):
    (found,) = [each for each in diagnostics(text) if each.code.number == "CNN119"]
    assert found.place()[1:] == place


def test_every_input_is_looked_at():
    text = "{ a=INPUT[28x28] -> GAP | b=INPUT[28x28] -> GAP } -> CONCAT"
    assert [each.message.split()[0] for each in diagnostics(text)] == ["a", "b"]


def test_a_size_of_the_options_is_looked_at():
    text = "INPUT -> CONV3-8"
    (found,) = diagnostics(text, input="28x28")
    assert (found.code.number, found.span) == ("CNN119", None)


@pytest.mark.parametrize("key", ["CNN119", "[CNN119, CNN210]"])
def test_it_can_be_ignored(key):
    assert codes(f"input: 28x28\npattern: CONV5-6\nignore: {key}\n") == []


@pytest.mark.parametrize(
    "command",
    [
        ("analyze",),
        ("analyze", "--format", "csv"),
        ("analyze", "--style", "notes"),
        ("fit", "--memory", "1GiB"),
        ("fit", "--memory", "1GiB", "--format", "json"),
        ("compare", "lenet5"),
        ("compare", "lenet5", "--format", "json"),
        ("rf",),
        ("rf", "conv1"),
        ("rf", "--format", "json"),
        ("why",),
        ("why", "--format", "json"),
        ("verify",),
        ("verify", "--format", "json"),
        ("convert", "--to", "layers"),
        ("lint",),
        ("validate",),
    ],
    ids=" ".join,
)
def test_every_command_says_so(command):
    name, *rest = command
    done = run(name, "INPUT[28x28] -> conv1=CONV5-6 -> RELU -> FC-10", *rest)
    assert done.returncode == 0, done.stderr
    assert "a grey image is 28x28x1" in done.stderr + done.stdout


@pytest.mark.parametrize(
    "command, meant",
    [
        ("conv 7x7 -k 1 -f 3 -p 0", "7x7x1"),
        ("conv 28x28 -k 6 -f 5", "28x28x1"),
        ("conv 3x224x224 -k 64", "224x224x3"),
        ("conv 7x7 -k 1 --format json", "7x7x1"),
        ("pool 4x4", "4x4x1"),
        ("pool 64x112x112", "112x112x64"),
        ("fc 28x28 -k 10", "28x28x1"),
    ],
)
def test_by_hand(command, meant):
    done = run(*command.split())
    assert done.returncode == 0
    assert meant in done.stderr


def test_a_vector_by_hand():
    assert "512*10" in run("fc", "512", "-k", "10").stdout
    assert "write 28x28x3 for an image" in run("conv", "28", "-k", "6").stderr


def test_python_warns():
    with pytest.warns(UserWarning, match=r"a grey image is 28x28x1 \[CNN119\]"):
        cnncalc.analyze("INPUT[28x28] -> CONV5-6")
    with pytest.warns(UserWarning, match="224x224x3"):
        cnncalc.load("INPUT[3x224x224] -> CONV3-64")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cnncalc.analyze("INPUT[28x28x1] -> CONV5-6")


@pytest.mark.parametrize(
    "step, quiet",
    [
        ("CONV3x64-8", False),
        ("CONV64x3-8", False),
        ("CONV5x16-8", False),
        ("CONV(kernel=3x64, filters=8)", False),
        ("CONV1x7-8", True),
        ("CONV3x5-8", True),
        ("CONV1x64-8", True),
        ("CONV41x11-8", True),
        ("CONV38x7-8", True),
        ("CONV7x86-8", True),
        ("CONV3x300-8", True),
    ],
)
def test_kernels_with_filters_in_them(step, quiet):
    assert codes(f"INPUT[400x400x3] -> {step}") == ([] if quiet else ["CNN211"])


@pytest.mark.parametrize(
    "text, meant",
    [
        ("INPUT[64x64x3] -> RESIZE(224x224)", "224x224"),
        ("INPUT[64x64x3] -> UPSAMPLE224", "224"),
        ("INPUT[7x7x3] -> RESIZE(14x14)", "14x14"),
        ("INPUT[64x64x3] -> RESIZE(48x32)", "48x32"),
        ("INPUT[64x3] -> UPSAMPLE100", "100"),
        ("INPUT[8x8x8x3] -> RESIZE(16x16x16, mode=bilinear)", "16x16x16"),
        ("INPUT[64x64x3] -> UPSAMPLE32", ""),
        ("INPUT[7x7x3] -> UPSAMPLE(8x8)", ""),
        ("INPUT[7x7x3] -> UPSAMPLE(2x40)", ""),
        ("INPUT[64x64x3] -> AVGPOOL(out=1) -> UPSAMPLE64", ""),
        ("INPUT[64x64x3] -> RESIZE(size=224x224)", ""),
        ("INPUT[64x64x3] -> UPSAMPLE(33.5)", ""),
        ("INPUT[64x64x3] -> S2D64", ""),
    ],
)
def test_factors_that_look_like_sizes(text, meant):
    found = [(each.code.number, each.label, each.message.rpartition(" it is ")[2]) for each in diagnostics(text)]
    assert found == ([("CNN212", "read as a factor", f"UPSAMPLE(size={meant})")] if meant else [])
    if meant:
        assert codes(text.partition(" -> ")[0] + f" -> UPSAMPLE(size={meant})") == []


def test_a_factor_is_told_once_for_its_step():
    text = "INPUT[16x16x3] -> [UPSAMPLE64 -> POOL64]*3 -> UPSAMPLE64"
    assert [each.message for each in diagnostics(text)] == [
        "upsample enlarges 16x16x3 to 1024x1024x3; to the size 64 it is UPSAMPLE(size=64)",
        "upsample3 enlarges 16x16x3 to 1024x1024x3; to the size 64 it is UPSAMPLE(size=64)",
    ]


def test_no_shipped_spec_is_doubted():
    for path in sorted((ROOT / "specs").glob("*.yaml")):
        assert {"CNN119", "CNN120", "CNN211", "CNN212"}.isdisjoint(each.code.number for each in cnncalc.analyze(path).diagnostics)
    assert analyzed("INPUT[8x8x3] -> CONV3-4").diagnostics == ()
