"""The state that the elements of one application share while it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

from engine.limits import RESPONSE_TIMEOUT
from engine.values.errors import ErrorType
from engine.values.secrets import Secrets
from engine.work.clock import Clock
from engine.work.gate import Gate
from engine.work.isolation import Isolation
from engine.work.local_database import LocalDatabase
from engine.work.measures import Measures
from engine.work.nesting import Runnable
from engine.work.spans import Tracer
from engine.work.tasks import Tasks
from engine.work.under_way import UnderWay

T = TypeVar("T")

"""Seconds (Mule's)."""

DATA_DIR = ".engine"
"""The parent of the folders of applications without a dataDir, relative to the engine's working directory."""


async def do_nothing(value: Any) -> None:
    """Close nothing."""


class BatchJobs(Protocol):
    """All jobs of one name, and what works on them while the application listens."""

    async def home(self) -> Any:
        """Return the database in which they live (engine/jobs)."""
        ...

    async def start(self) -> None:
        """Begin to work on what waits, unless that has begun."""

    async def rest(self) -> None:
        """Begin nothing more; what is under way ends, or is left to others."""

    async def none_under_way(self) -> None:
        """Return when nothing is under way here."""

    async def stop(self) -> None:
        """Rest, and return when nothing is under way here; immediately if that is cancelled."""


class Kept(NamedTuple):
    """An object that a reload leaves as it is, and the function that closes it."""

    value: Any
    close: Callable[[Any], Awaitable[None]]


class Runtime:
    """The clock, the background tasks, the folder of persistent things, and what elements share by name.

    An application has one, and each of its elements has it as `self.runtime`. Elements that are made in Python share
    one with the machine's clock.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.tasks = Tasks()
        self.under_way = UnderWay()
        """The events that somebody outside waits for: requests over HTTP, flows run from Python."""
        self.worker = 0
        """The number of the process among those that serve the application."""
        self.limits: tuple[int | None, int | None] = (None, None)
        """How many requests over HTTP may be in progress in all flows, and how many records."""
        self.requests = Gate(None)
        """The HTTP requests in progress in all flows."""
        self.data_dir = Path(DATA_DIR)
        """The folder of persistent data without a place of its own; each application has a different one."""
        self.application = ""
        """The name of the application: what it keeps with a server is nobody else's."""
        self.version = ""
        """A digest of the flow files and the properties: the same in all processes that do the same."""
        self.state_url = ""
        """Where state lives that names no place of its own; empty for this process, and its data folder."""
        self.default_response_timeout = RESPONSE_TIMEOUT
        """Seconds that a response may take, unless set elsewhere."""
        self.flows: dict[str, Runnable] = {}
        """The flows and sub-flows by name; all are there once the application is loaded."""
        self.secrets = Secrets()
        """Hides the application's secrets in texts for callers."""
        self.isolation: Isolation | None = None
        """The isolation of a test; None if the elements act on the real world."""
        self.measures = Measures()
        """What is counted while the application runs."""
        self.stalled: Callable[[], Sequence[str]] = tuple
        """Returns what the watchdog tells has stalled now."""
        self.tracer: Tracer | None = None
        """Records what happens to events; None if nobody asks for traces."""
        self._shared: dict[Hashable, Any] = {}
        self._kept: dict[Hashable, Kept] = {}
        self._inherited: dict[Hashable, Kept] = {}
        """What the application before a reload has kept; it may still run, and keep more."""
        self._databases: dict[str, LocalDatabase] = {}
        self._starters: list[Callable[[], Awaitable[None]]] = []
        self._closers: list[Callable[[], Awaitable[None]]] = []

    @cached_property
    def batch_jobs(self) -> dict[str, BatchJobs]:
        """The batch jobs of the flows by name."""
        return {}

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

    def keep(self, key: Hashable, make: Callable[[], T], close: Callable[[T], Awaitable[None]] = do_nothing) -> T:
        """Do as `share`, for an object that a reload leaves as it is: the application after it finds it under the key.

        close: called when the application stops, or after a reload if nobody asks for the key any more.
        """
        if key not in self._kept:
            self._kept[key] = self._inherited.get(key) or Kept(make(), close)
        found: T = self._kept[key].value
        return found

    def local_database(
        self, name: str, schema: str, unavailable: ErrorType, added: Mapping[str, str] | None = None
    ) -> LocalDatabase:
        """Return the SQLite file of that name in the data folder: opened on first use, closed with the application.

        schema, unavailable, added: as for LocalDatabase; those of the first caller count.
        """
        return self.database_in(self.data_dir / f"{name}.db", schema, unavailable, added)

    def database_in(
        self, file: Path, schema: str, unavailable: ErrorType, added: Mapping[str, str] | None = None
    ) -> LocalDatabase:
        """Return a SQLite file: opened on first use, closed with the application. The rest is as in local_database."""
        key = str(file)
        if key not in self._databases:
            self._databases[key] = LocalDatabase(file, schema, unavailable, added)
        return self._databases[key]

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
        await self._close_shared({**self._inherited, **self._kept}.values())
        for key in [key for key, kept in self._kept.items() if kept.close is do_nothing]:
            del self._kept[key]  # others are opened again, as configs are
        self.close()

    async def _close_shared(self, kept: Collection[Kept]) -> None:
        for close in reversed(self._closers):
            await close()
        for each in reversed(list(kept)):
            await each.close(each.value)
        self._shared.clear()
        self._inherited = {}

    # A reload

    def successor(self) -> Runtime:
        """Return the runtime of an application that is to go on in this one's place, in the same process.

        It has the same clock and the same files of the data folder, and finds what `keep` has kept here.
        """
        after = Runtime(self.clock)
        after.worker, after._databases, after._inherited = self.worker, self._databases, self._kept
        after.measures, after.stalled = self.measures.successor(), self.stalled
        return after

    def go_on_from(self, former: Runtime) -> None:
        """Count the requests of the application before, which may still run, as if they were its own."""
        self.requests = former.requests
        self.requests.resize(*self.limits)

    async def retire(self) -> None:
        """Close the shared objects that the application after a reload does not go on with."""
        await self._close_shared([kept for key, kept in self._inherited.items() if key not in self._kept])
        self._forget()

    async def give_up(self) -> None:
        """Close the shared objects that were opened for an application that does not take the place of the other."""
        await self._close_shared([kept for key, kept in self._kept.items() if kept is not self._inherited.get(key)])
        self._forget()

    def _forget(self) -> None:
        """Hold nothing any more that holds it."""
        for each in (self.flows, self.batch_jobs, self._starters, self._closers):
            each.clear()

    def close(self) -> None:
        """Close the files of the data folder; they are opened again on their next use."""
        for database in self._databases.values():
            database.close()


STANDALONE = Runtime()
"""The runtime of elements that are made in Python, outside of an application."""
