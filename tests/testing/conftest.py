"""The test files with mistakes are read by test_mistakes_of_tests.py alone."""

collect_ignore_glob = ["mistakes/*", "failing/*"]
