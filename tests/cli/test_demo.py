"""`cnncalc demo`: what it prints, what it refuses, and its frames on a terminal."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from support import ROOT

NOTES = "INPUT[5x5x3] -> CONV3-2/2(padding=1)"
GOLDEN = Path(__file__).parent.parent / "golden"
COLOURS = re.compile("\x1b\\[[0-9;]*m")


def golden(name, text):
    """Compare a text with a file; CNNCALC_GOLDEN=write writes it."""
    path = GOLDEN / name
    if os.environ.get("CNNCALC_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_the_windows_of_every_kind(cli):
    """One picture for each kind, rank and form."""
    shown = [
        (NOTES, "--at", "1,0,1"),
        ("INPUT[7x1] -> CONV3-1(padding=0, mode=convolution)", "--at", "2"),
        ("INPUT[7x2] -> CONV3-2(padding=1, dilation=2)", "--at", "1,1"),
        ("INPUT[4x4x3x2] -> CONV2-2(padding=0)", "--at", "1,1,1"),
        ("INPUT[5x5x4] -> CONV3-4(groups=2, mode=convolution)", "--at", "2,2,3"),
        ("INPUT[3x3x8] -> CONV1-2", "--at", "1,1"),
        ("INPUT[4x4x2] -> DWCONV3", "--at", "1,1,1"),
        ("INPUT[4x4x1] -> LOCAL3-1", "--at", "1,2"),
        ("INPUT[4x4x1] -> POOL", "--at", "1,0"),
        ("INPUT[6x1] -> POOL(padding=1)",),
        ("INPUT[4x4x2] -> AVGPOOL", "--at", "1,1,1"),
        ("INPUT[6x1] -> AVGPOOL(padding=1, count_padding=false)",),
        ("INPUT[4x2x1] -> L2POOL", "--at", "1,0"),
        ("INPUT[3x3x2] -> GAP", "--at", "0,0,1"),
        ("INPUT[2x2x2] -> DECONV3-1/2(padding=1)", "--at", "2,1"),
        ("INPUT[3x1] -> DECONV3-2/2", "--at", "2,1"),
        ("INPUT[3x1] -> DECONV1-1/2(output_padding=1)", "--at", "1"),
        ("INPUT[3x2x2] -> FC-3", "--at", "0,0,1"),
        ("INPUT[1x1x20] -> FC-10", "--at", "3"),
        ("INPUT[3x3x8] -> LRN", "--at", "1,1,2"),
        ("INPUT[4x4x1] -> LRN(3, mode=within)", "--at", "1,1"),
        ("INPUT[40x30x70] -> CONV5-4(padding=0)", "--at", "20,20"),
    ]
    texts = []
    for spec, *words in shown:
        status, out, err = cli("demo", spec, *words)
        assert (status, err) == (0, ""), spec
        texts.append(f"$ cnncalc demo {' '.join((spec, *words))}\n{out}")
    golden("demo_windows.txt", "\n".join(texts))


def test_the_matrices(cli):
    shown = [
        ("INPUT[7x1] -> CONV3-1(padding=0, mode=convolution)", "sparse", "2"),
        ("INPUT[7x1] -> CONV3-1(padding=0)", "im2col", "2"),
        (NOTES, "im2col", "1,0,1"),
        (NOTES, "sparse", "1,0,1"),
        ("INPUT[4x4x1] -> POOL", "im2col", "1,0"),
        ("INPUT[4x4x1] -> POOL", "sparse", "1,0"),
        ("INPUT[6x1] -> AVGPOOL", "sparse", "1"),
        ("INPUT[3x1] -> DECONV3-1/2", "sparse", "2"),
        ("INPUT[3x1] -> LOCAL2-1(padding=0)", "sparse", "1"),
        ("INPUT[4x4x4] -> CONV3-4(groups=2, padding=0)", "im2col", "1,1,3"),
        ("INPUT[60x60x8] -> CONV5-40(padding=0)", "im2col", "20,20,20"),
    ]
    texts = []
    for spec, matrix, at in shown:
        status, out, err = cli("demo", spec, "--matrix", matrix, "--at", at)
        assert (status, err) == (0, ""), spec
        assert max(map(len, out.splitlines())) <= 100
        texts.append(f"$ cnncalc demo {spec} --matrix {matrix} --at {at}\n{out}")
    golden("demo_matrices.txt", "\n".join(texts))


def test_the_numbers_are_exact_and_those_of_verify(cli, tmp_path):
    """The value in the NumPy line is that of the forward pass, with arrays from files too."""
    x, w = np.arange(75.0).reshape(1, 5, 5, 3) / 8, np.arange(54.0).reshape(3, 3, 3, 2) - 20
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "w.npz", **{"conv1/weight": w, "conv1/bias": np.array([0.5, -0.25])})
    padded = np.pad(x[0], ((1, 1), (1, 1), (0, 0)))
    wanted = (padded[2:5, 4:7] * w[..., 1]).sum() - 0.25
    status, out, _ = cli("demo", NOTES, "--at", "2,1,1", "--array", tmp_path / "x.npy", "--weights", tmp_path / "w.npz")
    assert status == 0
    assert f"V[2,1,1] = np.sum(X[4:7,2:5,:]*W1) + b1 = {wanted:.6g}" in out.splitlines()


def test_a_layer_inside_a_network_sees_what_reaches_it(cli):
    spec = "INPUT[8x8x1] -> CONV3-2 -> RELU -> POOL2 -> FC-3"
    _, relu, _ = cli("demo", spec, "relu1", "--show", "V[:,:,1]")
    _, pool, _ = cli("demo", spec, "pool1", "--at", "0,0,1")
    before = [[int(word) for word in line.split()] for line in relu.splitlines()[3:11]]
    assert f"V[0,0,1] = np.max(X[0:2,0:2,1]) = {max(before[0][:2] + before[1][:2])}" in pool
    status, fc, _ = cli("demo", spec, "fc2")
    assert status == 0
    assert "V[0,0,0] = np.sum(X*W0) + b0" in fc


def test_the_first_layer_with_a_window_is_shown_and_named(cli):
    _, out, err = cli("demo", "INPUT[6x6x1] -> RELU -> CONV3-1 -> POOL2")
    assert out.startswith("conv1: CONV3-1")
    assert "showing conv1: the first of 2 layers with a window" in err


def test_shared_and_standardized_weights(cli):
    spec = "INPUT[4x4x2] -> a=CONV3-2 -> RELU -> b=CONV3-2(share=a)"
    _, first, _ = cli("demo", spec, "a", "--show", "W1[:,:,0]")
    status, second, _ = cli("demo", spec, "b", "--show", "W1[:,:,0]")
    assert status == 0
    assert first.splitlines()[1:] == second.splitlines()[1:]
    status, out, _ = cli("demo", "INPUT[4x4x2] -> CONV3-2(standardize=true)", "--show", "W0")
    weights = [float(word) for line in out.splitlines()[3:] for word in line.split()]
    assert status == 0
    assert abs(sum(weights)) < 1e-2


def test_seeds_differ_and_repeat(cli):
    texts = [cli("demo", NOTES, "--seed", str(seed))[1] for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--show", "X[:,:,1]"], "conv1 · X[:,:,1], 7x7 of 7x7x3: the input with its border of zeros"),
        (["--show", "X[2,3,:]"], "conv1 · X[2,3,:], 3 of 7x7x3: the input with its border of zeros"),
        (["--show", "V[1,0,:]"], "conv1 · V[1,0,:], 2 of 3x3x2: the output"),
        (["--show", "V"], "conv1 · V[:,:,:], 3x3x2 of 3x3x2: the output"),
        (["--show", "W1[:,:,0]"], "conv1 · W1[:,:,0], 3x3 of 3x3x3: filter 1"),
        (["--show", "b"], "conv1 · b[:], 2 of 2: the biases"),
        (["--show", "X[2:5, 0:3, -1]"], "conv1 · X[2:5,0:3,-1], 3x3 of 7x7x3: the input with its border of zeros"),
        (["--show", "V[0,0,0]"], "conv1 · V[0,0,0], one number of 3x3x2: the output"),
    ],
)
def test_parts_of_volumes(words, line, cli):
    status, out, _ = cli("demo", NOTES, *words)
    assert status == 0
    assert out.splitlines()[0] == line


def test_the_depth_column_is_that_of_the_output(cli):
    _, out, _ = cli("demo", NOTES, "--at", "1,2")
    _, shown, _ = cli("demo", NOTES, "--show", "V[1,2,:]")
    column = shown.splitlines()[-1].split("  ", 1)[1].split()
    assert f"V[1,2,:] = {' '.join(column)}: the depth column, 2 neurons on one region" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            [NOTES, "--at", "3,0"],
            "conv1 is 3x3x2: --at takes x,y or x,y,filter, with x from 0 to 2, y from 0 to 2, filter from 0 to 1, not `3,0`",
        ),
        ([NOTES, "--at", "1"], "not `1`"),
        ([NOTES, "--at", "0,0,-1"], "not `0,0,-1`"),
        ([NOTES, "--at", "a,b"], "not `a,b`"),
        (["INPUT[7x1] -> CONV3-1", "--at", "9"], "--at takes x or x,filter, with x from 0 to 6, filter from 0 to 0, not `9`"),
        ([NOTES, "conv2"], "no layer is named `conv2`; did you mean `conv1`?"),
        ([NOTES, "--all", "--play"], "--all and --play exclude each other"),
        ([NOTES, "--at", "0,0", "--all"], "--at names one window; --all shows all of them"),
        ([NOTES, "--play", "--format", "svg"], "--play draws on the terminal; --all writes all windows to a file"),
        ([NOTES, "--show", "Y"], "`Y` names no part of X, V, W0 to W1 or b, such as `X[:,:,0]`"),
        ([NOTES, "--show", "W7"], "`W7` names no part of"),
        ([NOTES, "--show", "X[0]"], "X has 3 axes, 7x7x3: `X[:,:,:]`, not `X[0]`"),
        ([NOTES, "--show", "X[9,0,0]"], "axis 0 of X goes from 0 to 6, and not to 9"),
        ([NOTES, "--show", "X[a,0,0]"], "`a` is no index: a number, `:` or `a:b`"),
        ([NOTES, "--show", "X[5:5,0,0]"], "`5:5` names nothing of axis 0 of X, which goes from 0 to 6"),
        ([NOTES, "--show", "X[::0,0,0]"], "`::0` is no index"),
    ],
)
def test_bad_options_are_usage_errors(words, message, cli):
    status, out, err = cli("demo", *words)
    assert (status, out) == (2, "")
    assert message in err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["INPUT[4x4x1] -> RELU"], "CNN440", "no layer of the network computes its numbers from a window"),
        (["INPUT[4x4x1] -> CONV3-1 -> RELU", "relu1"], "CNN440", "relu1 (RELU) has no window to show"),
        ([NOTES, "input"], "CNN440", "input (INPUT) has no window to show"),
        ([NOTES, "--play"], "CNN441", "--play needs a terminal: stdin is no terminal"),
        (["vgg16", "--all"], "CNN443", "conv1_1 has 3,211,264 windows, and --all prints at most 500"),
        (["INPUT[8x8x5] -> LRN", "--matrix", "sparse"], "CNN444", "norm (LRN) has no sparse matrix: it computes squares"),
        (["INPUT[4x4x1] -> LOCAL3-1", "--matrix", "im2col"], "CNN444", "its weights are not shared"),
        (["INPUT[2x2x1] -> DECONV3-1/2", "--matrix", "im2col"], "CNN444", "its windows differ from one position to the next"),
    ],
)
def test_what_cannot_be_shown_is_a_diagnostic(words, code, message, cli):
    status, out, err = cli("demo", *words)
    assert (status, out) == (2, "")
    assert f"error[{code}" in err
    assert message in err


def test_arrays_of_another_size_are_refused(cli, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((3, 3)))
    status, _, err = cli("demo", NOTES, "--array", tmp_path / "x.npy")
    assert status == 2
    assert "its shape is (3, 3), the network takes" in err


def test_numbers_that_grow_on_their_way_are_pointed_out(cli):
    spec = "INPUT[8x8x8] -> [CONV3-16 -> RELU]*4 -> POOL2"
    status, _, err = cli("demo", spec, "conv1_4")
    assert status == 0
    alone = re.search(r"the numbers that reach conv1_4 go up to [\d,]+; alone it has small ones: cnncalc demo \"(.*)\"", err)[1]
    assert alone == "INPUT[8x8x16] -> CONV(filters=16)"
    status, _, err = cli("demo", alone)
    assert (status, err) == (0, "")


def test_of_a_batch_the_first_image_is_shown(cli, tmp_path):
    np.save(tmp_path / "x.npy", np.arange(48.0).reshape(3, 4, 4, 1))
    status, out, err = cli("demo", "INPUT[4x4x1] -> POOL", "--array", tmp_path / "x.npy")
    assert status == 0
    assert "np.max(X[0:2,0:2,0]) = 5" in out
    assert "showing the first of 3 images" in err


def test_every_window_one_after_another(cli):
    status, out, _ = cli("demo", "INPUT[7x7x1] -> CONV3-1(padding=0)", "--all")
    assert status == 0
    titles = [line for line in out.splitlines() if "number" in line]
    assert titles[0] == "conv1: CONV3-1 p0, 7x7x1 -> 5x5x1 · V[0,0,0], number 1 of 25"
    assert titles[-1].endswith("V[4,4,0], number 25 of 25")


def test_svg_is_a_picture_that_needs_no_other_file(cli, tmp_path):
    path = tmp_path / "demo.svg"
    status, out, err = cli("demo", NOTES, "--at", "1,0", "-o", path)
    assert (status, out) == (0, "")
    assert f"wrote {path}" in err
    text = path.read_text(encoding="utf-8")
    root = ET.fromstring(text)  # noqa: S314  our own file
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "prefers-color-scheme:dark" in text
    assert not re.search(r"href|url\(|@import|<script", text)
    boxes = [
        float(each.get("width")) + float(each.get("x")) for each in root.iter("{http://www.w3.org/2000/svg}rect") if each.get("x")
    ]
    assert max(boxes) <= float(root.get("width"))
    marks = [each.get("class") for each in root.iter("{http://www.w3.org/2000/svg}rect")]
    assert marks.count("window") == 27
    assert marks.count("new") == 1
    texts = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    _, plain, _ = cli("demo", NOTES, "--at", "1,0")
    assert {line for line in plain.splitlines() if line.startswith("V[1,0,0] = np.sum")} <= set(texts)


def test_markdown(cli):
    status, out, _ = cli("demo", NOTES, "--format", "markdown")
    assert status == 0
    assert out.startswith("### conv1: CONV3-2/2, 5x5x3 -> 3x3x2 · V\\[0,0,0\\], number 1 of 18\n\n```text\n")
    assert out.endswith("```\n")


def test_colours_replace_the_brackets(cli, monkeypatch):
    plain = cli("demo", NOTES)[1]
    monkeypatch.setattr("os.environ", {**os.environ, "FORCE_COLOR": "1"})
    monkeypatch.setattr(sys, "argv", ["cnncalc", "demo", NOTES])
    done = subprocess.run(
        [sys.executable, "-m", "cnncalc", "demo", NOTES],
        stdout=subprocess.PIPE,
        env={**os.environ, "FORCE_COLOR": "1", "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        check=True,
    )
    text = done.stdout.decode()
    assert "\x1b[7m" in text
    assert "[0 0 0]" not in COLOURS.sub("", text)
    digits = [re.sub(r"[\[\] ]", "", each) for each in (plain, COLOURS.sub("", text))]
    assert digits[0].split() == digits[1].split()


def test_other_commands_do_not_import_it():
    code = (
        "import sys; from cnncalc.cli.main import run; run(); print([m for m in sys.modules if 'demo' in m or 'arithmetic' in m])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "analyze", "lenet5"], capture_output=True, encoding="utf-8", cwd=ROOT, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


# on a terminal


class Terminal:
    """A command on a pseudo-terminal."""

    def __init__(self, *words, columns=80, lines=24, **environment):
        import fcntl
        import pty
        import struct
        import termios

        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cnncalc", "demo", *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm", "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **environment},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(slave, termios.TIOCSCTTY, 0),  # noqa: PLW1509  Ctrl-C needs a controlling terminal
        )

    def until(self, text, seconds=20):
        """Return what the terminal shows until a text appears."""
        shown, end = "", time.monotonic() + seconds
        while text not in shown and time.monotonic() < end:
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    shown += os.read(self.master, 65536).decode("utf-8", "replace")
                except OSError:  # the other end is closed
                    break
        assert text in shown, shown
        return shown

    def press(self, keys):
        os.write(self.master, keys)

    def end(self, seconds=20):
        """Return the exit status, and whether the terminal is as it was before."""
        import termios

        status = self.process.wait(seconds)
        same = termios.tcgetattr(self.slave)[:4] == self.before[:4]
        os.close(self.master)
        os.close(self.slave)
        return status, same


posix = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")


@posix
def test_play_steps_through_the_windows():
    terminal = Terminal(NOTES, "--play")
    shown = terminal.until("1 of 18   space next   p back   q quit")
    assert "\x1b[?1049h" in shown
    assert "V[0,0,0]" in shown
    for keys, wanted in (
        (b" ", "2 of 18"),
        (b"n", "3 of 18"),
        (b"\x1b[C", "4 of 18"),
        (b"p", "3 of 18"),
        (b"\x1b[D", "2 of 18"),
        (b"G", "18 of 18"),
        (b"n", "18 of 18"),
        (b"g", "1 of 18"),
        (b"p", "1 of 18"),
    ):
        terminal.press(keys)
        if keys not in {b"n", b"p"} or wanted not in {"18 of 18", "1 of 18"}:  # nothing is drawn at the ends
            assert wanted in terminal.until(wanted)
    terminal.press(b"q")
    terminal.until("\x1b[?25h\x1b[?1049l")
    assert terminal.end() == (0, True)


@posix
def test_play_begins_at_a_window():
    terminal = Terminal(NOTES, "--play", "--at", "1,0,1")
    terminal.until("11 of 18")
    terminal.press(b"\x1b")
    terminal.until("\x1b[?1049l")
    assert terminal.end() == (0, True)


@posix
@pytest.mark.parametrize(
    ("number", "status"),
    [(None, 130), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGHUP, -signal.SIGHUP)],
    ids=["^C", "TERM", "HUP"],
)
def test_play_restores_the_terminal_however_it_ends(number, status):
    terminal = Terminal(NOTES, "--play")
    terminal.until("1 of 18")
    terminal.press(b"\x03") if number is None else terminal.process.send_signal(number)
    terminal.until("\x1b[?25h\x1b[?1049l")
    assert terminal.end() == (status, True)


@posix
def test_play_gives_the_terminal_back_while_it_is_paused():
    terminal = Terminal(NOTES, "--play")
    terminal.until("1 of 18")
    terminal.process.send_signal(signal.SIGTSTP)  # Ctrl-Z; without a shell that could resume it, the process goes on at once
    shown = terminal.until("\x1b[?25h\x1b[?1049l") + terminal.until("1 of 18")
    assert shown.index("\x1b[?1049l") < shown.rindex("\x1b[?1049h")
    terminal.press(b"q")
    terminal.until("\x1b[?1049l")
    assert terminal.end() == (0, True)


@posix
def test_play_in_a_terminal_that_is_too_small_says_the_size():
    terminal = Terminal(NOTES, "--play", columns=60, lines=10)
    shown = terminal.until("explain CNN442")
    assert re.search(r"the picture needs a terminal of \d+x\d+, and this one is 60x10", shown)
    assert "\x1b[?1049h" not in shown
    assert terminal.end()[0] == 2


@posix
def test_play_follows_the_size_of_the_terminal():
    import fcntl
    import struct
    import termios

    terminal = Terminal(NOTES, "--play")
    terminal.until("1 of 18")
    fcntl.ioctl(terminal.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 8, 50, 0, 0))
    assert "the terminal has 50x8" in terminal.until("the terminal has")
    terminal.press(b"q")
    terminal.until("\x1b[?1049l")
    assert terminal.end() == (0, True)


@posix
@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (120, 40)])
@pytest.mark.parametrize("spec", [NOTES, "INPUT[7x7x1] -> CONV3-1", "INPUT[7x1] -> CONV3-1", "INPUT[4x4x1] -> POOL", "lenet5"])
def test_the_pictures_of_class_fit(spec, columns, lines):
    terminal = Terminal(spec, "--play", columns=columns, lines=lines)
    shown = terminal.until("space next")
    assert "needs" not in shown
    terminal.press(b"q")
    terminal.until("\x1b[?1049l")
    assert terminal.end() == (0, True)


@posix
def test_play_on_a_dumb_terminal_is_refused():
    terminal = Terminal(NOTES, "--play", TERM="dumb")
    assert "the terminal is `dumb`" in terminal.until("explain CNN441")
    assert terminal.end()[0] == 2
