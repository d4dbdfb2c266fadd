"""What goes wrong around a PostgreSQL server: each record has an outcome, and what was told is what the tables hold."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import pytest
from postgres_server import Server, query

from engine import Application, FlowError

FLOWS = """
configs:
  DB: {db:config: {url: "${url}", maxPoolSize: 4, maxWait: "${wait}", initScript: "
    CREATE TABLE t(id int PRIMARY KEY, n int CHECK(n >= 0)); INSERT INTO t VALUES(-1, 100), (-2, 100)"}}
flows:
  store:
    steps:
      - foreach:
          fuse: ${fuse}
          collect:
            target: results
            success: {id: "#[payload.id]", status: 200}
            failure: {id: "#[payload.id]", status: 500, type: "#[error.type]"}
          steps:
            - db:insert:
                {config-ref: DB, sql: "INSERT INTO t VALUES(:id, :n)", input-parameters: "#[payload]", target: a}
      - set-payload: {value: "#[vars.results]"}
  change:
    steps:
      - foreach:
          fuse: ${fuse}
          collect: {target: results, success: {status: 200}, failure: {status: 500, type: "#[error.type]"}}
          steps:
            - db:update: {config-ref: DB, sql: "UPDATE t SET n = n - 1 WHERE id = :id", input-parameters: "#[payload]"}
      - set-payload: {value: "#[vars.results]"}
  slow:
    steps:
      - foreach:
          fuse: ${fuse}
          collect: {target: results, success: {status: 200}, failure: {status: 500, type: "#[error.type]"}}
          steps:
            - try:
                timeout: 1s
                steps:
                  - db:insert:
                      config-ref: DB
                      sql: INSERT INTO t SELECT :id, 0 FROM pg_sleep(:s)
                      input-parameters: "#[payload]"
      - set-payload: {value: "#[vars.results]"}
  touch:
    steps:
      - foreach:
          collect: {target: results, success: {status: 200}, failure: {status: 500, type: "#[error.type]"}}
          steps:
            - db:update:
                config-ref: DB
                sql: "UPDATE t SET n = n + 1 WHERE id = :id AND (SELECT pg_sleep(:s)) IS NOT NULL"
                input-parameters: "#[payload]"
      - set-payload: {value: "#[vars.results]"}
  pair:
    steps:
      - try:
          transactionalAction: ALWAYS_BEGIN
          steps:
            - db:update:
                {config-ref: DB, sql: "UPDATE t SET n = n WHERE id = :from", input-parameters: "#[payload]", target: a}
            - db:select: {config-ref: DB, sql: "SELECT pg_sleep(0.1)", target: slept}
            - db:update:
                {config-ref: DB, sql: "UPDATE t SET n = n WHERE id = :to", input-parameters: "#[payload]", target: b}
  sleep: {steps: [{db:select: {config-ref: DB, sql: "SELECT pg_sleep(:s)", input-parameters: {s: "#[payload]"}}}]}
  transfer:
    steps:
      - until-successful:
          maxRetries: 5
          millisBetweenRetries: 10
          steps:
            - try:
                transactionalAction: ALWAYS_BEGIN
                error-handler:
                  - on-error-propagate: {type: DB:DEADLOCK, steps: [{logger: {message: they waited for each other}}]}
                steps:
                  - db:update:
                      config-ref: DB
                      sql: UPDATE t SET n = n - 1 WHERE id = :from
                      input-parameters: "#[payload]"
                      target: a
                  - db:select: {config-ref: DB, sql: "SELECT pg_sleep(0.05)", target: slept}
                  - db:update:
                      config-ref: DB
                      sql: UPDATE t SET n = n + 1 WHERE id = :to
                      input-parameters: "#[payload]"
                      target: b
"""
OTHERS = "FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
RECORDS = [{"id": number, "n": -1 if number % 50 == 7 else number} for number in range(12_000)]

Work = Callable[[Application], Awaitable[Any]]


def run(folder: Path, url: str, work: Work, fuse: str = "true", wait: str = "500ms") -> Any:
    """What the work comes to; it may never hang, and leaves all connections of the pool as they should be."""
    (folder / "flows.yaml").write_text(FLOWS)

    async def running() -> Any:
        async with Application.load(folder / "flows.yaml", properties={"url": url, "fuse": fuse, "wait": wait}) as app:
            async with asyncio.timeout(240):
                result = await work(app)
                await asyncio.sleep(0.2)  # what was ended is known to be
                await asyncio.gather(*(app.run("sleep", 0.01) for _ in range(8)))  # the whole pool works
            rows = await query(url, f"SELECT state {OTHERS} AND query LIKE '%pg_sleep%'")
            assert 1 <= len(rows) <= 4
            assert {row["state"] for row in rows} == {"idle"}
            return result

    return asyncio.run(running())


def stored(url: str) -> set[int]:
    return {row["id"] for row in asyncio.run(query(url, "SELECT id FROM t WHERE id >= 0"))}


async def outcomes(app: Application, flow: str = "store", records: Any = RECORDS) -> list[Any]:
    return list((await app.run(flow, records)).payload)


def told(results: list[Any]) -> set[int]:
    assert [result["id"] for result in results] == [record["id"] for record in RECORDS]
    return {result["id"] for result in results if result["status"] == 200}


@pytest.mark.parametrize("fuse", ["true", "false"])
def test_the_server_is_killed_and_comes_back(tmp_path: Path, server: Server, fuse: str) -> None:
    url = server.new_database()

    async def work(app: Application) -> list[Any]:
        storing = asyncio.create_task(outcomes(app))
        await asyncio.sleep(0.15)
        await asyncio.to_thread(server.stop)
        await asyncio.to_thread(server.start)
        results = await storing
        await asyncio.sleep(2)  # the pause after failed attempts to connect is over
        return results

    results = run(tmp_path, url, work, fuse, wait="30s")  # the server is back before, on a busy machine as well
    kept, good = stored(url), told(results)
    assert good <= kept
    # A batch asks the server what became of its commit; the answer to a statement alone may be lost behind its commit.
    in_doubt = [result for result in results if result["id"] in kept - good]
    assert len(in_doubt) <= (0 if fuse == "true" else 1)
    assert all(result["type"].startswith("DB:") for result in in_doubt)
    assert "DB:CANNOT_REACH" in {result.get("type") for result in results}


@pytest.mark.parametrize("fuse", ["true", "false"])
def test_an_administrator_ends_connections(tmp_path: Path, server: Server, fuse: str) -> None:
    url = server.new_database()
    end = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%INTO t%' AND pid <> pg_backend_pid()"
    )

    async def work(app: Application) -> list[Any]:
        storing = asyncio.create_task(outcomes(app))
        while not storing.done():
            await asyncio.sleep(0.03)
            await query(url, end)
        return await storing

    results = run(tmp_path, url, work, fuse)
    assert told(results) == stored(url)
    assert len(told(results)) > len(RECORDS) / 2


@pytest.mark.parametrize("fuse", ["true", "false"])
def test_a_lock_that_is_held_too_long(tmp_path: Path, server: Server, fuse: str) -> None:
    url = server.new_database()

    async def work(app: Application) -> list[Any]:
        holder = await asyncpg.connect(url)
        await holder.execute("BEGIN; UPDATE t SET n = 0 WHERE id = -2")
        try:
            return await outcomes(app, "change", [{"id": -1}, {"id": -2}, {"id": -1}])
        finally:
            await holder.close()

    results = run(tmp_path, f"{url}&lock_timeout=100", work, fuse)
    assert [(result["status"], result.get("type")) for result in results] == [
        (200, None),
        (500, "DB:TIMEOUT"),
        (200, None),
    ]
    assert asyncio.run(query(url, "SELECT n FROM t WHERE id = -1"))[0]["n"] == 98


# The timeouts are longer than any turn takes, on a busy machine as well: what waits in a circle still waits longer.
@pytest.mark.parametrize("settings", ["", "&deadlock_timeout=20", "&lock_timeout=30000", "&statement_timeout=30000"])
@pytest.mark.parametrize("order", ["the same", "both ways", "any"])
def test_bodies_that_want_the_same_rows(tmp_path: Path, server: Server, order: str, settings: str) -> None:
    """Alone a statement holds nothing while it waits: no two bodies can wait for each other."""
    url = f"{server.new_database()}{settings}"
    rows = [{"id": -1 - number % 2} for number in range(200)]
    bodies = {
        "the same": [rows] * 8,
        "both ways": [rows, rows[1:] + rows[:1]] * 4,
        "any": [Random(seed).sample(rows, len(rows)) for seed in range(8)],  # noqa: S311  # no secret
    }

    async def work(app: Application) -> list[Any]:
        await query(url, "UPDATE t SET n = 1600 WHERE id < 0")
        several = await asyncio.gather(*(outcomes(app, "change", body) for body in bodies[order]))
        return [outcome for each in several for outcome in each]

    results = run(tmp_path, url, work, wait="30s")
    assert results == [{"status": 200}] * 1_600
    assert [row["n"] for row in asyncio.run(query(url, "SELECT n FROM t WHERE id < 0"))] == [800, 800]


def test_a_transaction_beside_a_loop_of_slow_statements(tmp_path: Path, server: Server) -> None:
    """The loop wants the row that the transaction holds, which wants the one that the loop had changed long before."""
    url = server.new_database()
    body = [{"id": -2, "s": 0}, *({"id": number, "s": 0.02} for number in range(1, 58)), {"id": -1, "s": 0}]

    async def work(app: Application) -> list[Any]:
        loop = asyncio.create_task(outcomes(app, "touch", body))
        await asyncio.sleep(0.1)
        await app.run("pair", {"from": -1, "to": -2})
        return await loop

    assert run(tmp_path, url, work) == [{"status": 200}] * 59


@pytest.mark.parametrize("fuse", ["true", "false"])
def test_a_scope_in_a_loop_that_takes_too_long(tmp_path: Path, server: Server, fuse: str) -> None:
    url = server.new_database()
    records = [{"id": 1, "s": 0}, {"id": 2, "s": 5}, {"id": 3, "s": 0}]
    results = run(tmp_path, url, lambda app: outcomes(app, "slow", records), fuse)
    assert results == [{"status": 200}, {"status": 500, "type": "MULE:TIMEOUT"}, {"status": 200}]
    assert stored(url) == {1, 3}


def test_a_pool_that_100_clients_exhaust(tmp_path: Path, server: Server) -> None:
    async def work(app: Application) -> Counter[str]:
        ends = await asyncio.gather(*(app.run("sleep", 0.1) for _ in range(100)), return_exceptions=True)
        return Counter(str(end.type) if isinstance(end, FlowError) else type(end).__name__ for end in ends)

    ends = run(tmp_path, server.new_database(), work)
    assert set(ends) == {"Event", "DB:CONNECTIVITY"}
    assert ends["Event"] >= 8


def test_a_flow_that_is_cancelled_leaves_nothing_behind(tmp_path: Path, server: Server) -> None:
    url = server.new_database()

    async def work(app: Application) -> None:
        jobs = ["sleep", 5], ["store", RECORDS], ["transfer", {"from": -1, "to": -2}]
        running = [asyncio.create_task(app.run(flow, payload)) for flow, payload in jobs]  # type: ignore[arg-type]  # payloads of two kinds
        await asyncio.sleep(0.02)
        for each in running:
            each.cancel()
        await asyncio.wait(running)
        await asyncio.sleep(0.1)
        busy = f"SELECT pid {OTHERS} AND state <> 'idle' AND backend_type = 'client backend'"
        assert await query(url, busy) == []

    run(tmp_path, url, work)
    assert {row["n"] for row in asyncio.run(query(url, "SELECT n FROM t WHERE id < 0"))} == {100}


def test_two_clients_that_wait_for_each_other_try_again(
    tmp_path: Path, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    url = server.new_database()

    async def work(app: Application) -> None:
        pairs = [{"from": -1, "to": -2}, {"from": -2, "to": -1}] * 2
        await asyncio.gather(*(app.run("transfer", pair) for pair in pairs))

    run(tmp_path, f"{url}&deadlock_timeout=20", work)
    assert "they waited for each other" in caplog.messages
    assert {row["n"] for row in asyncio.run(query(url, "SELECT n FROM t WHERE id < 0"))} == {100}
