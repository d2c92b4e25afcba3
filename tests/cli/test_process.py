"""Behaviour that needs a separate process: pipes, signals, terminals, encodings."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import ROOT, environment, run

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes and signals as POSIX has them")
SMALL = "INPUT[32x32x3] -> [CONV3-16 -> RELU -> POOL2]*3 -> FC-10"
ESCAPE = "\x1b["


def started(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "cnncalc", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(options.pop("env", None)),
        **options,
    )


def on_a_terminal(*arguments, env=None, columns=120):
    """Return exit status and output of a run whose stdout and stderr are a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "cnncalc", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment({"COLUMNS": str(columns), "TERM": "xterm-256color", **(env or {})}),
    )
    os.close(theirs)
    found, deadline = b"", time.monotonic() + 30
    while time.monotonic() < deadline:
        ready, _, _ = select.select([ours], [], [], 0.5)
        if ready:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            found += piece
        elif process.poll() is not None:
            break
    os.close(ours)
    return process.wait(30), found.decode().replace("\r\n", "\n")


class TestClosedStreams:
    """`>&-`: Python sets the stream to None."""

    @pytest.mark.parametrize("arguments", ["analyze lenet5", "--version", "analyze vgg61", "analyze -", "validate lenet5"])
    @pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
    def test_no_traceback(self, arguments, closed):
        command = ["sh", "-c", f'"{sys.executable}" -m cnncalc {arguments} {closed}']
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, env=environment(), check=False)
        right = 2 if ">&- 2" in closed or closed == ">&-" or arguments in {"analyze vgg61", "analyze -"} else 0
        assert done.returncode == right
        assert b"Traceback" not in done.stderr
        assert b"internal error" not in done.stderr


class TestExitStatus:
    @pytest.mark.parametrize(
        "arguments, status",
        [
            (("analyze", SMALL), 0),
            (("validate", "INPUT[8x8x3] -> X"), 1),
            (("analyze", "INPUT[8x8x3] -> X"), 2),
            (("analyze",), 2),
            (("--version",), 0),
        ],
    )
    def test_status(self, arguments, status):
        assert run(*arguments).returncode == status


class TestPipes:
    def test_a_closed_pipe_is_no_trouble(self):
        """As in `cnncalc analyze … | head -1`: no traceback, and the shell's status for SIGPIPE."""
        process = started("analyze", "INPUT[8x8x3] -> [CONV3-8]*20000")
        assert process.stdout.readline().startswith(b"INPUT[8x8x3]")
        process.stdout.close()
        with process.stderr:
            assert process.stderr.read() == b""
        assert process.wait(60) == 141

    @pytest.mark.parametrize("arguments", [("analyze", SMALL), ("explain", "codes"), ("--help",), ("--version",)])
    @pytest.mark.parametrize("unbuffered", ["1", None])
    def test_a_pipe_that_was_closed_before(self, arguments, unbuffered):
        reading, writing = os.pipe()
        os.close(reading)
        process = subprocess.Popen(
            [sys.executable, "-m", "cnncalc", *arguments],
            stdout=writing,
            stderr=subprocess.PIPE,
            env=environment({"PYTHONUNBUFFERED": unbuffered}),
        )
        os.close(writing)
        with process.stderr:
            assert process.stderr.read() == b""
        assert process.wait(60) == 141

    def test_a_full_disk_is_said(self):
        full_disk = Path("/dev/full")
        if not full_disk.exists():
            pytest.skip("no /dev/full here")
        with full_disk.open("wb") as full:
            process = subprocess.run(
                [sys.executable, "-m", "cnncalc", "analyze", SMALL],
                stdout=full,
                stderr=subprocess.PIPE,
                env=environment(),
                check=False,
            )
        assert b"Traceback" not in process.stderr
        assert process.returncode != 0

    def test_stdin(self):
        found = run("analyze", "-", "--format", "json", input="input: 8x8x4\npattern: CONV3-8\n")
        assert json.loads(found.stdout)["name"] == "stdin"

    def test_a_pipe_gets_the_whole_table_whatever_its_width(self):
        found = run("analyze", SMALL, env={"COLUMNS": "40"})
        assert ESCAPE not in found.stdout
        assert "receptive field" in found.stdout


class TestSignals:
    def test_ctrl_c(self):
        process = started("analyze", "-", stdin=subprocess.PIPE)
        time.sleep(0.05)
        deadline = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.3)  # by now it waits for stdin
            process.send_signal(signal.SIGINT)
            break
        said = process.stderr.read().decode()
        assert process.wait(30) == 130
        assert "Traceback" not in said
        assert said.strip() == "interrupted"
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()


