"""Sizes of the matrix products that convolutions are cut into."""

OUTPUTS = 1 << 18
"""Values in a tile of outputs: it stays in the cache for the steps after the product."""

PRODUCTS = 3 << 19
"""Multiplications done by a thread while a helper wakes (measured)."""

UNIT = 16
"""Rows or columns processed at a time by the inner loops of the BLAS, or a multiple of that number."""
