"""What the connector does on a real PostgreSQL server: values, errors, parameters, transactions."""

from __future__ import annotations

import asyncio
import re
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import pytest

from engine import FlowError
from engine.loading.catalog import discover
from engine.testing.examples import run_case
from processors.db._database import Pooling
from processors.db._postgres import PostgresDatabase
from processors.db._sql import Sql

CATALOG = discover()
CASES = (Path(__file__).parent.parent / "conformance" / "transactions.yaml").read_text()
CASE = re.compile(r"^(?P<name>[^\s#].*):\n(?P<body>(?:[ \t]+.*\n|[ \t]*\n)+)", re.MULTILINE)


def with_database(url: str, work: Callable[[PostgresDatabase], Awaitable[Any]], pooling: Pooling | None = None) -> Any:
    async def run() -> Any:
        database = PostgresDatabase(url, pooling or Pooling())
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


def failure(url: str, sql: str, *values: Any) -> FlowError:
    async def work(database: PostgresDatabase) -> FlowError:
        with pytest.raises(FlowError) as raised:
            await database.change(sql, values)
        return raised.value

    found: FlowError = with_database(url, work)
    return found


VALUES = [
    # type, value that goes in, value that comes out
    ("int", 7, 7), ("int", "7", 7), ("int", 7.0, 7), ("int", True, 1), ("bigint", 2**40, 2**40), ("float8", "0.5", 0.5),
    ("numeric", 0.1, Decimal("0.1")), ("numeric", "12.50", Decimal("12.50")), ("numeric(10,2)", 3, Decimal("3.00")),
    ("boolean", True, True), ("boolean", "false", False), ("text", "x", "x"), ("text", 5, "5"),
    ("text", {"a": 1}, '{"a":1}'),
    ("date", "2024-02-29", date(2024, 2, 29)), ("date", "2024-02-29T10:00:00Z", date(2024, 2, 29)),
    ("timestamp", "2024-02-29T10:00:00+02:00", datetime(2024, 2, 29, 8)),
    ("timestamptz", "2024-02-29T10:00:00Z", datetime(2024, 2, 29, 10, tzinfo=UTC)),
    ("timestamptz", date(2024, 2, 29), datetime(2024, 2, 29, tzinfo=UTC)),
    ("uuid", "8f14e45f-ceea-467f-a9c8-6a2b1a2b3c4d", UUID("8f14e45f-ceea-467f-a9c8-6a2b1a2b3c4d")),
    ("jsonb", {"a": [1, None]}, {"a": [1, None]}), ("jsonb", '{"a": 1}', {"a": 1}), ("json", [1], [1]), ("jsonb", 5, 5),
    ("bytea", b"\0\1", b"\0\1"), ("bytea", "text", b"text"), ("interval", "1 day", "1 day"),
    ("inet", "10.0.0.1", "10.0.0.1"),
    ("int[]", ["1", 2, None], [1, 2, None]), ("text[]", ["a", 1], ["a", "1"]), ("int[][]", [[1], [2]], [[1], [2]]),
    ("jsonb[]", [{"a": 1}], [{"a": 1}]), ("numeric", None, None), ("uuid[]", [], []),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "given", "stored"), VALUES, ids=[f"{kind} {given!r}" for kind, given, _ in VALUES])
def test_values_both_ways(postgres: str, kind: str, given: Any, stored: Any) -> None:
    async def work(database: PostgresDatabase) -> Any:
        await database.run_script(f"CREATE TABLE t(v {kind})")
        await database.change("INSERT INTO t VALUES($1)", (given,))
        return await database.select("SELECT v FROM t", (), None)

    assert with_database(postgres, work) == [{"v": stored}]


MISFITS = [
    ("int", "seven"), ("int", 7.5), ("int", 2**31), ("int", [1]), ("int[]", 1), ("date", "yesterday"), ("uuid", "x"),
    ("jsonb", "{"), ("boolean", "perhaps"), ("numeric", "x"), ("text", "\0"), ("text", "\ud800"), ("bytea", 5),
    ("float8", {}), ("date", "2024-02-29X10:00"), ("timestamp", "2024-02-29X10:00"),
    ("timestamptz", "2024-02-29_10:00Z"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "given"), MISFITS)
def test_a_value_that_does_not_fit(postgres: str, kind: str, given: Any) -> None:
    with_database(postgres, lambda database: database.run_script(f"CREATE TABLE t(v {kind})"))
    error = failure(postgres, "INSERT INTO t VALUES($1)", given)
    assert (str(error.type), error.description) == ("DB:QUERY_EXECUTION", "a value cannot be stored")


