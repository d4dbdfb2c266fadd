"""What goes wrong around databases behind SQLAlchemy: what was told is in the tables, and the pool is whole again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from mariadb_server import MariaDbServer

from engine import Application, FlowError

FLOWS = (Path(__file__).parent / "faults_over_sqlalchemy.yaml").read_text()
BACKENDS = ["mariadb", "sqlite"]
Work = Callable[[Application], Awaitable[Any]]


def url_of(backend: str, folder: Path, request: pytest.FixtureRequest) -> str:
    if backend == "sqlite":
        return f"sqlite+aiosqlite:///{folder}/x.db"
    url: str = request.getfixturevalue("mariadb").new_database()
    return url


def run(folder: Path, url: str, work: Work, **settings: str) -> Any:
    """What the work comes to, and the ids in the table afterwards; the whole pool works then."""
    (folder / "flows.yaml").write_text(FLOWS)
    properties = {"url": url, "inner": "INDIFFERENT", "breaking": "SELECT 1", **settings}

    async def running() -> Any:
        async with asyncio.timeout(60), Application.load(folder / "flows.yaml", properties=properties) as app:
            await app.start()
            result = await work(app)
            await asyncio.gather(*(app.run("work") for _ in range(12)))
            return result, [row["id"] for row in (await app.run("read")).payload]

    return asyncio.run(running())


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("flow", ["store", "together"])
def test_flows_that_are_cancelled_leave_the_pool_whole(
    tmp_path: Path, backend: str, flow: str, request: pytest.FixtureRequest
) -> None:
    async def work(app: Application) -> None:
        for number in range(40):
            with suppress(TimeoutError, FlowError):
                async with asyncio.timeout(0.002 * (number % 20)):
                    await app.run(flow, list(range(1, 1_000)))

    _, rows = run(tmp_path, url_of(backend, tmp_path, request), work)
    assert rows == list(range(1, len(rows) + 1)) if flow == "store" else rows == []


@pytest.mark.parametrize(("flow", "size"), [("store", 1_000), ("together", 5_000)])
def test_the_server_is_killed_and_comes_back(tmp_path: Path, mariadb: MariaDbServer, flow: str, size: int) -> None:
    async def restart() -> None:
        await asyncio.sleep(0.15)
        await asyncio.to_thread(mariadb.kill)
        await asyncio.to_thread(mariadb.start)

    async def work(app: Application) -> set[int]:
        bodies = (app.run(flow, list(range(start, start + size))) for start in range(1, 4 * size, size))
        *ends, _ = await asyncio.gather(*bodies, restart(), return_exceptions=True)
        outcomes = [outcome for end in ends if not isinstance(end, BaseException) for outcome in end.payload]
        assert {str(end.type) for end in ends if isinstance(end, FlowError)} <= {"DB:CONNECTIVITY", "DB:CANNOT_REACH"}
        assert {outcome["type"] for outcome in outcomes if "type" in outcome} <= {"DB:CONNECTIVITY", "DB:CANNOT_REACH"}
        return {outcome["id"] for outcome in outcomes if "status" in outcome}

    told, rows = run(tmp_path, mariadb.new_database(), work)
    assert told <= set(rows)
    assert len(set(rows) - told) <= (4 if flow == "store" else size)  # the answers to what was under way are lost


@pytest.mark.parametrize("inner", ["INDIFFERENT", "ALWAYS_BEGIN"])
def test_a_deadlock_ends_the_whole_transaction(tmp_path: Path, mariadb: MariaDbServer, inner: str) -> None:
    """Nothing of the one that lost is kept, what came behind the deadlock included, whoever continued it."""

    async def work(app: Application) -> list[Any]:
        pair = {"id": 1, "first": -1, "then": -2}, {"id": 11, "first": -2, "then": -1}
        return await asyncio.gather(*(app.run("opposite", each) for each in pair), return_exceptions=True)

    ends, rows = run(tmp_path, mariadb.new_database(), work, inner=inner)
    (loss,) = [end for end in ends if isinstance(end, FlowError)]
    assert (str(loss.type), loss.description) == ("DB:DEADLOCK", "the transaction was taken back by the database")
    assert rows == ([11, 12] if isinstance(ends[0], FlowError) else [1, 2])


def test_a_deadlock_is_tried_again(tmp_path: Path, mariadb: MariaDbServer) -> None:
    async def work(app: Application) -> None:
        pair = {"id": 1, "first": -1, "then": -2}, {"id": 11, "first": -2, "then": -1}
        await asyncio.gather(*(app.run("again", each) for each in pair))

    assert run(tmp_path, mariadb.new_database(), work) == (None, [1, 2, 11, 12])


@pytest.mark.parametrize(
    ("breaking", "error"),
    [("SELECT SLEEP(5)", "DB:TIMEOUT"), ("KILL CONNECTION_ID()", "DB:CONNECTIVITY")],
    ids=["late", "killed"],
)
def test_what_ends_a_transaction_is_told_by_what_comes_after(
    tmp_path: Path, mariadb: MariaDbServer, breaking: str, error: str
) -> None:
    async def work(app: Application) -> Any:
        with pytest.raises(FlowError) as raised:
            await app.run("broken")
        return raised.value

    failure, rows = run(tmp_path, mariadb.new_database(), work, breaking=breaking)
    assert (str(failure.type), failure.description) == (error, "the transaction was taken back by the database")
    assert str(failure.event.vars["first"]) == error
    assert rows == []


def test_a_value_that_no_column_takes_is_the_records_own_fault(tmp_path: Path, mariadb: MariaDbServer) -> None:
    async def work(app: Application) -> Any:
        with pytest.raises(FlowError) as raised:
            await app.run("value", float("inf"))
        return str(raised.value.type)

    assert run(tmp_path, mariadb.new_database(), work) == ("DB:QUERY_EXECUTION", [])
