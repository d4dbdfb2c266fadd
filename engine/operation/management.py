"""The management port: health, measures, flows, and commands for operators."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from hmac import compare_digest
from ipaddress import ip_address
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.operation.exposition import exposition, exposition_type
from engine.operation.operations import Refused
from engine.operation.reload import Reloaded
from engine.operation.siblings import Siblings
from engine.operation.snapshot import merged
from engine.serving.health import UNCACHED, health_routes

HEALTH = frozenset({"/-/live", "/-/ready"})
"""Paths that need no token."""

MOST = 10_000
"""Bytes of the body of a command."""

PROBLEM = "application/problem+json"

Handler = Callable[[Request], Awaitable[Response]]


class Management:
    """The application of the management port.

    siblings: all processes that serve the application. token: what everyone but health checks has to show; None if the
    address can be reached from this machine alone. reload: loads the flows again.
    """

    def __init__(
        self,
        siblings: Siblings,
        start: Callable[[], Awaitable[None]],
        is_ready: Callable[[], Awaitable[bool]],
        token: str | None = None,
        reload: Callable[[], Awaitable[Reloaded]] | None = None,
    ) -> None:
        self._reload_all = reload
        self._siblings = siblings
        self._token = token
        self._health = health_routes(start, is_ready)

    def asgi(self) -> Starlette:
        """Return the ASGI application."""
        ours: Sequence[tuple[str, str, Handler]] = (
            ("GET", "/metrics", self._metrics),
            ("GET", "/-/flows", self._flows),
            ("GET", "/-/config", self._config),
            ("POST", "/-/flows/{flow:path}/start", self._start),
            ("POST", "/-/flows/{flow:path}/stop", self._stop),
            ("POST", "/-/log", self._level),
            *([("POST", "/-/reload", self._reload)] if self._reload_all else []),
        )
        routes = [Route(path, _told(handler), methods=[method]) for method, path, handler in ours]
        app = Starlette(routes=[*self._health, *routes])
        app.add_middleware(_Guarded, token=self._token)
        return app

    async def _metrics(self, request: Request) -> Response:
        families = merged(await self._siblings.ask("measures"))
        media_type = exposition_type(request.headers.get("accept", ""))
        return Response(exposition(families, media_type), headers={**UNCACHED, "content-type": media_type})

    async def _flows(self, request: Request) -> Response:
        counted = merged(await self._siblings.ask("measures"))
        states = (await self._siblings.ask("flows"))[0]
        return JSONResponse(
            {"flows": [{**each, **_counts(counted, each["name"])} for each in states]}, headers=UNCACHED
        )

    async def _config(self, request: Request) -> Response:
        return await self._ask("config")

    async def _start(self, request: Request) -> Response:
        return await self._ask("start", flow=request.path_params["flow"])

    async def _stop(self, request: Request) -> Response:
        return await self._ask("stop", flow=request.path_params["flow"])

    async def _level(self, request: Request) -> Response:
        return await self._ask("level", **await _arguments(request, {"level"}, {"logger"}))

    async def _reload(self, request: Request) -> Response:
        """Answer when the new flows are served (200), or are refused (422): with what has changed, or the mistakes."""
        assert self._reload_all is not None
        outcome = await self._reload_all()
        return JSONResponse(outcome.as_json(), 200 if outcome.is_done else 422, UNCACHED)

    async def _ask(self, name: str, **arguments: Any) -> Response:
        """Do a command in all processes, and answer with the result of one."""
        return JSONResponse((await self._siblings.ask(name, **arguments))[0], headers=UNCACHED)


def _counts(families: Sequence[Mapping[str, Any]], flow: str) -> dict[str, Any]:
    """Return the figures of a flow among the measures of all processes."""
    found = {family["name"]: [each for each in _labelled(family) if each[0].get("flow") == flow] for family in families}

    def total(name: str) -> int:
        return int(sum(value for _, value in found.get(name, ())))

    ages = found.get("engine_source_last_event_age_seconds")
    return {
        "events": total("engine_flow_events_total"),
        "errors": {labels["type"]: int(value) for labels, value in found.get("engine_flow_errors_total", ())},
        "refused": total("engine_flow_refused_total"),
        "inFlight": total("engine_flow_in_flight"),
        "lastEventAgeSeconds": round(ages[0][1], 3) if ages else None,
    }


def _labelled(family: Mapping[str, Any]) -> list[tuple[dict[str, str], Any]]:
    return [(dict(zip(family["labels"], values, strict=True)), value) for values, value in family["series"]]


async def _arguments(request: Request, needed: set[str], optional: set[str]) -> dict[str, str]:
    """Return the members of a body of JSON. Raises Refused for anything else than texts of these names."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST:
            raise Refused(413, f"the body is larger than {MOST} bytes")
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        given = None
    is_right = isinstance(given, dict) and needed <= given.keys() <= needed | optional
    if not is_right or not all(isinstance(value, str) for value in given.values()):
        names = ", ".join([*sorted(needed), *(f"{name} (optional)" for name in sorted(optional))])
        raise Refused(400, f"the body must be a JSON object with the texts {names}")
    return dict(given)


def _told(handler: Handler) -> Handler:
    """Return the handler, with what it refuses as an answer."""

    async def told(request: Request) -> Response:
        try:
            return await handler(request)
        except Refused as refused:
            return _problem(refused.status, str(refused))

    return told


def _problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    body = {"status": status, "detail": detail}
    return JSONResponse(body, status, {**UNCACHED, **(headers or {})}, media_type=PROBLEM)


class _Guarded:
    """Lets only operators pass: by the token; without one, nobody whom a browser sends from another site.

    A page of any site may have its reader's browser send requests to 127.0.0.1, or to a name that leads there.
    """

    def __init__(self, app: ASGIApp, token: str | None) -> None:
        self._app = app
        self._token = token.encode() if token else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = None
        if scope["type"] == "http" and scope["path"] not in HEALTH:
            refusal = self._refusal(Request(scope))
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        if self._token is not None:
            scheme, _, shown = request.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not compare_digest(shown.strip().encode(), self._token):
                return _problem(401, "show the token of the management port", {"www-authenticate": "Bearer"})
        elif not _is_local(request.headers.get("host", "")):
            return _problem(403, "the Host header names another machine")
        if request.method != "GET" and request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return _problem(403, "a page of another site sent this")
        if request.method != "GET" and "origin" in request.headers:
            return _problem(403, "a page sent this")
        return None


def _is_local(host: str) -> bool:
    """Return whether a Host header names this machine by its address or as localhost: other names may lead here."""
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    if name == "localhost":
        return True
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
