"""Values as text: in a template, in a log line, in an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from engine.expressions.appended import Appended

OWN_SUBCLASSES: tuple[Any, ...] = (str, list, int, float)
"""msgspec writes these, but not what subclasses them."""


def plain(value: Any) -> Any:
    """What JSON shall show of a value that JSON does not know.

    A value may say it itself, by a method `to_json`. Raises NotImplementedError for all else.
    """
    if type(value) is Appended:
        return value.to_list()
    if isinstance(value, Mapping):
        return dict(value)
    for kind in OWN_SUBCLASSES:
        if isinstance(value, kind):
            return kind(value)
    to_json = getattr(value, "to_json", None)
    if to_json is None:
        raise NotImplementedError(f"a value of type {type(value).__name__} cannot be written as JSON")
    return to_json()


_encoder = msgspec.json.Encoder(enc_hook=plain, decimal_format="number")
encode = _encoder.encode
"""A value as JSON bytes. Raises what `plain` raises, ValueError, RecursionError."""


def to_text(value: Any) -> str:
    """A value inside a text: null is empty, lists and maps are JSON, dates ISO 8601."""
    if isinstance(value, str):
        return str(value)
    if value is None:
        return ""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "replace")
    written = encode(value)
    text = written.decode()
    if text[:1] == '"':  # a date, a UUID, a decimal, an error type: without JSON's quotes
        return str(msgspec.json.decode(written))
    return text
