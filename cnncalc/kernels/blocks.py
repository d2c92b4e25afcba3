"""How large the products of matrices are that convolutions are cut into."""

OUTPUTS = 1 << 18
"""Values in a tile of outputs: what follows the product finds it in the cache."""

PRODUCTS = 3 << 19
"""Multiplications that a thread does while a helper wakes (measured)."""

UNIT = 16
"""Rows or columns that the inner loops of the BLAS take at a time, or a multiple of it."""
