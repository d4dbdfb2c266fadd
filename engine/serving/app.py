"""The Starlette application of the flows that HTTP requests start."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import Route as StarletteRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.core.flow import Flow
from engine.core.refusal import Refusal
from engine.serving.answer import refused
from engine.serving.endpoint import Endpoint, Listener
from engine.serving.exchange import Exchange
from engine.serving.health import health_routes
from engine.serving.preflight import behind
from engine.serving.replays import Replays
from engine.serving.route import HttpSource

PARAMETER = re.compile(r"\{([^{}/]+)\}")
Lifecycle = Callable[[], Awaitable[None]]
Check = Callable[[], Awaitable[bool]]


def build_app(flows: Iterable[Flow], start: Lifecycle, stop: Lifecycle, is_ready: Check) -> Starlette:
    """An application that answers for the flows with an HTTP source.

    start, stop: called with the server's lifespan; `start` also before each request, for servers
    that have none, so it must return at once when it was called before. is_ready: what /-/ready tells.
    """
    by_path: dict[str, list[Listener]] = {}
    for flow in flows:
        if isinstance(flow.source, HttpSource):
            route = flow.source.route()
            path, names = starlette_path(route.path)
            replays = Replays(route.idempotency, flow) if route.idempotency else None
            by_path.setdefault(path, []).append(Listener(flow, route, names, replays))
    in_order = sorted(by_path, key=_specificity)
    routes = [*health_routes(start, is_ready), *(_route(path, by_path[path], start) for path in in_order)]

    @asynccontextmanager
    async def lifespan(app: Starlette) -> Any:
        await start()
        yield
        await stop()

    return FlowApp(routes, lifespan)


class FlowApp(Starlette):
    """Starlette without what our paths do by themselves: they answer each error, and a fixed path needs no search."""

    def __init__(self, routes: Sequence[StarletteRoute], lifespan: Any) -> None:
        super().__init__(routes=routes, lifespan=lifespan)
        self.router.redirect_slashes = False
        self.router.default = not_found
        self._searched = ExceptionMiddleware(self.router)
        self._fixed = {route.path: route.app for route in routes if route.methods is None and "{" not in route.path}

    def build_middleware_stack(self) -> ASGIApp:
        app: ASGIApp = self._find
        for middleware, arguments, options in reversed(self.user_middleware):
            app = middleware(app, *arguments, **options)
        return app

    def _find(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        is_plain = scope["type"] == "http" and not scope.get("root_path")  # no prefix to take off
        app = self._fixed.get(scope["path"], self._searched) if is_plain else self._searched
        return app(scope, receive, send)


def _route(path: str, listeners: Sequence[Listener], start: Lifecycle) -> StarletteRoute:
    endpoint = Endpoint(listeners, start)
    cors = next((each.route.cors for each in listeners if each.route.cors), None)
    route = StarletteRoute(path, behind(cors, endpoint, endpoint.methods) if cors else endpoint)
    # In Starlette's pattern `$` and `.` pass over a line break, which a caller can send percent-encoded.
    route.path_regex = re.compile(route.path_regex.pattern.removesuffix("$") + r"\Z", re.DOTALL)
    return route


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """The answer where no listener has the path."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})
    elif scope["type"] == "http":
        exchange = Exchange(scope, receive, send)
        refusal = Refusal(404, "HTTP:NOT_FOUND", "there is no listener for this path", is_early=True)
        await exchange.answer(refused(refusal, exchange.path, exchange.correlation_id), "-")


def starlette_path(path: str) -> tuple[str, dict[str, str]]:
    """A listener's path as Starlette writes it, and its names of the parameters with ours.

    The parameters get numbers, since Starlette's names cannot hold a dash.
    """
    names: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        key = f"p{len(names) + 1}"
        names[key] = match[1]
        return f"{{{key}}}"

    converted = PARAMETER.sub(number, path.removesuffix("*"))
    if path.endswith("*"):
        names["rest"] = "*"
        converted += "{rest:path}"
    return converted, names


def _specificity(path: str) -> tuple[tuple[int, str], ...]:
    """The order in which paths are tried: fixed segments before parameters, those before a rest."""
    return tuple((2 if ":path}" in part else 1 if "{" in part else 0, part) for part in path.split("/"))
