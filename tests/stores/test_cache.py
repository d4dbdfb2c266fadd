"""The cache scope under many callers at once, and in time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from fake_clock import FakeClock, settle

from engine import Application, Chain, Event, FlowError, Processor
from processors.core.cache import Cache

pytestmark = pytest.mark.anyio
Load = Callable[[str], Application]
CALLERS = 20


class Upstream(Processor):
    """What the cache spares: each call waits until the test answers it."""

    def __post_init__(self) -> None:
        self._prepare(calls=[], answers=[])

    async def run(self, event: Event) -> Event:
        answer = asyncio.get_running_loop().create_future()
        self.calls.append(event)
        self.answers.append(answer)
        return event.with_payload(await answer)


def cached(upstream: Upstream, **parameters: object) -> Callable[[], Awaitable[Event]]:
    cache = Cache(steps=Chain([upstream]), **parameters)

    async def call(payload: object = "key", **variables: object) -> Event:
        return await cache.run(Event(payload=payload, vars=variables))

    return call


async def started(*calls: Awaitable[Event]) -> list[asyncio.Task[Event]]:
    tasks = [asyncio.ensure_future(call) for call in calls]
    await settle()
    return tasks


async def test_equal_keys_at_the_same_time_run_the_steps_once() -> None:
    upstream = Upstream()
    call = cached(upstream)
    tasks = await started(*(call(own=number) for number in range(CALLERS)))
    assert len(upstream.calls) == 1
    upstream.answers[0].set_result({"price": 7})
    events = await asyncio.gather(*tasks)
    assert [(event.payload, event.vars) for event in events] == [({"price": 7}, {"own": n}) for n in range(CALLERS)]


async def test_a_result_of_null_is_shared_too() -> None:
    upstream = Upstream()
    call = cached(upstream)
    tasks = await started(call(), call())
    upstream.answers[0].set_result(None)
    assert [event.payload for event in await asyncio.gather(*tasks)] == [None, None]


async def test_different_keys_do_not_wait_for_each_other() -> None:
    upstream = Upstream()
    call = cached(upstream)
    first, second = await started(call("a"), call("b"))
    upstream.answers[1].set_result("of b")
    assert (await second).payload == "of b"
    assert not first.done()
    upstream.answers[0].set_result("of a")
    assert (await first).payload == "of a"


async def test_an_error_reaches_all_that_wait_each_with_its_own_event_and_the_next_tries_again() -> None:
    upstream = Upstream()
    call = cached(upstream)
    tasks = await started(*(call(own=number) for number in range(CALLERS)))
    upstream.answers[0].set_exception(FlowError("APP:DOWN", "it is down", cause=OSError("refused")))
    failures = await asyncio.gather(*tasks, return_exceptions=True)
    assert len(upstream.calls) == 1
    assert len({id(failure) for failure in failures}) == CALLERS
    assert {str(failure) for failure in failures} == {"APP:DOWN: it is down at Upstream"}
    assert [failure.event.vars for failure in failures] == [{"own": number} for number in range(CALLERS)]
    assert all(isinstance(failure.cause, OSError) for failure in failures)

    (again,) = await started(call())
    upstream.answers[1].set_result("up")
    assert (await again).payload == "up"


async def test_where_the_first_is_cancelled_the_next_runs_the_steps() -> None:
    upstream = Upstream()
    call = cached(upstream)
    first, *others = await started(*(call() for _ in range(CALLERS)))
    first.cancel()
    await settle()
    assert len(upstream.calls) == 2
    upstream.answers[1].set_result("done")
    assert {event.payload for event in await asyncio.gather(*others)} == {"done"}
    assert len(upstream.calls) == 2


async def test_one_that_waits_may_be_cancelled() -> None:
    upstream = Upstream()
    call = cached(upstream)
    first, second, third = await started(call(), call(), call())
    second.cancel()
    upstream.answers[0].set_result("done")
    assert [(await task).payload for task in (first, third)] == ["done", "done"]
    assert second.cancelled()


async def test_nothing_is_kept_of_flights_that_have_landed() -> None:
    upstream = Upstream()
    cache = Cache(steps=Chain([upstream]))
    (task,) = await started(cache.run(Event(payload="a")))
    upstream.answers[0].set_result(1)
    await task
    assert cache._flights == {}


TTL = """
configs:
  Store: {os:object-store: {persistent: false, entryTtl: 60}}
flows:
  own: {steps: [{cache: {key: "'k'", ttl: 10s, steps: [{set-payload: {value: "#[payload]"}}]}}]}
  named:
    steps:
      - cache: {cachingStrategy: Store, key: "'named'", steps: [{set-payload: {value: "#[payload]"}}]}
  both:
    steps:
      - cache: {cachingStrategy: Store, key: "'both'", ttl: "#['5s']", steps: [{set-payload: {value: "#[payload]"}}]}
