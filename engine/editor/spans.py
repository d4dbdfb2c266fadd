"""Parts of files, counted in the characters that the loader reads (`Lines.offset_in_document`)."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Span(NamedTuple):
    """The characters of a file from `start` up to `end`."""

    path: Path
    start: int
    end: int


class Edit(NamedTuple):
    """A new text for a part of a file."""

    span: Span
    text: str
