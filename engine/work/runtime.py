"""What the elements of one application share while it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from engine.limits import RESPONSE_TIMEOUT
from engine.values.errors import ErrorType
from engine.work.clock import Clock
from engine.work.gate import Gate
from engine.work.isolation import Isolation
from engine.work.local_database import LocalDatabase
from engine.work.nesting import Runnable
from engine.work.tasks import Tasks

T = TypeVar("T")

"""Seconds (Mule's)."""

DATA_DIR = ".engine"
"""Where the folders of the applications lie that have no dataDir of their own, from where the engine was started."""


class Runtime:
    """The clock, the background tasks, the folder of persistent things, and what elements share by name.

    An application has one, and each of its elements knows it as `self.runtime`; elements that are
    made in Python share one that has the machine's clock.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.tasks = Tasks()
        self.worker = 0
        """The number of the process among those that serve the application."""
        self.requests = Gate(None)
        """The requests over HTTP that are under way in all flows."""
        self.data_dir = Path(DATA_DIR)
        """Where persistent things lie that have no place of their own; each application has another."""
        self.default_response_timeout = RESPONSE_TIMEOUT
        """Seconds that a response may take where nothing else says it."""
        self.flows: Mapping[str, Runnable] = {}
        """The flows and sub-flows by name; all are there once the application is loaded."""
        self.isolation: Isolation | None = None
        """What a test keeps the elements from; None, where they act on the real world."""
        self._shared: dict[Hashable, Any] = {}
        self._databases: dict[str, LocalDatabase] = {}
        self._starters: list[Callable[[], Awaitable[None]]] = []
        self._closers: list[Callable[[], Awaitable[None]]] = []

    def keep_from(self, what: str) -> None:
        """Raise FlowError in a test: an element is about to reach something outside, such as `GET https://…`."""
        if self.isolation is not None:
            self.isolation.keep_from(what)

    def share(self, key: Hashable, make: Callable[[], T]) -> T:
        """What all elements of the application have in common under a key; made by the first that asks."""
        if key not in self._shared:
            self._shared[key] = make()
        found: T = self._shared[key]
        return found

    def local_database(self, name: str, schema: str, unavailable: ErrorType) -> LocalDatabase:
        """The SQLite file of that name in the data folder: opened at its first use, closed when the application stops.

        schema, unavailable: as LocalDatabase takes them, from the first that asks.
        """
        if name not in self._databases:
            self._databases[name] = LocalDatabase(self.data_dir / f"{name}.db", schema, unavailable)
        return self._databases[name]

    def at_start(self, start: Callable[[], Awaitable[None]]) -> None:
        """Have something started each time the application starts, but in a test, which is kept from it."""
        self._starters.append(start)

    async def start(self) -> None:
        """Start what elements share."""
        for start in () if self.isolation else self._starters:
            await start()

    def at_stop(self, close: Callable[[], Awaitable[None]]) -> None:
        """Have something closed each time the application stops; what is shared has no config that would do it."""
        self._closers.append(close)

    async def stop(self) -> None:
        """Close what was opened by elements that share it, and forget the rest: what starts again, starts anew."""
        for close in reversed(self._closers):
            await close()
        self.close()
        self._shared.clear()

    def close(self) -> None:
        """Close what was opened in the data folder; it is opened again when it is used."""
        for database in self._databases.values():
            database.close()


STANDALONE = Runtime()
"""The runtime of elements that are made in Python, outside of an application."""
