"""Each record is sent to an upstream, a bounded number of them at the same time."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from engine import Application

HERE = Path(__file__).parents[2] / "flows"
PATH = "/api/bulk-upsert-parallel"


class Upstream:
    """A real server: refuses ids that begin with `bad`, and counts what it does at the same time."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.running = self.most = 0

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0.01)
        self.running -= 1
        record = await request.json()
        self.seen[f"{request.method} {request.path}"] += 1
        return web.json_response({}, status=409 if record["id"].startswith("bad") else 200)


async def post(url: str, records: Any) -> httpx.Response:
    app = Application.load(HERE, properties={"db.url": "sqlite://", "upstream.url": url})
    transport = httpx.ASGITransport(app.asgi())
    async with app, httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.post(PATH, json={"records": records})


def answer(records: Any, upstream: Upstream | None = None) -> httpx.Response:
    """The answer, with the upstream behind the flow, or nobody."""

    async def run() -> httpx.Response:
        if upstream is None:
            return await post("http://127.0.0.1:1", records)
        runner = web.ServerRunner(web.Server(upstream))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            return await post(f"http://127.0.0.1:{runner.addresses[0][1]}", records)
        finally:
            await runner.cleanup()

    return asyncio.run(run())


def test_each_record_is_sent_and_its_answer_told() -> None:
    upstream = Upstream()
    got = answer([{"id": "c-1"}, {"id": "bad/2"}, {"id": " "}, 5, {"id": "c-3"}], upstream)
    assert got.status_code == 207
    assert got.json()["summary"] == {"total": 5, "succeeded": 2, "failed": 3}
    assert [(result["id"], result["status"]) for result in got.json()["results"]] == [
        ("c-1", 200), ("bad/2", 409), (" ", 422), (None, 422), ("c-3", 200),
    ]  # fmt: skip
    assert set(upstream.seen) == {"PUT /customers/c-1", "PUT /customers/bad/2", "PUT /customers/c-3"}


def test_not_more_than_16_at_the_same_time() -> None:
    upstream = Upstream()
    assert answer([{"id": f"c-{number}"} for number in range(100)], upstream).status_code == 200
    assert sum(upstream.seen.values()) == 100
    assert 1 < upstream.most <= 16


def test_an_upstream_that_cannot_be_reached_is_not_the_records_fault() -> None:
    assert answer([{"id": "c-1"}, {"id": "c-2"}]).status_code == 503


@pytest.mark.parametrize(("records", "status"), [([], 200), (5, 400)])
def test_no_records(records: Any, status: int) -> None:
    assert answer(records, Upstream()).status_code == status
