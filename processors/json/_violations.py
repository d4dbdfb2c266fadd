"""The violations of a schema by a value, described without the value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from engine.connectors import encode, is_digits
from engine.limits import LONGEST_OF_VIOLATION, MOST_VIOLATIONS
from processors.json._schema import Schema

ALTERNATIVES = re.compile(r"(.*?/(anyOf|oneOf))/[0-9]+(?:/|$)")
NAMES = re.compile(r"\((.*) w(?:as|ere) unexpected\)$", re.DOTALL)
REQUIRED = " is a required property"

RULES = {
    "type": "must be of type {}", "enum": "must be one of {}", "const": "must be {}",
    "format": "must have the format {}",
    "minimum": "must be {} or more", "maximum": "must be {} or less", "exclusiveMinimum": "must be more than {}",
    "exclusiveMaximum": "must be less than {}", "multipleOf": "must be a multiple of {}",
    "minLength": "must have {} characters or more", "maxLength": "must have {} characters or less",
    "pattern": "must match {}",
    "minItems": "must have {} elements or more", "maxItems": "must have {} elements or less",
    "minProperties": "must have {} properties or more", "maxProperties": "must have {} properties or less",
    "uniqueItems": "must not have the same element twice", "contains": "must have an element of another kind",
    "minContains": "must have {} elements or more of a kind", "maxContains": "must have {} elements or less of a kind",
    "anyOf": "must fit one of several schemas", "oneOf": "must fit exactly one of several schemas",
    "not": "must not fit a schema",
}  # fmt: skip
FORBIDDEN = "must not be there"


def violations(schema: Schema, value: Any) -> list[dict[str, str]]:
    """Return path, keyword and message of each violation, in the order of the schema; an alternative counts once."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for entry in schema.validator.evaluate(value).errors():
        location, path = entry["schemaLocation"], entry["instanceLocation"]
        alternatives = ALTERNATIVES.match(location)
        if alternatives:
            key, violation = (path, alternatives[1]), _violation(path, alternatives[2], RULES[alternatives[2]])
        else:
            keyword, message = _rule(schema, entry)
            key, violation = (path, location + message), _violation(path, keyword, message)
        found.setdefault(key, violation)
        if len(found) == MOST_VIOLATIONS:
            break
    return list(found.values())


def _violation(path: str, keyword: str, message: str) -> dict[str, str]:
    return {"path": _cut(path), "keyword": keyword, "message": message}


def _rule(schema: Schema, entry: Mapping[str, Any]) -> tuple[str, str]:
    """Return the keyword that is violated, and what it asks for."""
    parts = [part for part in entry["schemaLocation"].split("/") if not is_digits(part)]
    keyword, text = parts[-1], entry["error"]
    if text.endswith(REQUIRED):
        return keyword, f"must have the property {_cut(text.removesuffix(REQUIRED))}"
    if names := NAMES.search(text):
        return keyword, f"must not have the property {_cut(names[1])}"
    limit = _limit(schema, entry)
    if limit is False or keyword not in RULES:
        return keyword if keyword.startswith("unevaluated") else "false", FORBIDDEN
    return keyword, RULES[keyword].format(_cut(encode(limit).decode()))


def _limit(schema: Schema, entry: Mapping[str, Any]) -> Any:
    """Return the keyword's value at this place in the schema, part of a URI; null if the schema has its own $id."""
    uri, _, pointer = (entry["absoluteKeywordLocation"] or "").partition("#")
    value = schema.documents.get(uri)
    for part in pointer.split("/")[1:]:
        value = _step(value, unquote(part).replace("~1", "/").replace("~0", "~"))
    return value


def _step(value: Any, part: str) -> Any:
    if isinstance(value, list):
        return value[int(part)] if is_digits(part) and int(part) < len(value) else None
    return value.get(part) if isinstance(value, dict) else None


def summary(found: list[dict[str, str]], most: int = 3) -> str:
    """Return the first violations in a sentence."""
    return "; ".join(_sentence(found, most))


def _sentence(found: list[dict[str, str]], most: int) -> Iterator[str]:
    for violation in found[:most]:
        yield f"{violation['path'] or 'the whole'} {violation['message']}"
    if len(found) > most:
        yield f"and {len(found) - most} more"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_OF_VIOLATION else f"{text[:LONGEST_OF_VIOLATION]}…"
