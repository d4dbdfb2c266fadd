"""The visitor shared by the compiler's parts: from a node to a name, through methods `visit_…`."""

from __future__ import annotations

from collections.abc import Iterator

from engine.expressions.jmespath.generator import INPUT
from engine.expressions.jmespath.parser import Node
from engine.expressions.jmespath.sharing import Sharing

DEEPEST_BLOCK = 16
"""Python refuses 20 nested loops in one function; past this depth a node gets a function of its own."""


class Visitor(Sharing):
    """Writes the statements that compute a node, and returns a *name* for the result.

    `current` is the name of the current node; if that is the input and there are roots, the expression still sees the
    event.
    """

    def visit(self, node: Node, current: str) -> str:
        if self.depth > DEEPEST_BLOCK and node["children"]:
            return self.apart(self._names_in_use(current), lambda: self._visit(node, current))
        return self._visit(node, current)

    def _visit(self, node: Node, current: str) -> str:
        self.cost_of_node(node)
        name: str = getattr(self, "visit_" + node["type"])(node, current)
        if self.is_repeated(node):
            self.share(name, "what a loop repeats")
        return name

    def look(self, node: Node, current: str) -> str:
        """Visit a node whose value is only examined, not kept."""
        with self.looking():
            return self.visit(node, current)

    def _names_in_use(self, current: str) -> Iterator[str]:
        self.is_charged = True
        yield from (INPUT, "budget")
        yield from (name for name in (current, *self.scope.values()) if name.isidentifier())

    def sees_event(self, current: str) -> bool:
        return self.roots is not None and current == INPUT

    def value_of(self, current: str) -> str:
        """Return the current node as a value: a map of its roots if it is the event."""
        return self.let(f"whole({INPUT})") if self.sees_event(current) else current

    def own(self, text: str) -> str:
        """Return the value for a variable; a variable bound to the event is bound to its map of roots."""
        return self.let(self.value_of(text))

    def truth(self, node: Node, current: str) -> str:
        """Return JMESPath's truth of a node as a Python condition: 0 is true; empty texts, lists and maps are not."""
        value = self.look(node, current)
        return "True" if self.sees_event(value) else self.truth_of(node, value)

    def truth_of(self, node: Node, value: str) -> str:
        """Return the truth of a computed node; Python's own if it is not a number."""
        return value if _is_boolean(node) else f"({value} or type({value}) in NUMBERS)"

    def elements(self, nodes: list[Node], current: str) -> list[str]:
        """Return the names of values that become parts of a new one."""
        return [self._element(child, current) for child in nodes]

    def _element(self, node: Node, current: str) -> str:
        value = self.value_of(self.visit(node, current))
        self.place(node, current, value)
        return value

    def entries(self, node: Node, current: str) -> str:
        names = [self.constant(pair["value"]) for pair in node["children"]]
        values = self.elements([pair["children"][0] for pair in node["children"]], current)
        return "{" + ", ".join(f"{name}: {value}" for name, value in zip(names, values, strict=True)) + "}"


def _is_boolean(node: Node) -> bool:
    """Return whether the node's value is always true, false or null."""
    if node["type"] in ("or_expression", "and_expression"):
        return all(map(_is_boolean, node["children"]))
    return node["type"] in ("comparator", "not_expression", "truth")
