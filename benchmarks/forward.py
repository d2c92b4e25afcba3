"""Time the forward pass on whole networks against PyTorch eager: same weights, same threads, same run. Memory and weights, too.

    python benchmarks/forward.py [--rounds 11] [--threads 2] [--blas free,avx2,as-set] [vgg16 resnet50 mobilenet_v2]

The two sides run alternately, with a pause after each, because the threads of PyTorch and of OpenBLAS stay active for a while after
their work and would take the cores from the other side; then each runs twice untimed before it is timed. The garbage collector is
off, as in the command. Needs torch; without torch only memory and weights are reported.

A machine may restrict OpenBLAS to an older processor (OPENBLAS_CORETYPE and the like) but not PyTorch. The two are therefore
compared on equal terms, `free`: both choose their kernels, and `avx2`: both are limited to AVX2; and then `as-set`, in the
environment as it is. cnncalc itself never changes the environment.

Bounds (docs/verify.md): VGG-16 auto 1.1, winograd 0.9 times torch; the others 1.5; weights 1.5 times a forward pass;
resident memory at most 64 MiB above the prediction.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

NETWORKS = ("vgg16", "resnet50", "mobilenet_v2")
ALGORITHMS = ("auto", "winograd")
BOUNDS = {("vgg16", "auto"): 1.1, ("vgg16", "winograd"): 0.9}
PAUSE = 0.1
"""Seconds: OpenBLAS's threads stay active for 2^26 clock ticks, some 30 ms."""
SETTINGS = ("free", "avx2", "as-set")
AVX2 = {"OPENBLAS_CORETYPE": "Haswell", "ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}
WEIGHTS_BOUND, MEMORY_BOUND = 1.5, 64 * 2**20


def main() -> None:
    """Run the benchmark in the requested environments."""
    options = _options()
    if options.blas != "as-set":
        for blas in options.blas.split(","):
            print(f"== {blas}", flush=True)
            words = ["--rounds", str(options.rounds), "--threads", str(options.threads), "--blas", "as-set", *options.networks]
            subprocess.call([sys.executable, __file__, *words], env=_environment(blas))
        return
    if importlib.util.find_spec("torch"):
        _times(options)
    else:
        print("torch is not installed: times are not compared")
    for name in options.networks:
        for algorithm in ALGORITHMS if name == "vgg16" else ALGORITHMS[:1]:
            _memory(name, algorithm)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=list(NETWORKS))
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--blas", default=",".join(SETTINGS), help="one or more of free, avx2 and as-set, joined by commas")
    options = parser.parse_args()
    if not set(options.blas.split(",")) <= set(SETTINGS):
        parser.error(f"--blas {options.blas}: expected some of {', '.join(SETTINGS)}")
    return options


def _environment(blas: str) -> dict[str, str]:
    """Return the environment of one comparison."""
    kept = {name: value for name, value in os.environ.items() if blas == "as-set" or not name.startswith("OPENBLAS_")}
    return kept | (AVX2 if blas == "avx2" else {})


def _times(options: argparse.Namespace) -> None:
    """Print milliseconds and ratios."""
    import numpy as np
    import torch

    from cnncalc.kernels import blas, parallel

    gc.disable()
    torch.set_num_threads(options.threads)
    print(
        f"NumPy {np.__version__} with {blas.core()} kernels, torch {torch.__version__} with "
        f"{torch.backends.cpu.get_cpu_capability()}; {options.threads} threads, batch 1, medians of {options.rounds}"
    )
    with parallel.use_threads(options.threads):
        for name in options.networks:
            _time(name, options.rounds)


def _time(name: str, rounds: int) -> None:
    import numpy as np
    from in_torch import runner

    import cnncalc
    from cnncalc.forward import data, run, weights

    network = cnncalc.load(name)
    x = data.random_batch(cnncalc.analyze(name).image, 1, 0, "float32")
    drawn = weights.drawn(network, 0, "float32")
    theirs = runner(network, drawn)
    at = network.graph.outputs[-1].at
    expected = theirs(x).reshape(-1)
    sides: dict[str, Callable[[], float]] = {
        "auto": lambda: run.run(network, x, drawn).seconds,
        "winograd": lambda: run.run(network, x, drawn, algorithm="winograd").seconds,
        "torch": lambda: _clock(lambda: theirs(x)),
    }
    took: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(rounds):
        for side, once in sides.items():
            time.sleep(PAUSE)
            once()
            once()
            took[side].append(1e3 * once())
    for algorithm in ALGORITHMS:
        ratio = statistics.median(a / b for a, b in zip(took[algorithm], took["torch"], strict=True))
        scores = run.run(network, x, drawn, algorithm=algorithm).results[at].reshape(-1)  # type: ignore[arg-type]
        differs = np.abs(scores - expected).max() / np.abs(expected).max()
        bound = BOUNDS.get((name, algorithm), 1.5)
        print(
            f"{name:14s}{algorithm:9s}{statistics.median(took[algorithm]):7.1f} ms, torch "
            f"{statistics.median(took['torch']):6.1f} ms, ratio {ratio:.2f} (bound {bound}), differs by {differs:.1e}",
            flush=True,
        )
    drawing = [_drawing(lambda: weights.drawn(network, 0, "float32")) for _ in range(5)]
    share = statistics.median(drawing) / statistics.median(took["auto"])
    print(f"{name:14s}weights  {statistics.median(drawing):7.1f} ms = {share:.2f} of a forward pass (bound {WEIGHTS_BOUND})")


def _drawing(once: Callable[[], object]) -> float:
    """Return the milliseconds to draw the weights with all threads asleep, as before a run."""
    time.sleep(PAUSE)
    return 1e3 * _clock(once)


def _clock(once: Callable[[], object]) -> float:
    """Return the seconds of a run."""
    start = time.perf_counter()
    once()
    return time.perf_counter() - start


def _memory(name: str, algorithm: str) -> None:
    """Print the peak of a run in its own process, next to its prediction."""
    words = ["-m", "cnncalc", "verify", name, "--algorithm", algorithm, "--format", "json"]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=True)
    memory = json.loads(done.stdout)["memory"]
    above = memory["measured"] - memory["predicted"]
    print(
        f"{name:14s}{algorithm:9s}predicted {memory['predicted'] / 2**20:.1f} MiB, measured {memory['measured'] / 2**20:.1f} MiB: "
        f"{above / 2**20:+.1f} (bound {MEMORY_BOUND >> 20})"
    )


if __name__ == "__main__":
    main()
