"""Paths behind the rules for other origins: Starlette's middleware, and the preflights of browsers in the log."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.serving.cors import Cors
from engine.serving.exchange import Exchange

ASKED = "access-control-request-method"


class Preflights(CORSMiddleware):
    """Starlette's rules; it answers preflights by itself, so that no flow, and no line of one, would tell of them."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["method"] == "OPTIONS" else {}
        if "origin" not in headers or ASKED not in headers:
            return await super().__call__(scope, receive, send)
        exchange = Exchange(scope, receive, send)
        answer = self.preflight_response(Headers(scope=scope))
        await answer(scope, receive, send)
        exchange.log("-", answer.status_code)


def behind(cors: Cors, app: ASGIApp, methods: Iterable[str]) -> ASGIApp:
    """The application of a path, which takes these methods, behind the rules."""
    return Preflights(
        app,
        allow_origins=cors.origins,
        allow_methods=cors.methods or tuple(sorted(methods)),
        allow_headers=cors.headers,
        expose_headers=cors.expose_headers,
        allow_credentials=cors.credentials,
        max_age=int(cors.max_age),
    )
