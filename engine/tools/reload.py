"""`engine serve --reload`, `engine test --watch`: a process of its own, started anew when a file changes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from shlex import quote

from watchfiles import Change, run_process

WATCHED = frozenset({".yaml", ".yml", ".json", ".sql", ".py"})
"""What can change an application; not the database, which may lie in the same folder."""


def again_and_again(paths: Sequence[str], arguments: Sequence[str], option: str, *, recursive: bool = False) -> None:
    """Run the same command without the option until Ctrl-C; a mistake in a file waits for the next change.

    recursive: whether the folders in the folders matter too.
    """
    command = [sys.executable, "-m", "engine.tools", *(each for each in arguments if each != option)]
    if not all(map(os.path.exists, paths)):
        sys.exit(subprocess.call(command))  # noqa: S603  # it says what is missing
    folders = set(_folders(paths, arguments))
    target = " ".join(map(quote, command))
    run_process(*folders, target=target, target_type="command", watch_filter=_matters, recursive=recursive)


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
