"""Random networks that follow the grammar, through every command: an exit status of 0, 1 or 2, in bounded time, without control characters.

Kinds, options and their values come from the declarations of the layers, so that a new kind is covered at once.
`HYPOTHESIS_PROFILE=search` draws thousands of them.
"""

import contextlib
import io
import json
import os
import re
import sys
import time
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.cli.main import run
from cnncalc.layers import kinds
from cnncalc.reports import renderers
from cnncalc.request.options import OPTIONS

SECONDS = 30  # of the processor, for one command; a hang takes for ever
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
KINDS = sorted(kinds.names() - {"INPUT"})
NAMES = ["a", "b", "skip", "conv1", "relu1", "input", "a_2", "a1", "aa"]
WORDS = sorted({word for kind in KINDS for option in kinds.find(kind).options for word in re.findall(r"[a-z_]{3,}", option.takes)})
NUMBERS = ["0", "1", "2", "3", "4", "7", "-1", "1.5", "0.5", "-0.5", "1e9", "1e400", "9" * 18, "9" * 19, "1000003"]
SHAPES = ["1x1", "3x1", "2x2x4", "1x1x1x1", "0x1", "1:2", "0:1x1:0", "1:2:3", "1:2x3:4:5", "-1x2", "4x4x4", "99999999999x3"]
OTHER = ["true", "false", "same", "valid", "N", "M", "X", "(N*2)", "(N/0)", "(1-2)", "''", "a*", "a/b", "é"]
VALUES = st.sampled_from([*NUMBERS, *SHAPES, *OTHER]) | st.sampled_from(WORDS) | st.sampled_from(NAMES)
COUNTS = st.sampled_from(["0", "1", "2", "3", "N", "M", "(N+1)", "200001", "-1", "1.5"])
INPUTS = st.sampled_from(
    ["8x8x4", "9x7x3", "16x4", "6x6x6x2", "1x1x8", "1000000000x1000000000x3", "10000000000x3", "28x28", "3x32x32"]
)


@st.composite
def layers(draw):
    """Draw a layer with valid short forms and some of its options, with values of any kind."""
    kind = draw(st.sampled_from(KINDS))
    layer = kinds.find(kind)
    short, text = layer.shorthand, kind
    if short.size and draw(st.booleans()):
        text += draw(st.sampled_from(["1", "2", "3", "3x1", "0", "9" * 17]))
    if short.filters and draw(st.integers(0, 9)):
        text += "-" + draw(st.sampled_from(["4", "8", "3", "N", "(2*N)", "0", "9" * 18]))
    if short.stride and not draw(st.integers(0, 3)):
        text += "/" + draw(st.sampled_from(["1", "2", "3", "0", "9" * 18]))
    names = [option.name for option in layer.options] + ["share", "from", "transpose", ""]
    chosen = draw(st.lists(st.sampled_from(names), max_size=2))
    values = {
        name: draw(st.sampled_from([*NAMES, "a*", "b*"]) if name in {"share", "from"} else VALUES) for name in dict.fromkeys(chosen)
    }
    inside = ", ".join(f"{name}={value}" if name else value for name, value in values.items())
    return f"{text}({inside})" if inside else text


def grown(inner):
    """Return larger steps of steps: names, repeats, groups, branches, optional steps."""
    chain = st.lists(inner, min_size=1, max_size=3).map(" -> ".join)
    merge = st.sampled_from(["ADD", "CONCAT", "MUL", "CONCAT(a)", "ADD(from=a, from=b)", "CONCAT(from=a*)"])
    return st.one_of(
        st.tuples(st.sampled_from(NAMES), inner).map("=".join),
        st.tuples(chain, COUNTS).map(lambda both: f"[{both[0]}]*{both[1]}"),
        st.tuples(st.sampled_from(NAMES), chain, COUNTS).map(lambda each: f"{each[0]}=[{each[1]}]*{each[2]}"),
        chain.map(lambda text: f"[{text}]?"),
        st.tuples(chain, chain, merge).map(lambda each: f"[{{ {each[0]} | {each[1]} }} -> {each[2]}]"),
        st.tuples(chain, merge).map(lambda each: f"[{{ {each[0]} | }} -> {each[1]}]"),
        st.tuples(chain, chain).map(lambda each: f"{{ {each[0]} -> OUTPUT(aux) | {each[1]} }}"),
    )


