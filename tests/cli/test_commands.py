"""The commands: arguments, output streams and exit statuses."""

import csv
import io
import json
import os
import re

import pytest
from support import ROOT

from cnncalc.layers import kinds
from cnncalc.text.catalogue import codes

SMALL = "INPUT[32x32x3] -> [CONV3-16 -> RELU -> POOL2]*3 -> FC-10"
TOY = "name: toy\ninput: 8x8x4\npattern: CONV3-8 -> RELU -> FC-3\n"
FLOORED = "name: floored\nrounding: floor\ninput: 10x10x4\npattern: CONV3-8/2(padding=0) -> FC-3\n"
BROKEN = "name: broken\ninput: 10x10x4\npattern: CONV3-8/2(padding=0) -> FC-3\n"
FAILING = "name: failing\ninput: 8x8x4\npattern: CONV3-8 -> FC-3\nexpect: {params: 1}\n"


@pytest.fixture
def specs(tmp_path):
    """Return a folder with one spec of each kind."""
    for name, text in (("toy", TOY), ("floored", FLOORED), ("broken", BROKEN), ("failing", FAILING)):
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


class TestAnalyze:
    def test_a_file(self, cli, specs):
        status, out, err = cli("analyze", specs / "toy.yaml")
        assert (status, err) == (0, "")
        assert out.startswith("toy · input 8x8x4 · batch 1 · float32\n")

    def test_an_inline_pattern(self, cli):
        status, out, err = cli("analyze", SMALL)
        assert (status, err) == (0, "")
        assert "FC-10" in out

    @pytest.mark.parametrize(
        "pattern", ["INPUT[8x8x4] - CONV3-8 - FC-3", "INPUT[8x8x4],RELU", "INPUT[8x8x4] → RELU", "[INPUT[8x8x4]]"]
    )
    def test_inline_patterns_of_every_spelling(self, cli, pattern):
        assert cli("analyze", pattern)[0] == 0

    @pytest.mark.parametrize("pattern", ["FC-10", "CONV3-8", "CONV3-8,RELU", "RELU"])
    def test_one_step_with_an_input_from_the_command_line(self, cli, pattern):
        assert cli("analyze", pattern, "--input", "8x8x4")[0] == 0

    def test_stdin(self, cli):
        status, out, err = cli("analyze", "-", stdin=TOY.encode())
        assert (status, err) == (0, "")
        assert out.startswith("toy · ")

    def test_stdin_that_is_broken_names_stdin(self, cli):
        status, out, err = cli("analyze", "-", stdin=b"inptu: 3\n")
        assert (status, out) == (2, "")
        assert " --> <stdin>:1:1\n" in err

    @pytest.mark.parametrize("name", ["vgg16", "vgg16.yaml"])
    def test_a_shipped_name_says_on_stderr_what_was_taken(self, cli, name, monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)
        status, out, err = cli("analyze", name)
        assert status == 0
        assert re.fullmatch(r"using the shipped spec vgg16 \(.*vgg16\.yaml\)\n", err)
        assert "138,357,544" in out

    def test_a_folder_does_not_hide_a_shipped_name(self, cli, monkeypatch, tmp_path):
        (tmp_path / "vgg16").mkdir()
        monkeypatch.chdir(tmp_path)
        status, out, _ = cli("analyze", "vgg16")
        assert status == 0
        assert out.startswith("VGG-16")

    def test_a_file_wins_over_a_shipped_name(self, cli, monkeypatch, specs):
        monkeypatch.chdir(specs)
        (specs / "vgg16.yaml").write_text(TOY)
        status, out, err = cli("analyze", "vgg16.yaml")
        assert (status, err) == (0, "")
        assert out.startswith("toy · ")

    def test_overrides(self, cli, specs):
        out = cli("analyze", specs / "toy.yaml", "--input", "16x16x4", "--batch", "32", "--dtype", "float16")[1]
        assert out.startswith("toy · input 16x16x4 · batch 32 · float16\n")

    def test_rounding(self, cli, specs):
        assert cli("analyze", specs / "broken.yaml")[0] == 2
        status, out, err = cli("analyze", specs / "broken.yaml", "--rounding", "floor")
        assert status == 0
        assert "4x4x8" in out
        assert err.startswith("warning[CNN210]: conv1: stride 2 does not fit input width 10, rounded down to 4\n")

    def test_warnings_are_one_line_each_and_do_not_fail(self, cli, specs):
        status, _, err = cli("analyze", specs / "broken.yaml", "--rounding", "floor")
        assert status == 0
        assert err.count("\n") == 1

    def test_what_the_spec_chose_is_no_warning(self, cli, specs):
        assert cli("analyze", specs / "floored.yaml")[::2] == (0, "")

    @pytest.mark.parametrize(
        "option, value, message",
        [
            ("--batch", "0", "batch is an integer from 1"),
            ("--batch", "-1", "batch is an integer from 1"),
            ("--batch", "x", "'x' is not a valid integer"),
            ("--batch", "9" * 30, "batch is an integer from 1"),
            ("--dtype", "float8", "dtype is one of float16, bfloat16, float32, float64, int8, not 'float8'"),
            ("--rounding", "up", "rounding is one of strict, floor, ceil, ceil_caffe, not 'up'"),
            ("--input", "3", "error[CNN121]: the size 3 has 1 number, and the input of the spec is 8x8x4"),
            ("--input", "0x3x3", "input is a size such as 224x224x3"),
            ("--input", "3x3x3x3x3", "input is a size such as 224x224x3"),
            ("--input", "9" * 40 + "x1", "input is a size such as 224x224x3"),
            ("--format", "xml", "'xml' is not one of"),
            ("--style", "mine", "'mine' is not"),
            ("--nope", "1", "No such option"),
        ],
    )
    def test_bad_options_are_usage_errors(self, cli, specs, option, value, message):
        status, out, err = cli("analyze", specs / "toy.yaml", option, value)
        assert (status, out) == (2, "")
        assert message in err

    def test_json(self, cli, specs):
        status, out, err = cli("analyze", specs / "floored.yaml", "--format", "json")
        assert (status, err) == (0, "")
        data = json.loads(out)
        assert data["name"] == "floored"
        assert [(each["code"], each["severity"]) for each in data["diagnostics"]] == [("CNN210", "note")]

    def test_csv(self, cli, specs):
        _, out, _ = cli("analyze", specs / "toy.yaml", "--format", "csv")
        assert [row["name"] for row in csv.DictReader(io.StringIO(out))] == ["input", "conv1", "relu1", "fc2"]

    def test_markdown(self, cli, specs):
        assert cli("analyze", specs / "toy.yaml", "--format", "markdown")[1].startswith("### toy · ")

    def test_style_notes_is_format_notes(self, cli, specs):
        assert cli("analyze", specs / "toy.yaml", "--style", "notes") == cli("analyze", specs / "toy.yaml", "--format", "notes")

    @pytest.mark.parametrize("format_", ["table", "notes", "json", "csv", "markdown"])
    def test_a_broken_spec_prints_no_result(self, cli, specs, format_):
        status, out, err = cli("analyze", specs / "broken.yaml", "--format", format_)
        assert (status, out) == (2, "")
        assert "error[CNN201]: CONV stride 2 does not fit its input\n" in err

    def test_a_failed_expectation_is_no_matter_of_analyze(self, cli, specs):
        assert cli("analyze", specs / "failing.yaml")[0] == 0


