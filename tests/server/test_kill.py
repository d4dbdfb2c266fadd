"""kill -9 in the middle of a large body: what was committed is there, and the same body can be posted again."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread

import httpx
from running import SHIPPED, Running, Start, rows, wait_until

RECORDS = [{"id": f"k-{n:05}", "name": f"Name {n}", "email": "a@example.org", "amount": n} for n in range(10_000)]
BODY = json.dumps({"records": RECORDS}).encode()


def post_in_vain(server: Running) -> None:
    with suppress(httpx.TransportError):
        server.post(content=BODY)


def count(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute("SELECT count(*) FROM customers").fetchone()[0])


def integrity(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


def test_kill_9(start: Start, database: Path) -> None:
    url = f"db.url=sqlite:///{database}"
    server = start(SHIPPED, "--set", url)
    caller = Thread(target=post_in_vain, args=[server])
    caller.start()
    wait_until(lambda: count(database) > 0)
    seen = count(database)
    server.process.kill()
    caller.join()

    stored = rows(database)
    assert seen <= len(stored) < len(RECORDS), "it was killed too early or too late"
    assert integrity(database) == "ok"
    assert [row[0] for row in stored] == [record["id"] for record in RECORDS[: len(stored)]]

    again = start(SHIPPED, "--set", url).post(content=BODY)
    assert (again.status_code, again.json()["summary"]["succeeded"]) == (200, len(RECORDS))
    assert rows(database) == [tuple(record.values()) for record in RECORDS]
