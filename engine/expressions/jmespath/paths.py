"""Compiles names, indices, projections and multi-selects."""

from __future__ import annotations

from collections.abc import Callable

from engine.expressions.errors import ExpressionSyntaxError
from engine.expressions.jmespath.generator import INPUT
from engine.expressions.jmespath.parser import Node
from engine.expressions.jmespath.visitor import Visitor
from engine.expressions.suggestion import did_you_mean


class Paths(Visitor):
    """Nodes that navigate a value, or make lists and maps of it."""

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
            node.get("start", 0), f"'{name}' is not a root", f"one of {known}", did_you_mean(name, self.roots)
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
        outer = self.scope, self.levels
        bound = {name: self.own(self.look(value, current)) for name, value in node["bindings"]}
        levels = {name: self.level_of(value) for name, value in node["bindings"]}
        self.scope, self.levels = self.scope | bound, self.levels | levels
        result = self.visit(node["children"][0], current)
        self.scope, self.levels = outer
        return result

    def visit_subexpression(self, node: Node, current: str) -> str:
        *start, last = node["children"]
        for child in start:
            current = self.look(child, current)
        return self.visit(last, current)

    visit_index_expression = visit_subexpression

    def visit_pipe(self, node: Node, current: str) -> str:
        left, right = node["children"]
        return self.visit(right, self.own(self.look(left, current)))

    def visit_index(self, node: Node, current: str) -> str:
        return self.let(f"index({self.value_of(current)}, {self.constant(node['value'])})")

    def visit_slice(self, node: Node, current: str) -> str:
        start, stop, step = node["children"]
        return self.let(f"cut({self.value_of(current)}, {self.constant(slice(start, stop, step))})")

    def visit_flatten(self, node: Node, current: str) -> str:
        return self.let(f"flatten({self.value_of(self.look(node['children'][0], current))})")

    # Projections

    def visit_projection(self, node: Node, current: str) -> str:
        left, right = node["children"]
        if left["type"] == "flatten" and left["children"][0]["type"] == "identity" and self.sees_event(current):
            return self.let("[]")
        base = self.look(left, current)
        return self._project(self._sequence(base), right, "'[*]'" if left["type"] != "flatten" else "'[]'")

    def visit_value_projection(self, node: Node, current: str) -> str:
        left, right = node["children"]
        base = self.value_of(self.look(left, current))
        return self._project(self.let(f"as_values({base})"), right, "'*'")

    def visit_filter_projection(self, node: Node, current: str) -> str:
        left, right, condition = node["children"]
        base = self.look(left, current)
        return self._filter(self._sequence(base), right, condition)

    def _sequence(self, base: str) -> str:
        base = self.value_of(base)
        return self.let(f"{base} if type({base}) is list else as_list({base})")

    def _project(self, sequence: str, right: Node, what: str) -> str:
        result = self.let("None")
        with self.block(f"if {sequence} is not None:"):
            self._walk(result, sequence, right, what)
        return result

    def _walk(self, result: str, sequence: str, right: Node, what: str) -> None:
        if right["type"] == "identity":
            self._count_round(sequence, what)
            self.write(f"{result} = without_nulls({sequence})")
        elif right["type"] == "field":
            self._count_round(sequence, what)
            self.write(f"{result} = without_nulls(fields({sequence}, {self.constant(right['value'])}))")
        else:
            element = self.new()
            self.write(f"{result} = []")
            with self.charged(f"len({sequence})", what), self.block(f"for {element} in {sequence}:"):
                value = self.visit(right, element)
                self.write(f"if {value} is not None: {result}.append({value})")

    def _count_round(self, sequence: str, what: str) -> None:
        """Count the work that one call does for each element."""
        with self.charged(f"len({sequence})", what):
            pass

    def _filter(self, sequence: str, right: Node, condition: Node) -> str:
        """Filter first, so that the rest is counted only for elements that satisfy the condition."""
        result, element = self.let("None"), self.new()
        with self.block(f"if {sequence} is not None:"):
            found = result if right["type"] == "identity" else self.new()
            self.write(f"{found} = []")
            with self.charged(f"len({sequence})", "'[?…]'"), self.block(f"for {element} in {sequence}:"):
                holds = self.truth(condition, element)
                kept = "" if right["type"] != "identity" else f" and {element} is not None"
                self.write(f"if {holds}{kept}: {found}.append({element})")
            if right["type"] != "identity":
                self._walk(result, found, right, "'[?…]'")
        return result

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
