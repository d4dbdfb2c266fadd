"""uvicorn: sockets, signals, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from engine.serving.ending import Ending
from engine.serving.exchange import BrokenStream
from engine.serving.route import Connections

OFTEN_ENOUGH = (20_000, 20, 50)
"""Thresholds of the garbage collector: a body of 10,000 records would else be walked through again and again."""

GRACE = 0.2
"""Seconds between the signal and the end of idle connections, for requests that are on their way."""

FORWARDING = frozenset({b"x-forwarded-for", b"x-forwarded-proto"})
"""The headers in which a proxy tells whose request it passes on."""


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a line of uvicorn tells what no line of ours has told."""
    return not (record.exc_info and isinstance(record.exc_info[1], BrokenStream))


logging.getLogger("uvicorn.error").addFilter(_is_news)


class Served(NamedTuple):
    """An application at an address. is_shared: whether another process goes on to accept connections there."""

    app: Starlette
    listening: socket.socket
    connections: Connections
    is_shared: bool = False


class Server(uvicorn.Server):
    """One of several servers in a process: signals are the business of `serve`."""

    def __init__(self, config: uvicorn.Config, *, is_shared: bool) -> None:
        super().__init__(config)
        self._is_shared = is_shared

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take what has come already, and then end as uvicorn does: a caller whose request was under way is answered.

        The answers from now on end their connections. With a backlog of 0 the system lets no new
        connection wait, so that the close of the socket resets none; where others share the socket, they
        take those that wait.
        """
        if self._is_shared:
            for server in self.servers:
                server.close()
        else:
            for listening in sockets or []:
                listening.listen(0)
        self.server_state.is_draining = True  # type: ignore[attr-defined]  # read by our protocol
        for connection in list(self.server_state.connections):
            if cycle := getattr(connection, "cycle", None):
                cycle.keep_alive = False
        if not self.force_exit:
            await asyncio.sleep(GRACE)
        await super().shutdown(sockets)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises OSError where the address is not to be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=2048)


async def serve(
    served: Sequence[Served],
    shutdown_timeout: float,
    ready: Callable[[], None],
    stop_sources: Callable[[], Awaitable[None]],
) -> float:
    """Answer on each socket until SIGTERM or Ctrl-C; what is under way may end within the time.

    A second signal ends at once. Returns the seconds that are left of the time.
    """
    servers = [Server(_config(each, shutdown_timeout), is_shared=each.is_shared) for each in served]

    ending = Ending(shutdown_timeout)

    def stop() -> None:
        ending.ask()
        for server in servers:
            server.force_exit = server.should_exit
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as a worker has it
            loop.add_signal_handler(number, stop)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*OFTEN_ENOUGH)
    gc.enable()
    ready()
    serving = (server.serve([each.listening]) for server, each in zip(servers, served, strict=True))
    await asyncio.gather(*serving, ending.stop(stop_sources))
    return ending.seconds_left


def _config(served: Served, shutdown_timeout: float) -> uvicorn.Config:
    connections = served.connections
    config = uvicorn.Config(
        served.app,
        http=_protocol(connections),
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # ours looks at the requests that have some
        timeout_keep_alive=connections.idle_timeout,  # type: ignore[arg-type]  # asyncio takes a float
        h11_max_incomplete_event_size=connections.max_header_size,
        ssl_context_factory=(lambda config, default: connections.tls) if connections.tls else None,  # type: ignore[arg-type,return-value]  # there is one
        timeout_graceful_shutdown=shutdown_timeout,  # type: ignore[arg-type]  # asyncio takes a float
    )
    config.app = _as_served(served.app, config.forwarded_allow_ips)
    return config


def _protocol(connections: Connections) -> Any:
    """Ours on httptools; where that is not to be had, h11 with the bounds that it has itself."""
    try:
        from engine.serving.protocol import Protocol
    except ImportError:
        return "h11"
    return partial(Protocol, connections=connections)


def _as_served(app: ASGIApp, proxies: list[str] | str) -> ASGIApp:
    """The application, to which these proxies tell the caller, and no error where the server's end cancels a request.

    It has answered by then; uvicorn would log the error.
    """
    forwarded: ASGIApp = ProxyHeadersMiddleware(app, proxies)  # type: ignore[arg-type,assignment]  # uvicorn's types

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        is_forwarded = not FORWARDING.isdisjoint(dict(scope["headers"]))
        try:
            await (forwarded if is_forwarded else app)(scope, receive, send)
        except asyncio.CancelledError:
            return

    return run
