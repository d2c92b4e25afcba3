"""The pages of `cnncalc explain`, generated from the codes and the layer kinds."""

from __future__ import annotations

import inspect
import sys
import textwrap
from typing import TYPE_CHECKING

from cnncalc.layers import kinds
from cnncalc.layers.options import REQUIRED
from cnncalc.maths.volume import written
from cnncalc.text.catalogue import codes
from cnncalc.text.diagnostic import Code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.layers.base import Example, Layer

WIDTH = 88


def added_codes() -> dict[str, Code]:
    """Return every code declared in the modules of extensions, by number. All extensions are imported."""
    from cnncalc import extensions  # for a code unknown to cnncalc

    found: dict[str, Code] = {}
    for extension in (each for group in extensions.GROUPS for each in extensions.found(group)):
        extension.load()
        values = vars(sys.modules[extension.module]).values()
        found |= {value.number: value for value in values if isinstance(value, Code)}
    return dict(sorted(found.items()))


def code_page(code: Code) -> str:
    """Return the page of a diagnostic: what, why, example, fix, source."""
    parts = [("What", code.what), ("Why", code.why), ("Example", code.example), ("Fix", code.fix), ("Source", code.source)]
    lines = [f"{code.number}: {code.title}"]
    for head, text in parts:
        if text:
            body = text.split("\n") if head == "Example" else textwrap.wrap(text, WIDTH - 2)
            lines += ["", head, *(f"  {line}" for line in body)]
    return "\n".join(lines)


def kind_page(name: str) -> str:
    """Return the page of a layer kind: shapes, options, examples."""
    layer = kinds.find(name)
    synonyms = sorted(other for other, kind in kinds.SYNONYMS.items() if kind == name)
    also = f" (also {', '.join(synonyms)})" if synonyms else ""
    lines = [
        f"{name}{also}: {layer.summary}",
        "",
        *(inspect.cleandoc(layer.__doc__ or "").split("\n")),
        "",
        f"Written  {usage(layer)}",
    ]
    if layer.options:
        lines += ["", "Options"]
        width = max(len(option.name) for option in layer.options)
        lines += [f"  {option.name:<{width}}  {_option(layer, option.name)}" for option in layer.options]
    lines += ["", "Examples", *(f"  {_example(example)}" for example in layer.examples), *_legend(layer.examples)]
    return "\n".join(lines)


def usage(layer: type[Layer]) -> str:
    """Return the pattern syntax of a kind, with its short forms."""
    short = layer.shorthand
    size = f"[{short.size}]" if short.size else ""
    filters = f"-{short.filters}" if short.filters else ""
    stride = f"[/{short.stride}]" if short.stride else ""
    options = "[(option=value, …)]" if layer.options else ""
    if layer.merges:
        return f"{layer.name()}({f'{short.first}, ' * bool(short.first)}step, …)"
    return f"{layer.name()}{size}{filters}{stride}{options}"


def _option(layer: type[Layer], name: str) -> str:
    option = next(option for option in layer.options if option.name == name)
    default = "required" if option.default is REQUIRED else "" if option.default is None else f"default {written(option.default)}"
    letters = f"also {', '.join(option.synonyms)}" if option.synonyms else ""
    extra = "; ".join(part for part in (option.takes, default, letters) if part)
    return f"{option.doc} ({extra})"


def _example(example: Example) -> str:
    """Return an example with its volumes, or with its numbers if it has values."""
    source = f"  [{example.source}]" if example.source else ""
    if example.values is None:
        return f"{example.label} makes {example.output} of {example.inputs or 'nothing'}{source}"
    inputs, output, weights = example.values
    given = " and ".join(f"{name} {text}" for name, text in (weights or {}).items())
    return f"{example.label} makes {output} of {inputs}{' with ' * bool(given)}{given}{source}"


def _legend(examples: Sequence[Example]) -> list[str]:
    """Return the legend of the marks between numbers that the examples use."""
    valued = [example.values for example in examples if example.values]
    marks = {mark for inputs, output, weights in valued for mark in " ".join([inputs, output, *(weights or {}).values()]).split()}
    meanings = {";": "rows", "/": "frames", "|": "channels", "||": "filters", "&": "inputs"}
    found = [f"{mark} between {what}" for mark, what in meanings.items() if any(each.endswith(mark) for each in marks)]
    return [f"  ({', '.join(found)})"] if found else []


def kinds_page() -> str:
    """Return a line for each layer kind, including those of other packages."""
    names = sorted(kinds.names() | kinds.added())
    width = max(map(len, names))
    return "\n".join(f"{name:<{width}}  {kinds.find(name).summary}" for name in names)


def codes_page() -> str:
    """Return a line for each code, those of other packages last."""
    return "\n".join(f"{code.number}  {code.title}" for code in (dict(codes()) | added_codes()).values())


def figures_page() -> str:
    """Return every figure by name, with its description and unit."""
    from cnncalc.analyses.figures import added, table

    figures = {**table(), **added()}
    width = max(map(len, figures))
    units = {"": "", "bytes": ", bytes", "pixels": ", pixels", "ratio": ", a ratio"}
    return "\n".join(f"{name:<{width}}  {figure.doc}{units[figure.unit]}" for name, figure in figures.items())
