"""Measures the size of values, counting each part as often as it is referred to, and their depth."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

from engine.expressions.appended import Appended
from engine.expressions.budget import Budget, current_budget
from engine.expressions.errors import EvaluationError
from engine.expressions.growing import Growing
from engine.limits import DEEPEST

MAPS = frozenset[type]((dict, Growing))
CONTAINERS = MAPS | {list, Appended}
TEXTS = frozenset({str, bytes})
PER_VALUE = 3
"""Steps for one more reference to a value: sooner or later it is written once more."""
PER_CONTAINER = 3
"""The count of a list or a map in addition to its contents."""
PER_LEVEL = 12
"""The count of each level: examining a level takes long, even if it holds little."""
CHARACTERS = 8
"""Characters of a text that count as one more value."""


def weigh(value: Any, most: int) -> tuple[int, int]:
    """Return how many values it consists of, with a surcharge for lists, maps and levels, and its number of levels.

    It stops after the level at which they are more than `most`: a value that holds the same value a thousand times, ten
    levels deep, is made in an instant but never written.
    """
    weight, depth, level = 0, 0, [value]
    while level and depth <= DEEPEST:
        kinds = set(map(type, level))
        weight += len(level) + _text_weight(level, kinds)
        if kinds.isdisjoint(CONTAINERS):
            break
        containers = level if kinds <= CONTAINERS else [each for each in level if type(each) in CONTAINERS]
        within = sum(map(len, containers))
        weight += PER_LEVEL + PER_CONTAINER * len(containers)
        depth += 1
        if weight + within > most:
            return weight + within, depth
        level = inside(containers)
    return weight, depth


def _text_weight(level: list[Any], kinds: set[type]) -> int:
    if kinds.isdisjoint(TEXTS):
        return 0
    texts = level if kinds <= TEXTS else [each for each in level if type(each) in TEXTS]
    return sum(map(len, texts)) // CHARACTERS


def inside(containers: Iterable[Any]) -> list[Any]:
    """Return the elements and the values of lists and maps."""
    parts = [each.values() if type(each) is dict else each for each in containers]
    return [*(parts[0] if len(parts) == 1 else chain.from_iterable(parts))]


def share(budget: Budget, value: Any, what: str) -> None:
    """Count one more reference to a value in a result."""
    is_text = type(value) is str  # loops repeat texts most often
    weight = 1 + len(value) // CHARACTERS if is_text else weigh(value, budget.left // PER_VALUE)[0]
    budget.pay(PER_VALUE * weight, what)


def check_growth(value: Any, function: str) -> None:
    """Count the parts of a value that a function made. Raises EvaluationError if it is too deep."""
    budget = current_budget()
    weight, depth = weigh(value, budget.left // PER_VALUE)
    budget.pay(PER_VALUE * weight, function)
    if depth > DEEPEST:
        raise EvaluationError(f"{function} stops at {DEEPEST} levels of nesting")
