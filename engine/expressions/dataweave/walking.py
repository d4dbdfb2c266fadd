"""Walks over the tree of a script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from typing import Any

from engine.expressions.dataweave.syntax import tree
from engine.expressions.dataweave.syntax.tree import (
    Call,
    Format,
    Function,
    Index,
    Lambda,
    Name,
    Node,
    Script,
    Select,
    Variable,
)

METADATA = ("^", ".^")


@cache
def _parts_of(kind: Any) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind) if each.name != "offset")


def nodes(node: Node) -> Iterator[Node]:
    """Yield a node and all nodes inside."""
    waiting: list[Any] = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, tuple):
            waiting.extend(each)
        elif isinstance(each, Node):
            yield each
            waiting.extend(getattr(each, name) for name in _parts_of(type(each)))  # type: ignore[arg-type]  # a class has a hash  # type: ignore[arg-type]  # a class can be hashed


def uses_metadata(script: Node) -> bool:
    """Return whether a script asks for the metadata of a value (`payload.^mediaType`)."""
    return any(isinstance(each, (Select, Index)) and each.kind in METADATA for each in nodes(script))


PLAIN_NODES = (
    tree.Literal, tree.Text, tree.Name, tree.ArrayLiteral, tree.Item, tree.ObjectLiteral, tree.Field, tree.Unary,
    tree.Binary, tree.If, tree.Select, tree.Presence, tree.Lambda, tree.Parameter, tree.Call, tree.Variable,
    tree.Format, tree.Property, tree.Script,
)  # fmt: skip
PLAIN_FUNCTIONS = frozenset({
    "map", "filter", "reduce", "flatMap", "flatten", "orderBy", "distinctBy", "sizeOf", "isEmpty", "isBlank",
    "contains", "startsWith", "endsWith", "upper", "lower", "trim", "joinBy", "splitBy", "replace", "with", "sum",
    "max", "min", "avg", "round", "floor", "ceil", "abs", "mod", "pow", "now", "uuid", "p",
})  # fmt: skip


def is_plain(script: Node) -> bool:
    """Return whether a script makes plain values out of plain ones: no ranges, keys, formats or periods."""
    return all(isinstance(each, PLAIN_NODES) for each in nodes(script)) and all(
        isinstance(each.function, Name) and each.function.name in PLAIN_FUNCTIONS and not each.function.module
        for each in nodes(script)
        if isinstance(each, Call)
    )


def selected(node: Node) -> tuple[str, ...]:
    """Return the names that lead to a part: of `payload.a.b` all three; empty if it is no such expression."""
    names: list[str] = []
    while isinstance(node, Select) and node.kind == "." and node.key is not None and not node.namespace:
        name = getattr(node.key, "value", None)
        names = [name, *names] if isinstance(name, str) else []
        node = node.operand
    return (node.name, *names) if isinstance(node, Name) and not node.module else ()


def static_path(script: Script) -> tuple[str, ...]:
    """Return the names of a script that is a selector of names alone, such as `vars.x`; empty for any other."""
    names: list[str] = []
    node = script.body
    while isinstance(node, Select) and node.kind == "." and not node.namespace:
        if not isinstance(node.key, tree.Literal) or type(node.key.value) is not str:
            return ()
        names, node = [node.key.value, *names], node.operand
    return (node.name, *names) if isinstance(node, Name) and not node.module and not script.directives else ()


def called(script: Node) -> Iterator[tuple[str, Call]]:
    """Yield the name of each function that is called by name, and the call."""
    for each in nodes(script):
        if isinstance(each, Call) and isinstance(each.function, Name):
            yield each.function.name, each


def bound_names(script: Node) -> set[str]:
    """Return the names that variables, functions and parameters have anywhere in a script."""
    found: set[str] = set()
    for each in nodes(script):
        if isinstance(each, Variable):
            found.add(each.name)
        elif isinstance(each, Lambda):
            found.update(parameter.name for parameter in each.parameters)
        elif isinstance(each, Function):
            found.add(each.function.name)
    return found


def formats(script: Node) -> Iterator[Format]:
    """Yield the directives `input` and `output`."""
    return (each for each in nodes(script) if isinstance(each, Format))
