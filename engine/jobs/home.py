"""The database in which jobs live. If their steps work with it, outcomes and effects are one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from typing import Any, Protocol

from engine.jobs.dialect import INDEXES, Dialect
from engine.values.errors import FlowError
from engine.work.batch import Batching
from engine.work.transaction import Transaction

ATTEMPTS_TO_MAKE = 5
"""How often the tables are tried to be made: two workers that start together may meet."""

PAUSE = 0.05
"""Seconds between two of these attempts."""


class Style(Protocol):
    """How statements are written for the driver."""

    @property
    def placeholder(self) -> Callable[[int], str]:
        """Return the text for the parameter of that number, from 1."""


class Statements(Protocol):
    """Runs statements."""

    async def select(self, sql: str, values: Sequence[Any], most: int | None) -> list[dict[str, Any]]: ...

    async def change(self, sql: str, values: Sequence[Any]) -> dict[str, Any]: ...


class Database(Statements, Protocol):
    """A database that jobs can live in: that of a db:config."""

    style: Any

    @property
    def batching(self) -> Batching | None: ...

    async def begin(self, outer: Any) -> Any: ...


class JobHome:
    """Runs the statements about jobs: in the transaction, or the batch, of the logical task, if it has one.

    application: the name under which its jobs are kept apart from those of others in the same database.
    """

    def __init__(self, database: Database, dialect: Dialect, application: str) -> None:
        self.database = database
        self.application = application
        self.one_at_a_time = asyncio.Lock() if not dialect.skip_locked else None
        """Held by a transaction that may last, if the database has only one writer."""
        self._dialect = dialect
        self._is_made = False

    async def select(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Return the rows as maps. sql: with a `?` for each value."""
        return await (await self._statements()).select(self._written(sql), values, None)

    async def change(self, sql: str, *values: Any) -> int:
        """Run a statement, and return how many rows it has changed."""
        done = await (await self._statements()).change(self._written(sql), values)
        return int(done["affectedRows"])

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """Run the statements inside as one transaction."""
        await self.make()
        transaction = Transaction()
        try:
            yield
            await transaction.commit()
        finally:
            await transaction.rollback()

    async def _statements(self) -> Statements:
        await self.make()
        transaction = Transaction.current()
        statements: Statements = self.database if transaction is None else await transaction.part_of(self.database)
        return statements

    async def make(self) -> None:
        """Make the tables, unless they are there."""
        if self._is_made:
            return
        for attempt in range(ATTEMPTS_TO_MAKE):
            try:
                await self._make()
                break
            except FlowError:
                if attempt == ATTEMPTS_TO_MAKE - 1:
                    raise
            await asyncio.sleep(PAUSE)
        self._is_made = True

    async def _make(self) -> None:
        try:
            await self.database.select("SELECT 1 FROM engine_batch_gathered WHERE step < 0", (), None)
            return
        except FlowError:
            pass
        for table in self._dialect.tables:
            await self.database.change(table, ())
        for index in INDEXES:
            with suppress(FlowError):  # not every database has IF NOT EXISTS for one that is there
                await self.database.change(index, ())

    def _written(self, sql: str) -> str:
        return _written(sql, self._dialect, self.database.style.placeholder)


@lru_cache(256)
def _written(sql: str, dialect: Dialect, placeholder: Callable[[int], str]) -> str:
    """Return a statement in the words of the database and of its driver."""
    first, *rest = dialect.write(sql).split("?")
    return first + "".join(f"{placeholder(number)}{part}" for number, part in enumerate(rest, 1))
