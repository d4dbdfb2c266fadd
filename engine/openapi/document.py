"""The OpenAPI 3.1 document of flows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine import __version__
from engine.analysis.answers import (
    CORRELATION_REF,
    DEFAULT,
    PROBLEM_REF,
    Content,
    answers,
    component,
    phrase,
    responses,
)
from engine.analysis.declared import SCHEMAS, components_of
from engine.analysis.demands import demands_of, schema_of
from engine.analysis.described import DescribedApi, free_name
from engine.analysis.parameters import path_parameters, read_parameters
from engine.analysis.rehearsal import Rehearsal, TooMuch
from engine.analysis.security import requirements
from engine.content.bodies import CSV, JSON
from engine.content.problem import PROBLEM
from engine.expressions.held import Path
from engine.expressions.schemas import OPEN, Schema
from engine.serving.replays import SAFE
from engine.serving.route import BodySchema, HttpSource, Route
from engine.serving.sending import LINES
from engine.steps.flow import Flow
from engine.values.request_path import PARAMETER
from engine.values.secrets import Secrets

USUAL_METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")
"""The methods in the description of a listener for all methods."""

WITH_BODY = frozenset({"PATCH", "POST", "PUT", "QUERY"})
REST = "rest"
"""The parameter name of a trailing `*`; its value may hold slashes, which OpenAPI cannot express."""

ALWAYS = (400, 408, 413, 414, 415, 431, 500, 503, 504)
"""The statuses that each listener itself answers: bad, slow, large, unreadable requests; bugs, overload, deadline."""

KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A request that comes again under its key gets the answer of the first time.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}

NAMING = frozenset({"$ref", "type", "format", "in", "name", "operationId", "required", "tags", "openapi"})
"""Keys of the document whose texts are names that others refer to, or words of OpenAPI."""

PROBLEM_SCHEMA = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "required": ["type", "title", "status", "detail", "instance", "correlationId"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri-reference"},
        "errorType": {"type": "string", "description": "The type of the error, NS:ID; not with a 5xx."},
        "violations": {"type": "array", "description": "What of the request does not fit, each with its path."},
        "correlationId": {"type": "string", "description": "Finds the request in the log."},
    },
}


def openapi(
    flows: Iterable[Flow],
    servers: Iterable[str],
    examples: Mapping[str, Any] | None = None,
    info: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the document of the flows with an HTTP source.

    servers: their base URLs. examples: bodies by name; those that match an operation's schema become its examples.
    info: title, version and description of the document.
    """
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {},
        "servers": [{"url": url} for url in servers],
        "paths": {},
        "components": {},
    }
    operations = Operations(examples or {})
    for flow in flows:
        if isinstance(flow.source, HttpSource):
            for path, method, operation in operations.of(flow, flow.source.route()):
                document["paths"].setdefault(path, {})[method] = operation
    usual = {"title": "Flows", "version": __version__}
    document["info"] = usual | operations.info_of_the_only_api() | dict(info or {})
    document["components"] = operations.components(document["paths"])
    return document


def without_secrets(document: Mapping[str, Any], secrets: Secrets) -> dict[str, Any]:
    """Return the document with secrets hidden, in its paths and texts, not in the names that hold it together."""
    hidden = {
        key: value if key in NAMING and not isinstance(value, Mapping) else _without_secrets(value, secrets)
        for key, value in document.items()
    }
    if isinstance(hidden.get("paths"), Mapping):
        hidden["paths"] = {secrets.hide(path): item for path, item in hidden["paths"].items()}
    return hidden


def _without_secrets(value: Any, secrets: Secrets) -> Any:
    if isinstance(value, Mapping):
        return without_secrets(value, secrets)
    return [_without_secrets(each, secrets) for each in value] if isinstance(value, list) else secrets.hide_in(value)


