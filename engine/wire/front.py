"""What the connections to an address have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from starlette.types import ASGIApp
from uvicorn.server import ServerState

from engine.limits import LINGER
from engine.wire.connections import Connections
from engine.wire.room import Room, Unsent

SPARE = 32
"""How many callers beyond the most connections are told so at once; of more, each is cut off."""


class Front:
    """An address: the application that answers, the bounds of its connections, and what they hold together."""

    def __init__(
        self,
        app: ASGIApp,
        state: ServerState,
        limits: Connections,
        room: Room,
        most_connections: int,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.app = app
        self.state = state
        """uvicorn's: which connections there are, and which tasks, for an orderly end."""
        self._connections: set[Any] = state.connections
        self.limits = limits
        self.loop = loop
        self.most_connections = most_connections
        self.room = room
        """What is held of requests that have not come whole."""
        self.unsent = Unsent(limits.max_unsent)
        """What of the answers waits for callers that are slow."""
        self.is_draining = False
        """Whether answers end their connections, because the server ends."""
        self._is_left = asyncio.Event()

    def enter(self, connection: Any) -> int:
        """Another connection; how many there are."""
        self._connections.add(connection)
        return len(self._connections)

    def leave(self, connection: Any) -> None:
        """A connection has ended."""
        self._connections.discard(connection)
        if self.is_draining and not self._connections:
            self._is_left.set()

    async def see_off(self) -> None:
        """Wait until each caller has its answer; one that does not end its connection is cut off."""
        if not self._connections:
            return
        try:
            async with asyncio.timeout(LINGER):
                await self._is_left.wait()
        except TimeoutError:
            for connection in list(self._connections):
                connection.abort()
            await asyncio.sleep(0)

    @property
    def default_headers(self) -> Sequence[tuple[bytes, bytes]]:
        """What each answer has beside its own headers."""
        return self.state.default_headers
