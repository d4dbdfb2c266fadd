"""An element that calls a function of the test."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from engine import Event, Processor


class Call(Processor):
    """What the function gives becomes the payload."""

    function: Callable[[Event], Awaitable[Any]]

    async def run(self, event: Event) -> Event:
        return event.with_payload(await self.function(event))
