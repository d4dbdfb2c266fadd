"""The same in fewer words: the flow with collect answers as the one that is written out."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine import Application

HERE = Path(__file__).parents[2] / "flows"
BAD_BODIES = [None, [], {"records": 5}]


def post(*bodies: Any) -> list[tuple[httpx.Response, httpx.Response]]:
    """The answers of both flows, each on a database of its own, to some bodies one after another."""

    async def send(path: str) -> list[httpx.Response]:
        app = Application.load(HERE, properties={"db.url": "sqlite://"})
        transport = httpx.ASGITransport(app.asgi())
        async with app, httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return [await client.post(path, json=body) for body in bodies]

    paths = ("/api/bulk-upsert", "/api/bulk-upsert-collect")
    return list(zip(*(asyncio.run(send(path)) for path in paths), strict=True))


def test_it_answers_as_the_long_one() -> None:
    examples = [json.loads(file.read_text()) for file in sorted((HERE / "examples").glob("*.json"))]
    for long, short in post(*examples):
        assert (short.status_code, short.json()) == (long.status_code, long.json())


@pytest.mark.parametrize("bad", [{"id": None}, {"amount": 2**63}, 5, None, []])
def test_a_bad_record_is_told_in_the_same_words(bad: Any) -> None:
    good = {"id": "c-1", "name": "Ada", "email": "ada@example.org", "amount": 10}
    ((long, short),) = post({"records": [good, bad, good]})
    assert (short.status_code, short.json()) == (long.status_code, long.json()) == (207, long.json())


def test_a_body_without_a_list_of_records_is_refused() -> None:
    for long, short in post(*BAD_BODIES):
        assert short.status_code == 400
        assert short.json()["detail"] == long.json()["detail"] == "records must be a list"


def test_it_has_at_most_25_lines() -> None:
    assert len((HERE / "bulk-upsert-collect.yaml").read_text().splitlines()) <= 25
