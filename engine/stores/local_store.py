"""Stores on this machine: in memory, or in the data folder."""

from __future__ import annotations

from functools import cached_property
from math import inf
from typing import Annotated, Any, Self

from msgspec import UNSET, DecodeError
from pydantic import BeforeValidator, Field

from engine.expressions.errors import EvaluationError
from engine.expressions.operators import add
from engine.parameters.amounts import Amount, Size, TimeUnit
from engine.parameters.element import prepared
from engine.parameters.mistake import Mistake, refuse, shown
from engine.stores.entries import Entries, Entry, MemoryEntries, Usage
from engine.stores.local_entries import SCHEMA, LocalEntries
from engine.stores.store import INVALID_VALUE, KEY_ALREADY_EXISTS, KEY_NOT_FOUND, STORE_NOT_AVAILABLE, Store
from engine.values.errors import FlowError
from engine.values.stored_values import NotSerialisable, restore, serialise
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


class Room:
    """Keeps entries within a number and a size, and removes expired ones.

    most: entries; largest: bytes of all values; None: no limit. interval: seconds between two looks for expired ones.
    evicted, expired: count what is removed.
    """

    def __init__(
        self,
        entries: Entries,
        most: int | None,
        largest: int | None,
        interval: float,
        evicted: Counter,
        expired: Counter,
    ) -> None:
        self._entries = entries
        self._most = inf if most is None else most
        self._largest = inf if largest is None else largest
        self._has_limit = most is not None or largest is not None
        self._interval = interval
        self._cleaned: float | None = None
        self._evicted, self._expired = evicted, expired

    def put(self, key: str, entry: Entry, now: float) -> None:
        self._entries.put(key, entry)
        if self._cleaned is None or not 0 <= now - self._cleaned < self._interval:
            self._expired.value += self._entries.remove_expired(now)
            self._cleaned = now
        if self._has_limit:
            self._make_room()

    def _make_room(self) -> None:
        usage = self._entries.usage()
        while usage.entries > self._most or usage.size > self._largest:
            count = int(max(1, usage.entries - self._most))
            self._entries.remove_oldest(count)
            self._evicted.value += count
            usage = self._entries.usage()


