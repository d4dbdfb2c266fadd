"""The texts of files: as the editor has them, else as they are on the disk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from engine.editor.positions import Lines
from engine.loading.files.place import Place

HALF = re.compile("[\ud800-\udfff]")
"""Half of a pair of UTF-16: an editor may have it while somebody deletes a character."""


class Change(NamedTuple):
    """A part of a text, by the protocol's lines and columns, and the new text in its place; None for all of it."""

    text: str
    start: tuple[int, int] | None = None
    end: tuple[int, int] | None = None


@dataclass(frozen=True)
class Text:
    """A text that never changes. version: the editor's number of it; None for one from the disk."""

    path: Path
    uri: str
    source: str
    version: int | None = None

    def __post_init__(self) -> None:
        """Take half of a pair of UTF-16, which no file can have, for the sign of what cannot be read."""
        if HALF.search(self.source):
            object.__setattr__(self, "source", HALF.sub("\ufffd", self.source))

    @cached_property
    def lines(self) -> Lines:
        return Lines(self.source)

    def offset(self, line: int, character: int) -> int:
        """Return the offset of a line and a column in units of UTF-16, both from 0; the nearest, if there is none."""
        return self.lines.offset(line, character)

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line and the column in units of UTF-16, both from 0."""
        return self.lines.position(offset)

    def offset_of(self, place: Place) -> int:
        """Return the offset of a place of the loader."""
        return self.lines.offset_of(place.line, place.column)

    def changed(self, change: Change, version: int | None) -> Text:
        """Return the text after a change."""
        if change.start is None or change.end is None:
            return Text(self.path, self.uri, change.text, version)
        start, end = self.offset(*change.start), self.offset(*change.end)
        source = self.source[:start] + change.text + self.source[max(start, end) :]
        return Text(self.path, self.uri, source, version)


def path_of(uri: str) -> Path | None:
    """Return the path of a file; None for what is no file, such as a text that was never saved."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme != "file" or "\0" in (path := unquote(parts.path, errors="surrogateescape")):
        return None
    is_of_a_drive = len(path) > 2 and path[0] == "/" and path[2] == ":"
    return Path(path[1:] if is_of_a_drive else path)


def uri_of(path: Path) -> str:
    text = path.as_posix()
    return "file://" + quote(text if text.startswith("/") else f"/{text}", safe="/~", errors="surrogateescape")
