"""The location of an SQLite database."""

from __future__ import annotations

import os

Identity = tuple[int, int] | None
"""Device and inode of a file; None if there is none."""

MEMORY = ":memory:"


def file_of(url: str) -> str | None:
    """Return the file of an sqlite URL, `:memory:` for one without; None for another scheme."""
    if url in ("sqlite://", "sqlite:///", "sqlite:///:memory:"):
        return MEMORY
    prefix = "sqlite:///"
    return url.removeprefix(prefix) if url.startswith(prefix) else None


def identity(file: str) -> Identity:
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_dev, status.st_ino
