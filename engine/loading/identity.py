"""The identity of an application: its data is nobody else's, and found again at its next start."""

from __future__ import annotations

import os
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from engine.work.runtime import DATA_DIR

LONGEST = 100
"""Characters of a folder's name; file systems take 255."""


def name_of(paths: Iterable[str | Path]) -> str:
    """Return the name of an application without one of its own: its flow files' folder, relative to the current one.

    A path outside that folder is absolute. Links are not followed: the target of `current` may change.
    """
    here = os.getcwd()
    files = {os.path.abspath(path) for path in paths}
    return ",".join(sorted(os.path.relpath(file, here) if _is_in(file, here) else file for file in files))


def _is_in(file: str, folder: str) -> bool:
    return Path(file).is_relative_to(folder)


def data_dir_of(name: str) -> Path:
    """Return the folder for the data of the application of that name. Two names never share one."""
    as_bytes = name.encode(errors="surrogatepass")  # a file's name may hold bytes that are no text
    folder = quote(as_bytes, safe=" ")
    if len(folder) > LONGEST:
        folder = f"{folder[:LONGEST]}-{sha256(as_bytes).hexdigest()[:16]}"
    return Path(DATA_DIR) / (folder if folder.strip(".") else folder.replace(".", "%2E"))
