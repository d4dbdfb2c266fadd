"""The parameters of an operation: those of the path, and the query parameters and headers that expressions read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from engine.expressions.held import Held

IGNORED = frozenset({"accept", "content-type", "authorization", "cookie", "host", "content-length"})
"""Headers that OpenAPI describes elsewhere, or that belong to HTTP itself."""

PLACES = {"queryParams": "query", "queryParamsAll": "query", "headers": "header"}
SEGMENT = {"type": "string", "pattern": "^[^/]+$"}


def path_parameters(names: Iterable[str]) -> Iterator[dict[str, Any]]:
    for name in names:
        yield {"name": name, "in": "path", "required": True, "schema": dict(SEGMENT)}


def read_parameters(reading: Iterable[Held], required: Collection[tuple[str, ...]]) -> list[dict[str, Any]]:
    """Return the parameters that expressions read from `attributes.queryParams` and `attributes.headers`.

    required: the paths of the values that a request must have, such as (attributes, queryParams, limit).
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for held in reading:
        for place, name in _read(held):
            key = PLACES[place], name.lower() if place == "headers" else name
            if key[0] == "header" and key[1] in IGNORED:
                continue
            is_required = ("attributes", place, name) in required
            parameter = {"name": name, "in": key[0], "required": is_required, "schema": {"type": "string"}}
            found.setdefault(key, parameter)
            found[key]["required"] |= is_required
    return [found[key] for key in sorted(found, key=lambda key: (key[0] != "query", key[1]))]


def _read(held: Held) -> Iterator[tuple[str, str]]:
    for path in held.reads():
        at = path[1:] if path[:1] == ("message",) else path
        if len(at) > 2 and at[0] == "attributes" and at[1] in PLACES:
            yield at[1], at[2]
