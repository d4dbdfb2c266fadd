"""`engine serve --reload`, `engine test --watch`: a process of its own, started anew when a file changes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from types import FrameType

from watchfiles import Change, watch

WATCHED = frozenset({".yaml", ".yml", ".json", ".sql", ".py", ".properties"})
"""What can change an application; not the database, which may lie in the same folder."""
PATIENCE = 5.0
"""Seconds that a process may take to end before it is told again."""


def again_and_again(
    paths: Sequence[str], arguments: Sequence[str], option: str, *, trial: str = "", recursive: bool = False
) -> None:
    """Run the same command without the option until Ctrl-C or SIGTERM.

    trial: an option with which the command tells mistakes and ends; the process that runs stays until there are
    none. recursive: whether the folders in the folders matter too.
    """
    command = [sys.executable, "-m", "engine.tools", *(each for each in arguments if each != option)]
    if not all(map(os.path.exists, paths)):
        sys.exit(subprocess.call(command))  # noqa: S603  # it says what is missing
    signal.signal(signal.SIGTERM, _interrupt)
    folders = set(_folders(paths, arguments))
    running = _Running(command)
    try:
        for _ in watch(*folders, watch_filter=_matters, recursive=recursive):
            if not trial or _succeeds([*command, trial]):
                running.end()
                running = _Running(command)
    except KeyboardInterrupt:
        pass
    finally:
        running.end()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _succeeds(command: Sequence[str]) -> bool:
    """Whether a command succeeds; what it prints of mistakes is seen."""
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0  # noqa: S603  # our own


class _Running:
    """The command in a process."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(command)  # noqa: S603  # our own

    def end(self) -> None:
        """Have it end in an orderly way; SIGTERM, since a shell has what runs in the background ignore SIGINT."""
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is not None:
                return
            self._process.send_signal(number)
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                continue


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