class TestUnusable:
    """For every bad SPEC: a message and exit status 2."""

    def test_missing(self, cli):
        status, out, err = cli("analyze", "no/such/spec.yaml")
        assert (status, out) == (2, "")
        assert err.startswith("error[CNN001]: there is no file and no shipped spec `no/such/spec.yaml`\n")

    def test_misspelt_shipped_name(self, cli):
        assert "did you mean `alexnet`?" in cli("analyze", "alexnt")[2]

    def test_only_the_name_has_to_be_alike(self, cli, tmp_path):
        """Two paths of one folder always resemble each other."""
        (tmp_path / "mine.yaml").write_text("")
        assert "did you mean" not in cli("analyze", tmp_path / "qqqq")[2]
        assert f"did you mean `{tmp_path / 'mine.yaml'}`?" in cli("analyze", tmp_path / "mien.yaml")[2]

    def test_misspelt_file(self, cli, specs):
        assert "toy.yaml`?" in cli("analyze", specs / "toyy.yaml")[2]

    def test_a_folder(self, cli, specs):
        status, out, err = cli("analyze", specs)
        assert (status, out) == (2, "")
        assert "cannot be read: it is a folder" in err

    @pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
    def test_unreadable(self, cli, specs):
        (specs / "toy.yaml").chmod(0)
        status, out, err = cli("analyze", specs / "toy.yaml")
        assert (status, out) == (2, "")
        assert "cannot be read: permission denied" in err

    def test_unreadable_even_for_root(self, cli, specs, monkeypatch):
        def refuse(*_arguments):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("builtins.open", refuse)
        status, out, err = cli("analyze", specs / "toy.yaml")
        monkeypatch.undo()
        assert (status, out) == (2, "")
        assert "cannot be read: permission denied" in err

    def test_a_name_with_a_null_byte(self, cli):
        status, _, err = cli("analyze", "a\x00b")
        assert status == 2
        assert err.startswith("error[")

    def test_a_very_long_name(self, cli):
        status, _, err = cli("analyze", "a" * 100_000)
        assert status == 2
        assert len(err) < 2000

    def test_an_empty_argument(self, cli):
        assert cli("analyze", "")[0] == 2

    @pytest.mark.parametrize(
        "data",
        [b"\x89PNG\r\n\x1a\n\x00\x00", b"\xff\xd8\xff\xe0", bytes(range(256)), b"\x00" * 100, "name: é\n".encode("latin-1"), b""],
    )
    def test_binary_and_empty_files(self, cli, tmp_path, data):
        (tmp_path / "x.yaml").write_bytes(data)
        status, out, err = cli("analyze", tmp_path / "x.yaml")
        assert (status, out) == (2, "")
        assert err.startswith("error[CNN00")

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_encodings(self, cli, tmp_path, encoding):
        (tmp_path / "x.yaml").write_bytes(TOY.replace("toy", "tóy").encode(encoding))
        status, out, _ = cli("analyze", tmp_path / "x.yaml")
        assert status == 0
        assert out.startswith("tóy · ")

    def test_a_file_that_is_too_large(self, cli, tmp_path):
        (tmp_path / "x.yaml").write_bytes(b"#" * (16 * 2**20 + 1))
        status, _, err = cli("analyze", tmp_path / "x.yaml")
        assert status == 2
        assert "is larger than 16 MiB" in err

    def test_a_broken_inline_pattern(self, cli):
        status, out, err = cli("analyze", "INPUT[8x8x3] -> CONVV3-8")
        assert (status, out) == (2, "")
        assert "did you mean `CONV`?" in err

    def test_no_size_of_the_input(self, cli):
        status, _, err = cli("analyze", "CONV3-8 -> RELU")
        assert status == 2
        assert "error[CNN114]: the size of the input is missing" in err

    def test_control_characters_of_a_spec_do_not_drive_the_terminal(self, cli, tmp_path):
        (tmp_path / "x.yaml").write_text('name: x\ninput: 8x8x3\npattern: "RELU -> \\e[31mX"\n')
        assert "\x1b" not in cli("analyze", tmp_path / "x.yaml")[2]


