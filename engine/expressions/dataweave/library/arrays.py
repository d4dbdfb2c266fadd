"""dw::core::Arrays."""

from __future__ import annotations

from typing import Any

from engine.expressions.budget import spend
from engine.expressions.dataweave.library.core import lists
from engine.expressions.dataweave.library.core.lists import Items
from engine.expressions.dataweave.library.declaring import defined
from engine.expressions.dataweave.library.texts.strings import whole
from engine.expressions.dataweave.library.walking import PER_OBJECT, Item, paid, truth, walked
from engine.expressions.dataweave.values.arithmetic import add
from engine.expressions.dataweave.values.coercing import converted
from engine.expressions.dataweave.values.texts import as_text

ARRAYS = "dw::core::Arrays"
NO_CONDITION = "(value: Null, condition: (item: Nothing, index: Nothing) -> Any) -> Null"


@defined(ARRAYS, "countBy", "(array: Array<T>, matchingFunction: (T) -> Boolean) -> Number", NO_CONDITION)
def count_by(items: Items, condition: Item) -> int:
    """Return how many elements fulfil a condition."""
    return sum(truth(condition(item)) for item in walked(items, "countBy"))


@defined(
    ARRAYS, "divideBy", "(items: Array<T>, amount: Number) -> Array<Array<T>>", "(items: Null, amount: Any) -> Null"
)
def divide_by(items: Items, amount: Any) -> list[list[Any]]:
    """Return lists of that many elements; the last one may be shorter."""
    size = max(whole(amount), 1)
    return [list(items[at : at + size]) for at in range(0, len(paid(items, "divideBy")), size)]


@defined(ARRAYS, "drop", "(array: Array<T>, n: Number) -> Array<T>", "(array: Null, n: Any) -> Null")
def drop(items: Items, count: Any) -> Items:
    """Return the elements without the first ones."""
    return list(paid(items[max(whole(count), 0) :], "drop"))


@defined(ARRAYS, "take", "(array: Array<T>, n: Number) -> Array<T>", "(array: Null, n: Any) -> Null")
def take(items: Items, count: Any) -> Items:
    """Return the first elements."""
    return list(paid(items[: max(whole(count), 0)], "take"))


def _first(items: Items, holds: bool, condition: Item, what: str) -> int:
    """Return the position of the first element for which a condition holds, or not; their number if there is none."""
    found = (at for at, item in enumerate(walked(items, what)) if truth(condition(item)) is holds)
    return next(found, len(items))


@defined(ARRAYS, "dropWhile", "(array: Array<T>, condition: (item: T) -> Boolean) -> Array<T>", NO_CONDITION)
def drop_while(items: Items, condition: Item) -> Items:
    """Return the elements from the first one for which a condition does not hold."""
    return list(items[_first(items, False, condition, "dropWhile") :])


@defined(ARRAYS, "takeWhile", "(array: Array<T>, condition: (item: T) -> Boolean) -> Array<T>", NO_CONDITION)
def take_while(items: Items, condition: Item) -> Items:
    """Return the elements in front of the first one for which a condition does not hold."""
    return list(items[: _first(items, False, condition, "takeWhile")])


@defined(
    ARRAYS,
    "every",
    "(list: Array<T>, condition: (T) -> Boolean) -> Boolean",
    "(value: Null, condition: (item: Nothing) -> Any) -> true",
)
def every(items: Items, condition: Item) -> bool:
    """Return whether a condition holds for all elements."""
    return all(truth(condition(item)) for item in walked(items, "every"))


@defined(
    ARRAYS,
    "some",
    "(list: Array<T>, condition: (T) -> Boolean) -> Boolean",
    "(value: Null, condition: (item: Nothing) -> Any) -> false",
)
def some(items: Items, condition: Item) -> bool:
    """Return whether a condition holds for an element."""
    return any(truth(condition(item)) for item in walked(items, "some"))


@defined(
    ARRAYS, "firstWith", "(array: Array<T>, condition: (item: T, index: Number) -> Boolean) -> T | Null", NO_CONDITION
)
def first_with(items: Items, condition: Item) -> Any:
    """Return the first element for which a condition holds; null if there is none."""
    found = (item for at, item in enumerate(walked(items, "firstWith")) if truth(condition(item, at)))
    return next(found, None)


@defined(ARRAYS, "indexOf", "(array: Array<T>, toFind: Any) -> Number")
def index_of(items: Items, item: Any) -> int:
    """Return the position of the first element that equals the value; -1 if none does."""
    return lists.index_of(items, item)


