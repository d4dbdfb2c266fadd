"""The expressions of elements: their syntax trees, and what they read of an event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.expressions.jmespath.parser import Node
from engine.parameters.element import Element, Parameters
from engine.parameters.expression import Compiled
from engine.steps.processor import Processor

Path = tuple[str, ...]


def trees(element: Parameters) -> Iterator[Node]:
    """The syntax trees of the expressions that an element holds itself."""
    if isinstance(element, Processor):
        yield from element.assigns().values()
    for name, value in vars(element).items():
        if not name.startswith("_"):
            yield from _trees(value)


def _trees(value: Any) -> Iterator[Node]:
    if isinstance(value, Compiled):
        yield value.tree
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _trees(each)
    elif isinstance(value, Mapping):
        yield from _trees(list(value.values()))
    elif isinstance(value, Parameters) and not isinstance(value, Element):
        yield from trees(value)


def nodes(tree: Node) -> Iterator[Node]:
    """A syntax tree's nodes; the pairs of a map are none."""
    if "type" in tree:
        yield tree
    for _, bound in tree.get("bindings", ()):
        yield from nodes(bound)
    for child in tree["children"]:
        yield from nodes(child)


def computes(element: Parameters) -> bool:
    """Whether an element has an expression that could fail."""
    return any(node["type"] == "leaf" for tree in trees(element) for node in nodes(tree))


def paths(elements: Iterable[Parameters]) -> set[Path]:
    """What the expressions of elements read, as far as names lead: (vars, authentication, principal)."""
    return {path for element in elements for tree in trees(element) for path in paths_in(tree)}


def paths_in(tree: Node) -> Iterator[Path]:
    """What an expression reads, as far as names lead."""
    if tree.get("type") == "subexpression":
        names = tuple(_leading_names(tree["children"]))
        if names:
            yield names
        others = [child for child in tree["children"] if not _is_name(child)]
    elif _is_name(tree):
        yield (tree["value"],)
        others = []
    else:
        others = [*(bound for _, bound in tree.get("bindings", ())), *tree["children"]]
    for each in others:
        yield from paths_in(each)


def _leading_names(children: Iterable[Node]) -> Iterator[str]:
    for child in children:
        if not _is_name(child):
            return
        yield child["value"]


def _is_name(tree: Node) -> bool:
    return tree.get("type") in ("field", "variable")
