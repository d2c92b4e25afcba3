"""Run the command line in this process, like `main` without exiting, and return its output and exit status."""

import io
import sys
from types import SimpleNamespace

import pytest

from cnncalc.cli.main import run as main


@pytest.fixture
def cli(monkeypatch, capsys):
    """Return a function that runs `cnncalc ARGUMENTS` and returns the exit status, stdout and stderr."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def run(*arguments, stdin=b""):
        monkeypatch.setattr(sys, "argv", ["cnncalc", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(stdin), isatty=lambda: False))
        capsys.readouterr()
        status = main()
        out, err = capsys.readouterr()
        return status, out, err

    return run
