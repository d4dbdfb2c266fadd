"""A database that is gone is nobody's record: 503, and when it is back the service goes on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Timer

import httpx
import pytest
from running import GOOD, PROBLEM, ROOT, Running, engine, rows
from starlette.types import ASGIApp

import processors.db._sqlite_statements as sqlite
from engine import Application

InThread = Callable[[ASGIApp], httpx.Client]


def move_away(file: Path) -> Callable[[], object]:
    away = file.rename(file.with_suffix(".away"))
    return lambda: away.rename(file)


def replace_by_folder(file: Path) -> Callable[[], object]:
    put_back = move_away(file)
    file.mkdir()

    def restore() -> None:
        file.rmdir()
        put_back()

    return restore


def replace_by_rubbish(file: Path) -> Callable[[], object]:
    put_back = move_away(file)
    file.write_bytes(b"no database" * 1000)

    def restore() -> None:
        file.unlink()
        put_back()

    return restore


def replace_by_another(file: Path) -> Callable[[], object]:
    put_back = move_away(file)
    make_database(file.with_suffix(".new"))
    file.with_suffix(".new").rename(file)
    return put_back


def make_database(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE customers(id TEXT PRIMARY KEY, name TEXT, email TEXT, amount REAL)")


@pytest.mark.parametrize("lose", [move_away, replace_by_folder, replace_by_rubbish, replace_by_another])
def test_lost_and_found(upsert: Running, database: Path, lose: Callable[[Path], Callable[[], object]]) -> None:
    assert upsert.post(json={"records": [GOOD]}).status_code == 200
    restore = lose(database)
    for _ in range(2):
        answer = upsert.post(json={"records": [GOOD, GOOD]})
        assert (answer.status_code, answer.headers["content-type"]) == (503, PROBLEM)
        assert {"422", "results", str(database)}.isdisjoint(answer.text)
    restore()
    assert upsert.post(json={"records": [GOOD | {"id": "c-2"}]}).status_code == 200
    assert [row[0] for row in rows(database)] == ["c-1", "c-2"]
    assert "Traceback" not in upsert.log


def test_another_database_serves_once_the_former_log_is_gone(upsert: Running, database: Path) -> None:
    """SQLite would write the log of the former file into the one that took its place."""
    assert upsert.post(json={"records": [GOOD]}).status_code == 200
    replace_by_another(database)
    answer = upsert.post(json={"records": [GOOD]})
    assert answer.status_code == 503
    assert "the -wal file beside it is the former one's" in upsert.logged(answer.headers["x-correlation-id"])[0]
    database.with_name(f"{database.name}-wal").unlink()
    assert upsert.post(json={"records": [GOOD | {"id": "c-2"}]}).status_code == 200
    assert [row[0] for row in rows(database)] == ["c-2"]


def test_a_lost_table_is_nobodys_record_either(upsert: Running, database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("DROP TABLE customers")
    answer = upsert.post(json={"records": [GOOD]})
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
    assert "customers" not in answer.text


@contextmanager
def locked(file: Path) -> Iterator[None]:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def test_locked_for_longer_than_the_wait(
    in_thread: InThread, application: Application, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "LONGEST_WAIT", 0.2)
    client = in_thread(application.asgi())
    with locked(database):
        answer = client.post("/api/bulk-upsert", json={"records": [GOOD]})
        assert (answer.status_code, answer.headers["content-type"]) == (503, PROBLEM)
    assert client.post("/api/bulk-upsert", json={"records": [GOOD]}).status_code == 200
    assert [row[0] for row in rows(database)] == ["c-1"]


def test_locked_for_less_than_the_wait(upsert: Running, database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN EXCLUSIVE")
        timer = Timer(0.3, lambda: other.execute("ROLLBACK"))
        timer.start()
        assert upsert.post(json={"records": [GOOD]}).status_code == 200
        timer.join()


def test_a_locked_database_does_not_hold_up_other_requests(upsert: Running, database: Path) -> None:
    body = b'{"records": [{"id": "c-1", "name": "Ada", "email": "a@b.org", "amount": 1}]}'
    head = b"POST /api/bulk-upsert HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n" % len(body)
    with upsert.raw(head) as waiting:
        with locked(database):
            waiting.sendall(body)
            assert upsert.post(json={"records": []}).elapsed.total_seconds() < 1
        assert waiting.recv(20).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("url", ["sqlite:////no/such/folder/x.db", "sqlite:////"])
def test_unreachable_at_the_start(url: str) -> None:
    done = engine("serve", str(ROOT / "flows"), "--port", "0", "--set", f"db.url={url}")
    assert done.returncode == 1
    assert done.stderr.startswith("engine: the config 'Customers_DB' cannot be started: ")
    assert done.stderr.count("\n") == 1
