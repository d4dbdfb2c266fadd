"""Rows of PostgreSQL that are read within a transaction, while other statements of it run."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from engine import Application

FLOWS = """
configs:
  DB:
    db:config:
      url: "${url}"
      initScript: >-
        CREATE TABLE source(n int);
        INSERT INTO source SELECT generate_series(1, 7);
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
  take:
    steps:
      - try:
          transactionalAction: ALWAYS_BEGIN
          steps:
            - db:select: {config-ref: DB, sql: SELECT n FROM source ORDER BY n FOR UPDATE SKIP LOCKED, maxRows: 2}
            - db:select: {config-ref: DB, sql: SELECT pg_sleep(0.2), target: slept}
"""


def run(folder: Path, url: str, flow: str, times: int = 1) -> list[Any]:
    (folder / "flows.yaml").write_text(FLOWS)

    async def running() -> list[Any]:
        async with Application.load(folder / "flows.yaml", properties={"url": url}) as app:
            await app.start()
            return list(await asyncio.gather(*(app.run(flow) for _ in range(times))))

    return asyncio.run(running())


def test_rows_are_read_while_others_are_written(tmp_path: Path, postgres: str) -> None:
    """A statement that fails undoes itself alone, and the rows go on."""
    (event,) = run(tmp_path, postgres, "copy")
    assert event.vars["outcomes"] == [1, 2, "DB:QUERY_EXECUTION", 4, 5, 6, 7]
    assert [row["n"] for row in event.payload] == [1, 2, 4, 5, 6, 7]


def test_rows_that_were_locked_stay_locked(tmp_path: Path, postgres: str) -> None:
    taken = [[row["n"] for row in event.payload] for event in run(tmp_path, postgres, "take", times=3)]
    assert sorted(taken) == [[1, 2], [3, 4], [5, 6]]
