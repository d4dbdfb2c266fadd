"""The log of the command line: its options, the forms of its lines, and repeats."""