class TestValidate:
    def test_fine(self, cli, specs):
        assert cli("validate", specs / "toy.yaml")[:2] == (0, "1 spec: 1 valid\n")

    def test_a_folder(self, cli, specs):
        status, out, _ = cli("validate", specs)
        assert status == 1
        assert out.endswith("\n4 specs: 2 valid, 2 failed (2 errors)\n")
        assert out.index("broken.yaml") < out.index("failing.yaml")

    def test_several_paths(self, cli, specs):
        assert cli("validate", specs / "toy.yaml", specs / "failing.yaml")[1].endswith("2 specs: 1 valid, 1 failed (1 error)\n")

    def test_folders_within_folders_but_not_hidden_ones(self, cli, specs):
        for folder in ("more", ".hidden"):
            (specs / folder).mkdir()
            (specs / folder / "x.yml").write_text(TOY)
        (specs / "readme.txt").write_text("no spec")
        assert "\n5 specs: 3 valid, 2 failed (2 errors)" in cli("validate", specs)[1]

    def test_strict(self, cli, specs):
        (specs / "unused.yaml").write_text(TOY + "N: 3\n")
        assert cli("validate", specs / "unused.yaml")[0] == 0
        assert cli("validate", "--strict", specs / "unused.yaml")[0] == 1
        assert cli("validate", "--strict", specs / "toy.yaml")[0] == 0

    def test_the_rounding_of_the_spec_is_a_note(self, cli, specs):
        status, out, err = cli("validate", "--strict", specs / "floored.yaml")
        assert (status, out) == (0, "1 spec: 1 valid\n")
        assert "1 stride rounded as the spec says: cnncalc validate --verbose " in err
        status, out, err = cli("validate", "--strict", "-v", specs / "floored.yaml")
        assert status == 0
        assert out.startswith("note[CNN210]: ")
        assert "rounded as the spec says" not in err

    @pytest.mark.parametrize("way", ["spec", "option"])
    def test_any_warning_can_be_ignored(self, cli, specs, way):
        size, rest = "28x28", "pattern: INPUT -> CONV5-6 -> RELU\nN: 3\n"
        path = specs / "doubtful.yaml"
        path.write_text(f"input: {size}\n{rest}")
        _, out, _ = cli("validate", "--strict", path)
        assert [line for line in out.splitlines() if line.startswith("warning")] == [
            "warning[CNN119]: the input 28x28 is 1-D, length 28 and depth 28; a grey image is 28x28x1",
            "warning[CNN115]: the variable `N` is not used",
        ]
        if way == "spec":
            path.write_text(f"input: {size}\n{rest}ignore: [CNN115, CNN119]\n")
        options = ("--ignore", "CNN115,cnn119") if way == "option" else ()
        assert cli("validate", "--strict", path, *options)[:2] == (0, "1 spec: 1 valid\n")
        assert cli("analyze", path)[2].count("warning") == (2 if way == "option" else 0)
        assert cli("lint", path, *options)[1].count("warning[CNN1") == 0

    def test_errors_stay_whatever_is_ignored(self, cli, specs):
        broken = (specs / "broken.yaml").read_text()
        (specs / "broken.yaml").write_text(broken + "ignore: CNN201\n")
        status, out, _ = cli("validate", specs / "broken.yaml", "--ignore", "CNN201")
        assert status == 1
        assert "error[CNN201]" in out
        assert "CNN300" not in out

    def test_an_unknown_code_is_refused(self, cli, specs):
        status, _, err = cli("validate", specs / "toy.yaml", "--ignore", "CNN2100")
        assert status == 2
        assert "--ignore CNN2100 is not a code; did you mean `CNN210`?" in err

    def test_expectations(self, cli, specs):
        status, out, _ = cli("validate", specs / "failing.yaml")
        assert status == 1
        assert "error[CNN011]: params is 1,835, not 1 as expected: 1,834 more\n" in out

    def test_an_empty_folder(self, cli, tmp_path):
        status, out, err = cli("validate", tmp_path)
        assert (status, out) == (2, "")
        assert "no .yaml file in" in err

    def test_no_path(self, cli):
        assert cli("validate")[0] == 2

    def test_a_missing_file_among_others_is_a_finding(self, cli, specs):
        status, out, _ = cli("validate", specs / "nope.yaml", specs / "toy.yaml")
        assert status == 1
        assert out.endswith("2 specs: 1 valid, 1 failed (1 error)\n")

    @pytest.mark.parametrize("spec, status", [("vgg16", 0), (SMALL, 0), ("INPUT[8x8x3] -> X", 1)])
    def test_names_and_patterns(self, cli, spec, status):
        assert cli("validate", spec)[0] == status

    def test_stdin(self, cli):
        assert cli("validate", "-", stdin=FAILING.encode())[0] == 1

    def test_json(self, cli, specs):
        status, out, _ = cli("validate", specs, "--format", "json")
        assert status == 1
        data = json.loads(out)
        assert {"schema_version", "specs", "summary"} <= data.keys()
        assert [spec["valid"] for spec in data["specs"]] == [False, False, True, True]
        assert (data["summary"]["specs"], data["summary"]["errors"]) == (4, 2)
        (diagnostic,) = data["specs"][1]["diagnostics"]
        assert (diagnostic["code"], diagnostic["line"], diagnostic["column"]) == ("CNN011", 4, 18)
        assert {"code", "severity", "message", "file", "line", "column"} <= diagnostic.keys()

    def test_the_shipped_specs(self, cli):
        status, out, _ = cli("validate", ROOT / "specs")
        assert status == 0, out


