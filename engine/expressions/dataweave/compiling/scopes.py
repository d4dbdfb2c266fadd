"""What names stand for: a chain of scopes from the innermost to the library."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from engine.expressions.dataweave.syntax.tree import Function, Lambda, Prefix, TypeAlias, Variable
from engine.expressions.dataweave.values.types import Type


@dataclass(slots=True)
class Local:
    """A parameter or a variable, in the Python variable `name`. is_key: whether it holds a key as a plain text."""

    name: str
    is_key: bool = False


@dataclass(slots=True)
class Declared:
    """A variable of a header or of `do`. name: empty until its value begins to be written.

    nesting: how many functions are around its value, while it is written. may_be_unready: whether its value may be an
    error that is raised where it is used.
    """

    scope: Scope
    directive: Variable
    name: str = ""
    is_written: bool = False
    nesting: int = -1
    may_be_unready: bool = False


@dataclass(slots=True)
class Written:
    """Functions of one name in a header or in `do`.

    names: of the Python functions, one for each overload; empty until they are written. value: the name of the function
    as a value, if it is used as one.
    """

    scope: Scope
    name: str
    lambdas: list[Lambda]
    names: list[str] = field(default_factory=list)
    value: str = ""
    is_recursive: bool = False


@dataclass(slots=True)
class Input:
    """An input. code: over `event`."""

    code: str
    name: str = ""


@dataclass(slots=True)
class Known:
    """A function, type or constant of the library."""

    value: Any
    module: str = ""


@dataclass(slots=True)
class Alias:
    """A type of the script. type: None until it is needed."""

    scope: Scope
    directive: TypeAlias
    type: Type | None = None


Binding = Local | Declared | Written | Input | Known | Alias


class Scope:
    """Names and what they stand for. namespaces: by prefix. modules: those that are imported as a whole.

    depth: the name of the variable that counts the frames of the recursive function around; empty if there is none.
    """

    def __init__(self, outer: Scope | None, room: Any = None) -> None:
        self.outer = outer
        self.names: dict[str, Binding] = {}
        self.namespaces: dict[str, Prefix] = {}
        self.modules: dict[str, str] = {}
        self.type_names: frozenset[str] = frozenset()
        self.depth: str = outer.depth if outer else ""
        self.room: Any = room or (outer.room if outer else None)

    def find(self, name: str) -> Binding | None:
        scope: Scope | None = self
        while scope is not None:
            found = scope.names.get(name)
            if found is not None:
                return found
            scope = scope.outer
        return None

    def chain(self) -> Iterator[Scope]:
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer

    def namespace(self, prefix: str) -> Prefix | None:
        return next((each.namespaces[prefix] for each in self.chain() if prefix in each.namespaces), None)

    def module(self, name: str) -> str:
        """Return the full name of a module that is imported under a name."""
        return next((each.modules[name] for each in self.chain() if name in each.modules), name)

    def known(self) -> set[str]:
        """Return all names."""
        return {name for each in self.chain() for name in each.names}

    def declare(self, directive: object) -> None:
        """Add what a directive names."""
        if isinstance(directive, Variable):
            self.names[directive.name] = Declared(self, directive)
        elif isinstance(directive, Function):
            self._declare_function(directive.function)
        elif isinstance(directive, TypeAlias):
            self.names[directive.name] = Alias(self, directive)
        elif isinstance(directive, Prefix):
            self.namespaces[directive.prefix] = directive

    def _declare_function(self, function: Lambda) -> None:
        found = self.names.get(function.name)
        if isinstance(found, Written):
            found.lambdas.append(function)
        else:
            self.names[function.name] = Written(self, function.name, [function])