class LocalStore(Store):
    """The parameters and the rules of stores on this machine."""

    persistent: bool = True
    """Whether the entries lie in the data folder and outlive the process; otherwise they end with the application."""

    max_entries: Annotated[int, Field(ge=1)] | None = None
    """How many entries there may be; one more removes the oldest. As many as there are, if left out."""

    max_size: Size | None = None
    """The bytes that all values may take together, or as 64MiB; more removes the oldest. Any, if left out."""

    entry_ttl: Time | None = None
    """How long an entry lives, in entryTtlUnit, or with a unit of its own (`60s`); for ever, if left out. Setting the
    machine's clock does not age entries until the process is restarted."""

    entry_ttl_unit: TimeUnit = "SECONDS"
    """The unit of a plain number in entryTtl."""

    expiration_interval: Time = Amount(1)
    """How often expired entries are removed, in expirationIntervalUnit, or with a unit of its own."""

    expiration_interval_unit: TimeUnit = "MINUTES"
    """The unit of a plain number in expirationInterval."""

    _ttl: float | None = prepared()
    _evicted: Counter = prepared()
    _expired: Counter = prepared()

    def __post_init__(self) -> None:
        ttl = self.entry_ttl and self.entry_ttl.seconds(self.entry_ttl_unit)
        self._prepare(_ttl=ttl, _evicted=Counter(), _expired=Counter())

    def measure(self, measures: Measures, place: str) -> None:
        measures.read("engine_store_entries", "Entries in the store", lambda: self._usage().entries, store=place)
        measures.read("engine_store_bytes", "Bytes of all values in the store", lambda: self._usage().size, store=place)
        text = "Entries that were removed because there were too many"
        evicted = measures.counter("engine_store_evicted_total", text, store=place)
        text = "Entries that were removed because their time was over"
        expired = measures.counter("engine_store_expired_total", text, store=place)
        self._prepare(_evicted=evicted, _expired=expired)

    def _usage(self) -> Usage:
        """Return the usage for the measures: what all workers share, the first tells."""
        return Usage(0, 0) if self.persistent and self.runtime.worker else self._entries.usage()

    @property
    def keeps_data(self) -> bool:
        return self.persistent

    @cached_property
    def _entries(self) -> Entries:
        if not self.persistent:
            return MemoryEntries()
        return LocalEntries(self.runtime.local_database(FILE, SCHEMA, STORE_NOT_AVAILABLE), self.config_name)

    @cached_property
    def _room(self) -> Room:
        interval = self.expiration_interval.seconds(self.expiration_interval_unit)
        return Room(self._entries, self.max_entries, self.max_size, interval, self._evicted, self._expired)

    def _now(self) -> float:
        """Return seconds that continue over a restart if the entries do, unaffected by clock changes meanwhile."""
        return self._began + self.runtime.clock.monotonic()

    @cached_property
    def _began(self) -> float:
        """The system time at which the monotonic clock was 0, as computed when the store was first used."""
        clock = self.runtime.clock
        return clock.now().timestamp() - clock.monotonic() if self.persistent else 0.0

    def _alive(self, key: str) -> Entry | None:
        entry = self._entries.get(key)
        return entry if entry and entry.is_alive(self._now()) else None

    def _put(self, key: str, data: bytes, ttl: float | None) -> None:
        now = self._now()
        seconds = self._ttl if ttl is None else ttl
        self._room.put(key, Entry(data, None if seconds is None else now + seconds), now)

    # The interface of stores

    async def put(self, key: str, value: Any, *, ttl: float | None = None, replace: bool = True) -> None:
        data = _data(value)
        with self._entries.transaction():
            if not replace and self._alive(key):
                raise FlowError(KEY_ALREADY_EXISTS, "there is an entry with this key already")
            self._put(key, data, ttl)

    async def get(self, key: str, default: Any = UNSET) -> Any:
        entry = self._alive(key)
        if entry is None and default is UNSET:
            raise _not_found()
        return default if entry is None else _value(entry)

    async def contains(self, key: str) -> bool:
        return self._alive(key) is not None

    async def remove(self, key: str) -> None:
        with self._entries.transaction():
            if not self._alive(key):
                raise _not_found()
            self._entries.remove(key)

    async def increment(self, key: str, by: Any = 1) -> Any:
        with self._entries.transaction():
            entry = self._alive(key)
            total = _sum(_value(entry) if entry else 0, by)
            if entry:
                self._entries.change(key, _data(total))
            else:
                self._put(key, _data(total), None)
        return total

    async def all(self) -> dict[str, Any]:
        now = self._now()
        return {key: _value(entry) for key, entry in self._entries.items() if entry.is_alive(now)}

    async def keys(self) -> list[str]:
        now = self._now()
        return [key for key, entry in self._entries.items() if entry.is_alive(now)]

    async def clear(self) -> None:
        self._entries.clear()

    def take_over(self, former: Self, *, is_unchanged: bool) -> None:
        if not self.persistent and not former.persistent:
            self._forget()
            self._prepare(_entries=former._entries)

    async def stop(self) -> None:
        if not self.persistent:
            self._forget()

    def _forget(self) -> None:
        """Have no entries; a store that took them over still has them."""
        for name in ("_entries", "_room"):
            vars(self).pop(name, None)


def default_store(runtime: Runtime) -> Store:
    """Return the application's own store, for elements that name none: persistent, without limits."""
    return runtime.share(LocalStore, lambda: _living(LocalStore(), DEFAULT_STORE, runtime))


def private_store(runtime: Runtime, **parameters: Any) -> Store:
    """Return an in-memory store for one element alone."""
    store = _living(LocalStore(persistent=False, **parameters), "", runtime)
    runtime.at_stop(store.stop)
    return store


def _living(store: LocalStore, name: str, runtime: Runtime) -> Store:
    store.be_named(name)
    store.live_in(runtime)
    return store


def _not_found() -> FlowError:
    return FlowError(KEY_NOT_FOUND, "there is no entry with this key")


def _data(value: Any) -> bytes:
    try:
        return serialise(value)
    except NotSerialisable as error:
        detail = str(error)
        raise FlowError(INVALID_VALUE, "a value cannot be stored", detailed_description=detail, cause=error) from error


def _value(entry: Entry) -> Any:
    try:
        return restore(entry.data)
    except (DecodeError, KeyError, ValueError) as error:
        detail = f"what was stored cannot be read: {error}"
        raise FlowError(INVALID_VALUE, "a stored value cannot be read", detailed_description=detail) from error


def _sum(value: Any, by: Any) -> Any:
    try:
        return add(value, by)
    except EvaluationError as error:
        raise FlowError(INVALID_VALUE, "only a number can be incremented", detailed_description=str(error)) from error
