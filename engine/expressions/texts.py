"""Decodes bytes without the mark that some programs put in front of a text; it is dropped only here."""

from __future__ import annotations

import codecs

MARK = "\ufeff"
"""The byte order mark, which may precede a text to show its encoding; it is not part of the text."""


def text_of(content: bytes, codec: str = "utf-8") -> str:
    """Decode bytes. Raises UnicodeError."""
    return without_mark(str(content, codec))


def without_mark(text: str) -> str:
    return text.removeprefix(MARK)


def bytes_without_mark(content: bytes) -> bytes:
    """Return the bytes of a text in UTF-8, without the mark."""
    return content.removeprefix(codecs.BOM_UTF8)


class Decoder:
    """Decodes bytes that come in parts. Its methods raise UnicodeError."""

    def __init__(self, codec: str) -> None:
        self._decoder = codecs.getincrementaldecoder(codec)()
        self._is_begun = False

    def decode(self, part: bytes, *, final: bool = False) -> str:
        text = self._decoder.decode(part, final)
        if self._is_begun or not text:
            return text
        self._is_begun = True
        return without_mark(text)
