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


def _page(topic: str) -> str:
    from cnncalc.graph.vocabulary import Kinds
    from cnncalc.reports import explain
    from cnncalc.text.suggest import did_you_mean

    word = topic.upper()
    if word in {"KINDS", "CODES"}:
        return explain.kinds_page() if word == "KINDS" else explain.codes_page()
    if word == "FIGURES":
        return explain.figures_page()
    kind = Kinds().split(word)
    if kind:
        return explain.kind_page(kind[0])
    codes = explain.codes()
    if word in codes:
        return explain.code_page(codes[word])
    if kind := Kinds().added(word):
        return explain.kind_page(kind[0])
    codes = explain.added_codes() | codes
    if word in codes:
        return explain.code_page(codes[word])
    hint = did_you_mean(topic, [*codes, *Kinds().kinds(), "codes", "kinds", "figures"])
    message = (
        f"nothing to explain about `{topic[:80]}`; {hint[0] if hint else '`cnncalc explain codes` and `kinds` list everything'}"
    )
    raise click.UsageError(message)