STEPS = st.recursive(layers(), grown, max_leaves=5)
CHAINS = st.lists(STEPS, min_size=1, max_size=4).map(" -> ".join)
PATTERNS = st.tuples(INPUTS, CHAINS).map(lambda both: f"INPUT[{both[0]}] -> {both[1]}")


@st.composite
def specs(draw):
    """Draw a YAML text: a pattern with variables, bindings, defaults and blocks, or a list of layers."""
    lines = [f"name: {json.dumps(draw(st.text(max_size=9)))}", f"input: {draw(INPUTS)}"]
    if draw(st.booleans()):
        for kind in draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=5)):
            options = {"name": draw(st.sampled_from([*NAMES, "layer1.0/x", "a b"])), "from": draw(st.sampled_from([*NAMES, "a*"]))}
            names = ["filters", "kernel", "units", "share", *(each.name for each in kinds.find(kind).options)]
            options |= {name: draw(VALUES) for name in draw(st.lists(st.sampled_from(names), max_size=2))}
            given = {name: options[name] for name in draw(st.lists(st.sampled_from(sorted(options)), max_size=3))}
            lines.append(f"  - {kind.lower()}: {{{', '.join(f'{name}: {json.dumps(value)}' for name, value in given.items())}}}")
        return "\n".join(lines)
    lines.append(f"pattern: {json.dumps(draw(CHAINS) + draw(st.sampled_from(['', ' -> A(2)', ' -> A(N) -> A(2)'])))}")
    lines.append(f"N: {draw(st.sampled_from(['2', '0', '-1', '[{N: 1}, {N: 2}]', 'true']))}")
    binding = "[{CONV: {filters: 4}, N: 1}, {POOL: false, a: false}]"
    lines.append(f"M: {draw(st.sampled_from(['3', binding, '[]']))}")
    lines.append(f"CONV: {{filters: {draw(st.sampled_from(['4', 'N', 'M', '0']))}}}")
    lines.append(f"blocks: {{A(C): {json.dumps(draw(CHAINS))}}}")
    return "\n".join(lines)


OPTION_VALUES = [
    "1",
    "0",
    "-1",
    "2x2",
    "16x16x3",
    "384x384",
    "384",
    "float16",
    "adam",
    "floor",
    "a",
    "é",
    "1e9",
    "12GiB",
    "conv1",
    "x" * 99,
]


@st.composite
def options(draw):
    """Draw some options of requests, with values that may not be theirs."""
    words = []
    for name in draw(st.lists(st.sampled_from(sorted(OPTIONS)), max_size=2, unique=True)):
        words.append(f"--{name.replace('_', '-')}")
        if OPTIONS[name].form != "flag":
            words.append(draw(st.sampled_from(OPTION_VALUES)))
    return words


