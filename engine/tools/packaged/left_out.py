"""The files beside flows that do not belong to a package, and why."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from fnmatch import fnmatch
from pathlib import Path

from engine.loading.project import FILE
from engine.loading.sections import TEST_SUFFIXES
from engine.parameters.files import NO_FILE, TOO_LARGE
from engine.work.runtime import DATA_DIR

SECRET = "may hold secrets"  # noqa: S105  # a reason, not one
PATTERNS = {
    **{f"*{suffix}": "a test" for suffix in TEST_SUFFIXES},
    "conftest.py": "a test",
    "test_*.py": "a test",
    **dict.fromkeys((".env", ".env.*", "*.env", ".netrc", ".pgpass", "id_rsa*", "id_ed25519*"), SECRET),
    **dict.fromkeys(("*.key", "*.p12", "*.pfx", "*.jks", "*.keystore"), SECRET),
    DATA_DIR: "data of a server that ran here",
    **dict.fromkeys(("*.db", "*.db-wal", "*.db-shm", "*.db-journal"), "a database"),
    "*.log": "a log",
    **dict.fromkeys(("__pycache__", "*.pyc"), "compiled"),
    FILE: "the settings of the project; the package has its own",
    ".*": "hidden",
}
"""Names of files and folders, and why they are left out; the first that fits says it."""

CONTENTS = {b"PRIVATE KEY-----": "a private key", b"SQLite format 3\0": "a database"}
"""What stands at the beginning of files of other names."""

BEGINNING = 64 * 2**10
"""Bytes in which that is looked for: a certificate and its chain may stand before a key."""

OUTSIDE = "a link that leads outside"


def reason_against(name: str) -> str:
    """Return why files and folders of that name are left out; empty if they are not."""
    if not name.isprintable():
        return "a name that is no plain text"
    return next((reason for pattern, reason in PATTERNS.items() if fnmatch(name, pattern)), "")


def reason_against_content(content: bytes) -> str:
    """Return why a file is left out that has this content; empty if it is not."""
    return next((reason for mark, reason in CONTENTS.items() if mark in content[:BEGINNING]), "")


def reason_against_folder(folder: Path) -> str:
    """Return why a folder is left out; empty if it is not."""
    if folder.is_symlink():
        return "a link to a folder"
    return "a virtual environment" if (folder / "pyvenv.cfg").exists() else reason_against(folder.name)


def reason_of(error: OSError | ValueError) -> str:
    """Return why a file that cannot be read is left out."""
    text = getattr(error, "strerror", None) or str(error)
    return text if text in (NO_FILE, TOO_LARGE) else f"it cannot be read: {text}"


def files_in(folder: Path, without: Container[Path] = ()) -> Iterator[tuple[Path, str]]:
    """Yield the files of a folder at any depth, each with the reason why it is left out, or an empty text.

    A folder that is left out is yielded as one; those of `without` are not.
    """
    for path in sorted(folder.iterdir()):
        if not path.is_dir():
            yield path, reason_against(path.name) or _reason_against_link(path)
        elif reason := reason_against_folder(path):
            yield path, reason
        elif path not in without:
            yield from files_in(path, without)


def _reason_against_link(path: Path) -> str:
    """Links are followed to files of the same folder, as the engine does it when it reads a file that flows name."""
    is_inside = not path.is_symlink() or Path(os.path.realpath(path)).is_relative_to(path.parent.resolve())
    return "" if is_inside else OUTSIDE
