"""The tests of a project that `engine new` makes from an OpenAPI file: each operation is called once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.testing.working import Order, run_file
from engine.tools.scaffolds.samples import Samples
from engine.values.media import is_json

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")


def cases_of(document: Mapping[str, Any], base: str) -> dict[str, Any]:
    """Return a case for each operation, with values that its schemas allow; base: the prefix of its paths."""
    return dict(_cases(Samples(document), document, base))


def _cases(samples: Samples, document: Mapping[str, Any], base: str) -> Iterator[tuple[str, Any]]:
    for path, item in (document.get("paths") or {}).items():
        item = samples.resolved(item) or {}
        for method in METHODS:
            operation = samples.resolved(item.get(method))
            if isinstance(operation, dict):
                status = samples.answer(operation)[0]
                given = _given(samples, [*_list(item), *_list(operation)], operation)
                case = {method: f"{base}{path}"} | ({"given": given} if given else {})
                yield f"{method} {path} answers {status}", case | {"expect": {"status": status}}


def _list(holder: Mapping[str, Any]) -> list[Any]:
    parameters = holder.get("parameters")
    return parameters if isinstance(parameters, list) else []


def _given(samples: Samples, parameters: list[Any], operation: Mapping[str, Any]) -> dict[str, Any]:
    places = {"path": "uriParams", "query": "queryParams", "header": "headers"}
    given: dict[str, Any] = {}
    for parameter in map(samples.resolved, parameters):
        place = places.get(parameter.get("in", "")) if isinstance(parameter, dict) else None
        if place and (parameter.get("required") or place == "uriParams"):
            given.setdefault(place, {})[str(parameter.get("name"))] = samples.of_content(parameter)
    body = samples.resolved(operation.get("requestBody")) or {}
    content = samples.resolved(body.get("content")) or {}
    media_type = next((name for name in content if is_json(name)), None)
    return given | ({"payload": samples.of_content(samples.resolved(content[media_type]))} if media_type else {})


def passing(file: Path, cases: Mapping[str, Any]) -> dict[str, Any]:
    """Return the cases of a test file that pass: samples fit a schema's types, but not its further demands."""
    passed = {each.name for each in run_file(file, Order()).results if each.status == "passed"}
    return {name: case for name, case in cases.items() if name in passed}
