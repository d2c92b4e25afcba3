"""The counting conventions of other tools and papers, one file each: what they print for the same network."""
