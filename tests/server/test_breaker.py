"""A circuit breaker as people write it in Mule, of an object store, a choice and a try, before a real upstream."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from fake_clock import FakeClock
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from engine import Application

InThread = Callable[[ASGIApp], httpx.Client]

FLOWS = """
configuration: {dataDir: %(folder)s}
configs:
  Api: {http:listener-config: {}}
  Upstream: {http:request-config: {url: "%(upstream)s"}}
  Breaker: {os:object-store: {persistent: %(persistent)s, entryTtl: 30, entryTtlUnit: SECONDS}}
flows:
  prices:
    source: {http:listener: {config-ref: Api, path: /prices, allowedMethods: GET}}
    steps:
      - os:retrieve: {objectStore: Breaker, key: failures, default-value: 0, target: failures}
      - choice:
          when:
            - expression: vars.failures >= 5
              steps: [{raise-error: {type: "APP:CONNECTIVITY", description: the upstream is given a rest}}]
      - try:
          steps: [{http:request: {config-ref: Upstream, path: /prices}}]
          error-handler:
            - on-error-propagate:
                logException: false
                steps: [{os:increment: {objectStore: Breaker, key: failures, target: failures}}]
      - choice:
          when:
            - expression: vars.failures > 0
              steps: [{os:clear: {objectStore: Breaker}}]
"""
FAILED, REJECTED, SERVED = 502, 503, 200


class Upstream:
    """Answers with the status that it is told, and counts."""

    def __init__(self) -> None:
        self.status = 200
        self.calls = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.calls += 1
            await PlainTextResponse("7.50", self.status)(scope, receive, send)


@pytest.mark.parametrize("persistent", ["false", "true"])
def test_a_breaker_opens_rests_and_probes(in_thread: InThread, tmp_path: Path, persistent: str) -> None:
    upstream, clock = Upstream(), FakeClock()
    values = {"folder": tmp_path, "upstream": in_thread(upstream).base_url, "persistent": persistent}
    (tmp_path / "flows.yaml").write_text(FLOWS % values)
    client = in_thread(Application.load(tmp_path / "flows.yaml", clock=clock).asgi())

    def answers(times: int) -> list[int]:
        return [client.get("/prices").status_code for _ in range(times)]

    upstream.status = 500
    assert answers(4) == [FAILED] * 4
    upstream.status = 200
    assert answers(1) == [SERVED]  # it closes the breaker: the four failures count no more

    upstream.status = 500
    assert answers(8) == [FAILED] * 5 + [REJECTED] * 3
    assert upstream.calls == 4 + 1 + 5  # who is rejected calls nobody

    asyncio.run(clock.advance(29))
    assert (answers(1), upstream.calls) == ([REJECTED], 10)

    asyncio.run(clock.advance(1))  # since the first of the five failures
    upstream.status = 200
    assert (answers(2), upstream.calls) == ([SERVED] * 2, 12)
