"""Every other database, over SQLAlchemy and an asynchronous driver."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from sqlalchemy import exc, make_url
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from engine import FlowError
from engine.connectors import Measures
from processors.db._apart import Result, apart, stands_apart
from processors.db._database import ConnectionCounts, ParameterStyle, Pooling
from processors.db._sqlalchemy_call import calling
from processors.db._sqlalchemy_connections import SqlConnections
from processors.db._sqlalchemy_errors import FAILURES
from processors.db._sqlalchemy_part import SqlalchemyPart
from processors.db._sqlalchemy_statements import LIST, SqlalchemyStatements, escaped
from processors.db._sqlalchemy_values import WITHOUT_LISTS
from processors.db._sqlite_lists import among as json_among
from processors.db._sqlite_lists import json_list

OF_SQLITE = frozenset({"sqlite"})
"""Dialects in which statements that change rows take RETURNING at their end, and transactions undo tables as well."""


def among(number: int, is_negated: bool) -> str:
    """Return the text for the list of that number: SQLAlchemy expands its entries when it is run, however many."""
    return f"{'NOT IN' if is_negated else 'IN'} :{LIST}{number}"


def among_on_sqlite(number: int, is_negated: bool) -> str:
    """Do the same on SQLite, in our own way."""
    return json_among(f":p{number}", number, is_negated)


def reason_against(url: str) -> str:
    """Return why no database of that URL can be used; empty if one can. Nothing is connected to."""
    try:
        create_async_engine(make_url(url))
    except ModuleNotFoundError as error:
        return f"the driver '{error.name}' of this url is not installed"
    except exc.InvalidRequestError:
        return "a url with a driver that is not asynchronous"
    except exc.SQLAlchemyError:
        return f"the scheme '{url.partition(':')[0][:20]}'"
    return ""


class SqlalchemyDatabase(SqlalchemyStatements):
    """A database by its SQLAlchemy URL, with a pool of connections: each statement is committed on its own.

    A connection whose statement was cancelled, or took too long, is closed: its state is unknown.
    """

    batching = at_once = None

    def __init__(self, url: str, pooling: Pooling) -> None:
        self._connections = SqlConnections(url, pooling)
        self.dialect = self._connections.dialect
        self.style = ParameterStyle(
            lambda number: f":p{number}",
            among_on_sqlite if self.dialect in OF_SQLITE else among,
            json_list if self.dialect in OF_SQLITE else list,
            is_shared=True,
            escape=escaped,
            returning=self.dialect in OF_SQLITE,
            undoes_tables=self.dialect in OF_SQLITE,
            calling=calling if self.dialect in WITHOUT_LISTS else None,
        )

    @property
    def is_pooled(self) -> bool:
        return self._connections.is_pooled

    def is_in_batch(self) -> bool:
        return False

    def connections(self) -> ConnectionCounts:
        return self._connections.counts()

    def measure(self, measures: Measures, config: str) -> None:
        self._connections.measure(measures, config)

    async def start(self) -> None:
        """Do nothing: the pool is filled as it is used."""

    async def is_ready(self) -> bool:
        try:
            async with self._lend():
                return True
        except FlowError:
            return False

    async def close(self) -> None:
        await self._connections.close()

    async def _run(
        self, sql: str, values: Sequence[Any], timeout: float | None, read: Callable[[CursorResult[Any]], Result]
    ) -> Result:
        if stands_apart(sql, timeout) and self.dialect not in OF_SQLITE:  # there it would wait for the file's lock
            return await apart(partial(self.begin, None), lambda part: part._run(sql, values, timeout, read))
        return await super()._run(sql, values, timeout, read)

    async def begin(self, outer: SqlalchemyPart | None) -> SqlalchemyPart:
        """Begin a part in a transaction; inside the outer one a savepoint of it. Raise DB:CONNECTIVITY."""
        if outer is not None:
            return await outer.nested()
        connection = await self._take()

        async def give(is_usable: bool) -> None:
            await self._connections.give(connection, is_usable=is_usable)

        try:
            return SqlalchemyPart(connection, await self._connections.begin(connection), self.dialect, give)
        except BaseException as error:
            await give(False)
            if isinstance(error, FAILURES):
                raise self._failure(error) from error
            raise

    async def _take(self) -> AsyncConnection:
        try:
            return await self._connections.take()
        except FAILURES as error:
            raise self._failure(error) from error

    @asynccontextmanager
    async def _lend(self) -> AsyncIterator[AsyncConnection]:
        connection, is_usable = await self._take(), False
        try:
            yield connection
            is_usable = True
        except GeneratorExit:  # the reader has enough
            is_usable = True
            raise
        except FAILURES as error:
            is_usable = not isinstance(error, TimeoutError)
            raise self._failure(error) from error
        finally:
            await self._connections.give(connection, is_usable=is_usable)
