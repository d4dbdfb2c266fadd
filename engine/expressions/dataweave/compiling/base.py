"""The frame of the compiler: how a node becomes lines and a name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from functools import cache
from typing import Any

from engine.expressions.dataweave.compiling.naming import Load
from engine.expressions.dataweave.compiling.scopes import Scope
from engine.expressions.dataweave.compiling.typing import Types
from engine.expressions.dataweave.compiling.writer import Writer
from engine.expressions.dataweave.syntax.tree import (
    ArrayLiteral,
    As,
    Binary,
    Call,
    Do,
    Function,
    If,
    Is,
    Lambda,
    Literal,
    Match,
    Node,
    ObjectLiteral,
    Text,
    Update,
)

RETURN = "return"
"""The sink of a value that the function returns."""
STEPS: Mapping[type[Node], int] = {
    As: 60,
    Text: 30,
    Update: 60,
    Call: 20,
    Lambda: 20,
    ObjectLiteral: 12,
    ArrayLiteral: 8,
    Match: 8,
    Is: 8,
    Binary: 6,
}
"""Steps of a node in a loop, with what it calls."""
OTHERS = 3
"""Steps of any other node."""


class Base(Writer, Types):
    """Visits nodes. Every `visit_…` writes the statements that compute a node and returns a name.

    is_keyed: whether values know their keys, because a selector asks for attributes or namespaces.
    """

    is_keyed = False

    def __init__(
        self, constants: Mapping[str, Any], inputs: Mapping[str, str], names: Mapping[str, Any], load: Load | None
    ) -> None:
        Writer.__init__(self, constants)
        Types.__init__(self, inputs, names, load)

    def visit(self, node: Node, scope: Scope) -> str:
        """Write the statements that compute a node, and return the name of its value."""
        outer, self.span = self.span, (node.offset, node.end)
        visit: Callable[[Any, Scope], str] = getattr(self, f"visit_{type(node).__name__.lower()}")
        if not self.is_deep:
            result = visit(node, scope)
        else:
            result = self.new()
            with self.apart(result) as inner:
                self.write(f"{inner} = {visit(node, scope)}")
        self.span = outer
        return result

    def deliver(self, node: Node, scope: Scope, sink: str) -> None:
        """Write the statements that compute a node and assign its value, or return it."""
        if type(node) in BRANCHING and not self.is_deep:
            outer, self.span = self.span, (node.offset, node.end)
            getattr(self, f"deliver_{type(node).__name__.lower()}")(node, scope, sink)
            self.span = outer
            return
        self.put(self.visit(node, scope), sink)

    def put(self, name: str, sink: str) -> None:
        """Assign a value, or return it."""
        self.write(f"return {name}" if sink == RETURN else f"{sink} = {name}")

    def delivered(self, node: Node, scope: Scope) -> str:
        """Return the name of the value of a node with branches."""
        result = self.new()
        self.deliver(node, scope, result)
        return result

    def is_null(self, name: str) -> str:
        """Return the code that asks whether a value is null."""
        if not name.startswith("v"):
            return str(name == "None")
        return f"({name} is None or type({name}) is Blank)" if self.is_keyed else f"{name} is None"

    def pay(self, size: str, body: Node, what: str) -> None:
        """Write the payment for a loop over this many values."""
        cost = sum(STEPS.get(type(each), OTHERS) for each in nodes(body))
        self.write(f"budget.pay({cost} * {size}, {what!r})")

    def truth(self, name: str, convert: str = "truth") -> str:
        """Return the code of a condition. convert: the function for what is neither true nor false."""
        if self.kind(name) == "Boolean" or name in ("True", "False"):
            return name
        return f"({name} if {name} is True or {name} is False else {convert}({name}))"


BRANCHING = (If, Match, Do, Call)


@cache
def _parts_of(kind: Any) -> tuple[str, ...]:
    """Return the names of what may hold nodes in nodes of a type."""
    return tuple(each.name for each in fields(kind) if each.name not in ("offset", "end", "name", "kind", "symbol"))


def children(node: Node) -> Iterator[Node]:
    """Yield the nodes directly inside."""
    for name in _parts_of(type(node)):  # type: ignore[arg-type]  # a class has a hash
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from (inner for inner in value if isinstance(inner, Node))


def nodes(node: Node) -> Iterator[Node]:
    """Yield the node and all nodes inside."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        waiting += children(found)


def declares_functions(node: Node) -> bool:
    """Return whether a `do` inside declares functions: they would see the values of a later round of a loop."""
    return any(
        isinstance(each, Do) and any(isinstance(one, Function) for one in each.directives) for each in nodes(node)
    )


def text_of(node: Node | None) -> str | None:
    """Return the text of a literal; None of anything else."""
    return node.value if isinstance(node, Literal) and type(node.value) is str else None
