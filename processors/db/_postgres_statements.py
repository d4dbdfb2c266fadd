"""Statements over connections to PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from processors.db._postgres_errors import FAILURES, failure_of
from processors.db._postgres_session import Reply, Session

Result = TypeVar("Result")


class PostgresStatements:
    """Runs statements; `_perform` gives them a connection, and cleans it up when they fail."""

    async def _perform(self, action: Callable[[Session], Awaitable[Result]]) -> Result:
        """Return the action's result. Raise DB errors."""
        raise NotImplementedError

    def _lend(self) -> AbstractAsyncContextManager[Session]:
        """Lend a connection in a transaction, for a cursor; the errors are the driver's."""
        raise NotImplementedError

    async def _run(self, sql: str, values: Sequence[Any], timeout: float | None, single: bool = False) -> Reply:
        return await self._perform(lambda session: session.run(sql, values, timeout, single))

    async def run_script(self, script: str) -> None:
        """Run statements without parameters, all in one message: they take effect together."""
        await self._perform(lambda session: session.command(script))

    async def select(
        self, sql: str, values: Sequence[Any], most: int | None, timeout: float | None = None
    ) -> list[dict[str, Any]]:
        """Return the rows as maps, `most` of them at the most."""
        if most is None or most == 1:
            return (await self._run(sql, values, timeout, most == 1)).rows
        portions = self.portions(sql, values, most, timeout)
        try:
            return await anext(portions, [])
        finally:
            await portions.aclose()

    async def change(self, sql: str, values: Sequence[Any], timeout: float | None = None) -> dict[str, Any]:
        """Run a statement that changes rows: `{affectedRows, generatedKeys}`."""
        return (await self._run(sql, values, timeout)).as_change()

    async def prepare(self, sql: str, count: int) -> None:
        """Make the database check a statement, without running it. Raise its errors."""
        await self._perform(lambda session: session.prepared(sql))

    async def portions(
        self, sql: str, values: Sequence[Any], size: int, timeout: float | None = None
    ) -> AsyncGenerator[list[dict[str, Any]], None]:
        """Yield the rows in lists of `size`, read through a cursor; timeout: for each list."""
        try:
            async with self._lend() as session:
                prepared = await session.prepared(sql, timeout)
                if not prepared.gives_rows:
                    await session.run(sql, values, timeout)
                    return
                cursor = await prepared.statement.cursor(*prepared.fitting(values), timeout=timeout)
                while records := await cursor.fetch(size, timeout=timeout):
                    yield prepared.maps(records)
        except FAILURES as error:
            raise failure_of(error) from error
