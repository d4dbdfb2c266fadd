"""Runs uvicorn at one address: its sockets, its limits, and an orderly shutdown."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.limits import LINGER
from engine.wire.connections import Connections
from engine.wire.forwarding import Forwarding
from engine.wire.front import Front
from engine.wire.own_server import BrokenStream
from engine.wire.room import Room

BACKLOG = 2048
"""How many connections wait in the operating system until they are accepted."""

GRACE = 0.2
"""Seconds between the signal and the end of idle connections, for requests that are on their way."""


def _is_news(record: logging.LogRecord) -> bool:
    """Return whether a log line of uvicorn adds anything to our own lines."""
    return not (record.exc_info and isinstance(record.exc_info[1], BrokenStream))


logging.getLogger("uvicorn.error").addFilter(_is_news)


class Server(uvicorn.Server):
    """One of several servers in a process; `Servers` handles the signals.

    largest_body: bytes that a body may have. most_connections: how many there are file descriptors for.
    is_shared: whether another process accepts connections at the same socket.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        connections: Connections | None = None,
        largest_body: int = 0,
        most_connections: int = sys.maxsize,
        *,
        is_shared: bool = False,
    ) -> None:
        super().__init__(config)
        self._is_shared = is_shared
        self._connections = connections or Connections()
        self._room = Room(self._connections.buffered(largest_body))
        self._most_connections = min(most_connections, self._connections.max_connections)
        self._front: Front | None = None
        self._sockets: Sequence[socket.socket] = ()
        self._app: Any = None
        self.task: asyncio.Task[None] | None = None
        """In which it serves; set by who starts it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, as uvicorn does, with our protocol, and with a limit on the TLS handshake."""
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            self.should_exit = True
            return
        self._sockets, self._app = sockets or (), self.config.loaded_app
        await self._listen()
        self.started = True

    async def _listen(self) -> None:
        """Accept connections. The sockets stay open when these servers are closed: others may take their place."""
        loop, limits = asyncio.get_running_loop(), self._connections
        make = self._maker(loop)
        tls: dict[str, Any] = {}
        if limits.tls:
            tls = {"ssl": limits.tls, "ssl_handshake_timeout": limits.header_timeout, "ssl_shutdown_timeout": LINGER}
        listening = [loop.create_server(make, sock=each.dup(), backlog=BACKLOG, **tls) for each in self._sockets]
        self.servers = [await each for each in listening]

    def change(self, connections: Connections, largest_body: int, most_connections: int) -> bool:
        """Have other limits from now on, for connections that exist, too. Return whether TLS is to be `renewed`."""
        is_other_tls = connections.tls is not self._connections.tls
        self._connections = connections
        self._room.most = connections.buffered(largest_body)
        self._most_connections = min(most_connections, connections.max_connections)
        self.config.timeout_keep_alive = connections.idle_timeout  # type: ignore[assignment]  # asyncio takes a float
        self.config.h11_max_incomplete_event_size = connections.max_header_size
        if self._front is not None:
            self._front.change(self._answering(), connections, self._most_connections)
        return is_other_tls

    async def renew(self) -> None:
        """Have TLS as it is now for new connections; those that exist end with their next answer."""
        former, servers = self._front, self.servers
        if self.should_exit:
            return
        await self._listen()
        if self._front is not None and former is not None:
            self._front.take_over(former)
        for server in servers:
            server.close()

    def _maker(self, loop: asyncio.AbstractEventLoop) -> Callable[[], asyncio.Protocol]:
        """Return the factory of protocols."""
        app = self._answering()
        told = [self._app.note_refused] if hasattr(self._app, "note_refused") else []
        if protocol := _own_protocol():
            limits = self._connections
            self._front = Front(app, self.server_state, limits, self._room, self._most_connections, loop, *told)
            return partial(protocol, self._front)
        self.config.loaded_app = _in_peace(app)
        uvicorns: Any = self.config.http_protocol_class
        return partial(uvicorns, self.config, self.server_state, app_state={}, _loop=loop)

    def _answering(self) -> Any:
        """Return the application that answers."""
        proxies = self._connections.trusted_proxies
        return Forwarding(self._app, proxies) if proxies else self._app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept waiting connections, and then end as uvicorn does: requests in progress are answered.

        The answers from now on end their connections. With a backlog of 0 the system lets no new
        connection wait, so that closing the socket resets none; processes that share the socket take the waiting ones.
        """
        if self._is_shared:
            for server in self.servers:
                server.close()
        else:
            for listening in sockets or []:
                listening.listen(0)
        if self._front is not None:
            self._front.is_draining = True
        for connection in list(self.server_state.connections):
            if cycle := getattr(connection, "cycle", None):
                cycle.keep_alive = False
        if not self.force_exit:
            await asyncio.sleep(GRACE)
        await super().shutdown(sockets)
        for task in self.server_state.tasks:
            if not task.cancelling():  # a second signal
                task.cancel()
        if self._front is not None:
            await self._front.see_off()


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises OSError if the address is not available."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


def reason_of(error: OSError) -> str:
    """Return why `bind` failed, without the address, which Python adds to some reasons."""
    return (error.strerror or str(error)).partition(" (while ")[0]


def config_of(app: ASGIApp, connections: Connections, shutdown_timeout: float = 0.0) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_own_protocol() or "h11",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # ours believes the configured ones
        timeout_keep_alive=connections.idle_timeout,  # type: ignore[arg-type]  # asyncio takes a float
        h11_max_incomplete_event_size=connections.max_header_size,
        timeout_graceful_shutdown=shutdown_timeout,  # type: ignore[arg-type]  # the same
    )


def _own_protocol() -> Any:
    """Return our protocol, on httptools; without that package, uvicorn's on h11, with the limits that it has."""
    try:
        import httptools  # noqa: F401  # to tell it from an error in ours
    except ImportError:
        return None
    from engine.wire.protocol import Protocol

    return Protocol


def _in_peace(app: ASGIApp) -> ASGIApp:
    """Return the application, silenced if the server's end cancels a request, which uvicorn would log.

    It has answered by then.
    """

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await app(scope, receive, send)

    return run
