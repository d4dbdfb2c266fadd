"""A circuit in a home: two processes see the same one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from fake_clock import FakeClock

from engine import Application, FlowError
from engine.connectors import Bounds, Counter, home_of, restore, serialise
from processors.core._circuit import State
from processors.core._shared_circuit import SharedCircuit

pytestmark = pytest.mark.anyio
Pass = Callable[[float], Awaitable[None]]
Nodes = Callable[[str], Awaitable[list[Application]]]

FLOWS = """
configuration: {{name: {name}, stateUrl: "{url}"}}
flows:
  call:
    steps:
      - circuit-breaker:
          name: shop
          maxFailures: 3
          openFor: 30s
          on: "SHOP:DOWN"
          {more}
          steps:
            - choice:
                when:
                  - expression: payload == 'down'
                    steps: [{{raise-error: {{type: "SHOP:DOWN", description: no answer}}}}]
                  - expression: payload == 'slow'
                    steps:
                      - until-successful:
                          maxRetries: 1
                          millisBetweenRetries: 1h
                          steps: [{{raise-error: {{type: "APP:SLOW"}}}}]
"""
DOWN, OPEN = "SHOP:DOWN", "MULE:CIRCUIT_OPEN"


@pytest.fixture(params=["sqlite", "redis", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
async def nodes(url: str, runtime: Any, clock: FakeClock, tmp_path: Path) -> AsyncIterator[Nodes]:
    """Starts two processes of one application, as far as the home can tell."""
    started: list[Application] = []

    async def start(more: str = "within: 60s") -> list[Application]:
        (tmp_path / "flows.yaml").write_text(FLOWS.format(name=runtime.application, url=url, more=more))
        started.extend(Application.load(tmp_path / "flows.yaml", clock=clock) for _ in range(2))
        for app in started:
            await app.start()
        return started

    yield start
    for app in started:
        await app.stop()


@pytest.fixture
def passing(kind: str, url: str, runtime: Any, clock: FakeClock) -> Pass:
    """Lets seconds pass: in a server, whose clock is nobody's to move, what is kept of circuits grows older."""

    async def grow_older(seconds: float) -> None:
        home = home_of(runtime, url)
        assert home is not None
        shelf = home.shelf("~circuits", Bounds(None, None, 1, Counter(), Counter()))
        for key, data in await shelf.items():
            state = restore(data)
            for name in ("openedAt", "probeBegan"):
                state[name] = state[name] and state[name] - seconds
            state["failures"] = [each - seconds for each in state["failures"]]
            assert await shelf.swap(key, data, serialise(state), None)

    return clock.advance if kind == "sqlite" else grow_older


async def call(app: Application, payload: str = "up") -> str:
    try:
        return str((await app.run("call", payload)).payload)
    except FlowError as failure:
        return str(failure.type)


@pytest.mark.parametrize("more", ["within: 60s", "doc:name: in a row"])
async def test_failures_of_two_processes_count_together(nodes: Nodes, more: str) -> None:
    one, other = await nodes(more)
    assert [await call(one, "down"), await call(other, "down"), await call(one, "down")] == [DOWN] * 3
    assert [await call(one), await call(other)] == [OPEN] * 2
    with pytest.raises(FlowError) as caught:
        await other.run("call", "up")
    assert str(caught.value.cause).startswith("SHOP:DOWN: no answer at call/steps/0")


async def test_a_success_in_between_begins_the_count_anew_unless_it_counts_within_a_time(nodes: Nodes) -> None:
    one, other = await nodes("doc:name: in a row")
    assert [await call(one, "down"), await call(other, "down"), await call(other)] == [DOWN, DOWN, "up"]
    assert [await call(one, "down"), await call(one, "down"), await call(other)] == [DOWN, DOWN, "up"]


async def test_one_of_all_probes_and_all_know_what_it_finds(nodes: Nodes, passing: Pass) -> None:
    one, other = await nodes("within: 60s")
    for _ in range(3):
        await call(one, "down")
    await passing(30)
    probe = await probing(other)
    assert await call(one) == OPEN
    probe.cancel()
    await asyncio.wait([probe])
    await asyncio.sleep(0.1)
    assert await call(one, "down") == DOWN  # the next probe, which fails
    assert await call(other) == OPEN
    await passing(30)
    assert [await call(other), await call(one)] == ["up", "up"]


async def test_a_probe_whose_process_has_ended_is_given_up(nodes: Nodes, passing: Pass) -> None:
    one, other = await nodes("within: 60s")
    for _ in range(3):
        await call(one, "down")
    await passing(30)
    probe = await probing(other)
    assert await call(one) == OPEN
    await passing(31)  # and nobody has heard of the probe
    assert [await call(one), await call(other)] == ["up", "up"]
    probe.cancel()
    await asyncio.wait([probe])


async def test_many_calls_at_once_open_it_once(nodes: Nodes) -> None:
    apps = await nodes("within: 60s")
    outcomes = await asyncio.gather(*(call(apps[number % 2], "down") for number in range(100)))
    assert set(outcomes) <= {DOWN, OPEN}
    assert [await call(app) for app in apps] == [OPEN] * 2


async def probing(app: Application) -> asyncio.Task[str]:
    """A call that is under way, and for which the circuit is half-open."""
    probe = asyncio.create_task(call(app, "slow"))
    async with asyncio.timeout(5):
        while State.PROBING not in _states(app):  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.01)
    return probe


def _states(app: Application) -> list[State]:
    kept = app.parts.runtime._kept.values()
    return [each.value.state for each in kept if isinstance(each.value, SharedCircuit)]
