"""JSON Schemas and APIs in files beside the flow files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from engine.editor.scopes.shape import UNKNOWN, Shape
from engine.expressions.texts import text_of

LARGEST = 2**20
"""Bytes; a larger file is not read while somebody types."""
DEEPEST = 8
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


def read(path: Path) -> Any:
    """Return the contents of a file in JSON or YAML; None if there is none, or it cannot be read."""
    try:
        told = path.stat()
        return _read(path, told.st_mtime_ns) if path.is_file() and told.st_size <= LARGEST else None
    except (OSError, ValueError):
        return None


@lru_cache(maxsize=256)
def _read(path: Path, changed: int) -> Any:
    try:
        return yaml.load(text_of(path.read_bytes()), Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def shape_of_file(path: Path) -> Shape:
    """Return the shape that the schema in a file describes."""
    return shape_of(read(path), path.parent)


def shape_of(schema: Any, folder: Path, document: Any = None) -> Shape:
    """Return the shape that a schema describes. folder: where the files lie that it refers to."""
    if not isinstance(schema, Mapping):
        return UNKNOWN
    return Shape.of(_with_files(schema, folder, 0), schema if document is None else document)


def _with_files(value: Any, folder: Path, depth: int) -> Any:
    """Return a part of a schema in which references to other files are replaced by what they lead to."""
    if depth > DEEPEST:
        return {}
    if isinstance(value, list):
        return [_with_files(each, folder, depth + 1) for each in value]
    if not isinstance(value, Mapping):
        return value
    reference = value.get("$ref")
    if isinstance(reference, str) and not reference.startswith("#"):
        return _elsewhere(reference, folder, depth)
    return {key: _with_files(each, folder, depth + 1) for key, each in value.items()}


def _elsewhere(reference: str, folder: Path, depth: int) -> Any:
    name, _, fragment = reference.partition("#")
    document = read(folder / name) if "://" not in name else None
    if not isinstance(document, Mapping):
        return {}
    return Shape.of(_with_files({"$ref": f"#{fragment}"}, folder, depth + 1), _with_files(document, folder, depth + 1))


def flow_of(method: str, path: str) -> str:
    r"""Return the beginning of the name of the flow of an operation: get:\orders\(id)."""
    return f"{method}:{path}".replace("/", "\\").replace("{", "(").replace("}", ")")


def operation_of(api: Any, flow: str) -> tuple[Shape, dict[str, dict[str, Shape]]]:
    """Return the body of the operation whose flow this is, and its parameters by place (`query`) and name."""
    paths = api.get("paths") if isinstance(api, Mapping) else None
    for path, item in paths.items() if isinstance(paths, Mapping) else ():
        for method in METHODS:
            start = flow_of(method, str(path))
            if isinstance(item, Mapping) and method in item and (flow == start or flow.startswith(f"{start}:")):
                return _described(item, item[method], api)
    return UNKNOWN, {}


def _described(item: Mapping[str, Any], operation: Any, api: Any) -> tuple[Shape, dict[str, dict[str, Shape]]]:
    told = operation if isinstance(operation, Mapping) else {}
    body, parameters = UNKNOWN, dict[str, dict[str, Shape]]()
    content = (told.get("requestBody") or {}).get("content") if isinstance(told.get("requestBody"), Mapping) else None
    for each in content.values() if isinstance(content, Mapping) else ():
        if isinstance(each, Mapping):
            body = body | Shape.of(each.get("schema"), api)
    for each in [*(item.get("parameters") or ()), *(told.get("parameters") or ())]:
        if isinstance(each, Mapping) and "name" in each:
            parameters.setdefault(str(each.get("in")), {})[str(each["name"])] = Shape.of(each.get("schema"), api)
    return body, parameters