class TestByHand:
    """The figures of the CS231n course notes."""

    def test_alexnets_first_layer(self, cli):
        status, out, err = cli("conv", "227x227x3", "-k", 96, "-f", 11, "-s", 4, "-p", 0)
        assert (status, err) == (0, "")
        for figure in (
            "55x55x96 = 290,400 neurons",
            "(227 - 11 + 2*0)/4 + 1 = 55",
            "363 weights + 1 bias each",
            "(11*11*3)*96 = 34,848",
            "34,944",
            "105,705,600 if the 290,400 neurons did not share theirs",
            "X_col [363 x 3025]",
            "W_row [96 x 363]",
            "W_row times X_col is [96 x 3025]",
        ):
            assert figure in out, figure

    def test_a_pool_discards_75_percent(self, cli):
        out = cli("pool", "224x224x64", "-f", 2, "-s", 2)[1]
        assert "discards    75.0 % of the activations: 3,211,264 become 802,816" in out

    def test_fc6_of_vgg16(self, cli):
        out = cli("fc", "7x7x512", "-k", 4096)[1]
        assert "7*7*512*4096 = 102,760,448" in out
        assert "25,088 weights + 1 bias each" in out

    def test_fc_of_the_overview(self, cli):
        assert "120,000 weights" in cli("fc", "200x200x3", "-k", 1)[1]

    def test_all_valid_strides_and_paddings(self, cli):
        out = cli("conv", "10x10x3", "-k", 4, "-f", 4, "-s", 2, "-p", 0)[1]
        assert "strides     1, 2, 3, 6 fit" in out
        assert "paddings    0, 1, 2, 3 fit" in out

    def test_what_would_fit_when_it_does_not(self, cli):
        status, out, err = cli("conv", "10x10x3", "-k", 4, "-f", 3, "-s", 2, "-p", 0)
        assert (status, out) == (2, "")
        assert "(10 - 3 + 2*0)/2 + 1 = 4.5" in err
        assert "= hint: stride 1 or 7, kernel 2 or 4, padding 0:1, input 9x9 or 11x11, or `--rounding floor`, fits" in err

    def test_rounded(self, cli):
        out = cli("conv", "10x10x3", "-k", 4, "-f", 3, "-s", 2, "-p", 0, "--rounding", "floor")[1]
        assert "(10 - 3 + 2*0)/2 + 1 = 4 (rounded)" in out

    def test_groups_and_no_bias(self, cli):
        out = cli("conv", "27x27x96", "-k", 256, "-f", 5, "-g", 2, "--no-bias")[1]
        assert "(5*5*(96/2))*256 = 307,200" in out
        assert "parameters  307,200\n" in out
        assert "X_col 2 x [1200 x 729]" in out
        assert "W_row 2 x [128 x 1200]" in out

    @pytest.mark.parametrize("kind, name", [("max", "POOL"), ("average", "AVGPOOL"), ("l2", "L2POOL")])
    def test_kinds_of_pools(self, cli, kind, name):
        assert cli("pool", "8x8x3", "--kind", kind)[1].startswith(f"{name}2 over 8x8x3\n")

    def test_one_and_three_dimensions(self, cli):
        assert "4000x64 = 256,000 neurons" in cli("conv", "16000x1", "-k", 64, "-f", 80, "-s", 4, "-p", 38)[1]
        assert "56x56x8x3" in cli("pool", "112x112x16x3")[1]

    def test_memory_for_a_batch_and_dtype(self, cli):
        out = cli("conv", "227x227x3", "-k", 96, "-f", 11, "-s", 4, "-p", 0, "--batch", 32, "--dtype", "float16")[1]
        assert "(float16, batch 32)" in out
        assert f"{1_098_075 * 32:,} values" in out

    def test_the_pattern_that_it_prints_is_one(self, cli):
        out = cli(
            "conv", "27x27x96", "-k", 256, "-f", 5, "-g", 2, "-s", 2, "-p", "0x1", "-d", 2, "--no-bias", "--rounding", "floor"
        )[1]
        pattern = re.search(r"pattern +(.*)", out)[1]
        assert cli("analyze", pattern, "--rounding", "floor")[0] == 0

    def test_json(self, cli):
        data = json.loads(cli("conv", "227x227x3", "-k", 96, "-f", 11, "-s", 4, "-p", 0, "--format", "json")[1])
        assert data["neurons"] == 290_400
        assert data["weights_per_neuron"] == 363
        assert data["im2col"]["columns"] == [363, 3025]
        assert data["im2col"]["rows"] == [96, 363]
        assert data["paddings"] == [0, 2, 4, 6, 8, 10]
        assert json.loads(cli("pool", "224x224x64", "--format", "json")[1])["discarded"] == 0.75

    @pytest.mark.parametrize(
        "arguments, message",
        [
            (("conv", "8", "-k", "3"), "8 is one number; write 8x8x3 for an image, 8x1 for a signal, with the depth last"),
            (("conv", "8x8x3", "-k", "0"), "CONV filters must be at least 1, not 0"),
            (("conv", "8x8x3", "-k", "a b"), "filters is a value such as 3 or 3x5, not 'a b'"),
            (("conv", "8x8x3", "-k", "8) -> FC(3"), "filters is a value such as 3 or 3x5"),
            (("conv", "8x8x3", "-k", "8", "-f", "9"), ""),
            (("pool", "8x8x3", "-p", "9"), "more than half the kernel"),
            (("fc", "8x8x3", "-k", "-1"), "FC units must be at least 1, not -1"),
            (("pool", "8x8x3", "--dtype", "x"), "dtype is one of"),
        ],
    )
    def test_bad_values(self, cli, arguments, message):
        status, _, err = cli(*arguments)
        assert message in err
        assert status == (2 if message else 0)


