"""Scopes and routers that call a real upstream, behind a real server."""

from __future__ import annotations

import asyncio
import logging
from itertools import repeat
from pathlib import Path

import pytest
from fake_clock import FakeClock
from loopback import in_loop, loopback, until
from starlette.responses import Response

RETRY = """
flows:
  f:
    source: {http:listener: {config-ref: Api, path: /}}
    steps:
      - until-successful:
          maxRetries: 4
          backoff: {base: 1s, factor: 2, max: 5s}
          retryOn: HTTP:SERVICE_UNAVAILABLE
          retryAfter: {value: "error.errorMessage.attributes.headers.'retry-after'", max: 60s}
          steps: [{http:request: {url: "${up}/orders"}}]
"""


@in_loop
async def test_until_successful_calls_once_more_than_it_retries_and_waits_as_backoff_says(tmp_path: Path) -> None:
    clock = FakeClock(hurries=True)
    async with loopback(tmp_path, RETRY, clock) as it:
        it.upstream.always(503)
        assert (await it.get()).status_code == 503
        assert len(it.upstream.calls) == 5
        assert clock.slept == [1, 2, 4, 5]


@in_loop
async def test_until_successful_stops_at_the_first_success(tmp_path: Path) -> None:
    clock = FakeClock(hurries=True)
    async with loopback(tmp_path, RETRY, clock) as it:
        statuses = iter([503, 503, 200])
        it.upstream.respond = lambda request: Response(status_code=next(statuses))
        assert (await it.get()).status_code == 200
        assert (len(it.upstream.calls), clock.slept) == (3, [1, 2])


@in_loop
async def test_until_successful_does_not_repeat_what_retry_on_leaves_out(tmp_path: Path) -> None:
    clock = FakeClock(hurries=True)
    async with loopback(tmp_path, RETRY, clock) as it:
        it.upstream.always(404)
        assert (await it.get()).status_code == 502
        assert (len(it.upstream.calls), clock.slept) == (1, [])


@in_loop
async def test_the_upstream_says_when_to_come_again(tmp_path: Path) -> None:
    clock = FakeClock(hurries=True)
    async with loopback(tmp_path, RETRY, clock) as it:
        after = iter(["7", "3600", "-1", "soon", ""])
        it.upstream.respond = lambda request: Response(status_code=503, headers={"retry-after": next(after)})
        await it.get()
        assert clock.slept == [7, 60, 0, 5]


@in_loop
async def test_a_circuit_breaker_made_of_object_store_choice_and_try(tmp_path: Path) -> None:
    clock = FakeClock()
    async with loopback(tmp_path, HOME_MADE_BREAKER, clock) as it:
        it.upstream.always(503)
        assert [(await it.get()).status_code for _ in range(8)] == [502] * 5 + [503] * 3
        assert len(it.upstream.calls) == 5
        await clock.advance(31)
        assert [(await it.get()).status_code for _ in range(2)] == [502, 503]
        assert len(it.upstream.calls) == 6
        await clock.advance(31)
        it.upstream.always(200)
        assert [(await it.get()).status_code for _ in range(3)] == [200] * 3
        assert len(it.upstream.calls) == 9


HOME_MADE_BREAKER = """
configs:
  Api: {http:listener-config: {port: 0}}
  breaker: {os:object-store: {persistent: false}}
  open: {os:object-store: {persistent: false, entryTtl: 30, entryTtlUnit: SECONDS}}
flows:
  f:
    source: {http:listener: {config-ref: Api, path: /}}
    steps:
      - os:contains: {key: shop, objectStore: open, target: isOpen}
      - choice:
          when:
            - expression: vars.isOpen
              steps: [{raise-error: {type: "SHOP:CONNECTIVITY", description: the circuit is open}}]
      - try:
          steps:
            - http:request: {url: "${up}/orders"}
            - os:store: {key: failures, objectStore: breaker, value: 0}
          error-handler:
            - on-error-propagate:
                steps:
                  - os:increment: {key: failures, objectStore: breaker, target: failures}
                  - choice:
                      when:
                        - expression: vars.failures >= 5
                          steps: [{os:store: {key: shop, objectStore: open, value: true}}]
"""

BREAKER = """
flows:
  f:
    source: {http:listener: {config-ref: Api, path: /}}
    steps:
      - circuit-breaker:
          name: shop
          maxFailures: 5
          openFor: 30s
          on: HTTP:SERVICE_UNAVAILABLE, TIMEOUT
          steps: [{http:request: {url: "${up}/orders"}}]
"""


@in_loop
async def test_the_circuit_breaker_under_50_concurrent_callers(tmp_path: Path) -> None:
    clock = FakeClock()
    async with loopback(tmp_path, BREAKER, clock) as it:
        calls = it.upstream.calls
        it.upstream.always(503)
        first = [(await it.get()).status_code for _ in range(5)]
        assert first == [502] * 5

        rejected = await asyncio.gather(*(it.get() for _ in range(50)))
        assert {answer.status_code for answer in rejected} == {503}
        assert len(calls) == 5

        await clock.advance(30)
        it.upstream.gate.clear()
        callers = [it.start() for _ in range(50)]
        await until(lambda: len(calls) == 6 and sum(caller.done() for caller in callers) == 49)
        it.upstream.gate.set()
        assert sorted([(await caller).status_code for caller in callers]) == [502] + [503] * 49
        assert (await it.get()).status_code == 503
        assert len(calls) == 6

        await clock.advance(30)
        it.upstream.always(200)
        assert (await it.get()).status_code == 200
        answers = await asyncio.gather(*(it.get() for _ in range(50)))
        assert {answer.status_code for answer in answers} == {200}
        assert len(calls) == 57


