"""A transaction that SQLite took back by itself: nothing of it is kept, and each later statement says why."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from engine import Application, FlowError

FLOWS = """
configs:
  DB: {db:config: {url: "${url}", initScript: init.sql}}
flows:
  store:
    steps:
      - set-variable: {variableName: results, value: []}
      - try:
          transactionalAction: ALWAYS_BEGIN
          steps:
            - foreach:
                collect:
                  target: results
                  success: {status: 200}
                  failure: {type: "#[error.type]", why: "#[error.description]"}
                steps:
                  - choice:
                      when:
                        - expression: payload.how == 'slow'
                          steps:
                            - db:insert:
                                {config-ref: DB, sql: "${sql}", input-parameters: "#[payload]", queryTimeout: 9}
                        - expression: payload.how == 'nested'
                          steps:
                            - try:
                                transactionalAction: ALWAYS_BEGIN
                                steps: [{db:insert: {config-ref: DB, sql: "${sql}", input-parameters: "#[payload]"}}]
                        - expression: payload.how == 'bulk'
                          steps:
                            - db:bulk-insert: {config-ref: DB, sql: "${sql}", bulk-input-parameters: "#[[payload]]"}
                        - expression: payload.how == 'stream'
                          steps: [{db:select: {config-ref: DB, sql: SELECT 1, streaming: true}}]
                      otherwise:
                        steps: [{db:insert: {config-ref: DB, sql: "${sql}", input-parameters: "#[payload]"}}]
  stored: {steps: [{db:select: {config-ref: DB, sql: SELECT count(*) AS number FROM t}}]}
"""
TABLE = "CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT)"
INSERT = "INSERT INTO t VALUES(:id, :body)"
LITTLE_ROOM = f"{TABLE}; PRAGMA max_page_count = 20"
TRIGGER = f"""{TABLE};
CREATE TRIGGER refuse BEFORE INSERT ON t WHEN length(NEW.body) > 9 BEGIN SELECT RAISE(ROLLBACK, 'too long'); END"""

FULL = {"type": "DB:CONNECTIVITY", "why": "the database is not available"}
TAKEN_BACK = {"type": "DB:QUERY_EXECUTION", "why": "the transaction was taken back by the database"}
TWICE = {"type": "DB:QUERY_EXECUTION", "why": "there is a row with this key already"}
REFUSED = {"type": "DB:QUERY_EXECUTION", "why": "the row breaks a constraint"}
HOW = ["", "slow", "nested", "bulk", "stream"]
CASES = [
    # what makes the table, the statement, the second record, how it fails, how those after it fail
    (LITTLE_ROOM, INSERT, {"id": 2, "body": "x" * 100_000}, FULL, FULL),
    (TABLE, f"INSERT OR ROLLBACK {INSERT[7:]}", {"id": 1, "body": ""}, TWICE, TAKEN_BACK),
    (TRIGGER, INSERT, {"id": 2, "body": "x" * 10}, REFUSED, TAKEN_BACK),
]


def run(folder: Path, script: str, sql: str, records: list[Any]) -> tuple[FlowError, int]:
    """The error of the transaction, which cannot be committed, and how many rows are there afterwards."""
    (folder / "flows.yaml").write_text(FLOWS)
    (folder / "init.sql").write_text(script)

    async def running() -> tuple[FlowError, int]:
        # In memory a transaction has the connection that knows how many pages there may be.
        properties = {"url": "sqlite://", "sql": sql}
        async with asyncio.timeout(30), Application.load(folder / "flows.yaml", properties=properties) as app:
            with pytest.raises(FlowError) as raised:
                await app.run("store", records)
            return raised.value, (await app.run("stored")).payload[0]["number"]

    return asyncio.run(running())


@pytest.mark.parametrize("failing", ["", "slow", "nested", "bulk"])
@pytest.mark.parametrize(("script", "sql", "second", "failure", "later"), CASES, ids=["full", "or rollback", "raise"])
def test_each_later_statement_and_the_commit_say_why(
    tmp_path: Path, script: str, sql: str, second: Any, failure: Any, later: Any, failing: str
) -> None:
    others = [{"id": 3 + number, "body": "", "how": how} for number, how in enumerate(HOW)]
    raised, stored = run(tmp_path, script, sql, [{"id": 1, "body": ""}, second | {"how": failing}, *others])
    assert raised.event.vars["results"] == [{"status": 200}, failure, *[later] * len(HOW)]
    assert {"type": str(raised.type), "why": raised.description} == later
    assert stored == 0
