"""Texts and bytes that know their media type: what `output application/xml` has written, or an unread payload.

To a script they are what they hold where it asks for an object or an array, and a text elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Read = Callable[[Any, str], Any]
"""Returns the value of a text or bytes of a media type."""


class TypedText(str):
    """A text in a format."""

    media_type: str
    read: Read
    held: Any

    @property
    def content(self) -> Any:
        """The value in it, which is read once."""
        return _content(self, str(self))


class TypedBytes(bytes):
    """Bytes in a format."""

    media_type: str
    read: Read
    held: Any

    @property
    def content(self) -> Any:
        """The value in them, which is read once."""
        return _content(self, bytes(self))


TYPED = frozenset[type]({TypedText, TypedBytes})
UNREAD = object()


def typed(content: str | bytes, media_type: str, read: Read) -> TypedText | TypedBytes:
    """Return a text, or bytes, with its media type. read: called when its content is asked for."""
    made = TypedText(content) if isinstance(content, str) else TypedBytes(content)
    made.media_type, made.read, made.held = media_type, read, UNREAD
    return made


def opened(value: Any) -> Any:
    """Return the value in a typed text or typed bytes; any other value as it is."""
    return value.content if type(value) in TYPED else value


def _content(value: Any, plain: str | bytes) -> Any:
    if value.held is UNREAD:
        value.held = value.read(plain, value.media_type)
    return value.held
