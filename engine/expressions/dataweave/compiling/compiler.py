"""Compiles the tree of a script into one Python function."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any
from weakref import ref

from engine.expressions.dataweave.compiling.base import RETURN, nodes
from engine.expressions.dataweave.compiling.calls import Room
from engine.expressions.dataweave.compiling.matching import Matching
from engine.expressions.dataweave.compiling.naming import Load
from engine.expressions.dataweave.compiling.runtime import GLOBALS
from engine.expressions.dataweave.compiling.scopes import Declared, Scope, Written
from engine.expressions.dataweave.compiling.writer import Place
from engine.expressions.dataweave.syntax.tree import Do, Index, Node, Script, Select
from engine.expressions.dataweave.values.errors import DataWeaveError, Failed
from engine.expressions.dataweave.values.places import LINES, NAMES, SCRIPT, TEXT, is_raised_here, places
from engine.expressions.errors import ExpressionSyntaxError, depth_bounded

Evaluate = Callable[[Any], Any]

OPENED = (
    " budget = here() or begin()",
    " outer = budget.limit",
    " if not outer: budget.limit = budget.spent + MOST_STEPS",
)
CLOSED = (" finally:", "  budget.limit = outer")
CALLED = re.compile(r"\b([A-Za-z_]\w*)\(")
STRAIGHT = frozenset({
    "type", "get", "select", "select_keyed", "at", "at_keyed", "has", "has_at", "attribute", "equals", "less",
    "greater", "truth", "condition", "plain",
})  # fmt: skip
"""Calls whose cost is bounded by the size of the inputs. Code with no others is not charged, as it has no loops."""
KEYED = frozenset({".@", ".*@", "..@", ".#"})


def compile_script(
    script: Script,
    *,
    inputs: Mapping[str, str] | None = None,
    names: Mapping[str, Any] | None = None,
    load: Load | None = None,
    constants: Mapping[str, Any] | None = None,
) -> Evaluate:
    """Return the function of `event` that evaluates the script.

    inputs: names and what they stand for, as Python code over `event`. names: values of the outermost scope, also of
    the module Mule. load: returns the tree of a module of the project. constants: further names for the code of inputs.
    Raises ExpressionSyntaxError for names that are unknown, and for what is refused.
    """
    compiler = _Compiler({**GLOBALS, **(constants or {})}, inputs or {}, names or {}, load)
    with depth_bounded(lambda: compiler.span[0]):
        return compiler.compile(script)


def source_of(evaluate: Evaluate) -> str:
    """Return the Python code of a compiled script."""
    return "\n".join(evaluate.__globals__[LINES])


class _Compiler(Matching):
    """All parts, and `do`."""

    def compile(self, script: Script) -> Evaluate:
        self.is_keyed = any(map(_asks_for_key, nodes(script)))
        self.header = Room(Place(depth=2))
        self.place = Place(depth=2)
        scope = self.scope_of(script.directives, None, self.header)
        self._write_directives(scope)
        if script.body is None:
            raise ExpressionSyntaxError(script.offset, "a header alone", "'---' and an expression behind it", "---")
        if self.is_keyed:
            self.put(f"without_blanks({self.visit(script.body, scope)})", RETURN)
        else:
            self.deliver(script.body, scope, RETURN)
        return self.finished(script.text)

    def room_of_modules(self) -> Room:
        return self.header

    def _write_directives(self, scope: Scope) -> None:
        """Write all variables in their order, and all functions, so that what is wrong in them is found."""
        for each in list(scope.names.values()):
            if isinstance(each, Written) and each.scope is scope:
                self.function_names(each)
        for each in list(scope.names.values()):
            if isinstance(each, Declared) and each.scope is scope:
                self.write_variable(each)

    def visit_do(self, node: Do, scope: Scope) -> str:
        return self.delivered(node, scope)

    def deliver_do(self, node: Do, scope: Scope, sink: str) -> None:
        room, place, start = Room(self.place), self.place, len(self.place.lines)
        inner = self.scope_of(node.directives, scope, room)
        inner.room = room
        self._write_directives(inner)
        self.deliver(node.body, inner, sink)
        place.lines[start:start] = [*room.functions, *room.lines]

    def finished(self, text: str) -> Evaluate:
        """Return the function of all lines."""
        lines = [*self.header.functions, *self.header.lines, *self.place.lines]
        is_charged = self.parts or not STRAIGHT.issuperset(CALLED.findall("\n".join(lines)))
        head = ["def evaluate(event):", *(OPENED if is_charged else ()), " try:"]
        tail = [" except Exception as error:", "  raise placed(error) from None", *(CLOSED if is_charged else ())]
        source = "\n".join([*self.parts, *head, *lines, *tail])
        space = self.constants | {
            LINES: source.split("\n"),
            TEXT: text,
            NAMES: self.names_of_functions,
            "placed": placed,
        }
        return _compiled_when_called(source, space)


def _compiled_when_called(source: str, space: dict[str, Any]) -> Evaluate:
    """Return the function of a source, whose code is compiled at its first call: many scripts of a file never run."""
    evaluate = FunctionType(STUB, space)
    itself = ref(evaluate)  # no reference cycle

    def first(event: Any) -> Any:
        compiled: dict[str, Any] = {}
        exec(compile(source, SCRIPT, "exec"), space, compiled)  # noqa: S102  # the code is ours, values are constants
        space.update(compiled)
        function = itself()
        if function is not None:
            function.__code__ = space.pop("evaluate").__code__
        return function(event) if function is not None else None

    space["first"] = first
    return evaluate


def _stub(event: Any) -> Any:
    return first(event)  # type: ignore[name-defined]  # noqa: F821  # a name of the space


STUB = _stub.__code__


def _asks_for_key(node: Node) -> bool:
    """Return whether a selector asks for attributes or namespaces."""
    if isinstance(node, Index):
        return node.kind == "@"
    return isinstance(node, Select) and node.kind in KEYED


def placed(error: Exception) -> Exception:
    """Return the error to raise, which knows the offset in the script."""
    found = error
    if isinstance(error, RecursionError):
        found = Failed("the script stops: too many calls inside each other", "StackOverflow")
    elif isinstance(error, NameError) and is_raised_here(error):
        found = Failed("a variable is not there yet: its value needs itself", "NotInitialized")
    if isinstance(found, DataWeaveError) and found.offset is None:
        found.offset = next((each.start for each in places(error)), None)
    return found
