"""The state that the elements of one application share while it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from engine.limits import RESPONSE_TIMEOUT
from engine.values.errors import ErrorType
from engine.work.clock import Clock
from engine.work.gate import Gate
from engine.work.isolation import Isolation
from engine.work.local_database import LocalDatabase
from engine.work.measures import Measures
from engine.work.nesting import Runnable
from engine.work.tasks import Tasks

T = TypeVar("T")

"""Seconds (Mule's)."""

DATA_DIR = ".engine"
"""The parent of the folders of applications without a dataDir, relative to the engine's working directory."""


class Runtime:
    """The clock, the background tasks, the folder of persistent things, and what elements share by name.

    An application has one, and each of its elements has it as `self.runtime`. Elements that are made in Python share
    one with the machine's clock.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.tasks = Tasks()
        self.worker = 0
        """The number of the process among those that serve the application."""
        self.requests = Gate(None)
        """The HTTP requests in progress in all flows."""
        self.data_dir = Path(DATA_DIR)
        """The folder of persistent data without a place of its own; each application has a different one."""
        self.default_response_timeout = RESPONSE_TIMEOUT
        """Seconds that a response may take, unless set elsewhere."""
        self.flows: Mapping[str, Runnable] = {}
        """The flows and sub-flows by name; all are there once the application is loaded."""
        self.isolation: Isolation | None = None
        """The isolation of a test; None if the elements act on the real world."""
        self.measures = Measures()
        """What is counted while the application runs."""
        self.stalled: Callable[[], Sequence[str]] = tuple
        """Returns what the watchdog tells has stalled now."""
        self._shared: dict[Hashable, Any] = {}
        self._databases: dict[str, LocalDatabase] = {}
        self._starters: list[Callable[[], Awaitable[None]]] = []
        self._closers: list[Callable[[], Awaitable[None]]] = []

    def keep_from(self, what: str) -> None:
        """Raise FlowError in a test: an element is about to reach something outside, such as `GET https://…`."""
        if self.isolation is not None:
            self.isolation.keep_from(what)

    def share(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the object that all elements of the application share under a key; the first caller makes it."""
        if key not in self._shared:
            self._shared[key] = make()
        found: T = self._shared[key]
        return found

    def local_database(
        self, name: str, schema: str, unavailable: ErrorType, added: Mapping[str, str] | None = None
    ) -> LocalDatabase:
        """Return the SQLite file of that name in the data folder: opened on first use, closed with the application.

        schema, unavailable, added: as for LocalDatabase; those of the first caller count.
        """
        if name not in self._databases:
            self._databases[name] = LocalDatabase(self.data_dir / f"{name}.db", schema, unavailable, added)
        return self._databases[name]

    def at_start(self, start: Callable[[], Awaitable[None]]) -> None:
        """Have something started each time the application starts, except in an isolated test."""
        self._starters.append(start)

    async def start(self) -> None:
        """Start the shared objects."""
        for start in () if self.isolation else self._starters:
            await start()

    def at_stop(self, close: Callable[[], Awaitable[None]]) -> None:
        """Have something closed each time the application stops, for shared objects, which no config closes."""
        self._closers.append(close)

    async def stop(self) -> None:
        """Close the shared objects that were opened and forget the rest: the next start begins from scratch."""
        for close in reversed(self._closers):
            await close()
        self.close()
        self._shared.clear()

    def close(self) -> None:
        """Close the files of the data folder; they are opened again on their next use."""
        for database in self._databases.values():
            database.close()


STANDALONE = Runtime()
"""The runtime of elements that are made in Python, outside of an application."""
