"""The command group. The command `analyze` is the function `command` in `cli/analyze.py`, imported when called."""

from __future__ import annotations

import importlib
import os

import click

from cnncalc import __version__

_NOT_COMMANDS = {"main", "group", "output", "arguments"}


class LazyGroup(click.Group):
    """A group that finds commands by file name: no command pays for the imports of another."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Return the names of all commands."""
        files = os.listdir(os.path.dirname(__file__))  # noqa: PTH120, PTH208  pathlib costs start-up
        names = (name[:-3] for name in files if name.endswith(".py") and not name.startswith("_"))
        return sorted(set(names) - _NOT_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        name = cmd_name.rstrip("_")
        if name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"cnncalc.cli.{name}")
        command: click.Command = module.command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; the error for a mistyped one proposes the nearest."""
        name = args[0]
        if not name.startswith("-") and name not in self.list_commands(ctx):
            from cnncalc.text.suggest import did_you_mean

            hint = (_meant(args),) if _names_a_spec(name) or name == "help" else did_you_mean(name, self.list_commands(ctx))
            message = f"no command `{name[:80]}`" + (f"; {hint[0]}" if hint else "")
            raise click.UsageError(message, ctx)
        return super().resolve_command(ctx, args)


def _meant(args: list[str]) -> str:
    """Return the command that `cnncalc SPEC …` or `cnncalc help COMMAND` stands for."""
    spec = f'"{args[0][:200]}"' if set(args[0]) & set(" >[{(|*") else args[0]
    words = [*args[1:2], "--help"] if args[0] == "help" else ["analyze", spec]
    return f"did you mean `cnncalc {' '.join(words)}`?"


def _names_a_spec(word: str) -> bool:
    """Return whether a word in the place of the command is a file, a shipped spec, or a pattern."""
    from cnncalc.workspace.find import ENDINGS, shipped_names

    return word.endswith(ENDINGS) or word in shipped_names() or "->" in word or word.startswith("INPUT[")


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}, no_args_is_help=True
)
@click.version_option(__version__, "-V", "--version", message="cnncalc %(version)s")
def cli() -> None:
    """Exact sizes, parameters, work and memory of convolutional networks.

    SPEC is a YAML file, the name of a shipped spec (vgg16), an inline pattern
    ("INPUT[32x32x3] -> CONV3-16 -> RELU -> FC-10"), or - for stdin.
    """
