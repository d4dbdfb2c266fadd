"""Functions that put the elements of a list in groups, or count and add them up."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal, localcontext
from functools import reduce
from math import isfinite
from typing import Any

from engine.expressions.budget import spend
from engine.expressions.decimals import CONTEXTS, MOST_DIGITS
from engine.expressions.errors import EvaluationError
from engine.expressions.functions.conditions import truth
from engine.expressions.functions.function import function
from engine.expressions.functions.identity import identity
from engine.expressions.operators import NUMBERS, arithmetic, is_number, type_name

Key = Callable[[Any], Any]
Keys = Callable[[list[Any]], list[Any]]
PER_DECIMAL, PER_SLOW = 12, 30
"""Steps to add a decimal, and one number at a time."""
PLUS = arithmetic("+", operator.add)


@function("array", "expression", steps=40, each=30, dataweave="groupBy")
def group_by(elements: list[Any], key: Key) -> dict[str, list[Any]]:
    """A map from each key to the list of its elements (JMESPath community).

    Keys are texts: `&to_string(status)` for others. Elements whose key is null are left out.

    group_by([{t: 'a', n: 1}, {t: 'b', n: 2}, {t: 'a', n: 3}], &t).a[].n → [1, 3]
    group_by([{t: 'a'}, {t: null}], &t) → {"a": [{"t": "a"}]}
    """
    groups: dict[str, list[Any]] = {}
    for element in elements:
        name = _name("group_by", key(element))
        if name is not None:
            groups.setdefault(name, []).append(element)
    return groups


def _name(function_name: str, key: Any) -> str | None:
    if key is None or isinstance(key, str):
        return key
    raise EvaluationError(f"{function_name}() takes keys that are strings or null, not {type_name(key)}")


@function("array", "expression", steps=30, each=14, of_null=None)
def index_by(elements: list[Any], key: Key) -> dict[str, Any]:
    """A map from each key to its element; the last one is kept if several have the same key.

    Keys are texts, as in group_by; elements whose key is null are left out.

    index_by([{id: 'a', n: 1}, {id: 'b', n: 2}], &id).b.n → 2
    """
    named = ((_name("index_by", key(element)), element) for element in elements)
    return {name: element for name, element in named if name is not None}


@function("array", "expression", steps=30, each=16, dataweave="distinctBy", of_null=None)
def distinct_by(elements: list[Any], key: Key) -> list[Any]:
    """The elements without those whose key an earlier one has.

    distinct_by([{id: 1, n: 'a'}, {id: 1, n: 'b'}], &id) → [{"id": 1, "n": "a"}]
    """
    first: dict[Any, Any] = {}
    for element in elements:
        first.setdefault(identity(key(element), "distinct_by"), element)
    return list(first.values())


@function("array", steps=30, each=16, dataweave="distinctBy $", of_null=None)
def unique(elements: list[Any]) -> list[Any]:
    """The elements without those that equal an earlier one.

    unique(['b', 'a', 'b']) → ["b", "a"]
    unique([`1`, `true`, `1.0`]) → [1, true]
    """
    first: dict[Any, Any] = {}
    for element in elements:
        first.setdefault(identity(element, "unique"), element)
    return list(first.values())


@function("array", "array", steps=40, each=16, dataweave="-, --", of_null=None)
def difference(elements: list[Any], others: list[Any]) -> list[Any]:
    """The elements that are not in the other list.

    difference(['a', 'b', 'c'], ['b']) → ["a", "c"]
    """
    left_out = {identity(element, "difference") for element in others}
    return [element for element in elements if identity(element, "difference") not in left_out]


@function("array", "each expression", steps=20, each=2, dataweave="dw::core::Arrays::sumBy", of_null=0)
def sum_by(elements: list[Any], key: Keys) -> Any:
    """The sum of the expression's values; 0 of an empty list. A value that is not a number, null too, is an error.

    sum_by([{n: 2}, {n: 3}], &n) → 5
    """
    numbers = key(elements)
    if not set(map(type, numbers)) <= NUMBERS:
        for number in numbers:
            if not is_number(number):
                raise EvaluationError(f"sum_by() adds numbers, not {type_name(number)}")
    return total(numbers)


def total(numbers: list[Any]) -> Any:
    """Return the sum; exact decimals stay exact beside floats."""
    try:
        result = sum(numbers)
        if isinstance(result, Decimal):
            spend(PER_DECIMAL * len(numbers), "a sum")
            with localcontext(CONTEXTS[MOST_DIGITS]):
                result = sum(numbers)
    except (TypeError, ArithmeticError):  # a decimal beside a float, an integer that no float can hold
        spend(PER_SLOW * len(numbers), "a sum")
        return reduce(PLUS, numbers, 0)
    return result if type(result) is int or isfinite(result) else reduce(PLUS, numbers, 0)


@function("array", "each expression", steps=20, each=8, dataweave="dw::core::Arrays::countBy", of_null=0)
def count_by(elements: list[Any], conditions: Keys) -> int:
    """How many elements the expression is true for. For counts by key: `map_values(group_by(…), &length(@))`.

    count_by([{n: 2}, {n: 3}, {n: 4}], &n > 2) → 2
    """
    return sum(map(truth, conditions(elements)))


@function("array", "each expression", steps=30, each=8, dataweave="dw::core::Arrays::partition", of_null=None)
def partition(elements: list[Any], conditions: Keys) -> dict[str, list[Any]]:
    """The elements in two lists: `success`, those for which the expression is true, and `failure`, the others.

    partition([{n: 2}, {n: 3}], &n > 2) → {"success": [{"n": 3}], "failure": [{"n": 2}]}
    """
    parts: dict[str, list[Any]] = {"success": [], "failure": []}
    for element, holds in zip(elements, map(truth, conditions(elements)), strict=True):
        parts["success" if holds else "failure"].append(element)
    return parts
