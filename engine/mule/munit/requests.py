"""http:request to a listener of the application → the request of a case."""

from __future__ import annotations

import re
from typing import Any

from engine.mule.conversion.conversion import Conversion
from engine.mule.conversion.properties import Settings
from engine.mule.conversion.texts import PLACEHOLDER
from engine.mule.munit.scripts import constant
from engine.mule.munit.unfit import Unfit
from engine.mule.munit.values import given_value
from engine.mule.xml.nodes import Node

HERE = ("localhost", "127.0.0.1", "0.0.0.0", "::1")  # noqa: S104  # no address to bind
METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
ADDRESS = re.compile(r"https?://([^/:?#]+)(?::([^/?#]*))?([^?#]*)", re.IGNORECASE)
CONNECTION = "http:request-connection"
PARTS = {"http:headers": "headers", "http:query-params": "queryParams", "http:uri-params": "uriParams"}
STATUS_OF = {
    "BAD_REQUEST": 400, "UNAUTHORIZED": 401, "FORBIDDEN": 403, "NOT_FOUND": 404, "METHOD_NOT_ALLOWED": 405,
    "NOT_ACCEPTABLE": 406, "TIMEOUT": 504, "UNSUPPORTED_MEDIA_TYPE": 415, "TOO_MANY_REQUESTS": 429,
    "INTERNAL_SERVER_ERROR": 500, "BAD_GATEWAY": 502, "SERVICE_UNAVAILABLE": 503, "GATEWAY_TIMEOUT": 504,
}  # fmt: skip
"""The status of the answer by the error that http:request makes of it."""


class Requests:
    """Knows which requests go to the application itself. configs: the http:request-configs of the tests, by name."""

    def __init__(self, conversion: Conversion, settings: Settings, configs: dict[str, Node]) -> None:
        self._conversion, self._settings, self._configs = conversion, settings, configs

    def is_own(self, node: Node) -> bool:
        """Return whether a step is a request to a listener of the application."""
        return node.name == "http:request" and self._path(node) is not None

    def _path(self, node: Node) -> str | None:
        """Return the path on the application; None if the request goes elsewhere."""
        if node.get("url"):
            match = ADDRESS.fullmatch(self._filled(node.get("url")))
            return match[3] or "/" if match and self._is_here(match[1], match[2] or "") else None
        config = self._config(node.get("config-ref"))
        connection = config.child(CONNECTION) if config is not None else None
        if config is None or connection is None:
            return None
        host, port = self._filled(connection.get("host")), connection.get("port")
        return self._joined(config, node) if self._is_here(host, port) else None

    def _config(self, name: str) -> Node | None:
        return self._configs.get(name) or self._conversion.globals.find("http:request-config", name)

    def _filled(self, text: str) -> str:
        return self._settings.filled(text)

    def _is_here(self, host: str, port: str) -> bool:
        is_open = bool(PLACEHOLDER.fullmatch(host)) and self._filled(port) in self._ports()
        return is_open or host.strip().lower() in HERE

    def _ports(self) -> set[str]:
        known = self._conversion.globals.by_name.items()
        configs = (config for (element, _), config in known if element == "http:listener-config")
        connections = (config.child("http:listener-connection") for config in configs)
        return {self._filled(each.get("port")) for each in connections if each is not None}

    def _joined(self, config: Node, node: Node) -> str:
        fixed = constant(node.get("path", "/"))
        if fixed is None or not isinstance(fixed.value, str):
            raise Unfit(node, "path of http:request", "it is computed", "the path of the request, written out")
        parts = [self._filled(each).strip("/") for each in (config.get("basePath"), fixed.value)]
        slash = "/" if fixed.value.endswith("/") and parts[-1] else ""
        return f"/{'/'.join(each for each in parts if each)}{slash}"

    def act(self, node: Node) -> dict[str, Any]:
        """Return the act of a case: the request, and what is given to it."""
        if node.get("target"):
            raise Unfit(node, "target of http:request", "the answer is the outcome of a case", "expect of the case")
        path, method = str(self._path(node)), node.get("method", "GET").strip().lower()
        given = {PARTS[each.name]: _pairs(each) for each in node.elements if each.name in PARTS}
        if (body := node.child("http:body")) is not None:
            body.attributes["value"] = body.text.strip()
            given["payload"] = given_value(body)
        if method in METHODS:
            return {"given": given, method: path}
        return {"given": given, "request": {"method": method.upper(), "path": path}}


def _pairs(node: Node) -> Any:
    if node.elements:
        return {each.get("key", each.get("headerName")): given_value(each) for each in node.elements}
    node.attributes["value"] = node.text.strip()
    return given_value(node)
