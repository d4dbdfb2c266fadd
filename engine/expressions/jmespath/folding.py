"""Accumulators of `reduce` that may be changed in place: `merge(acc, …)` need not copy a map that is discarded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.expressions.functions.function import Function
from engine.expressions.jmespath.parser import Node
from engine.expressions.jmespath.sharing import NEW, inside

ACCUMULATOR = "acc"


def changing_in_place(body: Node, functions: Mapping[str, Function]) -> Iterator[Node]:
    """Yield the calls in the body of a reduction whose first argument is the accumulator, held by nothing else.

    The result of such a call is the next accumulator, and none of its other arguments holds the previous one.
    """
    if body["type"] == "ternary":
        for branch in body["children"][1:]:
            yield from changing_in_place(branch, functions)
    elif body["type"] == "call" and body["children"]:
        function, (first, *others) = functions.get(body["value"]), body["children"]
        is_accumulator = first["type"] == "field" and first["value"] == ACCUMULATOR
        if function and function.in_place and is_accumulator and not any(_may_hold(node, functions) for node in others):
            yield body


def _may_hold(node: Node, functions: Mapping[str, Function]) -> bool:
    """Return whether the value may be the accumulator, or hold it; a part of it is another value."""
    kind = node.get("type")  # the entries of a map have none
    if kind in ("identity", "current") or (kind == "field" and node["value"] == ACCUMULATOR):
        return True
    if kind in NEW or (kind == "call" and _makes_new(node, functions)):
        return False
    if kind == "subexpression" and all(step["type"] == "field" for step in node["children"]):
        return False
    return any(_may_hold(inner, functions) for inner in inside(node))


def _makes_new(node: Node, functions: Mapping[str, Function]) -> bool:
    function = functions.get(node["value"])
    return function is not None and not function.keeps_values
