"""One connection to PostgreSQL, with the statements that are prepared on it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any, NamedTuple

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement
from asyncpg.types import Type

from engine.connectors import is_digits
from processors.db._lists import Comparing
from processors.db._postgres_errors import FAILURES, OF_OTHERS, is_fatal
from processors.db._postgres_values import fit_of, may_nest, plain_of, register
from processors.db._sql import verb_of

MOST_PREPARED = 500
"""How many statements stay prepared on a connection."""

LOGIN = 10.0
"""Seconds that a server may take to let a connection in."""

TIMES = ("statement_timeout", "deadlock_timeout")
"""Settings of the server that limit how long it waits."""

OUTDATED = (asyncpg.InvalidCachedStatementError, asyncpg.OutdatedSchemaCacheError)
"""The tables have changed since a statement was prepared."""


class Reply(NamedTuple):
    """The answer to a statement: the rows, and the server's word for it (`INSERT 0 1`)."""

    rows: list[dict[str, Any]]
    status: str
    gives_rows: bool = False

    @property
    def affected(self) -> int:
        last = self.status.rpartition(" ")[2]
        return int(last) if is_digits(last) else 0

    def as_change(self) -> dict[str, Any]:
        return {"affectedRows": self.affected, "generatedKeys": self.rows[0] if self.rows else {}}


PRESUMED = {"INSERT": Reply([], "INSERT 0 1"), "UPDATE": Reply([], "UPDATE 1"), "DELETE": Reply([], "DELETE 1")}
"""The usual answer to a statement that returns no rows."""

FUNCTION = """
CREATE FUNCTION pg_temp.{name}({types}OUT changed int8, OUT failure text[]) LANGUAGE plpgsql AS {quote}
#variable_conflict use_column
DECLARE
  "failure state" text; "failure message" text; "failure detail" text; "failure hint" text;
  "failure constraint" text; "failure table" text; "failure column" text;
BEGIN
  {sql}
  ;
  GET DIAGNOSTICS changed = ROW_COUNT;
EXCEPTION WHEN OTHERS THEN
  IF substr(SQLSTATE, 1, 2) IN ({of_others}) THEN
    RAISE;
  END IF;
  GET STACKED DIAGNOSTICS "failure state" = RETURNED_SQLSTATE, "failure message" = MESSAGE_TEXT,
    "failure detail" = PG_EXCEPTION_DETAIL, "failure hint" = PG_EXCEPTION_HINT,
    "failure constraint" = CONSTRAINT_NAME, "failure table" = TABLE_NAME, "failure column" = COLUMN_NAME;
  failure := ARRAY["failure state", "failure message", "failure detail", "failure hint", "failure constraint",
    "failure table", "failure column"];
END {quote}
"""
"""A statement that undoes itself if it fails, and reports it: a function of the connection, gone with it.

Errors caused by others, such as a deadlock, end the transaction instead, and release its locks.
"""

FIELDS = "CMDHntc"
"""The names of the parts of a failure in the protocol."""


class Prepared:
    """A statement on a connection, with the function that makes its values fit: decided once.

    presumed: its usual outcome; None if the server must be asked. many: runs it as one of many.
    """

    __slots__ = ("_fits", "_may_nest", "_plain", "gives_rows", "many", "presumed", "statement")

    def __init__(self, statement: PreparedStatement[Any]) -> None:
        self.statement = statement
        self.many: PreparedStatement[Any] | None = None
        self._fits = tuple(fit_of(parameter) for parameter in statement.get_parameters())
        self._may_nest = tuple(may_nest(parameter) for parameter in statement.get_parameters())
        columns = statement.get_attributes()
        self._plain = [(column.name, plain) for column in columns if (plain := plain_of(column))]
        self.gives_rows = bool(columns)
        self.presumed = None if columns else PRESUMED.get(verb_of(statement.get_query()))

    def fitting(self, values: Sequence[Any]) -> list[Any]:
        """Return the values in the form of the driver. Raise ValueError, TypeError and the like if they do not fit.

        Raise DB:QUERY_EXECUTION for a list or a map that is compared with a single value.
        """
        if type(values) is Comparing:
            values.check(self._may_nest)
        return [
            value if value is None or type(value) in known else fit(value)
            for value, (known, fit) in zip(values, self._fits, strict=True)
        ]

    def maps(self, records: Sequence[Any]) -> list[dict[str, Any]]:
        """Return rows as maps."""
        rows = [dict(record) for record in records]
        for name, plain in self._plain:
            for row in rows:
                row[name] = plain(row[name])
        return rows


