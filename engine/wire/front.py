"""The state shared by the connections to an address."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from starlette.types import ASGIApp
from uvicorn.server import ServerState

from engine.limits import LINGER
from engine.wire.connections import Connections
from engine.wire.room import Room, Unsent

SPARE = 32
"""How many callers over the limit of connections get a refusal at the same time; any more are cut off."""


NoteRefused = Callable[[str, int], None]
"""Takes the scheme of a request, and the status that it was refused with."""


def _pass_over(scheme: str, status: int) -> None:
    """Count nothing."""


class Front:
    """An address: the application that answers, the limits of its connections, and the memory they hold together."""

    def __init__(
        self,
        app: ASGIApp,
        state: ServerState,
        limits: Connections,
        room: Room,
        most_connections: int,
        loop: asyncio.AbstractEventLoop,
        note_refused: NoteRefused = _pass_over,
    ) -> None:
        self.app = app
        self.state = state
        """uvicorn's state: the connections and tasks, for an orderly shutdown."""
        self._connections: set[Any] = state.connections
        self.limits = limits
        self.loop = loop
        self.most_connections = most_connections
        self.room = room
        """The bytes held for incomplete requests."""
        self.unsent = Unsent(limits.max_unsent)
        """The bytes of answers that wait for slow callers."""
        self.is_draining = False
        """Whether answers end their connections, because the server ends."""
        self.note_refused = note_refused
        """Told of each request that is refused without asking the application."""
        self._is_left = asyncio.Event()

    def change(self, app: ASGIApp, limits: Connections, most_connections: int) -> None:
        """Have another application, or other limits, from now on."""
        self.app, self.limits, self.most_connections = app, limits, most_connections
        self.unsent.change(limits.max_unsent)

    def take_over(self, former: Front) -> None:
        """Be the address for new connections; those of a former front end with their next answer."""
        former.is_draining = True
        self.unsent, self._is_left = former.unsent, former._is_left

    def enter(self, connection: Any) -> int:
        """Register a connection. Return how many there are."""
        self._connections.add(connection)
        return len(self._connections)

    def leave(self, connection: Any) -> None:
        """Deregister a connection."""
        self._connections.discard(connection)
        if self.is_draining and not self._connections:
            self._is_left.set()

    async def see_off(self) -> None:
        """Wait until each caller has its answer; cut off callers that do not end their connections."""
        if not self._connections:
            return
        self._is_left.clear()
        try:
            async with asyncio.timeout(LINGER):
                await self._is_left.wait()
        except TimeoutError:
            for connection in list(self._connections):
                connection.abort()
            await asyncio.sleep(0)

    @property
    def default_headers(self) -> Sequence[tuple[bytes, bytes]]:
        """Headers of every answer, in addition to its own."""
        return self.state.default_headers
