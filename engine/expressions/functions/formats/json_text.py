"""JSON (RFC 8259) as values, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.expressions.errors import NotInFormat
from engine.expressions.functions.limits import refuse_large
from engine.expressions.reading import TooMuch, read_json, reason_of
from engine.expressions.writing import encode
from engine.limits import MOST_WRITTEN


def read(text: str, options: Mapping[str, Any]) -> Any:
    try:
        return read_json(text.encode())
    except TooMuch:
        raise
    except ValueError as error:
        raise NotInFormat(*reason_of(error)) from None


def write(value: Any, options: Mapping[str, Any]) -> str:
    from msgspec.json import format as indented

    indent = 2 if options.get("indent") is True else 0
    refuse_large(value, MOST_WRITTEN, "write", indent=2 * indent)  # closing brackets are indented, too
    text = encode(value)
    return (indented(text, indent=indent) if indent else text).decode()
