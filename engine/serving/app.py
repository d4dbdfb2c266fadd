"""The Starlette application of the flows that HTTP requests start."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.serving.answer import refused
from engine.serving.endpoint import Endpoint, Listener
from engine.serving.exchange import Exchange
from engine.serving.health import health_routes
from engine.serving.path_route import PathRoute
from engine.serving.preflight import behind
from engine.serving.replays import Replays
from engine.serving.request_meter import RequestMeter, Unrouted
from engine.serving.route import HttpSource, Route
from engine.steps.flow import Flow
from engine.values.refusal import Refusal
from engine.values.request_path import PathPattern

Lifecycle = Callable[[], Awaitable[None]]
Check = Callable[[], Awaitable[bool]]


def routes_of(flows: Iterable[Flow], start: Lifecycle, is_ready: Check) -> list[PathRoute]:
    """Return the routes of the flows with an HTTP source, and those for operators.

    start: called before each request, for servers without a lifespan, so it must return immediately if it was called
    before. is_ready: the answer of /-/ready.
    """
    by_path: dict[str, list[Listener]] = {}
    for flow in flows:
        if isinstance(flow.source, HttpSource):
            route = flow.source.route()
            replays = Replays(route.idempotency, flow) if route.idempotency else None
            pattern = PathPattern(route.path)
            meter = _meter(flow, route) if flow.runtime.measures.is_on else None
            by_path.setdefault(pattern.shape, []).append(Listener(flow, route, pattern.names, replays, meter))
    ours = [_route(listeners, start) for listeners in by_path.values()]
    ours.sort(key=lambda route: route.pattern.specificity)
    return [*health_routes(start, is_ready), *ours]


def _meter(flow: Flow, route: Route) -> RequestMeter:
    """Return what measures the requests of a route."""
    runtime, scheme = flow.runtime, "https" if route.connections.tls else "http"
    text = "Requests under way in the flows"
    runtime.measures.read("http_server_active_requests", text, lambda: runtime.requests.inside)
    return RequestMeter(runtime.measures, route.path, scheme)


class FlowApp(Starlette):
    """Starlette without parts our paths do themselves: they answer each error, and a fixed path needs no search.

    start, stop: called with the server's lifespan. unrouted: measures the requests that reach none of the routes; None
    if nobody asks.
    """

    def __init__(self, start: Lifecycle, stop: Lifecycle, unrouted: Unrouted | None = None) -> None:
        @asynccontextmanager
        async def lifespan(app: Starlette) -> Any:
            await start()
            yield
            await stop()

        super().__init__(lifespan=lifespan)
        self.unrouted = unrouted
        self.router.redirect_slashes = False
        self.router.default = self._not_found
        self._searched = ExceptionMiddleware(self.router)
        self._fixed: dict[str, ASGIApp] = {}

    def serve(self, routes: Sequence[PathRoute], pages: Sequence[PathRoute] = ()) -> None:
        """Answer requests by these routes from now on; those under way are answered by the ones before.

        pages: those of paths that none of the routes has.
        """
        self._fixed = {route.path: route.app for route in routes if route.methods is None and route.pattern.is_fixed}
        self.router.routes = [*routes, *pages]

    def note_refused(self, scheme: str, status: int) -> None:
        """Count a request that our server refused, without asking a route."""
        if self.unrouted is not None:
            self.unrouted.refused(scheme, status)

    async def _not_found(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whose path no listener has."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["type"] == "http":
            exchange = Exchange(scope, receive, send)
            exchange.meter = self.unrouted.meter(scope["scheme"]) if self.unrouted is not None else None
            refusal = Refusal(404, "HTTP:NOT_FOUND", "there is no listener for this path", is_early=True)
            await exchange.answer(refused(refusal, exchange.path, exchange.correlation_id), "-")

    def build_middleware_stack(self) -> ASGIApp:
        app: ASGIApp = self._find
        for middleware, arguments, options in reversed(self.user_middleware):
            app = middleware(app, *arguments, **options)
        return app

    def _find(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        has_prefix = scope.get("root_path")
        is_plain = scope["type"] == "http" and not has_prefix and (scope.get("raw_path") or b"").find(b"%") < 0
        app = self._fixed.get(scope["path"], self._searched) if is_plain else self._searched
        return app(scope, receive, send)


def _route(listeners: Sequence[Listener], start: Lifecycle) -> PathRoute:
    endpoint = Endpoint(listeners, start)
    cors = next((each.route.cors for each in listeners if each.route.cors), None)
    return PathRoute(listeners[0].route.path, behind(cors, endpoint, endpoint.methods) if cors else endpoint)
