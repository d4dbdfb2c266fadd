"""One connection to PostgreSQL, with the statements that are prepared on it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import Any, NamedTuple

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

from processors.db._postgres_values import fit_of, plain_of, register

MOST_PREPARED = 500
"""How many statements stay prepared on a connection."""

LOGIN = 10.0
"""Seconds that a server may take to let a connection in."""

OUTDATED = (asyncpg.InvalidCachedStatementError, asyncpg.OutdatedSchemaCacheError)
"""The tables are not what they were when a statement was prepared."""


class Answer(NamedTuple):
    """What came of a statement: the rows, and the server's word for what it did (`INSERT 0 1`)."""

    rows: list[dict[str, Any]]
    status: str

    @property
    def affected(self) -> int:
        last = self.status.rpartition(" ")[2]
        return int(last) if last.isdigit() else 0

    def as_change(self) -> dict[str, Any]:
        return {"affectedRows": self.affected, "generatedKeys": self.rows[0] if self.rows else {}}


class Prepared:
    """A statement on a connection, with what makes its values fit: decided once."""

    __slots__ = ("_fits", "_plain", "gives_rows", "statement")

    def __init__(self, statement: PreparedStatement[Any]) -> None:
        self.statement = statement
        self._fits = tuple(fit_of(parameter) for parameter in statement.get_parameters())
        columns = statement.get_attributes()
        self._plain = [(column.name, plain) for column in columns if (plain := plain_of(column))]
        self.gives_rows = bool(columns)

    def fitting(self, values: Sequence[Any]) -> list[Any]:
        """The values as the driver takes them. Raises ValueError, TypeError and the like for what does not fit."""
        return [
            value if value is None or type(value) in known else fit(value)
            for value, (known, fit) in zip(values, self._fits, strict=True)
        ]

    def maps(self, records: Sequence[Any]) -> list[dict[str, Any]]:
        """Rows as maps."""
        rows = [dict(record) for record in records]
        for name, plain in self._plain:
            for row in rows:
                row[name] = plain(row[name])
        return rows


class Session:
    """A connection. Used by one task at a time; the errors are the driver's."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self._prepared: dict[str, Prepared] = {}
        self.used_at = monotonic()

    @classmethod
    async def open(cls, url: str) -> Session:
        connection = await asyncpg.connect(url, timeout=LOGIN, statement_cache_size=0)
        try:
            await register(connection)
        except BaseException:
            connection.terminate()
            raise
        return cls(connection)

    @property
    def is_closed(self) -> bool:
        return bool(self.connection.is_closed())

    async def prepared(self, sql: str) -> Prepared:
        found = self._prepared.get(sql)
        if found is None:
            if len(self._prepared) >= MOST_PREPARED:
                self._prepared.clear()
            found = self._prepared[sql] = Prepared(await self.connection.prepare(sql))
        return found

    async def run(self, sql: str, values: Sequence[Any], timeout: float | None = None) -> Answer:
        """Run a statement; timeout: seconds until it is cancelled, and TimeoutError."""
        prepared = self._prepared.get(sql) or await self.prepared(sql)
        statement = prepared.statement
        try:
            records = await statement.fetch(*prepared.fitting(values), timeout=timeout)
        except OUTDATED:
            del self._prepared[sql]
            raise
        return Answer(prepared.maps(records) if records else [], statement.get_statusmsg() or "")

    async def command(self, text: str) -> str:
        """Run statements without parameters as one message; the server's word for the last one."""
        return str(await self.connection.execute(text))

    async def reset(self) -> None:
        """Wait until a cancelled statement has ended, and undo what is not committed."""
        await self.command("ROLLBACK")

    async def is_alive(self) -> bool:
        """Whether the server answers."""
        try:
            async with asyncio.timeout(LOGIN):
                await self.command("")
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            return False
        return not self.is_closed

    async def close(self) -> None:
        try:
            await self.connection.close(timeout=2)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            self.terminate()

    def terminate(self) -> None:
        self.connection.terminate()