ERRORS = [
    ("SELECT * FROM nowhere", "DB:BAD_SQL_SYNTAX", "42P01", None),
    ("SELECT nothing FROM t", "DB:BAD_SQL_SYNTAX", "42703", None),
    ("SELEC 1", "DB:BAD_SQL_SYNTAX", "42601", None),
    ("INSERT INTO t VALUES(1, 1)", "DB:QUERY_EXECUTION", "23505", "t_pkey"),
    ("INSERT INTO t VALUES(2, -1)", "DB:QUERY_EXECUTION", "23514", "positive"),
    ("INSERT INTO t VALUES(2, 1/0)", "DB:QUERY_EXECUTION", "22012", None),
    ("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$", "DB:DEADLOCK", "40P01", None),
    ("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$", "DB:SERIALIZATION_FAILURE", "40001", None),
    ("DO $$ BEGIN RAISE SQLSTATE '55P03'; END $$", "DB:TIMEOUT", "55P03", None),
    ("DO $$ BEGIN RAISE SQLSTATE '53100'; END $$", "DB:CONNECTIVITY", "53100", None),
]
TABLE = "CREATE TABLE t(id int PRIMARY KEY, n int CONSTRAINT positive CHECK(n > 0)); INSERT INTO t VALUES(1, 1)"


@pytest.mark.parametrize(("sql", "kind", "state", "constraint"), ERRORS, ids=lambda value: str(value)[:30])
def test_errors_by_their_cause(postgres: str, sql: str, kind: str, state: str, constraint: str | None) -> None:
    with_database(postgres, lambda database: database.run_script(TABLE))
    error = failure(postgres, sql)
    assert str(error.type) == kind
    assert state in error.detailed_description
    assert error.error_message.payload["sqlState"] == state
    assert error.error_message.payload["constraint"] == constraint
    assert not re.search(r"\d|'|t_pkey|nowhere", error.description)


def test_unreachable_databases(server: Any) -> None:
    assert str(failure(server.url("missing"), "SELECT 1").type) == "DB:INVALID_DATABASE"
    assert str(failure("postgresql://nobody@127.0.0.1:1/x", "SELECT 1").type) == "DB:CANNOT_REACH"
    assert str(failure(server.url().replace("postgres@", "nobody@"), "SELECT 1").type) == "DB:INVALID_CREDENTIALS"


PARAMETERS = [
    ("SELECT :a + :b, :a", "SELECT $1 + $2, $1", ("a", "b")),
    ("SELECT ':a', \":a\", :a::text, x::a", "SELECT ':a', \":a\", $1::text, x::a", ("a",)),
    (r"SELECT E'it\'s :a', $$ :a $$, $tag$ :a $$ $tag$, :a",
     r"SELECT E'it\'s :a', $$ :a $$, $tag$ :a $$ $tag$, $1", ("a",)),
    ("/* :a /* :b */ :c */ SELECT :d -- :e\n", "/* :a /* :b */ :c */ SELECT $1 -- :e\n", ("d",)),
    ("SELECT r[1:2], s[lower:upper]", "SELECT r[1:2], s[lower:upper]", ()),
]  # fmt: skip


@pytest.mark.parametrize(("written", "sent", "names"), PARAMETERS)
def test_parameters(written: str, sent: str, names: tuple[str, ...]) -> None:
    sql = Sql(written)
    assert (sql.text(PostgresDatabase.style), sql.names) == (sent, names)


NAMES = [match["name"] for match in CASE.finditer(CASES)]


@pytest.mark.parametrize("name", NAMES)
def test_transactions_are_as_on_sqlite(postgres: str, name: str) -> None:
    """The cases of the language, on PostgreSQL."""
    body = next(textwrap.dedent(match["body"]) for match in CASE.finditer(CASES) if match["name"] == name)
    if "sqlite:///" in body or "PRAGMA" in body:
        pytest.skip("a case about SQLite")
    assert asyncio.run(run_case(body.replace("sqlite://", postgres), CATALOG, "transactions.yaml", is_real=True)) == []


def test_a_late_statement_that_ends_before_it_can_be_cancelled_is_undone(postgres: str) -> None:
    """It waits for a lock that is free once its caller knows that it failed; the request to cancel it comes late."""

    async def run() -> list[dict[str, Any]]:
        holder = await asyncpg.connect(postgres)
        await holder.execute("CREATE TABLE t(n int); INSERT INTO t VALUES(0)")
        await holder.execute("BEGIN; UPDATE t SET n = 5")
        is_open = asyncio.Event()
        async with door(postgres, is_open) as url:
            database = PostgresDatabase(url, Pooling())
            with pytest.raises(FlowError, match="DB:TIMEOUT"):
                await database.change("UPDATE t SET n = n + 1", (), 0.3)
            await holder.execute("COMMIT")
            while await holder.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                pass
            is_open.set()
            rows = await database.select("SELECT n FROM t", (), None)
            await database.close()
        await holder.close()
        return rows

    assert asyncio.run(run()) == [{"n": 5}]


@asynccontextmanager
async def door(url: str, is_open: asyncio.Event) -> AsyncIterator[str]:
    """Another address of a server, whose first connection comes through at once, and others when it is open."""
    address = urlsplit(url)
    connections: list[asyncio.Task[None] | None] = []

    async def through(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(asyncio.current_task())
        if len(connections) > 1:
            await is_open.wait()
        server, to_server = await asyncio.open_connection(address.hostname, address.port)
        await asyncio.gather(copy(reader, to_server), copy(server, writer))

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(through, "127.0.0.1") as listening:
        port = listening.sockets[0].getsockname()[1]
        yield url.replace(f":{address.port}/", f":{port}/")
        await asyncio.gather(*filter(None, connections))
