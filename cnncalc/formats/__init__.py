"""Foreign formats: one file each, which recognizes, reads or writes networks that are no specs of ours."""
