"""Where texts come from and where they go: files, shipped specs, git revisions."""
