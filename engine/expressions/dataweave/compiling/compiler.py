"""Compiles the tree of a script into one Python function."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from engine.expressions.dataweave.compiling.base import RETURN, nodes
from engine.expressions.dataweave.compiling.calls import Room
from engine.expressions.dataweave.compiling.matching import Matching
from engine.expressions.dataweave.compiling.naming import Load
from engine.expressions.dataweave.compiling.runtime import GLOBALS
from engine.expressions.dataweave.compiling.scopes import Declared, Scope, Written
from engine.expressions.dataweave.compiling.writer import PLACED, Place
from engine.expressions.dataweave.syntax.tree import Do, Index, Node, Script, Select
from engine.expressions.dataweave.values.errors import DataWeaveError, Failed
from engine.expressions.errors import ExpressionSyntaxError, depth_bounded

Evaluate = Callable[[Any], Any]

OPENED = (
    "def evaluate(event):",
    " budget = here() or begin()",
    " outer = budget.limit",
    " if not outer: budget.limit = budget.spent + MOST_STEPS",
    " try:",
)
CLOSED = (" except Exception as error:", "  raise placed(error) from None", " finally:", "  budget.limit = outer")
SCRIPT = "<script>"
"""The name of the file of compiled code in tracebacks."""
OFFSET = re.compile(re.escape(PLACED) + r"(-?\d+)$")
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
    with depth_bounded(lambda: compiler.offset):
        return compiler.compile(script)


def source_of(evaluate: Evaluate) -> str:
    """Return the Python code of a compiled script."""
    return str(evaluate.__globals__["__source__"])


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
        self.deliver(script.body, scope, RETURN)
        return self.finished()

    def room_of_modules(self) -> Room:
        return self.header

    def _write_directives(self, scope: Scope) -> None:
        """Write all variables in their order, and all functions, so that what is wrong in them is found."""
        for each in list(scope.names.values()):
            if isinstance(each, Written) and each.scope is scope:
                self.function_names(each)
        for each in list(scope.names.values()):
            if isinstance(each, Declared) and each.scope is scope:
                self.value_of(each)

    def visit_do(self, node: Do, scope: Scope) -> str:
        return self.delivered(node, scope)

    def deliver_do(self, node: Do, scope: Scope, sink: str) -> None:
        room, place, start = Room(self.place), self.place, len(self.place.lines)
        inner = self.scope_of(node.directives, scope, room)
        inner.room = room
        self._write_directives(inner)
        self.deliver(node.body, inner, sink)
        place.lines[start:start] = [*room.functions, *room.lines]

    def finished(self) -> Evaluate:
        """Return the function of all lines."""
        lines = [*self.header.functions, *self.header.lines, *self.place.lines]
        source = "\n".join([*self.parts, *OPENED, *lines, *CLOSED])
        space = self.constants | {"__source__": source}
        space["placed"] = Places(source.split("\n")).placed
        exec(compile(source, SCRIPT, "exec"), space)  # noqa: S102  # the code is ours, values are constants
        evaluate: Evaluate = space.pop("evaluate")  # it holds the space: avoids a reference cycle
        return evaluate


def _asks_for_key(node: Node) -> bool:
    """Return whether a selector asks for attributes or namespaces."""
    if isinstance(node, Index):
        return node.kind == "@"
    return isinstance(node, Select) and node.kind in KEYED


class Places:
    """Finds the place in a script of an error that was raised in its code."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines

    def placed(self, error: Exception) -> Exception:
        """Return the error to raise, which knows the offset in the script."""
        offset, is_own = self._offset(error.__traceback__)
        found = error
        if isinstance(error, RecursionError):
            found = Failed("the script stops: too many calls inside each other", "StackOverflow")
        elif isinstance(error, NameError) and is_own:
            found = Failed("a variable is not there yet: its value needs itself", "NotInitialized")
        if isinstance(found, DataWeaveError) and found.offset is None:
            found.offset = offset
        return found

    def _offset(self, traceback: TracebackType | None) -> tuple[int | None, bool]:
        """Return the offset of the innermost line of the script's own code, and whether the error was raised there."""
        offset, is_own = None, False
        while traceback is not None:
            is_own = traceback.tb_frame.f_code.co_filename == SCRIPT
            if is_own:
                found = OFFSET.search(self.lines[traceback.tb_lineno - 1])
                offset = int(found[1]) if found else offset
            traceback = traceback.tb_next
        return offset, is_own
