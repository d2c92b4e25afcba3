"""Sources, spans, carets and suggestions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.spec.document import locate
from cnncalc.text.caret import WIDEST, render
from cnncalc.text.diagnostic import Code, Diagnostic, Findings, SpecError
from cnncalc.text.source import Excerpt, Source, Span
from cnncalc.text.suggest import closest, did_you_mean, listed

CODE = Code("CNN999", "title", "what", "why", "example", "fix")


def drawn(text, start, end, **parts):
    return render(Diagnostic(CODE, "error", "message", Span(Source("x.yaml", text), start, end), **parts))


POSITIONS = [
    ("abc", 0, (1, 1)),
    ("abc", 3, (1, 4)),
    ("a\nb", 2, (2, 1)),
    ("a\r\nb", 3, (2, 1)),
    ("a\rb", 2, (2, 1)),
    ("a\x85b", 2, (2, 1)),
    ("a\u2028b", 2, (2, 1)),
    ("\n\n", 2, (3, 1)),
    ("", 0, (1, 1)),
    ("é\U0001f600x", 2, (1, 3)),
]


@pytest.mark.parametrize("text, offset, place", POSITIONS)
def test_position(text, offset, place):
    assert Source("", text).position(offset) == place


@given(st.text(alphabet="ab\n\r\u2028é", max_size=30))
def test_law_positions_and_offsets_are_inverse(text):
    source = Source("", text)
    for offset in range(len(text) + 1):
        line, column = source.position(offset)
        assert source.offset(line - 1, column - 1) == offset


@given(st.text(alphabet="ab\n\r\u2028é", max_size=30), st.integers(0, 40))
def test_law_lines_hold_no_break(text, number):
    assert not set(Source("", text).line(number)) & set("\n\r\u2028")


@given(st.text(max_size=80), st.integers(0, 100), st.integers(0, 100), st.text(max_size=10))
def test_law_everything_can_be_drawn(text, start, length, label):
    start = min(start, len(text))
    shown = drawn(text, start, min(start + length, len(text)), label=label, notes=(text,), hints=(label,))
    lines = shown.split("\n")
    assert lines[0] == "error[CNN999]: message"
    assert lines[-1].endswith("= help: cnncalc explain CNN999")
    assert "^" in shown
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for line in lines for char in line)


CARETS = [
    ("one two", 4, 7, "1 | one two\n  |     ^^^"),
    ("one two", 7, 7, "1 | one two\n  |        ^"),
    ("a\nbc\nd", 2, 4, "2 | bc\n  | ^^"),
    ("a\nbc\nd", 3, 6, "2 | bc\n  |  ^"),  # a span is underlined to the end of its line
    ("\tx", 1, 2, "1 |  x\n  |  ^"),
    ("\u30ab\u30abx", 2, 3, "1 | \u30ab\u30abx\n  |     ^"),  # wide characters take two columns
    ("e\u0301x", 2, 3, "1 | e\u0301x\n  |  ^"),  # combining ones none
]


@pytest.mark.parametrize("text, start, end, picture", CARETS)
def test_caret(text, start, end, picture):
    assert picture in drawn(text, start, end)


def test_long_lines_are_cut_around_the_caret():
    text = "a" * 10_000 + "X" + "b" * 10_000
    lines = drawn(text, 10_000, 10_001).splitlines()
    shown, caret = lines[3], lines[4]
    assert len(shown) < WIDEST + 20
    assert shown[caret.index("^")] == "X"
    assert lines[1].endswith("x.yaml:1:10001")


def test_a_diagnostic_without_a_place():
    assert render(Diagnostic(CODE, "warning", "message", hints=("do this",))) == (
        "warning[CNN999]: message\n = hint: do this\n = help: cnncalc explain CNN999"
    )


SCALARS = [  # a scalar as written, its value, and the place of each character of the value
    ("abc", "", "abc", [0, 1, 2, 3]),
    ("'a''b'", "'", "a'b", [1, 2, 4, 5]),
    ('"a\\tb"', '"', "a\tb", [1, 2, 4, 5]),
    ('"\\x41b"', '"', "Ab", [1, 5, 6]),
    ('"\\u0041b"', '"', "Ab", [1, 7, 8]),
    (">-\n  a\n  b", ">", "a b", [5, 6, 9, 10]),
    ("|\n  a\n  b\n", "|", "a\nb\n", [4, 5, 8, 9, 10]),
]


@pytest.mark.parametrize("written, style, value, places", SCALARS)
def test_characters_of_scalars_are_located(written, style, value, places):
    assert locate(value, written, 0, len(written), style) == places


@given(st.text(alphabet="ab ->[]", min_size=1, max_size=30), st.sampled_from(["'", '"', ">-", "|-", ">", "|"]), st.integers(1, 20))
def test_law_non_blank_characters_are_where_they_were_written(value, style, width):
    import yaml

    from cnncalc.spec.composer import read

    words = value.split()
    if not words:
        return
    body = words[0] + "".join(("\n   " if len(word) * 7 % width == 0 else " ") + word for word in words[1:])
    text = f"key: {style}{body}{style}\n" if style in "'\"" else f"key: {style}\n   {body}\n"
    try:
        node = read(Source("x.yaml", text), Findings()).get("key")
    except (SpecError, yaml.YAMLError):
        return
    for at, char in enumerate(node.text):
        if not char.isspace():
            source, start, end = Span(node.excerpt(), at, at + 1).resolve()
            assert source.text[start:end] == char


def test_an_excerpt_finds_its_place_only_when_asked():
    asked = []
    excerpt = Excerpt("ab", Source("x.yaml", "xx ab"), lambda: asked.append(1) or [3, 4, 5])
    span = Span(excerpt, 0, 2)
    assert span.words() == "ab"
    assert not asked
    assert span.resolve()[1:] == (3, 5)


MEANT = [
    ("paramz", ["params", "macs"], "params"),
    ("CONVV", ["CONV", "DECONV"], "CONV"),
    ("conv", ["CONV"], "CONV"),
    ("inptu", ["input", "INPUT"], "input"),
    ("n", ["LN", "GN"], None),
    ("N", ["n"], "n"),
    ("xyz", ["params"], None),
    ("", ["params"], None),
]


@pytest.mark.parametrize("word, candidates, wanted", MEANT)
def test_did_you_mean(word, candidates, wanted):
    assert closest(word, candidates) == wanted
    assert did_you_mean(word, candidates) == ((f"did you mean `{wanted}`?",) if wanted else ())


VGG = ["vgg19", "vgg11", "vgg16", "vgg_e", "alexnet"]
B = [f"efficientnet_b{number}" for number in range(11)]
FAMILIES = [
    ("vgg", VGG, "`vgg11`, `vgg16`, `vgg19` or `vgg_e`"),
    ("VGG1", VGG, "`vgg11`, `vgg16` or `vgg19`"),
    ("vgg61", VGG, "`vgg16`"),  # two neighbours in the wrong order are one slip
    ("vgg15", VGG, "`vgg11`, `vgg16` or `vgg19`"),  # equally near: none is left out
    ("efficientnet", B, ", ".join(f"`{each}`" for each in B[:8]) + " or 3 others"),
    ("conv1", ["conv5_1", "conv1_2", "conv1_1"], "`conv1_1` or `conv1_2`"),
    ("conv1_9", ["conv1_10", "conv1_2", "conv9_1"], "`conv1_2`"),
    ("DROP", ["CROP", "DROPOUT"], "`DROPOUT`"),
    ("MAX", ["SOFTMAX", "MAXPOOL", "MAXIMUM"], "`MAXIMUM` or `MAXPOOL`"),
    ("param", ["params", "params.max", "params.min"], "`params`"),
    ("batch_size", ["batch", "dtype"], "`batch`"),
]


@pytest.mark.parametrize("word, candidates, wanted", FAMILIES)
def test_a_beginning_leads_to_the_family(word, candidates, wanted):
    assert did_you_mean(word, candidates) == (f"did you mean {wanted}?",)
    assert did_you_mean(word, candidates[::-1]) == did_you_mean(word, candidates)  # the order is no reason


@pytest.mark.parametrize("word, candidates", [("ATTENTION", ["FLATTEN"]), ("pattern", ["FLATTEN"])])
def test_nothing_is_better_than_a_misleading_word(word, candidates):
    assert did_you_mean(word, candidates) == ()


@given(st.text(max_size=300), st.lists(st.text(max_size=20), max_size=8))
def test_law_what_is_meant_is_a_candidate(word, candidates):
    found = closest(word, candidates)
    assert found is None or found in candidates


def test_listed():
    assert [listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


def test_findings_keep_each_finding_once_and_in_the_order_of_the_text():
    source, findings = Source("x", "abc"), Findings()
    findings.error(CODE, "second", Span(source, 2, 3))
    findings.warning(CODE, "first", Span(source, 0, 1))
    findings.error(CODE, "second", Span(source, 2, 3))
    assert [each.message for each in findings.sorted()] == ["first", "second"]
    assert findings.failed
    with pytest.raises(SpecError) as raised:
        findings.check()
    assert [each.severity for each in raised.value.diagnostics] == ["warning", "error"]


def test_findings_of_several_sources_are_not_mixed():
    """A spec and its base: diagnostics without a place first, then one text after the other."""
    spec, base = Source("net.yaml", "abc"), Source("base.yaml", "abc")
    findings = Findings()
    for source, start, message in ((spec, 2, "c"), (base, 1, "b"), (spec, 0, "a"), (base, 2, "d")):
        findings.error(CODE, message, Span(source, start, start + 1))
    findings.error(CODE, "e")
    assert [each.message for each in findings.sorted()] == ["e", "b", "d", "a", "c"]


def test_warnings_alone_do_not_fail():
    findings = Findings()
    findings.warning(CODE, "a warning")
    findings.check()
