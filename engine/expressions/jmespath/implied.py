"""Conditions on the event that follow if the value of an expression satisfies a schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.expressions.held import Demand
from engine.expressions.jmespath.parser import Node
from engine.expressions.jmespath.walking import path_of
from engine.expressions.schemas import NOT_NULL, TYPE_NAMES, Schema


def implied(node: Node, schema: Schema) -> Iterator[Demand]:
    """Yield a demand on the value of an expression as demands on parts of the event."""
    if schema.get("const") is True:
        yield from _holding(node)
    elif path := path_of(node):
        yield path, schema


def _holding(node: Node) -> Iterator[Demand]:
    """Yield the demands that follow from a condition that holds."""
    kind, children = node["type"], node["children"]
    if kind == "and_expression":
        for child in children:
            yield from _holding(child)
    elif kind == "comparator" and children[1]["type"] == "literal":
        yield from _compared(children[0], node["value"], children[1]["value"])
    elif path := path_of(node):
        yield path, NOT_NULL


def _compared(value: Node, operator: str, literal: Any) -> Iterator[Demand]:
    if operator == "ne" and literal is None and (path := path_of(value)):
        yield path, NOT_NULL
    if operator != "eq":
        return
    if value["type"] == "call" and value["value"] == "type" and literal in TYPE_NAMES:
        if path := path_of(value["children"][0]):
            yield path, {"type": literal}
    elif path := path_of(value):
        yield path, {"const": literal}
