"""Networks of timm through `torch.export` into specs, and their figures held against PyTorch's.

python -m benchmarks.census                   the networks of `NAMES`
python -m benchmarks.census resnet18 dla34    these
python -m benchmarks.census --save folder …   also writes the specs
"""

from __future__ import annotations

import argparse
import logging
import sys
import warnings
from pathlib import Path

import torch

from benchmarks.census.compare import compare
from benchmarks.census.names import NAMES


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=NAMES)
    parser.add_argument("--save", type=Path)
    asked = parser.parse_args()
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    equal = 0
    for name in asked.names:
        result = compare(name, asked.save)
        equal += result == ""
        print(f"{name}: {result or 'equal'}", flush=True)
    print(f"{equal} of {len(asked.names)} networks have PyTorch's parameters, buffers, MACs and kept bytes")
    return int(equal < len(asked.names))


if __name__ == "__main__":
    sys.exit(main())
