"""Text to tokens."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.pattern.lexer import tokens
from cnncalc.text.diagnostic import SpecError
from cnncalc.text.source import Source


def lexed(text):
    return [(token.type, token.text) for token in tokens(Source("<pattern>", text))[:-1]]


CASES = [
    ("", []),
    ("  \n\t ", []),
    ("CONV3", [("name", "CONV3")]),
    ("a_1", [("name", "a_1")]),
    ("64", [("int", "64")]),
    ("3x5", [("dims", "3x5")]),
    ("3x5x1", [("dims", "3x5x1")]),
    ("0:1", [("sides", "0:1")]),
    ("0:1x2:3", [("sides", "0:1x2:3")]),
    ("1x2:3", [("sides", "1x2:3")]),
    ("1:2x3", [("sides", "1:2x3")]),
    ("0.5", [("decimal", "0.5")]),
    (".5", [("decimal", ".5")]),
    ("1e-4", [("decimal", "1e-4")]),
    ("1.5E3", [("decimal", "1.5E3")]),
    ("->", [("arrow", "->")]),
    ("→", [("arrow", "→")]),
    ("⟶", [("arrow", "⟶")]),
    ("–>", [("arrow", "–>")]),
    ("- >", None),
    ("[](){}|*^?/+-,=", [(sign, sign) for sign in "[](){}|*^?/+-,="]),
    ("CONV3-64/2", [("name", "CONV3"), ("-", "-"), ("int", "64"), ("/", "/"), ("int", "2")]),
    ("CONV1x7-192", [("name", "CONV1x7"), ("-", "-"), ("int", "192")]),
    ("a->b", [("name", "a"), ("arrow", "->"), ("name", "b")]),
    ("2->3", [("int", "2"), ("arrow", "->"), ("int", "3")]),
    ("9" * 18, [("int", "9" * 18)]),
    ("9" * 19, None),
    ("1x" + "9" * 19, None),
    ("0:" + "9" * 19, None),
    ("1." + "9" * 19, None),
    ("a&b", None),
    ("3×5", None),
    ("'a'", None),
    ("a;b", None),
    ("\x00", None),
    ("\u00b2", None),
]


@pytest.mark.parametrize("text, wanted", CASES)
def test_tokens(text, wanted):
    if wanted is None:
        with pytest.raises(SpecError):
            lexed(text)
    else:
        assert lexed(text) == wanted


@given(st.text(max_size=60))
def test_tokens_cover_the_text(text):
    """Everything but white space is in a token, once and in order; or the text is refused."""
    try:
        found = tokens(Source("<pattern>", text))
    except SpecError:
        return
    assert "".join(token.text for token in found) == "".join(text.split())
    for before, after in itertools.pairwise(found):
        assert before.end <= after.start
        assert text[before.start : before.end] == before.text


@given(st.text(alphabet="0123456789٣３²①x:.eE+-", max_size=30))
def test_digits_are_those_that_python_reads(text):
    """Digits of other scripts are either read as numbers or refused; they never fail later."""
    try:
        for token in tokens(Source("<pattern>", text)):
            if token.type == "int":
                int(token.text)
            if token.type == "decimal":
                float(token.text)
    except SpecError:
        pass


REFUSED = [
    ("a&b", "error[CNN101]: the character `&` means nothing in a pattern"),
    ("a > b", "error[CNN101]: the character `>` means nothing in a pattern"),
    ("9" * 19, "error[CNN101]: a number may have at most 18 digits"),
]


@pytest.mark.parametrize("text, message", REFUSED)
def test_messages(text, message):
    with pytest.raises(SpecError) as raised:
        tokens(Source("<pattern>", text))
    assert str(raised.value).startswith(message)


STRANGE = [  # a text, the words pointed at, the label, the hint
    ("a & b", "&", "", ()),
    ("a > b", ">", "", ("steps are joined by `->`",)),
    ("3\u00d75", "\u00d7", "", ("sizes are written with the letter x: 3x5",)),
    ("a \u2013 b", "\u2013", "", ("this is a dash; use the hyphen -",)),
    (f"a-{'9' * 19}-b", "9" * 19, "19 digits", ()),
    (f"a-1x{'9' * 20}-b", "1x" + "9" * 20, "22 digits", ()),
]


@pytest.mark.parametrize("text, words, label, hints", STRANGE)
def test_refused_where_it_stands(text, words, label, hints):
    with pytest.raises(SpecError) as raised:
        tokens(Source("<pattern>", text))
    (found,) = raised.value.diagnostics
    assert (found.code.number, found.span.words(), found.label, found.hints) == ("CNN101", words, label, hints)


def test_numbers_side_by_side_have_digits_of_their_own():
    text = "x".join(["9" * 18] * 3)
    assert lexed(text) == [("dims", text)]
    assert lexed(f"1:{'9' * 18}") == [("sides", f"1:{'9' * 18}")]


def test_the_end_is_behind_the_text():
    for text in ("", "ab", "ab  "):
        assert tokens(Source("<pattern>", text))[-1] == ("end", "", len(text), len(text))
