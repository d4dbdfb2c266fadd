"""The body of a request, by its media type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from engine import FlowError, to_text
from engine.connectors import (
    TRANSFORMATION,
    ContentError,
    Spooled,
    TooLarge,
    encoded,
    essence_of,
    write_content,
    write_pairs,
)
from engine.limits import LARGEST_WRITTEN
from processors.http._address import each_of
from processors.http._outgoing import Pieces

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
BYTES = "application/octet-stream"


def body_of(payload: Any, media_type: str | None, *, is_said: bool) -> tuple[Pieces | None, str | None]:
    """Return body and media type: a map becomes the form that the media type names; otherwise as `write_content` does
    it.

    is_said: whether the request itself states the media type, which then is kept, and a text is sent unchanged.
    Raise MULE:TRANSFORMATION if the value cannot be written.
    """
    essence = essence_of(media_type)
    try:
        if payload is None:
            return None, None
        if is_said and isinstance(payload, str):
            return [encoded(payload, media_type)], media_type
        if essence == FORM and isinstance(payload, Mapping):
            return [encoded(form(payload), media_type)], media_type
        if essence == MULTIPART and isinstance(payload, Mapping):
            boundary = uuid4().hex
            return multipart(payload, boundary), f"{MULTIPART}; boundary={boundary}"
        body, written = _written(payload, media_type)
        return [body], media_type if is_said else written
    except (ContentError, TooLarge) as error:
        raise FlowError(TRANSFORMATION, str(error), cause=error) from error
    except (TypeError, ValueError, NotImplementedError, RecursionError) as error:
        raise FlowError(TRANSFORMATION, "a field of the form cannot be written as text", cause=error) from error


def _written(payload: Any, media_type: str | None) -> tuple[bytes | Spooled, str | None]:
    """Write like `write_content`, but leave files on the disk there."""
    return (payload, media_type or BYTES) if isinstance(payload, Spooled) else write_content(payload, media_type)


def form(fields: Mapping[Any, Any]) -> str:
    """Write fields as application/x-www-form-urlencoded: a list repeats its name, null is left out."""
    return write_pairs((str(name), to_text(value)) for name, values in fields.items() for value in each_of(values))


def multipart(fields: Mapping[Any, Any], boundary: str) -> list[bytes | Spooled]:
    """Write fields as multipart/form-data (RFC 7578): a map with `content` is a file, a list repeats its name.

    Raise TooLarge for large content in memory; a file on the disk may be large.
    """
    mark = f"--{boundary}\r\n".encode()
    pieces: list[bytes | Spooled] = []
    left = LARGEST_WRITTEN
    for name, values in fields.items():
        for value in each_of(values):
            head, content = _part(str(name), value)
            pieces += [mark + head, content, b"\r\n"]
            left -= len(head) + (len(content) if isinstance(content, bytes) else 0)
            if left < 0:
                raise TooLarge
    return [*pieces, f"--{boundary}--\r\n".encode()]


def _part(name: str, value: Any) -> tuple[bytes, bytes | Spooled]:
    """Return the headers of a part, and its content."""
    body: bytes | Spooled
    if not (isinstance(value, Mapping) and "content" in value):
        body, media_type, filename = write_content(value, None)[0], None, None
        media_type = None if isinstance(value, (str, int, float)) else "application/json"
    else:
        filename = value.get("filename")
        body, media_type = _written(value["content"], value.get("contentType"))
        media_type = value.get("contentType") or media_type
    head = f'Content-Disposition: form-data; name="{_quoted(name)}"'
    head += f'; filename="{_quoted(to_text(filename))}"' if filename is not None else ""
    head += f"\r\nContent-Type: {_one_line(media_type)}" if media_type else ""
    return head.encode() + b"\r\n\r\n", body


def _quoted(text: str) -> str:
    """Return a name as browsers write it (WHATWG, multipart/form-data), with characters that end it escaped."""
    return text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


def _one_line(media_type: Any) -> str:
    text = to_text(media_type)
    if not text.isprintable() or not text.isascii():
        raise ContentError("the contentType of a part is no media type")
    return text
