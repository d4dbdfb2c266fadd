"""Python imports this at its start where the folder is on PYTHONPATH: a server under test is watched from within."""

import os
import sys

import loop_watch
import secret_watch

LONGEST_STAND = 2.0
"""Seconds: on a busy machine the same work takes four times as long, in processor time too."""

loop_watch.watch_loops(
    lambda seconds: print(f"WATCHDOG: the event loop stood for {seconds:.2f} s", file=sys.stderr), LONGEST_STAND
)


def shown(what: str) -> None:
    """Print that a secret was shown, where the test that started the server looks."""
    sys.__stderr__.write(f"WATCHDOG: {what}\n")  # type: ignore[union-attr]  # a server has one


if "SHOWS_SECRETS" not in os.environ:
    secrets = secret_watch.SecretWatch(shown)
    secrets.watch_streams()
    loop_watch.on_import(secrets.imported)
