"""`cnncalc convert`: the user's text with its comments, the notes on stderr, files, and all errors."""

import stat

import numpy as np
import pytest
import yaml
from support import python

import cnncalc
from cnncalc.transforms import weights

SPEC = """\
# a small network
name: small        # of mine
input: 8x8x3
CONV: {kernel: 3, padding: 1}  # as usual
pattern: >-
  INPUT -> a=CONV-4 -> RELU -> POOL2
  -> FLATTEN -> [FC -> RELU]*K -> FC
# the head
FC: {units: 2}
K:
  - FC: {units: 10}
  - FC: {units: 20}
expect:
  output: 1x1x2
  receptive_field: 4
"""
SLID = """\
# a small network
name: small        # of mine
input: 8x8x3
CONV: {kernel: 3, padding: 1}  # as usual
pattern: >-
  INPUT -> a=CONV-4 -> RELU -> POOL2
  -> fc2=CONV4-10(padding=0) -> RELU -> fc3=CONV1-20(padding=0) -> RELU -> fc4=CONV1-2(padding=0)
# the head
expect:
  output: 1x1x2
"""


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(SPEC)
    return path


def test_the_user_s_text_stays(cli, small):
    status, out, err = cli("convert", small, "--fc-to-conv")
    assert status == 0
    assert out == SLID
    assert err == (
        "flatten1: FLATTEN goes, for a convolution reads 4x4x4 as it is\n"
        "fc2: FC-10 over 1x1x64 is CONV4-10 p0\n"
        "fc3: FC-20 over 1x1x10 is CONV1-20\n"
        "fc4: FC-2 over 1x1x20 is CONV1-2\n"
        "the network slides at stride 2x2: `--input` with a larger image says over how many positions\n"
        "left out of `expect` because it no longer holds: receptive_field: 4\n"
    )


def test_vgg_as_the_notes_convert_it(cli):
    status, out, err = cli("convert", "vgg16", "--fc-to-conv", "--input", "384x384x3")
    assert status == 0
    assert "-> fc6=CONV7-4096(padding=0) -> RELU -> fc7=CONV1-4096(padding=0) -> RELU -> fc8=CONV1-1000(padding=0)\n" in out
    assert out.startswith("# VGG-16 in the course notes' own formula")
    assert "over 384x384 the network slides: output 6x6x1000, 6 x 6 positions at stride 32x32\n" in err
    assert (
        "one pass takes 49,551,114,240 MACs; 36 crops of 224x224 take 36 x 15,470,264,320 = 556,929,515,520, "
        "11.24 times as many (507 G saved)\n"
    ) in err
    assert yaml.safe_load(out)["expect"] == {"params": 138357544, "weights": 138344128}


def test_the_layers_form_where_the_text_cannot_say_it(cli):
    status, out, err = cli("convert", "vgg_a", "--fc-to-conv")
    assert status == 0
    assert "layers:\n" in out
    assert "written in the `layers` form: the pattern comes from its base\n" in err


def test_to_layers(cli, small):
    status, out, err = cli("convert", small, "--to", "layers")
    assert (status, err) == (0, "")
    assert "  - fc: {units: 10}\n" in out


@pytest.mark.parametrize(
    "before, after",
    [
        ("- fc: {units: 5}  # head", "- conv: {name: fc1, kernel: 8, filters: 5, padding: 0}  # head"),
        ("- fc: 5  # head", "- conv: {name: fc1, kernel: 8, filters: 5, padding: 0}  # head"),
        ("- fc: {name: top, units: 5, from: input}", "- conv: {name: top, kernel: 8, filters: 5, padding: 0, from: input}"),
        ("- flatten\n# head\n- fc: 5", "# head\n- conv: {name: fc1, kernel: 8, filters: 5, padding: 0}"),
        ("- pattern: FLATTEN -> FC-5", "- pattern: fc1=CONV8-5(padding=0)"),
    ],
)
def test_entries_of_a_list_stay_where_they_are(cli, tmp_path, before, after):
    head = "input: 8x8x3  # small\nlayers:\n- relu # first\n"
    path = tmp_path / "list.yaml"
    path.write_text(f"{head}{before}\n# done\n")
    status, out, err = cli("convert", path, "--fc-to-conv")
    assert (status, out) == (0, f"{head}{after}\n# done\n"), err


