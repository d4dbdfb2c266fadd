"""Values as keys of a set: equal exactly where the language's `==` says so."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from decimal import Decimal
from typing import Any

from engine.expressions.appended import Appended

LARGEST_EXPONENT = 5000
"""A decimal above equals no whole number: Python reads none of so many digits."""
LARGEST_PLAIN = 1 << 60
"""Python hashes larger numbers modulo 2**61 - 1: a payload could make them all collide."""


def identity(value: Any) -> Hashable:
    """Something hashable that is equal for equal values: 1 is not true, 1.0 is 1, the order of keys is nothing."""
    if isinstance(value, (str, type(None))):
        return value
    if isinstance(value, bool):
        return (bool, value)
    if isinstance(value, (int, float, Decimal)):
        return _number(value)
    if isinstance(value, (list, Appended)):
        return tuple(identity(element) for element in value)
    if isinstance(value, Mapping):
        return frozenset((key, identity(element)) for key, element in value.items())
    return value if isinstance(value, Hashable) else id(value)


def _number(number: int | float | Decimal) -> Hashable:
    if isinstance(number, Decimal):  # of a signalling NaN even `!=` raises
        return id(number) if number.is_nan() else _decimal(number)
    if number != number:  # NaN, which equals nothing
        return id(number)
    if -LARGEST_PLAIN < number < LARGEST_PLAIN:
        return number
    try:
        return (int, f"{int(number):x}")
    except OverflowError:
        return number


def _decimal(number: Decimal) -> Hashable:
    """As that of the whole number, or of the float that is written alike; others for themselves."""
    if not number.is_finite() or number.adjusted() > LARGEST_EXPONENT:
        sign, digits, _ = number.as_tuple()
        return (Decimal, sign, "".join(map(str, digits)).rstrip("0"), str(number.adjusted()))
    if number == number.to_integral_value():
        return _number(int(number))
    alike = float(number)
    return alike if Decimal(str(alike)) == number else number