@in_loop
async def test_50_callers_at_a_closed_circuit_open_it_together(tmp_path: Path) -> None:
    async with loopback(tmp_path, BREAKER, FakeClock()) as it:
        it.upstream.always(503)
        it.upstream.gate.clear()
        callers = [it.start() for _ in range(50)]
        await until(lambda: it.upstream.in_flight == 50)
        it.upstream.gate.set()
        assert {(await caller).status_code for caller in callers} == {502}
        assert (await it.get()).status_code == 503
        assert len(it.upstream.calls) == 50


GATHER = """
flows:
  f:
    source: {http:listener: {config-ref: Api, path: /}}
    steps:
      - scatter-gather:
          routes:
            - {steps: [{http:request: {url: "${up}/a"}}]}
            - {steps: [{http:request: {url: "${up}/b"}}]}
            - {steps: [{http:request: {url: "${up}/c"}}]}
"""


@in_loop
async def test_the_routes_of_scatter_gather_are_under_way_together(tmp_path: Path) -> None:
    async with loopback(tmp_path, GATHER) as it:
        it.upstream.gate.clear()
        answer = it.start()
        await until(lambda: it.upstream.in_flight == 3)  # with one after another it would never be
        it.upstream.gate.set()
        assert (await answer).json() == {"0": "ok", "1": "ok", "2": "ok"}


MANY = """
flows:
  f:
    source: {http:listener: {config-ref: Api, path: /}}
    steps:
      - parallel-foreach:
          collection: range(40)
          maxConcurrency: 4
          steps: [{http:request: {url: "${up}/orders", query-params: {n: "#[payload]"}}}]
      - set-payload: {value: "#[payload[].payload]"}
"""


@in_loop
async def test_parallel_foreach_has_four_in_flight_and_never_five(tmp_path: Path) -> None:
    async with loopback(tmp_path, MANY) as it:
        it.upstream.gate.clear()
        it.upstream.respond = lambda request: Response(request.query_params["n"], media_type="application/json")
        answer = it.start()
        await until(lambda: it.upstream.in_flight == 4)
        it.upstream.gate.set()
        assert (await answer).json() == list(range(40))
        assert it.upstream.most_in_flight == 4
        assert len(it.upstream.calls) == 40


NOTIFY = """
flows:
  f:
    source: {http:listener: {config-ref: Api, path: /}}
    steps:
      - async: {steps: [{http:request: {url: "${up}/notify", method: POST}}]}
      - set-payload: {value: answered}
"""


@in_loop
async def test_an_async_notification_does_not_delay_the_answer_and_its_failure_is_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "engine")
    async with loopback(tmp_path, NOTIFY) as it:
        it.upstream.gate.clear()
        it.upstream.always(500)
        answer = await it.client.get("/", headers={"X-Correlation-ID": "order-7"})
        assert answer.text == "answered"
        await until(lambda: it.upstream.in_flight == 1)
        assert caplog.records == []
        it.upstream.gate.set()
        await until(lambda: len(it.app.parts.runtime.tasks) == 0)
    lines = [(record.levelname, record.__dict__["correlation_id"]) for record in caplog.records]
    assert lines == [("ERROR", "order-7")]
    assert "HTTP:INTERNAL_SERVER_ERROR" in caplog.text


BUSY = """
flows:
  busy:
    maxConcurrency: 20
    source: {http:listener: {config-ref: Api, path: /busy}}
    steps: [{http:request: {url: "${up}/orders"}}]
  other:
    source: {http:listener: {config-ref: Api, path: /other}}
    steps: [{set-payload: {value: fine}}]
"""


@in_loop
async def test_a_full_flow_refuses_one_more_at_once_while_another_works(tmp_path: Path) -> None:
    async with loopback(tmp_path, BUSY) as it:
        it.upstream.gate.clear()
        callers = [it.start("/busy") for _ in range(20)]
        await until(lambda: it.upstream.in_flight == 20)
        refused = await it.get("/busy")
        assert (refused.status_code, "retry-after" in refused.headers) == (503, True)
        assert (await it.get("/other")).text == "fine"
        it.upstream.gate.set()
        assert [(await caller).status_code for caller in callers] == list(repeat(200, 20))
        assert (await it.get("/busy")).status_code == 200
        assert len(it.upstream.calls) == 21


DEADLINE = """
flows:
  f:
    timeout: 2s
    source: {http:listener: {config-ref: Api, path: /}}
    steps:
      - parallel-foreach:
          collection: range(10)
          steps:
            - scatter-gather:
                routes:
                  - {steps: [{http:request: {url: "${up}/a"}}]}
                  - {steps: [{http:request: {url: "${up}/b"}}]}
"""


@in_loop
async def test_the_deadline_of_a_flow_leaves_no_route_behind(tmp_path: Path) -> None:
    async with loopback(tmp_path, DEADLINE) as it:
        assert (await it.get()).status_code == 200
        it.upstream.gate.clear()
        before = len(asyncio.all_tasks())
        answer = it.start()
        await until(lambda: it.upstream.in_flight == 20)
        assert (await answer).status_code == 504
        it.upstream.gate.set()
        await until(lambda: len(asyncio.all_tasks()) <= before)
