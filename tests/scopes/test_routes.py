"""What cannot be told as a case: how many routes run, what ends them, what is left of them."""

from __future__ import annotations

import asyncio
import gc
import logging
from typing import Any

import pytest
from call import Call
from loopback import in_loop, until

from engine import Application, Chain, Event, FlowError, Processor
from engine.connectors import CRITICAL, Gate
from engine.steps import parallel
from engine.work import nesting, turns
from engine.work.runtime import Runtime
from processors.core import async_
from processors.core.async_ import Async
from processors.core.flow_ref import FlowRef
from processors.core.parallel_foreach import ParallelForeach
from processors.core.scatter_gather import ScatterGather
from processors.core.until_successful import UntilSuccessful


class Crowd:
    """Counts who is inside, and lets them out when the test says so."""

    def __init__(self) -> None:
        self.inside = self.most = self.began = self.ended = self.cancelled = 0
        self.gate = asyncio.Event()

    async def enter(self, event: Event) -> Any:
        self.began += 1
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            await self.gate.wait()
            self.ended += 1
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # what is awaited while it is cancelled is awaited by the scope
            self.cancelled += 1
            raise
        finally:
            self.inside -= 1
        return event.payload


def alive(element: Processor, runtime: Runtime | None = None) -> Processor:
    """The element in an application of its own."""
    element.live_in(runtime or Runtime())
    return element


@pytest.mark.holds_loop("no turn ends in it")
@in_loop
async def test_a_hundred_thousand_items_that_never_wait_need_one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns._turn, "ends", float("inf"))
    most = 0

    async def look(event: Event) -> None:
        nonlocal most
        most = max(most, len(parallel._workers))

    after = await ParallelForeach(steps=[Call(function=look)]).run(Event(payload=list(range(100_000))))
    assert (len(after.payload), most) == (100_000, 1)


@pytest.mark.reaches("MOST_ROUTES")
@in_loop
async def test_items_that_wait_are_bounded_without_a_max_concurrency() -> None:
    crowd = Crowd()
    running = asyncio.create_task(
        ParallelForeach(steps=[Call(function=crowd.enter)]).run(Event(payload=list(range(5_000))))
    )
    await until(lambda: crowd.inside == parallel.MOST_ROUTES)
    crowd.gate.set()
    assert [message.payload for message in (await running).payload] == list(range(5_000))
    assert (crowd.most, crowd.ended) == (1_000, 5_000)


@in_loop
async def test_cancellation_ends_all_routes_and_awaits_them() -> None:
    crowd = Crowd()
    running = asyncio.create_task(
        ParallelForeach(max_concurrency=3, steps=[Call(function=crowd.enter)]).run(Event(payload=list(range(10))))
    )
    await until(lambda: crowd.inside == 3)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (crowd.began, crowd.cancelled, crowd.inside, len(parallel._workers)) == (3, 3, 0, 0)


@in_loop
async def test_critical_ends_the_other_routes_and_leaves_as_it_is() -> None:
    crowd = Crowd()

    async def fail(event: Event) -> None:
        await until(lambda: crowd.inside == 1)
        raise FlowError(CRITICAL, "no more")

    scope = ScatterGather(routes=[{"steps": [Call(function=crowd.enter)]}, {"steps": [Call(function=fail)]}])
    with pytest.raises(FlowError, match="no more") as caught:
        await scope.run(Event())
    assert (caught.value.type, crowd.cancelled) == (CRITICAL, 1)


@in_loop
async def test_a_route_that_is_cancelled_from_inside_is_nobodys_failure() -> None:
    async def cancel_itself(event: Event) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await ParallelForeach(steps=[Call(function=cancel_itself)]).run(Event(payload=[1, 2]))


@in_loop
async def test_a_bug_in_a_route_is_its_unknown(caplog: pytest.LogCaptureFixture) -> None:
    async def bug(event: Event) -> float:
        return 1 / int(event.payload)

    with pytest.raises(FlowError) as caught:
        await ParallelForeach(steps=[Call(function=bug)]).run(Event(payload=[1, 0]))
    child = caught.value.child_errors[0]
    assert (str(child.type), child.description, child.route) == ("MULE:UNKNOWN", "unexpected error in Call", "1")
    assert caplog.text.count("ZeroDivisionError") == 1


@in_loop
async def test_failed_routes_leave_no_circle_to_the_garbage_collector() -> None:
    scope = ParallelForeach(steps=[UntilSuccessful(max_retries=0, steps=[Call(function=_refuse)])])
    await _fails(scope)
    gc.collect()
    gc.disable()
    try:
        await _fails(scope)
        found = [each for each in _unreachable() if isinstance(each, (FlowError, Event))]
    finally:
        gc.enable()
    assert found == []


async def _refuse(event: Event) -> None:
    await asyncio.sleep(0)
    raise FlowError("APP:BROKEN", "it broke")


async def _fails(scope: Processor) -> None:
    with pytest.raises(FlowError):
        await scope.run(Event(payload=[1, 2]))


def _unreachable() -> list[Any]:
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        return list(gc.garbage)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()


