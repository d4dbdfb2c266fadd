"""uvicorn: sockets, signals, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from time import monotonic

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger("engine")

OFTEN_ENOUGH = (20_000, 20, 50)
"""Thresholds of the garbage collector: a body of 10,000 records would else be walked through again and again."""


class Server(uvicorn.Server):
    """One of several servers in a process: signals are the business of `serve`."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises OSError where the address is not to be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=2048)


async def serve(
    apps: Sequence[tuple[Starlette, socket.socket]],
    shutdown_timeout: float,
    ready: Callable[[], None],
    stop_sources: Callable[[], Awaitable[None]],
) -> float:
    """Answer on each socket until SIGTERM or Ctrl-C; what is under way may end within the time.

    A second signal ends at once. Returns the seconds that are left of the time.
    """
    servers = [Server(_config(app, shutdown_timeout)) for app, _ in apps]

    stopped: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def stop() -> None:
        if not stopped.done():
            stopped.set_result(monotonic() + shutdown_timeout)
        for server in servers:
            server.force_exit = server.should_exit
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*OFTEN_ENOUGH)
    gc.enable()
    ready()
    serving = (server.serve([listening]) for server, (_, listening) in zip(servers, apps, strict=True))
    await asyncio.gather(*serving, _end(stop_sources, stopped))
    return max(0.0, await stopped - monotonic())


async def _end(stop_sources: Callable[[], Awaitable[None]], stopped: asyncio.Future[float]) -> None:
    """Stop the sources when the signal has come."""
    seconds = await stopped - monotonic()
    try:
        async with asyncio.timeout(seconds):
            await stop_sources()
    except TimeoutError:
        log.warning("sources did not end within %g s", seconds)


def _config(app: Starlette, shutdown_timeout: float) -> uvicorn.Config:
    return uvicorn.Config(
        _ending_quietly(app),
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=shutdown_timeout,  # type: ignore[arg-type]  # asyncio takes a float
    )


def _ending_quietly(app: ASGIApp) -> ASGIApp:
    """The application, which has answered when the server's end cancels a request: no error for uvicorn to log."""

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await app(scope, receive, send)

    return run
