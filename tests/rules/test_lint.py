"""`cnncalc lint`, silenced advice, and advice in `validate`."""

import json

import pytest
from support import run

import cnncalc
from cnncalc.rules.lint import rules

TOY = """name: toy
input: 32x32x3
pattern: INPUT -> [CONV -> BN -> RELU]*2 -> POOL4 -> FC-10
CONV: {kernel: 3, filters: 8}
"""
FIRST = """warning[CNN311]: conv1_1: 8 biases without effect, bn1_1 subtracts the mean
 --> toy.yaml:3:20
  |
3 | pattern: INPUT -> [CONV -> BN -> RELU]*2 -> POOL4 -> FC-10
  |                    ^^^^
  |
  = note: the network has 16 such parameters in 2 layers: conv1_1 and conv1_2
  = hint: `bias=false` leaves them out, in a spec `CONV: {bias: false}` in one line
  = help: cnncalc explain CNN311
"""


@pytest.fixture
def lint(tmp_path, monkeypatch):
    """Return a function that runs `cnncalc lint` in a folder with toy.yaml."""
    (tmp_path / "toy.yaml").write_text(TOY)
    return lambda *arguments: run("lint", *arguments, cwd=tmp_path)


def numbers(spec, **options):
    return [found.code.number for found in cnncalc.lint(spec, **options)]


def write(tmp_path, more):
    path = tmp_path / "spec.yaml"
    path.write_text(TOY + more)
    return path


def test_it_prints_the_advice(lint):
    done = lint("toy.yaml")
    assert done.returncode == 0
    assert done.stderr == ""
    assert FIRST in done.stdout
    assert done.stdout.endswith("\n1 spec: advice on 1 (1 warning, 2 notes)\n")


def test_strict(lint):
    assert lint("toy.yaml", "--strict").returncode == 1
    done = lint("toy.yaml", "--strict", "--ignore", "CNN306,cnn311", "--ignore=CNN314")
    assert (done.returncode, done.stdout) == (0, "1 spec: no advice\n")


def test_json(lint):
    data = json.loads(lint("toy.yaml", "--format", "json").stdout)
    assert data["summary"] == {"specs": 1, "warnings": 1, "notes": 2, "text": "1 spec: advice on 1 (1 warning, 2 notes)"}
    (spec,) = data["specs"]
    assert (spec["spec"], spec["usable"]) == ("toy.yaml", True)
    assert [(each["code"], each["severity"], each["line"]) for each in spec["diagnostics"]] == [
        ("CNN306", "note", 3),
        ("CNN311", "warning", 3),
        ("CNN314", "note", 3),
    ]


def test_folders_and_inline_patterns(lint, tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "fine.yaml").write_text("input: 8x8x3\npattern: CONV3-4 -> RELU -> GAP -> FC-3\n")
    assert lint("more").stdout == "1 spec: no advice\n"
    assert lint("more", "INPUT[8x8x3] -> CONV3-4 -> BN -> RELU -> GAP -> FC-3").stdout.endswith(
        "2 specs: advice on 1 (1 warning)\n"
    )
    (tmp_path / "none").mkdir()
    assert lint("none").returncode == 2


def test_unusable(lint, tmp_path):
    (tmp_path / "broken.yaml").write_text("input: 8x8x3\npattern: CONV3-4(stide=2)\n")
    done = lint("broken.yaml", "toy.yaml")
    assert done.returncode == 2
    assert "did you mean `stride`?" in done.stderr
    assert done.stdout.endswith("2 specs: advice on 1, 1 unusable (1 warning, 2 notes)\n")


@pytest.mark.parametrize(
    "given, hint", [("CNN31", "did you mean `CNN3"), ("pools", "advice has the codes CNN301 to CNN316"), ("CNN910", "CNN")]
)
def test_ignoring_what_is_no_code(lint, given, hint):
    done = lint("toy.yaml", "--ignore", given)
    assert done.returncode == 2
    assert f"--ignore {given.upper()} is not a code" in done.stderr
    assert hint in done.stderr


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.ADVICE.number)
def test_every_rule_can_be_silenced(rule, tmp_path):
    spec, number = rule.INVALID[0], rule.ADVICE.number
    assert number in numbers(spec)
    assert number not in numbers(spec, ignore=[number])
    size, _, rest = spec.removeprefix("INPUT[").partition("]")
    path = tmp_path / "spec.yaml"
    path.write_text(f"input: {size}\npattern: 'INPUT{rest}'\nignore: {number}\n")
    assert number not in numbers(path)
    path.write_text(f"input: {size}\npattern: 'INPUT{rest}'\n")
    assert number in numbers(path)


