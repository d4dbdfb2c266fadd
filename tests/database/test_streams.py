"""Rows that are read while they are gone through, and statements that take too long."""

from __future__ import annotations

import asyncio
import sqlite3
import tracemalloc
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine import Application, FlowError

FLOWS = """
configs:
  DB: {db:config: {url: "${url}"}}
  HTTP: {http:listener-config: {host: 127.0.0.1, port: 8081}}
flows:
  all:
    source: {http:listener: {config-ref: HTTP, path: /all}}
    steps: [{db:select: {config-ref: DB, sql: SELECT n FROM many, streaming: true}}]
  unread:
    source: {http:listener: {config-ref: HTTP, path: /unread}}
    steps:
      - db:select: {config-ref: DB, sql: SELECT n FROM many, streaming: true, target: rows}
      - set-payload: {value: done}
  broken:
    source: {http:listener: {config-ref: HTTP, path: /broken}}
    steps:
      - db:select: {config-ref: DB, sql: SELECT n FROM many, streaming: true, fetchSize: 10}
      - foreach: {steps: [{validation:is-true: {expression: payload.n < 15}}]}
  slow:
    source: {http:listener: {config-ref: HTTP, path: /slow}}
    steps: [{db:select: {config-ref: DB, sql: "${endless}", queryTimeout: 50ms}}]
sub-flows:
  sum:
    steps:
      - set-variable: {variableName: sum, value: 0}
      - db:select: {config-ref: DB, sql: SELECT n FROM many, streaming: true, fetchSize: 100, target: rows}
      - foreach:
          collection: vars.rows
          steps: [{set-variable: {variableName: sum, value: "#[vars.sum + payload.n]"}}]
      - set-payload: {value: "#[vars.sum]"}
  first:
    steps:
      - db:select: {config-ref: DB, sql: SELECT n FROM many ORDER BY n, streaming: true, fetchSize: 2}
      - foreach: {until: payload.n == 4, steps: [{set-variable: {variableName: last, value: "#[payload.n]"}}]}
      - set-payload: {value: "#[vars.last]"}
  some:
    steps:
      - set-variable: {variableName: seen, value: []}
      - db:select: {config-ref: DB, sql: SELECT n FROM many, streaming: true, fetchSize: 2, maxRows: 5}
      - foreach: {steps: [{set-variable: {variableName: seen, value: "#[append(vars.seen, payload.n)]"}}]}
      - set-payload: {value: "#[vars.seen]"}
"""
ENDLESS = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT count(*) FROM c"
ROWS = 20_000


@pytest.fixture
def app(tmp_path: Path) -> Application:
    connection = sqlite3.connect(tmp_path / "x.db")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE many(n INTEGER)")
    connection.executemany("INSERT INTO many VALUES(?)", ((number,) for number in range(ROWS)))
    connection.commit()
    connection.close()
    (tmp_path / "flows.yaml").write_text(FLOWS)
    settings = {"url": f"sqlite:///{tmp_path}/x.db", "endless": ENDLESS}
    return Application.load(tmp_path / "flows.yaml", properties=settings)


def asked(app: Application, path: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app.asgi())
        async with app, httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(path)

    return asyncio.run(ask())


def is_read_by_somebody(folder: Path) -> bool:
    """Whether a cursor is open: the log cannot be emptied then (https://sqlite.org/pragma.html#pragma_wal_checkpoint)."""
    connection = sqlite3.connect(folder / "x.db", isolation_level=None)
    connection.execute("INSERT INTO many VALUES(0)")
    busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    connection.close()
    return bool(busy)


@pytest.mark.parametrize(("path", "status"), [("/all", 200), ("/unread", 200), ("/broken", 400)])
def test_its_cursor_ends_with_the_flow(app: Application, tmp_path: Path, path: str, status: int) -> None:
    async def ask() -> tuple[int, bool]:
        transport = httpx.ASGITransport(app.asgi())
        async with app, httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            answer = await client.get(path)
            return answer.status_code, is_read_by_somebody(tmp_path)

    assert asyncio.run(ask()) == (status, False)


def test_an_answer_of_rows(app: Application) -> None:
    answer = asked(app, "/all")
    assert answer.text.splitlines()[0] == '{"n":0}'
    assert len(answer.text.splitlines()) == ROWS


def run(app: Application, flow: str) -> Any:
    async def running() -> Any:
        async with app:
            return (await app.run(flow)).payload

    return asyncio.run(running())


def test_any_number_of_rows_takes_the_memory_of_a_few(app: Application) -> None:
    tracemalloc.start()
    try:
        assert run(app, "sum") == sum(range(ROWS))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 3_000_000  # the rows alone would be more than 5,000,000


def test_a_loop_that_has_enough_lets_go_of_the_cursor(app: Application, tmp_path: Path) -> None:
    """At once, not with the flow: what comes next may need the only connection."""

    async def running() -> tuple[Any, bool]:
        async with app:
            payload = (await app.run("first")).payload
            return payload, is_read_by_somebody(tmp_path)

    assert asyncio.run(running()) == (4, False)


def test_not_more_than_max_rows(app: Application) -> None:
    assert run(app, "some") == [0, 1, 2, 3, 4]


def test_a_statement_that_takes_too_long_is_stopped(app: Application) -> None:
    with pytest.raises(FlowError) as caught:
        run(app, "slow")
    assert str(caught.value.type) == "DB:TIMEOUT"


def test_a_caller_of_it_is_told_504(app: Application) -> None:
    assert asked(app, "/slow").status_code == 504
