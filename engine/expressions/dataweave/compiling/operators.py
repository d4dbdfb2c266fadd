"""Compiles operators, conditions, `as`, `is` and `default`."""

from __future__ import annotations

from engine.expressions.dataweave.compiling.base import RETURN, Base
from engine.expressions.dataweave.compiling.scopes import Scope
from engine.expressions.dataweave.syntax.tree import As, Binary, If, Is, Literal, Node, Unary, WithSchema
from engine.expressions.dataweave.values.types import Type

COMPARISONS = {"<": "less", "<=": "less_or_equal", ">": "greater", ">=": "greater_or_equal"}
CALLS = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "++": "concat",
    "--": "remove",
    "<<": "shift_left",
    ">>": "shift_right",
    "~=": "similar",
}
SMALL = f"-{1 << 31} < {{}} < {1 << 31}"
FAST = {
    "+": "{0} + {1} if type({0}) is type({1}) is int",
    "-": "{0} - {1} if type({0}) is type({1}) is int",
    "*": f"{{0}} * {{1}} if type({{0}}) is type({{1}}) is int and {SMALL.format('{0}')} and {SMALL.format('{1}')}",
}
"""The usual case of operators, which costs no call."""
TESTS = {"String": "str", "Object": "dict", "Array": "list"}
"""Python's types of the usual values of a type."""
CHAIN = 6
"""Branches of `if … else if …` that are written inside each other."""


