"""The JSON Schema of flow files and test files, for editors.

A step is one object, whose properties are the elements: editors grow slow, and tell mistakes badly, with an `anyOf` of
some hundred branches. What whole files need beside it, such as names that exist, is left to `engine check`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.expressions import JMESPATH, LANGUAGES, UNREAD
from engine.loading.catalog import Catalog
from engine.loading.loader import Configuration, SubFlow
from engine.loading.sections import SECTIONS
from engine.manual.element_schema import element_schema, parameters_schema
from engine.parameters.config import Config
from engine.parameters.element import Element
from engine.parameters.validated import HOLDS, PLACEHOLDER, TEXT, JsonSchema, typed
from engine.steps.error_handler import OnError
from engine.steps.flow import Flow
from engine.steps.processor import Processor, Source
from engine.testing.expected.expectations import Calls
from engine.testing.files.case import ACTIONS, Act, Case, Suite

DRAFT = "http://json-schema.org/draft-07/schema#"
KINDS: Mapping[str, tuple[type[Element], str]] = {
    "step": (Processor, "A step: one element, with its parameters under it."),
    "source": (Source, "The source of a flow: one element, with its parameters under it."),
    "config": (Config, "A global element, with its parameters under it."),
    "handler": (OnError, "An error handler, with its parameters under it."),
}
"""The places of elements, with the class of those that may stand there."""

LISTED = ("step", "handler")
"""The places that are entries of a list."""

CASES = "cases"
API = "openapi"
NAMED = ("definitions", "properties")
"""The keywords that hold schemas by names."""

WORTH_SHARING = 160
"""How many characters a schema has that stands once, under `definitions`, if it is needed twice."""


def file_schema(catalog: Catalog) -> dict[str, Any]:
    """Return the schema, of draft 7, of the flow files and test files that use a catalog's elements.

    A file with one of the keys of a test file is one. A file with `openapi` is an API, and left alone.
    """
    suite = parameters_schema(Suite)["properties"]
    sections = _sections()
    test = {name: each for name, each in suite.items() if name != CASES}
    is_test = {"anyOf": [{"required": [name]} for name in suite]}
    whole = {
        "definitions": {**_definitions(catalog), **_of_tests()},
        "if": typed("object", required=[API]),
        "then": True,
        "else": {
            "if": is_test,
            "then": _top({**test, **sections, CASES: _cases()}, required=[CASES]),
            "else": _top({**sections, CASES: _cases()}),
        },
    }
    return {"$schema": DRAFT, **_shared(_referring(whole))}


def _top(properties: JsonSchema, **keywords: Any) -> JsonSchema:
    return typed("object", "null", properties=properties, additionalProperties=False, **keywords)


def _definitions(catalog: Catalog) -> dict[str, Any]:
    elements = dict(catalog.elements())
    places = {place: _place(place, _names(elements, cls)) for place, (cls, _) in KINDS.items()}
    places["handler"]["properties"]["error-handler"] = {
        **typed("object", properties={"ref": TEXT}, required=["ref"], additionalProperties=False),
        "markdownDescription": "The handlers of a list under `error-handlers`, by its name; the last entry.",
    }
    kinds = tuple(cls for cls, _ in KINDS.values())
    return {**places, **{name: element_schema(name, cls) for name, cls in elements.items() if issubclass(cls, kinds)}}


def _names(elements: Mapping[str, type[Element]], kind: type[Element]) -> Iterator[str]:
    return (name for name, cls in elements.items() if issubclass(cls, kind))


def _place(place: str, names: Iterable[str]) -> dict[str, Any]:
    """Return the schema of a place for one element.

    Outside of lists `maxProperties` stands apart: yaml-language-server would complete nothing on an empty line.
    """
    one = {"minProperties": 1, "maxProperties": 1}
    return {
        "type": ["object", "null"] if place == "source" else ["object"],
        "description": KINDS[place][1],
        "properties": {name: {"$ref": f"#/definitions/{name}"} for name in names},
        "additionalProperties": False,
        **(one if place in LISTED else {"allOf": [one]}),
    }


# The sections of a flow file


def _sections() -> dict[str, Any]:
    """Return the schema of each key at the top of a flow file."""
    schemas = {
        "configs": _named({HOLDS: "config"}),
        "flows": _named(_without(parameters_schema(Flow), "name")),
        "sub-flows": _named(parameters_schema(SubFlow)),
        "error-handlers": _named(typed("array", items={HOLDS: "handler"})),
        "configuration": _or_null(parameters_schema(Configuration)),
        "properties": typed("object", "null"),
        "configuration-properties": _property_files(),
        "expression-language": _languages(),
    }
    return {name: {**schemas[name], "markdownDescription": text} for name, text in SECTIONS.items()}


def _named(entry: JsonSchema) -> JsonSchema:
    return typed("object", "null", additionalProperties=entry)


def _or_null(schema: Mapping[str, Any]) -> JsonSchema:
    return {**schema, "type": [*schema["type"], "null"]}


def _without(schema: Mapping[str, Any], name: str) -> JsonSchema:
    """Return the schema without a parameter that stands elsewhere."""
    properties = {key: each for key, each in schema["properties"].items() if key != name}
    return {**schema, "properties": properties, "required": [key for key in schema["required"] if key != name]}


def _property_files() -> JsonSchema:
    file = {"properties": {"file": TEXT}, "required": ["file"], "additionalProperties": False}
    return typed("object", "array", items={"type": ["object"], **file}, **file)


def _languages() -> JsonSchema:
    names = {"name": {"enum": [JMESPATH.name]}, "payloads": {"enum": [UNREAD.payloads]}}
    payloads = typed("object", properties=names, required=[*names], additionalProperties=False)
    return {"anyOf": [{"enum": [*LANGUAGES]}, payloads]}


# Test files


def _cases() -> JsonSchema:
    return typed(
        "object",
        additionalProperties={HOLDS: "case"},
        minProperties=1,
        markdownDescription="The cases by their names, which say what holds.",
    )


def _of_tests() -> dict[str, Any]:
    case = _act(parameters_schema(Case))
    then = {**case["properties"]["then"], "items": _act(parameters_schema(Act))}
    case["properties"]["then"] = then
    return {"case": _of_row(case), "call": _of_row(parameters_schema(Calls))}


def _act(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of an act: one thing runs, and `run` is another word for `steps`."""
    steps = {**schema["properties"]["steps"], "type": ["array"]}
    properties = {**schema["properties"], "steps": steps, "run": steps}
    actions = [{"required": [name]} for name in (*ACTIONS, "run")]
    return {**schema, "properties": properties, "oneOf": actions}


