"""Circuits: what opens and closes them, in time and under calls that end late."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from call import Call
from fake_clock import FakeClock
from hypothesis import given
from hypothesis import strategies as st
from loopback import in_loop

from engine import Event, FlowError
from engine.connectors import CRITICAL
from engine.work.runtime import Runtime
from processors.core._circuit import Circuit, Settings
from processors.core.circuit_breaker import CircuitBreaker

FAILURE = FlowError("SHOP:CONNECTIVITY", "the shop is closed")


def circuit(max_failures: int = 2, within: float | None = None, open_for: float = 30) -> tuple[Circuit, FakeClock]:
    clock = FakeClock()
    return Circuit("shop", Settings(max_failures, within, open_for), clock.monotonic), clock


def fail(it: Circuit, times: int = 1) -> None:
    for _ in range(times):
        call = it.enter()
        assert call is not None
        it.note_failure(call, FAILURE)


@in_loop
async def test_failures_that_lie_further_apart_than_within_do_not_open_it() -> None:
    it, clock = circuit(max_failures=3, within=10)
    for _ in range(5):
        fail(it)
        await clock.advance(6)
    assert it.enter() is not None
    fail(it, 2)
    assert it.enter() is None


@in_loop
async def test_it_is_open_for_its_time_to_the_moment() -> None:
    it, clock = circuit(open_for=30)
    fail(it, 2)
    await clock.advance(29.999)
    assert it.enter() is None
    await clock.advance(0.001)
    assert it.enter() is not None


@in_loop
async def test_a_failed_probe_opens_it_for_as_long_again() -> None:
    it, clock = circuit()
    fail(it, 2)
    await clock.advance(30)
    fail(it)
    await clock.advance(29)
    assert it.enter() is None
    await clock.advance(1)
    assert it.enter() is not None


@in_loop
async def test_calls_that_began_before_it_opened_say_nothing_later() -> None:
    it, clock = circuit()
    early, late = it.enter(), it.enter()
    assert early is not None
    assert late is not None
    fail(it, 2)
    it.note_success(early)
    assert it.enter() is None
    await clock.advance(30)
    probe = it.enter()
    assert probe is not None
    it.note_success(early)
    it.note_failure(late, FAILURE)
    it.note_nothing(late)
    assert it.enter() is None  # the probe is still under way
    it.note_success(probe)
    fail(it, 1)
    assert it.enter() is not None


@in_loop
async def test_a_probe_that_is_cancelled_leaves_its_place_to_the_next() -> None:
    clock, gate = FakeClock(), asyncio.Event()
    fails = True

    async def call(event: Event) -> None:
        if fails:
            raise FlowError("APP:BROKEN", "it broke")
        await gate.wait()

    breaker = CircuitBreaker(name="shop", max_failures=1, open_for=30_000, steps=[Call(function=call)])
    breaker.live_in(Runtime(clock))
    with pytest.raises(FlowError):
        await breaker.run(Event())
    fails = False
    await clock.advance(30)
    probe = asyncio.create_task(breaker.run(Event()))
    await asyncio.sleep(0)
    with pytest.raises(FlowError, match="is open"):
        await breaker.run(Event())
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    gate.set()
    await breaker.run(Event())
    await breaker.run(Event())


@in_loop
async def test_a_critical_probe_leaves_its_place_to_the_next() -> None:
    clock, raised = FakeClock(), iter(["APP:BROKEN", "MULE:CRITICAL"])

    async def call(event: Event) -> None:
        for name in raised:
            raise FlowError(name, "it broke")

    breaker = CircuitBreaker(name="shop", max_failures=1, open_for=30_000, steps=[Call(function=call)])
    breaker.live_in(Runtime(clock))
    for _ in range(2):
        with pytest.raises(FlowError) as caught:
            await breaker.run(Event())
        await clock.advance(30)
    assert caught.value.type == CRITICAL
    await breaker.run(Event())


STEPS = st.lists(
    st.tuples(st.sampled_from(["enter", "succeed", "fail", "cancel", "wait"]), st.integers(0, 9)), max_size=60
)


@given(STEPS)
def test_an_open_circuit_lets_one_probe_through_at_most(steps: list[tuple[str, int]]) -> None:
    async def run() -> None:
        it, clock = circuit(max_failures=2, open_for=10)
        under_way: list[int] = []
        ends = {
            "succeed": it.note_success,
            "fail": partial(it.note_failure, failure=FAILURE),
            "cancel": it.note_nothing,
        }
        for what, number in steps:
            if what == "wait":
                await clock.advance(number)
            elif what == "enter":
                was_open = it._opened_at is not None
                call = it.enter()
                if call is None:
                    continue
                assert not (was_open and call in under_way)
                under_way.append(call)
            elif under_way:
                ends[what](under_way.pop(number % len(under_way)))

    asyncio.run(run())
