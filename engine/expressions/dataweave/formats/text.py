"""text/plain: a text as it is."""

from __future__ import annotations

from typing import Any

from engine.expressions.dataweave.formats.properties import Properties, Values, text
from engine.expressions.dataweave.formats.scalars import text_of

READING = Properties(encoding=text())
WRITING = Properties(encoding=text("UTF-8"))


def read(content: str, values: Values) -> str:
    return content


def write(value: Any, values: Values) -> str:
    return text_of(value)
