"""Every part of a syntax tree has the span of its characters."""

import pytest
from hypothesis import given
from support import KINDS, parse, tree
from test_parser import BLOCKS, patterns

from cnncalc.maths.volume import Words
from cnncalc.pattern.parser import parse_header, parse_value
from cnncalc.pattern.syntax import Argument, Binary, Branches, Call, Group, Int, LayerAtom, Literal, Name, Negative, Output, unparse
from cnncalc.text.source import Source


def values_in(value):
    yield value
    if isinstance(value, Binary):
        yield from values_in(value.left)
        yield from values_in(value.right)
    elif isinstance(value, Negative):
        yield from values_in(value.inner)


def parts(steps):
    """Yield steps, their atoms, and arguments, with everything inside."""
    for step in steps:
        yield step
        yield step.atom
        if isinstance(step.atom, Group):
            yield from parts(step.atom.steps)
        elif isinstance(step.atom, Branches):
            for chain in step.atom.chains:
                yield from parts(chain)
        elif isinstance(step.atom, LayerAtom):
            yield from step.atom.options


def values_of(steps):
    for part in parts(steps):
        found = []
        if isinstance(part, LayerAtom):
            found = [part.size, part.filters, part.stride]
        elif isinstance(part, Call):
            found = part.arguments
        elif isinstance(part, Argument) and part.key_span is not part.value.span and part.key != "share":  # a reference
            found = [part.value]
        elif hasattr(part, "count") and not isinstance(part, tuple):
            found = [part.count]
        for value in found:
            if value is not None:
                yield from values_in(value)


def respaced(text):
    """Return a pattern with more white space, to reveal spans that are too long or too short."""
    return f"  {text}  ".replace("->", " \n->  ").replace(",", " ,  ").replace("(", "( ").replace(")", " )").replace("=", " = ")


@given(patterns)
def test_law_a_value_is_read_from_its_span(steps):
    for value in values_of(parse(respaced(unparse(steps)), BLOCKS)):
        words = value.span.words()
        assert words == words.strip()
        if not (isinstance(value, Literal) and isinstance(value.value, Words)):  # a list is no value of its own, only an option's
            assert tree(parse_value(Source("", words), KINDS)) == tree(value)


@given(patterns)
def test_law_a_step_and_what_it_repeats_are_read_from_their_spans(steps):
    for part in parts(parse(respaced(unparse(steps)), BLOCKS)):
        if isinstance(part, Argument):
            assert part.key_span.words() == part.key or (part.key == "" and part.key_span == part.value.span)
            continue
        words = part.span.words()
        assert words == words.strip()
        if isinstance(part, (Branches, Output)) or isinstance(getattr(part, "atom", None), (Branches, Output)):
            assert (words[0], words[-1]) == ("{", "}") or words.split("(")[0].rstrip() == "OUTPUT"
            continue
        (again,) = parse(words, BLOCKS)
        if hasattr(part, "atom"):
            assert tree(again) == tree(part)
            assert part.name_span is None or part.name_span.words() == part.name
        else:
            assert tree(again.atom) == tree(part)


SPANS = [  # a pattern of one step; a way to one of its spans; the words
    ("a = CONV3-64/2 * 3", lambda step: step.span, "a = CONV3-64/2 * 3"),
    ("a = CONV3-64/2 * 3", lambda step: step.name_span, "a"),
    ("a = CONV3-64/2 * 3", lambda step: step.atom.span, "CONV3-64/2"),
    ("a = CONV3-64/2 * 3", lambda step: step.atom.size.span, "3"),
    ("a = CONV3-64/2 * 3", lambda step: step.count.span, "3"),
    ("CONV11x7-64", lambda step: step.atom.size.span, "11x7"),
    ("CONV3-( 4 * C )", lambda step: step.atom.filters.span, "4 * C"),
    ("CONV3-(1 + 2 * C)", lambda step: step.atom.filters.right.span, "2 * C"),
    ("CONV3-(1 + 2 + C)", lambda step: step.atom.filters.left.span, "1 + 2"),
    ("CONV3-((1 + 2) * C)", lambda step: step.atom.filters.span, "(1 + 2) * C"),
    ("CONV3-((1 * 2) - C)", lambda step: step.atom.filters.span, "(1 * 2) - C"),
    ("CONV3-( - C )", lambda step: step.atom.filters.span, "- C"),
    ("LRN(alpha = - 1.5 )", lambda step: step.atom.options[0].value.span, "- 1.5"),
    ("LRN(alpha = - 1.5 )", lambda step: step.atom.options[0].key_span, "alpha"),
    ("[RELU]*( N )", lambda step: step.count.span, "N"),
    ("[RELU]* N", lambda step: step.count.span, "N"),
    ("[ RELU -> TANH ] ?", lambda step: step.atom.span, "[ RELU -> TANH ]"),
    ("[ RELU -> TANH ] ?", lambda step: step.span, "[ RELU -> TANH ] ?"),
    ("BLOCK( 3 , N )", lambda step: step.atom.span, "BLOCK( 3 , N )"),
    ("OUTPUT( aux )", lambda step: step.atom.span, "OUTPUT( aux )"),
    ("CONCAT(from = a / b * )", lambda step: step.atom.sources[0].span, "a / b *"),
    ("CONCAT( a / b * )", lambda step: step.atom.options[0].value.span, "a / b *"),
    ("INPUT[ 8x8x3 ]", lambda step: step.atom.options[0].value.span, "8x8x3"),
    ("INPUT[ 8x8x3 ]", lambda step: step.atom.options[0].key_span, "8x8x3"),
]


@pytest.mark.parametrize("text, way, words", SPANS)
def test_spans(text, way, words):
    (step,) = parse(f" {text} ", BLOCKS)
    assert way(step).words() == words


def test_references_are_written_without_spaces():
    (step,) = parse("CONCAT(from = a / b * , from=c, d / e)")
    assert [source.path for source in step.atom.sources] == ["a/b*", "c"]
    assert [argument.value.name for argument in step.atom.options] == ["d/e"]


def test_the_span_of_a_header_is_its_name():
    name, parameters, span = parse_header(Source("", "  AB ( C , D ) "), KINDS)
    assert (name, parameters, span.words()) == ("AB", ("C", "D"), "AB")


def test_values_of_each_type():
    kinds = {type(value) for value in values_of(parse("CONV3-(N-1)/1x2(padding=-C)"))}
    assert kinds == {Int, Name, Binary, Negative, Literal}
