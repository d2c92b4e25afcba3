"""`cnncalc analyze SPEC` without an option bypasses click, without a visible difference."""

import inspect
import os
import signal
import subprocess
import sys

import pytest
from support import environment, run

from cnncalc.cli._analysis import show
from cnncalc.cli.analyze import command
from cnncalc.cli.main import _is_plain_analyze
from cnncalc.request.request import Request, request

pytestmark = pytest.mark.skipif(os.name != "posix", reason="elsewhere click reads every command line")


@pytest.mark.parametrize(
    "arguments, plain",
    [
        (["analyze", "vgg16"], True),
        (["analyze", "-"], True),
        (["analyze", "INPUT[8x8x3] -> CONV3-8"], True),
        (["analyze"], False),
        (["analyze", ""], False),
        (["analyze", "--help"], False),
        (["analyze", "--all"], False),
        (["analyze", "--"], False),
        (["analyze", "vgg16", "--all"], False),
        (["analyze", "vgg16", "lenet5"], False),
        (["--", "analyze"], False),
        (["validate", "vgg16"], False),
        (["vgg16", "analyze"], False),
        ([], False),
    ],
)
def test_which_command_lines_are_plain(arguments, plain, monkeypatch):
    monkeypatch.delenv("_CNNCALC_COMPLETE", raising=False)
    assert _is_plain_analyze(arguments) is plain


def test_a_shell_that_asks_for_completions_gets_them():
    assert "_CNNCALC_COMPLETE" in run("analyze", "vgg16", env={"_CNNCALC_COMPLETE": "bash_source"}).stdout


@pytest.mark.parametrize(
    "spec, status",
    [
        ("vgg16", 0),
        ("lenet5", 0),
        ("INPUT[8x8x3] -> CONV3-8", 0),
        ("INPUT[7x7x3] -> CONV3-8/2(rounding=floor)", 0),  # a warning
        ("INPUT[8x8x3] -> X", 2),
        ("INPUT[4x4x3] -> CONV5-8(padding=0)", 2),
        ("vgg61", 2),
        ("no/such.yaml", 2),
        (".", 2),
        ("*", 2),
        ("~", 2),
        ("-", 0),
        ("\udcff", 2),
    ],
)
def test_the_result_is_that_of_click(cli, spec, status):
    stdin = b"input: 8x8x4\npattern: CONV3-8\n"
    plain, by_click = cli("analyze", spec, stdin=stdin), cli("analyze", spec, "--format", "table", stdin=stdin)
    assert plain == by_click
    assert plain[0] == status


def test_the_defaults_of_the_command_are_those_of_the_plain_one():
    def defaults(function):
        return {
            name: each.default for name, each in inspect.signature(function).parameters.items() if each.default is not each.empty
        }

    given = command.make_context("analyze", ["vgg16"]).params
    assert (given.pop("spec"), given.pop("style"), given.pop("sizes")) == ("vgg16", None, None)
    assert given.pop("settings") == ()
    given["kind"] = given.pop("format_")
    shown = {name: given.pop(name) for name in defaults(show)}
    assert shown == defaults(show)
    assert request(**given) == Request()


@pytest.mark.parametrize("more", [(), ("--all",)])
def test_an_interrupt_is_said_on_a_line_of_its_own(more):
    """The terminal has printed ^C."""
    code = "import sys; sys.argv = ['cnncalc', *sys.argv[1:]]; from cnncalc.cli.main import main; import cnncalc.workspace.find as find"
    code += f"\ndef stopped(spec): raise KeyboardInterrupt({signal.SIGINT.value})\nfind.find = stopped\nmain()"
    done = subprocess.run(
        [sys.executable, "-c", code, "analyze", "vgg16", *more], capture_output=True, env=environment(), check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"\ninterrupted\n")
