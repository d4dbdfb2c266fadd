"""`engine serve --reload`: the server in a process of its own, started anew when a file changes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from shlex import quote

from watchfiles import Change, run_process

WATCHED = frozenset({".yaml", ".yml", ".sql", ".py"})
"""What can change a server; not the database, which may lie in the same folder."""


def serve_again_and_again(paths: Sequence[str], arguments: Sequence[str]) -> None:
    """Run the same command without --reload until Ctrl-C; a mistake in a file waits for the next change."""
    command = [sys.executable, "-m", "engine.tools", *(each for each in arguments if each != "--reload")]
    if not all(Path(path).exists() for path in paths):
        sys.exit(subprocess.call(command))  # noqa: S603  # it says what is missing
    folders = set(_folders(paths, arguments))
    target = " ".join(map(quote, command))
    run_process(*folders, target=target, target_type="command", watch_filter=_matters, recursive=False)


def _folders(paths: Iterable[str], arguments: Sequence[str]) -> Iterable[Path]:
    """The folders of the flows and of own processors; of a file its folder, since editors replace files."""
    for path in map(Path, paths):
        yield path if path.is_dir() else path.parent
    for before, argument in pairwise(arguments):
        package = Path(argument.replace(".", "/"))
        if before == "--processors" and package.is_dir():
            yield from (package, *(each for each in package.rglob("*") if each.is_dir()))


def _matters(change: Change, path: str) -> bool:
    return Path(path).suffix in WATCHED
