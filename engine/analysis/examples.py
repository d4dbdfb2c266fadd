"""Examples of request bodies: JSON files in the folder `examples` next to the flow files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine.expressions.texts import bytes_without_mark
from engine.values.media import read_json

FOLDER = "examples"
LARGEST = 16 * 2**10
"""Bytes; nobody reads a larger file as an example."""


def examples_in(folders: Iterable[Path]) -> dict[str, Any]:
    """Return the bodies by file name; files that cannot be read as JSON are left out."""
    found = {}
    for folder in folders:
        for file in sorted((folder / FOLDER).glob("*.json")):
            if file.stat().st_size <= LARGEST:
                try:
                    found[file.stem] = read_json(bytes_without_mark(file.read_bytes()))
                except (OSError, ValueError):
                    continue
    return found
