"""Rows that are read within a transaction, while other statements of it run."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from engine import Application, FlowError

FLOWS = """
configs:
  DB:
    db:config:
      url: "${url}"
      initScript: >-
        CREATE TABLE source(n int);
        INSERT INTO source VALUES (1), (2), (3), (4), (5), (6), (7);
        CREATE TABLE copy(n int CHECK(n <> 3))
flows:
  copy:
    steps:
      - try:
          transactionalAction: ALWAYS_BEGIN
          steps:
            - db:select: {config-ref: DB, sql: SELECT n FROM source ORDER BY n, streaming: true, fetchSize: 2}
            - foreach:
                collect: {target: outcomes, success: "#[payload.n]", failure: "#[error.type]"}
                steps:
                  - db:insert: {config-ref: DB, sql: "INSERT INTO copy VALUES(:n)", input-parameters: "#[payload]"}
      - db:select: {config-ref: DB, sql: SELECT n FROM copy ORDER BY n}
  broken:
    steps:
      - try:
          transactionalAction: ALWAYS_BEGIN
          steps:
            - db:insert: {config-ref: DB, sql: INSERT INTO copy VALUES(100), target: a}
            - try:
                transactionalAction: ${where}
                steps:
                  - db:select:
                      config-ref: DB
                      sql: SELECT 1 / (5 - n) AS one, n FROM source
                      streaming: true
                      fetchSize: 1
                      target: rows
            - try:
                steps:
                  - foreach:
                      collection: vars.rows
                      steps:
                        - db:insert:
                            config-ref: DB
                            sql: INSERT INTO copy VALUES(:n + 10)
                            input-parameters: "#[payload]"
                            target: a
                error-handler: [{on-error-continue: {logException: false}}]
  copied: {steps: [{db:select: {config-ref: DB, sql: SELECT n FROM copy}}]}
  take:
    steps:
      - try:
          transactionalAction: ALWAYS_BEGIN
          steps:
            - db:select: {config-ref: DB, sql: &take SELECT n FROM source ORDER BY n FOR UPDATE SKIP LOCKED, maxRows: 2}
            - db:update: {config-ref: DB, sql: UPDATE copy SET n = 1, target: behind}
            - parallel-foreach:  # what its routes do is outside of the transaction
                collection: "[`1`]"
                target: others
                steps: [{db:select: {config-ref: DB, sql: *take, maxRows: 2}}]
"""


def run(folder: Path, url: str, flow: str, where: str = "INDIFFERENT") -> tuple[Any, Any]:
    """What the flow comes to, or raises, and what is copied then."""
    (folder / "flows.yaml").write_text(FLOWS)

    async def running() -> tuple[Any, Any]:
        async with Application.load(folder / "flows.yaml", properties={"url": url, "where": where}) as app:
            await app.start()
            (end,) = await asyncio.gather(app.run(flow), return_exceptions=True)
            return end, await app.run("copied")

    return asyncio.run(running())


@pytest.mark.parametrize("kind", ["server", "mariadb"], ids=["postgresql", "mariadb"])
def test_rows_are_read_while_others_are_written(tmp_path: Path, kind: str, request: pytest.FixtureRequest) -> None:
    """A statement that fails undoes itself alone, and the rows go on."""
    event, _ = run(tmp_path, request.getfixturevalue(kind).new_database(), "copy")
    assert event.vars["outcomes"] == [1, 2, "DB:QUERY_EXECUTION", 4, 5, 6, 7]
    assert [row["n"] for row in event.payload] == [1, 2, 4, 5, 6, 7]


def test_rows_that_were_locked_stay_locked(tmp_path: Path, postgres: str) -> None:
    event, _ = run(tmp_path, postgres, "take")
    assert event.payload == [{"n": 1}, {"n": 2}]
    assert event.vars["others"][0].payload == [{"n": 3}, {"n": 4}]


@pytest.mark.parametrize("where", ["INDIFFERENT", "ALWAYS_BEGIN"])
def test_rows_that_fail_behind_others_statements_end_the_transaction(tmp_path: Path, postgres: str, where: str) -> None:
    """To undo them would undo what was told as done since they were begun."""
    failure, copied = run(tmp_path, postgres, "broken", where=where)
    assert isinstance(failure, FlowError)
    assert failure.description == "the transaction was taken back by the database"
    assert copied.payload == []
