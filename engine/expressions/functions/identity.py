"""Values as keys of a set: equal exactly if they are equal by the language's `==`.

Values inside lists and maps are identified by texts: unlike hashes of numbers, those of texts are salted, so no payload
can make many of them collide.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from decimal import Decimal
from typing import Any

from engine.expressions.appended import Appended
from engine.expressions.budget import spend
from engine.expressions.functions.limits import refuse_depth
from engine.expressions.operators import NUMBERS

LARGEST_EXPONENT = 5000
"""A decimal above this equals no whole number: Python does not read ones of so many digits."""
LARGEST_PLAIN = 1 << 60
"""Python hashes larger numbers modulo 2**61 - 1: a payload could make them all collide."""
PER_VALUE = 36
"""Steps for a value inside of others."""
PER_DECIMAL = 80
WORDS = {None: ("null", 0), True: ("true", 0), False: ("false", 0)}


def identity(value: Any, function: str) -> Hashable:
    """Return an equal hashable for equal values: 1 is not true, 1.0 is 1, the order of keys is irrelevant."""
    kind = type(value)
    if kind is str or value is None:
        return value  # type: ignore[no-any-return]  # it is hashable
    if kind is bool:
        return (bool, value)
    if kind not in NUMBERS:
        return _other(value, function, 1)
    number = _machine_number(value, function)
    is_plain = type(number) is not tuple and number and -LARGEST_PLAIN < number < LARGEST_PLAIN
    key: Hashable = number if is_plain else _text_of(number)
    return key


def _parts(value: Any, function: str, level: int) -> Hashable:
    refuse_depth(level, function)
    spend(PER_VALUE * (1 + len(value)), f"{function}()")
    if isinstance(value, Mapping):
        return frozenset((key, _inner(element, function, level)) for key, element in value.items())
    return tuple([_inner(element, function, level) for element in value])


def _inner(value: Any, function: str, level: int) -> Hashable:
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]  # it is hashable
    if value is None or kind is bool:
        return WORDS[value]
    if kind in NUMBERS:
        return _text_of(_machine_number(value, function))
    return _other(value, function, level + 1)


def _other(value: Any, function: str, level: int) -> Hashable:
    """Return the key of a value that is not a number or a plain text."""
    if isinstance(value, (list, Appended, Mapping)):
        return _parts(value, function, level)
    spend(PER_VALUE, f"{function}()")
    hashable: Hashable = value if isinstance(value, Hashable) else id(value)
    return hashable


def _text_of(number: Any) -> Hashable:
    """Return a text that identifies a number."""
    if type(number) is tuple:
        return number
    if number != number:  # NaN, which equals nothing
        return id(number)
    if type(number) is float and not number.is_integer():
        return (float, repr(number))
    return (int, f"{int(number):x}")


def _machine_number(value: Any, function: str) -> Any:
    """Return the number; for a decimal the whole number, or the float with the same text, or no number."""
    if type(value) is not Decimal:
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
