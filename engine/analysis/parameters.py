"""The parameters of an operation: those of the path, and what expressions read of the query and the headers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from engine.expressions.jmespath.parser import Node
from engine.steps.trees import nodes

IGNORED = frozenset({"accept", "content-type", "authorization", "cookie", "host", "content-length"})
"""Headers that OpenAPI says elsewhere, or that HTTP is written with."""

PLACES = {"queryParams": "query", "queryParamsAll": "query", "headers": "header"}
SEGMENT = {"type": "string", "pattern": "^[^/]+$"}


def path_parameters(names: Iterable[str]) -> Iterator[dict[str, Any]]:
    for name in names:
        yield {"name": name, "in": "path", "required": True, "schema": dict(SEGMENT)}


def read_parameters(trees: Iterable[Node], required: Collection[tuple[str, ...]]) -> list[dict[str, Any]]:
    """What expressions read of `attributes.queryParams` and `attributes.headers`.

    required: the paths of what a request must bring, such as (attributes, queryParams, limit).
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for tree in trees:
        for place, name in _read(tree):
            key = PLACES[place], name.lower() if place == "headers" else name
            if key[0] == "header" and key[1] in IGNORED:
                continue
            is_required = ("attributes", place, name) in required
            parameter = {"name": name, "in": key[0], "required": is_required, "schema": {"type": "string"}}
            found.setdefault(key, parameter)
            found[key]["required"] |= is_required
    return [found[key] for key in sorted(found, key=lambda key: (key[0] != "query", key[1]))]


def _read(tree: Node) -> Iterator[tuple[str, str]]:
    for node in nodes(tree):
        if node["type"] != "subexpression":
            continue
        names = [_name(each) for each in node["children"]]
        names = names[1:] if node["children"][0]["type"] == "root" or names[0] == "message" else names
        if len(names) > 2 and names[0] == "attributes" and names[1] in PLACES and names[2]:
            yield names[1], names[2]


def _name(node: Node) -> str | None:
    """The name that a part of a path reads; of `id[0]` it is id."""
    while node["type"] == "index_expression":
        node = node["children"][0]
    return node["value"] if node["type"] in ("field", "variable") else None
