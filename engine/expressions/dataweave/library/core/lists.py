"""Functions of dw::Core over lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from engine.expressions.budget import spend
from engine.expressions.dataweave.library.declaring import defined
from engine.expressions.dataweave.library.walking import PER_CALL, PER_OBJECT, Item, paid, truth, walked
from engine.expressions.dataweave.values.arithmetic import add, divide
from engine.expressions.dataweave.values.comparing import PER_COMPARED, compare, equals, sort_keys
from engine.expressions.dataweave.values.errors import unfit
from engine.expressions.dataweave.values.functions import Function
from engine.expressions.dataweave.values.joining import check_length
from engine.expressions.dataweave.values.kinds import kind_of
from engine.expressions.dataweave.values.texts import as_text

CORE = "dw::Core"
Items = Sequence[Any]


@defined(
    CORE,
    "map",
    "(items: Array<T>, mapper: (item: T, index: Number) -> R) -> Array<R>",
    "(value: Null, mapper: (item: Nothing, index: Nothing) -> Any) -> Null",
)
def map_(items: Items, mapper: Item) -> list[Any]:
    """Return the results of a function for each element."""
    return [mapper(item, index) for index, item in enumerate(walked(items, "map"))]


@defined(
    CORE,
    "filter",
    "(items: Array<T>, criteria: (item: T, index: Number) -> Boolean) -> Array<T>",
    "(value: Null, criteria: (item: Nothing, index: Nothing) -> Any) -> Null",
)
def filter_(items: Items, criteria: Item) -> list[Any]:
    """Return the elements for which a condition holds."""
    return [item for index, item in enumerate(walked(items, "filter")) if truth(criteria(item, index))]


@defined(CORE, "filter", "(text: String, criteria: (character: String, index: Number) -> Boolean) -> String")
def filter_text(text: str, criteria: Item) -> str:
    """Return the characters for which a condition holds."""
    return "".join(filter_(text, criteria))


@defined(
    CORE,
    "flatMap",
    "(items: Array<T>, mapper: (item: T, index: Number) -> Array<R>) -> Array<R>",
    "(value: Null, mapper: (item: Nothing, index: Nothing) -> Any) -> Null",
)
def flat_map(items: Items, mapper: Item) -> list[Any]:
    """Return the elements of the lists that a function returns for each element, in one list; others as they are."""
    made: list[Any] = []
    for index, item in enumerate(walked(items, "flatMap")):
        _extend(made, mapper(item, index))
    return made


@defined(CORE, "flatten", "(items: Array<Any>) -> Array<Any>", "(value: Null) -> Null")
def flatten(items: Items) -> list[Any]:
    """Return the elements; in place of each list its elements, one level deep."""
    made: list[Any] = []
    for item in paid(items, "flatten"):
        _extend(made, item)
    return made


def _extend(made: list[Any], item: Any) -> None:
    if kind_of(item) in ("Array", "Range"):
        made += paid(item, "flatten")
    else:
        made.append(item)


@defined(
    CORE,
    "reduce",
    "(items: Array<T>, callback: Function) -> Any",
    "(text: String, callback: Function) -> Any",
    "(value: Null, callback: Function) -> Null",
)
def reduce(items: Items, callback: Function) -> Any:
    """Return what a function of each element and the result so far makes; that is the first element at the start.

    A default of the function's second parameter takes its place. Nothing of an empty list is null, or the default.
    """
    items = walked(items, "reduce")
    if callback.least <= 1 < callback.arity and callback.defaults:
        result, rest = callback.defaults[-1](), 0
    elif not items:
        return "" if isinstance(items, str) else None
    else:
        result, rest = items[0], 1
    call = callback.taking(2)
    for item in items[rest:]:
        result = call(item, result)
    return result


@defined(
    CORE,
    "groupBy",
    "(items: Array<T>, criteria: (item: T, index: Number) -> R) -> Object",
    "(value: Null, criteria: (item: Nothing, index: Nothing) -> Any) -> Null",
)
def group_by(items: Items, criteria: Item) -> dict[str, Any]:
    """Return an object of lists: the elements by what a function returns for them, as text."""
    groups: dict[str, list[Any]] = {}
    for index, item in enumerate(walked(items, "groupBy")):
        key = criteria(item, index)
        groups.setdefault(key if type(key) is str else as_text(key), []).append(item)
    return groups


@defined(CORE, "groupBy", "(text: String, criteria: (character: String, index: Number) -> R) -> Object")
def group_text_by(text: str, criteria: Item) -> dict[str, str]:
    """Return an object of texts: the characters by what a function returns for them."""
    return {key: "".join(group) for key, group in group_by(text, criteria).items()}


@defined(
    CORE,
    "orderBy",
    "(items: Array<T>, criteria: (item: T, index: Number) -> R) -> Array<T>",
    "(value: Null, criteria: (item: Nothing, index: Nothing) -> Any) -> Null",
)
def order_by(items: Items, criteria: Item) -> list[Any]:
    """Return the elements in the order of what a function returns for them."""
    keys = sort_keys(criteria(item, index) for index, item in enumerate(walked(items, "orderBy")))
    return [items[at] for at in sorted(range(len(keys)), key=keys.__getitem__)]


@defined(
    CORE,
    "distinctBy",
    "(items: Array<T>, criteria: (item: T, index: Number) -> Any) -> Array<T>",
    "(value: Null, criteria: (item: Nothing, index: Nothing) -> Any) -> Null",
)
def distinct_by(items: Items, criteria: Item) -> list[Any]:
    """Return the elements without those for which a function returns what it did for an earlier one."""
    seen = Distinct()
    return [item for index, item in enumerate(walked(items, "distinctBy")) if seen.adds(criteria(item, index))]


class Distinct:
    """Values that were seen, compared by `==`."""

    def __init__(self) -> None:
        self.marks: set[Any] = set()
        self.others: list[Any] = []

    def adds(self, value: Any) -> bool:
        """Add a value. Return whether it is a new one."""
        try:
            mark = _mark(value, 0)
        except LookupError:
            return self._adds_other(value)
        if mark in self.marks:
            return False
        self.marks.add(mark)
        return True

    def _adds_other(self, value: Any) -> bool:
        spend(PER_CALL * len(self.others), "distinctBy")
        if any(equals(value, other) for other in self.others):
            return False
        self.others.append(value)
        return True


SIMPLE = frozenset({str, bool, type(None)})
MARKED = 20
PER_MARK = 40
"""Steps to make one of an object or a list."""


def _mark(value: Any, depth: int) -> Any:
    """Return what is equal in Python for values that are equal in DataWeave. Raise LookupError if there is nothing."""
    kind = type(value)
    if kind in SIMPLE:
        return kind, value
    if kind is int or kind is Decimal:
        return "Number", value
    if (kind is not list and kind is not dict) or depth > MARKED:
        raise LookupError
    spend(PER_MARK + PER_CALL * len(value), "distinctBy")
    if kind is list:
        return "Array", *(_mark(each, depth + 1) for each in value)
    return "Object", *((key, _mark(each, depth + 1)) for key, each in value.items())


@defined(CORE, "contains", "(items: Array<T>, item: Any) -> Boolean", "(items: Null, item: Any) -> false")
def contains(items: Items, item: Any) -> bool:
    """Return whether an element equals the value."""
    if type(items) is range and type(item) is int:
        return item in items
    spend(PER_COMPARED * len(items), "contains")
    return any(equals(each, item) for each in items)


@defined(CORE, "find", "(items: Array<T>, item: Any) -> Array<Number>")
def find(items: Items, item: Any) -> list[int]:
    """Return the positions of the elements that equal the value."""
    spend(PER_COMPARED * len(items), "find")
    return [at for at, each in enumerate(items) if equals(each, item)]


@defined(CORE, "find", "(value: Null, item: Any) -> Array<Nothing>")
def find_nothing(value: None, item: Any) -> list[Any]:
    return []


@defined(CORE, "indexOf", "(items: Array<T>, item: Any) -> Number")
def index_of(items: Items, item: Any) -> int:
    """Return the position of the first element that equals the value; -1 if none does."""
    spend(PER_COMPARED * len(items), "indexOf")
    return next((at for at, each in enumerate(items) if equals(each, item)), -1)


@defined(CORE, "lastIndexOf", "(items: Array<T>, item: Any) -> Number")
def last_index_of(items: Items, item: Any) -> int:
    """Return the position of the last element that equals the value; -1 if none does."""
    spend(PER_COMPARED * len(items), "lastIndexOf")
    return next((at for at in range(len(items) - 1, -1, -1) if equals(items[at], item)), -1)


@defined(CORE, "indexOf", "(value: Null, item: Any) -> Number")
def index_of_nothing(value: None, item: Any) -> int:
    return -1


@defined(CORE, "lastIndexOf", "(value: Null, item: Any) -> Number")
def last_index_of_nothing(value: None, item: Any) -> int:
    return -1


@defined(CORE, "joinBy", "(items: Array<Any>, separator: String) -> String", "(value: Null, separator: String) -> Null")
def join_by(items: Items, separator: str) -> str:
    """Return the elements as one text, with a separator between them."""
    texts = [item if type(item) is str else as_text(item) for item in paid(items, "joinBy")]
    check_length(sum(map(len, texts)) + len(separator) * len(texts), "joinBy")
    return separator.join(texts)


@defined(CORE, "sum", "(values: Array<Number>) -> Number")
def sum_(values: Items) -> Any:
    """Return the sum of the numbers."""
    total: Any = 0
    for at, value in enumerate(walked(values, "sum")):
        total = value if at == 0 and kind_of(value) == "Number" else add(total, value)
    return total


@defined(CORE, "avg", "(values: Array<Number>) -> Number")
def avg(values: Items) -> Any:
    """Return the average of the numbers. Raise Failed if there are none."""
    return divide(sum_(values), len(values))


def _best(values: Items, keys: list[Any], sign: int) -> Any:
    best: int | None = None
    for at, key in enumerate(keys):
        if best is None or sign * compare(key, keys[best]) > 0:
            best = at
    return None if best is None else values[best]


@defined(CORE, "max", "(values: Array<Comparable>) -> Any")
def max_(values: Items) -> Any:
    """Return the largest of the values; null if there are none."""
    return _best(values, list(walked(values, "max")), 1)


@defined(CORE, "min", "(values: Array<Comparable>) -> Any")
def min_(values: Items) -> Any:
    """Return the smallest of the values; null if there are none."""
    return _best(values, list(walked(values, "min")), -1)


@defined(CORE, "maxBy", "(items: Array<T>, criteria: (item: T) -> Comparable) -> T | Null")
def max_by(items: Items, criteria: Callable[[Any], Any]) -> Any:
    """Return the element for which a function returns the largest value; null if there are none."""
    return _best(items, [criteria(item) for item in walked(items, "maxBy")], 1)


@defined(CORE, "minBy", "(items: Array<T>, criteria: (item: T) -> Comparable) -> T | Null")
def min_by(items: Items, criteria: Callable[[Any], Any]) -> Any:
    """Return the element for which a function returns the smallest value; null if there are none."""
    return _best(items, [criteria(item) for item in walked(items, "minBy")], -1)


@defined(CORE, "zip", "(left: Array<T>, right: Array<R>) -> Array<Array<T | R>>")
def zip_(left: Items, right: Items) -> list[list[Any]]:
    """Return pairs of the elements at the same position, as many as both lists have."""
    spend(PER_OBJECT * min(len(left), len(right)), "zip")
    return [[one, other] for one, other in zip(left, right, strict=False)]


@defined(CORE, "unzip", "(items: Array<Array<T>>) -> Array<Array<T>>")
def unzip(items: Items) -> list[list[Any]]:
    """Return lists of the first elements, of the second ones and so on, as many as the shortest list has."""
    if not items:
        return [[], []]
    rows = [_row(item) for item in walked(items, "unzip")]
    spend(2 * sum(map(len, rows)), "unzip")
    return [list(column) for column in zip(*rows, strict=False)]


def _row(item: Any) -> Items:
    if kind_of(item) not in ("Array", "Range"):
        raise unfit("an array of arrays", item, "unzip")
    return item  # type: ignore[no-any-return]  # it is a list
