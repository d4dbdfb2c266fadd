"""What each home of state can do, whichever it is."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from engine.stores.entries import Usage
from engine.work.measures import Counter, Measures


class Bounds(NamedTuple):
    """How much a store may hold. most: entries; largest: bytes of all values; None: no limit.

    interval: seconds between two looks for expired entries, in homes that do not look with each put. evicted, expired:
    count the entries that this process has seen removed.
    """

    most: int | None
    largest: int | None
    interval: float
    evicted: Counter
    expired: Counter


class Seen(NamedTuple):
    """What was found under a key, or None, and the home's time then, in seconds since 1970."""

    data: bytes | None
    now: float


class Admission(NamedTuple):
    """Whether one more is admitted, and the seconds until all that were admitted have drained.

    If it is not: the seconds until it would be.
    """

    is_admitted: bool
    seconds: float


class Tenure(NamedTuple):
    """The answer to whoever wants to hold a lease.

    token: the fencing token of the holder; None if another holds the lease. It grows with each holder. now: the home's
    time, in seconds since 1970. left: for how many seconds the lease is held, by whomever. note: what the last holder
    has noted; empty if nobody has.
    """

    token: int | None
    now: float
    left: float
    note: bytes


class Shelf(Protocol):
    """The entries of one store in a home: bytes by key, from the oldest to the newest.

    Each operation is atomic, for other processes too. Expired entries are never seen. ttl: seconds until an entry
    expires; never if None. Any operation raises OS:STORE_NOT_AVAILABLE if the home is away.
    """

    async def put(self, key: str, data: bytes, ttl: float | None, *, replace: bool) -> bool:
        """Make it the newest entry. Return false if there is one already, and it may not be replaced."""
        ...

    async def get(self, key: str) -> bytes | None: ...

    async def look(self, key: str) -> Seen:
        """Do as `get`, and tell the home's time."""
        ...

    async def swap(self, key: str, before: bytes | None, data: bytes, ttl: float | None) -> bool:
        """Replace the value if it is still the one before (None: no entry). Return whether it was.

        The age of an entry stays. ttl: None leaves its expiry as it is, too.
        """
        ...

    async def increment(self, key: str, by: Any, ttl: float | None) -> Any:
        """Add a number to a value (0 if there is none), and return the sum. An entry keeps its age and its expiry.

        Raises OS:INVALID_VALUE if the value is no number.
        """
        ...

    async def remove(self, key: str) -> bool:
        """Return whether there was such an entry."""
        ...

    async def items(self) -> list[tuple[str, bytes]]: ...

    async def keys(self) -> list[str]: ...

    async def clear(self) -> None: ...

    def usage(self) -> Usage:
        """Return how much it holds, as far as this process knows."""
        ...


class Home(Protocol):
    """A place that several processes share. Its clock counts for all of them.

    Names are those of an application: another one in the same home never meets them. Any operation raises
    OS:STORE_NOT_AVAILABLE if the home is away.
    """

    is_local: bool
    """Whether it keeps data on this machine."""

    def measure(self, measures: Measures) -> None:
        """Take slots for what it counts."""

    def shelf(self, store: str, bounds: Bounds) -> Shelf: ...

    async def admit(self, rate: str, key: str, step: float, period: float) -> Admission:
        """Admit one more under a key, unless too many were within a period (the generic cell rate algorithm).

        step: seconds from one to the next, if they come evenly.
        """
        ...

    async def hold(self, lease: str, holder: str, ttl: float) -> Tenure:
        """Take a lease for some seconds if it is free, or keep it for longer."""
        ...

    async def note(self, lease: str, token: int, note: bytes) -> bool:
        """Note something for the next holder. Return false if there was another one meanwhile: nothing is noted."""
        ...

    async def release(self, lease: str, token: int) -> None:
        """Give a lease up. The note stays; the next holder gets a greater token."""
        ...

    async def ping(self) -> None:
        """Find out whether the home can be reached."""
        ...

    async def close(self) -> None:
        """Close all connections. They are opened again on the next use."""
        ...
