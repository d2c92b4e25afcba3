"""`cnncalc compare`: two specs side by side, from all kinds of sources."""

import json
import subprocess

import pytest
from support import run

SEVEN = "INPUT[32x32x64] -> CONV7-64(bias=false)"
THREE = "INPUT[32x32x64] -> [CONV3-64(bias=false) -> RELU]*3"
SPEC = "input: 8x8x1\npattern: INPUT -> {}\n"


@pytest.fixture
def repository(tmp_path):
    """Return a folder with a git repository; specs/net.yaml has changed since its only commit."""

    def git(*arguments):
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments], cwd=tmp_path, check=True, capture_output=True
        )

    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "net.yaml").write_text(SPEC.format("CONV3-4 -> FC-2"))
    (tmp_path / "specs" / "below.yaml").write_text("input: 8x8x1\npattern: INPUT -> CONV3-N -> FC-2\nN: 4\n")
    (tmp_path / "specs" / "above.yaml").write_text("base: below\nN: 5\n")
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    (tmp_path / "specs" / "net.yaml").write_text(SPEC.format("CONV3-8 -> FC-2"))
    (tmp_path / "specs" / "below.yaml").write_text("input: 8x8x1\npattern: INPUT -> CONV7-N -> FC-2\nN: 4\n")
    return tmp_path


def compared(*arguments, **options):
    done = run("compare", *arguments, "--format", "json", **options)
    return done, json.loads(done.stdout) if done.stdout else None


def test_one_large_kernel_against_a_stack_of_small_ones():
    """CS231n notes: a 7x7 layer has C x (7x7xC) = 49C^2 weights, three 3x3 layers 3 x (C x (3x3xC)) = 27C^2."""
    done, data = compared(SEVEN, THREE)
    one, two = (each["figures"] for each in data["specs"])
    assert (one["weights"], two["weights"]) == (49 * 64**2, 27 * 64**2)
    assert one["receptive_field"] == two["receptive_field"] == 7
    assert (one["values"], two["values"]) == (2 * 32 * 32 * 64, 4 * 32 * 32 * 64)  # more memory for backpropagation
    assert done.returncode == 0


def test_text():
    done = run("compare", SEVEN, THREE)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("A  INPUT[32x32x64] -> CONV7-64(bias=false) · 32x32x64 -> 32x32x64")
    assert lines[3].split() == ["A", "B", "B/A"]
    figures = {line.split()[0]: line.split()[1:] for line in lines[5:] if line}
    assert figures["weights"] == ["200,704", "110,592", "x0.551"]
    assert figures["receptive_field"] == ["7", "7", "="]
    assert "A to B: 1 layer removed, 6 added, 1 equal" in lines
    assert any(line.split() == ["-", "conv1", "CONV7-64", "32x32x64", "200,704", "205,520,896"] for line in lines)


def test_three_specs():
    done = run("compare", "vgg11", "vgg13", "vgg16")
    assert done.stdout.splitlines()[4].split() == ["A", "B", "C", "B/A", "C/A"]
    assert "A to B:" in done.stdout
    assert "A to C:" in done.stdout
    assert "B to C:" not in done.stdout


def test_markdown():
    done = run("compare", SEVEN, THREE, "--format", "markdown", "--fail-on", "values>+10%")
    assert "| weights | 200,704 | 110,592 | x0.551 |" in done.stdout
    assert "<details><summary>Layers: A to B, 1 layer removed, 6 added, 1 equal</summary>" in done.stdout
    assert "- :x: values>+10%: values of B is 262,144, +131,072 (+100 %) against 131,072 of A" in done.stdout
    assert done.returncode == 1


def test_equal_specs():
    done = run("compare", "vgg16", "vgg_d")
    assert "A to B: the layers are the same." in done.stdout
    assert done.returncode == 0


