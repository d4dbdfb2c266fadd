"""Compiling names, indices, projections and multi-selects."""

from __future__ import annotations

from collections.abc import Callable

from engine.expressions.errors import ExpressionSyntaxError
from engine.expressions.generator import INPUT
from engine.expressions.parser import Node
from engine.expressions.suggestion import did_you_mean
from engine.expressions.visitor import Visitor


class Paths(Visitor):
    """What walks through a value, or makes lists and maps of it."""

    def visit_identity(self, node: Node, current: str) -> str:
        return current

    visit_current = visit_identity

    def visit_root(self, node: Node, current: str) -> str:
        return INPUT

    def visit_literal(self, node: Node, current: str) -> str:
        constant = self.constant(node["value"])
        return self.let(f"fresh({constant})") if isinstance(node["value"], (list, dict)) else constant

    def visit_empty_object(self, node: Node, current: str) -> str:
        if not self.sees_event(current):
            raise ExpressionSyntaxError(node["start"], "'{}'", "names inside the braces")
        return self.let("{}")

    def visit_field(self, node: Node, current: str) -> str:
        if self.sees_event(current):
            return self._read_root(node)
        name = self.constant(node["value"])
        if self.roots is not None and current == self.roots.get("vars"):
            return self.let(f"{current}.get({name})")
        return self.let(f"{current}.get({name}) if type({current}) is dict else field({current}, {name})")

    def _read_root(self, node: Node) -> str:
        assert self.roots is not None
        name = node["value"]
        if name in self.roots:
            return self.roots[name]
        known = ", ".join(self.roots)
        raise ExpressionSyntaxError(
            node.get("start", 0), f"'{name}', which is no root", f"one of {known}", did_you_mean(name, self.roots)
        )

    def visit_variable(self, node: Node, current: str) -> str:
        name = node["value"]
        if name not in self.scope:
            raise ExpressionSyntaxError(
                node["start"],
                f"the undefined variable '${name}'",
                "a name that let defines" + (", or a root" if self.roots else ""),
                did_you_mean(name, self.scope, "$"),
            )
        return self.scope[name]

    def visit_let(self, node: Node, current: str) -> str:
        outer = self.scope
        self.scope = outer | {name: self.own(self.visit(value, current)) for name, value in node["bindings"]}
        result = self.visit(node["children"][0], current)
        self.scope = outer
        return result

    def visit_subexpression(self, node: Node, current: str) -> str:
        for child in node["children"]:
            current = self.visit(child, current)
        return current

    visit_index_expression = visit_subexpression

    def visit_pipe(self, node: Node, current: str) -> str:
        left, right = node["children"]
        return self.visit(right, self.own(self.visit(left, current)))

    def visit_index(self, node: Node, current: str) -> str:
        return self.let(f"index({self.value_of(current)}, {self.constant(node['value'])})")

    def visit_slice(self, node: Node, current: str) -> str:
        start, stop, step = node["children"]
        return self.let(f"cut({self.value_of(current)}, {self.constant(slice(start, stop, step))})")

    def visit_flatten(self, node: Node, current: str) -> str:
        return self.let(f"flatten({self.value_of(self.visit(node['children'][0], current))})")

    # Projections

    def visit_projection(self, node: Node, current: str) -> str:
        left, right = node["children"]
        if left["type"] == "flatten" and left["children"][0]["type"] == "identity" and self.sees_event(current):
            return self.let("[]")
        base = self.visit(left, current)
        return self._project(self._sequence(base), right)

    def visit_value_projection(self, node: Node, current: str) -> str:
        left, right = node["children"]
        base = self.value_of(self.visit(left, current))
        return self._project(self.let(f"as_values({base})"), right)

    def visit_filter_projection(self, node: Node, current: str) -> str:
        left, right, condition = node["children"]
        base = self.visit(left, current)
        return self._project(self._sequence(base), right, condition)

    def _sequence(self, base: str) -> str:
        base = self.value_of(base)
        return self.let(f"{base} if type({base}) is list else as_list({base})")

    def _project(self, sequence: str, right: Node, condition: Node | None = None) -> str:
        result = self.let("None")
        with self.block(f"if {sequence} is not None:"):
            if condition is None and right["type"] == "identity":
                self.write(f"{result} = without_nulls({sequence})")
            elif condition is None and right["type"] == "field":
                self.write(f"{result} = without_nulls(fields({sequence}, {self.constant(right['value'])}))")
            else:
                self._walk(result, sequence, right, condition)
        return result

    def _walk(self, result: str, sequence: str, right: Node, condition: Node | None) -> None:
        element = self.new()
        self.write(f"{result} = []")
        with self.block(f"for {element} in {sequence}:"):
            if condition is not None:
                self.write(f"if not {self.truth(condition, element)}: continue")
            value = self.visit(right, element)
            self.write(f"if {value} is not None: {result}.append({value})")

    # Multi-selects

    def visit_multi_select_list(self, node: Node, current: str) -> str:
        return self._container(current, lambda: f"[{', '.join(self.elements(node['children'], current))}]")

    def visit_multi_select_dict(self, node: Node, current: str) -> str:
        return self._container(current, lambda: self.entries(node, current))

    def _container(self, current: str, display: Callable[[], str]) -> str:
        if self.sees_event(current):
            return self.let(display())
        result = self.let("None")
        with self.block(f"if {current} is not None:"):
            self.write(f"{result} = {display()}")
        return result