class Operations:
    """The operations of flows, and the components that they refer to."""

    def __init__(self, examples: Mapping[str, Any]) -> None:
        self._examples = examples
        self._schemas: dict[str, Any] = {"Problem": PROBLEM_SCHEMA}
        self._schemes: dict[str, Any] = {}
        self._of_apis: dict[str, dict[str, Any]] = {}
        """The components of API documents, by section."""
        self._apis: dict[str, DescribedApi] = {}
        self._are_of_apis = True
        """Whether all operations come from API documents."""
        self._ids: set[str] = set()

    def of(self, flow: Flow, route: Route) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield path, method and Operation Object of each operation of a flow."""
        rehearsal = Rehearsal()
        try:
            found = answers(flow, route, rehearsal)
        except TooMuch:
            found = [Content(DEFAULT, "", OPEN)]
        described = self._described(rehearsal, route)
        self._are_of_apis &= described is not None
        if described is not None:
            yield from self._of_api(described, flow, route, found)
            return
        path, names = _path(route.path)
        methods = sorted(route.methods) if route.methods else list(USUAL_METHODS)
        for method in methods:
            if method != "OPTIONS":
                single = len(methods) == 1
                operation = self._operation(flow, route, method, found, rehearsal, names)
                operation["operationId"] = flow.name if single else f"{flow.name}-{method.lower()}"
                yield path, method.lower(), operation

    def _described(self, rehearsal: Rehearsal, route: Route) -> DescribedApi | None:
        """Return the API that a flow implements, if its router handles everything below the listener's path."""
        found = next((found for step in rehearsal.seen if (found := step.describes())), None)
        if found is None or not route.path.endswith("/*"):
            return None
        (name, document), prefix = found, route.path.removesuffix("/*")
        if name not in self._apis:
            self._apis[name] = DescribedApi(name, document, prefix, self._of_apis)
        return self._apis[name].below(prefix)

    def _of_api(
        self, api: DescribedApi, flow: Flow, route: Route, found: list[Content]
    ) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield the operations of an API from its document, with further answers of the listener and the router."""
        refused = [each for each in found if each.media_type == PROBLEM]
        required, schemes = requirements(flow, [step.processor for step in flow.steps.steps])
        security = {"security": required} if required else {}
        self._schemes |= schemes
        for path, method, operation in api.operations():
            if route.methods is not None and method.upper() not in route.methods:
                continue
            own = {str(status): each for status, each in (operation.get("responses") or {}).items()}
            ours = responses(refused if own else found, _problems(route, PARAMETER.findall(path)))
            name = operation.get("operationId") or f"{flow.name}-{method}-{path}"
            told: dict[str, Any] = {"operationId": self._free_id(name, flow), "responses": ours | own}
            if parameters := _with_key(operation.get("parameters", []), route, method.upper()):
                told["parameters"] = parameters
            yield path, method, {"tags": [_file(flow)], **security, **operation, **told}

    def _free_id(self, wanted: str, flow: Flow) -> str:
        """Return an operationId that no other operation of an API has."""
        name = free_name(wanted, flow.name, self._ids)
        self._ids.add(name)
        return name

    def info_of_the_only_api(self) -> dict[str, str]:
        """Return the info of the only API document, if there are no other operations."""
        api = next(iter(self._apis.values()), None)
        return api.info if api is not None and len(self._apis) == 1 and self._are_of_apis else {}

    def _operation(
        self, flow: Flow, route: Route, method: str, found: list[Content], rehearsal: Rehearsal, names: list[str]
    ) -> dict[str, Any]:
        demands: dict[Path, list[Schema]] = {}
        for path, schema in demands_of(flow.steps):
            demands.setdefault(path, []).append(schema)
        read = read_parameters(_read_by(rehearsal, route), demands)
        parameters = _with_key([*path_parameters(names), *read], route, method)
        operation: dict[str, Any] = {"operationId": "", **_words(flow), "tags": [_file(flow)]}
        if parameters:
            operation["parameters"] = parameters
        if method in WITH_BODY:
            operation["requestBody"] = self._body(flow.name, route, demands)
        operation["responses"] = responses([*found, *_of_method(method, found)], _problems(route, names))
        security, schemes = requirements(flow, rehearsal.seen)
        self._schemes |= schemes
        return operation | ({"security": security} if security else {})

    def _body(self, name: str, route: Route, demands: Mapping[Path, list[Schema]]) -> dict[str, Any]:
        if route.streaming:
            return {"required": False, "content": _contents(route.consumes or (LINES, CSV), {})}
        if route.is_raw:
            return {"required": False, "content": _contents(route.consumes or ("*/*",), {})}
        if route.schema is not None:
            content = self._content(self._declared(name, route.schema))
            return {"required": True, "content": _contents(route.consumes or (JSON,), content)}
        schema = schema_of({path[1:]: each for path, each in demands.items() if path[0] == "payload"})
        return {"required": bool(schema), "content": _contents(route.consumes or (JSON,), self._content(schema))}

    def _content(self, schema: Schema) -> dict[str, Any]:
        content: dict[str, Any] = {"schema": schema}
        if schema and (examples := self._fitting(schema)):
            content["examples"] = examples
        return content

    def _declared(self, name: str, schema: BodySchema) -> Schema:
        """Return the reference to a listener's schema, which becomes a component."""
        found = components_of(name, schema.documents)
        self._schemas |= found
        return {"$ref": f"{SCHEMAS}{next(iter(found))}"}

    def _fitting(self, schema: Schema) -> dict[str, Any]:
        from jsonschema_rs import validator_for  # only the document needs it

        whole = {**schema, "components": {"schemas": self._schemas}}
        fits = validator_for(whole, validate_formats=True).is_valid
        return {name: {"value": value} for name, value in self._examples.items() if fits(value)}

    def components(self, paths: Mapping[str, Any]) -> dict[str, Any]:
        """Return the Components Object for the references in the paths."""
        used = sorted(set(_responses_used(paths)))
        named = {component(status): _problem_response(status) for status in used}
        components: dict[str, Any] = {
            "schemas": self._schemas,
            "responses": named,
            "headers": {
                "X-Correlation-ID": {"description": "Finds the request in the log.", "schema": {"type": "string"}}
            },
            "securitySchemes": self._schemes,
        }
        for section, entries in self._of_apis.items():
            components[section] = {**entries, **components.get(section, {})}
        return {name: each for name, each in components.items() if each}


