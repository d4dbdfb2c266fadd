"""`engine serve --reload`: the server in a process of its own, started anew when a file changes."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from watchfiles import run_process


def serve_again_and_again(paths: Sequence[str], arguments: Sequence[str]) -> None:
    """Run the same command without --reload until Ctrl-C; a mistake in a file waits for the next change."""
    command = [sys.executable, "-m", "engine.tools", *(each for each in arguments if each != "--reload")]
    run_process(*paths, target=" ".join(_quoted(command)), target_type="command")


def _quoted(command: Sequence[str]) -> list[str]:
    from shlex import quote

    return [quote(part) for part in command]
