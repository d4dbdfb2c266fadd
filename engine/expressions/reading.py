"""JSON as values."""

from __future__ import annotations

import re
from typing import Any

import jiter

from engine.expressions.errors import EvaluationError
from engine.limits import MOST_JSON_FIELDS, MOST_JSON_TEXTS, MOST_JSON_VALUES

SPARSE = 2 * MOST_JSON_VALUES
"""Bytes that hold no more values than there may be: each takes two at least."""
SPACE = b" \t\r\n"


TOLD = re.compile(r"(.*) at line (\d+) column (\d+)", re.DOTALL)
"""What jiter says."""
TWICE, DUPLICATE = "Detected duplicate key", "a key stands twice"

FEW = 200_000
"""How many texts can be taken out in a moment."""


class TooMuch(EvaluationError, ValueError):
    """A text that holds more values than can be made in a moment."""


def read_json(text: bytes) -> Any:
    """The value of a JSON text (RFC 8259) in UTF-8.

    Integers are exact at any size. Raises ValueError, with line and column, for what is no JSON:
    NaN, keys that stand twice, nesting of more than 200 levels and invalid UTF-8 included; TooMuch
    for what holds too many values: some take sixty times the room of their text.
    """
    refuse_dense(text)
    return jiter.from_json(text, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="keys")


def reason_of(error: ValueError) -> tuple[str, int, int]:
    """Why a text is no JSON, without a value of it, and the line and column; zeros where nobody knows."""
    if not (told := TOLD.fullmatch(str(error))):
        return "the text is no Unicode", 0, 0
    reason = DUPLICATE if told[1].startswith(TWICE) else told[1]
    return reason, int(told[2]), int(told[3])


def refuse_dense(text: bytes) -> None:
    """Raise TooMuch for more values of JSON than can be made in a moment."""
    if len(text) <= SPARSE:
        return
    fields, quotes = text.count(b":"), text.count(b'"')
    if fields > MOST_JSON_FIELDS or quotes > 2 * MOST_JSON_TEXTS or fields + _opened(text) > MOST_JSON_VALUES:
        text = text.translate(None, SPACE).replace(rb"\\", b"").replace(rb"\"", b"")
        fields, quotes = text.count(b'":'), text.count(b'"')
        if quotes < 2 * FEW:  # what stands inside of them is no value
            text = b"".join(text.split(b'"')[::2])
    _refuse(fields, MOST_JSON_FIELDS, "fields")
    _refuse(quotes // 2, MOST_JSON_TEXTS, "texts")
    _refuse(fields + _opened(text), MOST_JSON_VALUES, "lists, maps and fields")


def _opened(text: bytes) -> int:
    return text.count(b"[") + text.count(b"{")


def _refuse(count: int, most: int, what: str) -> None:
    if count > most:
        raise TooMuch(f"JSON is read with {most} {what} at most")