class TestExplain:
    @pytest.mark.parametrize("code", sorted(codes()))
    def test_every_code(self, cli, code):
        status, out, err = cli("explain", code)
        assert (status, err) == (0, "")
        for head in ("What", "Why", "Example", "Fix"):
            assert f"\n{head}\n  " in out
        assert cli("explain", code.lower())[1] == out

    @pytest.mark.parametrize("kind", sorted(kinds.names()))
    def test_every_kind(self, cli, kind):
        status, out, err = cli("explain", kind)
        assert (status, err) == (0, "")
        assert out.startswith(f"{kinds.SYNONYMS.get(kind, kind)}")
        assert "\nWritten  " in out
        assert "\nExamples\n  " in out
        for option in kinds.find(kind).options:
            assert f"\n  {option.name} " in out

    def test_the_numbers_of_examples(self, cli):
        out = cli("explain", "upsample")[1]
        assert "\n  UPSAMPLE2 makes 28x28x256 of 14x14x256  [Lin et al." in out
        assert "\n  UPSAMPLE1x2 makes 1 2; 1 2; 3 4; 3 4 of 1 2; 3 4\n" in out
        assert out.endswith("\n  (; between rows)\n")
        out = cli("explain", "prelu")[1]
        assert "\n  PRELU makes -1 3 | -0.5 3 of -2 3 | -2 3 with slope 0.5 0.25\n" in out
        assert out.endswith("\n  (| between channels)\n")

    def test_all_kinds(self, cli):
        out = cli("explain", "kinds")[1]
        assert [line.split()[0] for line in out.splitlines()] == sorted(kinds.names())

    def test_all_codes(self, cli):
        out = cli("explain", "codes")[1]
        assert [line.split()[0] for line in out.splitlines()] == sorted(codes())

    def test_a_kind_with_a_size(self, cli):
        assert cli("explain", "CONV3") == cli("explain", "CONV")

    def test_the_slip_of_the_notes(self, cli):
        out = " ".join(cli("explain", "CNN501")[1].split())
        assert "24M values and 93MB" in out
        assert "15,237,608" in out

    def test_unknown(self, cli):
        status, out, err = cli("explain", "CNV")
        assert (status, out) == (2, "")
        assert "did you mean `CONV`?" in err

    def test_codes_are_numbers_of_their_families(self):
        for number, code in codes().items():
            assert re.fullmatch(r"CNN[0-5]\d\d", number)
            assert code.number == number