@defined(ARRAYS, "indexWhere", "(array: Array<T>, condition: (item: T) -> Boolean) -> Number", NO_CONDITION)
def index_where(items: Items, condition: Item) -> int:
    """Return the position of the first element for which a condition holds; -1 if there is none."""
    found = _first(items, True, condition, "indexWhere")
    return found if found < len(items) else -1


JOIN = (
    "(left: Array<L>, right: Array<R>, leftCriteria: (leftValue: L) -> String,"
    " rightCriteria: (rightValue: R) -> String) -> Array<Object>"
)


def _by_text(items: Items, criteria: Item, what: str) -> list[tuple[str, Any]]:
    """Return the elements with the text that a function returns for each."""
    return [(as_text(criteria(item)), converted(item, "Object")) for item in walked(items, what)]


def _grouped(pairs: list[tuple[str, Any]]) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = {}
    for key, item in pairs:
        groups.setdefault(key, []).append(item)
    return groups


def _joined(lefts: list[tuple[str, Any]], rights: dict[str, list[Any]], keep: bool) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for key, left in lefts:
        found = rights.get(key, [])
        spend(PER_OBJECT * len(found) + 4, "join")
        made += ({"l": left, "r": right} for right in found)
        if keep and not found:
            made.append({"l": left})
    return made


@defined(ARRAYS, "join", JOIN)
def join(left: Items, right: Items, left_criteria: Item, right_criteria: Item) -> list[Any]:
    """Return `{l, r}` for each two elements for which both functions return the same text."""
    rights = _grouped(_by_text(right, right_criteria, "join"))
    return _joined(_by_text(left, left_criteria, "join"), rights, keep=False)


@defined(ARRAYS, "leftJoin", JOIN)
def left_join(left: Items, right: Items, left_criteria: Item, right_criteria: Item) -> list[Any]:
    """Return what join does, and `{l}` for each element on the left that has no counterpart."""
    rights = _grouped(_by_text(right, right_criteria, "leftJoin"))
    return _joined(_by_text(left, left_criteria, "leftJoin"), rights, keep=True)


@defined(ARRAYS, "outerJoin", JOIN)
def outer_join(left: Items, right: Items, left_criteria: Item, right_criteria: Item) -> list[Any]:
    """Return what leftJoin does, and `{r}` for each element on the right that has no counterpart."""
    lefts, rights = _by_text(left, left_criteria, "outerJoin"), _by_text(right, right_criteria, "outerJoin")
    there = {key for key, _ in lefts}
    return [*_joined(lefts, _grouped(rights), keep=True), *({"r": item} for key, item in rights if key not in there)]


@defined(ARRAYS, "partition", "(array: Array<T>, condition: (item: T) -> Boolean) -> Object", NO_CONDITION)
def partition(items: Items, condition: Item) -> dict[str, list[Any]]:
    """Return `success` with the elements for which a condition holds, and `failure` with the others."""
    made: dict[str, list[Any]] = {"success": [], "failure": []}
    for item in walked(items, "partition"):
        made["success" if truth(condition(item)) else "failure"].append(item)
    return made


@defined(
    ARRAYS,
    "slice",
    "(array: Array<T>, from: Number, until: Number) -> Array<T>",
    "(array: Null, from: Any, until: Any) -> Null",
)
def slice_(items: Items, start: Any, until: Any) -> Items:
    """Return the elements from a position until in front of another."""
    return list(paid(items[max(whole(start), 0) : max(whole(until), 0)], "slice"))


@defined(ARRAYS, "splitAt", "(array: Array<T>, n: Number) -> Object", "(array: Null, n: Any) -> Null")
def split_at(items: Items, count: Any) -> dict[str, Items]:
    """Return `l` with the first elements, and `r` with the others."""
    at = max(whole(count), 0)
    return {"l": list(paid(items, "splitAt")[:at]), "r": list(items[at:])}


@defined(ARRAYS, "splitWhere", "(array: Array<T>, condition: (item: T) -> Boolean) -> Object", NO_CONDITION)
def split_where(items: Items, condition: Item) -> dict[str, Items]:
    """Return `l` with the elements in front of the first one for which a condition holds, and `r` with the others."""
    at = _first(items, True, condition, "splitWhere")
    return split_at(items, at if at < len(items) else 0)


@defined(ARRAYS, "sumBy", "(array: Array<T>, numberSelector: (T) -> Number) -> Number", NO_CONDITION)
def sum_by(items: Items, selector: Item) -> Any:
    """Return the sum of the numbers that a function returns for each element."""
    total: Any = 0
    for item in walked(items, "sumBy"):
        total = add(total, selector(item))
    return total
