"""Bytes as text, without the mark that some programs put in front of it: the one place that drops it."""

from __future__ import annotations

import codecs

MARK = "\ufeff"
"""What a text may begin with to tell its encoding (a BOM); it is no part of the text."""


def text_of(content: bytes, codec: str = "utf-8") -> str:
    """The text that the bytes are. Raises UnicodeError."""
    return without_mark(str(content, codec))


def without_mark(text: str) -> str:
    return text.removeprefix(MARK)


def bytes_without_mark(content: bytes) -> bytes:
    """The bytes of a text in UTF-8."""
    return content.removeprefix(codecs.BOM_UTF8)


class Decoder:
    """Makes text of bytes that come in parts. Its methods raise UnicodeError."""

    def __init__(self, codec: str) -> None:
        self._decoder = codecs.getincrementaldecoder(codec)()
        self._is_begun = False

    def decode(self, part: bytes, *, final: bool = False) -> str:
        text = self._decoder.decode(part, final)
        if self._is_begun or not text:
            return text
        self._is_begun = True
        return without_mark(text)
