r"""Routes in the names of APIkit's flows: `get:\orders\(id):application\json:orders-config`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
NAME = re.compile(rf"({'|'.join(METHODS)}):(\\[^:]*)(?::(.*))?", re.IGNORECASE)
PARAMETER = re.compile(r"\(([^()\\]+)\)")


class Route(NamedTuple):
    """The operation of a flow. path: with `{name}`s; media_type: of the body, empty for any; config: the router's."""

    method: str
    path: str
    media_type: str = ""
    config: str = ""

    @property
    def flow_name(self) -> str:
        path = re.sub(r"\{([^{}/]+)\}", r"(\1)", self.path).replace("/", "\\")
        more = (self.media_type.replace("/", "\\"), self.config)
        return ":".join([self.method, path, *(each for each in more if each)])


def route_of(flow: str) -> Route | None:
    """Return the route that the name of a flow tells; None for any other name."""
    match = NAME.fullmatch(flow.strip())
    if match is None:
        return None
    path = PARAMETER.sub(r"{\1}", match[2].replace("\\", "/"))
    first, _, second = (match[3] or "").partition(":")
    is_type = "\\" in first
    return Route(match[1].lower(), path, first.replace("\\", "/") if is_type else "", second if is_type else first)


def document_of(title: str, routes: Iterable[Route]) -> dict[str, Any]:
    """Return the OpenAPI document of routes: their paths, parameters and the media types of bodies."""
    paths: dict[str, Any] = {}
    for route in routes:
        operation = paths.setdefault(route.path, {}).setdefault(route.method, {})
        names = dict.fromkeys(re.findall(r"\{([^{}/]+)\}", route.path))
        if names:
            operation["parameters"] = [
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
            ]
        if route.media_type:
            operation.setdefault("requestBody", {"content": {}})["content"][route.media_type] = {}
        operation.setdefault("responses", {"200": {"description": "OK"}})
    return {"openapi": "3.1.0", "info": {"title": title, "version": "1"}, "paths": paths}