class Operators(Base):
    """Operators.

    lazy: what stands before a `default` that it belongs to: Mule runs the body of a map there later.
    """

    lazy: Node | None = None

    def visit_unary(self, node: Unary, scope: Scope) -> str:
        operand = self.visit(node.operand, scope)
        if node.symbol == "-":
            return self.let(f"-{operand} if type({operand}) is int else negate({operand})")
        return self.let(f"not {self.truth(operand, 'negatable')}", "Boolean")

    def visit_binary(self, node: Binary, scope: Scope) -> str:
        if node.symbol == "default":
            return self._default(node, scope)
        if node.symbol in ("and", "or"):
            return self._logic(node, scope)
        left, right = self.visit(node.left, scope), self.visit(node.right, scope)
        if node.symbol in ("==", "!="):
            return self._equal(node, left, right)
        if node.symbol in COMPARISONS:
            return self._compared(node.symbol, left, right)
        call = f"{CALLS[node.symbol]}({left}, {right})"
        if node.symbol == "++":
            return self._joined(left, right, call)
        fast = FAST.get(node.symbol)
        kind = "Boolean" if node.symbol == "~=" else ""
        return self.let(f"{fast.format(left, right)} else {call}" if fast else call, kind)

    def _joined(self, left: str, right: str, call: str) -> str:
        """Join two texts; those that are long pay for it."""
        result = self.new()
        with self.block(f"if type({left}) is type({right}) is str:"):
            self.write(f"{result} = {left} + {right}")
            self.write(f"if len({result}) > 64: budget.made({result}, \"'++'\")")
        with self.block("else:"):
            self.write(f"{result} = {call}")
        return result

    def _compared(self, symbol: str, left: str, right: str) -> str:
        test = f"type({left}) is type({right}) and type({left}) in ORDERED"
        return self.let(f"{left} {symbol} {right} if {test} else {COMPARISONS[symbol]}({left}, {right})", "Boolean")

    def _equal(self, node: Binary, left: str, right: str) -> str:
        """Compare; a literal tells which type the other side must have."""
        negation = "not " if node.symbol == "!=" else ""
        for one, other, name in ((node.right, left, right), (node.left, right, left)):
            if isinstance(one, Literal) and one.value is None:
                return self.let(f"{negation}({self.is_null(other)})", "Boolean")
            if isinstance(one, Literal) and type(one.value) in (str, int):
                kind = type(one.value).__name__
                test = f"{other} {node.symbol} {name} if type({other}) is {kind} else {negation}equals({other}, {name})"
                return self.let(test, "Boolean")
        test = f"type({left}) is type({right}) and type({left}) in PLAIN"
        return self.let(f"{left} {node.symbol} {right} if {test} else {negation}equals({left}, {right})", "Boolean")

    def _logic(self, node: Binary, scope: Scope) -> str:
        """Evaluate the right side only if the left one does not decide."""
        result = self.let(self.truth(self.visit(node.left, scope)), "Boolean")
        with self.block(f"if {result}:" if node.symbol == "and" else f"if not {result}:"):
            self.write(f"{result} = {self.truth(self.visit(node.right, scope))}")
        return result

    def _default(self, node: Binary, scope: Scope) -> str:
        """Take the first value that is there, and can be computed."""
        result, parts = self.new(), [node.right]
        left = node.left
        while isinstance(left, Binary) and left.symbol == "default":
            parts.append(left.right)
            left = left.left
        self._attempt(left, scope, result)
        for part in reversed(parts[1:]):
            with self.block(f"if {self.is_null(result)}:"):
                self._attempt(part, scope, result)
        with self.block(f"if {self.is_null(result)}:"):
            self.deliver(parts[0], scope, result)
        return result

    def _attempt(self, node: Node, scope: Scope, result: str) -> None:
        """Assign null if the value does not convert, or a call does not take null."""
        outer, self.lazy = self.lazy, node
        with self.block("try:"):
            self.deliver(node, scope, result)
        self.lazy = outer
        with self.block("except Unfit:"):
            self.write(f"{result} = None")

    def visit_if(self, node: If, scope: Scope) -> str:
        return self.delivered(node, scope)

    def deliver_if(self, node: If, scope: Scope, sink: str) -> None:
        branches, last = _branches(node)
        if sink == RETURN:
            for condition, then in branches:
                with self.block(f"if {self._condition(condition, scope)}:"):
                    self.deliver(then, scope, sink)
            self.deliver(last, scope, sink)
        elif len(branches) > CHAIN:
            self._deliver_chain(branches, last, scope, sink)
        else:
            with self.block(f"if {self._condition(node.condition, scope)}:"):
                self.deliver(node.then, scope, sink)
            with self.block("else:"):
                self.deliver(node.otherwise, scope, sink)

    def _condition(self, node: Node, scope: Scope) -> str:
        return self.truth(self.visit(node, scope), "condition")

    def _deliver_chain(self, branches: list[tuple[Node, Node]], last: Node, scope: Scope, sink: str) -> None:
        """Write many branches one after another, and leave with the first that is taken."""
        with self.block("for _ in ONCE:"):
            for condition, then in branches:
                with self.block(f"if {self._condition(condition, scope)}:"):
                    self.deliver(then, scope, sink)
                    self.write("break")
            self.deliver(last, scope, sink)

    def visit_is(self, node: Is, scope: Scope) -> str:
        operand = self.visit(node.operand, scope)
        return self.let(self.is_of(operand, self.type_of(node.type, scope)), "Boolean")

    def is_of(self, name: str, kind: Type) -> str:
        """Return the code that asks whether a value is of a type."""
        is_bare = kind.fields is None and not kind.arguments
        if kind.name == "Null":
            return f"({self.is_null(name)})"
        accepts = f"{self.constant(kind)}.accepts({name})"
        usual = TESTS.get(kind.name) if is_bare else None
        return f"(type({name}) is {usual} or {accepts})" if usual else accepts

    def visit_as(self, node: As, scope: Scope) -> str:
        operand = self.visit(node.operand, scope)
        kind = self.constant(self.type_of(node.type, scope))
        if isinstance(node.type, WithSchema):
            pairs = [f"{self.constant(each.key.value)}: {self.visit(each.value, scope)}" for each in node.type.schema]  # type: ignore[attr-defined]
            return self.let(f"coerce({operand}, {kind}, {{{', '.join(pairs)}}})")
        return self.let(f"coerce({operand}, {kind})")


def _branches(node: If) -> tuple[list[tuple[Node, Node]], Node]:
    """Return the conditions and values of `if … else if …`, and the value behind the last `else`."""
    found: list[tuple[Node, Node]] = []
    rest: Node = node
    while isinstance(rest, If):
        found.append((rest.condition, rest.then))
        rest = rest.otherwise
    return found, rest
