"""Compiles functions: lambdas, functions of a header, and what `$` stands for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from engine.expressions.dataweave.compiling.base import RETURN
from engine.expressions.dataweave.compiling.scopes import Local, Scope, Written
from engine.expressions.dataweave.compiling.selectors import Selectors
from engine.expressions.dataweave.syntax.tree import Call, Lambda, Node, Parameter
from engine.expressions.dataweave.values.types import Type
from engine.expressions.errors import ExpressionSyntaxError
from engine.limits import DEEPEST_CALLS

DOLLARS = ("$", "$$", "$$$")
CALL = 12
"""Steps of a call."""
UNCHECKED = frozenset({"Any", "Function", "Nothing"})
"""Types of parameters that need no check."""


class Tail(NamedTuple):
    """The function whose last call to itself is a jump. names: of its parameters."""

    written: Written
    number: int
    names: list[str]


class Functions(Selectors):
    """Functions. nesting: how many there are around what is compiled."""

    tail: Tail | None = None
    nesting = 0

    def visit_lambda(self, node: Lambda, scope: Scope) -> str:
        """Write a function, and return the name of it as a value."""
        name = self.function_of(node, scope)
        return self.let(self.as_value(name, node, scope), "Function")

    def as_value(self, name: str, node: Lambda, scope: Scope) -> str:
        """Return the code that makes a value of a Python function."""
        types = tuple(self.parameter_type(each, self._scope_of_types(node, scope)) for each in node.parameters)
        least = sum(each.default is None for each in node.parameters)
        kinds = self.constant(types) if any(types) else "None"
        call = f"from_last({name}, {len(types)})" if is_filled_from_last(node) else name
        defaults = "".join(f"{self._default_of(each, scope)}, " for each in node.parameters if each.default)
        return f"Function({self.constant(node.name)}, {len(types)}, {call}, {kinds}, {least}, defaults=({defaults}))"

    def _default_of(self, parameter: Parameter, scope: Scope) -> str:
        """Write the function that returns the default of a parameter."""
        name = self.new("f")
        with self.outside_of_tail(), self.function(name, []):
            if parameter.default is not None:
                self.deliver(parameter.default, scope, RETURN)
        return name

    def _scope_of_types(self, node: Lambda, scope: Scope) -> Scope:
        inner = Scope(scope)
        inner.type_names = frozenset(node.type_names)
        return inner

    def parameter_type(self, parameter: Parameter, scope: Scope) -> Type | None:
        """Return the type that an argument must have; None if it may be anything."""
        kind = self.type_of(parameter.type, scope) if parameter.type is not None else None
        return None if kind is None or kind.name in UNCHECKED else kind

    def function_of(self, node: Lambda, scope: Scope, *, is_checked: bool = True) -> str:
        """Write the Python function of a lambda, and return its name.

        is_checked: whether its arguments must be of the types of its parameters; those of a map need not.
        """
        name, inner = self.new("f"), self._scope_of_types(node, scope)
        names = [self._declare(each, inner) for each in node.parameters]
        with self.outside_of_tail(), self.function(name, _heads(node, names)):
            self.checks(node, inner, names, is_checked=is_checked)
            self.deliver(node.body, inner, RETURN)
        return name

    def refuse_defaults(self, node: Lambda) -> None:
        """Refuse defaults between parameters without one."""
        has = [each.default is not None for each in node.parameters]
        if has not in (sorted(has), sorted(has, reverse=True)):
            expected = "parameters with a default at the beginning or at the end"
            raise ExpressionSyntaxError(node.offset, "a default between other parameters", expected)

    def _declare(self, parameter: Parameter, scope: Scope) -> str:
        name = self.new()
        scope.names[parameter.name] = Local(name)
        return name

    @contextmanager
    def outside_of_tail(self) -> Iterator[None]:
        """Compile the body of another function."""
        outer, self.tail = self.tail, None
        self.nesting += 1
        yield
        self.nesting -= 1
        self.tail = outer

    def checks(self, node: Lambda, scope: Scope, names: list[str], *, is_checked: bool = True) -> None:
        """Write defaults, which do not see the parameters, and the conversion of arguments to types."""
        self.refuse_defaults(node)
        for parameter, name in zip(node.parameters, names, strict=True):
            if parameter.default is not None:
                with self.block(f"if {name} is UNSET:"):
                    self.deliver(parameter.default, scope.outer or scope, name)
            kind = self.parameter_type(parameter, scope)
            if kind is not None and is_checked:
                known = self.constant(kind)
                with self.block(f"if not {self.is_of(name, kind)}:"):
                    self.write(f"{name} = argument({name}, {known}, {node.name!r}, [{', '.join(names)}])")

    def implied(self, node: Node, scope: Scope, arity: int) -> str:
        """Write the function that an expression with `$` stands for, and return its name."""
        name, inner = self.new("f"), Scope(scope)
        names = [self.new() for _ in range(arity)]
        for dollar, each in zip(DOLLARS, names, strict=False):
            inner.names[dollar] = Local(each)
        with self.outside_of_tail(), self.function(name, [f"{each}=None" for each in names]):
            self.deliver(node, inner, RETURN)
        return name

    # Functions of a header

    def write_function(self, written: Written, number: int) -> None:
        """Write one of the functions of a name."""
        node = written.lambdas[number]
        self.names_of_functions[written.names[number]] = written.name
        scope = self._scope_of_types(node, written.scope)
        names = [self._declare(each, scope) for each in node.parameters]
        heads = _heads(node, names)
        if written.is_recursive:
            scope.depth = self.new("d")
            heads.append(f"{scope.depth}=0")
        outer, self.tail = self.tail, Tail(written, number, names)
        with self.function(written.names[number], heads):
            self._write_body(written, node, scope, names)
        self.tail = outer

    def _write_body(self, written: Written, node: Lambda, scope: Scope, names: list[str]) -> None:
        if not written.is_recursive:
            self.checks(node, scope, names)
            self.deliver(node.body, scope, RETURN)
            return
        self.write(f"if {scope.depth} > {DEEPEST_CALLS}: too_deep({written.name!r})")
        with self.loop("while True:", names[0] if names else ""):
            self.write(f"budget.pay({CALL}, {written.name!r})")
            self.checks(node, scope, names)
            self.deliver(node.body, scope, RETURN)

    def jumps(self, node: Call, written: Written, number: int, sink: str) -> bool:
        """Return whether a call is the last thing that its own function does."""
        tail = self.tail
        return sink == RETURN and tail is not None and tail.written is written and tail.number == number

    def jump(self, arguments: list[str]) -> None:
        """Write the call of the function by itself as the next round of its loop."""
        names = self.tail.names if self.tail else []
        if names:
            self.write(f"{', '.join(names)} = {', '.join(arguments)}")
        self.write("continue")


def _heads(node: Lambda, names: list[str]) -> list[str]:
    """Return the parameters in Python; those with a default, and all behind it, may be missing."""
    found, may_miss = [], False
    for parameter, name in zip(node.parameters, names, strict=True):
        may_miss = may_miss or parameter.default is not None
        found.append(f"{name}=UNSET" if may_miss else name)
    return found


def is_filled_from_last(node: Lambda) -> bool:
    """Return whether arguments belong to the last parameters, because the first one has a default."""
    return bool(node.parameters) and node.parameters[0].default is not None