@pytest.mark.parametrize(
    "pattern, wanted",
    [
        ("INPUT[8x8x3] -> FC-5", "INPUT[8x8x3] -> fc1=CONV8-5(padding=0)"),
        ("INPUT[8x8x3] -> CONV3-4 -> FC-5(bias=false)", "INPUT[8x8x3] -> CONV3-4 -> fc2=CONV8-5(padding=0, bias=false)"),
        ("INPUT[8x8x3] -> [CONV3-4 -> RELU]*2 -> FC-5", "INPUT[8x8x3] -> [CONV3-4 -> RELU]*2 -> fc3=CONV8-5(padding=0)"),
        ("INPUT[8x8x3] -> FC(units=5)?", "INPUT[8x8x3] -> fc1=CONV8-5(padding=0)?"),
        ("INPUT[2x2x3] -> FC-5*2", "INPUT[2x2x3] -> fc1=CONV2-5(padding=0) -> fc2=CONV1-5"),
        ("INPUT[8x8x3] -> { FC-5 | a=FC-5 } -> ADD", "INPUT[8x8x3] -> { fc1=CONV8-5(padding=0) | a=CONV8-5(padding=0) } -> ADD"),
        ("INPUT[8x8x3] -> a=FC-5 -> FC-5(share=b)", None),
        ("INPUT[1x1x3] -> b=FC-3 -> FC-3(share=b)", "INPUT[1x1x3] -> b=CONV1-3 -> fc2=CONV1-3(share=b)"),
    ],
)
def test_inline_patterns_become_a_spec(cli, pattern, wanted):
    status, out, err = cli("convert", pattern, "--fc-to-conv")
    if wanted is None:
        assert (status, out) == (2, "")
    else:
        assert (status, yaml.safe_load(out)) == (0, {"pattern": wanted}), err


def test_pools(cli):
    status, out, err = cli("convert", "INPUT[8x8x3] -> pool=POOL2 -> FC-2", "--pool-to-conv")
    assert (status, out) == (0, 'pattern: "INPUT[8x8x3] -> pool=CONV2-3/2(padding=0) -> RELU -> fc1=FC-2"\n')
    assert "pool: POOL2 over 8x8x3 is CONV2-3/2 p0 -> RELU\n" in err


def test_the_matrix_of_a_conv(cli):
    _, out, err = cli("convert", "lenet5", "--conv-to-fc", "c1")
    assert "  - fc: {name: c1, units: 4704}\n  - reshape: {name: c1_reshape, shape: 28x28x6}\n" in out
    assert "its matrix is 1,024 x 4,704 = 4,816,896 numbers: 117,600 from 150 weights, 4,699,296 zeros (97.6 %)\n" in err


def test_a_global_pool_does_not_slide(cli):
    _, out, err = cli("convert", "resnet18", "--fc-to-conv", "--input", "448x448x3")
    assert "input: 448x448x3" in out
    assert "gap1 sees the whole image, whatever its size, so the network does not slide over a larger one\n" in err


def test_stdin(cli):
    status, out, _ = cli("convert", "-", "--fc-to-conv", stdin=SPEC.encode())
    assert (status, out) == (0, SLID)


# files


def test_the_file_is_replaced_in_one_step_and_keeps_its_permissions(cli, small):
    small.chmod(0o640)
    status, out, err = cli("convert", small, "--fc-to-conv", "-o", small)
    assert (status, out) == (0, "")
    assert err.endswith(f"wrote {small}\n")
    assert small.read_text() == SLID
    assert stat.S_IMODE(small.stat().st_mode) == 0o640
    assert [path.name for path in small.parent.iterdir()] == ["small.yaml"]


def test_a_link_stays_a_link(cli, small):
    link = small.parent / "link.yaml"
    link.symlink_to(small)
    cli("convert", small, "--fc-to-conv", "-o", link)
    assert link.is_symlink()
    assert small.read_text() == SLID


def test_a_new_file_gets_the_usual_permissions(cli, small):
    usual = small.parent / "usual"
    usual.touch()
    cli("convert", small, "--to", "layers", "-o", small.parent / "new.yaml")
    assert (small.parent / "new.yaml").stat().st_mode == usual.stat().st_mode


def test_a_base_is_looked_for_where_the_result_will_stand(cli, tmp_path):
    (tmp_path / "own.yaml").write_text(SPEC)
    (tmp_path / "more.yaml").write_text("base: own\nname: more\npattern: INPUT -> a=CONV-4 -> FC\nK: 1\n")
    (tmp_path / "elsewhere").mkdir()
    cli("convert", tmp_path / "more.yaml", "--fc-to-conv", "-o", tmp_path / "here.yaml")
    assert "base: own" in (tmp_path / "here.yaml").read_text()
    _, _, err = cli("convert", tmp_path / "more.yaml", "--fc-to-conv", "-o", tmp_path / "elsewhere" / "there.yaml")
    assert "written in the `layers` form" in err
    assert cnncalc.analyze(tmp_path / "elsewhere" / "there.yaml").totals == cnncalc.analyze(tmp_path / "here.yaml").totals


