"""What functions of the library that walk lists and objects share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from engine.expressions.budget import spend
from engine.expressions.dataweave.values.coercing import converted
from engine.expressions.dataweave.values.errors import Failed
from engine.expressions.dataweave.values.objects import AnyObject, Entry, Key, entries_of, key_value
from engine.limits import LONGEST_LIST

Item = Callable[..., Any]
PER_CALL = 12
"""Steps to call a function with an element."""
PER_ELEMENT = 2
PER_OBJECT = 40
"""Steps to make an object or a list of two values."""


def walked(items: Sequence[Any], what: str) -> Sequence[Any]:
    """Return the elements, after paying for a call with each."""
    spend(PER_CALL * len(items), what)
    return items


def paid(items: Sequence[Any], what: str) -> Sequence[Any]:
    """Return the elements, after paying for putting each in a list."""
    spend(PER_ELEMENT * len(items), what)
    return items


def entries(value: AnyObject, what: str) -> Iterable[tuple[Key, Any]]:
    """Return the keys, as values of the script, and the values of an object, after paying for a call with each."""
    spend(PER_CALL * len(value), what)
    return [(key_value(key), each) for key, each in entries_of(value)]


def raw_entries(value: AnyObject, what: str) -> Iterable[Entry]:
    """Return the entries of an object, after paying for a call with each."""
    spend(PER_CALL * len(value), what)
    return entries_of(value)


def truth(value: Any) -> bool:
    """Return the value of a condition. Raise Unfit if it is no Boolean."""
    return value if value is True or value is False else bool(converted(value, "Boolean"))


def check_list(length: int, what: str) -> None:
    """Pay for a list before it is made. Raise Failed if it would be too long."""
    if length > LONGEST_LIST:
        raise Failed(f"{what} stops at {LONGEST_LIST} elements")
    spend(PER_ELEMENT * length, what)


def index_of(number: Any) -> int:
    """Return a number that counts, without its fraction."""
    return int(number)
