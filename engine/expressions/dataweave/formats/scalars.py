"""The texts of values that are neither objects nor arrays, as the writers make them."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from engine.expressions.dataweave.values.coercing import converted
from engine.expressions.dataweave.values.moments import written


def text_of(value: Any) -> str:
    """Return the value `as String`: dates in ISO 8601, null as nothing. Raise Unfit for objects, arrays, functions."""
    if isinstance(value, str):
        return str(value)
    return "" if value is None else str(converted(value, "String"))


def formatted(value: Any) -> str:
    """Return the same, but a date or a time in the format in which it was read. Raise Unfit."""
    return written(value) if isinstance(value, (date, time)) else text_of(value)
