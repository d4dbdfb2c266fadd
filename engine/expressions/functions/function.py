"""A function of the expression language: its types, its manual, its Python."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache, cached_property, wraps
from inspect import cleandoc
from typing import Any, NamedTuple

from engine.expressions.appended import Appended
from engine.expressions.errors import EvaluationError
from engine.expressions.functions.numbers.rounding import exact, whole
from engine.expressions.operators import NUMBERS, is_number, type_name, type_names
from engine.expressions.schemas import OPEN, Schema

ACCEPTED = {
    "number": NUMBERS,
    "integer": frozenset({int}),
    "natural": frozenset[type](),
    "string": frozenset({str}),
    "boolean": frozenset({bool}),
    "null": frozenset({type(None)}),
    "object": frozenset({dict}),
    "array": frozenset({list}),
    "date": frozenset({date}),
    "datetime": frozenset({datetime}),
    "time": frozenset({time}),
    "bytes": frozenset({bytes}),
    "any": frozenset[type](),
    "expression": frozenset[type](),
}
HAVE_LENGTH = frozenset({"array", "object", "string", "bytes"})
TEXTS = frozenset({"string", "bytes"})
SIMPLE = frozenset({"str", "bytes", "int", "float", "bool", "None", "Decimal", "date", "datetime"})
"""Words of types whose values hold no others."""
JSON_TYPES = {
    "str": "string", "int": "integer", "float": "number", "Decimal": "number", "bool": "boolean", "None": "null",
    "list": "array", "dict": "object", "date": "string", "datetime": "string", "time": "string",
}  # fmt: skip
"""What JSON has for words of types."""
SMALLEST = {"str": 80, "int": 32, "float": 24, "Decimal": 104, "datetime": 48, "list": 80, "Appended": 80, "dict": 200}
"""Bytes of results."""
WHOLE = {"integer": "a whole number", "natural": "a whole number of at least 0"}
"""Kinds of number (JEP-14: a number of another kind is an invalid value)."""


def alike(values: Sequence[Any], kinds: Iterable[str]) -> bool:
    """Return whether all values are of one of the kinds, the same for all."""
    types = set(map(type, values))
    for kind in kinds:
        if types <= ACCEPTED[kind]:
            return True
    names = type_names(values)
    return len(names) == 1 and names <= set(kinds)


class Kinds(NamedTuple):
    """The meaning of `array[number]|null`."""

    expected: str
    names: frozenset[str]
    elements: frozenset[str]
    whole: str | None
    fast: frozenset[type]


@cache
def _kinds(types: str) -> Kinds:
    outer = [kind.partition("[")[0] for kind in types.split("|")]
    elements = frozenset(kind.partition("[")[2].rstrip("]") for kind in types.split("|")) - {""}
    return Kinds(
        expected=types.replace("natural", "integer").replace("|", " or "),
        names=frozenset("number" if kind in WHOLE else kind for kind in outer),
        elements=elements,
        whole=next((kind for kind in outer if kind in WHOLE), None),
        fast=frozenset[type]() if elements else frozenset[type]().union(*(ACCEPTED[kind] for kind in outer)),
    )


class Parameter:
    """One argument: the types it takes, as `array|null`, `array[number]` or `any`.

    `…?` may be left out. `lazy …` is passed as a Python function without arguments, which checks and computes it; `each
    expression` as a function of a list, which returns the expression's value for each of its elements; `fold
    expression` as one of {acc, …}, which returns the next `acc`. `integer` and `natural` are numbers without a
    fraction, `natural` ones not below 0.

    `fast` holds the Python types that need no further check, `fast_elements` those of a list's elements. A value of
    another type goes through `adapt`, which converts it or raises EvaluationError.
    """

    def __init__(self, function: str, position: int, types: str, keeps_appended: bool) -> None:
        self.function = function
        self.position = position
        self.is_optional = types.endswith("?")
        self.is_lazy = types.startswith("lazy ")
        self.is_each = types.startswith("each ")
        self.is_fold = types.startswith("fold ")
        self.keeps_appended = keeps_appended
        self.kinds = _kinds(types.removeprefix("lazy ").removeprefix("each ").removeprefix("fold ").removesuffix("?"))
        self.expected = self.kinds.expected
        self.is_any = self.expected == "any"
        self.is_expression = self.expected == "expression"
        self.fast = self.kinds.fast | {Appended} if keeps_appended else self.kinds.fast
        self.has_length = not self.is_lazy and self.kinds.names - {"null"} <= HAVE_LENGTH
        self.is_text = self.kinds.names - {"null"} <= TEXTS
        alone = len(self.kinds.elements) == 1
        self.fast_elements = ACCEPTED[next(iter(self.kinds.elements))] if alone else frozenset[type]()

    def adapt(self, value: Any) -> Any:
        if not self.is_any:
            self._check_type(value)
        if self.kinds.whole and is_number(value):
            return self._whole_number(value)
        if type(value) is Appended and not self.keeps_appended:
            value = value.to_list()
        if self.kinds.elements and isinstance(value, list):
            self._check_elements(value)
        return value

    def _check_type(self, value: Any) -> None:
        kind = type_name(value)
        if kind not in self.kinds.names:
            self._refuse(kind)
        if kind == "object" and not isinstance(value, Mapping):  # a message or an error: fields, but no keys
            self._refuse(type(value).__name__)

    def _whole_number(self, value: Any) -> int:
        try:
            number = whole(exact(self.function, value), self.function) if isinstance(value, Decimal) else int(value)
        except (ValueError, OverflowError):  # NaN and the infinities
            self._refuse("a number out of range", self.expected_whole)
        if number != value:
            self._refuse("a number with a fraction", self.expected_whole)
        if number < 0 and self.kinds.whole == "natural":
            self._refuse("a negative number", self.expected_whole)
        return number

    @property
    def expected_whole(self) -> str:
        return WHOLE[self.kinds.whole or "integer"]

    def _check_elements(self, elements: list[Any]) -> None:
        if alike(elements, self.kinds.elements):
            return
        kinds = type_names(elements)
        strange = sorted(kinds - self.kinds.elements)[:1] or sorted(kinds)
        self._refuse("an array with " + " and ".join(strange))

    def _refuse(self, found: str, expected: str = "") -> Any:
        expected = expected or self.expected
        raise EvaluationError(f"{self.function}() takes {expected} as argument {self.position}, not {found}")


COMPUTED = object()
"""Stands for an argument that is not a literal, among the arguments of `check`."""

Check = Callable[[Sequence[Any]], str | None]


def literal_text(arguments: Sequence[Any], position: int) -> str | None:
    """Return the argument at a position, if it is a literal text."""
    argument = arguments[position] if len(arguments) > position else None
    return argument if isinstance(argument, str) else None


@dataclass(frozen=True)
class Function:
    """A function: `call` takes checked arguments; `check` takes the literal ones at load, and returns the mistake.

    The docstring of `call` is the manual entry. Its lines of the form `EXPRESSION → JSON` are
    examples, and are run as tests. `dataweave` is the equivalent in DataWeave, if there is one.

    steps: the cost of a call with short arguments, in steps of the budget; each: the cost of each element, or of 16
    characters, of long ones; 0 if it does not go through them, or counts something itself. `in_place` is the `call` to
    use if the first argument may be changed: an accumulator of `reduce`. shape: the schema of its result, or a function
    that returns one of the schemas of the arguments. acts: whether a call reads or changes anything but its arguments
    that flows act on, such as other flows.
    """

    name: str
    parameters: tuple[Parameter, ...]
    variadic: bool
    call: Callable[..., Any]
    check: Check | None = None
    dataweave: str = ""
    steps: int = 8
    each: int = 1
    in_place: Callable[..., Any] | None = None
    shape: Schema | Callable[..., Schema] = field(default_factory=dict)
    acts: bool = False

    def shape_of(self, arguments: Sequence[Schema]) -> Schema:
        """Return the schema of the result for arguments of these schemas: as declared, or as the annotation says."""
        return self.shape(*arguments) if callable(self.shape) else self.shape or self._annotated

    @cached_property
    def _annotated(self) -> Schema:
        """The schema of the annotated result, if JSON has such a type."""
        written = str(getattr(self.call, "__annotations__", {}).get("return", "Any"))
        outer = re.sub(r"\[.*\]", "", written).split("|")  # list[str | None] is a list
        types = list(dict.fromkeys(JSON_TYPES.get(word.strip()) for word in outer))
        return OPEN if None in types else {"type": types[0] if len(types) == 1 else types}

    @cached_property
    def _result(self) -> frozenset[str]:
        """The words of the result type of the Python function."""
        return frozenset(re.findall(r"\w+", str(getattr(self.call, "__annotations__", {}).get("return", "Any"))))

    @property
    def makes_text(self) -> bool:
        return "str" in self._result and self._result <= SIMPLE

    @property
    def keeps_values(self) -> bool:
        """Whether the result may be, or hold, a part of the arguments."""
        return not self._result <= SIMPLE

    @property
    def makes(self) -> int:
        """Bytes of the smallest result."""
        return max((SMALLEST.get(word, 0) for word in self._result), default=0)

    def parameter(self, position: int) -> Parameter:
        return self.parameters[min(position, len(self.parameters) - 1)]

    def arity_mistake(self, given: int) -> str | None:
        """Return the mistake of this number of arguments; None if it fits."""
        most = len(self.parameters)
        least = sum(not parameter.is_optional for parameter in self.parameters)
        if least <= given and (given <= most or self.variadic):
            return None
        if self.variadic:
            return f"at least {least} argument{'s' if least != 1 else ''}"
        bounds = f"{least}" if least == most else f"{least} {'or' if most == least + 1 else 'to'} {most}"
        return f"{bounds} argument{'s' if most != 1 else ''}"

    @property
    def manual(self) -> str:
        text = cleandoc(self.call.__doc__ or "")
        return f"{text}\n\nDataWeave: {self.dataweave}" if self.dataweave else text


REFUSED = object()
"""Null is not a value that the function takes, unless its first type says so."""


def function(
    *types: str,
    keeps_appended: bool = False,
    check: Check | None = None,
    dataweave: str = "",
    of_null: Any = REFUSED,
    steps: int = 8,
    each: int = 1,
    in_place: Callable[..., Any] | None = None,
    shape: Schema | Callable[..., Schema] = OPEN,
    acts: bool = False,
) -> Callable[[Callable[..., Any]], Function]:
    """Make a Function of a Python function; the types are given in order, `...` in front of a variadic last one.

    of_null: the result if the first argument is null.
    steps, each, in_place, shape, acts: see Function.
    """
    if of_null is not REFUSED:
        types = (f"{types[0]}|null", *types[1:])

    def decorate(call: Callable[..., Any]) -> Function:
        name = call.__name__.rstrip("_")
        parameters = tuple(
            Parameter(name, position, kind.removeprefix("..."), keeps_appended)
            for position, kind in enumerate(types, 1)
        )
        variadic = bool(types) and types[-1].startswith("...")
        run = call if of_null is REFUSED else _passing_null(call, of_null)
        return Function(name, parameters, variadic, run, check, dataweave, steps, each, in_place, shape, acts)

    return decorate


def _passing_null(call: Callable[..., Any], of_null: Any) -> Callable[..., Any]:
    @wraps(call)
    def run(subject: Any, *rest: Any) -> Any:
        return of_null if subject is None else call(subject, *rest)

    run.__annotations__ = {**run.__annotations__, "return": f"{run.__annotations__['return']} | {_word_of(of_null)}"}
    return run


def _word_of(value: Any) -> str:
    return "None" if value is None else type(value).__name__
