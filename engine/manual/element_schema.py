"""The JSON Schema of an element, for editors: its parameters, its manual, and what a snippet of it begins with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from engine.manual.pages import default, descriptions, example, prose, summary
from engine.parameters.element import Element, Parameters
from engine.parameters.schema import schema_of
from engine.parameters.validated import HOLDS, JsonSchema

LABEL = "doc:name"


def element_schema(cls: type[Element]) -> dict[str, Any]:
    """Return the schema of what stands under an element's name. A step without parameters may have nothing there."""
    schema = parameters_schema(cls)
    types = ["object"] if schema["required"] else ["object", "null"]
    return {
        **schema,
        "type": types,
        "description": summary(cls),
        "markdownDescription": _manual(cls),
        "defaultSnippets": [{"label": "{…}", "body": snippet(schema)}],
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


def snippet(schema: JsonSchema) -> dict[str, Any]:
    """Return the parameters that an element begins with, with the places that an author goes through: `$1`, `$2`.

    They are the required ones; the first one, if none is required.
    """
    made: dict[str, Any] = _filled(schema, count(1))
    return made


def _filled(schema: JsonSchema, numbers: Iterator[int]) -> Any:
    properties = schema.get("properties")
    if properties and HOLDS not in schema:
        names = schema["required"] or [name for name in properties if name != LABEL][:1]
        return {name: _filled(properties[name], numbers) for name in names}
    if "array" in schema.get("type", ()) and "string" not in schema["type"] and "items" in schema:
        return [_filled(schema["items"], numbers)]
    choices = next((each["enum"] for each in schema.get("anyOf", ()) if "enum" in each), None)
    return f"${{{next(numbers)}|{','.join(map(str, choices))}|}}" if choices else f"${next(numbers)}"


