"""A rate limit in a home: all who count there let in as many as one of them would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis_server import MISSING, RedisServer

from engine import Application, Runtime
from engine.connectors import Home, home_of

pytestmark = pytest.mark.anyio
Pass = Callable[[float], Awaitable[None]]
FLOWS = """
configuration: {{name: {name}, stateUrl: "{url}"}}
configs: {{Api: {{http:listener-config: {{}}}}}}
flows:
  orders:
    source:
      http:listener:
        config-ref: Api
        path: /orders
        allowedMethods: GET
        rateLimit: {{limit: 3, period: 60s, key: "#[attributes.queryParams.who]", {more}}}
    steps: [{{set-payload: {{value: taken}}}}]
"""


@pytest.fixture(params=["sqlite", "redis", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def home(url: str, runtime: Runtime) -> Home:
    home = home_of(runtime, url)
    assert home is not None
    return home


async def test_as_many_as_the_limit_are_admitted_and_then_one_for_each_step(home: Home, passing: Pass) -> None:
    admitted = [await home.admit("orders", "a", 10.0, 30.0) for _ in range(5)]
    assert [each.is_admitted for each in admitted] == [True] * 3 + [False] * 2
    assert [round(each.seconds) for each in admitted] == [10, 20, 30, 10, 10]
    await passing(10)
    assert [(await home.admit("orders", "a", 10.0, 30.0)).is_admitted for _ in range(2)] == [True, False]


async def test_each_key_and_each_rate_counts_for_itself(home: Home) -> None:
    for key in ("a", "b", "", "ü" * 100, "a:b}"):
        assert (await home.admit("orders", key, 30.0, 30.0)).is_admitted
        assert not (await home.admit("orders", key, 30.0, 30.0)).is_admitted
    assert (await home.admit("returns", "a", 30.0, 30.0)).is_admitted


@pytest.mark.parametrize("limit", [1, 7, 200])
async def test_of_many_at_once_as_many_are_admitted_as_the_limit_says(home: Home, limit: int) -> None:
    found = await asyncio.gather(*(home.admit("orders", "a", 3600 / limit, 3600.0) for _ in range(2 * limit)))
    assert sum(each.is_admitted for each in found) == limit


async def test_a_limit_that_nobody_reaches_admits(home: Home) -> None:
    """A step that is less than what a clock tells apart."""
    assert all([(await home.admit("orders", "a", 1e-9, 1.0)).is_admitted for _ in range(3)])


async def served(tmp_path: Path, name: str, url: str, more: str = "") -> AsyncIterator[list[httpx.AsyncClient]]:
    (tmp_path / "flows.yaml").write_text(FLOWS.format(name=name, url=url, more=more))
    async with AsyncExitStack() as stack:
        clients = []
        for _ in range(2):
            app = await stack.enter_async_context(Application.load(tmp_path / "flows.yaml"))
            transport = httpx.ASGITransport(app.asgi())
            client = httpx.AsyncClient(transport=transport, base_url="http://here")
            clients.append(await stack.enter_async_context(client))
        yield clients


async def statuses(clients: list[httpx.AsyncClient], who: str, times: int) -> list[int]:
    """The statuses of requests that go to each in turn."""
    return [
        (await clients[number % len(clients)].get("/orders", params={"who": who})).status_code
        for number in range(times)
    ]


async def test_two_processes_let_in_as_many_as_one(url: str, runtime: Any, tmp_path: Path) -> None:
    async for clients in served(tmp_path, runtime.application, url):
        assert await statuses(clients, "a", 5) == [200, 200, 200, 429, 429]
        assert await statuses(clients, "b", 4) == [200, 200, 200, 429]
        answer = await clients[0].get("/orders", params={"who": "c"})
        assert answer.headers["ratelimit"] == '"default";r=2;t=20'
        refused = await clients[1].get("/orders", params={"who": "a"})
        assert 15 <= int(refused.headers["retry-after"]) <= 20


async def test_memory_is_each_process_s_own(url: str, runtime: Any, tmp_path: Path) -> None:
    async for clients in served(tmp_path, runtime.application, url, 'url: "memory://"'):
        assert await statuses(clients, "a", 8) == [200] * 6 + [429] * 2


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.parametrize(("more", "status"), [("", 200), ("whenAway: FAIL", 503)])
async def test_without_the_server_requests_go_in_uncounted_or_are_refused_and_it_heals(
    tmp_path: Path, more: str, status: int
) -> None:
    server = RedisServer(tmp_path / "redis")
    async for clients in served(tmp_path, "shop", server.url, more):
        assert await statuses(clients, "a", 5) == [200, 200, 200, 429, 429]
        server.kill()
        assert await statuses(clients, "a", 5) == [status] * 5
        server.start()
        await asyncio.sleep(0.3)
        assert await statuses(clients, "a", 5) == [200, 200, 200, 429, 429]  # the new server knows of none
    server.kill()
