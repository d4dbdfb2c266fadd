"""Functions over values of any type."""

from __future__ import annotations

from typing import Any

from engine.expressions.functions.function import function
from engine.expressions.operators import type_name
from engine.expressions.writing import to_text


@function("array|object|string", keeps_appended=True)
def length(subject: Any) -> int:
    """How many elements, entries or characters there are. Of null it is an error: see size_of.

    length('abc') → 3
    """
    return len(subject)


@function("array|object|string|null", keeps_appended=True)
def size_of(subject: Any) -> int:
    """How many elements, entries or characters there are; 0 of null.

    size_of(null) → 0
    size_of(['a']) → 1
    """
    return 0 if subject is None else len(subject)


@function("...any")
def not_null(*candidates: Any) -> Any:
    """The first argument that is not null.

    not_null(null, 'a') → "a"
    """
    return next((candidate for candidate in candidates if candidate is not None), None)


@function("any")
def to_string(value: Any) -> str:
    """A text as it is; null, booleans, numbers, lists and maps as JSON (JMESPath).

    to_string({a: true}) → "{\\"a\\":true}"
    to_string('a') → "a"
    """
    return "null" if value is None else to_text(value)


@function("any")
def type_(value: Any) -> str:
    """The type's name: number, string, boolean, array, object or null.

    type(['a']) → "array"
    """
    return type_name(value)
