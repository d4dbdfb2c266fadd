"""Flows behind a real server, and the upstream that they call, in one event loop: a test may hold each of them back."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from engine import Application, Clock
from engine.wire.server import Server

LONGEST = 30
"""Seconds that a test may take."""

Respond = Callable[[Request], Response]


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A test that is an `async def`."""

    @wraps(test)
    def run(*arguments: Any, **named: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*arguments, **named), LONGEST))

    return run


async def until(holds: Callable[[], Any]) -> None:
    """Wait until it holds; the time of the test is the limit."""
    while not holds():  # noqa: ASYNC110  # what is waited for has no event of its own
        await asyncio.sleep(0.002)


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    """The url of an ASGI application on a free port."""
    server = Server(uvicorn.Config(app, log_config=None, ws="none", timeout_graceful_shutdown=1))
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            await until(lambda: server.started)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running


class Upstream:
    """Counts its calls; answers 200 with `ok` as JSON, or what `respond` makes, when the gate is open."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.in_flight = self.most_in_flight = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.respond: Respond = lambda request: Response('"ok"', media_type="application/json")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        await request.body()
        self.calls.append(scope["path"])
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await self.gate.wait()
            await self.respond(request)(scope, receive, send)
        finally:
            self.in_flight -= 1

    def always(self, status: int, **headers: str) -> None:
        self.respond = lambda request: Response(status_code=status, headers=headers)


class Loopback:
    """A client of served flows, the upstream that they call, and what runs."""

    def __init__(self, client: httpx.AsyncClient, upstream: Upstream, app: Application) -> None:
        self.client, self.upstream, self.app = client, upstream, app

    def get(self, path: str = "/") -> Awaitable[httpx.Response]:
        return self.client.get(path)

    def start(self, path: str = "/") -> asyncio.Task[httpx.Response]:
        """A request that the test does not wait for."""
        return asyncio.create_task(self.client.get(path))  # type: ignore[arg-type]  # get is an async def


@asynccontextmanager
async def loopback(folder: Path, flows: str, clock: Clock | None = None) -> AsyncIterator[Loopback]:
    """The flows of a text, with a listener config `Api` and `${up}`, the url of an upstream."""
    file = folder / "flows.yaml"
    file.write_text("configs: {Api: {http:listener-config: {port: 0}}}\n" if "configs:" not in flows else "")
    with file.open("a") as text:
        text.write(flows)
    upstream = Upstream()
    async with serving(upstream) as url:
        app = Application.load(file, properties={"up": url, "dir": str(folder)}, clock=clock)
        limits = httpx.Limits(max_connections=None)
        async with (
            serving(app.asgi()) as own,
            httpx.AsyncClient(base_url=own, trust_env=False, timeout=LONGEST, limits=limits) as client,
        ):
            yield Loopback(client, upstream, app)
