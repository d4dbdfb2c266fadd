"""Functions over numbers. Whole numbers stay whole, decimals stay decimals."""

from __future__ import annotations

import math
import operator
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from typing import Any

from engine.expressions.errors import EvaluationError
from engine.expressions.functions.function import function
from engine.expressions.functions.grouping import total
from engine.expressions.operators import LARGEST_INTEGER, arithmetic, is_number, number_in, type_name

MODULO = arithmetic("mod", operator.mod)
POWER = arithmetic("pow", operator.pow)
MOST_DIGITS = 100


@function("number", dataweave="abs")
def abs_(number: Any) -> Any:
    """The number without its sign.

    abs(-3) → 3
    """
    return abs(number)


@function("array[number]", dataweave="avg")
def avg(numbers: list[Any]) -> Any:
    """The mean of the numbers; null of an empty list.

    avg([length('a'), length('bcd')]) → 2.0
    """
    return total(numbers) / len(numbers) if numbers else None


@function("number", dataweave="ceil")
def ceil(number: Any) -> int:
    """The next whole number upwards.

    ceil(1.2) → 2
    """
    return int(math.ceil(number))


@function("number", dataweave="floor")
def floor(number: Any) -> int:
    """The next whole number downwards.

    floor(1.8) → 1
    """
    return int(math.floor(number))


@function("array[number]", dataweave="sum")
def sum_(numbers: list[Any]) -> Any:
    """The sum of the numbers; 0 of an empty list.

    sum([length('a'), length('bcd')]) → 4
    """
    return total(numbers)


@function("any")
def to_number(value: Any) -> Any:
    """A number as it is, a text read as a number; null where that does not work (JMESPath).

    to_number('12') → 12
    to_number('x') → null
    """
    if is_number(value):
        return value
    return number_in(value) if isinstance(value, str) else None


@function("any", dataweave="as Number")
def as_number(value: Any) -> Any:
    """A number as it is, a text read as a number; MULE:EXPRESSION where that does not work.

    as_number('1.5') → 1.5
    """
    number = value if is_number(value) else number_in(value) if isinstance(value, str) else None
    if number is None:
        found = "a string that is no number" if isinstance(value, str) else type_name(value)
        raise EvaluationError(f"as_number() takes number or string as argument 1, not {found}")
    return number


@function("number", "integer?", dataweave="round")
def round_(number: Any, digits: int | None = None) -> Any:
    """The next whole number, or the number with that many digits behind the point; a half goes away from zero.

    A float is rounded as it is written: 1.005 with two digits is 1.01.

    round(2.5) → 3
    round(1.005, 2) → 1.01
    round(1250, -2) → 1300
    """
    if digits is not None and not -MOST_DIGITS <= digits <= MOST_DIGITS:
        raise EvaluationError(f"round() stops at {MOST_DIGITS} digits")
    if isinstance(number, int) and (digits is None or digits >= 0):
        return number
    rounded = rounded_half_up(exact("round", number), digits or 0)
    return int(rounded) if digits is None or isinstance(number, int) else type(number)(rounded)


def exact(name: str, number: Any) -> Decimal:
    """The number as it is written."""
    decimal = number if isinstance(number, Decimal) else Decimal(str(number))
    if not decimal.is_finite():
        raise EvaluationError(f"{name}() takes a number, not one out of range")
    return decimal


def rounded_half_up(number: Decimal, digits: int) -> Decimal:
    with localcontext() as context:
        context.prec = len(number.as_tuple().digits) + abs(digits) + 400  # a float has up to 309 digits
        try:
            return number.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
        except InvalidOperation:
            raise EvaluationError("a number is out of the range of rounding") from None


@function("number", "number", dataweave="mod")
def mod(number: Any, divisor: Any) -> Any:
    """The rest of a division, with the sign of the divisor, as `%`.

    mod(7, 3) → 1
    """
    return MODULO(number, divisor)


@function("number", "number", dataweave="pow")
def pow_(base: Any, exponent: Any) -> Any:
    """The number to a power. A whole number of more than 4096 bits is refused, so is the root of a negative number.

    pow(2, 10) → 1024
    pow(2, -1) → 0.5
    """
    if isinstance(base, int) and isinstance(exponent, int) and exponent > 0:
        refuse_large(base.bit_length() * exponent if abs(base) > 1 else 0)
    if base < 0 and exponent % 1 != 0:
        raise EvaluationError("pow() takes no root of a negative number")
    return POWER(base, exponent)


def refuse_large(bits: int) -> None:
    if bits > LARGEST_INTEGER.bit_length():
        raise EvaluationError("pow() stops at whole numbers of 4096 bits")
