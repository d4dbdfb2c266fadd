"""kill -9 in the middle of os:store: what was acknowledged is there, and the file is fine."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from itertools import count
from pathlib import Path
from threading import Thread

import httpx

sys.path.append(str(Path(__file__).parent.parent / "server"))  # for the server of its tests

from running import Running, wait_until

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
  Orders: {os:object-store: {maxEntries: 100000, entryTtl: 1h}}
configuration: {dataDir: data}
flows:
  store:
    source: {http:listener: {config-ref: Api, path: "/orders/{id}", allowedMethods: POST}}
    steps:
      - os:store: {objectStore: Orders, key: "#[attributes.uriParams.id]", failIfPresent: true}
      - os:increment: {objectStore: Orders, key: count}
  read:
    source: {http:listener: {config-ref: Api, path: /orders, allowedMethods: GET}}
    steps: [{os:retrieve-all: {objectStore: Orders}}]
"""
KILLS, CALLERS, ENOUGH = 3, 4, 200


def server_in(folder: Path) -> Running:
    (folder / "flows.yaml").write_text(FLOWS)
    return Running(folder, str(folder / "flows.yaml"), cwd=folder)


def store_until_the_end(server: Running, caller: str, acknowledged: list[str]) -> None:
    with httpx.Client(base_url=server.client.base_url, trust_env=False) as client:
        for number in count():
            key = f"{caller}-{number}"
            try:
                answer = client.post(f"/orders/{key}", json={"id": key, "text": "x" * 2000})
            except httpx.TransportError:
                return
            assert answer.status_code == 200
            acknowledged.append(key)


def test_kill_9(tmp_path: Path) -> None:
    acknowledged: list[str] = []
    for life in range(KILLS):
        with server_in(tmp_path) as server:
            before = len(acknowledged)
            callers = [
                Thread(target=store_until_the_end, args=[server, f"{life}-{caller}", acknowledged])
                for caller in range(CALLERS)
            ]
            for caller in callers:
                caller.start()
            wait_until(lambda before=before: len(acknowledged) - before >= ENOUGH)
            server.process.kill()
            for caller in callers:
                caller.join()

    with closing(sqlite3.connect(tmp_path / "data" / "object-stores.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert (
            connection.execute("SELECT count(*), sum(length(value)) FROM entries").fetchall()
            == connection.execute("SELECT entries, bytes FROM usage").fetchall()
        )
    with server_in(tmp_path) as server:
        stored = server.client.get("/orders").json()
    total = stored.pop("count")
    assert set(acknowledged) <= set(stored)
    assert len(stored) <= len(acknowledged) + KILLS * CALLERS  # what was stored, but could not be answered
    assert len(acknowledged) <= total <= len(stored)
    assert all(value["id"] == key for key, value in stored.items())
