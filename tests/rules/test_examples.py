"""Each rule finds nothing in its VALID examples and something in its INVALID ones; tests/golden/advice.txt has the messages."""

import itertools
import re
from pathlib import Path

import pytest
from support import GOLDEN, REGENERATE

import cnncalc.rules
from cnncalc.layers import kinds
from cnncalc.reports.explain import code_page
from cnncalc.rules.lint import rules
from cnncalc.tasks.check import lint
from cnncalc.text.caret import render
from cnncalc.text.catalogue import codes
from cnncalc.workspace.find import shipped_names

RULES = rules()
NUMBERS = [rule.ADVICE.number for rule in RULES]
VALID = [pytest.param(rule, spec, id=f"{rule.ADVICE.number}-{at}") for rule in RULES for at, spec in enumerate(rule.VALID)]
INVALID = [pytest.param(rule, spec, id=f"{rule.ADVICE.number}-{at}") for rule in RULES for at, spec in enumerate(rule.INVALID)]


def said(rule, spec):
    """Return the advice of one rule on a spec."""
    return [diagnostic for diagnostic in lint(spec) if diagnostic.code is rule.ADVICE]


@pytest.mark.parametrize("rule, spec", VALID)
def test_silent(rule, spec):
    assert [diagnostic.message for diagnostic in said(rule, spec)] == []


@pytest.mark.parametrize("rule, spec", INVALID)
def test_speaks(rule, spec):
    found = said(rule, spec)
    assert found
    assert all(diagnostic.severity in {rule.SEVERITY, "note"} for diagnostic in found)
    assert all(diagnostic.span is not None for diagnostic in found)


def test_whole_messages():
    path = GOLDEN / "advice.txt"
    text = "\n".join(f"{render(found)}\n" for rule in RULES for spec in rule.INVALID for found in said(rule, spec))
    if REGENERATE:
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_which_rules_speak_of_the_shipped_networks():
    """Well-designed networks get little advice, and each piece once per place of the text."""
    path = GOLDEN / "advice_of_specs.txt"
    lines = []
    for name in shipped_names():
        found = [diagnostic.code.number for diagnostic in lint(name)]
        counted = ((number, len(list(same))) for number, same in itertools.groupby(found))
        lines.append(" ".join([f"{name}:", *(number if times == 1 else f"{number}x{times}" for number, times in counted)]))
    if REGENERATE:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert lines == path.read_text(encoding="utf-8").splitlines()


def test_vgg16_is_well_designed_but_for_memory_and_parameters():
    assert [diagnostic.code.number for diagnostic in lint("vgg16")] == ["CNN313", "CNN314"]


def test_each_file_is_a_rule_with_a_number_of_its_own():
    files = {path.stem for path in Path(cnncalc.rules.__file__).parent.glob("*.py")} - {"__init__", "base", "design", "lint"}
    assert files == {rule.__name__.rpartition(".")[2] for rule in RULES}
    assert len(set(NUMBERS)) == len(NUMBERS)
    assert all(re.fullmatch("CNN3[0-9]{2}", number) for number in NUMBERS)


@pytest.mark.parametrize("rule", RULES, ids=NUMBERS)
def test_a_rule_is_explained_with_its_source(rule):
    assert codes()[rule.ADVICE.number] is rule.ADVICE
    assert "\nSource\n" in code_page(rule.ADVICE)
    assert rule.VALID
    assert rule.INVALID
    assert lint(rule.ADVICE.example)  # the example of the page is usable and gets the advice
    assert rule.ADVICE.number in {found.code.number for found in lint(rule.ADVICE.example)}


@pytest.mark.parametrize("rule", RULES, ids=NUMBERS)
def test_rules_name_no_layer_kind(rule):
    """Rules read facts: they import and compare no kinds."""
    text = Path(rule.__file__).read_text(encoding="utf-8")
    for module in re.findall(r"cnncalc\.layers\.(\w+)", text):
        assert module.upper() not in kinds.names(), module
    assert not re.search(r"\.kind\b|\.use\.kind\b", text)
