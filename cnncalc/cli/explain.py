"""`cnncalc explain`: the meaning of a diagnostic or a layer kind."""

from __future__ import annotations

import click


@click.command("explain", short_help="The meaning of a diagnostic or a layer kind.")
@click.argument("topic", metavar="CODE|KIND|codes|kinds|figures")
def command(topic: str) -> int:
    """Explain a diagnostic (CNN201), a layer kind (CONV), or list all `codes`, `kinds` or `figures`."""
    from cnncalc.cli.output import say

    say(_page(topic))
    return 0


def _elsewhere(name: str) -> str:
    """Return the pages of the kinds that a layer of another framework leads to; empty for an unknown name."""
    from cnncalc.graph.vocabulary import Kinds
    from cnncalc.pattern.foreign import answer, steps_of
    from cnncalc.reports import explain

    if said := answer(name):
        return f"{name}: {said}"
    if not (steps := steps_of(name, Kinds())):
        return ""
    split = [Kinds().split(step.partition("(")[0]) for step in steps.split(" -> ")]
    pages = [explain.kind_page(kind[0]) for kind in split if kind]
    return "\n\n\n".join([f"{name} is written `{steps}` here.", *pages])


def _page(topic: str) -> str:
    from cnncalc.graph.vocabulary import Kinds
    from cnncalc.reports import explain
    from cnncalc.text.catalogue import codes
    from cnncalc.text.suggest import did_you_mean

    word = topic.upper()
    if word in {"KINDS", "CODES"}:
        return explain.kinds_page() if word == "KINDS" else explain.codes_page()
    if word == "FIGURES":
        return explain.figures_page()
    kind = Kinds().split(word)
    if kind:
        return explain.kind_page(kind[0])
    ours = codes()
    if word in ours:
        return explain.code_page(ours[word])
    if kind := Kinds().added(word):
        return explain.kind_page(kind[0])
    known = explain.added_codes() | dict(ours)
    if word in known:
        return explain.code_page(known[word])
    if found := _elsewhere(topic):
        return found
    hint = did_you_mean(topic, [*known, *Kinds().kinds(), "codes", "kinds", "figures"])
    if topic.lower() in {"pattern", "patterns", "language", "spec", "specs", "layers", "blocks"}:
        hint = ("docs/language.md describes the language",)
    message = (
        f"nothing to explain about `{topic[:80]}`; {hint[0] if hint else '`cnncalc explain codes` and `kinds` list everything'}"
    )
    raise click.UsageError(message)
