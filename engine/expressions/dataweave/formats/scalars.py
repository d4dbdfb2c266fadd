"""The texts of values that are neither objects nor arrays, as the writers make them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.expressions.dataweave.values import texts
from engine.expressions.dataweave.values.annotated import schema_of
from engine.expressions.dataweave.values.kinds import kind_of
from engine.expressions.dataweave.values.objects import Namespace


def is_list(value: Any) -> bool:
    """Return whether writers write a value as an array; a range is none to XML, CSV and forms."""
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes, range, Namespace))


def text_of(value: Any) -> str:
    """Return the value `as String`: dates in ISO 8601, a number by its format if it has one, null as nothing.

    Raise Unfit for objects, arrays and functions.
    """
    if isinstance(value, str):
        return str(value)
    if value is None:
        return ""
    schema = schema_of(value)
    if schema and schema.get("format") and kind_of(value) == "Number":
        return texts.formatted(value, str(schema["format"]), schema)
    return texts.as_text(value)


def formatted(value: Any) -> str:
    """Return the same, but a date or a time in the format in which it was read. Raise Unfit."""
    return texts.written(value) if kind_of(value) in texts.MOMENTS else text_of(value)
