"""Python imports this at its start where the folder is on PYTHONPATH: a server under test is watched from within."""

import sys

import watchdog

LONGEST_STAND = 2.0
"""Seconds: on a busy machine the same work takes four times as long, in processor time too."""

watchdog.watch_loops(
    lambda seconds: print(f"WATCHDOG: the event loop stood for {seconds:.2f} s", file=sys.stderr), LONGEST_STAND
)