def test_the_spec_silences(tmp_path):
    assert numbers(write(tmp_path, "ignore: [CNN311, CNN314]\n")) == ["CNN306"]


def test_a_base_silences_too(tmp_path):
    write(tmp_path, "ignore: CNN311\n")
    other = tmp_path / "other.yaml"
    other.write_text("base: spec\nname: other\n")
    assert numbers(other) == ["CNN306", "CNN314"]
    other.write_text("base: spec\nignore: CNN306\n")  # the new spec's value replaces it
    assert numbers(other) == ["CNN311", "CNN314"]


def test_unknown_codes_are_warned_of(tmp_path):
    path = write(tmp_path, "ignore: [CNN3111, CNN210, pools]\n")
    found = [each for each in cnncalc.validate(path) if each.code.number == "CNN300"]
    assert [(each.severity, each.message, each.place()[1:]) for each in found] == [
        ("warning", "`CNN3111` under `ignore` is not a code", (5, 10)),
        ("warning", "`pools` under `ignore` is not a code", (5, 27)),
    ]
    assert found[0].hints == ("did you mean `CNN311`?",)
    assert numbers(path)[:2] == ["CNN300", "CNN300"]
    assert cnncalc.analyze(path).totals.params  # and the spec is usable


@pytest.mark.parametrize("value, what", [("{a: b}", "a mapping"), ("[[CNN301]]", "a list"), ("", "nothing")])
def test_ignore_of_a_wrong_type(tmp_path, value, what):
    (found,) = cnncalc.validate(write(tmp_path, f"ignore: {value}\n"))
    assert (found.code.number, found.severity) == ("CNN008", "error")
    assert found.message == f"`ignore` is a list of codes such as CNN301, not {what}"


def test_ignore_of_nothing(tmp_path):
    assert numbers(write(tmp_path, "ignore: []\n")) == ["CNN306", "CNN311", "CNN314"]


# validate shows certain waste, and counts matters of taste


def test_validate(tmp_path):
    write(tmp_path, "")
    done = run("validate", "spec.yaml", cwd=tmp_path)
    assert done.returncode == 0
    assert FIRST.replace("toy.yaml", "spec.yaml") in done.stdout
    assert "CNN306" not in done.stdout
    assert done.stdout.endswith("1 spec: 1 valid (1 warning)\n")
    assert done.stderr == "2 notes of advice on the design: cnncalc lint spec.yaml\n"
    assert run("validate", "spec.yaml", "--strict", cwd=tmp_path).returncode == 1


def test_notes_never_fail(tmp_path):
    write(tmp_path, "ignore: CNN311\n")
    done = run("validate", "spec.yaml", "--strict", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "1 spec: 1 valid\n")
    assert json.loads(run("validate", "spec.yaml", "--format", "json", cwd=tmp_path).stdout)["summary"]["notes"] == 2


def test_analyze_does_not_look_at_the_rules(tmp_path):
    path = write(tmp_path, "")
    assert not cnncalc.analyze(path).diagnostics


def test_repeated_findings_of_one_place_are_one():
    (found,) = (each for each in cnncalc.lint("resnet50") if each.code.number == "CNN303")
    assert found.notes[-1] == "it also holds for conv4_x/down1/body1/conv2 and conv5_x/down1/body1/conv2"
    (found,) = cnncalc.lint("INPUT[64x64x3] -> [CONV7-4 -> RELU]*9 -> GAP -> FC-3", ignore={"CNN302", "CNN308"})
    assert found.notes[-1] == "it also holds for conv2, conv3, conv4 and 5 more layers"


def test_one_cause_in_many_places_is_one_finding():
    places = " -> ".join(["CONV3-4 -> BN -> RELU"] * 6)
    (found,) = (each for each in cnncalc.lint(f"INPUT[8x8x3] -> {places} -> GAP -> FC-3") if each.code.number == "CNN311")
    assert found.notes == ("the network has 24 such parameters in 6 layers: conv1, conv2, conv3, conv4 and 2 more",)
    assert found.hints == ("`bias=false` leaves them out, in a spec `CONV: {bias: false}` in one line",)


def test_a_bias_that_has_an_effect_is_not_left_out_for_all():
    text = "INPUT[8x8x3] -> CONV3-4 -> BN -> RELU -> CONV3-4 -> BN -> RELU -> CONV3-4 -> GAP -> FC-3"
    (found,) = (each for each in cnncalc.lint(text) if each.code.number == "CNN311")
    assert found.hints == ("`bias=false` leaves them out",)
