"""Configs: things that the elements of an application share under a name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

from engine.parameters.element import Element, prepared
from engine.parameters.mistake import Mistake
from engine.work.isolation import Isolation


class Config(Element):
    """A global element that others refer to by `config-ref`; it may hold connections."""

    stands_apart = True

    config_name: str = prepared("")
    """Its name under `configs`; empty if it is made in Python. Set by `be_named` when the file is loaded."""

    reaches_outside: ClassVar[bool] = False
    """Whether it opens anything that is not the application's own, such as connections: tests do not start it then."""

    stand_in_hint: str = prepared("")
    """How a test gets a replacement for it, if `isolate` found none."""

    def be_named(self, name: str) -> None:
        """Make it the config of that name."""
        self._prepare(config_name=name)

    def isolate(self, isolation: Isolation) -> None:
        """In a test, use the test's own replacement for anything outside, if there is one.

        Called before anything names the config; `reaches_outside` is afterwards False if there was one.
        """

    async def start(self) -> None:
        """Open everything that is needed before the first event. Raise FlowError if that fails."""

    async def probe(self) -> Sequence[Mistake]:
        """Try out its connections, without changing anything: return the mistakes in the flows that this shows.

        Raise FlowError if it cannot be reached. (`engine check --connect`)
        """
        return ()

    async def is_ready(self) -> bool:
        """Return whether events that need it can run now: a connection that is down makes the application not ready."""
        return True

    async def stop(self) -> None:
        """Close everything that was opened."""

    async def stop_for(self, successor: Self) -> None:
        """Close everything that was opened, except what the config in its place after a reload goes on with.

        Called after the last event that used it.
        """
        await self.stop()
