"""Examples of request bodies: JSON files in the folder `examples` beside the flow files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine.expressions.texts import bytes_without_mark
from engine.values.media import read_json

FOLDER = "examples"
LARGEST = 16 * 2**10
"""Bytes; a larger file is no example that a person reads."""


def examples_in(folders: Iterable[Path]) -> dict[str, Any]:
    """The bodies by their files' names; a file that cannot be read as JSON is none."""
    found = {}
    for folder in folders:
        for file in sorted((folder / FOLDER).glob("*.json")):
            if file.stat().st_size <= LARGEST:
                try:
                    found[file.stem] = read_json(bytes_without_mark(file.read_bytes()))
                except (OSError, ValueError):
                    continue
    return found
