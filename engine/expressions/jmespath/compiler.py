"""Compiles syntax trees into one generated Python function.

The function takes the input of the expression (`event`, or any value if no roots are set) and
returns the result. Literals and names enter it as constants of its globals, never as text. Every
`visit_…` writes the statements that compute a node and returns a *name*: code without side effects that may be repeated
in the text any number of times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any

from engine.expressions import operators
from engine.expressions.budget import begin, here
from engine.expressions.errors import depth_bounded
from engine.expressions.functions import FUNCTIONS
from engine.expressions.functions.function import Function
from engine.expressions.jmespath.calls import Calls
from engine.expressions.jmespath.generator import INPUT
from engine.expressions.jmespath.operations import ARITHMETIC_CALLS, ORDER_CALLS, Operations
from engine.expressions.jmespath.parser import Node
from engine.expressions.jmespath.paths import Paths
from engine.expressions.jmespath.sharing import Roots
from engine.expressions.language import Evaluate
from engine.expressions.operators import MACHINE_NUMBERS, NUMBERS
from engine.expressions.sizes import share
from engine.expressions.writing import to_text
from engine.limits import MOST_STEPS

BUILTINS = {
    "type": type,
    "len": len,
    "str": str,
    "dict": dict,
    "list": list,
    "int": int,
    "set": set,
    "map": map,
    "Exception": Exception,
}
GLOBALS: Mapping[str, Any] = {
    "__builtins__": BUILTINS,
    "NUMBERS": NUMBERS,
    "MACHINE_NUMBERS": MACHINE_NUMBERS,
    "PLAIN": frozenset({str, int, float, bool, dict, list, type(None)}),
    "field": operators.field,
    "as_list": operators.as_list,
    "as_values": operators.as_values,
    "index": operators.index,
    "cut": operators.cut,
    "flatten": operators.flatten,
    "fields": operators.fields,
    "without_nulls": operators.without_nulls,
    "equals": operators.equals,
    "negate": operators.negate,
    "fresh": operators.fresh,
    "count_number": operators.count_number,
    **{f"order_{name}": call for name, call in ORDER_CALLS.items()},
    **{f"calculate_{name}": call for name, call in ARITHMETIC_CALLS.items()},
    "to_text": to_text,
    "here": here,
    "begin": begin,
    "MOST_STEPS": MOST_STEPS,
    "share": share,
    "SCALARS": frozenset({int, float, bool, type(None)}),
}


def compile_tree(
    tree: Node,
    *,
    roots: Roots | None = None,
    whole: Callable[[Any], Any] | None = None,
    functions: Mapping[str, Function] = FUNCTIONS,
    failed: Callable[[Exception, int], Exception] | None = None,
    constants: Mapping[str, Any] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Evaluate:
    """Return a function that evaluates the tree.

    roots: the meaning of bare names if the expression still sees its input; without roots the input is a plain value
        and names are its fields.
    whole: the input as one value, for `@` and `$` if there are roots.
    failed: makes the exception to raise from one that was raised inside and the number of its `leaf` node.
    constants: names for the expressions of `roots`, in addition to `event`.
    variables: the meaning of `$names` that no `let` defines, as expressions like those of `roots`.

    Raises ExpressionSyntaxError for unknown roots, variables and functions, and wrong arity.
    """
    compiler = _Compiler(roots, functions, {**GLOBALS, "whole": whole, **(constants or {})})
    compiler.scope.update(variables or {})
    with depth_bounded():
        return compiler.compile(tree, failed or _unchanged)


def check_tree(tree: Node, roots: Roots, functions: Mapping[str, Function], variables: Iterable[str] = ()) -> None:
    """Raise the errors of compile_tree, given that `let` around the tree defines these variables."""
    compiler = _Compiler(roots, functions, GLOBALS)
    compiler.scope.update(dict.fromkeys(variables, "None"))
    with depth_bounded():
        compiler.visit(tree, INPUT)


def source_of(evaluate: Evaluate) -> str:
    """Return the Python code of a compiled expression."""
    if isinstance(evaluate, attrgetter):  # of a bare root
        return f"{INPUT}.{evaluate.__reduce__()[1][0]}"
    return str(evaluate.__globals__["__source__"])


def _unchanged(error: Exception, leaf: int) -> Exception:
    return error


class _Compiler(Paths, Operations, Calls):
    """All parts, and the nodes of templates around `#[…]`."""

    def compile(self, tree: Node, failed: Callable[[Exception, int], Exception]) -> Evaluate:
        return self.function(self.visit(tree, INPUT), failed)

    def visit_leaf(self, node: Node, current: str) -> str:
        self.write(f"leaf = {int(node['value'])}")
        return self.value_of(self.visit(node["children"][0], current))

    def visit_foreign(self, node: Node, current: str) -> str:
        self.write(f"leaf = {int(node['leaf'])}")
        return self.let(f"{self.constant(node['value'])}({INPUT})")

    def visit_map(self, node: Node, current: str) -> str:
        return self.let(self.entries(node, current))

    def visit_list(self, node: Node, current: str) -> str:
        return self.let(f"[{', '.join(self.elements(node['children'], current))}]")

    def visit_text(self, node: Node, current: str) -> str:
        texts = [
            self.constant(child["value"]) if child["type"] == "literal" else self._as_text(child, current)
            for child in node["children"]
        ]
        return self.made_text(self.let("f'" + "".join(f"{{{text}}}" for text in texts) + "'"), "a text")  # flat

    def _as_text(self, node: Node, current: str) -> str:
        return self.made_text(self.let(f"to_text({self.look(node, current)})"), "a text")