LAYER = st.sampled_from([*NAMES, "conv2", "pool1", "fc2", "gap", "add1", "nothing"])
TEXT_OR_JSON = st.sampled_from([[], ["--format", "json"]])
DEMOS = [
    [],
    ["--all"],
    ["--at", "0,0"],
    ["--at", "1"],
    ["--matrix", "im2col"],
    ["--matrix", "sparse"],
    ["--show", "X[:,:,0]"],
    ["--show", "V"],
    ["--format", "svg"],
    ["--play"],
]
COMMANDS = st.one_of(
    st.tuples(st.sampled_from(renderers.names()), options()).map(lambda each: ["analyze", "SPEC", "--format", each[0], *each[1]]),
    st.tuples(st.integers(0, 3), st.booleans()).map(
        lambda each: ["analyze", "SPEC", "--format", "table", "--depth", str(each[0]), *(["--all"] if each[1] else [])]
    ),
    st.just(["analyze", "SPEC", "--style", "notes"]),
    st.tuples(st.sampled_from(["why", "rf"]), LAYER, TEXT_OR_JSON).map(lambda each: [each[0], "SPEC", each[1], *each[2]]),
    st.tuples(st.sampled_from(["why", "rf", "validate", "lint"]), TEXT_OR_JSON).map(lambda each: [each[0], "SPEC", *each[1]]),
    st.sampled_from(["--fc-to-conv", "--pool-to-conv"]).map(lambda flag: ["convert", "SPEC", flag]),
    st.just(["convert", "SPEC", "--to", "layers"]),
    LAYER.map(lambda name: ["convert", "SPEC", "--conv-to-fc", name]),
    st.tuples(options(), TEXT_OR_JSON).map(lambda each: ["fit", "SPEC", "--memory", "1GiB", *each[0], *each[1]]),
    st.sampled_from(["text", "markdown", "json"]).map(lambda form: ["compare", "SPEC", "lenet5", "--format", form]),
    st.tuples(st.lists(LAYER, max_size=1), st.sampled_from(DEMOS)).map(lambda each: ["demo", "SPEC", *each[0], *each[1]]),
    st.sampled_from([[], ["--sliding"], ["--threads", "2"], ["--batch", "2"]]).map(lambda more: ["verify", "SPEC", *more]),
)


def ran(words):
    """Run a command in this process, with little memory for arrays; check its end and its outputs."""
    out, err = io.StringIO(), io.StringIO()
    started = time.process_time()
    with (
        mock.patch.object(sys, "argv", ["cnncalc", *words]),
        mock.patch("cnncalc.forward.machine.available", return_value=100 * 2**20),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        status = run()
    took = time.process_time() - started
    assert status in {0, 1, 2}, (words, err.getvalue())
    assert took < SECONDS, (words, took)
    assert not CONTROLS.search(out.getvalue() + err.getvalue()), words
    assert (out.getvalue() or err.getvalue()) or status == 0
    if status == 0 and "json" in words:
        json.loads(out.getvalue())
    return status


@pytest.fixture(autouse=True, scope="module")
def _here(tmp_path_factory):
    before = os.getcwd()  # noqa: PTH109
    os.chdir(tmp_path_factory.mktemp("fuzz"))
    yield
    os.chdir(before)


@given(PATTERNS, COMMANDS)
def test_patterns(text, words):
    ran([text if word == "SPEC" else word for word in words])


@given(specs(), COMMANDS)
def test_specs(text, words):
    with open("spec.yaml", "w", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
        file.write(text)
    ran(["spec.yaml" if word == "SPEC" else word for word in words])


@given(st.sampled_from(KINDS), st.data())
def test_each_option_with_any_value(kind, data):
    """A value that an option does not take is a diagnostic, whatever it is."""
    for option in kinds.find(kind).options:
        ran(["analyze", f"INPUT[6x6x4] -> a=TANH -> {kind}({option.name}={data.draw(VALUES)})"])


HAND = ["8x8x4", "32x32", "5", "x", "0x0x0", "9" * 30]


@given(
    st.sampled_from(["conv", "pool", "fc"]),
    st.sampled_from(HAND),
    st.lists(st.tuples(st.sampled_from("fkspdu"), VALUES), max_size=3),
)
def test_single_layers(command, size, given_options):
    words = [word for name, value in given_options for word in (f"-{name}", value)]
    ran([command, size, *words])


def test_the_run_can_fail():
    with mock.patch("cnncalc.cli.main._run", return_value=101), pytest.raises(AssertionError):
        ran(["analyze", "lenet5"])
