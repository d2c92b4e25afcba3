"""The command line: one command, one file, loaded when it is called."""
