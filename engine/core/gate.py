"""How many may be inside at once."""

from __future__ import annotations

import asyncio
from collections import deque


class Gate:
    """Counts the events that are inside, and lets others wait for room."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.inside = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def is_full(self) -> bool:
        return self.limit is not None and self.inside >= self.limit

    async def has_room(self) -> None:
        """Wait until one more may enter."""
        while self.is_full:
            room = asyncio.get_running_loop().create_future()
            self._waiting.append(room)
            try:
                await room
            except asyncio.CancelledError:
                if not room.cancelled():  # the room is left to the next
                    self._wake_next()
                raise

    def __enter__(self) -> None:
        self.inside += 1

    def __exit__(self, *_: object) -> None:
        self.inside -= 1
        self._wake_next()

    def _wake_next(self) -> None:
        while self._waiting:
            room = self._waiting.popleft()
            if not room.done():  # who waited may have been cancelled
                room.set_result(None)
                return
