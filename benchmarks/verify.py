"""Run the forward pass of every shipped network in full, each in its own process: shapes, time, memory.

    python benchmarks/verify.py [NAME …]

Prints a line for each, and exits with 1 if a shape or a count is not as inferred, or if resident memory is more than
64 MiB above the prediction. Takes a few minutes; the largest network needs 3 GiB.
"""

from __future__ import annotations

import json
import subprocess
import sys

from cnncalc.workspace.find import shipped_names

BOUND = 64 * 2**20


def main() -> int:
    """Return the exit status."""
    names = sys.argv[1:] or shipped_names()
    return 0 if all([_verified(name) for name in names]) else 1  # noqa: C419  all of them are run


def _verified(name: str) -> bool:
    """Print the line of a network, and return whether the network passed."""
    words = [sys.executable, "-m", "cnncalc", "verify", name, "--format", "json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode > 1:
        print(f"{name:22s} failed: {done.stderr.strip().splitlines()[-1]}", flush=True)
        return False
    found = json.loads(done.stdout)
    memory, wrong = found["memory"], [layer["name"] for layer in found["layers"] if layer["problems"]]
    above = memory["measured"] - memory["predicted"]
    fine = not wrong and above <= BOUND
    print(
        f"{name:22s}{'x'.join(map(str, found['layers'][0]['inferred'])):>16s}{len(found['layers']):6d} layers"
        f"{found['seconds']:8.2f} s +{found['weights_seconds']:6.2f} s weights{memory['predicted'] / 2**20:9.1f} MiB predicted"
        f"{above / 2**20:+7.1f}  {'as inferred' if fine else f'NOT AS INFERRED: {wrong[:3]}'}",
        flush=True,
    )
    return fine


if __name__ == "__main__":
    sys.exit(main())
