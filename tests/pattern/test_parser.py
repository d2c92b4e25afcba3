"""Patterns to syntax trees and back: a table of equivalent patterns, the laws, and all messages in full."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import KINDS, parse, told, tree

from cnncalc.layers.kinds import SYNONYMS
from cnncalc.maths.volume import Dims, Factors, Sides, Words
from cnncalc.pattern.parser import DEEPEST, parse_header, parse_value
from cnncalc.pattern.syntax import (
    Argument,
    Binary,
    Branches,
    Call,
    Group,
    Int,
    LayerAtom,
    Literal,
    Name,
    Negative,
    Output,
    Reference,
    Step,
    unparse,
    value_text,
)
from cnncalc.text.diagnostic import SpecError
from cnncalc.text.source import Source, Span

PRINTED = [  # the eight patterns of the course notes and slides, verbatim
    "INPUT -> FC",
    "INPUT -> CONV -> RELU -> FC",
    "INPUT -> [CONV -> RELU -> POOL]*2 -> FC -> RELU -> FC",
    "INPUT -> [CONV -> RELU -> CONV -> RELU -> POOL]*3 -> [FC -> RELU]*2 -> FC",
    "INPUT -> [[CONV -> RELU]*N -> POOL?]*M -> [FC -> RELU]*K -> FC",
    "[INPUT - CONV - RELU - POOL - FC]",
    "[(CONV-RELU)*N-POOL?]*M-(FC-RELU)*K,SOFTMAX",
    "[(CONV-RELU)^N - POOL?]^M - (FC-RELU)^K, SOFTMAX",
]


@pytest.mark.parametrize("text", PRINTED)
def test_printed_patterns_parse(text):
    steps = parse(text)
    assert tree(parse(unparse(steps))) == tree(steps)


def test_the_two_spellings_of_the_slides_are_one_pattern():
    assert tree(parse(PRINTED[6])) == tree(parse(PRINTED[7]))


ALIKE = [
    # synonyms
    ("CONV3-64 -> RELU", "CONV3-64→RELU"),
    ("CONV3-64 -> RELU", "CONV3-64 - RELU"),
    ("CONV3-64 -> RELU", "CONV3-64-RELU"),
    ("CONV3-64 -> RELU", "CONV3-64, RELU"),
    ("CONV3-64 -> RELU", "CONV3-64->\n  RELU"),
    ("[CONV3-64]*2", "(CONV3-64)*2"),
    ("[CONV3-64]*2", "[CONV3-64]^2"),
    ("[CONV3-64]*2", "[ CONV3 - 64 ] ^ 2"),
    ("[CONV3-64]*(N)", "[CONV3-64]*N"),
    ("POOL2", "MAXPOOL2"),
    ("{ RELU | } -> ADD", "{RELU|}->ADD"),
    ("{ RELU | } -> ADD", "{RELU|} - ADD"),
    # a `-` after a kind with filters or units belongs to it if a number, a variable or `(` follows
    ("CONV3-64", "CONV3 - 64"),
    ("CONV3-C -> RELU", "CONV3 - C - RELU"),
    ("FC-(4*C)", "FC - (4 * C)"),
    ("FC -> [FC -> RELU]*K", "FC-(FC-RELU)*K"),
    ("FC -> [RELU]*K", "FC-(RELU)*K"),
    ("CONV -> [CONV3-8]", "CONV-(CONV3-8)"),
    ("RELU -> [RELU]*2", "RELU-(RELU)*2"),
    ("POOL2 -> CONV", "POOL2-CONV"),
    ("CONV -> x=RELU", "CONV-x=RELU"),
    ("CONV -> [[RELU]]", "CONV-([RELU])"),
    ("CONV -> [{ RELU | } -> ADD]", "CONV-({RELU|}->ADD)"),
    ("CONV -> [[RELU -> TANH]]", "CONV-((RELU-TANH))"),
    ("CONV -> [[CONV-2] -> TANH]", "CONV-((CONV-2)-TANH)"),
    ("CONV-(N*(2)) -> [RELU]", "CONV-(N*(2))-(RELU)"),
    ("CONV-((N)) -> RELU", "CONV-((N))-RELU"),
    ("CONV-(2) -> [RELU]", "CONV-(2)-(RELU)"),
    ("CONV-((2)*(3)) -> RELU", "CONV-((2)*(3)) - RELU"),
    ("CONV-1x2", "CONV - 1x2"),
    ("CONV-1.5", "CONV - 1.5"),
    ("CONV -> OUTPUT", "CONV-OUTPUT"),
    ("CONV -> CONV3", "CONV-CONV3"),
    ("RELU -> TANH", "RELU,TANH"),
    ("CONV3-8(padding=1)?", "CONV3-8(padding=1) ?"),
    ("LRN(alpha=1.5)", "LRN(alpha=--1.5)"),
    ("LRN(alpha=-1.5)", "LRN(alpha=---1.5)"),
    ("CONV3-(-N)", "CONV3-(---N)"),
    ("CONV3-8(padding=1:2x3:3)", "CONV3-8(padding=1:2x3)"),
    ("CONV3-64/2", "CONV3-64/(2)"),
    ("CONV3-64(padding=1)", "CONV3-64(padding=(1))"),
    ("CONV3-64(padding=1, stride=2)", "CONV3-64( padding = 1 ,stride=2, )"),
    ("INPUT(shape=32x32x3) -> RELU", "INPUT[32x32x3] -> RELU"),
    ("CONV3-(4*C)", "CONV3-((4*C))"),
    ("CONV3-(1+2*3)", "CONV3-(1+(2*3))"),
    ("CONV3-(1-2-3)", "CONV3-((1-2)-3)"),
    ("CONV3-(8/4/2)", "CONV3-((8/4)/2)"),
    ("DROPOUT(0.5)", "DROPOUT(.5)"),
    ("LRN(alpha=-1.5)", "LRN(alpha= - 1.5)"),
]


@pytest.mark.parametrize("one, other", ALIKE)
def test_spelled_alike(one, other):
    assert tree(parse(one)) == tree(parse(other))


DIFFERENT = [
    ("CONV3-64", "CONV3 -> CONV-64"),
    ("CONV3-(1-(2-3))", "CONV3-(1-2-3)"),
    ("[CONV3-8]*2", "[CONV3-8]?"),
    ("CONV3-8(padding=1)", "CONV3-8(padding=1x1)"),
    ("CONV3-8(padding=0:1)", "CONV3-8(padding=0x1)"),
    ("{ RELU | } -> ADD", "{ | RELU } -> ADD"),
    ("FC-(4*C)", "FC-(FC)"),
    ("a=RELU", "RELU"),
]


@pytest.mark.parametrize("one, other", DIFFERENT)
def test_spelled_apart(one, other):
    assert tree(parse(one)) != tree(parse(other))


SHAPES = [
    ("CONV3-64/2", ("CONV", Int(3, None), Int(64, None), Int(2, None))),
    ("CONV1x7-192", ("CONV", Literal(Dims((1, 7)), None), Int(192, None), None)),
    ("POOL3/2", ("POOL", Int(3, None), None, Int(2, None))),
    ("FC-4096", ("FC", None, Int(4096, None), None)),
    ("CONV-K", ("CONV", None, Name("K", None), None)),
    ("CONV3x3x3-8/1x2x3", ("CONV", Literal(Dims((3, 3, 3)), None), Int(8, None), Literal(Dims((1, 2, 3)), None))),
    ("DWCONV3/2", ("DWCONV", Int(3, None), None, Int(2, None))),
]


@pytest.mark.parametrize("text, wanted", SHAPES)
def test_short_forms(text, wanted):
    (step,) = parse(text)
    kind, *values = wanted
    assert step.atom.kind == kind
    assert [tree(value) for value in (step.atom.size, step.atom.filters, step.atom.stride)] == [tree(value) for value in values]


VALUES = [
    ("3", 3),
    ("3x5", Dims((3, 5))),
    ("0x3", Dims((0, 3))),
    ("0:1", Sides(((0, 1),))),
    ("1x2:3", Sides(((1, 1), (2, 3)))),
    ("--0.5", 0.5),
    ("1:2x3", Sides(((1, 2), (3, 3)))),
    ("4:0", Sides(((4, 0),))),
    ("2x3x4", Dims((2, 3, 4))),
    ("0.5", 0.5),
    ("1e3", 1000.0),
    ("-0.5", -0.5),
    ("true", True),
    ("false", False),
]


@pytest.mark.parametrize("text, wanted", VALUES)
def test_literals(text, wanted):
    found = parse_value(Source("", text), KINDS)
    assert type(found.value) is type(wanted)
    assert found.value == wanted


# printed patterns parse to the same tree


def span():
    return Span(Source("", ""), 0, 0)


WORDS = st.sampled_from(["N", "M", "C", "CH", "wide", "x1", "a_b"])
STEP_NAMES = st.sampled_from(["skip", "a", "b2", "stem", "Left"])
BLOCKS = ("BLOCK", "UNIT", "b_1")
ints = st.integers(0, 10**18 - 1).map(lambda value: Int(value, span()))
dims = st.lists(st.integers(0, 99), min_size=2, max_size=3).map(lambda sizes: Literal(Dims(tuple(sizes)), span()))
pairs = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=3).filter(
    lambda found: any(a != b for a, b in found) and len(set(found)) == min(len(found), 2 + (len(found) > 2))
)
sides = pairs.map(lambda found: Literal(Sides(tuple(found)), span()))
names = WORDS.map(lambda word: Name(word, span()))
booleans = st.booleans().map(lambda value: Literal(value, span()))
# A number may have at most 18 digits.
decimals = st.integers(-(10**9), 10**9).map(lambda value: Literal(value / 1000, span()))
expressions = st.recursive(
    ints | names,
    lambda inner: (
        st.builds(lambda operator, a, b: Binary(operator, a, b, span()), st.sampled_from("+-*/"), inner, inner)
        | inner.map(lambda value: Negative(value, span()))
    ),
    max_leaves=6,
)
lists = st.lists(WORDS | st.sampled_from(["space", "depth", "W2", "x3y"]), min_size=1, max_size=4).map(
    lambda found: Literal(Words(tuple(found)), span())
)
factors = st.lists(st.sampled_from([0.25, 0.5, 1.5, 2.0, 10.75]), min_size=2, max_size=3).map(
    lambda found: Literal(Factors(tuple(found)), span())
)
values = st.one_of(expressions, dims, factors, sides, booleans, decimals)
option_values = values | lists
short_values = st.one_of(ints, names, dims, expressions.filter(lambda value: not isinstance(value, Int)))
counts = st.one_of(ints, names, expressions.filter(lambda value: isinstance(value, (Binary, Negative))))
references = st.lists(STEP_NAMES, min_size=1, max_size=3).map("/".join)
keys = st.sampled_from(["padding", "stride", "groups", "K", "rounding"])


@st.composite
def layers(draw):
    kind = draw(st.sampled_from(sorted(KINDS.kinds() - {"INPUT", *SYNONYMS})))
    short = KINDS.short(kind)
    atom = LayerAtom(kind, span())
    if short.size and draw(st.booleans()):
        atom.size = draw(ints | dims)
    if short.filters and draw(st.booleans()):
        atom.filters = draw(short_values)
    if short.stride and draw(st.booleans()):
        atom.stride = draw(short_values)
    for _ in range(draw(st.integers(0, 2))):
        if KINDS.merges(kind):
            path = draw(references)
            atom.options.append(Argument("", span(), Name(path, span())))
        elif draw(st.booleans()):
            atom.options.append(Argument(draw(keys), span(), draw(option_values)))
        else:
            atom.options.append(Argument("", span(), draw(option_values)))
    if draw(st.booleans()):
        atom.options.append(Argument("share", span(), Name(draw(references), span())))
    if draw(st.booleans()):
        atom.sources = [Reference(path, span()) for path in draw(st.lists(references, min_size=1, max_size=2))]
    return atom


calls = st.builds(lambda name, inside: Call(name, tuple(inside), span()), st.sampled_from(BLOCKS), st.lists(values, max_size=3))


def step(atom, name, count, optional):
    return Step(atom, span(), name, span() if name else None, None if optional else count, optional=optional)


def chains(atoms):
    steps = st.builds(step, atoms, st.just("") | STEP_NAMES, st.none() | counts, st.booleans())
    return st.lists(steps, min_size=1, max_size=3)


def merge():
    return Step(LayerAtom("ADD", span()), span())


@st.composite
def branched(draw, inner):
    """Return branches with their merge, or branches of which all but one end in an output."""
    found = [tuple(chain) for chain in draw(st.lists(inner | st.just([]), min_size=2, max_size=3))]
    if draw(st.booleans()):
        ended = [(*chain, Step(Output(draw(st.sampled_from(["", "aux"])), span()), span())) for chain in found[1:]]
        return [Step(Branches((found[0], *ended), span()), span()), merge()]
    return [Step(Branches(tuple(found), span()), span()), merge()]


def joined(parts):
    return [each for part in parts for each in part]


patterns = st.recursive(
    chains(layers() | calls),
    lambda inner: (
        chains(inner.map(lambda steps: Group(tuple(steps), span())))
        | branched(inner)
        | st.lists(inner, min_size=1, max_size=3).map(joined)
    ),
    max_leaves=5,
)


@given(patterns)
def test_law_parsing_what_is_printed_gives_the_tree_back(steps):
    text = unparse(steps)
    assert tree(parse(text, BLOCKS)) == tree(tuple(steps))
    assert unparse(parse(text, BLOCKS)) == text


@given(values)
def test_law_values_are_read_back(value):
    assert tree(parse_value(Source("", value_text(value)), KINDS)) == tree(value)


@given(patterns, st.randoms(use_true_random=False))
def test_law_white_space_means_nothing(steps, random):
    text = unparse(steps)
    spaced = "".join(piece + random.choice(["", " ", "\n  "]) for piece in text.split(" "))
    assert tree(parse(spaced, BLOCKS)) == tree(parse(text, BLOCKS))


# spans


@given(patterns)
def test_law_spans_cover_what_they_name(steps):
    text = unparse(steps)
    for each in parse(text, BLOCKS):
        assert tree(
            parse(text[each.span.start : each.span.end] + (" -> ADD" if text[each.span.end - 1] == "}" else ""), BLOCKS)[0]
        ) == tree(each)


def test_header():
    name, parameters, where = parse_header(Source("", " STAGE ( C, N ,S ) "), KINDS)
    assert (name, parameters, where.words()) == ("STAGE", ("C", "N", "S"), "STAGE")
    assert parse_header(Source("", "HEAD"), KINDS)[:2] == ("HEAD", ())
    assert parse_header(Source("", "HEAD()"), KINDS)[:2] == ("HEAD", ())


MESSAGES = [
    (
        "INPUT -> CONV3-64 -> -> FC-10",
        (
            "error[CNN101]: expected a layer, found `->`\n"
            " --> <pattern>:1:22\n"
            "  |\n"
            "1 | INPUT -> CONV3-64 -> -> FC-10\n"
            "  |                      ^^ expected a layer\n"
            "  |"
        ),
    ),
    (
        "INPUT -> [CONV3-64 -> RELU*2 -> FC-10",
        (
            "error[CNN102]: `[` is never closed\n"
            " --> <pattern>:1:10\n"
            "  |\n"
            "1 | INPUT -> [CONV3-64 -> RELU*2 -> FC-10\n"
            "  |          ^ needs its `]`\n"
            "  |"
        ),
    ),
    (
        "INPUT -> [CONV3-64) -> FC-10",
        (
            "error[CNN102]: `[` is closed by `)`\n"
            " --> <pattern>:1:10\n"
            "  |\n"
            "1 | INPUT -> [CONV3-64) -> FC-10\n"
            "  |          ^ needs its `]`\n"
            "  |"
        ),
    ),
    (
        "INPUT -> CONV3-64] -> FC-10",
        (
            "error[CNN101]: expected `->` or the end of the pattern, found `]`\n"
            " --> <pattern>:1:18\n"
            "  |\n"
            "1 | INPUT -> CONV3-64] -> FC-10\n"
            "  |                  ^ expected `->` or the end of the pattern\n"
            "  |"
        ),
    ),
    (
        "INPUT -> CONVV3-64 -> FC-10",
        (
            "error[CNN103]: unknown layer kind or block `CONVV3`\n"
            " --> <pattern>:1:10\n"
            "  |\n"
            "1 | INPUT -> CONVV3-64 -> FC-10\n"
            "  |          ^^^^^^ not known\n"
            "  |\n"
            "  = hint: did you mean `CONV`?"
        ),
    ),
    (
        "INPUT -> Conv -> FC-10",
        (
            "error[CNN103]: unknown layer kind or block `Conv`\n"
            " --> <pattern>:1:10\n"
            "  |\n"
            "1 | INPUT -> Conv -> FC-10\n"
            "  |          ^^^^ not known\n"
            "  |\n"
            "  = hint: write `CONV`"
        ),
    ),
    (
        "INPUT -> RELU3",
        (
            "error[CNN101]: RELU takes no size\n"
            " --> <pattern>:1:14\n"
            "  |\n"
            "1 | INPUT -> RELU3\n"
            "  |              ^ no size here\n"
            "  |\n"
            "  = hint: RELU takes overwrite"
        ),
    ),
    (
        "INPUT -> FC4096",
        (
            "error[CNN101]: FC takes no size\n"
            " --> <pattern>:1:12\n"
            "  |\n"
            "1 | INPUT -> FC4096\n"
            "  |            ^^^^ no size here\n"
            "  |\n"
            "  = hint: write `FC-4096`"
        ),
    ),
    (
        "INPUT -> FC-10/2",
        (
            "error[CNN101]: FC takes no stride\n"
            " --> <pattern>:1:15\n"
            "  |\n"
            "1 | INPUT -> FC-10/2\n"
            "  |               ^ no stride here\n"
            "  |\n"
            "  = hint: FC takes units, bias"
        ),
    ),
    (
        "INPUT[8x8x4] -> { CONV3-4 | } -> RELU",
        (
            "error[CNN109]: branches must be followed directly by a merge, such as ADD, CONCAT or MUL\n"
            " --> <pattern>:1:29\n"
            "  |\n"
            "1 | INPUT[8x8x4] -> { CONV3-4 | } -> RELU\n"
            "  |                             ^ joined by what?\n"
            "  |\n"
            "  = hint: `} -> ADD` or `} -> CONCAT`"
        ),
    ),
    (
        "INPUT[8x8x4] -> { CONV3-4 } -> ADD",
        (
            "error[CNN109]: there is only one branch\n"
            " --> <pattern>:1:17\n"
            "  |\n"
            "1 | INPUT[8x8x4] -> { CONV3-4 } -> ADD\n"
            "  |                 ^ branches are separated by `|`\n"
            "  |\n"
            "  = hint: an empty branch is the identity: `{ a | } -> ADD`"
        ),
    ),
    (
        "INPUT[8x8x4] -> [RELU]*2*3",
        (
            "error[CNN101]: a step takes one `*` or `?`\n"
            " --> <pattern>:1:25\n"
            "  |\n"
            "1 | INPUT[8x8x4] -> [RELU]*2*3\n"
            "  |                         ^\n"
            "  |\n"
            "  = hint: put the step in brackets: `[CONV?]*3`"
        ),
    ),
    (
        "INPUT[8x8x4] -> { RELU | }*2 -> ADD",
        (
            "error[CNN101]: branches cannot be repeated without their merge\n"
            " --> <pattern>:1:27\n"
            "  |\n"
            "1 | INPUT[8x8x4] -> { RELU | }*2 -> ADD\n"
            "  |                           ^\n"
            "  |\n"
            "  = hint: put them in brackets with their merge: `[{ a | b } -> ADD]*2`"
        ),
    ),
    (
        "INPUT[8x8x4] -> []*2",
        (
            "error[CNN101]: the group is empty\n"
            " --> <pattern>:1:17\n"
            "  |\n"
            "1 | INPUT[8x8x4] -> []*2\n"
            "  |                 ^ no step inside\n"
            "  |"
        ),
    ),
    (
        "INPUT[8x8x4] -> [RELU]*",
        (
            "error[CNN101]: expected a count: an integer, a variable or (expression), found the end\n"
            " --> <pattern>:1:24\n"
            "  |\n"
            "1 | INPUT[8x8x4] -> [RELU]*\n"
            "  |                        ^ expected a count: an integer, a variable or (expression)\n"
            "  |"
        ),
    ),
    (
        "INPUT[8x8x4] -> CONV3-4(padding=)",
        (
            "error[CNN101]: expected a value, found `)`\n"
            " --> <pattern>:1:33\n"
            "  |\n"
            "1 | INPUT[8x8x4] -> CONV3-4(padding=)\n"
            "  |                                 ^ expected a value\n"
            "  |"
        ),
    ),
    (
        "INPUT[8x8x4] -> CONV3-4(padding=1 stride=2)",
        (
            "error[CNN101]: expected `,` or `)`, found `stride`\n"
            " --> <pattern>:1:35\n"
            "  |\n"
            "1 | INPUT[8x8x4] -> CONV3-4(padding=1 stride=2)\n"
            "  |                                   ^^^^^^ expected `,` or `)`\n"
            "  |"
        ),
    ),
    (
        "INPUT[8x8x4] -> CONV=RELU",
        (
            "error[CNN113]: `CONV` is a layer kind and cannot name a step\n"
            " --> <pattern>:1:17\n"
            "  |\n"
            "1 | INPUT[8x8x4] -> CONV=RELU\n"
            "  |                 ^^^^\n"
            "  |\n"
            "  = hint: choose another name"
        ),
    ),
    (
        "INPUT[8x8x3] > CONV3-8",
        (
            "error[CNN101]: the character `>` means nothing in a pattern\n"
            " --> <pattern>:1:14\n"
            "  |\n"
            "1 | INPUT[8x8x3] > CONV3-8\n"
            "  |              ^\n"
            "  |\n"
            "  = hint: steps are joined by `->`"
        ),
    ),
    (
        "INPUT[8x8x3] -> CONV3×3-8",
        (
            "error[CNN101]: the character `×` means nothing in a pattern\n"
            " --> <pattern>:1:22\n"
            "  |\n"
            "1 | INPUT[8x8x3] -> CONV3×3-8\n"
            "  |                      ^\n"
            "  |\n"
            "  = hint: sizes are written with the letter x: 3x5"
        ),
    ),
    (
        "INPUT[8x8x3] -> CONV3-8 RELU",
        (
            "error[CNN101]: expected `->` or the end of the pattern, found `RELU`\n"
            " --> <pattern>:1:25\n"
            "  |\n"
            "1 | INPUT[8x8x3] -> CONV3-8 RELU\n"
            "  |                         ^^^^ expected `->` or the end of the pattern\n"
            "  |\n"
            "  = hint: write `CONV3-8 -> RELU`: `->` joins the steps"
        ),
    ),
    (
        "INPUT[8x8x3] ->",
        (
            "error[CNN101]: expected a layer, found the end\n"
            " --> <pattern>:1:16\n"
            "  |\n"
            "1 | INPUT[8x8x3] ->\n"
            "  |                ^ expected a layer\n"
            "  |"
        ),
    ),
]


@pytest.mark.parametrize("text, message", MESSAGES, ids=[text for text, _ in MESSAGES])
def test_messages(text, message):
    assert told(text) == message


@pytest.mark.parametrize("opener, closer", ["[]", "()", "{}"])
def test_many_brackets(opener, closer):
    with pytest.raises(SpecError) as raised:
        parse(opener * 200_000 + "RELU" + closer * 200_000)
    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.code.number == "CNN106"
    assert diagnostic.message == f"brackets are nested more than {DEEPEST} deep"
    assert len(str(raised.value)) < 2000


@pytest.mark.parametrize("inside", ["(" * 200_000, "1" + "+1" * 200_000, "1" + "*1" * 200_000, "-(" * 200_000])
def test_many_operators(inside):
    with pytest.raises(SpecError):
        parse(f"CONV3-8(stride={inside})")


def test_a_long_chain_is_no_deep_one():
    assert len(parse("RELU -> " * 20_000 + "RELU")) == 20_001


def test_minus_signs_are_counted_not_nested():
    text = "CONV3-8(stride=" + "-" * 1001 + "3)"
    assert tree(parse(text)) == tree(parse("CONV3-8(stride=-3)"))


HEADERS = [
    ("CONV(C)", "`CONV` is a layer kind and cannot name a block"),
    ("CONV3", "`CONV3` is a layer kind and cannot name a block"),
    ("A(C, C)", "the parameter `C` is given twice"),
    ("A(POOL)", "`POOL` is a layer kind and cannot name a parameter"),
    ("A(C", "expected `,` or `)`, found the end"),
    ("A(3)", "expected a parameter, found `3`"),
    ("3", "expected the name of a block, found `3`"),
    ("A B", "expected the end of the block's name, found `B`"),
]


@pytest.mark.parametrize("text, message", HEADERS)
def test_headers_refused(text, message):
    with pytest.raises(SpecError) as raised:
        parse_header(Source("", text), KINDS)
    assert [each.message for each in raised.value.diagnostics] == [message]


SIZES = [
    ("CONV" + "9" * 18, None),
    ("CONV" + "9" * 19, 19),
    ("CONV1x" + "9" * 18, None),
    ("CONV1x" + "9" * 19, 21),
    ("CONV" + "9" * 19 + "x1", 21),
]


@pytest.mark.parametrize("text, characters", SIZES)
def test_the_digits_of_a_size_are_limited(text, characters):
    if characters is None:
        assert len(parse(text)) == 1
        return
    with pytest.raises(SpecError) as raised:
        parse(text)
    (found,) = raised.value.diagnostics
    assert (found.message, found.label) == ("a number may have at most 18 digits", f"{characters} characters")
    assert found.span.words() == text.removeprefix("CONV")


SAID = [  # all findings of a pattern: the code and the underlined words
    ("RELU -> CNV3-8 -> RLU", [("CNN103", "CNV3"), ("CNN103", "RLU")]),
    ("CNV3-8/2 -> RLU", [("CNN103", "CNV3"), ("CNN103", "RLU")]),
    ("CNV/2-8", [("CNN103", "CNV"), ("CNN101", "8")]),
    ("CNV-(N*2)/(K) -> RLU", [("CNN103", "CNV"), ("CNN103", "RLU")]),
    ("CNV-(RLU) -> TNH", [("CNN103", "CNV"), ("CNN103", "TNH")]),
    ("CNV-(RELU-RLU)", [("CNN103", "CNV"), ("CNN103", "RLU")]),
    ("CNV3(a, (b), c=[d]) -> RLU", [("CNN103", "CNV3"), ("CNN103", "RLU")]),
    ("CNV3(a, (b)) RELU", [("CNN103", "CNV3")]),
    ("CNV3(a, (b]) -> RELU", [("CNN103", "CNV3"), ("CNN102", "(")]),
    ("CNV3(a -> RELU", [("CNN103", "CNV3"), ("CNN102", "(")]),
    ("[CNV3]*2 -> { RLU | TNH? } -> ADD", [("CNN103", "CNV3"), ("CNN103", "RLU"), ("CNN103", "TNH")]),
    ("CNV3*2 -> RLU^3 -> TNH", [("CNN103", "CNV3"), ("CNN103", "RLU"), ("CNN103", "TNH")]),
    ("CNV3, RLU - RELU, TNH", [("CNN103", "CNV3"), ("CNN103", "RLU"), ("CNN103", "TNH")]),
    ("a network", [("CNN103", "a")]),
    ("{ RELU | TANH } -> ADDD -> RLU", [("CNN103", "ADDD"), ("CNN103", "RLU")]),
    ("{ RELU | TANH }", [("CNN109", "}")]),
    ("RELU -> { RELU | TANH }", [("CNN109", "}")]),
    ("[{ RELU | TANH }] -> ADD", [("CNN109", "}")]),
    ("{ RELU | TANH } -> ADD?", [("CNN109", "}")]),
    ("{ RELU | TANH } -> ADD*2", [("CNN109", "}")]),
    ("{ RELU | TANH } -> [ADD]", [("CNN109", "}")]),
    ("{ RELU | OUTPUT } -> TANH", None),
    ("{ RELU | TANH -> OUTPUT }", None),
    ("{ RELU -> OUTPUT | TANH -> OUTPUT }", None),
    ("{ RELU -> OUTPUT | TANH -> OUTPUT } -> RELU", [("CNN109", "}")]),
    ("{ RELU | TANH | TANH -> OUTPUT } -> RELU", [("CNN109", "}")]),
    ("{ | OUTPUT(a) } -> { | OUTPUT } -> RELU", None),
    ("{ RELU }", [("CNN109", "{")]),
    ("{}", [("CNN109", "{")]),
    ("[]", [("CNN101", "[")]),
    ("RELU -> ()", [("CNN101", "(")]),
    ("RELU?*2", [("CNN101", "*")]),
    ("RELU*2?", [("CNN101", "?")]),
    ("RELU??", [("CNN101", "?")]),
    ("{ RELU | TANH }? -> ADD", [("CNN101", "?")]),
    ("[RELU)", [("CNN102", "[")]),
    ("(RELU]", [("CNN102", "(")]),
    ("([RELU)", [("CNN102", "[")]),
    ("[RELU", [("CNN102", "[")]),
    ("[(RELU)", [("CNN102", "[")]),
    ("RELU)", [("CNN101", ")")]),
    ("[RELU))", [("CNN102", "[")]),
    ("[RELU}", [("CNN102", "[")]),
    ("RELU[2]", [("CNN101", "[")]),
    ("CONV3-8(padding=1", [("CNN102", "(")]),
    ("CONV3-8(padding=(1]", [("CNN102", "(")]),
    ("OUTPUT(3)", [("CNN101", "3")]),
    ("OUTPUT(a", [("CNN102", "(")]),
    ("ADD(a/3)", [("CNN101", "3")]),
    ("ADD(from=3)", [("CNN101", "3")]),
    ("RELU3", [("CNN101", "3")]),
    ("RELU/2", [("CNN101", "/")]),
    ("FC10", [("CNN101", "10")]),
    ("GAP/2", [("CNN101", "/")]),
    ("CONV3-8/RELU", None),
    ("CONV3-8/)", [("CNN101", ")")]),
    ("CONV3-8(=3)", [("CNN101", "=")]),
    ("RELU*RELU", None),
    ("RELU*1.5", [("CNN101", "1.5")]),
    ("RELU*(2", [("CNN102", "(")]),
    ("CONV-(4", [("CNN102", "(")]),
    ("CONV-(4*(2)", [("CNN102", "(")]),
    ("CONV-(N, 4)", [("CNN101", ",")]),
    ("RELU=TANH", [("CNN113", "RELU")]),
    ("=TANH", [("CNN101", "=")]),
    ("POOL2=TANH", [("CNN113", "POOL2")]),
]


@pytest.mark.parametrize("text, wanted", SAID)
def test_said(text, wanted):
    if wanted is None:
        parse(text)
        return
    with pytest.raises(SpecError) as raised:
        parse(text)
    assert [(each.code.number, each.span.words()) for each in raised.value.diagnostics] == wanted


HINTS = [
    ("RELU3", "RELU takes overwrite"),
    ("GAP3", "GAP takes no options"),
    ("FC10", "write `FC-10`"),
    ("FC10x20", "write `FC-10x20`"),
    ("DROPOUT3", "DROPOUT takes rate, overwrite, channels"),
    ("GAP/2", "GAP takes no options"),
    ("CNV3x3", "did you mean `CONV`?"),
    ("rlu", "did you mean `RELU`?"),
    ("STGE", "did you mean `STAGE`?"),
    ("MAXPOL22", "did you mean `MAXPOOL`?"),
]


@pytest.mark.parametrize("text, hint", HINTS)
def test_hints(text, hint):
    with pytest.raises(SpecError) as raised:
        parse(text, ["STAGE"])
    assert raised.value.diagnostics[0].hints == (hint,)