@pytest.mark.parametrize(
    "limit, status", [("macs>+5%", 0), ("values>+5%", 1), ("params>110K", 1), ("params>111K", 0), ("memory.forward>=1MiB", 1)]
)
def test_limits(limit, status):
    done, data = compared(SEVEN, THREE, "--fail-on", limit)
    assert done.returncode == status
    assert [each["limit"] for each in data["failures"]] == [limit] * status


def test_a_git_revision(repository):
    done, data = compared("main:specs/net.yaml", "specs/net.yaml", cwd=repository)
    assert done.returncode == 0, done.stderr
    assert [each["figures"]["params"] for each in data["specs"]] == [3 * 3 * 4 + 4 + 64 * 4 * 2 + 2, 3 * 3 * 8 + 8 + 64 * 8 * 2 + 2]
    assert [each["spec"] for each in data["specs"]] == ["main:specs/net.yaml", "specs/net.yaml"]


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("main:specs/none.yaml", "the revision `main` has no file `specs/none.yaml`"),
        ("mian:specs/net.yaml", "there is no file `mian:specs/net.yaml`, and no git revision `mian` here"),
        ("main:net", "there is no file and no shipped spec `main:net`"),
    ],
)
def test_a_git_revision_or_a_file_in_it_that_is_not_there(repository, spec, told):
    done, _ = compared("specs/net.yaml", spec, cwd=repository)
    assert done.returncode == 2
    assert f"error[CNN001]: {told}\n" in done.stderr


def test_a_git_revision_from_a_subfolder(repository):
    done, data = compared("HEAD:net.yaml", "net.yaml", cwd=repository / "specs")
    assert done.returncode == 0, done.stderr
    assert data["changes"][0]["layers"]


def test_the_base_of_a_revision_is_of_that_revision(repository):
    done, data = compared("main:specs/above.yaml", "specs/above.yaml", cwd=repository)
    assert done.returncode == 0, done.stderr
    assert [each["figures"]["weights"] for each in data["specs"]] == [9 * 5 + 64 * 5 * 2, 49 * 5 + 64 * 5 * 2]


def test_a_file_goes_before_a_revision(repository):
    (repository / "main:specs").mkdir()
    (repository / "main:specs" / "net.yaml").write_text(SPEC.format("FC-2"))
    _, data = compared("main:specs/net.yaml", "specs/net.yaml", cwd=repository)
    assert data["specs"][0]["figures"]["layers"] == 2


@pytest.mark.parametrize(
    "spec", ["nope:specs/net.yaml", "main:specs/nope.yaml", "main:specs", ":specs/net.yaml", "main:", "--upload-pack=x:y.yaml"]
)
def test_what_git_does_not_know(repository, spec):
    done = run("compare", "--", spec, "specs/net.yaml", cwd=repository)
    assert done.returncode == 2
    assert "error[CNN001]" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_spec_that_does_not_load_is_left_out():
    done = run("compare", "vgg11", "INPUT[4x4x1] -> CONV9-2(padding=0)", "vgg13", "--fail-on", "macs>+5%")
    assert done.returncode == 2
    assert "error[CNN202]" in done.stderr
    assert "is left out of the comparison" in done.stderr
    assert "B  vgg13" in done.stdout
    assert "failed: macs>+5%" in done.stdout


def test_without_the_base_no_limit_is_checked():
    done = run("compare", "nope", "vgg11", "vgg13", "--fail-on", "macs>+5%")
    assert done.returncode == 2
    assert "no limit is checked" in done.stderr
    assert "failed" not in done.stdout


def test_nothing_loads():
    done = run("compare", "nope", "nothing")
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["vgg11"], "two specs are needed"),
        (["-", "-"], "only one spec can be -"),
        (["vgg11", "vgg13", "--fail-on", "mac>1"], "did you mean `macs`?"),
    ],
)
def test_usage(arguments, told):
    done = run("compare", *arguments)
    assert done.returncode == 2
    assert told in done.stderr


def test_stdin():
    done, data = compared("vgg11", "-", input=SPEC.format("FC-2"))
    assert done.returncode == 0
    assert data["specs"][1]["figures"]["layers"] == 2
