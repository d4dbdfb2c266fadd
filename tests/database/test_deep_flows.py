"""Flows that call flows, so deep that they go on with a stack of their own: it is still the same work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from engine import Application

FLOWS = """
configs:
  DB: {db:config: {url: "${url}", maxWait: 2s, initScript: "
    CREATE TABLE first(id INTEGER PRIMARY KEY); CREATE TABLE second(id INTEGER PRIMARY KEY CHECK(id > 0))"}}
flows:
  undone:
    steps:
      - try:
          steps:
            - try:
                transactionalAction: ALWAYS_BEGIN
                steps:
                  - flow-ref: {name: first}
                  - flow-ref: {name: one}
                  - raise-error: {type: "APP:NO", description: no}
          error-handler: [{on-error-continue: {logException: false, steps: [{set-payload: {value: "#[error.type]"}}]}}]
  store:
    steps:
      - foreach:
          fuse: ${fuse}
          collect:
            target: results
            success: "#[payload.id]"
            failure: "#[error.type]"
          steps: [{flow-ref: {name: first}}, {flow-ref: {name: one}}]
      - set-payload: {value: "#[vars.results]"}
  one: {steps: [{flow-ref: {name: two}}]}
  two: {steps: [{flow-ref: {name: three}}]}
  three: {steps: [{flow-ref: {name: four}}]}
  four: {steps: [{flow-ref: {name: second}}]}
  stored:
    steps:
      - db:select:
          config-ref: DB
          sql: SELECT id, 'first' AS name FROM first UNION ALL SELECT id, 'second' FROM second ORDER BY id
sub-flows:
  first:
    steps:
      - db:insert: {config-ref: DB, sql: "INSERT INTO first VALUES(:id)", input-parameters: "#[payload]", target: a}
  second:
    steps:
      - db:insert: {config-ref: DB, sql: "${insert} INTO second VALUES(:id)", input-parameters: "#[payload]", target: a}
"""
NO = "DB:QUERY_EXECUTION"

Work = Callable[[Application], Awaitable[Any]]


def run(folder: Path, url: str, fuse: str, work: Work) -> tuple[Any, list[int], list[int]]:
    """What the work gives, and what the tables then hold."""
    (folder / "flows.yaml").write_text(FLOWS)
    insert = "INSERT OR ROLLBACK" if url.startswith("sqlite") else "INSERT"

    async def running() -> tuple[Any, Any]:
        properties = {"url": url, "fuse": fuse, "insert": insert}
        async with asyncio.timeout(30), Application.load(folder / "flows.yaml", properties=properties) as app:
            return await work(app), (await app.run("stored")).payload

    result, rows = asyncio.run(running())
    first, second = ([row["id"] for row in rows if row["name"] == name] for name in ("first", "second"))
    return result, first, second


async def outcomes(app: Application, *ids: int) -> Any:
    return list((await app.run("store", [{"id": number} for number in ids])).payload)


def test_a_transaction_holds_what_deep_flows_do(tmp_path: Path, new_database: Callable[[], str]) -> None:
    async def work(app: Application) -> Any:
        return (await app.run("undone", {"id": 1})).payload

    assert run(tmp_path, new_database(), "true", work) == ("APP:NO", [], [])


@pytest.mark.parametrize("fuse", ["true", "false"], ids=["fused", "alone"])
def test_each_record_is_told(tmp_path: Path, new_database: Callable[[], str], fuse: str) -> None:
    async def work(app: Application) -> Any:
        return await outcomes(app, 1, 2, 2, -3, 4)

    assert run(tmp_path, new_database(), fuse, work) == ([1, 2, NO, NO, 4], [-3, 1, 2, 4], [1, 2, 4])


@pytest.mark.parametrize("fuse", ["true", "false"], ids=["fused", "alone"])
def test_loops_that_wait_in_the_middle_do_not_mix(tmp_path: Path, new_database: Callable[[], str], fuse: str) -> None:
    async def work(app: Application) -> Any:
        return await asyncio.gather(outcomes(app, 1, 2, -3, 4), outcomes(app, 11, -12, 13, 14, 15))

    assert run(tmp_path, new_database(), fuse, work) == (
        [[1, 2, NO, 4], [11, NO, 13, 14, 15]],
        [-12, -3, 1, 2, 4, 11, 13, 14, 15],
        [1, 2, 4, 11, 13, 14, 15],
    )
