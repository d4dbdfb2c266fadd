"""Functions over lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from engine.expressions.appended import Appended
from engine.expressions.budget import spend
from engine.expressions.errors import EvaluationError
from engine.expressions.functions.function import COMPUTED, alike, function
from engine.expressions.functions.searching import find
from engine.expressions.operators import equals, type_name, type_names
from engine.expressions.schemas import OPEN, TRUTH, Schema, joined, of_list

Value = TypeVar("Value")
Keys = Callable[[list[Any]], list[Any]]
"""Returns the expression's value for each element of a list."""
ORDERED = "array[number]|array[string]|array[date]|array[datetime]"
ORDERABLE = frozenset({"number", "string", "date", "datetime"})
FEW = 8
"""Elements that a call's own steps pay for."""
LONG = 256
"""Characters of a text whose comparison takes noticeable time."""
PER_COMPARED = 24
SLOWLY, BETWEEN_ZONES = 5, 30
"""How many times longer it takes to compare decimals and dates, and datetimes of several time zones."""
DIRECTIONS = ("asc", "desc")


def _direction(arguments: Sequence[Any]) -> str | None:
    """Refuse, at load, a literal text that is not a direction."""
    direction = arguments[2] if len(arguments) > 2 else COMPUTED
    is_wrong = direction is not COMPUTED and direction not in DIRECTIONS
    return f"the direction '{direction}' of sort_by(), which is neither 'asc' nor 'desc'" if is_wrong else None


def _appended(before: Schema, added: Schema) -> Schema:
    """Return the schema of a list with one more element."""
    return joined([of_list([added]), before]) if before.get("type") == "array" else of_list([OPEN])


@function("array|null", "any", steps=10, each=0, keeps_appended=True, dataweave="<<, +", shape=_appended)
def append(elements: Any, element: Any) -> Appended:
    """The list with one more element; the list itself stays as it is.

    It costs the same for the ten-thousandth element as for the first. `append(null, x)` is `[x]`.

    append(['a'], 'b') → ["a", "b"]
    append(null, 'b') → ["b"]
    """
    return (elements if type(elements) is Appended else Appended(elements or ())).append(element)