"""


@pytest.mark.parametrize(("flow", "seconds"), [("own", 10), ("named", 60), ("both", 5)])
async def test_a_result_is_remembered_for_its_time(load: Load, clock: FakeClock, flow: str, seconds: int) -> None:
    async with load(TTL) as app:
        assert (await app.run(flow, payload="old")).payload == "old"
        await clock.advance(seconds - 0.001)
        assert (await app.run(flow, payload="new")).payload == "old"
        await clock.advance(0.001)
        assert (await app.run(flow, payload="new")).payload == "new"


MANY = "flows: {f: {steps: [{cache: {key: payload.key, steps: [{set-payload: {value: '#[payload.value]'}}]}}]}}"


async def test_a_cache_without_a_strategy_keeps_a_thousand_results(load: Load) -> None:
    async with load(MANY) as app:
        for number in range(1001):
            await app.run("f", payload={"key": number, "value": "old"})
        assert (await app.run("f", payload={"key": 1000, "value": "new"})).payload == "old"
        assert (await app.run("f", payload={"key": 0, "value": "new"})).payload == "new"


@pytest.mark.parametrize("key", ["x" * 10**6, b"\0" * 10**6, {"a": [1, {"b": None}]}, [[]], 2**200], ids=type)
async def test_a_key_may_be_of_any_kind_and_size(load: Load, key: object) -> None:
    async with load(MANY) as app:
        await app.run("f", payload={"key": key, "value": "old"})
        assert (await app.run("f", payload={"key": key, "value": "new"})).payload == "old"


async def test_a_key_that_cannot_be_stored_is_an_error(load: Load) -> None:
    async with load(MANY) as app:
        with pytest.raises(FlowError, match="OS:INVALID_KEY"):
            await app.run("f", payload={"key": {1, 2}, "value": 1})


async def test_a_cache_works_without_its_store(load: Load, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "object-stores.db").write_bytes(b"no database" * 1000)
    flows = "configs: {S: {os:object-store: {}}}\n" + MANY.replace("key: payload", "cachingStrategy: S, key: payload")
    async with load(flows) as app:
        assert (await app.run("f", payload={"key": 1, "value": "a"})).payload == "a"
        assert (await app.run("f", payload={"key": 1, "value": "b"})).payload == "b"
    assert "the cache works without its store" in caplog.text


DUPLICATES = """
flows:
  once: {steps: [{idempotent-message-validator: {idExpression: payload}}]}
"""


async def test_of_many_equal_messages_at_once_one_passes(load: Load) -> None:
    async with load(DUPLICATES) as app:
        outcomes = await asyncio.gather(*(app.run("once", payload="a") for _ in range(50)), return_exceptions=True)
    types = [str(outcome.type) for outcome in outcomes if isinstance(outcome, FlowError)]
    assert types == ["MULE:DUPLICATE_MESSAGE"] * 49


async def test_an_identifier_is_remembered_for_five_minutes(load: Load, clock: FakeClock) -> None:
    async with load(DUPLICATES) as app:
        await app.run("once", payload="a")
        await clock.advance(299)
        with pytest.raises(FlowError, match="MULE:DUPLICATE_MESSAGE"):
            await app.run("once", payload="a")
        await clock.advance(1)
        await app.run("once", payload="a")


def causes(failure: object) -> list[FlowError]:
    """The error, its cause, the cause of that, and so on."""
    return [failure, *causes(failure.cause)] if isinstance(failure, FlowError) else []


async def test_what_becomes_of_the_error_at_one_caller_is_nobody_elses(load: Load) -> None:
    async with load(IN_HANDLER) as app:
        calls = [app.run("case", payload=str(number)) for number in range(3)]
        failures = await asyncio.gather(*calls, return_exceptions=True)
    firsts = [causes(each)[-1] for each in failures]
    assert [(each.description, len(causes(failure))) for each, failure in zip(firsts, failures, strict=True)] == [
        ("0", 3), ("1", 3), ("2", 3)
    ]  # fmt: skip


IN_HANDLER = """
flows:
  case:
    steps: [{raise-error: {type: "APP:FIRST", description: "#[payload]"}}]
    error-handler:
      - on-error-continue:
          logException: false
          steps:
            - cache:
                key: "'one'"
                steps:
                  - until-successful: {maxRetries: 1, millisBetweenRetries: 0, steps: [{raise-error: {type: "APP:B"}}]}
"""
