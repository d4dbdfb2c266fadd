"""Stores of the engine's own: their entries live in memory, in the data folder, or in a home that machines share."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Any, Self

from msgspec import UNSET
from pydantic import BeforeValidator, Field

from engine.parameters.amounts import Amount, Size, TimeUnit
from engine.parameters.element import prepared
from engine.parameters.mistake import Mistake, refuse, shown
from engine.stores.entries import MemoryEntries, Usage
from engine.stores.homes.home import Bounds, Home, Shelf
from engine.stores.homes.local_shelf import LocalShelf
from engine.stores.homes.urls import HomeUrl, home_of
from engine.stores.local_entries import SCHEMA, LocalEntries
from engine.stores.store import KEY_ALREADY_EXISTS, KEY_NOT_FOUND, STORE_NOT_AVAILABLE, Store
from engine.stores.stored import data_of, value_of
from engine.values.errors import FlowError
from engine.work.measures import Counter, Measures
from engine.work.runtime import Runtime

FILE = "object-stores"
DEFAULT_STORE = "_defaultPersistentObjectStore"
"""The name of the application's own store (Mule's)."""


def _above_zero(value: Any) -> Any:
    amount = value if isinstance(value, Amount) else Amount(value)
    if not amount.seconds("SECONDS"):
        refuse([Mistake("F303", shown(value), "a time above 0", "60, or with its unit 60s")])
    return amount


Time = Annotated[Amount, BeforeValidator(_above_zero)]


class HomeStore(Store):
    """The parameters of stores, and their values as bytes; the home of a store has its rules."""

    url: HomeUrl | None = None
    """Where the entries live, and are shared by all processes that name the same: `redis://host:6379/0`, `rediss://`,
    `unix:///socket` (these need the extra `[redis]`), `postgresql://user:password@host/database` (`[postgres]`), or
    `sqlite:///file.db`, on this machine. If left out: where `stateUrl` of the `configuration` says, else `dataDir`."""

    persistent: bool = True
    """Whether the entries outlive the process; otherwise they are in its memory, and end with the application."""

    max_entries: Annotated[int, Field(ge=1)] | None = None
    """How many entries there may be; one more removes the oldest. As many as there are, if left out."""

    max_size: Size | None = None
    """The bytes that all values may take together, or as 64MiB; more removes the oldest. Any, if left out."""

    entry_ttl: Time | None = None
    """How long an entry lives, in entryTtlUnit, or with a unit of its own (`60s`); for ever, if left out. Setting the
    machine's clock does not age entries until the process is restarted; with a url, the server's clock counts."""

    entry_ttl_unit: TimeUnit = "SECONDS"
    """The unit of a plain number in entryTtl."""

    expiration_interval: Time = Amount(1)
    """How often expired entries are removed, in expirationIntervalUnit, or with a unit of its own. Servers do it with
    each entry that is stored."""

    expiration_interval_unit: TimeUnit = "MINUTES"
    """The unit of a plain number in expirationInterval."""

    _ttl: float | None = prepared()
    _evicted: Counter = prepared()
    _expired: Counter = prepared()
    _home: Home | None = prepared(None)

    def __post_init__(self) -> None:
        ttl = self.entry_ttl and self.entry_ttl.seconds(self.entry_ttl_unit)
        self._prepare(_ttl=ttl, _evicted=Counter(), _expired=Counter())
        if self.url and not self.persistent:
            refuse([Mistake("F304", "url beside persistent: false", "one of the two")])

    def live_in(self, runtime: Runtime) -> None:
        super().live_in(runtime)
        home = home_of(runtime, self.url) if self.persistent else None
        if home is not self._home:
            vars(self).pop("_shelf", None)
            self._prepare(_home=home)

    def measure(self, measures: Measures, place: str) -> None:
        measures.read("engine_store_entries", "Entries in the store", lambda: self._usage().entries, store=place)
        measures.read("engine_store_bytes", "Bytes of all values in the store", lambda: self._usage().size, store=place)
        text = "Entries that were removed because there were too many"
        evicted = measures.counter("engine_store_evicted_total", text, store=place)
        text = "Entries that were removed because their time was over"
        expired = measures.counter("engine_store_expired_total", text, store=place)
        self._prepare(_evicted=evicted, _expired=expired)
        if self._home is not None:
            self._home.measure(measures)

    def _usage(self) -> Usage:
        """Return the usage for the measures: what all workers share, the first tells."""
        is_told = self.persistent and self._home is None and self.runtime.worker
        return Usage(0, 0) if is_told else self._shelf.usage()

    @property
    def keeps_data(self) -> bool:
        return self.persistent and (self._home is None or self._home.is_local)

    @cached_property
    def _memory(self) -> MemoryEntries:
        return MemoryEntries()

    @cached_property
    def _shelf(self) -> Shelf:
        interval = self.expiration_interval.seconds(self.expiration_interval_unit)
        bounds = Bounds(self.max_entries, self.max_size, interval, self._evicted, self._expired)
        clock = self.runtime.clock
        if not self.persistent:
            return LocalShelf(self._memory, bounds, clock, outlives=False)
        if self._home is not None:
            return self._home.shelf(self.config_name, bounds)
        database = self.runtime.local_database(FILE, SCHEMA, STORE_NOT_AVAILABLE)
        return LocalShelf(LocalEntries(database, self.config_name), bounds, clock, outlives=True)

    # The interface of stores

    async def put(self, key: str, value: Any, *, ttl: float | None = None, replace: bool = True) -> None:
        if not await self._shelf.put(key, data_of(value), self._ttl if ttl is None else ttl, replace=replace):
            raise FlowError(KEY_ALREADY_EXISTS, "there is an entry with this key already")

    async def get(self, key: str, default: Any = UNSET) -> Any:
        data = await self._shelf.get(key)
        if data is not None:
            return value_of(data)
        if default is UNSET:
            raise _not_found()
        return default

    async def contains(self, key: str) -> bool:
        return await self._shelf.get(key) is not None

    async def remove(self, key: str) -> None:
        if not await self._shelf.remove(key):
            raise _not_found()

    async def increment(self, key: str, by: Any = 1) -> Any:
        return await self._shelf.increment(key, by, self._ttl)

    async def all(self) -> dict[str, Any]:
        return {key: value_of(data) for key, data in await self._shelf.items()}

    async def keys(self) -> list[str]:
        return await self._shelf.keys()

    async def clear(self) -> None:
        await self._shelf.clear()

    def take_over(self, former: Self, *, is_unchanged: bool) -> None:
        if not self.persistent and not former.persistent:
            self._forget()
            self._prepare(_memory=former._memory)

    async def probe(self) -> Sequence[Mistake]:
        if self._home is not None:
            await self._home.ping()
        return ()

    async def stop(self) -> None:
        if not self.persistent:
            self._forget()

    def _forget(self) -> None:
        """Have no entries; a store that took them over still has them."""
        for name in ("_memory", "_shelf"):
            vars(self).pop(name, None)


def default_store(runtime: Runtime) -> Store:
    """Return the application's own store, for elements that name none: persistent, without limits."""
    return runtime.share(HomeStore, lambda: _living(HomeStore(), DEFAULT_STORE, runtime))


def private_store(runtime: Runtime, name: str, **parameters: Any) -> Store:
    """Return a store for one element alone: in the application's home of state (stateUrl), else in memory.

    name: the same in all processes of the application, and no other element's.
    """
    is_shared = home_of(runtime) is not None
    store = _living(HomeStore(persistent=is_shared, **parameters), f"~{name}", runtime)
    runtime.at_stop(store.stop)
    return store


def _living(store: HomeStore, name: str, runtime: Runtime) -> Store:
    store.be_named(name)
    store.live_in(runtime)
    return store


def _not_found() -> FlowError:
    return FlowError(KEY_NOT_FOUND, "there is no entry with this key")
