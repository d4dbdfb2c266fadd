"""Functions that ask for the type of a value."""

from __future__ import annotations

from typing import Any

from engine.expressions.errors import EvaluationError
from engine.expressions.functions.function import function
from engine.expressions.functions.texts.strings import WHITE_SPACE
from engine.expressions.operators import is_number, type_name


@function("array|object|string|null", steps=4, each=0, keeps_appended=True, dataweave="isEmpty")
def is_empty(value: Any) -> bool:
    """Whether a list, map or text is empty; null is empty.

    is_empty(`[]`) → true
    is_empty(null) → true
    is_empty(' ') → false
    """
    return value is None or len(value) == 0


@function("string", steps=8, each=8, dataweave="isBlank", of_null=True)
def is_blank(text: str) -> bool:
    """Whether a text has nothing but white space (Unicode's); null is blank.

    is_blank('  ') → true
    is_blank(null) → true
    """
    return not text.strip(WHITE_SPACE)


@function("any", steps=4, each=0, keeps_appended=True, dataweave="is String")
def is_string(value: Any) -> bool:
    """Whether the value is a text.

    is_string('a') → true
    """
    return isinstance(value, str)


@function("any", steps=8, each=0, keeps_appended=True, dataweave="is Number")
def is_number_(value: Any) -> bool:
    """Whether the value is a number. A text that holds one is not.

    is_number(`1.5`) → true
    is_number('1') → false
    """
    return is_number(value)


@function("any", steps=8, each=0, keeps_appended=True, dataweave="is Object")
def is_object(value: Any) -> bool:
    """Whether the value is a map.

    is_object({a: 'x'}) → true
    """
    return type_name(value) == "object"


@function("any", steps=6, each=0, keeps_appended=True, dataweave="is Array")
def is_array(value: Any) -> bool:
    """Whether the value is a list.

    is_array(['a']) → true
    """
    return type_name(value) == "array"


@function("any", steps=4, each=0, keeps_appended=True, dataweave="is Null")
def is_null(value: Any) -> bool:
    """Whether the value is null. For a field that does not exist, it is true as well.

    is_null(null) → true
    """
    return value is None


@function("any", steps=12, each=0, dataweave="as Boolean")
def as_bool(value: Any) -> bool:
    """A boolean as it is, the texts true and false (in any case) as booleans; MULE:EXPRESSION for anything else.

    as_bool('TRUE') → true
    """
    if isinstance(value, bool):
        return value
    is_short = isinstance(value, str) and len(value) <= len("false")
    found = {"true": True, "false": False}.get(value.lower()) if is_short else None
    if found is None:
        kind = "a string that is neither true nor false" if isinstance(value, str) else type_name(value)
        raise EvaluationError(f"as_bool() takes boolean or string as argument 1, not {kind}")
    return found
