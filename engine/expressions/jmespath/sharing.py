"""Finds values that a result may hold several times: repeated by a loop, or named twice.

Referring to a value costs nothing, but writing it does: a list that holds the payload for each of its elements is made
in a moment, but its text has quadratic size. So such values are counted when they are repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from engine.expressions.functions.function import Function
from engine.expressions.jmespath.charging import Charging
from engine.expressions.jmespath.generator import INPUT
from engine.expressions.jmespath.parser import Node

Roots = Mapping[str, str]
"""Name of a root → the Python expression that reads it from `event`."""
Path = tuple[str | int, ...]
"""The location of a value: the name of the value it is a part of, then keys and positions."""

CHAINS = frozenset(
    {"subexpression", "index_expression", "pipe", "projection", "value_projection", "filter_projection", "flatten"}
)
"""Nodes whose value is a part of their first child's."""
NEW = frozenset({"comparator", "not_expression", "truth", "arithmetic", "negative", "text", "literal"})
"""Nodes whose values contain no other values."""


class Sharing(Charging):
    """A generator that knows which variables the loops around it repeat.

    levels: how many loops surrounded the value that a variable is bound to; for roots none.
    is_kept: whether the value being written may become, unchanged, a part of the result.
    """

    def __init__(self, roots: Roots | None, functions: Mapping[str, Function], constants: Mapping[str, object]) -> None:
        super().__init__(constants)
        self.roots = roots
        self.functions = functions
        self.scope: dict[str, str] = dict(roots or {})
        self.levels: dict[str, int] = {}
        self.is_kept = True
        self._placed: set[Path] = set()
        self._around: set[Path] = set()

    @contextmanager
    def charged(self, count: str, what: str) -> Iterator[None]:
        with super().charged(count, what):
            outer, self.is_kept = self.is_kept, True
            yield
            self.is_kept = outer

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Mark the values written inside as only looked at."""
        outer, self.is_kept = self.is_kept, False
        yield
        self.is_kept = outer

    # Repeated by a loop

    def is_repeated(self, node: Node) -> bool:
        """Return whether the loop being written repeats the value: it is, or holds, a value from outside the loop."""
        if not (self.loops and self.is_kept):
            return False
        kind = node["type"]
        if kind == "call":
            return self.functions[node["value"]].keeps_values and self.level_of(node) < self.loops
        head = node["children"][0] if kind in CHAINS else node
        return (kind in CHAINS or kind in ("variable", "root")) and self.level_of(head) < self.loops

    def level_of(self, node: Node) -> int:
        """Return how many loops surround the outermost value that a node may return, in whole or in part."""
        kind = node.get("type")  # the entries of a map have none
        if kind == "root":
            return 0
        if kind == "variable":
            return self.levels.get(node["value"], 0) if node["value"] in self.scope else self.loops
        if kind in NEW or (kind == "call" and not self.functions[node["value"]].keeps_values):
            return self.loops
        return min((self.level_of(inner) for inner in inside(node)), default=self.loops)

    # Named twice

    def place(self, node: Node, current: str, name: str) -> None:
        """Count a value of straight code that becomes a part of a new one, if this is not the first time."""
        path = None if self.loops else self._path(node, current)
        if path is None:
            return
        starts = [path[:length] for length in range(1, len(path) + 1)]
        if path in self._around or not self._placed.isdisjoint(starts):
            self.share(name, "a value that is held twice")
        self._placed.add(path)
        self._around.update(starts)

    def _path(self, node: Node, current: str) -> Path | None:
        """Return the location of a node's value, if it is a part of another value."""
        kind = node["type"]
        if kind == "leaf":
            return self._path(node["children"][0], current)
        if kind in ("identity", "current"):
            return (current,)
        if kind == "variable":
            return (self.scope[node["value"]],)
        if kind == "field":
            sees_event = self.roots is not None and current == INPUT
            return (self.roots[node["value"]],) if sees_event else (current, node["value"])  # type: ignore[index]
        if kind not in ("subexpression", "index_expression"):
            return None
        head, *rest = node["children"]
        start = self._path(head, current)
        steps = all(step["type"] in ("field", "index") for step in rest)
        return (*start, *(step["value"] for step in rest)) if start and steps else None


def inside(node: Node) -> Iterable[Node]:
    """Return the nodes in a node."""
    yield from (child for child in node["children"] if isinstance(child, dict))
    yield from (value for _, value in node.get("bindings", ()))
