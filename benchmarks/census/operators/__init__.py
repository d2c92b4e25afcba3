"""One file for each group of PyTorch's operators; `table.py` has the functions of all."""

from benchmarks.census.operators import activations, arithmetic, attention, norms, products, reductions, structure, windows
from benchmarks.census.operators.table import HANDLERS

__all__ = ["HANDLERS", "activations", "arithmetic", "attention", "norms", "products", "reductions", "structure", "windows"]
