"""What elements do that share their state with other processes, and while they cannot reach it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis_server import MISSING, RedisServer

from engine import Application, Event, FlowError

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(bool(MISSING), reason=MISSING)]
Start = Callable[..., Any]
AWAY = "OS:STORE_NOT_AVAILABLE"

FLOWS = """
configuration: {{name: shop, stateUrl: "{url}"}}
configs: {{Api: {{http:listener-config: {{}}}}, Acts: {{os:object-store: {{persistent: false}}}}}}
flows:
  order:
    source:
      http:listener:
        config-ref: Api
        path: /orders
        allowedMethods: POST
        idempotency: {{{away}}}
        redelivery-policy: {{maxRedeliveryCount: 0, idExpression: payload.id, {away}}}
    steps:
      - os:increment: {{objectStore: Acts, key: acts, target: acts}}
      - choice:
          when: [{{expression: payload.bad, steps: [{{raise-error: {{type: "SHOP:BAD"}}}}]}}]
          otherwise: {{steps: [{{set-payload: {{value: taken}}}}]}}
  once:
    steps: [{{idempotent-message-validator: {{idExpression: payload, {away}}}}}]
  price:
    steps:
      - cache:
          {away}
          steps: [{{os:increment: {{objectStore: Acts, key: prices}}}}]
  call:
    steps: [{{circuit-breaker: {{name: shop, {away}, steps: [{{set-payload: {{value: called}}}}]}}}}]
  default:
    steps: [{{os:increment: {{key: count}}}}]
"""


@pytest.fixture
def server(tmp_path: Path) -> Any:
    """A server that the test may end."""
    server = RedisServer(tmp_path / "redis")
    yield server
    server.thaw()
    server.kill()


@pytest.fixture
async def start(server: RedisServer, tmp_path: Path) -> AsyncIterator[Start]:
    """Starts a process of the application, as far as the home can tell."""
    apps: list[Application] = []

    async def starting(away: str = "", text: str = FLOWS) -> Application:
        text = text if away else text.replace(", {away}", "")
        folder = tmp_path / str(len(apps))
        folder.mkdir()
        (folder / "flows.yaml").write_text(text.format(url=server.url, away=away))
        apps.append(Application.load(folder / "flows.yaml", name="same"))
        await apps[-1].start()
        return apps[-1]

    yield starting
    for app in apps:
        await app.stop()


async def outcome(app: Application, flow: str, payload: Any = 7) -> Any:
    try:
        return (await app.run(flow, payload)).payload
    except FlowError as failure:
        return str(failure.type)


async def delivered(app: Application) -> str:
    """The type of the error of a delivery of the same bad message."""
    with pytest.raises(FlowError) as caught:
        await app.flows["order"].serve(Event(payload={"id": 9, "bad": True}), lambda event: event.payload)
    return str(caught.value.type)


async def post(app: Application, key: str, payload: Any) -> httpx.Response:
    transport = httpx.ASGITransport(app.asgi())
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        return await client.post("/orders", json=payload, headers={"idempotency-key": key})


async def test_two_processes_know_the_same_keys_identifiers_and_results(start: Start) -> None:
    one, other = await start(), await start()
    assert [await outcome(one, "once"), await outcome(other, "once")] == [7, "MULE:DUPLICATE_MESSAGE"]
    assert [await outcome(one, "price"), await outcome(other, "price")] == [1, 1]
    assert [await outcome(one, "default"), await outcome(other, "default")] == [1, 2]
    first, again = await post(one, "k", {"id": 1}), await post(other, "k", {"id": 1})
    assert [first.text, again.text] == ["taken", "taken"]
    assert again.headers["idempotent-replayed"] == "true"
    assert (await post(other, "k", {"id": 2})).status_code == 422


async def test_two_processes_count_the_failures_of_a_message_together(start: Start) -> None:
    one, other = await start(), await start()
    assert [await delivered(one), await delivered(other)] == ["SHOP:BAD", "MULE:REDELIVERY_EXHAUSTED"]


async def test_results_of_other_flows_are_others(start: Start) -> None:
    one, other = await start(), await start(text=FLOWS.replace("key: prices", "key: prices, by: 5"))
    assert [await outcome(one, "price"), await outcome(other, "price")] == [1, 5]


async def test_by_default_what_must_be_known_fails_and_the_rest_goes_on(start: Start, server: RedisServer) -> None:
    app = await start()
    assert [await outcome(app, flow) for flow in ("once", "price", "call", "default")] == [7, 1, "called", 1]
    server.kill()
    assert [await outcome(app, flow) for flow in ("once", "price", "call", "default")] == [AWAY, 2, "called", AWAY]
    refused = await post(app, "k", {"id": 1})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    server.start()
    await asyncio.sleep(0.3)
    assert [await outcome(app, flow) for flow in ("once", "price", "call", "default")] == [7, 3, "called", 1]
    assert (await post(app, "k", {"id": 1})).status_code == 200


async def test_all_may_go_on(start: Start, server: RedisServer) -> None:
    app = await start("whenAway: GO_ON")
    server.kill()
    assert [await outcome(app, flow) for flow in ("once", "once", "price", "call")] == [7, 7, 1, "called"]
    assert [(await post(app, "k", {"id": 1})).status_code for _ in range(2)] == [200, 200]


async def test_all_may_fail(start: Start, server: RedisServer) -> None:
    app = await start("whenAway: FAIL")
    server.kill()
    assert [await outcome(app, flow) for flow in ("once", "price", "call")] == [AWAY] * 3
    assert (await post(app, "k", {"id": 1})).status_code == 503


async def test_a_test_of_the_flows_keeps_to_itself(start: Start, server: RedisServer, tmp_path: Path) -> None:
    """It needs no server, and what it stores is gone after it."""
    from engine.testing.working import Order, run_file

    await start()
    server.kill()
    (tmp_path / "0" / "flows.test.yaml").write_text("""
cases:
  counts: {flow: default, expect: {payload: 1}}
  passes: {flow: once, given: {payload: 7}, expect: {payload: 7}}
""")
    found = await asyncio.to_thread(run_file, tmp_path / "0" / "flows.test.yaml", Order())
    assert [(case.name, case.status) for case in found.results] == [("counts", "passed"), ("passes", "passed")]
