"""Python imports this at its start where the folder is on PYTHONPATH: a server under test is watched from within."""

import sys

import watchdog

LONGEST_STAND = 0.8
"""Seconds: a server under test shares its processor with the tests of other workers, which slows both down."""

watchdog.watch_loops(
    lambda seconds: print(f"WATCHDOG: the event loop stood for {seconds:.2f} s", file=sys.stderr), LONGEST_STAND
)
