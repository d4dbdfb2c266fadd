"""Values that a case gives: as they stand, or made from something: `{from-file: orders.json}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

from pydantic_core import core_schema

from engine.core.event import Event
from engine.core.expression import Expression
from engine.core.media import read_json, read_yaml
from engine.core.mistake import Mistake, refuse, shown
from engine.core.reader import reach_of
from engine.core.resource import Resource
from engine.core.validated import Validated
from engine.loading.data import as_data
from engine.testing.properties import Schema

Make = Callable[[], Any]


class Value(Validated):
    """A value that a case gives; `make` gives it, anew for each run.

    A map of one key that begins with `from-` is made: from a file beside the flows (JSON or YAML by
    its name, else text), from an expression, or from a JSON Schema, a file or written in place: then
    the case is tried with many bodies, `examples` of them, and the smallest that fails is told.
    """

    UNSET: ClassVar[Value]

    def __init__(self, written: Any, make: Make | None = None) -> None:
        self.written = as_data(written)
        self.schema = make if isinstance(make, Schema) else None
        self.make: Make = make or (lambda: self.written)

    @property
    def is_given(self) -> bool:
        return self is not Value.UNSET

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self:
        if isinstance(value, cls):
            return value
        maker = next(iter(value)) if isinstance(value, Mapping) and len(value) == 1 else ""
        return cls(value, MAKERS[maker](value[maker], info)) if maker in MAKERS else cls(value)


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
    expression = Expression(value, reach_of(info))
    return lambda: expression.evaluate(Event())


READERS: dict[str, Callable[[str], Any]] = {
    ".json": lambda text: read_json(text.encode()),
    ".yaml": read_yaml,
    ".yml": read_yaml,
}
MAKERS: dict[str, Callable[[Any, core_schema.ValidationInfo], Make]] = {
    "from-file": _from_file,
    "from-expression": _from_expression,
    "from-schema": _from_schema,
}
"""What makes values, by the key under which stands of what."""

Value.UNSET = Value(None)