@pytest.mark.parametrize("target", ["missing/out.yaml", "."])
def test_places_that_cannot_be_written(cli, small, target):
    status, _, err = cli("convert", small, "--fc-to-conv", "-o", small.parent / target)
    assert status == 2
    assert "cannot be written" in err


# weights


@pytest.fixture
def arrays(small):
    network = cnncalc.load(small)
    found = {each.name: np.arange(np.prod(each.shape), dtype="f4").reshape(each.shape) for each in weights.stored(network, set())}
    path = small.parent / "w.npz"
    np.savez(path, **found)
    return path, found


def test_weights_are_converted_beside_the_spec(cli, small, arrays):
    path, before = arrays
    target = small.parent / "out.yaml"
    status, _, err = cli("convert", small, "--fc-to-conv", "-o", target, "--weights", path)
    assert status == 0, err
    assert "arrays: fc2/weight 64x10 to 4x4x4x10, fc3/weight 10x20 to 1x1x10x20 and fc4/weight 20x2 to 1x1x20x2\n" in err
    after = {each.name: each.shape for each in weights.stored(cnncalc.load(target), set())}
    with np.load(small.parent / "out.npz") as file:
        assert {name: file[name].shape for name in file.files} == after
        assert all(np.array_equal(file[name].reshape(-1), before[name].reshape(-1)) for name in before)


def test_weights_that_do_not_match(cli, small, arrays):
    path, before = arrays
    np.savez(path, **{name: array for name, array in before.items() if name != "a/bias"})
    out = small.parent / "out.npz"
    status, printed, err = cli("convert", small, "--fc-to-conv", "--weights", path, "--weights-out", out)
    assert (status, printed) == (2, "")
    assert "= note: missing: a/bias" in err
    assert not out.exists()


def test_pools_have_no_weights_yet(cli, small, arrays):
    status, _, err = cli("convert", small, "--pool-to-conv", "--weights", arrays[0], "--weights-out", small.parent / "out.npz")
    assert status == 2
    assert "it must be trained" in err


@pytest.mark.parametrize(
    "more, message",
    [
        ([], "say what to convert"),
        (["--fc-to-conv", "--weights", "w.npz"], "--weights needs --weights-out"),
        (["--fc-to-conv", "--weights-out", "w.npz"], "--weights-out needs --weights"),
        (["--fc-to-conv", "--weights", "w.npz", "--weights-out", "./w.npz"], "overwrite w.npz"),
        (["--fc-to-conv", "--input", "5"], "the size 5 has 1 number, and the input of the spec is 8x8x3"),
        (["--to", "pattern"], "is not 'layers'"),
    ],
)
def test_usage(cli, small, more, message):
    status, out, err = cli("convert", small, *more)
    assert (status, out) == (2, "")
    assert message in err


@pytest.mark.parametrize(
    "spec, more, code",
    [
        ("all_cnn_c", ["--fc-to-conv"], "CNN411"),
        ("all_cnn_c", ["--pool-to-conv"], "CNN411"),
        ("vgg16", ["--conv-to-fc", "conv1_1"], "CNN412"),
        ("vgg16", ["--conv-to-fc", "conv9"], "CNN110"),
        ("vgg16", ["--fc-to-conv", "--input", "100x100x3"], "CNN414"),
        ("vgg16", ["--fc-to-conv", "--input", "384x3"], "CNN414"),
        ("vgg16", ["--fc-to-conv", "--input", "400x400x3"], "CNN201"),
        ("INPUT -> FC-3", ["--fc-to-conv"], "CNN114"),
        ("INPUT[8x8x3] -> POOL3", ["--to", "layers"], "CNN201"),
        ("vgg61", ["--fc-to-conv"], "CNN001"),
    ],
)
def test_what_cannot_be_converted(cli, spec, more, code):
    status, out, err = cli("convert", spec, *more)
    assert (status, out) == (2, "")
    assert f"error[{code}]" in err


def test_an_input_for_a_spec_without_one(cli):
    status, out, _ = cli("convert", "INPUT -> FC-3", "--fc-to-conv", "--input", "4x4x3")
    assert status == 0
    assert "kernel: 4" in out


def test_numpy_is_loaded_for_arrays_only():
    code = "import sys; from cnncalc.cli.main import run; sys.argv = ['cnncalc', 'convert', 'vgg16', '--fc-to-conv']\nrun()\nprint('numpy' in sys.modules)"
    assert python("-c", code).stdout.endswith("False\n")
