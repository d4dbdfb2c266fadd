"""What the annotations of parameters say about names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import AliasChoices
from pydantic.fields import FieldInfo

Hints = tuple[Any, ...]
"""The types that a parameter may have, and what is beside them in `Annotated`."""


def parameters_of(cls: type[Any]) -> Mapping[str, Hints]:
    """Return the hints of each parameter of a class, by its names in a file."""
    known: Any = cls  # hashable, which type checkers do not see
    made: Mapping[str, Hints] = _parameters_of(known)
    return made


@cache
def _parameters_of(cls: Any) -> Mapping[str, Hints]:
    fields: Mapping[str, FieldInfo] = cls.__pydantic_fields__
    return {
        key: hints_of(field.annotation, field.metadata) for name, field in fields.items() for key in _keys(name, field)
    }


def hints_of(annotation: Any, metadata: Iterable[Any] = ()) -> Hints:
    """Return the types in an annotation, unions taken apart, and the metadata at any of them."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    flat = tuple(_flat(metadata))
    if origin is Annotated:
        return (*flat, *hints_of(arguments[0], arguments[1:]))
    if origin in (Union, UnionType):
        return (*flat, *(hint for each in arguments for hint in hints_of(each)))
    return (*flat, annotation)


def _flat(metadata: Iterable[Any]) -> Iterator[Any]:
    for each in metadata:
        yield from each.metadata if isinstance(each, FieldInfo) else (each,)


def _keys(name: str, field: FieldInfo) -> Iterable[str]:
    alias = field.validation_alias
    choices = alias.choices if isinstance(alias, AliasChoices) else [field.alias or name]
    return [key for key in choices if isinstance(key, str)]