def _of_row(schema: Any) -> Any:
    """Return the schema of what may be the value of a row, `${name}`, at any depth; but for the whole."""
    inner = {
        "properties": {key: _or_placeholder(each) for key, each in schema.get("properties", {}).items()},
        "items": _or_placeholder(schema.get("items")),
        "additionalProperties": _or_placeholder(schema.get("additionalProperties")),
    }
    return {**schema, **{key: each for key, each in inner.items() if key in schema}}


def _or_placeholder(schema: Any) -> Any:
    if not isinstance(schema, Mapping) or not schema:
        return schema
    if HOLDS in schema:
        return schema  # in the place of a step hardly anybody writes one, and editors would grow slow
    if "type" not in schema or "string" in schema["type"]:
        return _of_row(schema)
    return {**_of_row(schema), "type": [*schema["type"], "string"], "pattern": PLACEHOLDER}


# The whole


def _referring(schema: Any) -> Any:
    """Return the schema with references in the place of what a definition says."""
    if isinstance(schema, Mapping):
        if HOLDS in schema:
            return {"$ref": f"#/definitions/{schema[HOLDS]}"}
        return {key: _referring(each) for key, each in schema.items()}
    return [_referring(each) for each in schema] if isinstance(schema, list) else schema


def _shared(whole: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with each long schema of a parameter that stands in it twice once, under `definitions`."""
    counted = Counter(_key(name, each) for name, each in _parameters(whole))
    texts = {key for key, times in counted.items() if times > 1 and len(key[1]) >= WORTH_SHARING}
    names: dict[tuple[str, str], str] = {}
    for key in sorted(texts):
        taken = sum(name == key[0] for name, _ in names)
        names[key] = f"parameter.{key[0]}.{taken + 1}"
    shared = {names[_key(name, each)]: each for name, each in _parameters(whole) if _key(name, each) in texts}
    smaller: dict[str, Any] = _replaced(whole, names)
    smaller["definitions"] |= {name: _replaced(each, names) for name, each in sorted(shared.items())}
    return smaller


def _key(name: str, schema: Any) -> tuple[str, str]:
    return name, json.dumps(schema)


def _parameters(schema: Any) -> Iterator[tuple[str, Any]]:
    """Yield each property at any depth, by its name."""
    if isinstance(schema, list):
        for each in schema:
            yield from _parameters(each)
    elif isinstance(schema, Mapping):
        for key, each in schema.items():
            named = each if key in NAMED else {}
            yield from named.items() if key == "properties" else ()
            yield from _parameters([*named.values()] if named else each)


def _replaced(schema: Any, names: Mapping[tuple[str, str], str]) -> Any:
    if isinstance(schema, list):
        return [_replaced(each, names) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {key: _keyword(key, each, names) for key, each in schema.items()}


def _keyword(keyword: str, value: Any, names: Mapping[tuple[str, str], str]) -> Any:
    if keyword == "properties":
        shared = {key: names.get(_key(key, each)) for key, each in value.items()}
        found = {key: {"$ref": f"#/definitions/{name}"} for key, name in shared.items() if name}
        return {key: found.get(key) or _replaced(each, names) for key, each in value.items()}
    return {key: _replaced(each, names) for key, each in value.items()} if keyword in NAMED else _replaced(value, names)
