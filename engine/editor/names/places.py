"""Texts of a document, and the exact places of the names in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from engine.editor.names.mention import Mention
from engine.loading.config.outside import reference_in
from engine.loading.files.document import Document
from engine.loading.files.place import Place
from engine.parameters.text import Text

SECRET = "secret:"  # noqa: S105  # the mark of a secret, not one
NAME = re.compile(r"[^:{}$]*")


class Found(NamedTuple):
    """A text of a file: its value without quotes, and its place."""

    text: str
    place: Place

    @classmethod
    def of(cls, text: Text) -> Found:
        place: Any = text.place
        assert isinstance(place, Place)  # all texts of a file have one
        return cls(str(text), place)


class Placeholder(NamedTuple):
    """The name of a property in a `${…}`, and its offset in the text."""

    name: str
    offset: int


def placeholders_in(text: str) -> Iterator[Placeholder]:
    """Yield the properties that a text asks for, also those inside the defaults of others."""
    start = text.find("${")
    while start >= 0:
        inside = start + 2
        inside += len(SECRET) if text.startswith(SECRET, inside) else 0
        name = NAME.match(text, inside)
        is_escaped = text[start - 1 : start] == "\\"
        if name and name[0] and not is_escaped and reference_in(text[inside:].partition("}")[0]) is None:
            yield Placeholder(name[0], inside)
        start = text.find("${", start + 2)


def mention(document: Document, kind: str, found: Found, name: str = "", offset: int = 0) -> Mention:
    """Return the mention of a name in a text. name: all of the text, if left out; offset: where it is in there."""
    name = name or found.text
    scalar = document.scalars.get((found.place.line, found.place.column))
    is_whole = name == found.text
    style = scalar.style if scalar else ""
    first = document.exact_place(found.place, offset)
    last = document.exact_place(found.place, offset + len(name) - 1) if name else first
    is_in_one_line = last.line == first.line and last.column >= first.column
    length = last.column - first.column + 1 if is_in_one_line and name else len(name)
    place = replace(first, path=found.place.path)
    return Mention(kind, name, place, length, is_whole=is_whole, style=style)
