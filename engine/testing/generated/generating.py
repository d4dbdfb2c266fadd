"""Input values of a case: literal, or made from something: `{from-file: orders.json}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Self

from pydantic_core import core_schema

from engine.loading.explain import place_of
from engine.loading.files.data import as_data
from engine.parameters.expression import Expression, Template
from engine.parameters.loading import loading_of
from engine.parameters.mistake import Mistake, refuse, shown
from engine.parameters.resource import Resource
from engine.parameters.validated import ANY_VALUE, Validated, typed
from engine.testing.generated.properties import Schema
from engine.testing.generated.tokens import token_function
from engine.values.errors import EXPRESSION, FlowError
from engine.values.event import Event
from engine.values.media import read_json, read_yaml

Make = Callable[[], Any]
SCHEMA = "from-schema"


class Value(Validated):
    """An input value of a case; `make` returns it, made again for each run.

    A map of one key that begins with `from-`, at any depth, is made: from a file beside the flows (JSON or YAML by its
    name, otherwise text), or from an expression, which may make a token: `jwt(claims, secret)`. A whole payload may be
    made from a JSON Schema, a file or written in place: then the case is tried with many bodies, `examples` of them,
    and the smallest that fails is reported.
    """

    word = "value"
    schema = ANY_VALUE
    UNSET: ClassVar[Value]

    def __init__(self, written: Any, make: Make | None = None) -> None:
        self.written = as_data(written)
        self.drawn_from = make if isinstance(make, Schema) else None
        self.make: Make = make or (lambda: self.written)

    @property
    def is_given(self) -> bool:
        return self is not Value.UNSET

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self:
        if isinstance(value, cls):
            return value
        maker = _maker(value)
        if maker == SCHEMA:
            return cls(value, _from_schema(value[maker], info))
        return cls(value, _making(value, info))


class Values(Value):
    """A map of them by name: headers, variables."""

    word = "map"
    schema = typed("object")
    NONE: ClassVar[Values]

    def __bool__(self) -> bool:
        return bool(self.written)

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self:
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            refuse([Mistake("F303", shown(value), "a map of names and values")])
        make = _making(value, info)
        return cls(value, _checked(make, value) if make and _maker(value) else make)


def _checked(make: Make, written: Any) -> Make:
    """Accept a map that is made from something, and nothing else."""

    def checked() -> Any:
        made = make()
        if not isinstance(made, Mapping):
            raise FlowError(EXPRESSION, f"{shown(as_data(written))} makes no map of names and values")
        return made

    return checked


class Replied(Template):
    """A value that a mock leaves: a template, or made like the values of a case, as a whole."""

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self:
        make = _making(value, info)
        if make is None:
            return super()._validate(value, info)
        if not _maker(value):
            expected = "one for the whole value, or an expression such as #[resource('orders.json')]"
            refuse([Mistake("F303", "a value that is made inside that of a mock", expected, "", place_of(value))])
        made = cls(None)
        made.evaluate = lambda event: make()
        return made


def _maker(value: Any) -> str:
    """Return the key that says how the value is made; empty if it is literal."""
    key = next(iter(value)) if isinstance(value, Mapping) and len(value) == 1 else ""
    return key if key in MAKERS or key == SCHEMA else ""


def _making(value: Any, info: core_schema.ValidationInfo) -> Make | None:
    """Return a function that makes a value with generated parts; None if all of it is literal."""
    if maker := _maker(value):
        if maker == SCHEMA:
            refuse([Mistake("F303", f"'{SCHEMA}' inside a value", "it as the whole payload", "", place_of(value))])
        return MAKERS[maker](value[maker], info)
    parts = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    made = {key: make for key, each in parts if (make := _making(each, info))}
    return _with(value, made) if made else None


def _with(value: Any, made: Mapping[Any, Make]) -> Make:
    """Return a function that makes a map or list some of whose parts are generated."""
    written = as_data(value)

    def make() -> Any:
        whole = written.copy()
        for key, each in made.items():
            whole[key] = each()
        return whole

    return make


def _from_file(value: Any, info: core_schema.ValidationInfo) -> Make:
    resource = Resource._validate(value, info)
    read = next((read for suffix, read in READERS.items() if resource.name.endswith(suffix)), None)
    try:
        content = read(resource.text) if read else resource.text
    except ValueError as error:
        refuse([Mistake("F303", f"{shown(value)}, which cannot be read: {error}", "a file that can be read")])
    return lambda: content


def _from_schema(value: Any, info: core_schema.ValidationInfo) -> Make:
    return Schema(as_data(value) if isinstance(value, Mapping) else _from_file(value, info)())


def _from_expression(value: Any, info: core_schema.ValidationInfo) -> Make:
    loading = loading_of(info)
    jwt = token_function(loading.runtime.clock.now)
    expression = Expression(value, replace(loading.reach, functions={**loading.reach.functions, jwt.name: jwt}))
    return lambda: expression.evaluate(Event())


READERS: dict[str, Callable[[str], Any]] = {
    ".json": lambda text: read_json(text.encode()),
    ".yaml": read_yaml,
    ".yml": read_yaml,
}
MAKERS: dict[str, Callable[[Any, core_schema.ValidationInfo], Make]] = {
    "from-file": _from_file,
    "from-expression": _from_expression,
}
"""The functions that make values, by the key that selects them."""

Value.UNSET = Value(None)
Values.NONE = Values({})
