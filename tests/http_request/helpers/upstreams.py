"""Servers on loopback that tests ask."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Upstream:
    """A real aiohttp server; `connections` counts those that were made, `requests` keeps what came."""

    def __init__(self, handler: Handler) -> None:
        self.requests: list[web.Request] = []
        self.connections: set[int] = set()
        self.port = 0
        self._handler = handler
        self._transports: list[asyncio.BaseTransport] = []  # kept, so that no id comes twice

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        assert request.transport is not None
        self.connections.add(id(request.transport))
        self._transports.append(request.transport)
        self.requests.append(request)  # type: ignore[arg-type]
        return await self._handler(request)  # type: ignore[arg-type]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def upstream(
    handler: Handler, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[Upstream]:
    """A server that answers with the handler."""
    it = Upstream(handler)
    runner = web.ServerRunner(web.Server(it, handler_cancellation=True), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, host, port, ssl_context=tls).start()
    it.port = runner.addresses[0][1]
    try:
        yield it
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw_upstream(talk: Talk) -> AsyncIterator[str]:
    """The url of a server that says what no HTTP library would."""
    running: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                await talk(reader, writer)
        finally:
            running.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await server.wait_closed()


async def echo(request: web.Request) -> web.Response:
    """What came, as JSON; `?status=` chooses the status."""
    return web.json_response(
        {
            "method": request.method,
            "path": request.raw_path,
            "headers": {name.lower(): value for name, value in request.headers.items()},
            "repeated": {name.lower(): request.headers.getall(name) for name in request.headers},
            "body": (await request.read()).decode("utf-8", "backslashreplace"),
        },
        status=int(request.query.get("status", "200")),
    )
