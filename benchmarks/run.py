"""The speed of start-up and analysis, as ratios to a bare interpreter in the same run.

`python benchmarks/run.py` makes a clean virtual environment with cnncalc and its dependencies in a temporary folder, measures
there, and prints a table with the bars. `--python PATH` measures an existing environment, `--pairs N` takes
fewer or more pairs. The exit status is 1 when a bar is crossed.

Each start-up figure is the median of a command's times over the median of the bare interpreter's, measured alternately: a
temporary load slows both.
"""

from __future__ import annotations

import argparse
import os
import pty
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
LAYERS = 100_000
WRITTEN = 10_000

CHAIN = """
import gc, sys, time, tracemalloc
import cnncalc
def pattern(n):
    return f"INPUT[32x32x16] -> [CONV3-16 -> RELU]*{n // 2}"
cnncalc.analyze(pattern(10))
if sys.argv[1] == "time":
    for n in (10_000, 100_000):
        best = 1e9
        for _ in range(3):
            gc.collect()
            started = time.perf_counter()
            report = cnncalc.analyze(pattern(n))
            best = min(best, time.perf_counter() - started)
            del report
        print(best)
else:
    tracemalloc.start()
    report = cnncalc.analyze(pattern(100_000))
    print(tracemalloc.get_traced_memory()[0] / 100_000, tracemalloc.get_traced_memory()[1] / 100_000)
"""

YARDSTICK = 'made = {f"a_{at}": (at,) for at in range(1_000_000)}'
NAMED = f"INPUT[32x32x3] -> [a=RELU]*{LAYERS}"
PLAIN = f"INPUT[32x32x3] -> [RELU]*{LAYERS}"

MEMORY = """
import time
import cnncalc
from cnncalc.workspace.find import find
from cnncalc.request.request import request
from cnncalc.tasks.fit import fitted
CHAIN = "INPUT[32x32x16] -> [CONV3-16 -> RELU]*50000"
RESIDUAL = "INPUT[32x32x16] -> [{CONV3-16 -> RELU -> CONV3-16 | } -> ADD -> RELU]*20000"
def taken(work):
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result
counted, chain = taken(lambda: cnncalc.analyze(CHAIN))
print(counted)
print(taken(lambda: (chain.inference_peak, chain.training_peak))[0])
residual = cnncalc.analyze(RESIDUAL)
print(taken(lambda: (residual.inference_peak, residual.training_peak))[0])
print(taken(lambda: fitted(find("vgg16"), request(device="12GiB")))[0])
"""


class Figure(NamedTuple):
    """One line of the table."""

    what: str
    value: float
    unit: str
    bar: float
    note: str = ""

    @property
    def ok(self) -> bool:
        return self.value <= self.bar


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--python", help="an interpreter with cnncalc installed (default: a new, clean environment)")
    options.add_argument("--pairs", type=int, default=25, help="pairs of runs for each start-up figure (default: 25)")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="cnncalc-bench-") as folder:
        python = chosen.python or clean_environment(Path(folder) / "venv")
        figures = [
            *starts(python, chosen.pairs),
            *long_tables(python),
            *chains(python),
            *memory(python),
            written_out(python, Path(folder)),
        ]
    show(figures)
    return 0 if all(figure.ok for figure in figures) else 1


def clean_environment(folder: Path) -> str:
    """Make a virtual environment with cnncalc as a user installs it; return its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    subprocess.run([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", str(ROOT)], check=True)
    subprocess.run([str(python), "-m", "compileall", "-q", str(folder)], check=False, stdout=subprocess.DEVNULL)
    return str(python)


def environment() -> dict[str, str]:
    """Return a plain environment, without variables that slow Python down or set colour."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return {
        **{key: value for key, value in kept.items() if key not in {"NO_COLOR", "FORCE_COLOR"}},
        "TERM": "xterm-256color",
        "COLUMNS": "120",
    }


def into_a_pipe(*command: str) -> float:
    """Return the seconds that a command takes."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, env=environment())
    return time.perf_counter() - started


def on_a_terminal(*command: str) -> float:
    """Return the seconds that a command with output to a terminal takes."""
    ours, theirs = pty.openpty()
    started = time.perf_counter()
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment())
    os.close(theirs)
    try:
        while os.read(ours, 65536):
            pass
    except OSError:  # Linux reports a closed other end this way
        pass
    if process.wait():
        raise subprocess.CalledProcessError(process.returncode, command)
    taken = time.perf_counter() - started
    os.close(ours)
    return taken


def ratio(run: Callable[..., float], command: tuple[str, ...], bare: tuple[str, ...], pairs: int) -> tuple[float, float]:
    """Return the ratio of the medians of interleaved runs, and the command's median in seconds."""
    for _ in range(2):  # warm the file cache
        run(*command)
        run(*bare)
    times = [(run(*command), run(*bare)) for _ in range(pairs)]
    one, other = (statistics.median(column) for column in zip(*times, strict=True))
    return one / other, one


