"""The entry point: runs the command, and turns every kind of failure into an exit status.

0 fine, 1 findings, 2 unusable input, usage or plugin, 101 our own bug; 130 Ctrl-C, 141 a closed pipe.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

UNUSABLE = 2
OUR_BUG = 101
CLOSED_PIPE = 141
INTERRUPTED = 130


def main() -> None:
    """Run the command line and exit without interpreter teardown, which has nothing to do and takes a tenth of the time."""
    gc.disable()  # the process ends after one answer: collecting garbage would only cost time
    status = run()
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    os._exit(status)


def run() -> int:
    """Run the command line and print its result; return the exit status."""
    try:
        _open_streams()
        status = _version() if sys.argv[1:] in (["--version"], ["-V"]) else _run()
        sys.stdout.flush()
    except KeyboardInterrupt:
        _tell("interrupted\n")
        status = INTERRUPTED
    except BrokenPipeError:
        _silence()
        status = CLOSED_PIPE
    except OSError as error:  # a full disk; unreadable input has been diagnosed before
        _tell(f"cnncalc: the result cannot be written: {(error.strerror or str(error)).lower()}\n")
        _silence()
        status = UNUSABLE
    return status


def _tell(text: str) -> None:
    """Write to stderr, which may be full or closed."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()


def _open_streams() -> None:
    """Replace closed standard streams (`>&-`), which Python sets to None."""
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115  open until the end
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    if sys.stdout is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def _version() -> int:
    """Print the version without further imports."""
    from cnncalc import __version__

    sys.stdout.write(f"cnncalc {__version__}\n")
    return 0


def _run() -> int:
    """Return the exit status of the command."""
    from cnncalc.text.diagnostic import SpecError

    try:
        return _plain_analyze(sys.argv[2]) if _is_plain_analyze(sys.argv[1:]) else _by_click()
    except SpecError as error:
        from cnncalc.cli.output import complain

        complain(error.diagnostics)
        return UNUSABLE
    except (OSError, KeyboardInterrupt):
        raise
    except MemoryError:
        pass  # its traceback, and with it the arrays, are freed at the end of this block
    except Exception as error:  # noqa: BLE001  the last line of defence: never a traceback
        return _extension_failed(error) or _bug(error)
    return _out_of_memory()


def _is_plain_analyze(arguments: list[str]) -> bool:
    """Return whether the command line is `analyze SPEC` without options, which click would parse in the same way."""
    return (
        len(arguments) == 2
        and arguments[0] == "analyze"
        and (arguments[1] == "-" or arguments[1][:1] not in {"", "-"})
        and os.name == "posix"  # on Windows click replaces `*` and `~`
        and "_CNNCALC_COMPLETE" not in os.environ  # click's variable for shell completion
    )


def _plain_analyze(spec: str) -> int:
    """Run the most common command without click, whose import takes as long as all of cnncalc."""
    from cnncalc.cli._analysis import plain

    try:
        return plain(spec)
    except KeyboardInterrupt:
        _tell("\n")  # after the ^C of the terminal, as click does
        raise


def _by_click() -> int:
    """Let click read the command line and run the command; return its exit status."""
    import click

    from cnncalc.cli.group import cli

    try:
        result = cli.main(prog_name="cnncalc", standalone_mode=False)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        _show(error)
        if isinstance(error, click.UsageError) and _is_redirected(sys.argv[2:]):
            sys.stderr.write(_REDIRECTED)
        return UNUSABLE
    except click.Abort:
        raise KeyboardInterrupt from None
    except SystemExit as done:  # click raises it for a closed pipe only
        raise BrokenPipeError from done
    return result if isinstance(result, int) else 0


def _out_of_memory() -> int:
    """Report that the system gave no more memory; what was allocated is freed by now."""
    message = "the system has no more memory for this command"
    try:
        from cnncalc.cli.output import complain
        from cnncalc.request.codes import OUT_OF_MEMORY
        from cnncalc.text.diagnostic import Diagnostic

        hints = ("a smaller network, --batch or --input needs less",)
        complain([Diagnostic(OUT_OF_MEMORY, "error", message, hints=hints)])
    except (MemoryError, ImportError):  # not even for the diagnostic
        _tell(f"error[CNN426]: {message}\n")
    return UNUSABLE


def _show(error: click.ClickException) -> None:
    """Print a usage error, which quotes names of files and specs."""
    import io

    from cnncalc.text.escape import terminal

    text = io.StringIO()
    error.show(text)
    _tell(terminal(text.getvalue()))


_REDIRECTED = (
    "Quote the pattern: the shell takes the `>` of `->` for a file, and has written to a file of that name:"
    '\n  cnncalc analyze "INPUT[32x32x3] -> CONV3-16 -> RELU -> FC-10"\n'
)


def _is_redirected(arguments: list[str]) -> bool:
    """Return whether the shell has taken the `>` of `->`: a lone `-` behind a word that begins a pattern."""
    from cnncalc.graph.vocabulary import Kinds

    words = arguments[: arguments.index("-")] if "-" in arguments else []
    return any("[" in word or Kinds().split(word.partition("-")[0]) for word in words)


def _extension_failed(error: Exception) -> int:
    """Report the failure of an extension; return 0 where no extension was running."""
    extensions = sys.modules.get("cnncalc.extensions")  # not loaded: every name was known
    message = extensions.blamed(error) if extensions else ""
    if not message:
        return 0
    _show_traceback(error)
    _tell(f"cnncalc: {_line(message)}\n  Please report it to the author of the package. CNNCALC_DEBUG=1 shows the traceback.\n")
    return UNUSABLE


def _line(text: str) -> str:
    from cnncalc.text.escape import line  # on the way to an error

    return line(text)


def _show_traceback(error: Exception) -> None:
    """Print the traceback if CNNCALC_DEBUG is set."""
    if os.environ.get("CNNCALC_DEBUG"):
        import traceback

        traceback.print_exception(error)


def _bug(error: Exception) -> int:
    """Report a failure of our own; CNNCALC_DEBUG=1 shows the traceback."""
    import traceback

    where = traceback.extract_tb(error.__traceback__)[-1]
    _show_traceback(error)
    _tell(
        f"cnncalc: internal error: {type(error).__name__}: {_line(str(error))}\n"
        f"  at {os.path.basename(where.filename)}:{where.lineno} in {where.name}. This is our bug, not yours; please report it\n"  # noqa: PTH119
        "  with the spec and the command. CNNCALC_DEBUG=1 shows the traceback.\n"
    )
    return OUR_BUG


def _silence() -> None:
    """Redirect stdout to the null device: the interpreter then closes it without an error message."""
    if sys.stdout is None:
        return
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError:
        sys.stderr.close()
