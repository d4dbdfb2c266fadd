"""From syntax trees to one generated Python function.

The function takes what the expression is given (`event`, or any value where no roots are set) and
returns the result. Literals and names enter it as constants of its globals, never as text. Every
`visit_…` writes the statements that compute a node and returns a *name*: something without effect
that may stand in the text any number of times.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from engine.expressions import operators
from engine.expressions.errors import ExpressionSyntaxError, depth_bounded
from engine.expressions.functions import FUNCTIONS
from engine.expressions.functions.function import Function, Parameter
from engine.expressions.generator import INPUT, Generator
from engine.expressions.operators import NUMBERS
from engine.expressions.parser import Node
from engine.expressions.suggestion import did_you_mean
from engine.expressions.writing import to_text

Evaluate = Callable[[Any], Any]
Roots = Mapping[str, str]
"""Name of a root → the Python expression that reads it from `event`."""

DEEPEST_BLOCK = 16
"""Python refuses 20 nested loops in one function; past this depth a node gets a function of its own."""

ORDER = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
ORDER_CALLS = {
    "lt": operators.ordering("<", operator.lt),
    "lte": operators.ordering("<=", operator.le),
    "gt": operators.ordering(">", operator.gt),
    "gte": operators.ordering(">=", operator.ge),
}
ARITHMETIC_CALLS = {
    "plus": operators.arithmetic("+", operator.add),
    "minus": operators.arithmetic("-", operator.sub),
    "times": operators.arithmetic("*", operators.multiply),
    "slash": operators.arithmetic("/", operator.truediv),
    "percent": operators.arithmetic("%", operator.mod),
    "floor": operators.arithmetic("//", operator.floordiv),
}
INLINE_ARITHMETIC = {"plus": "+", "minus": "-"}
BUILTINS = {"type": type, "dict": dict, "list": list, "int": int, "Exception": Exception}
GLOBALS = {
    "__builtins__": BUILTINS,
    "NUMBERS": NUMBERS,
    "PLAIN": frozenset({str, int, float, bool, dict, list, type(None)}),
    "field": operators.field,
    "as_list": operators.as_list,
    "as_values": operators.as_values,
    "index": operators.index,
    "cut": operators.cut,
    "flatten": operators.flatten,
    "equals": operators.equals,
    "negate": operators.negate,
    "fresh": operators.fresh,
    **{f"order_{name}": call for name, call in ORDER_CALLS.items()},
    **{f"calculate_{name}": call for name, call in ARITHMETIC_CALLS.items()},
    "to_text": to_text,
}


def compile_tree(
    tree: Node,
    *,
    roots: Roots | None = None,
    whole: Callable[[Any], Any] | None = None,
    functions: Mapping[str, Function] = FUNCTIONS,
    failed: Callable[[Exception, int], Exception] | None = None,
    constants: Mapping[str, Any] | None = None,
) -> Evaluate:
    """A function that evaluates the tree.

    roots: what bare names mean where the expression still sees its input; without them the input
        is a plain value and names are its fields.
    whole: the input as one value, for `@` and `$` where there are roots.
    failed: makes the exception to raise of one that was raised inside, and of the number of the
        `leaf` node where that happened.
    constants: what the expressions of `roots` may name beside `event`.

    Raises ExpressionSyntaxError for unknown roots, variables and functions, and wrong arity.
    """
    compiler = _Compiler(roots, functions, {"whole": whole, **(constants or {})})
    with depth_bounded():
        return compiler.compile(tree, failed or _unchanged)


def check_tree(tree: Node, roots: Roots, functions: Mapping[str, Function], variables: Iterable[str] = ()) -> None:
    """Raise what compile_tree would raise, where `let` around the tree defines these variables."""
    compiler = _Compiler(roots, functions, {})
    compiler.scope.update(dict.fromkeys(variables, "None"))
    with depth_bounded():
        compiler.visit(tree, INPUT)


def source_of(evaluate: Evaluate) -> str:
    """The Python text of a compiled expression."""
    return str(evaluate.__globals__["__source__"])


def _is_number(node: Node) -> bool:
    return node["type"] == "literal" and type(node["value"]) in NUMBERS


def _unchanged(error: Exception, leaf: int) -> Exception:
    return error


class _Compiler(Generator):
    def __init__(self, roots: Roots | None, functions: Mapping[str, Function], constants: Mapping[str, Any]) -> None:
        super().__init__({**GLOBALS, **constants})
        self.roots = roots
        self.functions = functions
        self.scope: dict[str, str] = dict(roots or {})

    def compile(self, tree: Node, failed: Callable[[Exception, int], Exception]) -> Evaluate:
        return self.function(self.visit(tree, INPUT), failed)

    # Visiting

    def visit(self, node: Node, current: str) -> str:
        if self.depth > DEEPEST_BLOCK and node["children"]:
            return self.apart(self._names_in_use(current), lambda: self._visit(node, current))
        return self._visit(node, current)

    def _visit(self, node: Node, current: str) -> str:
        name: str = getattr(self, "visit_" + node["type"])(node, current)
        return name

    def _names_in_use(self, current: str) -> Iterator[str]:
        yield INPUT
        yield from (name for name in (current, *self.scope.values()) if name.isidentifier())

    def sees_event(self, current: str) -> bool:
        return self.roots is not None and current == INPUT

    def _value(self, current: str) -> str:
        """The current node as a value: where it is the event, a map of its roots."""
        return self.let(f"whole({INPUT})") if self.sees_event(current) else current

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
        self.scope = outer | {name: self._own(self.visit(value, current)) for name, value in node["bindings"]}
        result = self.visit(node["children"][0], current)
        self.scope = outer
        return result

    def _own(self, text: str) -> str:
        """A variable bound to the event is bound to its value."""
        return self.let(self._value(text))

    def visit_subexpression(self, node: Node, current: str) -> str:
        for child in node["children"]:
            current = self.visit(child, current)
        return current

    visit_index_expression = visit_subexpression

    def visit_pipe(self, node: Node, current: str) -> str:
        left, right = node["children"]
        return self.visit(right, self._own(self.visit(left, current)))

    def visit_index(self, node: Node, current: str) -> str:
        return self.let(f"index({self._value(current)}, {self.constant(node['value'])})")

    def visit_slice(self, node: Node, current: str) -> str:
        start, stop, step = node["children"]
        if step == 0:
            raise ExpressionSyntaxError(0, "a slice with step 0", "a step other than 0")
        return self.let(f"cut({self._value(current)}, {self.constant(slice(start, stop, step))})")

    def visit_flatten(self, node: Node, current: str) -> str:
        return self.let(f"flatten({self._value(self.visit(node['children'][0], current))})")

    # Projections

    def visit_projection(self, node: Node, current: str) -> str:
        left, right = node["children"]
        if left["type"] == "flatten" and left["children"][0]["type"] == "identity" and self.sees_event(current):
            return self.let("[]")
        base = self.visit(left, current)
        return self._project(self._sequence(base), right)

    def visit_value_projection(self, node: Node, current: str) -> str:
        left, right = node["children"]
        base = self._value(self.visit(left, current))
        return self._project(self.let(f"as_values({base})"), right)

    def visit_filter_projection(self, node: Node, current: str) -> str:
        left, right, condition = node["children"]
        base = self.visit(left, current)
        return self._project(self._sequence(base), right, condition)

    def _sequence(self, base: str) -> str:
        base = self._value(base)
        return self.let(f"{base} if type({base}) is list else as_list({base})")

    def _project(self, sequence: str, right: Node, condition: Node | None = None) -> str:
        result, element = self.let("None"), self.new()
        with self.block(f"if {sequence} is not None:"):
            self.write(f"{result} = []")
            with self.block(f"for {element} in {sequence}:"):
                if condition is not None:
                    self.write(f"if not {self._truth(condition, element)}: continue")
                value = self.visit(right, element)
                self.write(f"if {value} is not None: {result}.append({value})")
        return result

    # Conditions

    def _truth(self, node: Node, current: str) -> str:
        """JMESPath's truth of a node as a Python condition: 0 is true, empty text, list and map are not."""
        value = self.visit(node, current)
        if node["type"] in ("comparator", "not_expression"):
            return value
        if self.sees_event(value):
            return "True"
        return f"({value} or type({value}) in NUMBERS)"

    def visit_comparator(self, node: Node, current: str) -> str:
        name = node["value"]
        left, right = (self._value(self.visit(child, current)) for child in node["children"])
        if name in ("eq", "ne"):
            equal = self._equality(node["children"], left, right)
            return self.let(equal if name == "eq" else f"not {equal}")
        operands = [
            text for text, child in ((left, node["children"][0]), (right, node["children"][1])) if not _is_number(child)
        ]
        fast = " and ".join(f"type({text}) in NUMBERS" for text in operands) or "True"
        return self.let(f"{left} {ORDER[name]} {right} if {fast} else order_{name}({left}, {right})")

    def _equality(self, children: list[Node], left: str, right: str) -> str:
        for child, constant, other in ((children[1], right, left), (children[0], left, right)):
            if child["type"] != "literal":
                continue
            value = child["value"]
            if value is None or value is True or value is False:
                return f"({other} is {constant})"
            if isinstance(value, str) or (type(value) in (int, float) and value not in (0, 1)):
                return f"({other} == {constant})"
        return f"equals({left}, {right})"

    def visit_truth(self, node: Node, current: str) -> str:
        return self.let(f"True if {self._truth(node['children'][0], current)} else False")

    def visit_not_expression(self, node: Node, current: str) -> str:
        return self.let(f"not {self._truth(node['children'][0], current)}")

    def visit_or_expression(self, node: Node, current: str) -> str:
        return self._choose(node, current, "if not {}:")

    def visit_and_expression(self, node: Node, current: str) -> str:
        return self._choose(node, current, "if {}:")

    def _choose(self, node: Node, current: str, head: str) -> str:
        left, right = node["children"]
        result = self.let(self._value(self.visit(left, current)))
        with self.block(head.format(f"({result} or type({result}) in NUMBERS)")):
            self.write(f"{result} = {self._value(self.visit(right, current))}")
        return result

    def visit_ternary(self, node: Node, current: str) -> str:
        condition, when_true, when_false = node["children"]
        result = self.new()
        with self.block(f"if {self._truth(condition, current)}:"):
            self.write(f"{result} = {self._value(self.visit(when_true, current))}")
        with self.block("else:"):
            self.write(f"{result} = {self._value(self.visit(when_false, current))}")
        return result

    # Arithmetic

    def visit_arithmetic(self, node: Node, current: str) -> str:
        name = node["value"]
        left, right = (self._value(self.visit(child, current)) for child in node["children"])
        call = f"calculate_{name}({left}, {right})"
        if name in INLINE_ARITHMETIC:
            call = (
                f"{left} {INLINE_ARITHMETIC[name]} {right} if type({left}) is int and type({right}) is int else {call}"
            )
        return self.let(call)

    def visit_negative(self, node: Node, current: str) -> str:
        sign = self.constant("-" if node["value"] == "minus" else "+")
        return self.let(f"negate({sign}, {self._value(self.visit(node['children'][0], current))})")

    # Containers

    def visit_multi_select_list(self, node: Node, current: str) -> str:
        return self._container(current, lambda: f"[{', '.join(self._elements(node['children'], current))}]")

    def visit_multi_select_dict(self, node: Node, current: str) -> str:
        return self._container(current, lambda: self._entries(node, current))

    def _elements(self, nodes: list[Node], current: str) -> list[str]:
        return [self._value(self.visit(child, current)) for child in nodes]

    def _entries(self, node: Node, current: str) -> str:
        names = [self.constant(pair["value"]) for pair in node["children"]]
        values = self._elements([pair["children"][0] for pair in node["children"]], current)
        return "{" + ", ".join(f"{name}: {value}" for name, value in zip(names, values, strict=True)) + "}"

    def _container(self, current: str, display: Callable[[], str]) -> str:
        if self.sees_event(current):
            return self.let(display())
        result = self.let("None")
        with self.block(f"if {current} is not None:"):
            self.write(f"{result} = {display()}")
        return result

    # Functions

    def visit_expref(self, node: Node, current: str) -> str:
        raise ExpressionSyntaxError(0, "'&' outside of a function", "it before an argument, as in sort_by(list, &name)")

    def visit_call(self, node: Node, current: str) -> str:
        function = self.functions.get(node["value"])
        if function is None:
            raise ExpressionSyntaxError(
                node["start"],
                f"the unknown function '{node['value']}'",
                "a function of `engine functions`",
                did_you_mean(node["value"], self.functions),
            )
        self._check_call(function, node)
        arguments = [
            self._argument(function.parameter(position), child, current)
            for position, child in enumerate(node["children"])
        ]
        return self.let(f"{self.constant(function.call)}({', '.join(arguments)})")

    def _check_call(self, function: Function, node: Node) -> None:
        given = len(node["children"])
        expected = function.arity_mistake(given)
        if expected is not None:
            raise ExpressionSyntaxError(node["start"], f"{function.name}() with {given} arguments", expected)
        for position, child in enumerate(node["children"]):
            wanted = function.parameter(position).is_expression
            if wanted != (child["type"] == "expref"):
                found = f"argument {position + 1} of {function.name}()"
                expected = "an expression marked with '&'" if wanted else "a value, without '&'"
                raise ExpressionSyntaxError(node["start"], found, expected)
        mistake = function.check(node["children"]) if function.check else None
        if mistake:
            raise ExpressionSyntaxError(node["start"], mistake)

    def _argument(self, parameter: Parameter, node: Node, current: str) -> str:
        if parameter.is_lazy:
            return self._delayed(parameter, node, current)
        if node["type"] == "expref":
            return self._nested(node["children"][0])
        return self._checked(parameter, self._value(self.visit(node, current)))

    def _checked(self, parameter: Parameter, value: str) -> str:
        if parameter.is_any and parameter.keeps_appended:
            return value
        adapt = self.constant(parameter.adapt)
        if parameter.is_any:
            return self.let(f"{value} if type({value}) in PLAIN else {adapt}({value})")
        if not parameter.fast:
            return self.let(f"{adapt}({value})")
        return self.let(f"{value} if type({value}) in {self.constant(parameter.fast)} else {adapt}({value})")

    def _delayed(self, parameter: Parameter, node: Node, current: str) -> str:
        """An argument as a Python function of no argument; an `&` in front of it changes nothing of what it sees."""
        name = self.new("f")
        with self.block(f"def {name}():"):
            if node["type"] == "expref":
                self.write(f"return {self._value(self.visit(node['children'][0], current))}")
            else:
                self.write(f"return {self._checked(parameter, self._value(self.visit(node, current)))}")
        return name

    def _nested(self, body: Node) -> str:
        """`&body` as a Python function of the element."""
        name, element = self.new("f"), self.new()
        with self.block(f"def {name}({element}):"):
            self.write(f"return {self._value(self.visit(body, element))}")
        return name

    # Templates: what `#[…]` stands in

    def visit_leaf(self, node: Node, current: str) -> str:
        self.write(f"leaf = {int(node['value'])}")
        return self._value(self.visit(node["children"][0], current))

    def visit_map(self, node: Node, current: str) -> str:
        return self.let(self._entries(node, current))

    def visit_list(self, node: Node, current: str) -> str:
        return self.let(f"[{', '.join(self._elements(node['children'], current))}]")

    def visit_text(self, node: Node, current: str) -> str:
        texts = [
            self.constant(child["value"])
            if child["type"] == "literal"
            else self.let(f"to_text({self.visit(child, current)})")
            for child in node["children"]
        ]
        return self.let(" + ".join(texts))
