"""A script in a flow file behind the common interface of expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.expressions.dataweave.syntax.tree import Literal, Name, Script, Select
from engine.expressions.dataweave.walking import bound_names, called, nodes, selected, static_path
from engine.expressions.errors import ExpressionSyntaxError
from engine.expressions.functions.function import Function
from engine.expressions.held import Constant, Demand, Known, Path
from engine.expressions.schemas import OPEN, Schema, of_value

Evaluate = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class DataWeaveTree:
    """One parsed and compiled script.

    evaluate: from the event to the result. finish: makes of it what the engine holds; None if it is that already.
    media_type: of the directive `output`, if there is one. functions: those of the application. has_scope: whether
    `evaluate` takes the event and the names of a `let` around.
    """

    script: Script
    evaluate: Evaluate
    finish: Evaluate | None
    media_type: str | None
    functions: Mapping[str, Function]
    roots: frozenset[str]
    has_scope: bool = False

    @property
    def path(self) -> Path:
        """The names of a selector of names alone, such as `vars.x`; empty for any other script."""
        path = static_path(self.script)
        return path if path and path[0] in self.roots and not self.has_scope else ()

    @property
    def constant(self) -> Constant | None:
        body = self.script.body
        return Constant(body.value) if isinstance(body, Literal) and not self.script.directives else None

    def doubts(self) -> Iterator[ExpressionSyntaxError]:
        return iter(())

    def reads(self) -> Iterator[Path]:
        """Yield the paths that selectors name; a name that a script binds itself is none of the event's."""
        roots = self.roots - bound_names(self.script)
        inner: set[int] = set()
        for each in nodes(self.script):
            path = selected(each) if isinstance(each, (Name, Select)) and id(each) not in inner else ()
            if path and path[0] in roots:
                inner.update(map(id, nodes(each)))
                yield path

    def calls(self) -> Iterator[Function]:
        return (self.functions[name] for name, _ in called(self.script) if name in self.functions)

    def shape(self, known: Known) -> Schema:
        constant = self.constant
        return of_value(constant.value) if constant else OPEN

    def implies(self, schema: Schema) -> Iterator[Demand]:
        return iter(())
