"""Compiles conditions, comparisons and arithmetic."""

from __future__ import annotations

import operator

from engine.expressions import operators
from engine.expressions.decimals import QUOTIENT_DIGITS, floor_division, remainder
from engine.expressions.jmespath.parser import Node
from engine.expressions.jmespath.visitor import Visitor
from engine.expressions.operators import MACHINE_NUMBERS, NUMBERS

ORDER = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
ORDER_CALLS = {
    "lt": operators.ordering("<", operator.lt),
    "lte": operators.ordering("<=", operator.le),
    "gt": operators.ordering(">", operator.gt),
    "gte": operators.ordering(">=", operator.ge),
}
ARITHMETIC_CALLS = {
    "plus": operators.add,
    "minus": operators.arithmetic("-", operator.sub),
    "times": operators.arithmetic("*", operators.multiply),
    "slash": operators.arithmetic("/", operator.truediv, QUOTIENT_DIGITS),
    "percent": operators.arithmetic("%", remainder),
    "floor": operators.arithmetic("//", floor_division),
}
INLINE_ARITHMETIC = {"plus": "+", "minus": "-"}


class Operations(Visitor):
    """Operations on values: the common types inline, everything else by a call."""

    def visit_comparator(self, node: Node, current: str) -> str:
        name = node["value"]
        left, right = (self.value_of(self.look(child, current)) for child in node["children"])
        if name in ("eq", "ne"):
            equal = self._equality(node["children"], left, right)
            return self.let(equal if name == "eq" else f"not {equal}")
        operands = [
            text for text, child in ((left, node["children"][0]), (right, node["children"][1])) if not _is_number(child)
        ]
        fast = " and ".join(f"type({text}) in MACHINE_NUMBERS" for text in operands) or "True"
        return self.let(f"{left} {ORDER[name]} {right} if {fast} else order_{name}({left}, {right})")

    def _equality(self, children: list[Node], left: str, right: str) -> str:
        for child, constant, other in ((children[1], right, left), (children[0], left, right)):
            if child["type"] != "literal":
                continue
            value = child["value"]
            if value is None or value is True or value is False:
                return f"({other} is {constant})"
            plain = type(value) in MACHINE_NUMBERS and value not in (0, 1) and value % 1 == 0  # 0.1 may meet a decimal
            if plain or isinstance(value, str):
                return f"({other} == {constant})"
        self.is_charged = True  # for large lists and maps, part by part
        return f"equals({left}, {right})"

    def visit_truth(self, node: Node, current: str) -> str:
        return self.let(f"True if {self.truth(node['children'][0], current)} else False")

    def visit_not_expression(self, node: Node, current: str) -> str:
        return self.let(f"not {self.truth(node['children'][0], current)}")

    def visit_or_expression(self, node: Node, current: str) -> str:
        return self._choose(node, current, "if not {}:")

    def visit_and_expression(self, node: Node, current: str) -> str:
        return self._choose(node, current, "if {}:")

    def _choose(self, node: Node, current: str, head: str) -> str:
        left, right = node["children"]
        result = self.let(self.value_of(self.visit(left, current)))
        with self.block(head.format(self.truth_of(left, result))):
            self.write(f"{result} = {self.value_of(self.visit(right, current))}")
        return result

    def visit_ternary(self, node: Node, current: str) -> str:
        condition, when_true, when_false = node["children"]
        result = self.new()
        with self.block(f"if {self.truth(condition, current)}:"):
            self.write(f"{result} = {self.value_of(self.visit(when_true, current))}")
        with self.block("else:"):
            self.write(f"{result} = {self.value_of(self.visit(when_false, current))}")
        return result

    # Arithmetic

    def visit_arithmetic(self, node: Node, current: str) -> str:
        name = node["value"]
        left, right = (self.value_of(self.look(child, current)) for child in node["children"])
        call = f"calculate_{name}({left}, {right})"
        if name in INLINE_ARITHMETIC:
            call = (
                f"{left} {INLINE_ARITHMETIC[name]} {right} if type({left}) is int and type({right}) is int else {call}"
            )
        result = self.let(call)
        if self.loops and self.is_kept:  # whole numbers may have thousands of digits
            self.is_charged = True
            self.write(f"if type({result}) is int: count_number({result}, {self.constant(name)})")
        return result

    def visit_negative(self, node: Node, current: str) -> str:
        sign = self.constant("-" if node["value"] == "minus" else "+")
        return self.let(f"negate({sign}, {self.value_of(self.look(node['children'][0], current))})")


def _is_number(node: Node) -> bool:
    return node["type"] == "literal" and type(node["value"]) in NUMBERS
