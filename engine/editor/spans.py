"""Parts of files, counted in the characters that the loader reads: without a BOM, a line break as one character."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

BOM = "\ufeff"
BREAK = re.compile(r"\r\n?")


class Span(NamedTuple):
    """The characters of a file from `start` up to `end`."""

    path: Path
    start: int
    end: int


class Edit(NamedTuple):
    """A new text for a part of a file."""

    span: Span
    text: str


def as_loaded(source: str) -> str:
    """Return the text of an editor as the loader reads it."""
    return BREAK.sub("\n", source.removeprefix(BOM))


def offset_as_loaded(source: str, offset: int) -> int:
    """Return where a character of the editor's text is in the loader's."""
    return len(as_loaded(source[:offset]))


def offset_in_source(source: str, offset: int) -> int:
    """Return where a character of the loader's text is in the editor's."""
    position = offset + source.startswith(BOM)
    for match in re.finditer(r"\r\n", source):
        if match.start() >= position:
            break
        position += 1
    return position
