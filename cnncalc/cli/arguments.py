"""Options of several commands, and their parsing."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli._analysis import located as located  # noqa: PLC0414  for the commands
from cnncalc.request.options import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from typing import Unpack

    from cnncalc.analyses.analysis import Analysis, Row
    from cnncalc.request.options import Given, Option
    from cnncalc.request.request import Request


def requested(*wanted: str, **instead: Mapping[str, object]) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Add the request options of these names or groups, in the order of `OPTIONS`.

    `instead` replaces click attributes of one option: `batch={"help": "Random images at a time."}`.
    """
    names = [name for name, option in OPTIONS.items() if name in wanted or option.group in wanted or name in instead]

    def decorate(function: Callable[..., int]) -> Callable[..., int]:
        for name in reversed(names):
            attributes: dict[str, Any] = {**_attributes(OPTIONS[name]), **instead.get(name, {})}
            function = click.option(f"--{name.replace('_', '-')}", name, **attributes)(function)
        return function

    return decorate


def _attributes(option: Option) -> dict[str, Any]:
    """Return the click attributes of an option."""
    found: dict[str, Any] = {"help": option.doc}
    if option.form == "flag":
        return {**found, "is_flag": True}
    found["metavar"] = option.metavar
    if option.form == "names":
        return {**found, "multiple": True}
    return {**found, "default": option.default, "show_default": bool(option.default)}


@contextmanager
def checked_mode() -> Generator[None]:
    """Turn an option error that appears only with the network into a usage error; our own bugs stay bugs."""
    try:
        yield
    except ValueError as error:
        from cnncalc.analyses.trainable import NothingToFreezeError  # on the way to an error

        if isinstance(error, NothingToFreezeError):
            raise click.UsageError(str(error)) from None
        raise


def asked(**given: Unpack[Given]) -> Request:
    """Return the checked request; a bad option is a usage error."""
    from cnncalc.request.request import request

    try:
        return request(**given)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def find_layer(report: Analysis, name: str) -> Row:
    """Return the layer of a name, or of a step's name; UsageError with the nearest name for an unknown one."""
    from cnncalc.text.suggest import did_you_mean  # on the way to an error, mostly

    rows = {name: report.rows[at] for name, at in report.network.graph.named.items()} | {row.name: row for row in report.rows}
    if name in rows:
        return rows[name]
    hint = did_you_mean(name, rows) or ("`cnncalc analyze` shows the names",)
    raise click.UsageError(f"no layer is named `{name[:80]}`; {hint[0]}")
