"""Functions over values of any type."""

from __future__ import annotations

from datetime import date
from typing import Any

from engine.expressions.budget import spend
from engine.expressions.errors import EvaluationError
from engine.expressions.functions.dates.date_patterns import write_date
from engine.expressions.functions.function import function
from engine.expressions.functions.numbers.number_patterns import write_number
from engine.expressions.operators import is_number, type_name
from engine.expressions.schemas import COUNT, TEXT
from engine.expressions.writing import to_text

LONG = 64
"""Characters of a text that takes noticeable time to make."""


@function("array|object|string", steps=3, each=0, keeps_appended=True, shape=COUNT)
def length(subject: Any) -> int:
    """How many elements, entries or characters there are. Of null it is an error: see size_of.

    length('abc') → 3
    """
    return len(subject)


@function("array|object|string|null", steps=4, each=0, keeps_appended=True, dataweave="sizeOf", shape=COUNT)
def size_of(subject: Any) -> int:
    """How many elements, entries or characters there are; 0 of null.

    size_of(null) → 0
    size_of(['a']) → 1
    """
    return 0 if subject is None else len(subject)


@function("...any", steps=16, each=0, dataweave="default")
def not_null(*candidates: Any) -> Any:
    """The first argument that is not null.

    not_null(null, 'a') → "a"
    """
    return next((candidate for candidate in candidates if candidate is not None), None)


@function("any", "string?", steps=20, dataweave="as String, write", shape=TEXT)
def to_string(value: Any, pattern: str | None = None) -> str:
    """A text as it is; null, booleans, numbers, lists and maps as JSON (JMESPath); dates in ISO 8601.

    With a pattern (Java's), a number or a date is written in its form: see format_number, format_date.

    to_string({a: true}) → "{\\"a\\":true}"
    to_string('a') → "a"
    to_string(3, '0.00') → "3.00"
    """
    if pattern is not None:
        return _formatted("to_string", value, pattern)
    return "null" if value is None else _text("to_string", value)


def _text(name: str, value: Any) -> str:
    try:
        text = to_text(value)
        if len(text) > LONG and type(value) is not str:
            spend(len(text), f"{name}()")
        return text
    except (ValueError, NotImplementedError, RecursionError):  # a number of thousands of digits, a foreign object
        raise EvaluationError(f"{name}() cannot make a text of this {type_name(value)}") from None


def _formatted(name: str, value: Any, pattern: str) -> str:
    if is_number(value):
        return write_number(name, value, pattern)
    if isinstance(value, date):
        return write_date(name, value, pattern)
    raise EvaluationError(f"{name}() with a pattern takes number or date as argument 1, not {type_name(value)}")


@function("string|number|boolean|date|datetime", "string?", steps=16, each=0, dataweave="as String")
def as_string(value: Any, pattern: str | None = None) -> str:
    """A text as it is, a number, boolean or date as text; MULE:EXPRESSION for null, lists and maps.

    The pattern is that of to_string.

    as_string(7) → "7"
    as_string(as_date('2026-03-01'), 'd.M.yyyy') → "1.3.2026"
    """
    return _text("as_string", value) if pattern is None else _formatted("as_string", value, pattern)


@function("any", steps=6, each=0, dataweave="typeOf")
def type_(value: Any) -> str:
    """The type's name: number, string, boolean, array, object or null.

    type(['a']) → "array"
    """
    return type_name(value)
