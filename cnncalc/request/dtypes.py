"""The number formats of memory figures."""

from __future__ import annotations

BYTES = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8, "int8": 1}
"""Bytes of a number."""
