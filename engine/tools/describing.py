"""`engine openapi`: the document of the flows, for people and tools elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable

from engine.application import Application
from engine.expressions.functions.formats.formats import write
from engine.serving.route import HttpSource, Route
from engine.values.addresses import in_url


def describe(app: Application, form: str, servers: Iterable[str]) -> str:
    """Return the document as a text. form: yaml or json; servers: if left out, the listeners' hosts and ports."""
    routes = [flow.source.route() for flow in app.flows.values() if isinstance(flow.source, HttpSource)]
    document = app.openapi(None, list(servers) or dict.fromkeys(map(_url, routes)))
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return f"{text}\n" if form == "json" else str(write.call(json.loads(text), "application/yaml"))


def _url(route: Route) -> str:
    scheme = "https" if route.connections.tls else "http"
    return f"{scheme}://{in_url(route.host)}:{route.port}"