@function("any", "any", steps=6, keeps_appended=True, dataweave="contains", shape=TRUTH)
def contains(subject: Any, search: Any) -> bool:
    """Whether a list has the element, or a text the other text; false for null.

    contains(['a', 'b'], 'b') → true
    contains('haystack', 'st') → true
    contains(null, 'b') → false
    """
    if type(subject) is list and isinstance(search, str):
        if len(subject) > FEW:
            spend(len(subject) * (1 + len(search) // LONG), "contains()")
        return search in subject
    if subject is None:
        return False
    if isinstance(subject, str):
        spend(len(subject) // 8, "contains()")
        return isinstance(search, str) and find(subject, search, "contains()") >= 0
    if not isinstance(subject, (list, Appended)):
        raise EvaluationError(f"contains() takes array or string or null as argument 1, not {type_name(subject)}")
    spend(PER_COMPARED * len(subject), "contains()")
    return any(equals(element, search) for element in subject)


@function("each expression", "array", steps=8, each=2, dataweave="map")
def map_(key: Keys, elements: list[Any]) -> list[Any]:
    """The expression's value for each element, null ones kept.

    map(&length(@), ['a', 'bcd']) → [1, 3]
    """
    return key(elements)


@function(ORDERED, steps=30, each=2, dataweave="max")
def max_(elements: list[Any]) -> Any:
    """The largest number or text, or the latest date; null of an empty list.

    max([length('ab'), length('c')]) → 2
    """
    count_compared(elements, "max")
    return in_order("max", lambda: max(elements, default=None))


@function(ORDERED, steps=30, each=2, dataweave="min")
def min_(elements: list[Any]) -> Any:
    """The smallest number or text, or the earliest date; null of an empty list.

    min(['b', 'a']) → "a"
    """
    count_compared(elements, "min")
    return in_order("min", lambda: min(elements, default=None))


@function("array", "each expression", steps=30, each=2, dataweave="maxBy")
def max_by(elements: list[Any], key: Keys) -> Any:
    """The element whose key is the largest; null of an empty list.

    max_by([{n: 1}, {n: 2}], &n) → {"n": 2}
    """
    return _pick("max_by", max, elements, key(elements))


@function("array", "each expression", steps=30, each=2, dataweave="minBy")
def min_by(elements: list[Any], key: Keys) -> Any:
    """The element whose key is the smallest; null of an empty list.

    min_by([{n: 1}, {n: 2}], &n) → {"n": 1}
    """
    return _pick("min_by", min, elements, key(elements))


@function(ORDERED, steps=30, each=2, dataweave="orderBy $")
def sort(elements: list[Any]) -> list[Any]:
    """The numbers, texts or dates in ascending order.

    sort(['b', 'a']) → ["a", "b"]
    """
    count_compared(elements, "sort", times=len(elements).bit_length())
    return in_order("sort", lambda: sorted(elements))


@function("array", "each expression", "string?", steps=50, each=4, check=_direction, dataweave="orderBy")
def sort_by(elements: list[Any], key: Keys, direction: str = "asc") -> list[Any]:
    """The elements in order of a key that is a number, a text or a date; equal ones keep their order.

    The direction is 'asc', ascending, or 'desc'.

    sort_by([{n: 2}, {n: 1}], &n) → [{"n": 1}, {"n": 2}]
    sort_by([{n: 1}, {n: 2}], &n, 'desc') → [{"n": 2}, {"n": 1}]
    """
    if direction not in DIRECTIONS:
        raise EvaluationError("sort_by() takes 'asc' or 'desc' as argument 3, not another string")
    found = _keys("sort_by", key(elements))
    count_compared(found, "sort_by", times=len(found).bit_length())
    places, backwards = range(len(found)), direction == "desc"
    order = in_order("sort_by", lambda: sorted(places, key=found.__getitem__, reverse=backwards))
    return [elements[position] for position in order]


@function("array|string", steps=8, dataweave="[-1 to 0]")
def reverse(subject: Any) -> Any:
    """The elements, or the characters, from last to first.

    reverse(['a', 'b']) → ["b", "a"]
    """
    return subject[::-1]


@function("any", steps=8, each=0)
def to_array(value: Any) -> Any:
    """A list as it is, any other value as a list of one.

    to_array('a') → ["a"]
    """
    return value if isinstance(value, list) else [value]


def _keys(name: str, keys: list[Any]) -> list[Any]:
    """Return the keys; refuse those that are not all of one kind that has an order."""
    if not alike(keys, ORDERABLE):
        kinds = ", ".join(sorted(type_names(keys)))
        raise EvaluationError(f"{name}() takes keys that are all numbers, all strings or all dates, not {kinds}")
    return keys


def _pick(name: str, choose: Callable[[list[Any]], Any], elements: list[Any], keys: list[Any]) -> Any:
    """Return the element at which `choose` (min or max) finds its key; null of an empty list."""
    found = _keys(name, keys)
    count_compared(found, name)
    return elements[found.index(in_order(name, lambda: choose(found)))] if found else None


def count_compared(values: Sequence[Any], name: str, times: int = 1) -> None:
    """Count comparisons of values of one kind, each so many times; those that are instant count half a step."""
    first, steps = values[0] if values else None, len(values)
    if isinstance(first, str):
        steps += sum(map(len, values)) // LONG
    elif isinstance(first, datetime) and len({id(value.tzinfo) for value in values}) > 1:
        steps *= BETWEEN_ZONES
    elif isinstance(first, (Decimal, date)):
        steps *= SLOWLY
    spend(steps * times // 2, f"{name}()")


def in_order(name: str, compare: Callable[[], Value]) -> Value:
    """Return the result of comparing numbers, texts, dates or datetimes: values of one kind, but not all compare."""
    try:
        return compare()
    except TypeError:
        raise EvaluationError(f"{name}() takes datetimes that all have a time zone, or none") from None
    except ArithmeticError:
        raise EvaluationError(f"{name}() takes no decimal that is no number") from None
