"""Bounds on a function's result: a hostile payload must cost neither memory nor time."""

from __future__ import annotations

from typing import Any

from engine.expressions.budget import spend
from engine.expressions.errors import EvaluationError
from engine.expressions.sizes import CONTAINERS, inside
from engine.expressions.writing import TooLarge
from engine.limits import DEEPEST, LARGEST_WRITTEN, LONGEST_LIST, LONGEST_TEXT, MOST_NODES

YAML_TOO_DEEP = "maximum nesting depth"
"""libyaml's message, since PyYAML 6.0.4, about input past a bound of its own, before it reports the text in front."""


class BeyondBound(EvaluationError):
    """A value that is larger than a function takes or makes. bound: the largest size, with its unit."""

    def __init__(self, function: str, bound: str) -> None:
        super().__init__(f"{function}() stops at {bound}")
        self.bound = bound


def refuse_past(bound: int, size: int, function: str, unit: str) -> None:
    """Raise BeyondBound if the size is."""
    if size > bound:
        raise BeyondBound(function, f"{bound} {unit}")


def refuse_long_text(length: int, function: str) -> None:
    refuse_past(LONGEST_TEXT, length, function, "characters")


def refuse_long_list(length: int, function: str) -> None:
    refuse_past(LONGEST_LIST, length, function, "elements")


def refuse_many_nodes(count: int, function: str) -> None:
    refuse_past(MOST_NODES, count, function, "elements, values, rows or escapes")


def refuse_depth(level: int, function: str) -> None:
    if level > DEEPEST:
        raise BeyondBound(function, f"{DEEPEST} levels of nesting")


def refuse_deep(value: Any, function: str, each: int = 2) -> None:
    """Raise EvaluationError for lists and maps nested beyond the bound, and count each value in them.

    each: the steps that the function takes for one.
    """
    level, values = 0, [value]
    while containers := [inner for inner in values if type(inner) in CONTAINERS]:
        spend(each * (len(containers) + sum(map(len, containers))), f"{function}()")
        values = inside(containers)
        level += 1
        refuse_depth(level, function)


def refuse_large(value: Any, most: int, function: str, *, indent: int = 0) -> None:
    """Raise EvaluationError for more values than `most`, and for lists and maps nested beyond the bound.

    A value that is held several times counts that often, as it is written. indent: characters before each value for
    each level; raises TooLarge if they add up to more than is written.
    """
    count, level, before = 1, 0, 0
    containers = [value] if type(value) in CONTAINERS else []
    while containers:
        level += 1
        refuse_depth(level, function)
        here = sum(map(len, containers))
        count, before = count + here, before + here * level * indent
        refuse_past(most, count, function, "values")
        if before > LARGEST_WRITTEN:
            raise TooLarge
        containers = [
            inner
            for outer in containers
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if type(inner) in CONTAINERS
        ]