@pytest.mark.reaches("DEEPEST_ROUTES")
@in_loop
async def test_routes_that_multiply_stay_bounded() -> None:
    most = 0

    async def look(event: Event) -> None:
        nonlocal most
        await asyncio.sleep(0)
        most = max(most, len(parallel._workers))

    flow = Chain()
    fork = ScatterGather(routes=[{"steps": [Call(function=look), FlowRef(name=_Later(flow))]} for _ in range(2)])
    flow.__init__([fork])  # type: ignore[misc]  # a flow that leads to itself
    with pytest.raises(FlowError, match="more than 50 deep"):
        await flow.run(Event())
    assert most <= 2**parallel.DEEPEST_ROUTES * nesting.DEEPEST_FLOWS  # and not 2 ** 50


@pytest.mark.reaches("MOST_WORKERS")
@in_loop
async def test_the_tasks_of_all_scopes_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "MOST_WORKERS", 20)
    crowd = Crowd()
    scope = ParallelForeach(steps=[Call(function=crowd.enter)])
    running = [asyncio.create_task(scope.run(Event(payload=list(range(15))))) for _ in range(4)]
    await until(lambda: crowd.inside >= 20)
    crowd.gate.set()
    assert [len((await each).payload) for each in running] == [15] * 4
    assert (crowd.ended, crowd.most <= 23) == (60, True)  # each scope has one at least


class _Later:
    """What runs a chain as the flow of a flow-ref."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain

    async def run(self, event: Event) -> Event:
        return await self._chain.run(event)


# async


@pytest.mark.reaches("MOST_IN_BACKGROUND")
@in_loop
async def test_async_runs_max_concurrency_at_once_and_the_others_in_turn() -> None:
    crowd, runtime = Crowd(), Runtime()
    scope = alive(Async(max_concurrency=3, steps=[Call(function=crowd.enter)]), runtime)
    for number in range(10):
        await scope.run(Event(payload=number))
    await until(lambda: crowd.inside == 3)
    assert len(runtime.tasks) == 10
    crowd.gate.set()
    assert await runtime.tasks.drain(10) == 0
    assert (crowd.most, crowd.ended, len(runtime.tasks)) == (3, 10, 0)


@pytest.mark.reaches("MOST_WAITING")
@in_loop
async def test_async_refuses_what_finds_no_room_and_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(async_, "MOST_WAITING", 2)
    crowd, runtime = Crowd(), Runtime()
    scope = alive(Async(max_concurrency=1, steps=[Call(function=crowd.enter)]), runtime)
    for number in range(5):
        event = Event(payload=number, correlation_id=f"c-{number}")
        assert await scope.run(event) is event
    crowd.gate.set()
    assert await runtime.tasks.drain(10) == 0
    lost = [(record.levelname, record.__dict__["correlation_id"]) for record in caplog.records]
    assert (crowd.ended, runtime.tasks.refused, lost) == (3, 2, [("ERROR", "c-3"), ("ERROR", "c-4")])
    assert "MULE:OVERLOAD" in caplog.text


@in_loop
async def test_a_loop_sends_more_to_async_than_may_wait_where_the_steps_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(async_, "MOST_WAITING", 5)
    runtime, seen = Runtime(), []

    async def note(event: Event) -> None:
        seen.append(event.payload)

    scope = alive(Async(max_concurrency=2, steps=[Call(function=note)]), runtime)
    for number in range(100):
        await scope.run(Event(payload=number))
    await runtime.tasks.drain(10)
    assert (len(seen), runtime.tasks.refused) == (100, 0)


@in_loop
async def test_async_work_that_does_not_end_is_cancelled_when_the_application_stops() -> None:
    crowd, runtime = Crowd(), Runtime()
    scope = alive(Async(max_concurrency=1, steps=[Call(function=crowd.enter)]), runtime)
    for number in range(3):
        await scope.run(Event(payload=number))
    await until(lambda: crowd.inside == 1)
    assert await runtime.tasks.drain(0.01) == 3
    assert (crowd.cancelled, len(runtime.tasks)) == (1, 0)


@in_loop
async def test_the_timeout_of_async_is_for_its_steps(caplog: pytest.LogCaptureFixture) -> None:
    crowd, runtime = Crowd(), Runtime()
    scope = alive(Async(timeout="5ms", steps=[Call(function=crowd.enter)]), runtime)
    await scope.run(Event())
    assert await runtime.tasks.drain(10) == 0
    assert (crowd.cancelled, [record.levelname for record in caplog.records]) == (1, ["ERROR"])
    assert "MULE:TIMEOUT" in caplog.text


def test_async_work_ends_before_the_application_has_stopped(tmp_path: Any, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "flow.yaml").write_text(
        """
        flows:
          f: {steps: [{async: {steps: [{until-successful: {maxRetries: 1, millisBetweenRetries: 5, steps: [
            {logger: {message: working}}, {raise-error: {type: "APP:B"}}]}}]}}]}
        """
    )

    async def run() -> None:
        async with Application.load(tmp_path) as app:
            await app.run("f", 1)

    caplog.set_level(logging.INFO, "engine")
    asyncio.run(run())
    assert caplog.text.count("working") == 2


# Gates


@in_loop
async def test_who_is_cancelled_on_the_way_into_a_gate_leaves_the_room_to_the_next() -> None:
    gate, entered = Gate(1), []

    async def enter(name: str) -> None:
        await gate.wait_for_room()
        with gate:
            entered.append(name)

    with gate:
        waiting = [asyncio.create_task(enter(name)) for name in ("a", "b")]
        await asyncio.sleep(0)
    waiting[0].cancel()  # its turn has come, but it has not entered yet
    await asyncio.gather(*waiting, return_exceptions=True)
    assert entered == ["b"]
