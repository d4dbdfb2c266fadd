"""Functions over numbers."""

from __future__ import annotations

import math
from typing import Any

from engine.expressions.errors import EvaluationError
from engine.expressions.functions.function import function
from engine.expressions.operators import is_number, number_in, type_name


@function("number")
def abs_(number: Any) -> Any:
    """The number without its sign.

    abs(-3) → 3
    """
    return abs(number)


@function("array[number]")
def avg(numbers: list[Any]) -> Any:
    """The mean of the numbers; null of an empty list.

    avg([length('a'), length('bcd')]) → 2.0
    """
    return sum(numbers) / len(numbers) if numbers else None


@function("number")
def ceil(number: Any) -> int:
    """The next whole number upwards.

    ceil(1.2) → 2
    """
    return int(math.ceil(number))


@function("number")
def floor(number: Any) -> int:
    """The next whole number downwards.

    floor(1.8) → 1
    """
    return int(math.floor(number))


@function("array[number]")
def sum_(numbers: list[Any]) -> Any:
    """The sum of the numbers; 0 of an empty list.

    sum([length('a'), length('bcd')]) → 4
    """
    return sum(numbers)


@function("any")
def to_number(value: Any) -> Any:
    """A number as it is, a text read as a number; null where that does not work (JMESPath).

    to_number('12') → 12
    to_number('x') → null
    """
    if is_number(value):
        return value
    return number_in(value) if isinstance(value, str) else None


@function("any")
def as_number(value: Any) -> Any:
    """A number as it is, a text read as a number; MULE:EXPRESSION where that does not work.

    as_number('1.5') → 1.5
    """
    number = value if is_number(value) else number_in(value) if isinstance(value, str) else None
    if number is None:
        found = "a string that is no number" if isinstance(value, str) else type_name(value)
        raise EvaluationError(f"as_number() takes number or string as argument 1, not {found}")
    return number
