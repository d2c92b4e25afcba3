"""Sizes given beside those of a spec: the depth stays, and a change of rank or a depth that comes first is refused."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import analyzed, run

import cnncalc
from cnncalc.graph.given_sizes import DEPTH_KEPT, RANK, completed
from cnncalc.maths.volume import Volume
from cnncalc.request.request import request
from cnncalc.text.diagnostic import Findings, SpecError

SPECS = {  # rank by rank: a spec, sizes with the volume that they mean, and sizes that are refused with the way out
    "INPUT[224x224x3] -> [CONV3-8 -> POOL2]*2 -> FC-10": (
        {
            "384x384": "384x384x3",
            "384x256": "384x256x3",
            "384x384x3": "384x384x3",
            "384x384x1": "384x384x1",
            "384X384X3": "384x384x3",
            "384×256×3": "384x256x3",
            "384,256,3": "384x256x3",
            "384, 256, 3": "384x256x3",
            "(384, 256)": "384x256x3",
            "[384, 256, 3]": "384x256x3",
            " 384 x 256 x 3 ": "384x256x3",
        },
        {
            "384": "write `384x384x3`; `384x384` keeps the depth of the spec",
            "3x384x256": "write `256x384x3`; `256x384` keeps the depth of the spec",
            "3x224x224": "write `224x224x3`; `224x224` keeps the depth of the spec",
            "1x3x384x256": "write `256x384x3`; `256x384` keeps the depth of the spec; the batch is `--batch 1`",
            "8x256x384x3": "write `384x256x3`; `384x256` keeps the depth of the spec; the batch is `--batch 8`",
            "16x16x16x16": "write 3 numbers, as in `224x224x3`; the spec sets the number of axes",
        },
    ),
    "INPUT[28x28x1] -> CONV5-6 -> POOL2 -> FC-10": (
        {"32x32": "32x32x1"},
        {"1x28x28": "write `28x28x1`; `28x28` keeps the depth of the spec"},
    ),
    "INPUT[16000x1] -> CONV9-8 -> FC-10": (
        {"8000": "8000x1", "8000x1": "8000x1", "8000x2": "8000x2", "16000x16": "16000x16"},
        {
            "224x224x3": "write 2 numbers, as in `16000x1`; the spec sets the number of axes",
            "1x8000": "write `8000x1`",
            "1x1x8000": "write `8000x1`; the batch is `--batch 1`",
        },
    ),
    "INPUT[112x112x16x3] -> CONV3-8 -> FC-10": (
        {"112x112x32": "112x112x32x3", "96x96x8x3": "96x96x8x3"},
        {
            "96": "write `96x96x16x3`; `96x96x16` keeps the depth of the spec",
            "96x64": "write `96x64x16x3`; `96x64x16` keeps the depth of the spec",
            "3x16x96x112": "write `112x96x16x3`; `112x96x16` keeps the depth of the spec",
        },
    ),
    "INPUT[784] -> FC-10": ({"1x512": "1x512"}, {"512": "write `1x512`"}),
}
KEPT = [(spec, size, meant) for spec, (kept, _) in SPECS.items() for size, meant in kept.items()]
REFUSED = [(spec, size, way) for spec, (_, refused) in SPECS.items() for size, way in refused.items()]


@pytest.mark.parametrize("spec, size, meant", KEPT)
def test_kept(spec, size, meant):
    report = cnncalc.analyze(spec, input=size)
    assert [volume.text for volume in report.inputs.values()] == [meant]
    told = [each for each in report.diagnostics if each.code is DEPTH_KEPT]
    short = len(request(input=size).input.sides) < len(meant.split("x"))
    assert [each.severity for each in told] == ["note"] * short
    assert all(meant in each.message for each in told)


@pytest.mark.parametrize("spec, size, way", REFUSED)
def test_refused(spec, size, way):
    with pytest.raises(SpecError) as caught:
        analyzed(spec, input=size)
    errors = [each for each in caught.value.diagnostics if each.severity == "error"]
    assert [(each.code, each.hints) for each in errors] == [(RANK, (way,))]


@pytest.mark.parametrize("spec, size, way", REFUSED)
def test_the_way_out_works(spec, size, way):
    meant = way.removeprefix("write ").partition("`")[2].partition("`")[0]
    assert analyzed(spec, input=meant).rows


@pytest.mark.parametrize(
    "size",
    [
        "384x384",
        (384, 384),
        [384, 384],
        (384, 384, 3),
        np.array([384, 384]).tolist(),
        tuple(np.array([384, 384])),
        {"input": (384, 384)},
        {"input": "384x384"},
        {"": [384, 384, 3]},
        ["384x384"],
        [(384, 384)],
        Volume((384, 384), 3),
    ],
    ids=repr,
)
def test_from_python(size):
    assert cnncalc.analyze("vgg16", input=size).totals.params == 337_586_984


def test_an_integer_is_the_length_of_a_signal():
    assert cnncalc.analyze("INPUT[16000x1] -> CONV9-8", input=8000).inputs == {"input": Volume((8000,), 1)}


@pytest.mark.parametrize(
    "size",
    [
        3.5,
        (384.0, 384),
        (True, 3),
        (0, 3),
        (-1, 3),
        (3, 0),
        b"384x384",
        1j,
        {1, 2},
        (),
        "x",
        "",
        "384xx3",
        (1,) * 5,
        [[3.5]],
        10**19,
    ],
    ids=repr,
)
def test_what_is_no_size_is_a_value_error(size):
    if size == ():
        assert request(input=size).input is None
        return
    with pytest.raises(ValueError, match="input is a size such as 224x224x3"):
        request(input=size)


NAMED = "{ left=INPUT[64x64x3] -> CONV3-8 -> GAP | right=INPUT[32x32x1] -> CONV3-8 -> GAP } -> CONCAT -> FC-2"


@pytest.mark.parametrize("size", ["left=96x96", {"left": (96, 96)}, {"left": "96x96x3"}, ["left=96,96"]])
def test_a_named_input_keeps_its_depth(size):
    report = analyzed(NAMED, input=size)
    assert {name: volume.text for name, volume in report.inputs.items()} == {"left": "96x96x3", "right": "32x32x1"}


@pytest.mark.parametrize(
    "size, message, hint",
    [
        (
            "left=96",
            "the size left=96 has 1 number, and the input of the spec is 64x64x3",
            "write `left=96x96x3`; `left=96x96` keeps",
        ),
        ("right=1x40x40", "the depth comes first in the size right=1x40x40: ", "write `right=40x40x1`; `right=40x40` keeps"),
    ],
)
def test_a_named_input_is_refused_by_its_name(size, message, hint):
    with pytest.raises(SpecError) as caught:
        analyzed(NAMED, input=size)
    (found,) = caught.value.diagnostics
    assert found.message.startswith(message)
    assert found.hints[0].startswith(hint)


FORMS = [
    "input: 64x64x3\npattern: CONV3-8 -> GAP -> FC-2\n",
    "input: {width: 64, height: 64, depth: 3}\npattern: CONV3-8 -> GAP -> FC-2\n",
    "inputs: {input: 64x64x3}\npattern: INPUT -> CONV3-8 -> GAP -> FC-2\n",
    "input: 64x64x3\nlayers: [{conv: {filters: 8}}, gap, {fc: {units: 2}}]\n",
    "layers: [{input: {shape: 64x64x3}}, {conv: {filters: 8}}, gap, {fc: {units: 2}}]\n",
    "INPUT[64x64x3] -> CONV3-8 -> GAP -> FC-2",
]


@pytest.mark.parametrize("text", FORMS)
def test_every_form_of_a_spec_gives_its_depth(text):
    assert analyzed(text, input="96x80").inputs["input"].text == "96x80x3"
    with pytest.raises(SpecError, match="write `96x96x3`"):
        analyzed(text, input="96")


def test_a_spec_without_a_size_has_no_depth_to_keep():
    assert analyzed("INPUT -> CONV3-8", input="96x96x3").inputs["input"].text == "96x96x3"
    with pytest.raises(SpecError, match="the size 96 has no depth, and the spec gives none"):
        analyzed("INPUT -> CONV3-8", input="96")


COMMANDS = [
    ("analyze",),
    ("analyze", "--format", "json"),
    ("fit", "--memory", "1GiB"),
    ("compare", "lenet5"),
    ("rf",),
    ("why",),
    ("why", "conv1", "--format", "json"),
    ("verify",),
    ("convert", "--to", "layers"),
    ("convert", "--fc-to-conv"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_keeps_the_depth_or_refuses(command):
    name, *rest = command
    spec = "INPUT[16x16x1] -> conv1=CONV3-4 -> RELU -> POOL2 -> FC-3"
    kept = run(name, spec, *rest, "--input", "32x32")
    assert kept.returncode == 0, kept.stderr
    assert "the size 32x32 keeps the depth of the spec: 32x32x1" in kept.stderr + kept.stdout
    for size, meant in (("32", "32x32x1"), ("1x32x32", "32x32x1"), ("1x1x32x32", "32x32x1")):
        refused = run(name, spec, *rest, "--input", size)
        assert refused.returncode == 2
        assert "error[CNN121]" in refused.stderr
        assert f"write `{meant}`" in refused.stderr


def test_sliding_keeps_the_depth():
    spec = "INPUT[16x16x1] -> CONV3-4(padding=0) -> POOL2 -> FC-3"
    done = run("verify", spec, "--sliding", "--input", "24x20")
    assert done.returncode == 0
    assert "1 pass over 24x20" in done.stdout
    assert "write `24x24x1`" in run("verify", spec, "--sliding", "--input", "24").stderr


def test_a_sliding_spec_is_written_with_the_depth(tmp_path):
    done = run("convert", "vgg11", "--fc-to-conv", "--input", "384x384", "-o", str(tmp_path / "sliding.yaml"))
    assert done.returncode == 0
    data = json.loads(run("analyze", str(tmp_path / "sliding.yaml"), "--format", "json").stdout)
    assert data["input"] == [384, 384, 3]


@given(
    own=st.lists(st.integers(2, 50), min_size=2, max_size=4),
    size=st.lists(st.integers(1, 400), min_size=1, max_size=4),
)
def test_the_rank_never_changes(own, size):
    findings = Findings()
    image = Volume(tuple(own[:-1]), own[-1])
    made = completed({"": Volume(tuple(size[:-1]), size[-1])}, {"input": image}, findings)
    assert findings.failed == (not made)
    if made:
        assert made[""].rank == image.rank
        assert made[""].sides in {tuple(size), (*size, image.depth)}
