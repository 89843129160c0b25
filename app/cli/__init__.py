"""The command line, `kb`."""
