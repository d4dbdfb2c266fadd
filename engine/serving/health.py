"""Health checks for operators: is the engine alive, and does it take requests?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from engine.serving.path_route import PathRoute

UNCACHED = {"cache-control": "no-store"}


def health_routes(start: Callable[[], Awaitable[None]], is_ready: Callable[[], Awaitable[bool]]) -> list[PathRoute]:
    """Return `/-/live` (the process is alive) and `/-/ready` (503 while it drains or a connection is down)."""

    async def live(request: Request) -> Response:
        return JSONResponse({"status": "live"}, headers=UNCACHED)

    async def ready(request: Request) -> Response:
        is_up = await _starts(start) and await is_ready()
        answer = {"status": "ready" if is_up else "not ready"}
        return JSONResponse(answer, 200 if is_up else 503, UNCACHED if is_up else {**UNCACHED, "retry-after": "1"})

    return [PathRoute("/-/live", live), PathRoute("/-/ready", ready)]


async def _starts(start: Callable[[], Awaitable[None]]) -> bool:
    """Return whether the application is started, or can be: `start` itself reports unexpected errors."""
    try:
        await start()
    except Exception:
        return False
    return True
