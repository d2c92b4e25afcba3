"""docs/advice.md is generated from the rules: CNNCALC_GOLDEN=write rewrites it. tests/test_docs.py runs its console blocks."""

import re
import textwrap

from support import REGENERATE, ROOT

from cnncalc.rules.lint import rules
from cnncalc.tasks.check import lint
from cnncalc.text.caret import render

HEAD = """# Advice on a design

<!-- Generated from the rules by tests/rules/test_page.py: change the rules, then run CNNCALC_GOLDEN=write pytest tests/rules -->

`cnncalc lint SPEC…` checks the design of a network against the rules of thumb of the course notes and slides (CS231n) and of the Knet
tutorial. It takes files, folders, shipped names, inline patterns and `-`, like `validate`; `--format json` prints the advice as data. Every
figure in the advice is computed, and every hint has been tried on the network.

Advice is not law: most winning networks break some of it knowingly. Advice therefore fails a spec only with `--strict`. Certain waste
(parameters without effect, and pixels that a stride steps over) is a warning, which `cnncalc validate` shows too; everything else is a
note, which `validate` only counts. Each place of the text gets one piece of advice per rule, with the names of the other affected layers.

To silence advice, list its codes in the spec, `ignore: [CNN301, CNN314]`, or on the command line, `--ignore CNN301,CNN314`. In
Python: `cnncalc.lint("vgg16", ignore={"CNN301"})`.

| code | about | kind |
|---|---|---|
"""


def wrapped(word, text):
    return textwrap.fill(f"**{word}** {text}", 120, break_long_words=False, break_on_hyphens=False)


def section(rule):
    code, spec = rule.ADVICE, rule.INVALID[0]
    found = lint(spec)
    mine = [each for each in found if each.code is code]
    at, after = found.index(mine[0]), found[found.index(mine[-1]) + 1 :]
    shown = ["...", ""] if at else []
    shown += "\n\n".join(map(render, mine)).splitlines()
    shown += ["", "..." if after else f"1 spec: advice on 1 ({summary(found)})"]
    console = "\n".join([f'$ cnncalc lint "{spec}"', *shown])
    parts = [
        f"## {code.number}: {code.title}",
        wrapped("What.", code.what),
        wrapped("Why.", code.why),
        wrapped("Fix.", code.fix),
        wrapped("Source.", code.source),
        f"```console\n{console}\n```",
        "No advice on\n\n" + "\n".join(f"    {each}" for each in rule.VALID),
    ]
    return "\n\n".join(parts)


def summary(found):
    severities = [each.severity for each in found]
    counted = ((severities.count(word), word) for word in ("warning", "note"))
    return ", ".join(f"{count} {word}{'s' * (count > 1)}" for count, word in counted if count)


def page():
    table = "".join(f"| [{rule.ADVICE.number}](#{anchor(rule)}) | {rule.ADVICE.title} | {rule.SEVERITY} |\n" for rule in rules())
    return HEAD + table + "\n" + "\n\n".join(map(section, rules())) + "\n"


def anchor(rule):
    return re.sub(r"[^\w\- ]", "", f"{rule.ADVICE.number}: {rule.ADVICE.title}".lower()).replace(" ", "-")


def test_the_page_is_that_of_the_rules():
    path = ROOT / "docs" / "advice.md"
    if REGENERATE:
        path.write_text(page(), encoding="utf-8")
    assert page() == path.read_text(encoding="utf-8")
