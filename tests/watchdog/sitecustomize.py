"""Python imports this at its start where the folder is on PYTHONPATH: a server under test is watched from within."""

import sys

import watchdog

watchdog.watch_loops(lambda seconds: print(f"WATCHDOG: the event loop stood for {seconds:.2f} s", file=sys.stderr))
