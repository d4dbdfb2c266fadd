"""The servers of a process, one for each address; signals, and their end."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from starlette.applications import Starlette

from engine.wire.connections import Connections
from engine.wire.descriptors import room_for
from engine.wire.ending import Ending
from engine.wire.server import Server, config_of

OFTEN_ENOUGH = (20_000, 20, 50)
"""Thresholds of the garbage collector: otherwise a body of 10,000 records would be scanned again and again."""


class Served(NamedTuple):
    """An application at an address.

    largest_body: the most bytes of a body there. is_shared: whether another process continues to accept connections
    there.
    """

    app: Starlette
    listening: socket.socket
    connections: Connections
    largest_body: int = 0
    is_shared: bool = False


class Servers:
    """Serves until a signal ends it; a reload may change what is served."""

    def __init__(self) -> None:
        self._servers: dict[socket.socket, Server] = {}
        self._closing: dict[Server, asyncio.Task[None]] = {}
        self._renewing: set[asyncio.Task[None]] = set()
        self.are_running = False
        self._ending: Ending
        self._group: asyncio.TaskGroup

    async def serve(
        self,
        served: Sequence[Served],
        shutdown_timeout: float,
        ready: Callable[[], None],
        stop_sources: Callable[[], Awaitable[None]],
    ) -> float:
        """Answer on each socket until SIGTERM or Ctrl-C; requests in progress may finish within the time.

        A second signal ends immediately. Returns the seconds that are left of the time.
        """
        self._ending = Ending(shutdown_timeout)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as in a worker
                loop.add_signal_handler(number, self._stop)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*OFTEN_ENOUGH)
        gc.enable()
        async with asyncio.TaskGroup() as self._group:
            self.are_running = True
            self.change(served, shutdown_timeout)
            ready()
            await self._ending.stop(stop_sources)
        return self._ending.seconds_left

    def _stop(self) -> None:
        for server in (*self._servers.values(), *self._closing):
            server.force_exit = self._ending.is_asked
            server.should_exit = True
        self._ending.ask()
        for server in self._closing:
            asyncio.get_running_loop().call_later(self._ending.seconds_left, setattr, server, "force_exit", True)

    def change(self, served: Sequence[Served], shutdown_timeout: float) -> None:
        """Serve this from now on, and nothing else. What is at a socket that is known goes on, with other limits.

        Addresses that are left out get no new connections, and answer the requests that they have.
        """
        self._ending.seconds = shutdown_timeout
        for each, most in zip(served, _shares(served), strict=True):
            if each.listening in self._servers:
                self._renew(self._servers[each.listening], each, most)
            else:
                self._open(each, most)
            self._servers[each.listening].config.timeout_graceful_shutdown = shutdown_timeout  # type: ignore[assignment]  # asyncio takes a float
        wanted = {each.listening for each in served}
        for listening in [listening for listening in self._servers if listening not in wanted]:
            self._close(self._servers.pop(listening))

    def _open(self, served: Served, most: int) -> None:
        app, listening, connections, largest_body, is_shared = served
        server = Server(config_of(app, connections), connections, largest_body, most, is_shared=is_shared)
        self._servers[listening] = server
        server.task = self._group.create_task(server.serve([listening]))

    def _renew(self, server: Server, served: Served, most: int) -> None:
        if server.change(served.connections, served.largest_body, most):
            task = self._group.create_task(server.renew())
            self._renewing.add(task)
            task.add_done_callback(self._renewing.discard)

    def _close(self, server: Server) -> None:
        """Answer what it has, in whatever time that takes."""
        assert server.task is not None
        server.config.timeout_graceful_shutdown = None
        server.should_exit = True
        self._closing[server] = server.task
        server.task.add_done_callback(lambda _: self._closing.pop(server, None))

    async def renewed(self) -> None:
        """Wait until new connections have the TLS that was changed to."""
        if self._renewing:
            await asyncio.wait(list(self._renewing))

    async def closed(self) -> None:
        """Wait until the addresses that were left out are closed."""
        if self._closing:
            await asyncio.wait(list(self._closing.values()))


def _shares(served: Sequence[Served]) -> list[int]:
    """Return how many connections each address may have: they share the file descriptors of the process."""
    wanted = sum(each.connections.max_connections for each in served)
    room = room_for(wanted)
    return [each.connections.max_connections * room // wanted for each in served]