class Session:
    """A connection. Used by one task at a time; the errors are the driver's."""

    def __init__(self, connection: asyncpg.Connection, times: Mapping[str, int]) -> None:
        self.connection = connection
        self.times = times
        """The server's TIMES for it, in milliseconds; 0 is no limit."""
        self._prepared: dict[str, Prepared] = {}
        self._functions = 0
        self._made: list[Prepared] = []
        self.used_at = monotonic()

    @classmethod
    async def open(cls, url: str) -> Session:
        connection = await asyncpg.connect(url, timeout=LOGIN, statement_cache_size=0)
        try:
            await register(connection)
            times = await connection.fetch("SELECT name, setting::int FROM pg_settings WHERE name = ANY($1)", TIMES)
        except BaseException:
            connection.terminate()
            raise
        return cls(connection, {time["name"]: time["setting"] for time in times})

    @property
    def is_closed(self) -> bool:
        return bool(self.connection.is_closed())

    @property
    def is_in_transaction(self) -> bool:
        return not self.is_closed and bool(self.connection.is_in_transaction())

    def known(self, sql: str) -> Prepared | None:
        return self._prepared.get(sql)

    async def prepared(self, sql: str, timeout: float | None = None) -> Prepared:
        found = self._prepared.get(sql)
        if found is None:
            if len(self._prepared) >= MOST_PREPARED:
                self._prepared.clear()
            found = self._prepared[sql] = Prepared(await self.connection.prepare(sql, timeout=timeout))
        return found

    async def run(self, sql: str, values: Sequence[Any], timeout: float | None = None, single: bool = False) -> Reply:
        """Run a statement; timeout: seconds until it, or its preparation, is cancelled, and TimeoutError.

        single: whether only the first row is read.
        """
        try:
            prepared = self._prepared.get(sql) or await self.prepared(sql, timeout)
            statement = prepared.statement
            fitting = prepared.fitting(values)
            if single:
                row = await statement.fetchrow(*fitting, timeout=timeout)
                records = [] if row is None else [row]
            else:
                records = await statement.fetch(*fitting, timeout=timeout)
        except FAILURES as error:
            self._judge(error, sql)
            raise
        return Reply(prepared.maps(records) if records else [], statement.get_statusmsg() or "", prepared.gives_rows)

    def _judge(self, error: BaseException, sql: str | None = None) -> None:
        """Give up whatever an error shows to be unusable: a statement that is outdated, the connection."""
        if isinstance(error, OUTDATED) and sql is not None:
            self._prepared.pop(sql, None)
        if is_fatal(error):
            self.terminate()

    async def make_many(self, sql: str) -> None:
        """Make a function of a statement, for `run_many`; it is gone when the transaction is rolled back."""
        prepared = self._prepared[sql]
        types = [f'"{kind.schema}"."{name_of(kind)}' for kind in prepared.statement.get_parameters()]
        self._functions += 1
        name, quote = f"statement_{self._functions}", f"$engine_{self._functions}$"
        text = sql.strip().rstrip(";")
        await self.command(
            FUNCTION.format(
                name=name,
                types="".join(f"{kind}, " for kind in types),
                quote=quote,
                sql=text,
                of_others=", ".join(f"'{each}'" for each in OF_OTHERS),
            )
        )
        places = ", ".join(f"${place}" for place in range(1, len(types) + 1))
        query = f"SELECT changed, failure FROM pg_temp.{name}({places})"  # noqa: S608  # names and places only
        prepared.many = await self.connection.prepare(query)
        self._made.append(prepared)

    def settle_made(self, is_kept: bool) -> None:
        """Note that the transaction in which functions were made has ended."""
        if not is_kept:
            for prepared in self._made:
                prepared.many = None
        self._made.clear()

    async def run_many(self, sql: str, many: Sequence[list[Any]]) -> list[Reply | asyncpg.PostgresError]:
        """Run one statement with many rows of fitting values, sent together; each that fails undoes itself alone."""
        prepared = self._prepared[sql]
        assert prepared.many is not None
        assert prepared.presumed is not None
        presumed, word = prepared.presumed, prepared.presumed.status.rpartition(" ")[0]
        try:
            rows = await prepared.many.fetchmany(many)
        except FAILURES as error:
            self._judge(error, sql)
            raise
        return [
            _error(failure) if failure else presumed if changed == 1 else Reply([], f"{word} {changed}")
            for changed, failure in rows
        ]

    async def command(self, text: str) -> str:
        """Run statements without parameters as one message; return the server's word for the last one."""
        try:
            return str(await self.connection.execute(text))
        except FAILURES as error:
            self._judge(error)
            raise

    async def fate(self, number: int) -> str | None:
        """Return the fate of a transaction: committed, aborted, in progress; None if the server has forgotten it."""
        fate: str | None = await self.connection.fetchval("SELECT txid_status($1)", number)
        return fate

    async def reset(self) -> None:
        """Wait until a cancelled statement has ended, and undo uncommitted changes."""
        self.settle_made(is_kept=False)
        await self.command("ROLLBACK")

    async def is_alive(self) -> bool:
        """Return whether the server answers."""
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


def name_of(kind: Type) -> str:
    """Return the name of a type after its schema, quoted from the inside: `int4"`, `int4"[]`."""
    return f'{kind.name.removesuffix("[]")}"[]' if kind.kind == "array" else f'{kind.name}"'


def _error(parts: Sequence[str]) -> asyncpg.PostgresError:
    """Return the error that the driver would have raised."""
    fields = {field: part for field, part in zip(FIELDS, parts, strict=True) if part}
    error: asyncpg.PostgresError = asyncpg.PostgresError.new({"S": "ERROR", "V": "ERROR", **fields})
    return error
