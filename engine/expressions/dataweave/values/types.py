"""Types as values: `String`, `Array<Number>`, `{a: String}`, `"a" | "b"`; and whether a value is of one (`is`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from engine.expressions.dataweave.values.kinds import KINDS, kind_of
from engine.expressions.dataweave.values.objects import Namespace, all_values, entries_of

SIMPLE = frozenset({
    "String", "Number", "Boolean", "Null", "Date", "DateTime", "LocalDateTime", "Time", "LocalTime", "TimeZone",
    "Period", "Binary", "Regex", "Range", "Key", "Namespace", "Type", "Uri",
})  # fmt: skip
"""Types that have no parts."""
ALIASES: dict[str, tuple[str, ...]] = {
    "SimpleType": ("String", "Boolean", "Number", "DateTime", "LocalDateTime", "Date", "LocalTime", "Time", "TimeZone",
                   "Period"),
    "Comparable": ("String", "Number", "Boolean", "DateTime", "LocalDateTime", "Date", "LocalTime", "Time", "TimeZone"),
    "StringCoerceable": ("String", "Boolean", "Number", "DateTime", "LocalDateTime", "Date", "LocalTime", "Time",
                         "TimeZone", "Period", "Key", "Binary", "Uri", "Type", "Regex", "Namespace"),
}  # fmt: skip
"""Unions that the language names."""


class Field(NamedTuple):
    """A field of an object type, or a parameter of a function type. name: None for any key (`{_: String}`)."""

    name: str | None
    type: Type
    optional: bool = False
    repeated: bool = False
    namespace: Namespace | None = None
    attributes: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Type:
    """A type.

    name: `String`, `Array`, `Object`, `Function`, `Any`, `Nothing`, …; `Union`, `Intersection`, `Literal`, or
    `Reference` for one that is looked up when it is needed, as one that refers to itself.
    arguments: the type of the elements of an Array, the parts of a Union or Intersection, the parameters of a Function.
    fields: of an Object type; None if it is just Object. Of a Function type: its parameters with names.
    is_open: whether other fields may be there. returns: of a Function. schema: as in `String {format: "…"}`.
    alias: the name in the script, if it has one.
    """

    name: str
    arguments: tuple[Type, ...] = ()
    fields: tuple[Field, ...] | None = None
    is_open: bool = True
    literal: Any = None
    returns: Type | None = None
    schema: Mapping[str, Any] | None = None
    alias: str = ""
    resolve: Callable[[], Type] | None = field(default=None, compare=False)

    def accepts(self, value: Any) -> bool:
        """Return whether a value is of the type, without conversion. The elements of an array are not looked at."""
        check = ACCEPTING.get(self.name)
        return kind_of(value) == self.name if check is None else check(self, value)

    def resolved(self) -> Type:
        """Return the type itself, or the one that a Reference stands for."""
        return self.resolve() if self.resolve is not None else self

    @property
    def base(self) -> str:
        """The name of the type of values without parameters: Array of `Array<String>`, String of `"a"`."""
        if self.name == "Literal":
            return kind_of(self.literal)
        return self.resolved().base if self.resolve is not None else self.name

    def __str__(self) -> str:
        """Return the name that the script gave it, or that of the type without parameters."""
        return self.alias or str(self.resolved().name)

    def to_json(self) -> str:
        return str(self)

    @property
    def described(self) -> str:
        """The type as it is written in scripts."""
        return self.alias or WRITING.get(self.name, _written)(self)


KINDS[Type] = "Type"


def union(*types: Type) -> Type:
    return types[0] if len(types) == 1 else Type("Union", types)


def simple(name: str) -> Type:
    """Return the type of a name without parameters; one for each name."""
    found = _simple.get(name)
    if found is None:
        found = _simple[name] = _named(name)
    return found


def _named(name: str) -> Type:
    parts = ALIASES.get(name)
    return Type(name) if parts is None else Type("Union", tuple(map(simple, parts)), alias=name)


_simple: dict[str, Type] = {}


# Accepting


def _accepts_object(kind: Type, value: Any) -> bool:
    if kind_of(value) != "Object":
        return False
    return kind.fields is None or _has_fields(kind, value)


def _has_fields(kind: Type, value: Any) -> bool:
    fields = kind.fields or ()
    named = {each.name for each in fields}
    for each in fields:
        if each.name is None:
            continue
        found = all_values(value, each.name)
        if not found and not each.optional:
            return False
        if (len(found) > 1 and not each.repeated) or not all(map(each.type.accepts, found)):
            return False
    others = [entry for key, entry in entries_of(value) if key not in named]
    rest = next((each.type for each in fields if each.name is None), None)
    if rest is not None:
        return all(map(rest.accepts, others))
    return kind.is_open or not others


def _accepts_literal(kind: Type, value: Any) -> bool:
    return kind_of(value) == kind_of(kind.literal) and bool(value == kind.literal)


def _accepts_function(kind: Type, value: Any) -> bool:
    if kind_of(value) != "Function":
        return False
    return kind.returns is None or bool(value.least <= len(kind.arguments))


ACCEPTING: dict[str, Callable[[Type, Any], bool]] = {
    "Any": lambda _, value: True,
    "Nothing": lambda _, value: False,
    "Iterator": lambda _, value: kind_of(value) == "Array",
    "Object": _accepts_object,
    "Union": lambda kind, value: any(part.accepts(value) for part in kind.arguments),
    "Intersection": lambda kind, value: all(part.accepts(value) for part in kind.arguments),
    "Literal": _accepts_literal,
    "Function": _accepts_function,
    "Reference": lambda kind, value: kind.resolved().accepts(value),
}


# Writing


def _all(kind: Type) -> list[str]:
    return [each.described for each in kind.arguments]


def _written(kind: Type) -> str:
    return f"{kind.name}<{', '.join(_all(kind))}>" if kind.arguments else kind.name


def _written_object(kind: Type) -> str:
    if kind.fields is None:
        return "Object"
    fields = ", ".join(
        f"{each.name or '_'}{'*' if each.repeated else ''}{'?' if each.optional else ''}: {each.type.described}"
        for each in kind.fields
    )
    return f"{{{fields}}}" if kind.is_open else f"{{| {fields} |}}"


def _written_literal(kind: Type) -> str:
    value = kind.literal
    return f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def _written_function(kind: Type) -> str:
    if kind.returns is None:
        return "Function"
    return f"({', '.join(_all(kind))}) -> {kind.returns.described}"


WRITING: dict[str, Callable[[Type], str]] = {
    "Union": lambda kind: " | ".join(_all(kind)),
    "Intersection": lambda kind: " & ".join(_all(kind)),
    "Object": _written_object,
    "Literal": _written_literal,
    "Function": _written_function,
    "Reference": lambda kind: str(kind.resolved().name),
}
