"""Functions over the order of a list: its ends, its pieces, its positions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.expressions.appended import Appended
from engine.expressions.budget import spend
from engine.expressions.errors import EvaluationError
from engine.expressions.functions.function import function
from engine.expressions.functions.limits import refuse_long_list
from engine.expressions.growing import grown
from engine.expressions.sizes import check_growth

Key = Callable[[Any], Any]
Keys = Callable[[list[Any]], list[Any]]


@function("array|string", steps=6, each=0, keeps_appended=True, dataweave="payload[0]", of_null=None)
def first(subject: Any) -> Any:
    """The first element or character; null if there is none.

    first(['a', 'b']) → "a"
    first(`[]`) → null
    """
    return subject[0] if subject else None


@function("array|string", steps=6, each=0, keeps_appended=True, dataweave="payload[-1]", of_null=None)
def last(subject: Any) -> Any:
    """The last element or character; null if there is none.

    last(['a', 'b']) → "b"
    """
    return subject[-1] if subject else None


@function("array|string", "integer|null", "integer|null?", steps=10, dataweave="payload[1 to 3]", of_null=None)
def slice_(subject: Any, start: int | None, end: int | None = None) -> Any:
    """The elements or characters from start (included) to end (not included), as `[start:end]`, but for computed
    values.

    Below 0 counts from the end; null is the end on that side.

    slice(['a', 'b', 'c'], 1) → ["b", "c"]
    slice('abc', null, -1) → "ab"
    """
    return subject[start:end]


@function("array", "natural", steps=30, dataweave="dw::core::Arrays::divideBy", of_null=None)
def chunk(elements: list[Any], size: int) -> list[list[Any]]:
    """The elements in lists of that many; the last one holds the rest.

    chunk(['a', 'b', 'c'], 2) → [["a", "b"], ["c"]]
    """
    if size == 0:
        raise EvaluationError("chunk() takes a size of at least 1, not 0")
    spend(PER_LIST * (len(elements) // size + 1), "chunk()")
    return [elements[start : start + size] for start in range(0, len(elements), size)]


@function("array", "each expression", steps=30, each=8, dataweave="flatMap", of_null=None)
def flat_map(elements: list[Any], key: Keys) -> list[Any]:
    """The elements of all the lists that are values of the expression; null is left out, other values are elements.

    flat_map([{tags: ['a', 'b']}, {tags: ['c']}], &tags) → ["a", "b", "c"]
    """
    found: list[Any] = []
    for value in key(elements):
        if isinstance(value, (list, Appended)):
            refuse_long_list(len(found) + len(value), "flat_map")
            spend(2 * len(value), "flat_map()")
            found.extend(value)
        elif value is not None:
            found.append(value)
    return found


@function("array", "expression", steps=20, each=6, dataweave="map (item, index)", of_null=None)
def map_with_index(elements: list[Any], key: Key) -> list[Any]:
    """The expression's value for each {index, item}, the index from 0; null ones are kept.

    map_with_index(['a', 'b'], &{no: index + 1, name: item}) → [{"no": 1, "name": "a"}, {"no": 2, "name": "b"}]
    """
    return [key({"index": index, "item": element}) for index, element in enumerate(elements)]


@function("array", steps=16, each=40, dataweave="dw::core::Arrays::indexed", of_null=None)
def enumerate_(elements: list[Any]) -> list[dict[str, Any]]:
    """The elements with their positions, from 0.

    enumerate(['a', 'b']) → [{"index": 0, "item": "a"}, {"index": 1, "item": "b"}]
    """
    return [{"index": index, "item": element} for index, element in enumerate(elements)]


NOTHING = object()
PER_LIST = 16
"""Steps to make a short list."""
PER_NUMBER = 7
"""Steps to make a number."""


@function("array", "fold expression", "any?", steps=16, each=4, dataweave="reduce", of_null=None)
def reduce(elements: list[Any], key: Key, initial: Any = NOTHING) -> Any:
    """One value of all elements: the expression sees {acc, item, index}, and its value is the next `acc`.

    The third argument is `acc` at the start; without it, it is the first element, and the result of an empty list is
    null.

    reduce([{n: 2}, {n: 3}], &acc + item.n, 10) → 15
    reduce(['a', 'b'], &concat(acc, '/', item)) → "a/b"
    """
    acc = initial
    for index, element in enumerate(elements):
        acc = element if acc is NOTHING else key({"acc": acc, "item": element, "index": index})
        if index & (index + 1) == 0:  # notices doubling values in time, and costs little
            check_growth(acc, "reduce()")
    check_growth(acc, "reduce()")
    return None if acc is NOTHING else grown(acc)


@function("integer", "integer?", "integer?", steps=50, dataweave="1 to 3")
def range_(start: int, end: int | None = None, step: int = 1) -> list[int]:
    """The whole numbers from the first (included) to the second (not included), or from 0 to the only one.

    More than 1,000,000 are refused.

    range(3) → [0, 1, 2]
    range(1, 4) → [1, 2, 3]
    range(3, 0, -1) → [3, 2, 1]
    """
    if step == 0:
        raise EvaluationError("range() takes a step other than 0")
    low, high = (0, start) if end is None else (start, end)
    numbers = range(low, high, step)
    length = max(0, (high - low + step - (1 if step > 0 else -1)) // step)
    refuse_long_list(length, "range")
    spend(PER_NUMBER * length, "range()")
    return list(numbers)


@function("...array", steps=30, each=12, dataweave="zip")
def zip_(*lists: list[Any]) -> list[list[Any]]:
    """The first elements of all lists, then the second ones …, to the end of the shortest (JMESPath community).

    zip(['a', 'b'], ['x', 'y', 'z']) → [["a", "x"], ["b", "y"]]
    """
    return [list(together) for together in zip(*lists, strict=False)]
