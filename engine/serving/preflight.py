"""Applies the CORS rules to paths: Starlette's middleware, with the preflights of browsers in the log."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.serving.cors import Cors
from engine.serving.exchange import Exchange

ASKED = "access-control-request-method"


class Preflights(CORSMiddleware):
    """Starlette's middleware answers preflights by itself; no flow sees them, so they are logged here."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["method"] == "OPTIONS" else {}
        if "origin" not in headers or ASKED not in headers:
            return await super().__call__(scope, receive, send)
        exchange = Exchange(scope, receive, send)
        answer = self.preflight_response(Headers(scope=scope))
        await answer(scope, receive, send)
        exchange.log("-", answer.status_code)


def behind(cors: Cors, app: ASGIApp, methods: Iterable[str]) -> ASGIApp:
    """Return the application of a path, which accepts these methods, wrapped in the rules."""
    return Preflights(
        app,
        allow_origins=cors.origins,
        allow_methods=cors.methods or tuple(sorted(methods)),
        allow_headers=cors.headers,
        expose_headers=cors.expose_headers,
        allow_credentials=cors.credentials,
        max_age=int(cors.max_age),
    )
