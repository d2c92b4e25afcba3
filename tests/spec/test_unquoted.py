"""Free texts that YAML reads as something else: the hint quotes them, and what it quotes is read as the text."""

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from support import analyzed, diagnostics, document

from cnncalc.graph.build import Overrides
from cnncalc.pipeline import read
from cnncalc.text.diagnostic import Findings, SpecError

PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=30)


def spec(line):
    return f"input: 8x8x4\n{line}\npattern: CONV3-8\n"


def source(line):
    return read(document(spec(line)), Overrides(), Findings())[0].citation


def quoted(line):
    """Return the line that the only hint gives, or None."""
    hints = [hint for each in diagnostics(spec(line)) for hint in each.hints if hint.startswith("quote the text: `")]
    return hints[0].removeprefix("quote the text: `").removesuffix("`") if len(hints) == 1 else None


@pytest.mark.parametrize(
    "value, text",
    [
        ('Redmon 2018, "YOLOv3: An Incremental Improvement"', 'Redmon 2018, "YOLOv3: An Incremental Improvement"'),
        ("it's: a net", "it's: a net"),
        ("'Bob's net'", "Bob's net"),
        ("'Bob", "Bob"),
        ('"A" and "B"', '"A" and "B"'),
        ("[1] Redmon # in a comment", "[1] Redmon"),
        *[(f"{sign}a", f"{sign}a") for sign in "[{*%@`!,"],
        *[(f"{sign} a", f"{sign} a") for sign in "?-|>]}"],
        ("[a]", "[a]"),
        ("{a: b}", "{a: b}"),
    ],
)
def test_a_text_is_quoted(value, text):
    assert source(quoted(f"source: {value}")) == text


@given(PRINTABLE)
@example("a: b # c")
@example("'a' b'")
def test_a_text_without_quotes_and_comments_is_read_as_written(value):
    assume(value.strip() and value.strip()[:1] not in {"'", '"', "&"} and value.strip()[:2] != "!!" and " #" not in f" {value}")
    try:
        analyzed(spec(f"source: {value}"))
    except SpecError:
        assert source(quoted(f"source: {value}")) == value.strip()


@pytest.mark.parametrize("line", ["source: !!python/object:os.system x", "ignore: a: b", "source: [a,\n  b]"])
def test_nothing_else_is_quoted(line):
    assert quoted(line) is None
