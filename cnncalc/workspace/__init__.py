"""Sources and destinations of texts: files, shipped specs, git revisions."""