class TestList:
    def test_all(self, cli):
        status, out, err = cli("list")
        assert (status, err) == (0, "")
        names = [line.split()[0] for line in out.splitlines()[2:]]
        assert names == sorted(path.stem for path in (ROOT / "specs").glob("*.yaml"))

    def test_some(self, cli):
        names = [line.split()[0] for line in cli("list", "vgg16")[1].splitlines()[2:]]
        assert names == ["ssd300", "vgg16", "vgg16_bn"]  # ssd300 by its title: its backbone is VGG16

    def test_none(self, cli):
        status, out, err = cli("list", "nothing-of-this-name")
        assert (status, out) == (2, "")
        assert "no shipped spec matches nothing-of-this-name" in err

    def test_json(self, cli):
        data = json.loads(cli("list", "--format", "json")[1])
        figures = {spec["name"]: spec for spec in data}
        assert figures["vgg16"]["params"] == 138_357_544
        assert figures["vgg16"]["input"] == [224, 224, 3]
        assert figures["vgg16"]["source"]


class TestGroup:
    def test_help(self, cli):
        for arguments in (("--help",), ("-h",), ("analyze", "-h")):
            status, out, err = cli(*arguments)
            assert (status, err) == (0, "")
            assert out.startswith("Usage: cnncalc")

    def test_every_command_has_help(self, cli):
        commands = re.findall(r"^  (\w+)  ", cli("--help")[1].partition("Commands:")[2], re.MULTILINE)
        assert {"analyze", "validate", "conv", "pool", "fc", "list", "explain"} <= set(commands)
        for command in commands:
            assert cli(command, "--help")[0] == 0

    @pytest.mark.parametrize("option", ["--version", "-V"])
    def test_version(self, cli, option):
        import cnncalc

        assert cli(option) == (0, f"cnncalc {cnncalc.__version__}\n", "")

    @pytest.mark.parametrize(
        "word, hint",
        [
            ("anlyze", "did you mean `analyze`?"),
            ("toy.yaml", "did you mean `cnncalc analyze toy.yaml`?"),
            ("qqq", "no command `qqq`\n"),
            ("vgg16", "no command `vgg16`; did you mean `cnncalc analyze vgg16`?"),
            ("INPUT[8x8x3] -> RELU", 'no command `INPUT[8x8x3] -> RELU`; did you mean `cnncalc analyze "INPUT[8x8x3] -> RELU"`?'),
            ("help", "no command `help`; did you mean `cnncalc --help`?"),
        ],
    )
    def test_no_such_command(self, cli, word, hint):
        status, out, err = cli(word)
        assert (status, out) == (2, "")
        assert hint in err


