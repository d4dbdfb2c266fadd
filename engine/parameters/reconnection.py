"""Whether a config's connection must be there when the application starts, and how often that is tried."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from pydantic import Field

from engine.parameters.amounts import Duration
from engine.parameters.element import Parameters
from engine.parameters.mistake import Mistake, refuse
from engine.values.errors import FlowError
from engine.work.clock import Clock

FREQUENCY = 2.0
"""Seconds (Mule's)."""


class ReconnectForever(Parameters):
    """Try until it is there."""

    frequency: Duration = FREQUENCY
    """How long to wait before the next attempt."""


class Reconnect(Parameters):
    """How often to try again."""

    frequency: Duration = FREQUENCY
    """How long to wait before the next attempt."""

    count: Annotated[int, Field(ge=0)] = 2
    """How many more attempts."""


class Reconnection(Parameters):
    """The reaction if it cannot be reached."""

    fails_deployment: bool = False
    """Whether it must be there: without it the application does not start, and /-/ready is 503."""

    reconnect: Reconnect | None = None
    """How often to try again at the start: frequency (2 s), count (2)."""

    reconnect_forever: Annotated[ReconnectForever | None, Field(alias="reconnect-forever")] = None
    """Try at the start until it is there, instead of reconnect: frequency (2 s)."""

    def __post_init__(self) -> None:
        if self.reconnect and self.reconnect_forever:
            refuse([Mistake("F304", "reconnect beside reconnect-forever", "one of the two")])

    @property
    def tries_again(self) -> bool:
        """Whether it says how often to try again."""
        return bool(self.reconnect or self.reconnect_forever)

    async def reach(self, attempt: Callable[[], Awaitable[object]], clock: Clock) -> None:
        """Make the attempt until it succeeds. Raise the FlowError of the last one that is made."""
        again = self.reconnect or Reconnect()
        pause = self.reconnect_forever.frequency if self.reconnect_forever else again.frequency
        left = again.count
        while True:
            try:
                await attempt()
                return
            except FlowError:
                if not left and not self.reconnect_forever:
                    raise
            left -= 1
            await clock.sleep(pause)
