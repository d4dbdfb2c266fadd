"""The shipped flow over HTTP: 200, 207 or 400, a result for each record in order, and the rows."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from running import GOOD, ROOT, Running, rows

EXAMPLES = ROOT / "flows" / "examples"
STORED = [
    ("c-1", "Ada Lovelace", "ada@example.org", 120.5),
    ("c-2", "Grace Hopper", "grace@example.org", 80.0),
    ("c-3", "Edsger Dijkstra", "edsger@example.org", 99.9),
]


def example(name: str) -> bytes:
    return (EXAMPLES / f"{name}.json").read_bytes()


@pytest.mark.parametrize(
    ("name", "status", "results", "stored"),
    [
        ("all-good", 200, [("c-1", 200), ("c-2", 200), ("c-3", 200)], STORED),
        ("mixed", 207, [("c-1", 200), ("c-8", 422), ("c-2", 200)], STORED[:2]),
        ("all-bad", 400, [("", 422), ("c-8", 422), ("c-9", 422)], []),
        ("empty", 200, [], []),
    ],
)
def test_example(upsert: Running, database: Path, name: str, status: int, results: list, stored: list) -> None:
    answer = upsert.post(content=example(name))
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
    assert [(each["id"], each["status"]) for each in answer.json()["results"]] == results
    failed = sum(status == 422 for _, status in results)
    assert answer.json()["summary"] == {"total": len(results), "succeeded": len(results) - failed, "failed": failed}
    assert rows(database) == stored


def test_thousand_records_some_bad(upsert: Running, database: Path) -> None:
    records = json.loads(example("thousand"))["records"]
    answer = upsert.post(content=example("thousand"))
    outcome = answer.json()
    good = [each["id"] for each in outcome["results"] if each["status"] == 200]
    assert answer.status_code == 207
    assert [each["id"] for each in outcome["results"]] == [record["id"] for record in records]
    assert outcome["summary"] == {"total": len(records), "succeeded": len(good), "failed": len(records) - len(good)}
    assert [row[0] for row in rows(database)] == sorted(good)


def test_an_id_that_repeats_updates(upsert: Running, database: Path) -> None:
    again = {**GOOD, "name": "Augusta", "amount": 2}
    assert upsert.post(json={"records": [GOOD, GOOD, again]}).json()["summary"]["succeeded"] == 3
    assert rows(database) == [("c-1", "Augusta", "ada@example.org", 2.0)]
    assert upsert.post(json={"records": [GOOD]}).status_code == 200
    assert rows(database) == [("c-1", "Ada", "ada@example.org", 1.0)]


def test_many_callers_at_once(upsert: Running, database: Path) -> None:
    def post(caller: int) -> list[str]:
        records = [GOOD | {"id": f"{caller:02}-{n}"} for n in range(50)]
        return [result["id"] for result in upsert.post(json={"records": records}).json()["results"]]

    with ThreadPoolExecutor(16) as pool:
        answered = list(pool.map(post, range(40)))
    assert answered == [[f"{caller:02}-{n}" for n in range(50)] for caller in range(40)]
    assert len(rows(database)) == 40 * 50


def curl(server: Running, *arguments: str) -> str:
    command = ["curl", "-s", "-w", " %{http_code}", f"http://127.0.0.1:{server.port}/api/bulk-upsert", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_with_curl(upsert: Running) -> None:
    printed = curl(upsert, "-d", f"@{EXAMPLES}/mixed.json", "-H", "Content-Type: application/json")
    assert '{"id":"c-8","status":422,"message":"email must be well formed"}' in printed
    assert printed.endswith(" 207")


@pytest.mark.parametrize(("megabytes", "status"), [(3, 200), (40, 413)])
@pytest.mark.parametrize(
    "transfer", ["Transfer-Encoding: chunked", "Expect: 100-continue", "Expect:", "Connection: close"]
)
def test_a_large_body_with_curl(upsert: Running, tmp_path: Path, megabytes: int, status: int, transfer: str) -> None:
    body = tmp_path / "body.json"
    body.write_text(json.dumps({"records": [GOOD | {"name": "x" * megabytes * 10**6}]}))
    printed = curl(upsert, "-T", str(body), "-X", "POST", "-H", "Content-Type: application/json", "-H", transfer)
    assert printed.endswith(f" {status}")
