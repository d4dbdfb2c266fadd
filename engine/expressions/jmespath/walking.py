"""Walks through syntax trees, to find an expression's reads of the event, and its calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile

from engine.expressions.functions.function import Function
from engine.expressions.held import Path
from engine.expressions.jmespath.parser import Node

FIRST_SEES_EVENT = {
    "subexpression": 1, "index_expression": 1, "pipe": 1, "projection": 1, "value_projection": 1,
    "filter_projection": 1, "expref": 0,
}  # fmt: skip
"""How many children of a node have its scope; of all other nodes every child does."""
CURRENT = frozenset({"identity", "current"})
NAMES = frozenset({"field", "variable"})


def children_of(node: Node) -> list[Node]:
    """Return the direct children, without the values that a `let` binds."""
    return [] if node["type"] == "slice" else node["children"]


def inside(node: Node) -> Iterator[tuple[Node, bool]]:
    """Yield the direct children, each with whether it has the scope of the node."""
    yield from ((value, True) for _, value in node.get("bindings", ()))
    children = children_of(node)
    seeing = FIRST_SEES_EVENT.get(node["type"], len(children))
    yield from ((child, number < seeing) for number, child in enumerate(children))


def nodes(tree: Node) -> Iterator[tuple[Node, bool]]:
    """Yield the nodes of a tree, each with whether it sees the event."""
    rest = [(tree, True)]
    while rest:
        node, sees_event = rest.pop()
        yield node, sees_event
        rest.extend((child, sees_event and sees) for child, sees in inside(node))


class Reads:
    """The paths that expressions read from the event, as far as names lead. bound: names of a `let` around them."""

    def __init__(self, functions: Mapping[str, Function], bound: frozenset[str] = frozenset()) -> None:
        self._functions = functions
        self._bound = bound

    def of(self, node: Node, sees_event: bool = True, then: Path = ()) -> Iterator[Path]:
        """Yield the paths of a node, each continued by these names."""
        kind = node["type"]
        special = getattr(self, f"_{kind}", None)
        if special is not None:
            yield from special(node, sees_event, then)
        elif kind == "root" or (kind in CURRENT and sees_event):
            yield then
        elif (kind == "field" and sees_event) or (kind == "variable" and node["value"] not in self._bound):
            yield (node["value"], *then)
        else:
            for child, sees in inside(node):
                yield from self.of(child, sees_event and sees)

    def _subexpression(self, node: Node, sees_event: bool, then: Path) -> Iterator[Path]:
        head, *steps = node["children"]
        names = _leading_names(steps)
        goes_on = len(names) == len(steps) and all(step["type"] == "field" for step in steps)
        yield from self.of(head, sees_event, (*names, *then) if goes_on else names)
        for step in steps[len(names) :]:
            yield from self.of(step, sees_event=False)

    def _let(self, node: Node, sees_event: bool, then: Path) -> Iterator[Path]:
        for _, value in node["bindings"]:
            yield from self.of(value, sees_event)
        body = Reads(self._functions, self._bound.union(name for name, _ in node["bindings"]))
        yield from body.of(node["children"][0], sees_event, then)

    def _call(self, node: Node, sees_event: bool, then: Path) -> Iterator[Path]:
        function = self._functions[node["value"]]
        for position, argument in enumerate(node["children"]):
            is_expression = argument["type"] == "expref"
            sees = sees_event and (function.parameter(position).is_lazy or not is_expression)
            yield from self.of(argument["children"][0] if is_expression else argument, sees)


def _leading_names(steps: Iterable[Node]) -> Path:
    """Return the leading names; one followed by an index is the last."""
    names: list[str] = []
    for step in steps:
        is_indexed = step["type"] == "index_expression"
        name = step["children"][0] if is_indexed else step
        if name["type"] != "field":
            break
        names.append(name["value"])
        if is_indexed:
            break
    return tuple(names)


def path_of(node: Node) -> Path | None:
    """Return the path of a node that is just a path."""
    steps = node["children"] if node["type"] == "subexpression" else [node]
    path = tuple(step["value"] for step in takewhile(lambda step: step["type"] in NAMES, steps))
    return path if len(path) == len(steps) else None
