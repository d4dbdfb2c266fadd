"""`engine check --connect`: what the database knows of the statements, before the first request."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

FLOWS = """
configs:
  DB: {{db:config: {{url: "sqlite:///{folder}/{file}", initScript: "CREATE TABLE book(id INTEGER, n INTEGER)"}}}}
  Up: {{http:request-config: {{url: "{up}"}}}}
flows:
  books:
    steps:
      - db:select: {{config-ref: DB, sql: "SELECT id FROM book WHERE id = :id", input-parameters: {{id: 1}}}}
      - db:bulk-insert: {{config-ref: DB, sql: "INSERT INTO book({column}) VALUES(:id)"}}
      - db:update: {{config-ref: DB, sql: "UPDATE book SET n = n + 1"}}
"""


def check(folder: Path, column: str = "id", file: str = "x.db", up: str = "") -> tuple[int, str]:
    text = FLOWS.format(folder=folder, column=column, file=file, up=up)
    (folder / "flows.yaml").write_text(text if up else "\n".join(x for x in text.splitlines() if "Up:" not in x))
    done = subprocess.run(
        [sys.executable, "-m", "engine.tools", "check", "--connect", "flows.yaml"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr


def test_statements_that_the_database_understands(tmp_path: Path) -> None:
    assert check(tmp_path) == (0, "")


def test_a_misspelt_column_stands_at_its_place(tmp_path: Path) -> None:
    code, told = check(tmp_path, column="idd")
    assert code == 1
    assert "flows.yaml:8:47 F801 a statement that the database does not understand" in told
    assert "no column named idd" in told
    assert "engine: 1 mistake found by connecting" in told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"file": "no/such/folder/x.db"}, "the config 'DB': unable to open database file"),
        ({"up": "http://127.0.0.1:1"}, "the config 'Up': 127.0.0.1:1 cannot be reached"),
    ],
)
def test_what_cannot_be_reached(tmp_path: Path, changes: dict[str, str], told: str) -> None:
    code, found = check(tmp_path, **changes)
    assert code == 1
    assert told in found


def test_nothing_is_made_or_changed(tmp_path: Path) -> None:
    import sqlite3

    check(tmp_path)
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)
