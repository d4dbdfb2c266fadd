"""Long lists behind IN, of which SQLite makes an index in the event loop: a body of them holds nobody up."""

from __future__ import annotations

import json

import pytest
from attacks.attack import watched
from server.running import Running

from engine.limits import LONGEST_LIST_OF_STATEMENT as MOST
from processors.db._lists import LONG

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
  DB:
    db:config:
      url: "sqlite:///lists.db"
      initScript: CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, name TEXT)
flows:
  one:
    source: {http:listener: {config-ref: Api, path: /one, allowedMethods: POST}}
    steps: [{db:select: {config-ref: DB, sql: "SELECT id FROM t WHERE name IN (:ids)", input-parameters: "#[payload]"}}]
  bulk:
    source: {http:listener: {config-ref: Api, path: /bulk, allowedMethods: POST}}
    steps: [{db:bulk-update: {config-ref: DB, sql: "UPDATE t SET name = name WHERE name IN (:ids)"}}]
  fused:
    source: {http:listener: {config-ref: Api, path: /fused, allowedMethods: POST}}
    steps:
      - foreach:
          steps:
            - db:update:
                config-ref: DB
                sql: "UPDATE t SET name = name WHERE name NOT IN (:ids)"
                input-parameters: "#[payload]"
                target: done
      - set-payload: {value: done}
"""
LARGEST = 10 * 2**20
ENTRIES = {"numbers": 1, "texts": "b", "texts that JSON does not carry": "\0", "nulls": None}


def rows(entry: object, most: int) -> str:
    """A body of as many rows as go into it, each with a list of so many entries."""
    row = {"ids": [entry] * most}
    size = len(json.dumps(row, separators=(",", ":"))) + 1
    return json.dumps([row] * (LARGEST // size - 1), separators=(",", ":"))


@pytest.mark.reaches("LONGEST_LIST_OF_STATEMENT")
@pytest.mark.parametrize("entry", ENTRIES.values(), ids=list(ENTRIES))
@pytest.mark.parametrize("path", ["/bulk", "/fused"])
@pytest.mark.parametrize("most", [LONG, MOST])
def test_many_long_lists(attacked: Running, path: str, most: int, entry: object) -> None:
    with watched(attacked):
        answer = attacked.client.post(path, content=rows(entry, most), headers={"Content-Type": "application/json"})
    assert answer.status_code in (200, 504)


@pytest.mark.reaches("LONGEST_LIST_OF_STATEMENT")
def test_a_list_without_end(attacked: Running) -> None:
    with watched(attacked):
        answer = attacked.client.post("/one", json={"ids": [1] * (LARGEST // 3)})
    assert answer.status_code == 500
    assert "ids" not in answer.text
