"""What flows can read of an error as `error.errorMessage.payload`: the same words on SQLite and on servers."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from backends import BACKENDS, url_of

from engine import Application, FlowError

FLOWS = """
configs: {DB: {db:config: {url: "${url}"}}}
flows:
  tables:
    steps:
      - db:execute-script:
          config-ref: DB
          sql: |
            CREATE TABLE parent(id INTEGER PRIMARY KEY);
            CREATE TABLE child(
              id INTEGER PRIMARY KEY, name VARCHAR(9) NOT NULL UNIQUE, age INTEGER, parent INTEGER REFERENCES parent,
              CONSTRAINT grown CHECK(age > 17), UNIQUE(age, parent));
            INSERT INTO child VALUES(1, 'Ada', 36, NULL);
  run:
    steps:
      - foreach:
          collect: {target: outcomes, failure: "#[error.errorMessage.payload]", success: "#['none']"}
          steps: [{db:insert: {config-ref: DB, sql: "${sql}"}}]
      - set-payload: {value: "#[vars.outcomes[0]]"}
  alone: {steps: [{db:insert: {config-ref: DB, sql: "${sql}"}}]}
"""


def error_of(file: Path, flow: str, properties: dict[str, str]) -> Any:
    async def running() -> Any:
        async with Application.load(file, properties=properties) as app:
            with pytest.raises(FlowError) as caught:
                await app.run(flow)
            assert caught.value.error_message is not None
            return caught.value.error_message.payload

    return asyncio.run(running())


LIKE_A_SERVER = [name for name in BACKENDS if name != "mariadb"]


def told(url: str, folder: Path, sql: str) -> tuple[Any, Any]:
    """What the error of a statement tells, in a loop and alone."""
    (folder / "flows.yaml").write_text(FLOWS)

    async def running() -> Any:
        async with Application.load(folder / "flows.yaml", properties={"url": url, "sql": sql}) as app:
            await app.run("tables")
            in_loop = (await app.run("run", [1, 2])).payload
            with pytest.raises(FlowError) as caught:
                await app.run("alone")
            assert caught.value.error_message is not None
            return in_loop, caught.value.error_message.payload

    found: tuple[Any, Any] = asyncio.run(running())
    return found


@pytest.mark.parametrize("backend", LIKE_A_SERVER)
@pytest.mark.parametrize(
    ("sql", "state", "names"),
    [
        ("INSERT INTO child VALUES(2, 'Ada', 20, NULL)", "23505", {"table": "child"}),
        ("INSERT INTO child VALUES(1, 'Bob', 20, NULL)", "23505", {"table": "child"}),
        ("INSERT INTO child VALUES(2, NULL, 20, NULL)", "23502", {"table": "child", "column": "name"}),
        ("INSERT INTO child VALUES(2, 'Bob', 2, NULL)", "23514", {"constraint": "grown"}),
        ("INSERT INTO child VALUES(2, 'Bob', 20, 7)", "23503", {}),
    ],
)
def test_a_row_that_breaks_a_constraint(
    backend: str, sql: str, state: str, names: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    for payload in told(url_of(backend, tmp_path, request), tmp_path, sql):
        assert payload["sqlState"] == state
        assert payload | names == payload
        assert {"constraint", "table", "column"} <= set(payload)


@pytest.mark.parametrize("backend", LIKE_A_SERVER)
@pytest.mark.parametrize("sql", ["INSERT INTO none VALUES(1)", "INSERT INTO child(none) VALUES(1)", "INSERT child"])
def test_a_statement_that_is_not_understood(
    backend: str, sql: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    for payload in told(url_of(backend, tmp_path, request), tmp_path, sql):
        assert payload["sqlState"].startswith("42")


@pytest.mark.parametrize("backend", ["sqlite file", "sqlite memory", "sqlalchemy"])
def test_a_key_of_several_columns_names_none(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = url_of(backend, tmp_path, request)
    (tmp_path / "keys.yaml").write_text(
        """
configs: {DB: {db:config: {url: "${url}"}}}
flows:
  run:
    steps:
      - db:execute-script: {config-ref: DB, sql: "CREATE TABLE t(a INTEGER, b INTEGER, UNIQUE(a, b))"}
      - db:bulk-insert: {config-ref: DB, sql: "INSERT INTO t VALUES(1, :b)", bulk-input-parameters: "#[[{b: 1}]]"}
      - db:insert: {config-ref: DB, sql: "INSERT INTO t VALUES(1, 1)"}
"""
    )
    payload = error_of(tmp_path / "keys.yaml", "run", {"url": url})
    assert (payload["sqlState"], payload["table"], payload["column"]) == ("23505", "t", None)


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "flows.yaml").write_text(FLOWS)
    properties = {"url": f"sqlite:///{tmp_path}/no/such/folder/x.db", "sql": "SELECT 1"}
    assert error_of(tmp_path / "flows.yaml", "alone", properties)["sqlState"] == "08001"
