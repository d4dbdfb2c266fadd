"""Values as keys of a set: equal exactly where the language's `==` says so.

What stands inside of lists and maps is told by texts: unlike those of numbers, their hashes have a secret, so
no payload can make many of them equal.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from decimal import Decimal
from typing import Any

from engine.expressions.appended import Appended
from engine.expressions.budget import spend
from engine.expressions.functions.limits import refuse_depth

LARGEST_EXPONENT = 5000
"""A decimal above equals no whole number: Python reads none of so many digits."""
LARGEST_PLAIN = 1 << 60
"""Python hashes larger numbers modulo 2**61 - 1: a payload could make them all collide."""
PER_VALUE = 24
"""Steps for a value inside of others."""
PER_DECIMAL = 80
WORDS = {None: ("null", 0), True: ("true", 0), False: ("false", 0)}


def identity(value: Any, function: str) -> Hashable:
    """Something hashable that is equal for equal values: 1 is not true, 1.0 is 1, the order of keys is nothing."""
    if isinstance(value, (str, type(None))):
        return value
    if isinstance(value, bool):
        return (bool, value)
    if isinstance(value, (list, Appended, Mapping)):
        return _parts(value, function, 0)
    number = _machine_number(value, function)
    if isinstance(number, (int, float)) and number and -LARGEST_PLAIN < number < LARGEST_PLAIN:
        return number
    return _text_of(number)


def _parts(value: Any, function: str, level: int) -> Hashable:
    refuse_depth(level, function)
    spend(PER_VALUE * (1 + len(value)), f"{function}()")
    if isinstance(value, Mapping):
        return frozenset((key, _inner(element, function, level)) for key, element in value.items())
    return tuple([_inner(element, function, level) for element in value])


def _inner(value: Any, function: str, level: int) -> Hashable:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return WORDS[value]
    if isinstance(value, (list, Appended, Mapping)):
        return _parts(value, function, level + 1)
    return _text_of(_machine_number(value, function))


def _text_of(value: Any) -> Hashable:
    """What tells a number by a text; all else as it is."""
    if not isinstance(value, (int, float)):
        return value if isinstance(value, Hashable) else id(value)
    if value != value:  # NaN, which equals nothing
        return id(value)
    if isinstance(value, float) and not value.is_integer():
        return (float, repr(value))
    return (int, f"{int(value):x}")


def _machine_number(value: Any, function: str) -> Any:
    """The whole number, or the float that is written alike, for a decimal; others, and all else, for themselves."""
    if not isinstance(value, Decimal):
        return value
    spend(PER_DECIMAL, f"{function}()")
    if value.is_nan():  # of a signalling NaN even `!=` raises
        return (id(value),)
    if value.is_finite() and value.adjusted() <= LARGEST_EXPONENT:
        if value == value.to_integral_value():
            return int(value)
        alike = float(value)
        if Decimal(str(alike)) == value:
            return alike
    sign, digits, _ = value.as_tuple()
    return (Decimal, sign, "".join(map(str, digits)).rstrip("0"), str(value.adjusted()))
