"""GET /openapi.json, and GET /docs: Swagger UI from files of this package. Nothing is loaded from other hosts."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from starlette.types import Receive, Scope, Send

from engine.serving.answer import Answer, own_problem, refused
from engine.serving.conditional import READING, with_entity_tag
from engine.serving.exchange import Exchange
from engine.serving.path_route import PathRoute
from engine.serving.route import HttpSource
from engine.steps.flow import Flow
from engine.values.addresses import is_own
from engine.values.refusal import Refusal

log = logging.getLogger("engine")

DOCUMENT = "/openapi.json"
PAGE = "/docs"
FILES = Path(__file__).parent / "swagger"
"""swagger-ui-dist (Apache-2.0), with its licence and a page of ours that starts it."""

PARTS = {
    "": ("index.html", "text/html; charset=utf-8"),
    "/swagger-ui.css": ("swagger-ui.css", "text/css; charset=utf-8"),
    "/swagger-ui-bundle.js": ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    "/start.js": ("start.js", "text/javascript; charset=utf-8"),
}
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",  # with an entity tag: revalidated, and sent again only if it changed
}


def is_described(flows: Iterable[Flow], host: str | None = None) -> bool:
    """Return whether an address serves its API's description: as its listeners say, or else if it is only local.

    host: the address it listens on, overriding the listeners' own.
    """
    routes = [flow.source.route() for flow in flows if isinstance(flow.source, HttpSource)]
    said = {route.api_docs for route in routes} - {None}
    if said:
        return False not in said
    return bool(routes) and all(is_own(host or route.host) for route in routes)


def docs(document: Callable[[], dict[str, Any]]) -> list[PathRoute]:
    """Return the routes of the document and its page; the first request calls `document`."""

    @cache
    def written() -> bytes:
        return json.dumps(document(), ensure_ascii=False).encode()

    routes = [PathRoute(DOCUMENT, DocsPage(written, "application/json"))]
    for path, (file, media_type) in PARTS.items():
        routes.append(PathRoute(PAGE + path, DocsPage(FILES.joinpath(file).read_bytes, media_type)))
    return routes


class DocsPage:
    """The ASGI application of a page to read."""

    def __init__(self, read: Callable[[], bytes], media_type: str) -> None:
        self._read = read
        self._headers = {"content-type": media_type, **HEADERS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, receive, send)
        await exchange.answer(self._answer(exchange), "-")

    def _answer(self, exchange: Exchange) -> Answer:
        if exchange.method not in READING:
            detail, allow = "the methods here are GET", {"allow": "GET, HEAD"}
            refusal = Refusal(405, "HTTP:METHOD_NOT_ALLOWED", detail, allow, is_early=True)
            return refused(refusal, exchange.path, exchange.correlation_id)
        try:
            body = self._read()
        except Exception:
            log.exception("the API cannot be described", extra={"correlation_id": exchange.correlation_id})
            return own_problem(500, exchange.path, exchange.correlation_id)
        return with_entity_tag(Answer(200, body, dict(self._headers)), exchange.method, exchange.headers)
