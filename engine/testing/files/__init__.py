"""Test files: suites, cases, rows."""
