"""State in a Redis server: each operation is one script, and the server's clock counts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from engine.stores.entries import Usage
from engine.stores.homes import redis_scripts as scripts
from engine.stores.homes.adding import add_and_swap
from engine.stores.homes.home import Admission, Bounds, Seen, Tenure
from engine.stores.homes.redis_connection import RedisConnection, Script
from engine.stores.store import STORE_NOT_AVAILABLE
from engine.work.measures import Measures

REMEMBERED = 30 * 86400
"""Seconds for which a lease that nobody holds, and its note, are remembered."""

PORTION, LARGEST_PORTION = 1000, 2**20
"""The entries, and about the bytes, that are read at once: the server serves nobody else meanwhile."""

WHOLE = 2**53
"""Below it a script adds exactly."""


class RedisHome:
    """The keys of an application begin with its name; what stands in braces lies in one slot of a cluster."""

    is_local = False

    def __init__(self, url: str, application: str) -> None:
        self.connection = RedisConnection(url, STORE_NOT_AVAILABLE)
        self._application = application

    def _key(self, *names: str) -> str:
        return f"{{{self._application}:{':'.join(quote(name, safe=' /.-_~') for name in names)}}}"

    def measure(self, measures: Measures) -> None:
        self.connection.reach.measure(measures)

    def shelf(self, store: str, bounds: Bounds) -> RedisShelf:
        return RedisShelf(self.connection, self._key("store", store), bounds)

    async def admit(self, rate: str, key: str, step: float, period: float) -> Admission:
        is_admitted, seconds = await self.connection.run(
            scripts.ADMIT, [self._key("rate", rate, key)], repr(step), repr(period)
        )
        return Admission(bool(is_admitted), float(seconds))

    async def hold(self, lease: str, holder: str, ttl: float) -> Tenure:
        key = self._key("lease", lease)
        token, now, left, note = await self.connection.run(scripts.HOLD, [key], holder, repr(ttl), REMEMBERED)
        return Tenure(None if token is None else int(token), float(now), float(left), note)

    async def note(self, lease: str, token: int, note: bytes) -> bool:
        return bool(await self.connection.run(scripts.NOTE, [self._key("lease", lease)], token, note))

    async def release(self, lease: str, token: int) -> None:
        await self.connection.run(scripts.RELEASE, [self._key("lease", lease)], token)

    async def ping(self) -> None:
        await self.connection.command("PING")

    async def close(self) -> None:
        await self.connection.close()


class RedisShelf:
    """The entries of one store."""

    def __init__(self, connection: RedisConnection, key: str, bounds: Bounds) -> None:
        self._connection = connection
        self._keys = [f"{key}:{part}" for part in ("values", "ages", "expiries", "counts")]
        self._bounds = bounds
        self._room = tuple("" if limit is None else limit for limit in (bounds.most, bounds.largest))
        self._usage = Usage(0, 0)

    async def put(self, key: str, data: bytes, ttl: float | None, *, replace: bool) -> bool:
        found = await self._run(scripts.PUT, key, data, _seconds(ttl), int(replace), *self._room)
        return self._settled(found)

    async def get(self, key: str) -> bytes | None:
        return (await self.look(key)).data

    async def look(self, key: str) -> Seen:
        data, now = await self._run(scripts.LOOK, key)
        return Seen(data, float(now))

    async def swap(self, key: str, before: bytes | None, data: bytes, ttl: float | None) -> bool:
        known = (0, b"") if before is None else (1, before)
        return self._settled(await self._run(scripts.SWAP, key, *known, data, _seconds(ttl), *self._room))

    async def increment(self, key: str, by: Any, ttl: float | None) -> Any:
        if type(by) is int and -WHOLE < by < WHOLE:
            total = await self._run(scripts.INCREMENT, key, by, _seconds(ttl), *self._room)
            if total is not None:
                return int(total)
        return await add_and_swap(self, key, by, ttl)

    async def remove(self, key: str) -> bool:
        return bool(await self._run(scripts.REMOVE, key))

    async def items(self) -> list[tuple[str, bytes]]:
        found = {key: data async for part in self._portions(1) for key, data in zip(part[::2], part[1::2], strict=True)}
        return [(key.decode(), data) for key, data in found.items()]

    async def keys(self) -> list[str]:
        return [key.decode() for key in dict.fromkeys([key async for part in self._portions(0) for key in part])]

    async def _portions(self, with_data: int) -> AsyncIterator[list[bytes]]:
        """Yield all from the oldest on; one that is stored again meanwhile comes again, and counts as it is then."""
        last: bytes | None = b"-inf"
        while last is not None:
            last, *part = await self._run(scripts.SOME, last, PORTION, LARGEST_PORTION, with_data)
            yield part

    async def clear(self) -> None:
        await self._connection.command("DEL", *self._keys)
        self._usage = Usage(0, 0)

    def usage(self) -> Usage:
        return self._usage

    async def _run(self, script: Script, *arguments: Any) -> Any:
        return await self._connection.run(script, self._keys, *arguments)

    def _settled(self, found: Any) -> bool:
        """Note what an operation has told of the store; return whether it took place."""
        if not found[0]:
            return False
        _, entries, size, evicted, expired = found
        self._usage = Usage(entries, size)
        self._bounds.evicted.value += evicted
        self._bounds.expired.value += expired
        return True


def _seconds(ttl: float | None) -> str:
    return "" if ttl is None else repr(float(ttl))
