"""Statements over connections of SQLAlchemy."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import TextClause, bindparam, text
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncConnection

from engine import FlowError
from processors.db._database import UNNAMED_KEY
from processors.db._sqlalchemy_call import answers_of
from processors.db._sqlalchemy_errors import failure_of
from processors.db._sqlalchemy_values import WITHOUT_LISTS, fitting

Result = TypeVar("Result")

EXPLAINING = frozenset({"sqlite", "mysql", "mariadb"})
"""Dialects that accept a statement after EXPLAIN, and do not run it."""


LIST = "list"
"""The prefix of names of lists after IN; those of other values begin with a p. A number follows."""
NAME = re.compile(rf"(?<![:\w\\]):((?:p|{LIST})[0-9]+)\b")


class Clause(NamedTuple):
    """A statement, and the names of its values in the order of their numbers."""

    text: TextClause
    names: tuple[str, ...]


@lru_cache(maxsize=1_000)
def _clause(sql: str) -> Clause:
    names = tuple(dict.fromkeys(NAME.findall(sql)))
    lists: list[Any] = [bindparam(name, expanding=True) for name in names if name.startswith(LIST)]
    return Clause(text(sql).bindparams(*lists), names)


def escaped(between: str) -> str:
    """Escape colons that are not parameters, for `text`."""
    return between.replace(":", "\\:")


class SqlalchemyStatements:
    """Runs statements; `_lend` gives them a connection."""

    dialect: str

    def _lend(self) -> AbstractAsyncContextManager[AsyncConnection]:
        raise NotImplementedError

    async def run_script(self, script: str) -> None:
        """Run statements without parameters, one after another."""
        from processors.db._script import statements_in

        for statement in statements_in(script):
            await self.change(escaped(statement), ())

    async def select(
        self, sql: str, values: Sequence[Any], most: int | None, timeout: float | None = None
    ) -> list[dict[str, Any]]:
        """Return the rows as maps, `most` of them at the most."""

        def read(result: CursorResult[Any]) -> list[dict[str, Any]]:
            rows = result.mappings()
            return [dict(row) for row in (rows.fetchall() if most is None else rows.fetchmany(most))]

        return await self._run(sql, values, timeout, read)

    async def change(self, sql: str, values: Sequence[Any], timeout: float | None = None) -> dict[str, Any]:
        """Run a statement that changes rows: `{affectedRows, generatedKeys}`."""
        return await self._run(sql, values, timeout, _outcome)

    async def call(
        self, sets: str, values: Sequence[Any], call: str, gets: str, timeout: float | None = None
    ) -> list[list[dict[str, Any]]]:
        """Set variables, call a procedure and ask for variables, on one connection; return the rows of each answer."""
        async with self._lend() as connection, asyncio.timeout(timeout):
            if sets:
                await connection.execute(*self._bound(sets, values))
            answers = await answers_of(connection, call)
            return answers + await answers_of(connection, gets) if gets else answers

    async def prepare(self, sql: str, count: int) -> None:
        """Make the database check a statement with so many values, without running it, if EXPLAIN does that."""
        if self.dialect in EXPLAINING:
            await self.select(f"EXPLAIN {sql}", (None,) * count, None)

    async def portions(
        self, sql: str, values: Sequence[Any], size: int, timeout: float | None = None
    ) -> AsyncGenerator[list[dict[str, Any]], None]:
        """Yield the rows in lists of `size`, read through a cursor of the server; timeout: for each list."""
        async with self._lend() as connection:
            with_size = connection.stream(*self._bound(sql, values), execution_options={"yield_per": size})
            result = await self._within(timeout, with_size)
            rows = result.mappings()
            try:
                while portion := await self._within(timeout, rows.fetchmany(size)):
                    yield [dict(row) for row in portion]
            finally:
                await result.close()

    def _bound(self, sql: str, values: Sequence[Any]) -> tuple[TextClause, dict[str, Any]]:
        """Return the statement with its values by their names."""
        fit, clause = fitting(self.dialect), _clause(sql)
        bound = {
            name: [fit(entry) for entry in value or ()] if name.startswith(LIST) else fit(value)
            for name, value in zip(clause.names, values, strict=True)
        }
        return clause.text, bound

    async def _run(
        self, sql: str, values: Sequence[Any], timeout: float | None, read: Callable[[CursorResult[Any]], Result]
    ) -> Result:
        async with self._lend() as connection:
            result = await self._within(timeout, connection.execute(*self._bound(sql, values)))
            try:
                return read(result)
            finally:
                result.close()

    async def _within(self, timeout: float | None, running: Awaitable[Result]) -> Result:
        async with asyncio.timeout(timeout):
            return await running

    def _failure(self, error: BaseException) -> FlowError:
        return failure_of(error, self.dialect)


def _outcome(result: CursorResult[Any]) -> dict[str, Any]:
    """Return the changes of a statement; the returned row, or the number that was made for it, is the keys."""
    if result.returns_rows:
        rows = result.mappings().fetchall()
        return {"affectedRows": max(result.rowcount, len(rows)), "generatedKeys": dict(rows[0]) if rows else {}}
    made = getattr(result, "lastrowid", None) if result.dialect.name in WITHOUT_LISTS else None
    return {"affectedRows": max(result.rowcount, 0), "generatedKeys": {UNNAMED_KEY: made} if made else {}}
