"""The JSON Schema of an element, for editors: its parameters, its manual, and what a snippet of it begins with."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import count
from typing import Any

from engine.manual.pages import SHARED, default, descriptions, example, prose, summary
from engine.parameters.element import Element, Parameters
from engine.parameters.schema import schema_of
from engine.parameters.validated import JsonSchema


def element_schema(name: str, cls: type[Element]) -> dict[str, Any]:
    """Return the schema of what stands under an element's name: nothing may, if no parameter is required."""
    schema = parameters_schema(cls)
    types = ["object"] if schema["required"] else ["object", "null"]
    return {
        **schema,
        "type": types,
        "description": summary(cls),
        "markdownDescription": _manual(cls),
        "defaultSnippets": [{"label": name, "body": snippet(schema, shared_names(cls))}],
    }


def _manual(cls: type[Element]) -> str:
    shown = example(cls)
    return f"{prose(cls)}\n\n```yaml\n{shown}\n```" if shown else prose(cls)


def parameters_schema(cls: type[Parameters]) -> dict[str, Any]:
    """Return the schema of the parameters of a class, each with its description in Markdown."""
    return dict(schema_of(cls, _notes))


def _notes(cls: type[Parameters]) -> Mapping[str, JsonSchema]:
    documented = descriptions(cls)
    fields: Mapping[str, Any] = cls.__pydantic_fields__  # type: ignore[attr-defined]  # pydantic adds it
    return {
        name: {"markdownDescription": documented[name] + ("" if field.is_required() else default(field))}
        for name, field in fields.items()
        if name in documented
    }


def shared_names(cls: type[Element]) -> frozenset[str]:
    """Return the names in files of the parameters that many elements have."""
    fields: Mapping[str, Any] = cls.__pydantic_fields__  # type: ignore[attr-defined]  # pydantic adds it
    return frozenset(fields[name].alias or name for name in SHARED if name in fields)


def snippet(schema: JsonSchema, without: Collection[str] = ()) -> dict[str, Any]:
    """Return the parameters that an element begins with, with the places that an author goes through: `$1`, `$2`.

    They are the required ones; if none is required, the first one. without: those that are not taken for the first.
    """
    own = {name: each for name, each in schema["properties"].items() if name not in without}
    made: dict[str, Any] = _filled({**schema, "properties": own}, count(1))
    return made


def _filled(schema: JsonSchema, numbers: Iterator[int]) -> Any:
    if "properties" in schema:
        names = schema["required"] or [*schema["properties"]][:1]
        return {name: _filled(schema["properties"][name], numbers) for name in names}
    if "array" in schema.get("type", ()) and "string" not in schema["type"] and "items" in schema:
        return [_filled(schema["items"], numbers)]
    choices = next((each["enum"] for each in schema.get("anyOf", ()) if "enum" in each), None)
    return f"${{{next(numbers)}|{','.join(map(str, choices))}|}}" if choices else f"${next(numbers)}"
