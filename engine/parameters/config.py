"""What the elements of an application share under a name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from engine.parameters.element import Element, prepared
from engine.parameters.mistake import Mistake
from engine.work.isolation import Isolation


class Config(Element):
    """A global element that others name by `config-ref`; it may hold connections."""

    stands_apart = True

    config_name: str = prepared("")
    """Its name under `configs`; empty where it is made in Python. Set by `be_named` when the file is loaded."""

    reaches_outside: ClassVar[bool] = False
    """Whether it opens what is not the application's own, such as connections: tests do not start it then."""

    stand_in_hint: str = prepared("")
    """How a test gets something in its place, where `isolate` found nothing."""

    def be_named(self, name: str) -> None:
        """Make it the config of that name."""
        self._prepare(config_name=name)

    def isolate(self, isolation: Isolation) -> None:
        """In a test, take something of the test's own in the place of what is outside, where there is such a thing.

        Called before anything names the config; `reaches_outside` tells afterwards whether that was so.
        """

    async def start(self) -> None:
        """Open what must be open before the first event. Raise FlowError where that fails."""

    async def probe(self) -> Sequence[Mistake]:
        """Try out what it connects to, and change nothing: the mistakes in the flows that this shows.

        Raises FlowError where it cannot be reached. (`engine check --connect`)
        """
        return ()

    async def is_ready(self) -> bool:
        """Whether events that need it can run now: a connection that is down makes the application not ready."""
        return True

    async def stop(self) -> None:
        """Close what was opened."""