def starts(python: str, pairs: int) -> list[Figure]:
    """Measure the start-up of commands."""
    script = str(Path(python).with_name("cnncalc"))
    spec = str(ROOT / "specs" / "vgg16.yaml")
    bare = (python, "-c", "pass")
    cases = (
        ("analyze vgg16 into a pipe", into_a_pipe, (script, "analyze", spec), 6.0),
        ("analyze vgg16 with an option", into_a_pipe, (script, "analyze", spec, "--format", "json"), 7.0),
        ("analyze vgg16 on a terminal", on_a_terminal, (script, "analyze", spec), 10.0),
        ("--version", into_a_pipe, (script, "--version"), 4.0),
    )
    found = []
    for what, run, command, bar in cases:
        times, seconds = ratio(run, command, bare, pairs)
        found.append(Figure(what, times, "x python -c pass", bar, f"{1000 * seconds:.0f} ms"))
    return found


def long_tables(python: str) -> list[Figure]:
    """Measure the table of 100,000 layers of few kinds, from the command line, against making a million named objects."""
    script = str(Path(python).with_name("cnncalc"))
    found = []
    for what, pattern in (("named", NAMED), ("unnamed", PLAIN)):
        times, seconds = ratio(into_a_pipe, (script, "analyze", pattern), (python, "-c", YARDSTICK), 5)
        found.append(Figure(f"table of {LAYERS:,} {what} layers", times, "x the yardstick", 2.0, f"{1000 * seconds:.0f} ms"))
    return found


def chains(python: str) -> list[Figure]:
    """Measure a chain of 100,000 layers made by repetition, from Python."""
    short, long = (float(line) for line in asked(python, "time"))
    (sizes,) = asked(python, "memory")
    kept, peak = (float(size) for size in sizes.split())
    return [
        Figure(f"chain of {LAYERS:,} layers", long, "s", 2.0),
        Figure("  its growth from 10,000 layers", long / short, "x", 11.0),
        Figure("  memory kept per layer", kept, "bytes", 1024.0, f"{peak:.0f} at the peak"),
    ]


def asked(python: str, what: str) -> list[str]:
    done = subprocess.run([python, "-c", CHAIN, what], check=True, capture_output=True, text=True, env=environment())
    return done.stdout.split("\n")[:-1]


def memory(python: str) -> list[Figure]:
    """Measure the peaks of inference and training on 100,000 layers, from Python, after the counts."""
    done = subprocess.run([python, "-c", MEMORY], check=True, capture_output=True, text=True, env=environment())
    counted, chain, residual, fit = (float(line) for line in done.stdout.split("\n")[:-1])
    return [
        Figure("  peaks of inference and training", chain, "s", 5.0, f"the counts take {counted:.2f} s"),
        Figure(f"peaks of {LAYERS:,} residual layers", residual, "s", 5.0),
        Figure("fit vgg16 into 12 GiB", fit, "s", 0.5),
    ]


def written_out(python: str, folder: Path) -> Figure:
    """Measure a spec with 10,000 layers written out, from the command line."""
    path = folder / "written.yaml"
    layers = "".join("  - conv: {kernel: 3, filters: 16}\n  - relu\n" for _ in range(WRITTEN // 2))
    path.write_text(f"name: written out\ninput: 32x32x16\nlayers:\n{layers}", encoding="utf-8")
    command = (str(Path(python).with_name("cnncalc")), "analyze", str(path))
    return Figure(f"spec of {WRITTEN:,} layers written out", statistics.median(into_a_pipe(*command) for _ in range(3)), "s", 3.0)


def show(figures: list[Figure]) -> None:
    width = max(len(figure.what) for figure in figures)
    print(f"{'':<{width}}  {'measured':>8}  {'bar':>6}")
    for figure in figures:
        verdict = "ok" if figure.ok else "OVER"
        note = f"  ({figure.note})" if figure.note else ""
        print(f"{figure.what:<{width}}  {figure.value:>8.2f}  {figure.bar:>6g}  {verdict:<4}  {figure.unit}{note}")


if __name__ == "__main__":
    sys.exit(main())
