"""The arithmetic of single output numbers, as data: windows, matrices, and small integers to compute with by hand."""