class TestWhatWasMeant:
    SHELL = (
        "Usage: cnncalc analyze [OPTIONS] SPEC\n"
        "Try 'cnncalc analyze --help' for help.\n"
        "\n"
        "Error: Got unexpected extra arguments (- -)\n"
        "Quote the pattern: the shell takes the `>` of `->` for a file, and has written to a file of that name:\n"
        '  cnncalc analyze "INPUT[32x32x3] -> CONV3-16 -> RELU -> FC-10"\n'
    )

    def test_an_arrow_that_the_shell_has_taken(self, cli):
        assert cli("analyze", "INPUT[32x32x3]", "-", "-") == (2, "", self.SHELL)
        assert "Quote the pattern" in cli("analyze", "CONV3-16", "-")[2]
        assert "Quote" not in cli("analyze", "vgg16", "-", "-")[2]

    @pytest.mark.parametrize("word, number", [("1K", 1000), ("1k", 1000), ("2e3", 2000), ("32", 32)])
    def test_a_batch_with_a_suffix(self, cli, word, number):
        assert f'"batch": {number},' in cli("analyze", "lenet5", "--batch", word, "--format", "json")[1]

    @pytest.mark.parametrize("word", ["1.5", "K", "1Ki", "1e-3", "-1K"])
    def test_a_batch_that_is_no_integer(self, cli, word):
        status, out, err = cli("analyze", "lenet5", "--batch", word)
        assert (status, out) == (2, "")
        assert err.endswith(f"Error: Invalid value for '--batch': {word!r} is not a valid integer.\n")

    @pytest.mark.parametrize(
        "flags, said",
        [
            (["--style", "notes", "--format", "json"], "--style notes and --format json are two ways to print: give one of them"),
            (["--all", "--format", "csv"], "--all is for the table: csv shows every layer"),
            (["--depth", "1", "--style", "notes"], "--depth is for the table: notes shows every layer"),
            (["--depth", "0", "--format", "json"], "--depth is for the table: json shows every layer"),
            (["--depth", "0", "--all"], "--all opens every block: leave out --depth"),
            (["--timeline", "--format", "csv"], "--timeline is for table, json and markdown: csv shows no chart"),
            (["--timeline", "--style", "notes"], "--timeline is for table, json and markdown: notes shows no chart"),
        ],
    )
    def test_options_of_the_view_are_not_lost(self, cli, flags, said):
        status, out, err = cli("analyze", "lenet5", *flags)
        assert (status, out) == (2, "")
        assert err.endswith(f"Error: {said}\n")

    def test_a_pipe_is_folded_where_a_depth_is_given(self, cli):
        opened, one, folded = (
            cli("analyze", "resnet50", *flags)[1].splitlines() for flags in ([], ["--depth", "1"], ["--depth", "0"])
        )
        assert opened == cli("analyze", "resnet50", "--all")[1].splitlines()
        assert len(folded) < len(one) < len(opened)
        table = next(at for at, line in enumerate(folded) if line.startswith("total"))
        macs = sum(int(line.split()[-3].replace(",", "")) for line in folded[4 : table - 1])
        assert macs == 4_089_184_256  # ResNet-50 by torchvision, 4.09 G
        assert folded[table].split() == next(line.split() for line in opened if line.startswith("total"))

    def test_markdown_holds_the_chart_of_memory(self, cli):
        out = cli("analyze", "lenet5", "--timeline", "--format", "markdown")[1]
        assert "```text\nMemory over a training step with momentum, one image: at most " in out
        assert out.endswith("```\n")

    def test_fc_over_a_plain_vector(self, cli):
        assert cli("fc", "512", "-k", "10") == cli("fc", "1x1x512", "-k", "10")
        assert "weights     D*K = 512*10 = 5,120" in cli("fc", "512", "-k", "10")[1]

    def test_a_bound_of_expect_as_a_limit(self, cli):
        err = cli("compare", "lenet5", "vgg11", "--fail-on", "params.max: 140M")[2]
        assert err.endswith(
            "Error: `params.max: 140M` is not a limit: write a figure, > or <, and an amount, such as macs>+5% or params>140M; "
            "here, params.max: 140M is `params>140M`\n"
        )


