"""Untrusted input: any text raises at most a SpecError, in bounded time, and every diagnostic points into the text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import KINDS, ROOT, document, inside, parse, pattern

from cnncalc.maths.volume import Volume
from cnncalc.pipeline import report
from cnncalc.reports import csv, html, json, markdown, notes, plain
from cnncalc.reports.json import diagnostic_dict
from cnncalc.request.request import Request
from cnncalc.tasks.check import checked
from cnncalc.text.diagnostic import SpecError

SECONDS = 60  # far more than any case takes; a hang never ends
MOST_DRAWN = 50  # as many as the command line prints; each of 20,000 on one long line would take minutes
SMALL = Request(input=Volume((17, 15), 3))
OWN = Request()

PATTERNS = [
    "INPUT[32x32x3] -> [CONV3-16 -> RELU -> POOL2]*3 -> FC-10",
    "INPUT -> [[CONV3-4 -> RELU]*2 -> POOL?]*3 -> [FC-8 -> RELU]*2 -> FC-3",
    "[(CONV3-4-RELU)^2 - POOL?]^2 - (FC-3-RELU)^2, SOFTMAX",
    "INPUT[8x8x4] -> skip=CONV3-4 -> { CONV3-4(groups=2) -> BN | } -> ADD -> CONCAT(skip) -> GAP -> FC-(2*5)",
    "INPUT[9x9x4] -> { CONV1-4/2(rounding=floor) -> OUTPUT(aux) | DWCONV3/2 } -> DECONV2-3/2(output_padding=1) -> CROP(0:1x1:0)",
    "INPUT[16x4] -> CONV(kernel=3, filters=4, padding=0:1, dilation=2) -> POOL3/2(rounding=ceil) -> LN(volume) -> FC-2",
    "INPUT[6x6x6x2] -> CONV3x1x3-4 -> AVGPOOL(out=3) -> PAD(1, mode=reflect) -> UPSAMPLE2 -> SLICE(1) -> RESHAPE(8x8x24)",
    "a=CONV3-4 -> CONV3-4(share=a, bias=false) -> x=[RELU]*2 -> RELU(from=a, from=x) -> MUL(a) -> LOCAL3-2(padding=valid)",
]
SPECS = [
    (ROOT / "specs" / "vgg16.yaml").read_text(encoding="utf-8"),
    (ROOT / "specs" / "lenet5.yaml").read_text(encoding="utf-8"),
    (
        "name: x\ninput: {width: 9, height: 9, depth: 3}\nrounding: floor\npattern: >-\n  INPUT -> STAGE(4, 2)\n  -> [CONV]*M -> GAP\n"
        "CONV: {filters: 4, padding: {left: 1, right: 0}}\nblocks:\n  STAGE(C, N): '[CONV3-C]*N -> DOWN(C)'\n"
        "  DOWN(C): '{ CONV3-C/2 | POOL2 } -> CONCAT'\nM: [{CONV: {kernel: [1, 3]}}, {CONV: {bias: false}}]\n"
        "expect: {params.max: 1.5K, output: 1x1x4, shapes: {input: 9x9x3}, memory.forward: {at: {batch: 2}, value: 3 KiB}}\n"
    ),
    (
        "input: 32x32x3\nlayers:\n  - conv: {name: stem, kernel: 3, filters: 16}\n  - relu\n  - conv: {name: a, kernel: 3, filters: 16}\n"
        "  - conv: {name: b, kernel: 1, filters: 16, from: stem}\n  - add: {from: [a, b]}\n  - pattern: '[CONV3-16 -> RELU]*2'\n  - gap\n  - fc: 10\n"
    ),
    "base: vgg16\nFC: {units: 10}\nM: &m\n  - &e {N: 1, CONV: {filters: 4}}\n  - *e\nexpect: {receptive_field: 212x212, macs: 1.2G}\n",
]
PIECES = [
    *"[](){}|*^?/+-,=:;&!%@#~`'\"\\<>._ \t\n\r\x00\x1f\x7f\x85\u00a0\u2028\ufeff\u0660\u00b2é×–→\U0001f600",
    *(
        "->",
        "- ",
        ": ",
        " #",
        "\n  ",
        "\n- ",
        "---\n",
        "...\n",
        "<<: ",
        "*a",
        "&a ",
        "!!int ",
        "? ",
        ">-\n",
        "|\n",
        "''",
        '""',
        "${}",
        "{{",
    ),
    *(
        "INPUT",
        "CONV",
        "CONV3-8",
        "POOL2",
        "FC-10",
        "ADD",
        "CONCAT",
        "OUTPUT",
        "GAP",
        "[3x3x3]",
        "STAGE(4, 2)",
        "N",
        "M",
        "K",
        "relu",
    ),
    *(
        "0",
        "1",
        "-1",
        "1.5",
        "1e9",
        "0x3",
        "1:30",
        "10**9",
        "9" * 18,
        "9" * 19,
        "1_000",
        "010",
        ".inf",
        "true",
        "false",
        "no",
        "null",
    ),
    *(
        "*1000000",
        "*1000000000",
        "*0",
        "(4*C)",
        "/0",
        "(share=a)",
        "(from=a)",
        "(padding=9)",
        "same",
        "floor",
        "rounding",
        "kernel",
        "name",
    ),
]


def survives(take):
    """Return the result of a call, or None after a SpecError whose diagnostics can be drawn; fail on any other exception."""
    started = time.monotonic()
    try:
        made = take()
    except SpecError as error:
        check(error)
        return None
    finally:
        assert time.monotonic() - started < SECONDS
    return made


def check(error):
    assert any(each.severity == "error" for each in error.diagnostics)
    for each in error.diagnostics[:MOST_DRAWN]:
        inside(each)
        assert diagnostic_dict(each)["code"] == each.code.number


def whole(found, options=SMALL):
    """Run the whole pipeline on a text, and every renderer on the result."""
    said = survives(lambda: checked(found, options))
    if said is None:
        return
    for each in said:
        inside(each)
    result = survives(lambda: report(found, options))
    if result is not None and len(result.rows) < 2000:
        for renderer in (plain, notes, json, csv, markdown, html):
            assert renderer.render(result)


def mutated(originals):
    """Return originals with parts removed, inserted, doubled or exchanged."""

    @st.composite
    def build(draw):
        text = draw(st.sampled_from(originals))
        for _ in range(draw(st.integers(1, 6))):
            at, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
            end = min(end, at + draw(st.sampled_from([0, 1, 2, 5, 20])))
            piece = draw(st.sampled_from([*PIECES, text[at:end] * 2, ""]))
            text = text[:at] + piece + text[end:]
        return text

    return build()


soup = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@given(st.text(max_size=200))
def test_any_text_as_a_pattern(text):
    survives(lambda: parse(text))
    whole(pattern(text))


@given(soup)
def test_a_soup_of_tokens_as_a_pattern(text):
    survives(lambda: parse(text))
    whole(pattern(text))


@given(mutated(PATTERNS))
def test_mutated_patterns(text):
    survives(lambda: parse(text))
    whole(pattern(text))
    whole(pattern(text), OWN)


@given(st.text(max_size=300))
def test_any_text_as_yaml(text):
    whole_file(text)


@given(soup)
def test_a_soup_of_tokens_as_yaml(text):
    whole_file(text)


@given(soup)
def test_a_soup_of_tokens_as_the_pattern_of_a_spec(text):
    indented = text.replace("\n", "\n  ").replace("\r", "")
    whole_file(f"input: 9x9x3\npattern: >-\n  {indented}\nCONV: {{filters: 4}}\n")
    whole_file("input: 9x9x3\npattern: '" + text.replace("'", "''") + "'\nFC: {units: 3}\n")


@given(mutated(SPECS))
def test_mutated_specs(text):
    whole_file(text)


@given(
    mutated(SPECS),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=5),
    st.sampled_from(["utf-8", "utf-16", "latin-1"]),
)
def test_damaged_bytes(text, changes, encoding):
    data = bytearray(text.encode(encoding, "replace"))
    for at, value in changes:
        if data:
            data[at % len(data)] = value
    whole_file(bytes(data))


@given(st.binary(max_size=200))
def test_any_bytes(data):
    whole_file(data)
    whole_file(b"input: 8x8x3\npattern: " + data)


@given(st.sampled_from(["CONV", "N", "expect", "blocks", "layers", "input", "M", "base", "pattern", "rounding"]), st.data())
def test_any_yaml_value_for_any_key(key, data):
    leaf = st.sampled_from([piece for piece in PIECES if piece.strip() and "\n" not in piece and piece.isprintable()]).map(
        lambda text: "'" + text.replace("'", "''") + "'"
    ) | st.sampled_from(["3", "1.5", "true", "no", "~", "", "3x3", "0:1", "[]", "{}", "1e3", "CONV: 3"])
    value = st.recursive(
        leaf,
        lambda inner: (
            st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
            | st.lists(
                st.tuples(
                    st.sampled_from(["N", "CONV", "kernel", "filters", "name", "from", "shapes", "at", "value", "A(C)", "skip"]),
                    inner,
                ),
                max_size=3,
            ).map(lambda items: f"{{{', '.join(f'{name}: {item}' for name, item in items)}}}")
        ),
        max_leaves=6,
    )
    base = {"input": "9x9x3", "pattern": "'[CONV3-N -> skip=RELU?]*M -> FC-3'", "N": "2", "M": "2"}
    if key == "layers":
        del base["pattern"]
    base[key] = data.draw(value)
    whole_file("\n".join(f"{name}: {text}" for name, text in base.items()) + "\n")


def whole_file(text):
    found = survives(lambda: document(text))
    if found is not None:
        whole(found)
        whole(found, OWN)


BOMBS = {
    "brackets in YAML": "a: " + "[" * 200_000,
    "braces in YAML": "a: " + "{a: " * 200_000,
    "closed brackets in YAML": "pattern: " + "[" * 200_000 + "]" * 200_000,
    "brackets in a pattern": f"input: 8x8x3\npattern: 'RELU -> {'[' * 200_000}'",
    "lists in lists by indentation": "a:\n" + "".join(" " * at + "-\n" for at in range(1500)),
    "an alias bomb": "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"{chr(98 + at)}: &{chr(98 + at)} [{', '.join('*' + chr(97 + at) for _ in range(10))}]\n" for at in range(12)),
    "an alias bomb of bindings": "input: 8x8x3\npattern: '[CONV3-8]*A9'\nA0: &A0 [{CONV: {filters: 3}}]\n"
    + "".join(f"A{at}: &A{at} [{', '.join([f'{{A{at - 1}: *A{at - 1}}}'] * 9)}]\n" for at in range(1, 10)),
    "a count of a billion": "input: 8x8x3\npattern: '[CONV3-8]*1000000000'\n",
    "counts in counts": "input: 8x8x3\npattern: '[[[[RELU]*1000]*1000]*1000]*1000'\n",
    "counts of nothing": "input: 8x8x3\npattern: '[[[RELU]*0]*1000000]*1000000 -> RELU'\n",
    "a block that calls itself": "input: 8x8x3\npattern: A\nblocks: {A: A -> A}\n",
    "blocks that double": "input: 8x8x3\npattern: A(59)\nblocks: {A(C): '[A(C-1)]*2 -> RELU'}\n",
    "blocks that double and end": "input: 8x8x3\npattern: A0\nblocks:\n"
    + "".join(f"  A{at}: A{at + 1} -> A{at + 1}\n" for at in range(40))
    + "  A40: RELU\n",
    "a growing argument": "input: 8x8x3\npattern: A(2)\nblocks: {A(C): A(C*C)}\n",
    "an argument that grows as a text": "input: 8x8x3\npattern: A(2)\nblocks: {A(C): 'A(C+C+C+C+C+C+C+C)'}\n",
    "a large kernel": "input: 8x8x3\npattern: CONV(kernel=999999999999999999, filters=1)\n",
    "a large stride": "input: 8x8x3\npattern: CONV3-8/999999999999999999(padding=0)\n",
    "a large padding": "input: 8x8x3\npattern: CONV3-8/7(padding=999999999999999999)\n",
    "a large input": "input: 999999999999999999x999999999999999999x999999999999999999\npattern: CONV3-8/7(padding=0)\n",
    "a large depth": "input: 8x8x999999999999999999\npattern: CONV3-999999999999999998(groups=7)\n",
    "a large output": "input: 8x8x3\npattern: '[DECONV3-8/999999999999999999]*100'\n",
    "a large dilation": "input: 8x8x3\npattern: CONV3-8(dilation=999999999999999999, padding=0)\n",
    "a large adaptive pool": "input: 8x8x3\npattern: AVGPOOL(out=999999999999999999)\n",
    "a large interpolation": "input: 8x8x3\npattern: UPSAMPLE(size=999999999999999999, mode=bilinear) -> CONV3-1\n",
    "large strides side by side": "input: 8x8x3\npattern: '{ DECONV4096-3/4096 | DECONV4095-3/4095 -> PAD(0:8) } -> ADD'\n",
    "a large pool of a large volume": "input: 8x8x3\npattern: DECONV3-2/99999999999 -> AVGPOOL(out=77777777) -> CONV3-8\n",
    "a long key": "a" * 1_000_000 + ": 1\n",
    "a long name": f"name: {'x' * 1_000_000}\ninput: 8x8x3\npattern: RELU\n",
    "a long unknown layer": f"input: 8x8x3\npattern: {'X' * 1_000_000}\n",
    "a long line of spaces": f"input: 8x8x3\npattern: RELU{' ' * 1_000_000}-> X\n",
    "a long comment": f"# {'x' * 1_000_000}\ninput: 8x8x3\npattern: X\n",
    "many keys": "".join(f"A{at}: 1\n" for at in range(50_000)) + "input: 8x8x3\npattern: RELU\n",
    "many duplicate keys": "A: 1\n" * 50_000 + "input: 8x8x3\npattern: RELU\n",
    "many unknown keys": "".join(f"key{at}: 1\n" for at in range(300)) + "input: 8x8x3\npattern: RELU\n",
    "many equal names": "input: 8x8x3\npattern: '[a=RELU]*60000'\n",
    "many words": "input: 8x8x3\npattern: RELU" + " -> RELU" * 600_000 + "\n",
    "many unknown steps": "input: 8x8x3\npattern: '" + " -> ".join(f"RELU(from=a{at})" for at in range(20000)) + "'\n",
    "many names": "input: 8x8x3\npattern: '" + " -> ".join(f"a{at}=RELU" for at in range(5000)) + " -> ADD(b)'\n",
    "many operators": f"input: 8x8x3\npattern: CONV3-({'1+' * 100_000}1)\n",
    "many minus signs": f"input: 8x8x3\npattern: CONV3-8(stride={'-' * 100_000}1)\n",
    "many arguments": f"input: 8x8x3\npattern: A({', '.join(['1'] * 50_000)})\nblocks: {{A: RELU}}\n",
    "many digits": "input: 8x8x3\npattern: CONV3-" + "9" * 1_000_000,
    "many decimals": "input: 8x8x3\npattern: DROPOUT(0." + "9" * 1_000_000 + ")",
    "many sides": "input: 8x8x3\npattern: CONV3-8(kernel=" + "x".join(["3"] * 100_000) + ")",
    "many branches": "input: 8x8x3\npattern: '{ " + " | ".join(["RELU"] * 20_000) + " } -> ADD'\n",
    "huge exponents": "input: 8x8x3\npattern: DROPOUT(1e999999999)\n",
    "a negative huge exponent": "input: 8x8x3\npattern: DROPOUT(1e-999999999)\n",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs(name):
    whole(document(BOMBS[name]), OWN)


def test_only_infinity_is_refused_not_silently_used():
    with pytest.raises(SpecError):
        report(document(BOMBS["huge exponents"]), OWN)


def test_a_file_of_more_than_16_mib_is_refused():
    with pytest.raises(SpecError) as raised:
        document(b"#" * (16 * 2**20 + 1))
    assert [each.code.number for each in raised.value.diagnostics] == ["CNN005"]


def test_survives_can_fail():
    with pytest.raises(ZeroDivisionError):
        survives(lambda: 1 // 0)


def test_the_kinds_of_the_soup_are_known():
    assert all(KINDS.split(word) for word in ("CONV3", "FC", "ADD", "GAP"))
