"""application/octet-stream: bytes as they are."""

from __future__ import annotations

from typing import Any

from engine.expressions.dataweave.formats.properties import Properties, Values
from engine.expressions.dataweave.values.coercing import converted

READING = Properties()
WRITING = Properties()


def read(content: bytes, values: Values) -> bytes:
    return content


def write(value: Any, values: Values) -> bytes:
    """Return the value `as Binary`."""
    return value if type(value) is bytes else bytes(converted(value, "Binary"))
