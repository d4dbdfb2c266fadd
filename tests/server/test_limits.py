"""How much is let in: requests and records under way, for a flow and for all, and how often a caller may come."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fake_clock import FakeClock
from running import PROBLEM, Running, Start

from engine import Application, Refusal
from engine.connectors import Gate

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
%s
flows:
  one:
    %s
    source: {http:listener: {config-ref: Api, path: /one}}
    steps: [{logger: {message: began}}, {slow: {seconds: "%s"}}, {set-payload: {value: done}}]
  other:
    source: {http:listener: {config-ref: Api, path: /other}}
    steps: [{set-payload: {value: other}}]
"""


@contextmanager
def under_way(server: Running, **request: Any) -> Iterator[None]:
    """While a slow request is in the flow."""
    before = server.log.count("engine.flow began")
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(server.post, "/one", **request)
        server.logged("engine.flow began", before + 1)
        yield
        assert answer.result().text == "done"


def check_busy(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.headers["content-type"] == PROBLEM


def test_requests_in_all(start: Start) -> None:
    server = start(FLOWS % ("configuration: {maxConcurrency: 1}", "doc: a", 0.5), "--processors", "elements")
    with under_way(server):
        check_busy(server.client.get("/other"))
        assert server.client.get("/-/live").status_code == 200
    assert server.client.get("/other").text == "other"


@pytest.mark.parametrize(
    ("configuration", "of_flow"), [("configuration: {maxRecords: 5}", "doc: a"), ("", "maxRecords: 5")]
)
def test_records(start: Start, configuration: str, of_flow: str) -> None:
    server = start(FLOWS % (configuration, of_flow, 1.5), "--processors", "elements")
    with under_way(server, json=[1, 2, 3]):
        check_busy(server.post("/one", json={"records": [1, 2, 3], "n": 1}))
        with under_way(server, json={"records": [1, 2]}):
            check_busy(server.post("/one"))
    answer = server.post("/one", json=[0] * 6)
    assert (answer.status_code, answer.json()["detail"]) == (413, "the payload has more than 5 records")
    assert server.post("/one", json=[0] * 5).text == "done"


def test_a_full_flow_refuses_before_the_body_is_read(start: Start) -> None:
    server = start(FLOWS % ("", "maxConcurrency: 1", 0.5), "--processors", "elements")
    head = b"POST /one HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n"
    with under_way(server), server.raw(head) as connection:
        answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 503 ")  # and no 100: the body was never asked for


@pytest.mark.parametrize(
    ("payload", "records"),
    [
        ([1, 2], 2), ([], 0), ({}, 1), (None, 1), ("text", 1), (b"bytes", 1), (7, 1),
        ({"a": [1], "b": [1, 2, 3], "c": {"d": [1] * 9}}, 3), ({"a": []}, 0),
    ],
)  # fmt: skip
def test_what_counts_as_a_record(payload: Any, records: int) -> None:
    gate = Gate(None, 3)
    with gate.weigh(payload):
        assert gate.records == records
    assert gate.records == 0


def test_records_beyond_the_bound() -> None:
    gate = Gate(None, 3)
    with gate.weigh([1, 2]):
        for payload, status in (([1, 2], 503), ([1] * 4, 413)):
            with pytest.raises(Refusal) as caught:
                gate.weigh(payload)
            assert caught.value.status == status
        assert not gate.is_full
        with gate.weigh(7):
            assert gate.is_full


LIMITED = """
configs:
  Api: {http:listener-config: {port: 0}}
flows:
  by-key:
    source:
      http:listener:
        config-ref: Api
        path: /by-key
        rateLimit: {key: "#[attributes.headers.'x-api-key']", limit: 3, period: 1m}
    steps: [{set-payload: {value: done}}]
  by-address:
    source: {http:listener: {config-ref: Api, path: /by-address, rateLimit: {limit: 1, period: 1h}}}
    steps: [{set-payload: {value: done}}]
  broken:
    source: {http:listener: {config-ref: Api, path: /broken, rateLimit: {key: "#[attributes.method + 1]", limit: 1}}}
    steps: [{set-payload: {value: done}}]
"""


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def limited(tmp_path: Path, clock: FakeClock) -> httpx.AsyncClient:
    (tmp_path / "flows.yaml").write_text(LIMITED.split("  broken:")[0])
    app = Application.load(tmp_path / "flows.yaml", clock=clock)
    transport = httpx.ASGITransport(app.asgi(), client=("192.0.2.1", 1))
    return httpx.AsyncClient(transport=transport, base_url="http://test")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_a_caller_that_comes_too_often(limited: httpx.AsyncClient, clock: FakeClock) -> None:
    ada, bob = {"X-API-Key": "ada"}, {"X-API-Key": "bob" * 100}
    for left in (2, 1, 0):
        answer = await limited.get("/by-key", headers=ada)
        assert (answer.status_code, answer.headers["ratelimit"].split(";")[1]) == (200, f"r={left}")
        assert answer.headers["ratelimit-policy"] == '"default";q=3;w=60'
    answer = await limited.post("/by-key", headers=ada, content=b"{no json")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "20")
    assert answer.json()["errorType"] == "HTTP:TOO_MANY_REQUESTS"
    assert (await limited.get("/by-key", headers=bob)).status_code == 200
    assert (await limited.get("/by-key")).status_code == 200  # all without a key are one
    await clock.advance(20)
    assert (await limited.get("/by-key", headers=ada)).status_code == 200
    assert (await limited.get("/by-key", headers=ada)).status_code == 429
    await clock.advance(60)
    assert [(await limited.get("/by-key", headers=ada)).status_code for _ in range(4)] == [200, 200, 200, 429]


@pytest.mark.anyio
async def test_by_address(limited: httpx.AsyncClient) -> None:
    assert [(await limited.get("/by-address")).status_code for _ in range(2)] == [200, 429]


def test_a_key_that_cannot_be_evaluated(start: Start) -> None:
    server = start(LIMITED)
    answer = server.client.get("/broken")
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
    assert "Traceback" not in server.log
