"""How large a function's result may grow: what a hostile payload asks for must cost neither memory nor time."""

from __future__ import annotations

from typing import Any

from engine.expressions.budget import spend
from engine.expressions.errors import EvaluationError
from engine.expressions.sizes import CONTAINERS, inside
from engine.limits import DEEPEST, LONGEST_LIST, LONGEST_TEXT, MOST_NODES

YAML_TOO_DEEP = "maximum nesting depth"
"""What libyaml, since PyYAML 6.0.4, says beyond a bound of its own, before it tells what stands in front of it."""


def refuse_past(bound: int, size: int, function: str, unit: str) -> None:
    """Raise EvaluationError where the size is beyond the bound."""
    if size > bound:
        raise EvaluationError(f"{function}() stops at {bound} {unit}")


def refuse_long_text(length: int, function: str) -> None:
    refuse_past(LONGEST_TEXT, length, function, "characters")


def refuse_long_list(length: int, function: str) -> None:
    refuse_past(LONGEST_LIST, length, function, "elements")


def refuse_many_nodes(count: int, function: str) -> None:
    refuse_past(MOST_NODES, count, function, "elements, values, rows or escapes")


def refuse_depth(level: int, function: str) -> None:
    if level > DEEPEST:
        raise EvaluationError(f"{function}() stops at {DEEPEST} levels of nesting")


def refuse_deep(value: Any, function: str, each: int = 2) -> None:
    """Raise EvaluationError for lists and maps nested beyond the bound, and count each value in them.

    each: the steps that the function takes for one.
    """
    level, values = 0, [value]
    while containers := [inner for inner in values if type(inner) in CONTAINERS]:
        spend(each * (len(containers) + sum(map(len, containers))), f"{function}()")
        values = inside(containers)
        level += bool(values)
        refuse_depth(level, function)
