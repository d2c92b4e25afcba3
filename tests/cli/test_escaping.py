"""Names from specs and files in every output: no control character of theirs, and nothing that the output's language obeys."""

import json
import re
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from cnncalc.cli.group import cli as group
from cnncalc.reports import renderers
from cnncalc.text import escape

ESCAPES = "\x1b]0;PWNED\a\x1b[2J\x1b[31m\x9b2J\x7f\x08\u202e\u2066\u061c\u2028"
MARKUP = "|`` ` <h1>x</h1> <img src=x onerror=alert(1)> [a](http://evil.example) ![b](//evil) www.evil.example @everyone **c** # ~~d~~ &lt;"
LINES = "\n\n# heading\r\n- item\n```\n"
NAME = f"=cmd {ESCAPES} {MARKUP} {LINES} end"
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
SPEC = f"""\
name: {json.dumps(NAME)}
description: {json.dumps(NAME)}
source: {json.dumps(NAME)}
input: 9x9x3
pattern: INPUT -> a=CONV3-4 -> RELU -> CONV3-4/2 -> FC-3
expect: {{params: 1, shapes: {{nothing: 1x1x1}}}}
ignore: CNN301
"""
STEM = "\x1b]0;PWNED\a\u202e\x9b`|<b>@all\n# x"


@pytest.fixture
def hostile(tmp_path, monkeypatch):
    """Return the names of two files: a hostile name in the first, a hostile stem of the second."""
    monkeypatch.chdir(tmp_path)
    files = ("spec.yaml", f"{STEM}.yaml")
    (tmp_path / files[0]).write_text(SPEC, encoding="utf-8")
    (tmp_path / files[1]).write_text("input: 9x9x3\npattern: CONV3-4 -> FC-3\n", encoding="utf-8")
    (tmp_path / "broken\x1b[2J\u202e.yaml").write_text(
        "input: 9x9x3\npattern: CONV3-4(\u202epad\u2066=1)\nx\u202ey: 1\n", encoding="utf-8"
    )
    return files


COMMANDS = [
    *(["analyze", "SPEC", "--format", name] for name in renderers.names()),
    ["analyze", "SPEC"],
    ["analyze", "SPEC", "--style", "notes"],
    ["analyze", "SPEC", "--timeline"],
    *(["compare", "SPEC", "lenet5", "--format", form, "--fail-on", "params>1%"] for form in ("text", "markdown", "json")),
    *([command, "SPEC", "--format", form] for command in ("why", "rf", "verify", "validate", "lint") for form in ("text", "json")),
    *(["why", "SPEC", layer] for layer in ("conv2", "fc3", "nothing")),
    *(["table", "SPEC", "lenet5", "--format", form] for form in ("text", "markdown", "csv", "html", "latex", "json")),
    ["table", "SPEC", "--vary", "N=1..2"],
    ["rf", "SPEC", "conv2"],
    ["rf", "SPEC", "x\x1b[2J\u202e"],
    ["validate", "."],
    ["verify", "SPEC", "--save", "out\x1b\u202e.npz"],
    ["verify", "SPEC", "--weights", "no\x1b\u202e.npz"],
    ["verify", "SPEC", "--array", "no\x1b\u202e.npy"],
    ["verify", "SPEC", "--sliding", "--input", "32x32x3"],
    ["fit", "SPEC", "--memory", "1GiB"],
    ["fit", "SPEC", "--memory", "1GiB", "--format", "json"],
    *(["demo", "SPEC", "--format", form, "--all"] for form in ("text", "markdown", "svg")),
    *(
        ["demo", "SPEC", "a", *words]
        for words in (["--matrix", "im2col"], ["--show", "V"], ["--show", "x\x1b[2J"], ["--at", "\x1b[2J"])
    ),
    ["demo", "SPEC", "x\x1b[2J\u202e"],
    ["demo", "SPEC", "-o", "out\x1b\u202e.svg"],
    ["demo", "SPEC", "--play"],
    ["convert", "SPEC", "--to", "layers"],
    ["convert", "SPEC", "--to", "layers", "-o", "out\x1b\u202e.yaml"],
    ["convert", "SPEC", "--fc-to-conv"],
    ["convert", "SPEC", "--pool-to-conv"],
    ["convert", "SPEC", "--conv-to-fc", "x\x1b\u202e"],
    ["analyze", "broken\x1b[2J\u202e.yaml"],
    ["analyze", "none\x1b[2J\u202e.yaml"],
    ["analyze", "INPUT[8x8x3] -> CONV\u202e3-\x1b[2J"],
    ["analyze", "\x1b[2J\u202e"],
    ["explain", "\x1b[2J\u202e"],
    ["list", "\x1b[2J\u202e"],
    ["\x1b[2J\u202e"],
    ["analyze", "SPEC", "--format", "\x1b[2J\u202e"],
    ["analyze", "SPEC", "--\x1b[2J\u202e"],
    ["analyze", "SPEC", "--input", "\x1b[2J\u202e"],
    ["analyze", "SPEC", "--dtype", "\x1b[2J\u202e"],
    ["compare", "SPEC", "lenet5", "--fail-on", "\x1b[2J\u202e"],
    ["fit", "SPEC", "--device", "\x1b[2J\u202e"],
]


