"""The tools for people: the command line, manual pages, running examples."""
