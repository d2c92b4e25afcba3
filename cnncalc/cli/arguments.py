"""Options of several commands, and their parsing."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli._analysis import located as located  # noqa: PLC0414  for the commands
from cnncalc.request.options import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from typing import Unpack

    from click.shell_completion import CompletionItem

    from cnncalc.analyses.analysis import Analysis, Row
    from cnncalc.request.options import Given, Option
    from cnncalc.request.request import Request
    from cnncalc.workspace.find import Found


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
    if option.form == "integer":
        found["type"] = _Count()
    return {**found, "default": option.default, "show_default": bool(option.default)}


class _Count(click.types.StringParamType):
    """An integer, also as `1K`, `1e3` or `1_000`."""

    name = "integer"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the integer; UsageError for anything else."""
        if found := re.fullmatch(r"(\d{1,18})(?:([kKMG])|[eE]\+?(\d{1,2}))", str(value)):
            return int(found[1]) * 10 ** int(found[3] or {"K": 3, "M": 6, "G": 9}[found[2].upper()])
        return click.INT(value, param, ctx)


class Named(click.types.StringParamType):
    """A name defined in cnncalc or added by another package. Help lists the names of cnncalc; nothing is imported."""

    name = "name"

    def __init__(
        self, is_ours: Callable[[str], bool], ours: Callable[[], Sequence[str]], added: Callable[[], Sequence[str]]
    ) -> None:
        self.is_ours = is_ours
        self.ours = ours
        self.added = added

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:  # noqa: ARG002  click's signature
        """Return `[csv|json]`."""
        return f"[{'|'.join(self.ours())}]"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name; UsageError for an unknown one."""
        if not self.is_ours(value) and value not in self.added():
            from cnncalc.text.suggest import did_you_mean  # on the way to an error

            known = [*self.ours(), *self.added()]
            hint = "".join(f"; {each}" for each in did_you_mean(value, known)) or "."
            words = f"{'one of ' if len(known) > 1 else ''}{', '.join(map(repr, known))}"
            self.fail(f"{value[:80]!r} is not {words}{hint}", param, ctx)
        return value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """Return the names with this beginning."""
        from click.shell_completion import CompletionItem as Item

        return [Item(name) for name in (*self.ours(), *self.added()) if name.startswith(incomplete)]


SETTINGS = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Another value for a variable, N=2, or for a default of a kind, FC.units=10.",
)


def with_settings(found: Found, settings: Sequence[str]) -> Found:
    """Return a spec with other values for its variables; UsageError for what is no setting."""
    if not settings:
        return found
    from cnncalc.workspace.variants import setting, variant

    try:
        return variant(found, dict(map(setting, settings)))
    except ValueError as error:
        raise click.UsageError(str(error)) from None


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


def check_paths(written: Mapping[str, str | None], read: Mapping[str, str | None]) -> None:
    """Refuse to write a file twice, or a file that is read; UsageError names the options."""
    from cnncalc.workspace.files import same_file

    outputs = {option: path for option, path in written.items() if path is not None}
    for option, path in outputs.items():
        if not path:
            raise click.UsageError(f"{option} needs the name of a file")
        for other, before in outputs.items():
            if option < other and before and same_file(path, before):
                raise click.UsageError(f"{option} and {other} are one file, {path}; name another file for one of the two")
        for other, source in read.items():
            if source and same_file(path, source):
                raise click.UsageError(f"{option} would overwrite {source}, which is read as {other}; name another file")


def find_layer(report: Analysis, name: str) -> Row:
    """Return the layer of a name, or of a step's name; UsageError with the nearest name for an unknown one."""
    from cnncalc.text.suggest import did_you_mean  # on the way to an error, mostly

    rows = {name: report.rows[at] for name, at in report.network.graph.named.items()} | {row.name: row for row in report.rows}
    if name in rows:
        return rows[name]
    hint = did_you_mean(name, rows) or ("`cnncalc analyze` shows the names",)
    raise click.UsageError(f"no layer is named `{name[:80]}`; {hint[0]}")
