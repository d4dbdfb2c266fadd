"""The declarations of parameters in flow files, for those who look at the data of a file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, get_args

from pydantic import ConfigDict, TypeAdapter

from engine.loading.files.data import as_data
from engine.parameters.amounts import Amount
from engine.parameters.element import Element, Parameters
from engine.parameters.expression import Compiled, Expression
from engine.parameters.type_patterns import TypePatterns
from engine.steps.chain import Chain
from engine.steps.error_handler import ErrorHandler
from engine.steps.processor import Source

MARKED = re.compile(r"#\[(.*)\]", re.DOTALL)


class Declared:
    """One parameter of an element, or of a map that it has."""

    def __init__(self, field: Any) -> None:
        self._field = field
        self._classes = frozenset(_classes(field.annotation)) if field else frozenset()

    @classmethod
    def of(cls, owner: type[Any] | None, name: str) -> Declared:
        """Return the parameter of that name; for an unknown owner, or an unknown name, an unknown parameter."""
        fields: Mapping[str, Any] = getattr(owner, "__pydantic_fields__", {})
        return cls(next((field for own, field in fields.items() if name == (field.alias or own)), None))

    def holds(self, *kinds: type) -> bool:
        """Return whether it takes an instance of one of these classes."""
        return any(issubclass(each, kinds) for each in self._classes)

    @property
    def holds_steps(self) -> bool:
        return self.holds(Chain, ErrorHandler)

    @property
    def holds_element(self) -> bool:
        return self.holds(Source)

    @property
    def is_expression(self) -> bool:
        return self.holds(Expression)

    @property
    def is_of_types(self) -> bool:
        return self.holds(TypePatterns)

    def nested(self) -> type[Any] | None:
        """Return the class of the map that it takes, or of the maps in its list."""
        return next(
            (each for each in self._classes if issubclass(each, Parameters) and not issubclass(each, Element)), None
        )

    def is_default(self, written: Any) -> bool:
        """Return whether it would be the same if it were left out."""
        if self._field is None or self._field.is_required():
            return False
        default = self._field.get_default(call_default_factory=True)
        try:
            value = _adapter(self._field).validate_python(as_data(written))
        except Exception:  # whatever a validator raises: it needs the file around it, or refuses the value
            return False
        return bool(_plain(value) == _plain(default))


def _classes(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type):
        yield annotation
    for argument in get_args(annotation):
        yield from _classes(argument)


@cache
def _adapter_of(annotation: Any) -> TypeAdapter[Any]:
    is_own = isinstance(annotation, type) and issubclass(annotation, Parameters)
    return TypeAdapter(annotation, config=None if is_own else ConfigDict(arbitrary_types_allowed=True))


def _adapter(field: Any) -> TypeAdapter[Any]:
    whole = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
    try:
        return _adapter_of(whole)
    except TypeError:  # metadata that cannot be hashed
        return _adapter_of.__wrapped__(whole)


def _plain(value: Any) -> Any:
    """Return a value of a parameter in comparable form."""
    if isinstance(value, Compiled):
        return _bare(value.written)
    if isinstance(value, TypePatterns):
        return "ANY" if value.is_all else value.patterns
    return str(value) if isinstance(value, Amount) else value


def _bare(written: Any) -> Any:
    marked = MARKED.fullmatch(written.strip()) if isinstance(written, str) else None
    return marked[1].strip() if marked else written
