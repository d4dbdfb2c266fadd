"""Preflights of browsers (WHATWG Fetch, 3.2.2), in the log of requests."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Receive, Scope, Send

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
