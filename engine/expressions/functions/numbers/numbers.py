"""Functions over numbers. Whole numbers stay whole, decimals stay decimals."""

from __future__ import annotations

import operator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, NoReturn

from engine.expressions.budget import spend
from engine.expressions.decimals import QUOTIENT_DIGITS, remainder
from engine.expressions.errors import EvaluationError
from engine.expressions.functions.function import function
from engine.expressions.functions.grouping import total
from engine.expressions.functions.numbers.number_patterns import read_number
from engine.expressions.functions.numbers.rounding import exact, rounded, whole
from engine.expressions.operators import arithmetic, count_number, is_number, number_in, type_name
from engine.limits import LARGEST_INTEGER_BITS, MOST_ROUNDED_DIGITS

MODULO = arithmetic("mod", remainder)
POWER = arithmetic("pow", operator.pow, QUOTIENT_DIGITS)
DIVISION = arithmetic("avg", operator.truediv, QUOTIENT_DIGITS)
DECIMAL_POWER = 2000
"""Steps of a power of decimals; with many digits it takes more, by the cube of the number of hundreds."""


@function("number", steps=4, each=0, dataweave="abs")
def abs_(number: Any) -> Any:
    """The number without its sign.

    abs(-3) → 3
    """
    if isinstance(number, Decimal):
        return number.copy_abs()  # abs would round to 28 digits
    return count_number(abs(number), "abs()")


@function("array[number]", steps=30, each=2, dataweave="avg")
def avg(numbers: list[Any]) -> Any:
    """The mean of the numbers; null of an empty list.

    avg([length('a'), length('bcd')]) → 2.0
    """
    return DIVISION(total(numbers), len(numbers)) if numbers else None


@function("number", steps=150, each=0, dataweave="ceil")
def ceil(number: Any) -> int:
    """The next whole number upwards.

    ceil(1.2) → 2
    """
    return number if isinstance(number, int) else _whole("ceil", number, ROUND_CEILING)


@function("number", steps=150, each=0, dataweave="floor")
def floor(number: Any) -> int:
    """The next whole number downwards.

    floor(1.8) → 1
    """
    return number if isinstance(number, int) else _whole("floor", number, ROUND_FLOOR)


def _whole(name: str, number: Any, rounding: str) -> int:
    return whole(exact(name, number).to_integral_value(rounding), name)


@function("array[number]", steps=16, each=2, dataweave="sum")
def sum_(numbers: list[Any]) -> Any:
    """The sum of the numbers; 0 of an empty list.

    sum([length('a'), length('bcd')]) → 4
    """
    return total(numbers)


@function("any", steps=30, each=0)
def to_number(value: Any) -> Any:
    """A number as it is, a text read as a number; null if that does not work (JMESPath).

    to_number('12') → 12
    to_number('x') → null
    """
    if is_number(value):
        return value
    return number_in(value) if isinstance(value, str) else None


@function("any", "string?", steps=40, dataweave="as Number, as Number {format: …}")
def as_number(value: Any, pattern: str | None = None) -> Any:
    """A number as it is, a text read as a number, or by a pattern; MULE:EXPRESSION if that does not work.

    The pattern is that of format_number. A text with a point becomes a float, as in JSON: see as_decimal.

    as_number('1.5') → 1.5
    as_number('1,234.50', '#,##0.00') → 1234.5
    """
    number = value if is_number(value) else number_in(_written("as_number", value, pattern))
    return _refuse_no_number("as_number") if number is None else number


@function("any", "string?", steps=60)
def as_decimal(value: Any, pattern: str | None = None) -> Decimal:
    """A number, or a text read as one, as an exact decimal, with which all arithmetic is exact: for money.

    A float becomes the number that is written. The result of computing with a decimal and another number is a decimal;
    a quotient has 34 digits. In JSON it is a number. The pattern is that of format_number.

    as_decimal('0.10') + as_decimal('0.20') → 0.30
    as_decimal('1,234.50 €', '#,##0.00 €') → 1234.50
    as_decimal('19.99') * 1.19 → 23.7881
    """
    if is_number(value):
        return exact("as_decimal", value)
    text = _written("as_decimal", value, pattern)
    return _refuse_no_number("as_decimal") if number_in(text) is None else Decimal(text)


def _written(name: str, value: Any, pattern: str | None) -> str:
    """Return a text that should hold a number, written as in JSON."""
    if not isinstance(value, str):
        raise EvaluationError(f"{name}() takes number or string as argument 1, not {type_name(value)}")
    return value if pattern is None else read_number(name, value, pattern)


def _refuse_no_number(name: str) -> NoReturn:
    raise EvaluationError(f"{name}() takes number or string as argument 1, not a string that is no number")


@function("number", "integer?", steps=150, each=0, dataweave="round")
def round_(number: Any, digits: int | None = None) -> Any:
    """The next whole number, or the number with that many digits after the point; a half goes away from zero.

    A float is rounded by its written digits: 1.005 with two digits is 1.01.

    round(2.5) → 3
    round(1.005, 2) → 1.01
    round(1250, -2) → 1300
    """
    if digits is not None and not -MOST_ROUNDED_DIGITS <= digits <= MOST_ROUNDED_DIGITS:
        raise EvaluationError(f"round() stops at {MOST_ROUNDED_DIGITS} digits")
    if isinstance(number, int) and (digits is None or digits >= 0):
        return number
    result = rounded(exact("round", number), digits or 0)
    return whole(result, "round") if digits is None or isinstance(number, int) else type(number)(result)


@function("number", "number", steps=16, each=0, dataweave="mod")
def mod(number: Any, divisor: Any) -> Any:
    """The rest of a division, with the sign of the divisor, as `%`.

    mod(7, 3) → 1
    """
    return MODULO(number, divisor)


@function("number", "number", steps=30, dataweave="pow")
def pow_(base: Any, exponent: Any) -> Any:
    """The number to a power. A whole number of more than 4096 bits is refused, and so is the root of a negative number.

    pow(2, 10) → 1024
    pow(2, -1) → 0.5
    """
    for number in (base, exponent):
        if isinstance(number, Decimal):
            exact("pow", number)
            spend(DECIMAL_POWER * (1 + (len(number.as_tuple().digits) // 100) ** 3), "pow()")
    if isinstance(base, int) and isinstance(exponent, int) and exponent > 0:
        refuse_large(base.bit_length() * exponent if abs(base) > 1 else 0)
    if base < 0 and exponent % 1 != 0:
        raise EvaluationError("pow() takes no root of a negative number")
    return POWER(base, exponent)


def refuse_large(bits: int) -> None:
    if bits > LARGEST_INTEGER_BITS + 1:
        raise EvaluationError(f"pow() stops at whole numbers of {LARGEST_INTEGER_BITS} bits")
