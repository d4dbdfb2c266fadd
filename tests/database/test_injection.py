"""Whatever a caller sends is a value: it is bound, or refused, and never a part of a statement."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine import Application, FlowError, LoadError

FLOWS = """
configs:
  DB: {{db:config: {{url: "{url}", initScript: "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT)"}}}}
flows:
  store:
    steps:
      - foreach:
          fuse: {fuse}
          steps:
            - db:insert: {{config-ref: DB, sql: "INSERT INTO t VALUES(:id, :name)", input-parameters: "#[payload]"}}
      - db:select: {{config-ref: DB, sql: "SELECT name FROM t WHERE name = :name", input-parameters: "#[payload[0]]"}}
  sorted:
    steps:
      - db:select: {{config-ref: DB, sql: "{sql}", input-parameters: {{column: "#[payload]"}}}}
"""
HOSTILE = [
    "'); DROP TABLE t; --", "' OR '1'='1", "\\'; DROP TABLE t; --", ":id", "$1", "?", "$$ $$",
    "$engine_1$; DROP TABLE t", '"', "`", "/*", "--", "%s", "{sql}", "#[payload]",
]  # fmt: skip
SORT = "SELECT name FROM t ORDER BY CASE WHEN :column = 'name' THEN name END"


def run(folder: Path, url: str, flow: str, payload: Any, fuse: str = "true", sql: str = SORT) -> Any:
    (folder / "flows.yaml").write_text(FLOWS.format(url=url, fuse=fuse, sql=sql))

    async def running() -> Any:
        async with Application.load(folder / "flows.yaml") as app:
            return (await app.run(flow, payload)).payload

    return asyncio.run(running())


@pytest.mark.parametrize("fuse", ["true", "false"])
@pytest.mark.parametrize("text", HOSTILE)
def test_values_are_values(tmp_path: Path, new_database: Callable[[], str], text: str, fuse: str) -> None:
    records = [{"id": 1, "name": text}, {"id": 2, "name": "x"}]
    assert run(tmp_path, new_database(), "store", records, fuse) == [{"name": text}]


@pytest.mark.parametrize("text", HOSTILE)
def test_names_of_parameters_are_looked_up_and_nothing_else(
    tmp_path: Path, new_database: Callable[[], str], text: str
) -> None:
    record = {"id": 1, "name": "x", text: "1); DROP TABLE t; --"}
    assert run(tmp_path, new_database(), "store", [record]) == [{"name": "x"}]
    with pytest.raises(FlowError, match="the parameter 'name' of a statement is missing"):
        run(tmp_path, new_database(), "store", [{"id": 1, text: "x"}])


@pytest.mark.parametrize("text", HOSTILE)
def test_a_column_to_sort_by_is_a_value(tmp_path: Path, new_database: Callable[[], str], text: str) -> None:
    assert run(tmp_path, new_database(), "sorted", text) == []


def test_a_statement_that_an_expression_builds_is_refused(tmp_path: Path, new_database: Callable[[], str]) -> None:
    with pytest.raises(LoadError, match="F601"):
        run(tmp_path, new_database(), "sorted", "name", sql="SELECT name FROM t ORDER BY #[payload]")