def _path(path: str) -> tuple[str, list[str]]:
    """Return a listener's path in OpenAPI's form, and the names of its parameters."""
    if path.endswith("*"):
        path = f"{path[:-1]}{{{REST}}}"
    return path, PARAMETER.findall(path)


def _contents(media_types: Iterable[str], content: dict[str, Any]) -> dict[str, Any]:
    """Return the possible contents of a body: values by their schema; for CSV a text."""
    return {each: {"schema": {"type": "string"}} if each == CSV else content or {"schema": {}} for each in media_types}


def _words(flow: Flow) -> dict[str, str]:
    doc = " ".join((flow.doc or "").split())
    first = re.split(r"(?<=[.;]) ", doc, maxsplit=1)[0].rstrip(".;")
    return {"summary": first or flow.name} | ({"description": doc} if doc and doc.rstrip(".") != first else {})


def _file(flow: Flow) -> str:
    """Return the name of the flow's file, without its ending, so that related flows are grouped."""
    match = re.search(r"([^/\\]+?)(?:\.ya?ml)?:[0-9]+$", flow.steps.location or "")
    return match[1] if match else "flows"


def _read_by(rehearsal: Rehearsal, route: Route) -> list[Any]:
    """Return the expressions that see the request: those of the flow, and those in the listener's parameters."""
    own = (each for response in (route.response, route.error_response) for each in vars(response).values())
    return [*rehearsal.reading, *(each.held for each in own if each is not None)]


def _with_key(parameters: list[dict[str, Any]], route: Route, method: str) -> list[dict[str, Any]]:
    """Return the parameters, with the Idempotency-Key added if the listener accepts one and it is missing."""
    is_told = any(str(each.get("name", "")).lower() == KEY["name"].lower() for each in parameters)
    if route.idempotency is None or method in SAFE or is_told:
        return parameters
    return [*parameters, {**KEY, "required": route.idempotency.required}]


def _of_method(method: str, found: Iterable[Content]) -> list[Content]:
    """Return the additional 304 of GET, for a caller that has the answer already (ETag)."""
    is_read = method == "GET" and any(each.status in (200, DEFAULT) for each in found)
    return [Content(304, None, OPEN)] if is_read else []


def _problems(route: Route, names: list[str]) -> list[int]:
    """Return the statuses of the listener's own answers."""
    found = list(ALWAYS)
    if names:
        found.append(404)  # an empty segment, or one with a slash, is a different path
    if route.rate_limit is not None:
        found.append(429)
    if route.idempotency is not None:
        found += [409, 422]
    return found


def _responses_used(paths: Mapping[str, Any]) -> Iterator[str]:
    for operations in paths.values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if response.get("$ref") == f"#/components/responses/{component(status)}":
                    yield status


def _problem_response(status: str) -> dict[str, Any]:
    return {
        "description": phrase(status),
        "headers": {"X-Correlation-ID": CORRELATION_REF},
        "content": {PROBLEM: {"schema": dict(PROBLEM_REF)}},
    }
