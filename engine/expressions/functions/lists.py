"""Functions over lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine.expressions.appended import Appended
from engine.expressions.errors import EvaluationError
from engine.expressions.functions.function import alike, function
from engine.expressions.operators import equals, type_name

Keys = Callable[[list[Any]], list[Any]]
ORDERED = "array[number]|array[string]"
ORDERABLE = frozenset({"number", "string"})
DIRECTIONS = ("asc", "desc")


def _direction(arguments: Sequence[Any]) -> str | None:
    """Refuses, at load, a literal text that is no direction."""
    node = arguments[2] if len(arguments) > 2 else {"type": "none"}
    wrong = node["type"] == "literal" and node["value"] not in DIRECTIONS
    return f"the direction '{node['value']}' of sort_by(), which is neither 'asc' nor 'desc'" if wrong else None


@function("array|null", "any", keeps_appended=True, dataweave="<<, +")
def append(elements: Any, element: Any) -> Appended:
    """The list with one more element; the list itself stays as it is.

    It costs the same for the ten-thousandth element as for the first. `append(null, x)` is `[x]`.

    append(['a'], 'b') → ["a", "b"]
    append(null, 'b') → ["b"]
    """
    longer = elements if type(elements) is Appended else Appended(elements or ())
    return longer.append(element)


@function("any", "any", keeps_appended=True, dataweave="contains")
def contains(subject: Any, search: Any) -> bool:
    """Whether a list has the element, or a text the other text; of null it is false.

    contains(['a', 'b'], 'b') → true
    contains('haystack', 'st') → true
    contains(null, 'b') → false
    """
    if type(subject) is list and isinstance(search, str):
        return search in subject
    if subject is None:
        return False
    if isinstance(subject, str):
        return isinstance(search, str) and search in subject
    if not isinstance(subject, (list, Appended)):
        raise EvaluationError(f"contains() takes array or string or null as argument 1, not {type_name(subject)}")
    if isinstance(search, str):
        return search in subject
    return any(equals(element, search) for element in subject)


@function("each expression", "array", dataweave="map")
def map_(values: Keys, elements: list[Any]) -> list[Any]:
    """The expression's value for each element, null ones kept.

    map(&length(@), ['a', 'bcd']) → [1, 3]
    """
    return values(elements)


@function(ORDERED, dataweave="max")
def max_(elements: list[Any]) -> Any:
    """The largest number or text; null of an empty list.

    max([length('ab'), length('c')]) → 2
    """
    return max(elements, default=None)


@function(ORDERED, dataweave="min")
def min_(elements: list[Any]) -> Any:
    """The smallest number or text; null of an empty list.

    min(['b', 'a']) → "a"
    """
    return min(elements, default=None)


@function("array", "each expression", dataweave="maxBy")
def max_by(elements: list[Any], keys: Keys) -> Any:
    """The element whose key is the largest; null of an empty list.

    max_by([{n: 1}, {n: 2}], &n) → {"n": 2}
    """
    return _pick(max, elements, _keys("max_by", keys(elements)))


@function("array", "each expression", dataweave="minBy")
def min_by(elements: list[Any], keys: Keys) -> Any:
    """The element whose key is the smallest; null of an empty list.

    min_by([{n: 1}, {n: 2}], &n) → {"n": 1}
    """
    return _pick(min, elements, _keys("min_by", keys(elements)))


@function(ORDERED, dataweave="orderBy $")
def sort(elements: list[Any]) -> list[Any]:
    """The numbers or texts in ascending order.

    sort(['b', 'a']) → ["a", "b"]
    """
    return sorted(elements)


@function("array", "each expression", "string?", check=_direction, dataweave="orderBy")
def sort_by(elements: list[Any], keys: Keys, direction: str = "asc") -> list[Any]:
    """The elements in order of a key that is a number or a text; equal ones keep their order.

    The direction is 'asc', ascending, or 'desc'.

    sort_by([{n: 2}, {n: 1}], &n) → [{"n": 1}, {"n": 2}]
    sort_by([{n: 1}, {n: 2}], &n, 'desc') → [{"n": 2}, {"n": 1}]
    """
    if direction not in DIRECTIONS:
        raise EvaluationError("sort_by() takes 'asc' or 'desc' as argument 3, not another string")
    found = _keys("sort_by", keys(elements))
    order = sorted(range(len(found)), key=found.__getitem__, reverse=direction == "desc")
    return [elements[position] for position in order]


@function("array|string", dataweave="[-1 to 0]")
def reverse(subject: Any) -> Any:
    """The elements, or the characters, from last to first.

    reverse(['a', 'b']) → ["b", "a"]
    """
    return subject[::-1]


@function("any")
def to_array(value: Any) -> Any:
    """A list as it is, any other value as a list of one.

    to_array('a') → ["a"]
    """
    return value if isinstance(value, list) else [value]


def _keys(name: str, keys: list[Any]) -> list[Any]:
    """The keys; refuses those that are neither all numbers nor all texts."""
    if not alike(keys, ORDERABLE):
        kinds = ", ".join(sorted({type_name(each) for each in keys}))
        raise EvaluationError(f"{name}() takes keys that are all numbers or all strings, not {kinds}")
    return keys


def _pick(choose: Callable[[list[Any]], Any], elements: list[Any], keys: list[Any]) -> Any:
    """The element at which `choose` (min or max) finds its key; null of an empty list."""
    return elements[keys.index(choose(keys))] if keys else None
