"""Compiles calls of functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.expressions.errors import ExpressionSyntaxError
from engine.expressions.functions.function import COMPUTED, Function, Parameter
from engine.expressions.jmespath.folding import changing_in_place
from engine.expressions.jmespath.parser import Node
from engine.expressions.jmespath.sharing import Roots
from engine.expressions.jmespath.visitor import Visitor
from engine.expressions.suggestion import did_you_mean

SHORT_TEXT, SHORT_LIST = (64, 256), (8, 64)
"""Lengths that are covered by a call's own steps: in a loop, and outside of one."""


class Calls(Visitor):
    """Calls: the function and the arity are checked at load time, the arguments at run time."""

    def __init__(self, roots: Roots | None, functions: Mapping[str, Function], constants: Mapping[str, Any]) -> None:
        super().__init__(roots, functions, constants)
        self._in_place: set[int] = set()

    def visit_expref(self, node: Node, current: str) -> str:
        raise ExpressionSyntaxError(
            node["start"], "'&' outside of a function", "it before an argument, as in sort_by(list, &name)"
        )

    def visit_call(self, node: Node, current: str) -> str:
        function = self.functions.get(node["value"])
        if function is None:
            raise ExpressionSyntaxError(
                node["start"],
                f"the unknown function '{node['value']}'",
                "one that `engine functions` lists",
                did_you_mean(node["value"], self.functions),
            )
        self._check_call(function, node)
        arguments = [
            self._argument(function, function.parameter(position), child, current)
            for position, child in enumerate(node["children"])
        ]
        self.cost(function.steps, function.makes)
        self.is_charged |= function.each > 0
        call = function.in_place if id(node) in self._in_place else function.call
        result = self.let(f"{self.constant(call)}({', '.join(arguments)})")
        return self.made_text(result, f"{function.name}()") if function.makes_text else result

    def _check_call(self, function: Function, node: Node) -> None:
        given = len(node["children"])
        expected = function.arity_mistake(given)
        if expected is not None:
            raise ExpressionSyntaxError(
                node["start"], f"{function.name}() with {given} argument{'' if given == 1 else 's'}", expected
            )
        for position, child in enumerate(node["children"]):
            wanted = function.parameter(position).is_expression
            if wanted != (child["type"] == "expref"):
                found = f"argument {position + 1} of {function.name}()"
                expected = "an expression marked with '&'" if wanted else "a value, without '&'"
                raise ExpressionSyntaxError(node["start"], found, expected)
        mistake = function.check([_literal(child) for child in node["children"]]) if function.check else None
        if mistake:
            raise ExpressionSyntaxError(node["start"], mistake)

    def _argument(self, function: Function, parameter: Parameter, node: Node, current: str) -> str:
        if parameter.is_lazy:
            return self._delayed(parameter, node, current)
        if node["type"] == "expref":
            if parameter.is_fold:
                self._in_place.update(map(id, changing_in_place(node["children"][0], self.functions)))
            nested = self._nested_each if parameter.is_each else self._nested
            return nested(node["children"][0], f"{function.name}()")
        if node["type"] == "literal" and type(node["value"]) in parameter.fast:
            return self.visit(node, current)
        value = self._checked(parameter, self.value_of(self.look(node, current)))
        if parameter.has_length and function.each:
            self._read(function, parameter, value)
        return value

    def _read(self, function: Function, parameter: Parameter, value: str) -> None:
        """Count an argument that the function reads; short texts and lists are free."""
        self.is_charged = True
        most = (SHORT_TEXT if parameter.is_text else SHORT_LIST)[self.loops == 0]
        is_there = f"{value} is not None and " if "null" in parameter.kinds.names else ""
        what = self.constant(f"{function.name}()")
        self.write(f"if {is_there}len({value}) > {most}: budget.read({value}, {function.each}, {what})")

    def _checked(self, parameter: Parameter, value: str) -> str:
        if parameter.is_any and parameter.keeps_appended:
            return value
        adapt = self.constant(parameter.adapt)
        if parameter.is_any:
            return self.let(f"{value} if type({value}) in PLAIN else {adapt}({value})")
        if parameter.fast:
            fits = f"type({value}) in {self.constant(parameter.fast)}"
        elif parameter.fast_elements:
            fits = f"type({value}) is list and set(map(type, {value})) <= {self.constant(parameter.fast_elements)}"
        else:
            return self.let(f"{adapt}({value})")
        return self.let(f"{value} if {fits} else {adapt}({value})")

    def _delayed(self, parameter: Parameter, node: Node, current: str) -> str:
        """Return an argument as a Python function without arguments; an `&` before it does not change its scope."""
        name = self.new("f")
        with self.block(f"def {name}():"):
            if node["type"] == "expref":
                self.write(f"return {self.value_of(self.look(node['children'][0], current))}")
            else:
                self.write(f"return {self._checked(parameter, self.value_of(self.look(node, current)))}")
        return name

    def _nested(self, body: Node, what: str) -> str:
        """Return `&body` as a Python function of the element."""
        name, element = self.new("f"), self.new()
        with self.block(f"def {name}({element}):"), self.charged("1", what):
            self.write(f"return {self.value_of(self.visit(body, element))}")
        return name

    def _nested_each(self, body: Node, what: str) -> str:
        """Return `&body` as a Python function of a list that returns the value for each element."""
        name, elements = self.new("f"), self.new()
        with self.block(f"def {name}({elements}):"), self.charged(f"len({elements})", what):
            if body["type"] == "field":
                self.write(f"return fields({elements}, {self.constant(body['value'])})")
            else:
                result, element = self.let("[]"), self.new()
                with self.block(f"for {element} in {elements}:"):
                    self.write(f"{result}.append({self.visit(body, element)})")
                self.write(f"return {result}")
        return name


def _literal(node: Node) -> Any:
    return node["value"] if node["type"] == "literal" else COMPUTED
