"""A batch job over HTTP: 202, its status, and what became of each record, page by page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine import Application
from engine.limits import LONGEST_OUTCOME, MOST_RESULTS_IN_PAGE

HERE = Path(__file__).parents[2] / "flows"
URL = "/api/bulk-import"


def record(**changes: Any) -> dict[str, Any]:
    return {"id": "c-1", "name": "Ada", "email": "ada@example.org", "amount": 10} | changes


def run(folder: Path, work: Callable[[httpx.AsyncClient], Awaitable[Any]]) -> Any:
    """Run something with a client of the flows, which work on their jobs."""

    async def with_client() -> Any:
        app = Application.load(HERE, properties={"db.url": f"sqlite:///{folder}/customers.db"})
        transport = httpx.ASGITransport(app.asgi())
        async with app, httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            await app.listen()
            return await work(client)

    return asyncio.run(with_client())


async def ended(client: httpx.AsyncClient, answer: httpx.Response) -> dict[str, Any]:
    """The state of a job at its end."""
    assert answer.status_code == 202
    async with asyncio.timeout(30):
        while True:
            state = (await client.get(answer.headers["location"])).json()
            if state["status"] != "EXECUTING":
                return dict(state)
            await asyncio.sleep(0.02)


async def results(client: httpx.AsyncClient, answer: httpx.Response, **query: Any) -> dict[str, Any]:
    found = await client.get(f"{answer.headers['location']}/results", params=query)
    assert found.status_code == 200
    return dict(found.json())


def test_the_example(tmp_path: Path) -> None:
    async def work(client: httpx.AsyncClient) -> None:
        answer = await client.post(URL, json=json.loads((HERE / "examples/import.json").read_text()))
        assert answer.headers["location"] == f"{URL}/{answer.json()['batchJobInstanceId']}"
        state = await ended(client, answer)
        counts = [state[name] for name in ("status", "totalRecords", "successfulRecords", "failedRecords")]
        assert counts == ["SUCCESSFUL", 3, 2, 1]
        failed = await results(client, answer, status="failed")
        (only,) = failed["results"]
        assert (only["recordNumber"], only["step"], only["payload"]["id"]) == (1, "check", "c-8")
        assert only["type"] == "JSON:SCHEMA_NOT_HONOURED"
        assert "/email" in only["message"]
        assert failed["next"] is None

    run(tmp_path, work)


def test_results_come_page_by_page(tmp_path: Path) -> None:
    async def work(client: httpx.AsyncClient) -> None:
        records = [record(id=f"c-{number}", name="Ada" if number % 10 else " ") for number in range(250)]
        answer = await client.post(URL, json=records)
        await ended(client, answer)
        found, after = [], None
        while page := await results(client, answer, **({} if after is None else {"after": after})):
            found += page["results"]
            after = page["next"]
            if after is None:
                break
        assert [each["recordNumber"] for each in found] == list(range(250))
        assert [each["recordNumber"] for each in found if each["status"] == "failed"] == list(range(0, 250, 10))
        page = await results(client, answer, status="failed", limit=2, after=10)
        assert ([each["recordNumber"] for each in page["results"]], page["next"]) == ([20, 30], 30)

    run(tmp_path, work)


@pytest.mark.reaches("MOST_RESULTS_IN_PAGE", "LONGEST_OUTCOME")
def test_a_page_and_a_message_end_somewhere(tmp_path: Path) -> None:
    async def work(client: httpx.AsyncClient) -> None:
        wrong = {f"field-{number}": number for number in range(300)}
        records = [wrong if number == 0 else record(id=f"c-{number}") for number in range(MOST_RESULTS_IN_PAGE + 1)]
        answer = await client.post(URL, json=records)
        await ended(client, answer)
        page = await results(client, answer, limit=5_000)
        assert len(page["results"]) == MOST_RESULTS_IN_PAGE
        assert len(page["results"][0]["message"]) <= LONGEST_OUTCOME
        last = await results(client, answer, limit=5_000, after=page["next"])
        assert [each["recordNumber"] for each in last["results"]] == [MOST_RESULTS_IN_PAGE]

    run(tmp_path, work)


def test_rows_of_csv_and_lines_of_json(tmp_path: Path) -> None:
    async def work(client: httpx.AsyncClient) -> None:
        lines = "\n".join(json.dumps(record(id=f"c-{number}")) for number in range(5))
        sent = {
            "application/x-ndjson": f"{lines}\nno json\n",
            "text/csv": "id,name,email,amount\na,Ada,a@b.example,1\n",
        }
        states = [
            await ended(client, await client.post(URL, content=body, headers={"Content-Type": media_type}))
            for media_type, body in sent.items()
        ]
        assert [(each["totalRecords"], each["failedRecords"]) for each in states] == [(6, 1), (1, 1)]

    run(tmp_path, work)


def test_what_asks_for_the_impossible_is_refused(tmp_path: Path) -> None:
    async def work(client: httpx.AsyncClient) -> None:
        answer = await client.post(URL, json=[record()])
        place = f"{answer.headers['location']}/results"
        wrong = ({"status": "odd"}, {"after": "x"}, {"limit": "0"})
        assert [(await client.get(place, params=query)).status_code for query in wrong] == [400, 400, 400]

    run(tmp_path, work)
