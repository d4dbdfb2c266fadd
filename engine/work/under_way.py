"""Counts the events that are under way, and waits until there is none."""

from __future__ import annotations

import asyncio


class UnderWay:
    """How many events are inside. A context, entered by each."""

    def __init__(self) -> None:
        self._inside = 0
        self._waiting: list[asyncio.Future[None]] = []

    def __len__(self) -> int:
        return self._inside

    def __enter__(self) -> None:
        self._inside += 1

    def __exit__(self, *_: object) -> None:
        self._inside -= 1
        if not self._inside and self._waiting:
            self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if not each.done():  # the waiting task may have been cancelled
                each.set_result(None)

    async def none(self) -> None:
        """Wait until no event is inside."""
        while self._inside:
            none = asyncio.get_running_loop().create_future()
            self._waiting.append(none)
            await none
