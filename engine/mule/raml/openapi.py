"""Turns an API in RAML 1.0, or 0.8, into an OpenAPI 3.1 document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from engine.mule.raml.libraries import SECTIONS, entries, with_prefix
from engine.mule.raml.reading import Files, RamlError
from engine.mule.raml.schemas import Schemas, example_of, requirement
from engine.mule.raml.templates import METHODS, applied, as_list, filled, merged

VERSION = re.compile(r"#%RAML (0\.8|1\.0)")
USUAL_MEDIA_TYPE = "application/json"
DEEPEST_TEMPLATES = 20
PARAMETERS = {"queryParameters": "query", "headers": "header"}


class Converted(NamedTuple):
    """An OpenAPI document, and what of the API it does not say."""

    document: dict[str, Any]
    losses: list[str]


def openapi_of(file: Path, root: Path | None = None) -> Converted:
    """Return an API in RAML as OpenAPI. root: the folder that included files may lie in; that of the file by default.

    Raises RamlError for a file that is not RAML or cannot be read.
    """
    files = Files(root or file.parent)
    try:
        with file.open(encoding="utf-8-sig", errors="replace") as opened:
            found = VERSION.match(opened.readline())
    except OSError as error:
        raise RamlError(f"{file.name} cannot be read: {error.strerror}") from None
    if found is None:
        raise RamlError(f"{file.name} does not begin with #%RAML 1.0")
    api = files.load(file)
    if not isinstance(api, dict):
        raise RamlError(f"{file.name} is empty")
    return _Api(api, files, file.parent, requires=found[1] == "1.0").converted()


class _Api:
    """One API: its declarations, those of its libraries, and what is lost.

    requires: whether a parameter is required that does not say so, as in 1.0.
    """

    def __init__(self, api: Mapping[str, Any], files: Files, folder: Path, *, requires: bool) -> None:
        self._api, self._requires = api, requires
        self._losses: dict[str, None] = {}
        self._declared: dict[str, dict[str, Any]] = {"types": {}, "traits": {}, "resourceTypes": {}}
        self._declare(api, "", files, folder)
        self._schemas = Schemas(self._declared["types"], self._lose)
        media_types = api.get("mediaType") or USUAL_MEDIA_TYPE
        self._media_types = media_types if isinstance(media_types, list) else [media_types]

    def _lose(self, what: str) -> None:
        self._losses[what] = None

    def _declare(self, source: Mapping[str, Any], prefix: str, files: Files, folder: Path) -> None:
        """Take the declarations of the API, or of a library, whose names come with a prefix."""
        for written, section in SECTIONS.items():
            for name, value in entries(source.get(written)):
                self._declared[section][f"{prefix}{name}"] = value
        for name, written in entries(source.get("uses")):
            library = files.load(folder / str(written).lstrip("/"))
            if isinstance(library, dict) and prefix.count(".") < DEEPEST_TEMPLATES:
                self._declare(
                    with_prefix(library, f"{name}."), f"{prefix}{name}.", files, (folder / str(written)).parent
                )

    def converted(self) -> Converted:
        api = self._api
        info = {"title": str(api.get("title") or "API"), "version": str(api.get("version") or "1")}
        if description := api.get("description"):
            info["description"] = str(description)
        if api.get("securedBy") or api.get("securitySchemes"):
            self._lose("securitySchemes: who may call is checked by a step of a flow, not by the API's description")
        paths: dict[str, Any] = {}
        for path, item in self._resources(api, "", {}):
            paths[path] = item
        document: dict[str, Any] = {"openapi": "3.1.0", "info": info, "paths": paths}
        if components := self._schemas.components():
            document["components"] = {"schemas": components}
        return Converted(document, list(self._losses))

    # Resources

    def _resources(self, parent: Mapping[str, Any], path: str, outer: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, value in parent.items():
            if name[:1] != "/":
                continue
            whole = path + name.rstrip("/") if name != "/" else path or "/"
            resource = self._typed(value if isinstance(value, dict) else {}, whole, 0)
            parameters = {**outer, **dict(entries(resource.get("uriParameters")))}
            if item := self._item(resource, whole, parameters):
                yield whole, item
            yield from self._resources(resource, whole if whole != "/" else "", parameters)

    def _typed(self, resource: dict[str, Any], path: str, depth: int) -> dict[str, Any]:
        """Return the resource with what its type says, and the type of that."""
        names = [part for part in path.split("/") if part and part[0] != "{"]
        known = {"resourcePath": path, "resourcePathName": names[-1] if names else ""}
        for name, values in applied(resource.get("type")):
            template = self._declared["resourceTypes"].get(name)
            if template is None or depth >= DEEPEST_TEMPLATES:
                self._lose(f"the resource type {name!r}, which is declared nowhere")
                continue
            inner = self._typed(filled(template, known | values) or {}, path, depth + 1)
            resource = merged({**resource, "type": None}, inner)
        return resource

    def _item(self, resource: Mapping[str, Any], path: str, declared: Mapping[str, Any]) -> dict[str, Any]:
        parameters = [self._path_parameter(name, declared.get(name)) for name in re.findall(r"\{([^{}]+)\}", path)]
        return {
            method: self._operation(self._with_traits(resource, method, path), parameters)
            for method in METHODS
            if method in resource
        }

    def _with_traits(self, resource: Mapping[str, Any], method: str, path: str) -> dict[str, Any]:
        own = resource[method] if isinstance(resource[method], dict) else {}
        known = {"resourcePath": path, "resourcePathName": path.rpartition("/")[2], "methodName": method}
        for name, values in applied([*as_list(own.get("is")), *as_list(resource.get("is"))]):
            template = self._declared["traits"].get(name)
            if template is None:
                self._lose(f"the trait {name!r}, which is declared nowhere")
            else:
                own = merged(own, filled(template, known | values))
        return own

    # Operations

    def _operation(self, method: Mapping[str, Any], outer: list[dict[str, Any]]) -> dict[str, Any]:
        parameters = [*outer]
        for section, place in PARAMETERS.items():
            parameters += [self._parameter(name, value, place) for name, value in entries(method.get(section))]
        if "queryString" in method:
            self._lose("queryString: the query is not checked as a whole")
        operation: dict[str, Any] = {}
        for ours, theirs in (("summary", "displayName"), ("description", "description")):
            if method.get(theirs):
                operation[ours] = str(method[theirs])
        if parameters:
            operation["parameters"] = parameters
        if content := self._content(method.get("body")):
            operation["requestBody"] = {"required": True, "content": content}
        operation["responses"] = dict(self._responses(method)) or {"default": {"description": ""}}
        return operation

    def _path_parameter(self, name: str, declaration: Any) -> dict[str, Any]:
        return {"name": name, "in": "path", "required": True, "schema": self._schemas.schema(declaration)}

    def _parameter(self, written: str, declaration: Any, place: str) -> dict[str, Any]:
        name, is_required = requirement(written, declaration, self._requires)
        found: dict[str, Any] = {"name": name, "in": place}
        found |= {"required": True} if is_required else {}
        schema = self._schemas.schema(declaration)
        if isinstance(text := schema.pop("description", None), str):
            found["description"] = text
        return found | {"schema": schema}

    def _responses(self, method: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        for status, value in entries(method.get("responses")):
            said = value if isinstance(value, dict) else {}
            found: dict[str, Any] = {"description": str(said.get("description") or "")}
            headers = {
                requirement(name, each)[0]: {"schema": self._schemas.schema(each)}
                for name, each in entries(said.get("headers"))
            }
            found |= {"headers": headers} if headers else {}
            if content := self._content(said.get("body")):
                found["content"] = content
            yield str(status), found

    def _content(self, body: Any) -> dict[str, Any]:
        """Return the content by media type: a body names them, or is a type in the API's own ones."""
        if body is None:
            return {}
        if isinstance(body, dict) and any("/" in name for name in body):
            return {name: self._media(value) for name, value in body.items() if "/" in name}
        media = self._media(body)
        return {str(name): media for name in self._media_types}

    def _media(self, declaration: Any) -> dict[str, Any]:
        if declaration is None:
            return {}
        said = dict(declaration) if type(declaration) is dict else {"type": declaration}
        media: dict[str, Any] = {}
        if (example := said.pop("example", None)) is not None:
            media["example"] = example_of(example)
        if isinstance(examples := said.pop("examples", None), dict):
            media = {"examples": {name: {"value": example_of(each)} for name, each in examples.items()}}
        return media | ({"schema": self._schemas.schema(said)} if said else {})
