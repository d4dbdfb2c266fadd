"""Elements of the tests' own, for `--processors elements`."""