class TestColour:
    def test_a_terminal_gets_the_folded_table_in_colour(self):
        status, out = on_a_terminal("analyze", "vgg16")
        assert status == 0
        assert ESCAPE in out
        assert "138,357,544" in out

    def test_no_color(self):
        status, out = on_a_terminal("analyze", "vgg16", env={"NO_COLOR": "1"})
        assert status == 0
        assert not re.search(r"\x1b\[(3[0-9]|9[0-9]|38)", out)

    def test_no_color_for_diagnostics(self):
        assert ESCAPE in on_a_terminal("analyze", "INPUT[8x8x3] -> X")[1]
        assert ESCAPE not in on_a_terminal("analyze", "INPUT[8x8x3] -> X", env={"NO_COLOR": "1"})[1]

    def test_a_dumb_terminal(self):
        assert ESCAPE not in on_a_terminal("analyze", "INPUT[8x8x3] -> X", env={"TERM": "dumb"})[1]

    def test_force_color_into_a_pipe(self):
        assert ESCAPE in run("analyze", "vgg16", env={"FORCE_COLOR": "1"}).stdout
        assert ESCAPE in run("analyze", "INPUT[8x8x3] -> X", env={"FORCE_COLOR": "1"}).stderr

    def test_no_color_wins_over_force_color(self):
        assert ESCAPE not in run("analyze", "INPUT[8x8x3] -> X", env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).stderr

    def test_an_empty_no_color_says_nothing(self):
        """https://no-color.org: the variable counts when it is present and not empty."""
        assert ESCAPE in run("analyze", "INPUT[8x8x3] -> X", env={"FORCE_COLOR": "1", "NO_COLOR": ""}).stderr

    def test_a_pipe_is_plain(self):
        found = run("analyze", "vgg16")
        assert ESCAPE not in found.stdout + found.stderr

    @pytest.mark.parametrize("columns", [20, 40, 60, 80, 100, 140, 200])
    def test_no_line_is_wider_than_the_terminal(self, columns):
        status, out = on_a_terminal("analyze", "vgg16", columns=columns, env={"NO_COLOR": "1"})
        assert status == 0
        plain = re.sub(r"\x1b\[[0-9;]*m", "", out)
        table = [line for line in plain.splitlines() if not line.startswith("using the shipped spec")]
        assert max(map(len, table)) <= columns


class TestEncodings:
    @pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
    @pytest.mark.parametrize("format_", ["table", "notes", "json", "csv", "markdown"])
    def test_any_encoding_of_stdout(self, encoding, format_):
        found = run("analyze", "vgg16", "--format", format_, env={"PYTHONIOENCODING": encoding}, text=False)
        assert found.returncode == 0, found.stderr
        found.stdout.decode(encoding)

    def test_the_c_locale(self):
        found = run(
            "analyze",
            "vgg16",
            env={"PYTHONIOENCODING": None, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
            text=False,
        )
        assert found.returncode == 0, found.stderr
        assert found.stdout.startswith(b"VGG-16 ")

    def test_diagnostics_in_ascii(self, tmp_path):
        (tmp_path / "x.yaml").write_text("name: ∞\ninput: 8x8x3\npattern: 'RELU → ∞'\n", encoding="utf-8")
        found = run("analyze", str(tmp_path / "x.yaml"), env={"PYTHONIOENCODING": "ascii"}, text=False)
        assert found.returncode == 2
        assert b"Traceback" not in found.stderr
        assert b"error[CNN101]" in found.stderr

    def test_the_table_of_a_terminal_in_ascii(self):
        status, out = on_a_terminal("analyze", "vgg16", env={"PYTHONIOENCODING": "ascii"})
        assert status == 0
        assert out.isascii()

    def test_an_argument_that_is_no_text(self):
        found = subprocess.run(
            [sys.executable.encode(), b"-m", b"cnncalc", b"analyze", b"\xff\xfe.yaml"],
            capture_output=True,
            env=environment(),
            check=False,
        )
        assert found.returncode == 2
        assert b"Traceback" not in found.stderr
        assert b"error[CNN001]" in found.stderr

    def test_a_file_whose_name_is_no_text(self, tmp_path):
        path = os.fsencode(tmp_path) + b"/\xff.yaml"
        try:
            with open(path, "wb") as file:  # noqa: PTH123  pathlib takes text only
                file.write(b"input: 8x8x3\npattern: X\n")
        except OSError:
            pytest.skip("this file system takes text only")
        found = subprocess.run(
            [sys.executable.encode(), b"-m", b"cnncalc", b"analyze", path], capture_output=True, env=environment(), check=False
        )
        assert found.returncode == 2
        assert b"Traceback" not in found.stderr
        assert b"internal error" not in found.stderr


def test_the_console_script_is_the_module():
    script = Path(sys.executable).parent / "cnncalc"
    if not script.exists():
        pytest.skip("not installed here")
    found = subprocess.run([script, "--version"], capture_output=True, text=True, env=environment(), check=False)
    assert found.stdout == run("--version").stdout


def test_from_any_folder(tmp_path):
    assert run("analyze", "vgg16", cwd=tmp_path).returncode == 0
    assert (ROOT / "specs" / "vgg16.yaml").exists()
