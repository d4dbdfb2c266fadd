"""The operations of an OpenAPI file, and how one is found for a request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

from pydantic_core import core_schema

from engine import Validated, refuse
from engine.connectors import PathPattern, Resource, loading_of, typed
from processors.apikit._document import METHODS, ApiDocument
from processors.apikit._errors import METHOD_NOT_ALLOWED, NOT_FOUND, refusal
from processors.apikit._operation import Operation
from processors.apikit._parameters import PLACES, ApiParameter

IGNORED = frozenset({"accept", "content-type", "authorization"})
"""Headers that OpenAPI describes elsewhere, not as parameters."""


class Api(Validated):
    """An OpenAPI 3.x file by its name, or a map in the flow file; mistakes in it are reported at their places."""

    word = "name of a file or map"
    schema = typed("string", "object")

    def __init__(self, document: ApiDocument) -> None:
        self.described: Mapping[str, Any] = document.plain
        self.operations = tuple(_operations(document))
        if document.mistakes:
            refuse(document.mistakes)
        paths = dict.fromkeys(each.path for each in self.operations)
        patterns = [(PathPattern(path, has_rest=False), path) for path in paths]
        self._patterns = sorted(patterns, key=lambda each: each[0].specificity)
        self._by_path: dict[str, dict[str, Operation]] = {path: {} for path in paths}
        for each in self.operations:
            self._by_path[each.path][each.method] = each

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        """Return the operation of a request and its uri parameters. Raise the Refusal if there is none.

        path: cut.
        """
        for pattern, template in self._patterns:
            values = pattern.find(path)
            if values is not None:
                operation = self._operation(method.lower(), self._by_path[template])
                return operation, dict(zip(pattern.names, values, strict=True))
        raise refusal(NOT_FOUND, "the API has no such path")

    def _operation(self, method: str, operations: Mapping[str, Operation]) -> Operation:
        found = operations.get(method) or (operations.get("get") if method == "head" else None)
        if found is None:
            allow = ", ".join(sorted(each.upper() for each in operations))
            raise refusal(METHOD_NOT_ALLOWED, f"the methods here are {allow}", headers={"allow": allow})
        return found

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self:
        if isinstance(value, cls):
            return value
        if isinstance(value, Mapping) and hasattr(value, "place"):
            api = cls(ApiDocument("the flow file", value))
        else:
            api = cls(ApiDocument.of_file(Resource._validate(value, info)))
        loading = loading_of(info)
        for each in api.operations:
            names = [name for body in (*each.bodies, "") for name in each.flow_names(loading.owner, body)]
            loading.want_flow(names, f"{each.method.upper()} {each.path}", value)
        return api


def _operations(document: ApiDocument) -> Iterator[Operation]:
    paths = document.root["paths"]
    for path, value in paths.items():
        item = document.resolved(value, paths.places[path][1])
        if not path.startswith("/") or not isinstance(item, Mapping):
            document.note(f"'{path}' under 'paths'", "a path that begins with '/', with a map", paths.places[path][0])
            continue
        at = document.where(value, ("paths", path))
        shared = list(_parameters(document, item, at))
        for method in METHODS:
            if method in item:
                where = document.where(item[method], (*at, method))
                yield _operation(document, (path, method), document.map_in(item, method), where, shared)


def _operation(
    document: ApiDocument, of: tuple[str, str], value: Any, at: tuple[str, ...], shared: list[ApiParameter]
) -> Operation:
    """Return the operation of a path and a method. at: its place in the file; shared: the parameters of the path."""
    path, method = of
    own = list(_parameters(document, value, at))
    overridden = {(each.name, each.place) for each in own}
    parameters = (*own, *(each for each in shared if (each.name, each.place) not in overridden))
    body = document.map_in(value, "requestBody") if value else {}
    content = document.map_in(body, "content") if body else {}
    schemas = {}
    for name in content:
        where = document.where(value["requestBody"], (*at, "requestBody"))
        schemas[name] = document.schema(document.map_in(content, name), (*where, "content", name))
    needs_body, security = body.get("required") is True, _security(document, value)
    return Operation(method, path, parameters, schemas, needs_body, _produced(document, value), *security)


def _security(document: ApiDocument, operation: Any) -> tuple[tuple[str, ...], Any]:
    """Return the schemes of which a caller needs one, and where they are listed: in the operation or the whole API."""
    holder = operation if operation and "security" in operation else document.root
    requirements = list(document.list_in(holder, "security"))
    if not all(each for each, _ in requirements):  # an empty one: nobody has to
        return (), None
    names = dict.fromkeys(str(name) for each, _ in requirements for name in each)
    return tuple(names), holder.places["security"][0] if names else None


def _produced(document: ApiDocument, operation: Any) -> frozenset[str]:
    """Return the media types of the successful answers."""
    found: set[str] = set()
    responses = document.map_in(operation, "responses") if operation else {}
    for status in responses:
        response = document.map_in(responses, status)
        if str(status).startswith("2") and response:
            found |= set(document.map_in(response, "content"))
    return frozenset(found)


def _parameters(document: ApiDocument, holder: Any, at: tuple[str, ...]) -> Iterator[ApiParameter]:
    if not holder:
        return
    for number, (each, place) in enumerate(document.list_in(holder, "parameters")):
        name, where = each.get("name"), each.get("in")
        if not isinstance(name, str) or where not in (*PLACES, "cookie"):
            expected = "name, and in: path, query, header or cookie"
            document.note("a parameter without a name and a place", expected, place)
        elif where in PLACES and not (where == "header" and name.lower() in IGNORED):
            entry = holder["parameters"][number]
            path = document.where(entry, (*at, "parameters", str(number)))
            kind, items, default = _kind(document, each)
            is_required = each.get("required") is True
            schema = document.schema(each, path)
            yield ApiParameter(
                name, where, is_required, kind, items, each.get("explode", True) is True, schema, default
            )


def _kind(document: ApiDocument, parameter: Any) -> tuple[str, str, Any]:
    """Return the type of a parameter, that of its elements, and its default."""
    schema = document.map_in(parameter, "schema")
    items = document.map_in(schema, "items") if schema else {}
    return _type(schema), _type(items), schema.get("default")


def _type(schema: Any) -> str:
    kind = schema.get("type", "")
    kinds = [each for each in kind if each != "null"] if isinstance(kind, list) else [kind]
    return str(kinds[0]) if len(kinds) == 1 else ""
