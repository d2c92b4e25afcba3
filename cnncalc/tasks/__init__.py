"""The commands beyond the straight line: what each does, one file each."""
