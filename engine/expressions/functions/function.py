"""What a function of the expression language is: its types, its manual, its Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.expressions.appended import Appended
from engine.expressions.errors import EvaluationError
from engine.expressions.operators import NUMBERS, type_name

ACCEPTED = {
    "number": NUMBERS,
    "string": frozenset({str}),
    "boolean": frozenset({bool}),
    "null": frozenset({type(None)}),
    "object": frozenset({dict}),
    "array": frozenset({list}),
    "any": frozenset[type](),
    "expression": frozenset[type](),
}


class Parameter:
    """One argument: the types it takes, as `array|null`, `array[number]` or `any`.

    `fast` holds the Python types that need no further look. A value of another type goes through
    `adapt`, which converts it or raises EvaluationError.
    """

    def __init__(self, function: str, position: int, types: str, keeps_appended: bool) -> None:
        self.function = function
        self.position = position
        self.expected = types.replace("|", " or ")
        self.is_any = types == "any"
        self.is_expression = types == "expression"
        outer = [kind.partition("[")[0] for kind in types.split("|")]
        self.names = frozenset(outer)
        self.elements = frozenset(kind.partition("[")[2].rstrip("]") for kind in types.split("|")) - {""}
        self.keeps_appended = keeps_appended
        self.fast = frozenset[type]() if self.elements else frozenset().union(*(ACCEPTED[kind] for kind in outer))
        if keeps_appended:
            self.fast |= {Appended}

    def adapt(self, value: Any) -> Any:
        if not self.is_any and type_name(value) not in self.names:
            self._refuse(type_name(value))
        if type(value) is Appended and not self.keeps_appended:
            value = value.to_list()
        if self.elements and isinstance(value, list):
            self._check_elements(value)
        return value

    def _check_elements(self, elements: list[Any]) -> None:
        kinds = {type_name(element) for element in elements}
        if not kinds <= self.elements:
            self._refuse("an array with " + min(kinds - self.elements))
        if len(kinds) > 1:
            self._refuse("an array with " + " and ".join(sorted(kinds)))

    def _refuse(self, found: str) -> None:
        raise EvaluationError(f"{self.function}() takes {self.expected} as argument {self.position}, not {found}")


@dataclass(frozen=True)
class Function:
    """A function: `call` gets checked arguments; `check` may refuse literal ones at load.

    The docstring of `call` is the manual entry. Its lines of the form `EXPRESSION → JSON` are
    examples, and are run as tests.
    """

    name: str
    parameters: tuple[Parameter, ...]
    variadic: bool
    call: Callable[..., Any]
    check: Callable[[Sequence[Any]], str | None] | None = None

    def parameter(self, position: int) -> Parameter:
        return self.parameters[min(position, len(self.parameters) - 1)]

    def arity_mistake(self, given: int) -> str | None:
        """What is wrong with this number of arguments; None where it fits."""
        least = len(self.parameters)
        if given == least or (self.variadic and given > least):
            return None
        return f"{'at least ' if self.variadic else ''}{least} argument{'s' if least != 1 else ''}"

    @property
    def manual(self) -> str:
        return self.call.__doc__ or ""


def function(
    *types: str, keeps_appended: bool = False, check: Callable[[Sequence[Any]], str | None] | None = None
) -> Callable[[Callable[..., Any]], Function]:
    """Make a Function of a Python function; the types are given in order, `...` in front of a variadic last one."""

    def decorate(call: Callable[..., Any]) -> Function:
        name = call.__name__.rstrip("_")
        parameters = tuple(
            Parameter(name, position, kind.removeprefix("..."), keeps_appended)
            for position, kind in enumerate(types, 1)
        )
        return Function(name, parameters, bool(types) and types[-1].startswith("..."), call, check)

    return decorate
