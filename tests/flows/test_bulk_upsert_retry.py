"""The flow that names what to send again: it answers as bulk-upsert does, and `retry` besides."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine import Application

HERE = Path(__file__).parents[2] / "flows"
PLAIN, WITH_RETRY = "/api/bulk-upsert", "/api/bulk-upsert/retry"


def record(id: str, **changes: Any) -> dict[str, Any]:
    return {"id": id, "name": "Ada", "email": "ada@example.org", "amount": 10} | changes


def post(*requests: tuple[str, Any, str | None]) -> list[httpx.Response]:
    """The answers to some requests, one after another: path, records, Idempotency-Key."""

    async def send() -> list[httpx.Response]:
        app = Application.load(HERE, properties={"db.url": "sqlite://"})
        transport = httpx.ASGITransport(app.asgi())
        async with app, httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return [
                await client.post(path, json={"records": records}, headers={"Idempotency-Key": key} if key else {})
                for path, records, key in requests
            ]

    return asyncio.run(send())


@pytest.mark.parametrize("example", ["all-good", "mixed", "all-bad", "empty", "thousand"])
def test_it_answers_as_the_plain_flow_and_names_what_failed(example: str) -> None:
    records = json.loads((HERE / "examples" / f"{example}.json").read_text())["records"]
    plain, with_retry = post((PLAIN, records, None), (WITH_RETRY, records, None))
    failed = [result["id"] for result in plain.json()["results"] if result["status"] != 200]
    assert with_retry.status_code == plain.status_code
    assert with_retry.json() == {**plain.json(), "retry": failed}


def test_the_caller_corrects_and_sends_again_what_failed() -> None:
    records = [record("a"), record("b", email="ada"), record("c", name="")]
    (answer,) = post((WITH_RETRY, records, None))
    assert (answer.status_code, answer.json()["retry"]) == (207, ["b", "c"])
    (answer,) = post((WITH_RETRY, [record(id) for id in answer.json()["retry"]], None))
    assert (answer.status_code, answer.json()["retry"]) == (200, [])


def test_a_request_that_comes_again_runs_once() -> None:
    mixed = [record("a"), record("b", email="ada")]
    answers = post(
        *[(WITH_RETRY, mixed, "k-1")] * 2, (WITH_RETRY, [record("b")], "k-1"), (WITH_RETRY, mixed[1:], "k-2")
    )
    assert [answer.status_code for answer in answers] == [207, 207, 422, 400]
    assert answers[0].content == answers[1].content
    assert answers[1].headers["idempotent-replayed"] == "true"


def test_records_that_are_no_list_are_refused() -> None:
    (answer,) = post((WITH_RETRY, 5, None))
    assert (answer.status_code, answer.json()["detail"]) == (400, "records must be a list")
