"""The shipped flow, on a database in memory: which records are stored, and what the caller learns."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine import Application

HERE = Path(__file__).parent
PATH = "/api/bulk-upsert"


def record(**changes: Any) -> dict[str, Any]:
    return {"id": "c-1", "name": "Ada", "email": "ada@example.org", "amount": 10} | changes


def post(*bodies: Any) -> list[httpx.Response]:
    """The answers to some bodies, posted one after another to the flow's own server stack."""

    async def send() -> list[httpx.Response]:
        app = Application.load(HERE / "bulk-upsert.yaml", properties={"db.url": "sqlite://"})
        transport = httpx.ASGITransport(app.asgi())
        async with app, httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return [await client.post(PATH, json=body) for body in bodies]

    return asyncio.run(send())


@pytest.mark.parametrize(
    ("example", "status", "summary"),
    [
        ("all-good", 200, {"total": 3, "succeeded": 3, "failed": 0}),
        ("mixed", 207, {"total": 3, "succeeded": 2, "failed": 1}),
        ("all-bad", 400, {"total": 3, "succeeded": 0, "failed": 3}),
        ("empty", 200, {"total": 0, "succeeded": 0, "failed": 0}),
        ("thousand", 207, {"total": 1000, "succeeded": 990, "failed": 10}),
    ],
)
def test_the_examples(example: str, status: int, summary: dict[str, int]) -> None:
    body = json.loads((HERE / "examples" / f"{example}.json").read_text())
    (answer,) = post(body)
    assert answer.status_code == status
    assert answer.json()["summary"] == summary
    assert [result["id"] for result in answer.json()["results"]] == [record["id"] for record in body["records"]]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (record(id="  "), "id must not be blank"),
        (record(id=None), "id must not be blank"),
        (record(id=7), "id must not be blank"),
        (record(name=""), "name must not be blank"),
        ({"id": "c-1"}, "name must not be blank"),
        (record(email="ada"), "email must be well formed"),
        (record(email=5), "email must be well formed"),
        (record(amount="10"), "amount must be a number"),
        (record(amount=None), "amount must be a number"),
        (record(amount=True), "amount must be a number"),
        (record(amount=2**63), "a value cannot be stored"),
        (5, "a record must be an object"),
        (None, "a record must be an object"),
        ([record()], "a record must be an object"),
    ],
)
def test_a_bad_record_is_told_and_fails_no_other(bad: Any, message: str) -> None:
    (answer,) = post({"records": [record(id="before"), bad, record(id="after")]})
    assert answer.status_code == 207
    assert [result["status"] for result in answer.json()["results"]] == [200, 422, 200]
    assert answer.json()["results"][1]["message"] == message


@pytest.mark.parametrize("body", [None, [], "text", 5, {}, {"records": None}, {"records": 5}, {"records": {"id": "a"}}])
def test_a_body_without_a_list_of_records_is_refused(body: Any) -> None:
    (answer,) = post(body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "records must be a list"


def test_the_same_records_can_be_posted_twice() -> None:
    first, second = post({"records": [record(), record(amount=11)]}, {"records": [record(amount=12)]})
    assert (first.status_code, second.status_code) == (200, 200)
    assert [result["id"] for result in first.json()["results"]] == ["c-1", "c-1"]
