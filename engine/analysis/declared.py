"""Schemas declared by flows, as components of the document; their references point to components too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

SCHEMAS = "#/components/schemas/"
LITERALS = frozenset({"const", "enum", "default", "examples"})
"""Keywords that hold values, not schemas."""

BY_NAME = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
"""Keywords that hold schemas by name; the names are not keywords."""

OWN = frozenset({"$id", "$schema"})
"""Keywords that only a separate document has."""


def components_of(name: str, documents: Mapping[str, Any]) -> dict[str, Any]:
    """Return the documents of a schema by component name, its own first.

    documents: by URI, against which references are resolved.
    """
    names = {uri: _name(name, uri if number else "") for number, uri in enumerate(documents)}
    return {names[uri]: _moved(contents, uri, names) for uri, contents in documents.items()}


def _name(name: str, uri: str) -> str:
    """Return `orders-body`, or for a further document `orders-body-common`."""
    stem = PurePosixPath(urlsplit(uri).path).stem
    return re.sub(r"[^A-Za-z0-9._-]", "_", "-".join(filter(None, (name, "body", stem))))


def _moved(contents: Any, base: str, names: Mapping[str, str]) -> Any:
    if isinstance(contents, list):
        return [_moved(each, base, names) for each in contents]
    if not isinstance(contents, Mapping):
        return contents
    return {key: _value(key, value, base, names) for key, value in contents.items() if key not in OWN}


def _value(key: str, value: Any, base: str, names: Mapping[str, str]) -> Any:
    """Return the value of a keyword, with its references moved."""
    if key == "$ref":
        return _reference(value, base, names)
    if key in BY_NAME and isinstance(value, Mapping):
        return {name: _moved(each, base, names) for name, each in value.items()}
    return value if key in LITERALS else _moved(value, base, names)


def _reference(value: Any, base: str, names: Mapping[str, str]) -> Any:
    uri, fragment = urldefrag(urljoin(base, value))
    return f"{SCHEMAS}{names[uri]}{fragment}" if uri in names else value
