"""`+`, `-`, `*`, `/`, the sign, `mod` and `pow`."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal, DecimalException, Inexact, localcontext
from typing import Any

from engine.expressions.budget import spend
from engine.expressions.dataweave.values.coercing import converted
from engine.expressions.dataweave.values.comparing import equals
from engine.expressions.dataweave.values.errors import Failed
from engine.expressions.dataweave.values.functions import Case, Operation
from engine.expressions.dataweave.values.numbers import (
    EXACT,
    LONG,
    QUOTIENT,
    bounded,
    decimal_of,
    exact,
    from_double,
    is_whole,
    rounded,
)  # fmt: skip
from engine.expressions.dataweave.values.objects import entries_of, object_of
from engine.expressions.dataweave.values.times.calendar import between, between_days, between_times, earlier, later
from engine.limits import LARGEST_INTEGER_BITS

Number = int | Decimal
PER_DECIMAL = 80
BIT_PRODUCTS = 16_384
"""Bits times bits that are multiplied or divided per step."""
PER_ELEMENT = 2


def _numbers(left: Any, right: Any) -> tuple[Any, Any]:
    """Return both numbers, as ints if both are whole and no longer than a Long."""
    left, right = exact(left), exact(right)
    if type(left) is int and type(right) is int:
        return left, right
    if _is_long(left) and _is_long(right):
        return int(left), int(right)
    spend(PER_DECIMAL, "arithmetic")
    return decimal_of(left), decimal_of(right)


def _is_long(number: Number) -> bool:
    return -LONG <= number < LONG and is_whole(number)


def _decimal(number: Any) -> Decimal:
    if type(number) is Decimal and number.is_finite():
        return number
    return decimal_of(exact(number))


Calculate = Callable[[Any, Any], Any]


def _calculated(symbol: str, calculate: Calculate, again: Calculate, left: Any, right: Any) -> Number:
    """Return the result for decimals; for whole ones that are written with an exponent, that for ints."""
    spend(PER_DECIMAL, "arithmetic")
    left, right = _decimal(left), _decimal(right)
    try:
        result = bounded(calculate(left, right), symbol)
    except DecimalException:
        raise Failed(f"{symbol} gives a number that is too long") from None
    if type(result) is Decimal and result == result.to_integral_value() and _is_long(left) and _is_long(right):
        return again(int(left), int(right))  # type: ignore[no-any-return]  # it returns a number
    return result


def _sum(left: Any, right: Any) -> Number:
    if type(left) is int and type(right) is int:
        return bounded(left + right, "'+'")
    return _calculated("'+'", EXACT.add, _sum, left, right)


def _difference(left: Any, right: Any) -> Number:
    if type(left) is int and type(right) is int:
        return bounded(left - right, "'-'")
    return _calculated("'-'", EXACT.subtract, _difference, left, right)


def _product(left: Any, right: Any) -> Number:
    if type(left) is int and type(right) is int:
        spend(left.bit_length() * right.bit_length() // BIT_PRODUCTS, "'*'")
        return bounded(left * right, "'*'")
    return _calculated("'*'", EXACT.multiply, _product, left, right)


def _quotient(left: Any, right: Any) -> Number:
    if right == 0:
        raise Failed("Division by zero", "DivisionByZeroException")
    if type(left) is int and type(right) is int and left % right == 0:
        return left // right
    return _calculated("'/'", QUOTIENT.divide, _whole_quotient, left, right)


def _whole_quotient(left: int, right: int) -> Number:
    return left // right if left % right == 0 else bounded(QUOTIENT.divide(Decimal(left), Decimal(right)), "'/'")


def modulo(left: Any, right: Any) -> Number:
    """Return the remainder, with the sign of the dividend."""
    left, right = _numbers(left, right)
    if right == 0:
        raise Failed("Division by zero", "DivisionByZeroException")
    if type(left) is int:
        rest = abs(left) % abs(int(right))
        return -rest if left < 0 else rest
    with localcontext(EXACT) as context:
        context.traps[Inexact] = False
        try:
            return bounded(left % right, "mod")
        except DecimalException:
            raise Failed("mod gives a number that is too long") from None


def power(base: Any, exponent: Any) -> Number:
    """Return the power: exact for a whole exponent, else about as floats have it. Raise Failed for a negative one."""
    base, exponent = exact(base), exact(exponent)
    if not is_whole(exponent):
        return _broken_power(base, exponent)
    exponent = int(exponent)
    if exponent < 0:
        raise Failed("pow takes an exponent that is not negative", "NegativeExponentException")
    if abs(base) <= 1 and is_whole(base):
        return int(base) ** (exponent % 2 + 2 if exponent else 0)
    if isinstance(base, int):
        return _whole_power(base, exponent)
    spend(PER_DECIMAL, "pow")
    with localcontext(QUOTIENT):
        try:
            return bounded(base**exponent, "pow")
        except DecimalException:
            raise Failed("pow gives a number that is too large") from None


def _whole_power(base: int, exponent: int) -> Number:
    bits = (abs(base).bit_length() - 1) * exponent
    if bits > LARGEST_INTEGER_BITS:
        raise Failed("pow gives a number that is too large")
    spend(bits * bits // BIT_PRODUCTS, "pow")
    return bounded(base**exponent, "pow")


def _broken_power(base: Number, exponent: Number) -> Number:
    """Return the exact power for the whole part of the exponent times the one of floats for its fraction."""
    whole = rounded(exponent, ROUND_FLOOR)
    if base < 0 or whole < 0:
        raise Failed("pow takes a base and an exponent that are not negative, if there is a fraction")
    try:
        part = from_double(float(base) ** float(exponent - whole))
    except OverflowError:
        raise Failed("pow gives a number that is too large") from None
    return _product(power(base, whole), part)


def negated(number: Any) -> Number:
    number = exact(number)
    return -number if isinstance(number, int) else number.copy_negate()


# Lists and objects


def _append(elements: Any, element: Any) -> list[Any]:
    spend(PER_ELEMENT * len(elements), "'+'")
    return [*elements, element]


def _prepend(element: Any, elements: Any) -> list[Any]:
    spend(PER_ELEMENT * len(elements), "'>>'")
    return [element, *elements]


def _without(elements: Any, element: Any) -> list[Any]:
    spend(PER_ELEMENT * len(elements), "'-'")
    return [each for each in elements if not equals(each, element)]


def _without_key(value: Any, name: str) -> Any:
    spend(PER_ELEMENT * len(value), "'-'")
    return object_of((key, each) for key, each in entries_of(value) if str(key) != name)


def _flipped(calculate: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda left, right: calculate(right, left)


MOMENTS = ("DateTime", "LocalDateTime", "Date", "Time", "LocalTime")


def _with_periods(calculate: Callable[[Any, Any], Any]) -> list[Case]:
    """Return the cases of a date or time with a period, which may stand on either side."""
    forth = [(kind, "Period", calculate) for kind in MOMENTS]
    return [*forth, *(("Period", kind, _flipped(calculate)) for kind in MOMENTS)]


add = Operation("+", [("Array", "Any", _append), *_with_periods(later), ("Number", "Number", _sum)])
subtract = Operation(
    "-",
    [
        ("Array", "Any", _without),
        ("Object", "Key", _without_key),
        ("Object", "String", _without_key),
        ("DateTime", "DateTime", between),
        ("LocalDateTime", "LocalDateTime", between),
        ("Date", "Date", between_days),
        ("Time", "Time", between_times),
        ("LocalTime", "LocalTime", between_times),
        *_with_periods(earlier),
        ("Number", "Number", _difference),
    ],
)
multiply = Operation("*", [("Number", "Number", _product)])
divide = Operation("/", [("Number", "Number", _quotient)])


def negate(value: Any) -> Number:
    """Return `-value`."""
    return negated(converted(value, "Number"))


def _moved_to(moment: Any, zone: Any) -> Any:
    try:
        return moment.astimezone(zone)
    except (OverflowError, ValueError):
        raise Failed("the result is out of the range of dates: years 1 to 9999") from None


shift_left = Operation("<<", [("Array", "Any", _append)])
shift_right = Operation(">>", [("Any", "Array", _prepend), ("DateTime", "TimeZone", _moved_to)])