@pytest.mark.parametrize("at", [0, 1], ids=["name", "stem"])
@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda words: " ".join(words).encode("ascii", "backslashreplace").decode())
def test_no_control_character_reaches_an_output(arguments, at, hostile, cli):
    status, out, err = cli(*(hostile[at] if word == "SPEC" else word for word in arguments))
    assert status in {0, 1, 2}
    found = CONTROLS.findall(out + err)
    assert not found
    assert "\n#" not in out.replace("\n### ", "")  # the heading of `--format markdown` is ours
    assert "\n- item" not in out


def test_every_command_is_in_the_table():
    by_hand = {"conv", "pool", "fc"}  # they read sizes, not specs
    assert set(group.list_commands(None)) - by_hand == {words[0] for words in COMMANDS if words[0].isalpha()}


def test_the_table_with_colours_has_our_colours_only(hostile, cli, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    for spec in hostile:
        monkeypatch.setattr(sys, "argv", [])
        _, out, err = cli_coloured(spec)
        assert "\x1b[" in out
        assert not CONTROLS.findall(re.sub("\x1b\\[[0-9;]*m", "", out + err))
        assert "\x1b[31m" not in out


def cli_coloured(spec):
    done = CliRunner().invoke(group, ["analyze", spec], standalone_mode=False, env={"FORCE_COLOR": "1"})
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.parametrize("form", ["json"])
def test_json_holds_the_name_itself(form, hostile, cli):
    _, out, _ = cli("analyze", hostile[0], "--format", form)
    assert json.loads(out)["name"] == NAME
    assert "\\u009b" in out


def test_markdown(hostile, cli):
    for arguments in (["analyze", hostile[0], "--format", "markdown"], ["compare", hostile[0], hostile[1], "--format", "markdown"]):
        _, out, _ = cli(*arguments)
        outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", out) if arguments[0] == "compare" else out
        for live in ("<h1", "<img", "<b>", "[a]", "![b]", "](http:", "**c", "~~d", "http://", "www.evil"):
            assert live not in outside, live
        assert "@everyone" not in out
        assert "@all" not in out
        assert len(re.findall(r"(?m)^#", out)) == out.startswith("### ")


def test_csv_and_html(hostile):
    from cnncalc import analyze

    assert "<h1" not in analyze(hostile[0])._repr_html_()
    assert not CONTROLS.findall(analyze(hostile[0])._repr_html_())


@pytest.mark.parametrize(
    "text, markdown, code, cell",
    [
        ("VGG-16", "VGG-16", "`VGG-16`", "VGG-16"),
        ("conv1_1", "conv1_1", "`conv1_1`", "conv1_1"),
        ("_x_", r"\_x\_", "`_x_`", "_x_"),
        ("> a > b", r"\> a > b", "`> a > b`", "> a > b"),
        ("a|b", r"a\|b", "`a|b`", "a|b"),
        ("`", r"\`", "`` ` ``", "`"),
        ("a``b", r"a\`\`b", "``` a``b ```", "a``b"),
        ("<b> & &lt;", "&lt;b> &amp; &amp;lt;", "`<b> & &lt;`", "<b> & &lt;"),
        ("@team x@y", "@\u200bteam x@y", "`@\u200bteam x@y`", "'@team x@y"),
        ("[a](b)", r"\[a\](b)", "`[a](b)`", "[a](b)"),
        ("http://a www.b", "http&#58;//a www&#46;b", "`http://a www.b`", "http://a www.b"),
        ("=1+1", "=1+1", "`=1+1`", "'=1+1"),
        (" \t=1", "  =1", "`  =1`", "'  =1"),
        ("a\r\nb\nc", "a b c", "`a b c`", "a b c"),
        ("\x1b[1m", "\ufffd\\[1m", "`\ufffd[1m`", "\ufffd[1m"),
        ("Größe · 模型", "Größe · 模型", "`Größe · 模型`", "Größe · 模型"),
    ],
)
def test_each_language(text, markdown, code, cell):
    assert (escape.markdown(text), escape.code(text), escape.cell(text)) == (markdown, code, cell)


def test_a_fence_is_longer_than_what_it_holds():
    assert escape.fenced(["a"], "diff") == ["```diff", "a", "```"]
    assert escape.fenced(["a ```` b", "```"], "") == ["`````", "a ```` b", "```", "`````"]


def test_terminal():
    assert escape.terminal("a\n\x1b[31mb\x1b]0;\a\x9b\t") == "a\n\ufffd[31mb\ufffd]0;\ufffd\ufffd\ufffd"
    assert escape.terminal("\x1b[31mb\x1b[2J", coloured=True) == "\x1b[31mb\ufffd[2J"
    assert escape.line("a\u2028b\rc\x0bd\u202ee") == "a b c d\ufffde"
    assert escape.html("<a\u202e'\">") == "&lt;a\ufffd&#x27;&quot;&gt;"
    assert json.loads(escape.json({"a": "\x1b\x9b\u202e\ud800\n"})) == {"a": "\x1b\x9b\u202e\ud800\n"}
    assert escape.json("\x1b\x9b\u202e\ud800\n\x7f") == '"\\u001b\\u009b\\u202e\\ud800\\n\\u007f"'


def test_arrays_with_hostile_names(hostile, cli, tmp_path):
    np.savez(tmp_path / "w.npz", **{"\x1b[2J\u202e": np.zeros(1)})
    status, out, err = cli("verify", hostile[0], "--weights", "w.npz")
    assert status == 2
    assert not CONTROLS.findall(out + err)
