"""Traits and resource types, applied."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.mule.apis.raml.scopes import Scope

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
PARAMETER = re.compile(r"<<\s*([^<>|]+?)\s*(?:\|\s*!(\w+)\s*)?>>")
DEEPEST_TYPES = 10


def applied(resource: Mapping[str, Any], path: str, scope: Scope) -> dict[str, Any]:
    """Return a resource with all that its type and its traits say; what it says itself wins."""
    whole = _with_type(dict(resource), path, scope, 0)
    for method in METHODS:
        if method in whole:
            operation = dict(whole[method] or {})
            for use in (*_listed(operation.pop("is", None)), *_listed(whole.get("is"))):
                operation = merged(_used("traits", use, scope, {"methodName": method, **_of_path(path)}), operation)
            whole[method] = operation
    return whole


def _with_type(resource: dict[str, Any], path: str, scope: Scope, depth: int) -> dict[str, Any]:
    use = resource.pop("type", None)
    if use is None or depth > DEEPEST_TYPES:
        return resource
    base = _with_type(_used("resourceTypes", use, scope, _of_path(path)), path, scope, depth + 1)
    fitting = {}
    for name, value in base.items():
        if name.endswith("?"):
            if name[:-1] in resource:
                fitting[name[:-1]] = value
        elif name != "usage":
            fitting[name] = value
    return merged(fitting, resource)


def _of_path(path: str) -> dict[str, str]:
    names = [part for part in path.split("/") if part and not part.startswith("{")]
    return {"resourcePath": path, "resourcePathName": names[-1] if names else ""}


def _listed(value: Any) -> Iterator[Any]:
    yield from value if isinstance(value, list) else () if value is None else (value,)


def _used(kind: str, use: Any, scope: Scope, reserved: Mapping[str, str]) -> dict[str, Any]:
    """Return a trait or resource type with its parameters filled in; an empty one that nobody knows."""
    name, given = use, {}
    if isinstance(use, Mapping) and use:
        name, given = next(iter(use.items()))
    found = scope.find(kind, str(name))
    if found is None or not isinstance(found[0], Mapping):
        return {}
    values = {**reserved, **{str(key): value for key, value in (given or {}).items()}}
    filled = _filled(found[0], values)
    return {key: value for key, value in filled.items() if key not in ("usage", "displayName")}


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        whole = PARAMETER.fullmatch(value.strip())
        if whole and not whole[2]:
            return values.get(whole[1], value)
        return PARAMETER.sub(lambda match: _changed(str(values.get(match[1], match[0])), match[2]), value)
    if isinstance(value, Mapping):
        return {_filled(key, values): _filled(each, values) for key, each in value.items()}
    return [_filled(each, values) for each in value] if isinstance(value, list) else value


def _changed(text: str, function: str | None) -> str:
    if function == "singularize":
        return text[:-3] + "y" if text.endswith("ies") else text.removesuffix("s")
    if function == "pluralize":
        return text if text.endswith("s") else f"{text}s"
    changes = {"uppercase": str.upper, "lowercase": str.lower}
    if function in changes:
        return changes[function](text)
    if function == "uppercamelcase":
        return text[:1].upper() + text[1:]
    return text[:1].lower() + text[1:] if function == "lowercamelcase" else text


def merged(under: Any, over: Any) -> Any:
    """Return both, map in map; where both say something, the second wins."""
    if isinstance(under, Mapping) and isinstance(over, Mapping):
        whole = dict(under)
        for key, value in over.items():
            whole[key] = merged(under[key], value) if key in under else value
        return whole
    return under if over is None else over
