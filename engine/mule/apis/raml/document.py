"""A RAML file as an OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.mule.apis.raml.applying import METHODS, applied
from engine.mule.apis.raml.loading import Files, RamlMistake, Read
from engine.mule.apis.raml.scopes import Scope, scope_of
from engine.mule.apis.raml.types import Types, property_of

JSON = "application/json"
DEEPEST_RESOURCES = 50
URI_NAME = re.compile(r"\{([^{}/]+)\}")


def openapi_of(file: str, read: Read) -> dict[str, Any]:
    """Return the OpenAPI document of an API in RAML. Raise RamlMistake."""
    files = Files(read)
    data = files.load(file)
    if not isinstance(data, dict):
        raise RamlMistake(f"{file} has no API in it")
    return _Document(data, scope_of(files, file, data)).whole()


class _Document:
    def __init__(self, data: Mapping[str, Any], scope: Scope) -> None:
        self.data, self.scope, self.types = data, scope, Types()
        media = data.get("mediaType")
        self.media_types = [str(each) for each in media] if isinstance(media, list) else [str(media or JSON)]

    def whole(self) -> dict[str, Any]:
        info = {"title": str(self.data.get("title") or "API"), "version": str(self.data.get("version") or "1")}
        if isinstance(description := self.data.get("description"), str):
            info["description"] = description
        paths: dict[str, Any] = {}
        for path, item in self._resources(self.data, "", [], 0):
            if item:
                paths[path] = item
        document = {"openapi": "3.1.0", "info": info, "paths": paths}
        return {**document, "components": {"schemas": self.types.schemas}} if self.types.schemas else document

    def _resources(
        self, holder: Mapping[str, Any], at: str, above: list[dict[str, Any]], depth: int
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield each resource with its operations. above: the parameters of the resources around it."""
        if depth > DEEPEST_RESOURCES:
            raise RamlMistake("resources are nested too deep")
        for name, value in holder.items():
            if not str(name).startswith("/"):
                continue
            path = f"{at}{str(name).rstrip('/')}"
            resource = applied(value or {}, path, self.scope)
            parameters = above + self._parameters(resource.get("uriParameters"), "path")
            yield path or "/", self._item(resource, path, parameters)
            yield from self._resources(resource, path, parameters, depth + 1)

    def _item(self, resource: Mapping[str, Any], path: str, above: list[dict[str, Any]]) -> dict[str, Any]:
        operations = {method: self._operation(resource[method] or {}) for method in METHODS if method in resource}
        if not operations:
            return {}
        names = list(dict.fromkeys(URI_NAME.findall(path)))
        known = {each["name"]: each for each in above}
        free = {"in": "path", "required": True, "schema": {"type": "string"}}
        parameters = [{**known.get(name, {"name": name, **free}), "required": True} for name in names]
        return {**({"parameters": parameters} if parameters else {}), **operations}

    def _operation(self, method: Mapping[str, Any]) -> dict[str, Any]:
        operation: dict[str, Any] = {}
        if isinstance(summary := method.get("displayName"), str):
            operation["summary"] = summary
        if isinstance(description := method.get("description"), str):
            operation["description"] = description
        parameters = self._parameters(method.get("queryParameters"), "query")
        parameters += self._parameters(method.get("headers"), "header")
        if parameters:
            operation["parameters"] = parameters
        if content := self._bodies(method.get("body")):
            is_checked = any("schema" in each for each in content.values())
            operation["requestBody"] = {"content": content, **({"required": True} if is_checked else {})}
        operation["responses"] = self._responses(method.get("responses"))
        return operation

    def _parameters(self, declared: Any, place: str) -> list[dict[str, Any]]:
        found = []
        for name, value in declared.items() if isinstance(declared, Mapping) else ():
            plain, is_required = property_of(str(name), value)
            schema = self.types.schema(value if value is not None else "string", self.scope)
            found.append({"name": plain, "in": place, "required": is_required, "schema": schema})
        return found

    def _bodies(self, body: Any) -> dict[str, Any]:
        """Return the content of a body: by media types, or of a type in the API's own."""
        if body is None:
            return {}
        if isinstance(body, Mapping) and any("/" in str(name) for name in body):
            return {str(name): self._content(value) for name, value in body.items() if "/" in str(name)}
        return {name: self._content(body) for name in self.media_types}

    def _content(self, value: Any) -> dict[str, Any]:
        is_empty = isinstance(value, Mapping) and not value.keys() & {"type", "schema", "properties", "items"}
        schema = {} if value is None or is_empty else self.types.schema(value, self.scope)
        content: dict[str, Any] = {"schema": schema} if schema else {}
        if isinstance(value, Mapping) and "example" in value:
            content["example"] = value["example"]
        return content

    def _responses(self, responses: Any) -> dict[str, Any]:
        found = {}
        for status, value in responses.items() if isinstance(responses, Mapping) else ():
            told = value if isinstance(value, Mapping) else {}
            response: dict[str, Any] = {"description": str(told.get("description") or "")}
            if content := self._bodies(told.get("body")):
                response["content"] = content
            found[str(status)] = response
        return found or {"200": {"description": ""}}