class TestOurOwnBugs:
    def test_101_without_a_traceback(self, cli, monkeypatch):
        def fail(*_arguments, **_options):
            raise ZeroDivisionError("division by zero")

        monkeypatch.setattr("cnncalc.pipeline.report", fail)
        status, out, err = cli("analyze", SMALL)
        assert (status, out) == (101, "")
        assert err.startswith("cnncalc: internal error: ZeroDivisionError: division by zero\n")
        assert "This is our bug, not yours" in err
        assert "Traceback" not in err

    def test_an_error_of_values_is_one_as_well(self, cli, monkeypatch):
        """A bad name to freeze is a ValueError and a usage error; our own errors are not."""

        def fail(*_arguments, **_options):
            raise ValueError("zip() argument 2 is longer than argument 1")

        monkeypatch.setattr("cnncalc.pipeline.report", fail)
        assert cli("analyze", SMALL)[0] == 101

    def test_the_traceback_can_be_had(self, cli, monkeypatch):
        def fail(*_arguments, **_options):
            raise ZeroDivisionError("division by zero")

        monkeypatch.setattr("cnncalc.pipeline.report", fail)
        monkeypatch.setenv("CNNCALC_DEBUG", "1")
        assert "Traceback" in cli("analyze", SMALL)[2]

    def test_interrupted(self, cli, monkeypatch):
        def stop(*_arguments, **_options):
            raise KeyboardInterrupt

        monkeypatch.setattr("cnncalc.pipeline.report", stop)
        assert cli("analyze", SMALL) == (130, "", "\ninterrupted\n")


class TestAveragesWithoutPadding:
    """The third mode of the Knet tutorial's pool."""

    def test_the_pattern_says_it(self, cli):
        out = cli("pool", "6x1", "-p", "1", "--kind", "average", "--no-count-padding")[1]
        assert "pattern     INPUT[6x1] -> AVGPOOL(padding=1, count_padding=false)\n" in out

    def test_other_pools_have_no_such_option(self, cli):
        status, _, err = cli("pool", "6x1", "--count-padding")
        assert status == 2
        assert "--count-padding and --no-count-padding belong to --kind average" in err
