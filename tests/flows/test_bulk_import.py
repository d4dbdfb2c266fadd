"""All records are checked first, the good ones stored; the answer tells all that is wrong with the others."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine import Application

HERE = Path(__file__).parents[2] / "flows"


def record(**changes: Any) -> dict[str, Any]:
    return {"id": "c-1", "name": "Ada", "email": "ada@example.org", "amount": 10} | changes


def post(folder: Path, body: Any) -> tuple[httpx.Response, list[str]]:
    """The answer, and the ids that the table then holds."""

    async def send() -> tuple[httpx.Response, list[str]]:
        app = Application.load(HERE, properties={"db.url": f"sqlite:///{folder}/customers.db"})
        transport = httpx.ASGITransport(app.asgi())
        async with app, httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            answer = await client.post("/api/bulk-import", json=body)
            database: Any = app.parts.configs["Customers_DB"]
            rows = await database.database.select("SELECT id FROM customers ORDER BY id", (), None)
            return answer, [row["id"] for row in rows]

    return asyncio.run(send())


def test_the_example(tmp_path: Path) -> None:
    answer, stored = post(tmp_path, json.loads((HERE / "examples/import.json").read_text()))
    assert (answer.status_code, stored) == (207, ["c-1", "c-2"])
    assert answer.json()["summary"] == {"total": 3, "succeeded": 2, "failed": 1}
    first, second, third = answer.json()["results"]
    assert first == {"index": 0, "id": "c-1", "status": 200, "message": "Success"}
    assert third == {"index": 2, "id": "c-2", "status": 200, "message": "Success"}
    assert (second["index"], second["id"], second["status"]) == (1, "c-8", 422)
    found = {(violation["path"], violation["keyword"]) for violation in second["violations"]}
    assert found == {("", "required"), ("/email", "format"), ("/amount", "type")}


@pytest.mark.parametrize("bad", [5, None, [], {}, record(id=7), record(name=None), record(email="ada")])
def test_a_record_that_does_not_fit_is_not_stored(tmp_path: Path, bad: Any) -> None:
    answer, stored = post(tmp_path, {"records": [record(id="a"), bad, record(id="b")]})
    assert [result["status"] for result in answer.json()["results"]] == [200, 422, 200]
    assert answer.json()["results"][1]["violations"]
    assert stored == ["a", "b"]


def test_a_record_that_fits_and_cannot_be_stored_is_told(tmp_path: Path) -> None:
    answer, stored = post(tmp_path, {"records": [record(name=" "), record(id="b")]})
    failed, _ = answer.json()["results"]
    assert (failed["message"], failed["violations"], stored) == ("name must not be blank", [], ["b"])


@pytest.mark.parametrize(
    ("records", "status", "total"), [([record()], 200, 1), ([record(email="x")], 400, 1), ([], 200, 0)]
)
def test_its_status(tmp_path: Path, records: list[Any], status: int, total: int) -> None:
    answer, _ = post(tmp_path, {"records": records})
    assert (answer.status_code, answer.json()["summary"]["total"]) == (status, total)


def test_records_that_are_no_list_are_refused(tmp_path: Path) -> None:
    answer, _ = post(tmp_path, {"records": "all"})
    assert (answer.status_code, answer.json()["detail"]) == (400, "records must be a list")
