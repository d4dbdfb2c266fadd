"""State in a PostgreSQL database: each operation is one statement, and the server's clock counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from weakref import WeakValueDictionary

import asyncpg

from engine.limits import LONGEST_HOME_OPERATION, MOST_HOME_CONNECTIONS
from engine.stores.entries import Usage
from engine.stores.homes import postgres_statements as sql
from engine.stores.homes.adding import add_and_swap
from engine.stores.homes.home import Admission, Bounds, Seen, Tenure
from engine.stores.homes.reach import Reach
from engine.stores.store import STORE_NOT_AVAILABLE
from engine.work.measures import Measures

PORTION = 1000
"""The entries that are read at once: each operation has its time limit."""

SETTLED_EVERY = 100
"""The entries are counted, and those beyond the bounds removed, with each put of a hundredth of their number."""


class PostgresHome:
    """Four tables whose names begin with `engine_`, made on first use; the rows of an application have its name."""

    is_local = False

    def __init__(self, url: str, application: str) -> None:
        self._url = url
        self._application = application
        self._reach = Reach(url, (asyncpg.PostgresError, asyncpg.InterfaceError), STORE_NOT_AVAILABLE, _is_refusal)
        self._pool: asyncpg.Pool[Any] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._has_schema = False

    def _name(self, name: str) -> str:
        return f"{self._application}:{name}"

    def measure(self, measures: Measures) -> None:
        self._reach.measure(measures)

    def shelf(self, store: str, bounds: Bounds) -> PostgresShelf:
        return PostgresShelf(self, self._name(store), bounds)

    async def admit(self, rate: str, key: str, step: float, period: float) -> Admission:
        found = await self.run(sql.ADMIT, self._name(rate), key.replace("\0", "\\0"), step, period)
        return Admission(*found[0]) if found else Admission(False, step)  # it was made a moment ago, by another

    async def hold(self, lease: str, holder: str, ttl: float) -> Tenure:
        while not (found := await self.run(sql.HOLD, self._name(lease), holder, ttl)):
            pass  # it was made a moment ago, by another
        return Tenure(*found[0])

    async def note(self, lease: str, token: int, note: bytes) -> bool:
        return bool(await self.run(sql.NOTE, self._name(lease), token, note))

    async def release(self, lease: str, token: int) -> None:
        await self.run(sql.RELEASE, self._name(lease), token)

    async def ping(self) -> None:
        await self.run("SELECT 1")

    async def run(self, statement: str, *values: Any) -> list[Any]:
        """Return the rows of one statement, which is a transaction of its own."""
        return await self._reach.do(lambda: self._run(statement, values))

    async def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None and self._loop is asyncio.get_running_loop():
            pool.terminate()

    async def _run(self, statement: str, values: tuple[Any, ...]) -> list[Any]:
        pool = await self._opened()
        connection = await pool.acquire()
        try:
            if not self._has_schema:
                await self._make_schema(connection)
            return await connection.fetch(statement, *values)
        except asyncpg.UndefinedTableError:
            self._has_schema = False
            raise
        except asyncpg.PostgresError:
            raise
        except BaseException:  # its answer may still come
            connection.terminate()
            raise
        finally:
            await pool.release(connection)

    async def _make_schema(self, connection: Any) -> None:
        if not await connection.fetchval(sql.HAS_SCHEMA):
            await connection.execute(sql.SCHEMA)
        self._has_schema = True

    async def _opened(self) -> asyncpg.Pool[Any]:
        """Return the pool of this event loop: connections belong to the loop that has opened them."""
        loop = asyncio.get_running_loop()
        if self._pool is None or self._loop is not loop:
            self._loop = loop
            self._pool = asyncpg.create_pool(
                self._url, min_size=0, max_size=MOST_HOME_CONNECTIONS, timeout=LONGEST_HOME_OPERATION
            )
        pool: asyncpg.Pool[Any] = await self._pool
        return pool


class PostgresShelf:
    """The entries of one store."""

    def __init__(self, home: PostgresHome, store: str, bounds: Bounds) -> None:
        self._home = home
        self._store = store
        self._bounds = bounds
        self._usage = Usage(0, 0)
        self._puts_left = 0
        self._counting: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """Who adds to a number: others of this process wait, instead of adding in vain."""

    async def put(self, key: str, data: bytes, ttl: float | None, *, replace: bool) -> bool:
        if not await self._run(sql.PUT, key.encode(), data, ttl, replace):
            return False
        await self._settle()
        return True

    async def get(self, key: str) -> bytes | None:
        return (await self.look(key)).data

    async def look(self, key: str) -> Seen:
        return Seen(*(await self._run(sql.LOOK, key.encode()))[0])

    async def swap(self, key: str, before: bytes | None, data: bytes, ttl: float | None) -> bool:
        if before is None:
            return await self.put(key, data, ttl, replace=False)
        return bool(await self._run(sql.SWAP, key.encode(), before, data, ttl))

    async def increment(self, key: str, by: Any, ttl: float | None) -> Any:
        lock = self._counting.get(key) or asyncio.Lock()
        self._counting[key] = lock
        async with lock:
            return await add_and_swap(self, key, by, ttl)

    async def remove(self, key: str) -> bool:
        removed = await self._run(sql.REMOVE, key.encode())
        return bool(removed and removed[0][0])

    async def items(self) -> list[tuple[str, bytes]]:
        found = {key: data async for _, key, data in self._all(sql.ITEMS)}
        return [(key.decode(), data) for key, data in found.items()]

    async def keys(self) -> list[str]:
        return [key.decode() for key in dict.fromkeys([key async for _, key in self._all(sql.KEYS)])]

    async def _all(self, statement: str) -> AsyncIterator[Any]:
        """Yield all rows from the oldest on; one that is stored again meanwhile comes again, as it is then."""
        last = 0
        while rows := await self._run(statement, last, PORTION):
            for row in rows:
                yield row
            last = rows[-1][0]

    async def clear(self) -> None:
        await self._run(sql.CLEAR)
        self._usage = Usage(0, 0)

    def usage(self) -> Usage:
        return self._usage

    async def _run(self, statement: str, *values: Any) -> list[Any]:
        return await self._home.run(statement, self._store, *values)

    async def _settle(self) -> None:
        """Remove what is expired or beyond the bounds, from time to time: the larger a store, the longer it takes."""
        self._puts_left -= 1
        if self._puts_left > 0:
            return
        found = await self._run(sql.SETTLE, self._bounds.most, self._bounds.largest)
        entries, size, evicted, expired = found[0]
        self._usage = Usage(entries, size)
        self._puts_left = entries // SETTLED_EVERY
        self._bounds.evicted.value += evicted
        self._bounds.expired.value += expired


def _is_refusal(error: Exception) -> bool:
    """Return whether a value was not one that the server takes."""
    is_of_value = isinstance(error, (asyncpg.DataError, asyncpg.ProgramLimitExceededError))
    return is_of_value or (isinstance(error, asyncpg.InterfaceError) and "query argument" in str(error))
