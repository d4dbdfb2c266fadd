"""What databases tell of their connections, statements and batches, on each kind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from backends import BACKENDS, url_of
from measured import measured, measured_by, samples, until

from engine import Application, FlowError

FLOWS = """
configs:
  DB:
    db:config:
      url: "${url}"
      maxPoolSize: 2
      maxWait: 200ms
      initScript: "CREATE TABLE t(n INTEGER PRIMARY KEY, m INTEGER NOT NULL)"
  Q: {vm:config: {queues: [{queueName: go}]}}
flows:
  count: {steps: [{db:select: {config-ref: DB, sql: SELECT count(*) AS n FROM t}}]}
  bulk:
    steps: [{db:bulk-insert: {config-ref: DB, sql: "INSERT INTO t VALUES(:n, :m)"}}]
  loop:
    steps:
      - foreach:
          collect: {target: out}
          steps: [{db:insert: {config-ref: DB, sql: "INSERT INTO t VALUES(:n, :m)", input-parameters: "#[payload]"}}]
  hold:
    steps:
      - try:
          transactionalAction: ALWAYS_BEGIN
          steps:
            - db:select: {config-ref: DB, sql: SELECT count(*) AS n FROM t}
            - vm:consume: {config-ref: Q, queueName: go, timeout: 30s}
  go: {steps: [{vm:publish: {config-ref: Q, queueName: go}}]}
"""
ROWS = [{"n": number, "m": 1} for number in range(20)]


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


Work = Callable[[Application], Awaitable[Any]]


@pytest.fixture
def run(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[Work], Any]:
    def running(work: Work) -> Any:
        (tmp_path / "flows.yaml").write_text(FLOWS)
        url = url_of(backend, tmp_path, request)

        async def inside() -> Any:
            async with Application.load(tmp_path / "flows.yaml", properties={"url": url}, metrics=True) as app:
                return await work(app)

        return asyncio.run(inside())

    return running


def connections(app: Application) -> tuple[float, float]:
    found = measured_by(app, "db_client_connection_state", "db_client_connections")
    return found["idle"], found["used"]


def statements(app: Application) -> dict[tuple[str, str], float]:
    found = samples(app, "db_client_operation_duration_seconds_count", {"config": "DB"})
    return {(each.labels["db_operation_name"], each.labels["error_type"]): each.value for each in found if each.value}


def test_statements_by_verb_and_error(run: Callable[[Work], Any], backend: str) -> None:
    async def work(app: Application) -> None:
        for _ in range(3):
            await app.run("count")
        await app.run("bulk", ROWS)
        with pytest.raises(FlowError):
            await app.run("bulk", ROWS)
        failed = {key for key in statements(app) if key[1]}
        assert len(failed) == 1
        assert failed.pop()[1].startswith("DB:")
        alone = {key: count for key, count in statements(app).items() if not key[1]}
        assert alone == {("SELECT", ""): 3, ("BATCH INSERT", ""): 1}
        [system] = {
            each.labels["db_system_name"] for each in samples(app, "db_client_operation_duration_seconds_sum", {})
        }
        assert system == (backend if backend in ("mariadb", "postgresql") else "sqlite")

    run(work)


def test_batches_are_counted_as_one(run: Callable[[Work], Any], backend: str) -> None:
    async def work(app: Application) -> None:
        outcomes = (await app.run("loop", [*ROWS, *ROWS[:5]])).vars["out"]
        assert [outcome["status"] for outcome in outcomes] == [200] * 20 + [422] * 5
        items = (
            measured(app, "engine_db_batch_items_sum", config="DB") if backend not in ("mariadb", "sqlalchemy") else 0
        )
        alone = sum(statements(app).values())
        lost = 0 if not items else measured(app, "engine_db_batches_lost_total", config="DB")
        assert items + alone == 25 or lost

    run(work)


def test_connections_by_their_state(run: Callable[[Work], Any], backend: str) -> None:
    async def work(app: Application) -> None:
        await app.run("count")
        idle, used = connections(app)
        assert (idle >= 1 or backend == "sqlalchemy", used) == (True, 0)
        holding = asyncio.create_task(app.run("hold"))
        await until(lambda: connections(app)[1] == 1)
        await app.run("go")
        await holding
        assert connections(app)[1] == 0

    run(work)


def test_who_waits_for_a_connection_is_told_and_who_waits_in_vain(run: Callable[[Work], Any], backend: str) -> None:
    if backend.startswith("sqlite") or backend == "sqlalchemy":
        pytest.skip("the writers of a file of SQLite wait for its lock, not for a connection")

    async def work(app: Application) -> None:
        pool = {"db_client_connection_pool_name": "DB"}
        assert measured(app, "db_client_connection_max", **pool) == 2
        holding = [asyncio.create_task(app.run("hold")) for _ in range(2)]
        await until(lambda: connections(app)[1] == 2)
        [limited] = [read() for name, read in app.measures.limited.items() if name == "the connections of DB"]
        assert limited == (2, 2, 0)
        waiting = asyncio.create_task(app.run("count"))
        await until(lambda: measured(app, "db_client_connection_pending_requests", **pool) == 1)
        await asyncio.wait([waiting])
        assert str(waiting.exception()).startswith("DB:CONNECTIVITY") or waiting.exception()
        assert measured(app, "db_client_connection_timeouts_total", **pool) == 1
        assert measured(app, "db_client_connection_pending_requests", **pool) == 0
        for _ in range(2):
            await app.run("go")
        await asyncio.gather(*holding)
        await app.run("count")
        assert connections(app)[1] == 0

    run(work)
