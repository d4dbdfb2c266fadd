"""What queues promise wherever they live: in memory, in a file, with a server that machines share."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from engine import Application, Event, FlowError
from engine.operation.snapshot import snapshot
from engine.values.tracing import continue_trace, trace_headers

pytestmark = pytest.mark.anyio

FLOWS = """
configuration: {name: "%(name)s", dataDir: "%(folder)s", shutdownTimeout: 200ms}
configs:
  VM:
    vm:config:
      %(url)s
      queues:
        - {queueName: in, queueType: %(kind)s, maxOutstandingMessages: 3}
        - {queueName: out, queueType: %(kind)s}
        - {queueName: dead, queueType: %(kind)s}
  Own: {vm:config: {queues: [{queueName: never}]}}
flows:
  put: {steps: [{vm:publish: {config-ref: VM, queueName: in, timeout: 10}}]}
  put-soon: {steps: [{vm:publish: {config-ref: VM, queueName: in, timeout: 150ms}}]}
  ask: {steps: [{vm:publish-consume: {config-ref: VM, queueName: in, timeout: 10}}]}
  ask-soon: {steps: [{vm:publish-consume: {config-ref: VM, queueName: in, timeout: 150ms}}]}
  take: {steps: [{vm:consume: {config-ref: VM, queueName: out, timeout: 5}}]}
  take-soon: {steps: [{vm:consume: {config-ref: VM, queueName: out, timeout: 0}}]}
  take-dead: {steps: [{vm:consume: {config-ref: VM, queueName: dead, timeout: 5}}]}
  take-in: {steps: [{vm:consume: {config-ref: VM, queueName: in, timeout: 5}}]}
"""
WORK = """
  work:
    source: {vm:listener: {config-ref: VM, queueName: in, numberOfConsumers: %(consumers)s%(policy)s}}
    steps:
      - logger: {message: "begin #[payload] #[attributes.attempts]"}
      - try:
          steps: [{vm:consume: {config-ref: Own, queueName: never, timeout: %(pause)s}}]
          error-handler: [{on-error-continue: {logException: false}}]
      %(step)s
      - vm:publish: {config-ref: VM, queueName: out}
    %(handler)s
"""
FAIL = "- choice: {when: [{expression: payload == 'bad', steps: [{raise-error: {type: 'APP:DOWN', description: no}}]}]}"
Open = Callable[..., Awaitable[Application]]
PLACES = ["memory", "file", "memory url", "file url", "redis", "rabbitmq"]
SHARED = ["redis", "rabbitmq"]


def work(consumers: int = 4, *, pause: str = "10ms", policy: str = "", step: str = "", handler: str = "") -> str:
    policy = policy and f", redelivery-policy: {policy}"
    return WORK % {"consumers": consumers, "pause": pause, "policy": policy, "step": step, "handler": handler}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _levels(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> str:
    place: str = request.param
    return place


@pytest.fixture
def known(place: str, tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, str]:
    """What the flow file says of the place."""
    known = {"name": "shop", "folder": str(tmp_path / "data"), "url": "", "kind": "TRANSIENT"}
    if place == "file":
        return known | {"kind": "PERSISTENT"}
    if place == "memory url":
        return known | {"url": "url: 'memory://'", "kind": "PERSISTENT"}
    if place == "file url":
        return known | {"url": f"url: 'sqlite:///{tmp_path}/shared.db'"}
    if place in SHARED:
        server = request.getfixturevalue({"redis": "redis", "rabbitmq": "rabbit"}[place])
        return known | {"url": f"url: '{server.url}'", "name": server.new_application()}
    return known


@pytest.fixture
async def open_app(known: dict[str, str], tmp_path: Path, anyio_backend: str) -> AsyncIterator[Open]:
    """Opens applications with more flows, each as if on a machine of its own; those that are open in the end stop."""
    opened: list[Application] = []

    async def opening(more: str = "", **options: Any) -> Application:
        file = tmp_path / f"flows-{len(opened)}.yaml"
        file.write_text(FLOWS % known + more)
        app = Application.load(file, **options)
        opened.append(app)
        await app.listen() if more else await app.start()
        return app

    yield opening
    for app in opened:
        await app.stop()


def begun(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [message.removeprefix("begin ") for message in caplog.messages if message.startswith("begin ")]


async def payloads(app: Application, flow: str, number: int) -> list[Any]:
    return [(await app.run(flow)).payload for _ in range(number)]


def measured(app: Application, name: str) -> float | None:
    """What a measure tells of the queue `in` now; None if that is not known."""
    found = [each["series"] for each in snapshot(app.measures) if each["name"] == name]
    return next((value for labels, value in found[0] if "in" in labels), None)


async def begin(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """Let it come to where it waits."""
    task = asyncio.create_task(work)
    await asyncio.sleep(0.05)
    return task


async def until(holds: Callable[[], object], seconds: float = 20) -> None:
    deadline = monotonic() + seconds
    while not holds():
        assert monotonic() < deadline, "it does not come about"
        await asyncio.sleep(0.02)


async def test_messages_keep_their_order_types_and_ids(open_app: Open) -> None:
    app = await open_app()
    sent: list[Any] = [{"a": [1, 2.5, None]}, b"\x00\xff", "ä"]
    for each in sent:
        await app.flows["put"].run(Event(payload=each, correlation_id=f"id {each!r}", media_type="text/x"))
    found = [await app.flows["take-in"].run(Event()) for _ in sent]
    assert [event.payload for event in found] == sent
    assert [event.attributes["correlationId"] for event in found] == [f"id {each!r}" for each in sent]
    assert {event.attributes["attempts"] for event in found} == {1}
    assert {event.media_type for event in found} == {"text/x"}
    assert found[0].attributes["queueName"] == "in"


async def test_an_empty_queue_and_a_full_one_are_told_in_time(open_app: Open) -> None:
    app = await open_app()
    with pytest.raises(FlowError, match="VM:EMPTY_QUEUE"):
        await app.run("take-soon")
    for number in range(3):
        await app.run("put-soon", number)
    with pytest.raises(FlowError, match="VM:QUEUE_TIMEOUT: the queue is full"):
        await app.run("put-soon", 3)
    with pytest.raises(FlowError, match="VM:QUEUE_TIMEOUT: no answer"):
        await app.run("ask-soon", 3)
    assert await payloads(app, "take-in", 3) == [0, 1, 2]


async def test_who_waits_for_room_or_for_a_message_gets_it_in_turn(open_app: Open) -> None:
    app = await open_app()
    takers = [await begin(app.run("take-in")) for _ in range(3)]
    takers[1].cancel()
    for number in (1, 2):
        await app.run("put", number)
    assert [(await takers[0]).payload, (await takers[2]).payload] == [1, 2]
    for number in range(3):
        await app.run("put", number)
    late = [await begin(app.run("put", number)) for number in (3, 4)]
    assert not any(task.done() for task in late)
    assert await payloads(app, "take-in", 5) == [0, 1, 2, 3, 4]
    await asyncio.gather(*late)


async def test_publishers_that_come_together_are_let_in_in_turn_and_never_pass_the_bound(open_app: Open) -> None:
    app = await open_app()
    soon = await asyncio.gather(*(app.run("put-soon", number) for number in range(12)), return_exceptions=True)
    assert [isinstance(each, FlowError) for each in soon] == [False] * 3 + [True] * 9
    late = [asyncio.create_task(app.run("put", number)) for number in range(3, 9)]
    await asyncio.sleep(0.3)
    late[1].cancel()
    assert await payloads(app, "take-in", 8) == [0, 1, 2, 3, 5, 6, 7, 8]
    await asyncio.gather(*late, return_exceptions=True)
    assert [task.cancelled() for task in late] == [False, True, False, False, False, False]


async def test_one_consumer_keeps_the_order_and_many_handle_all(
    open_app: Open, caplog: pytest.LogCaptureFixture
) -> None:
    app = await open_app(work(1, pause="1ms"))
    for number in range(8):
        await app.run("put", number)
    assert await payloads(app, "take", 8) == list(range(8))
    assert begun(caplog) == [f"{number} 1" for number in range(8)]


async def test_callers_get_each_their_answer_or_the_error(open_app: Open) -> None:
    app = await open_app(work(8, pause="0ms", step=f"{FAIL}\n      - set-payload: {{value: '#[[payload]]'}}"))
    answers = await asyncio.gather(*(app.run("ask", number) for number in range(40)))
    assert [answer.payload for answer in answers] == [[number] for number in range(40)]
    with pytest.raises(FlowError, match="VM:PUBLISH_CONSUMER_FLOW_ERROR") as caught:
        await app.run("ask", "bad")
    cause = caught.value.cause
    assert isinstance(cause, FlowError)
    assert (str(cause.type), cause.description) == ("APP:DOWN", "no")


async def test_what_failed_too_often_goes_to_the_dead_letters(open_app: Open, caplog: pytest.LogCaptureFixture) -> None:
    handler = (
        "error-handler: [{on-error-continue: {type: REDELIVERY_EXHAUSTED, logException: false,"
        " steps: [{vm:publish: {config-ref: VM, queueName: dead}}]}}]"
    )
    policy = "{maxRedeliveryCount: 2, delay: 20ms}"
    app = await open_app(work(1, pause="1ms", policy=policy, step=FAIL, handler=handler))
    await app.run("put", "bad")
    await app.run("put", "good")
    assert await payloads(app, "take-dead", 1) == ["bad"]
    assert await payloads(app, "take", 1) == ["good"]
    assert begun(caplog) == ["bad 1", "bad 2", "bad 3", "good 1"]


async def test_what_shutdown_cuts_short_comes_again_in_its_place(
    open_app: Open, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = await open_app(work(2, pause="60s"))
    for number in range(3):
        await app.run("put", number)
    await until(lambda: len(begun(caplog)) == 2)
    await app.stop()
    caplog.clear()
    again = await open_app(work(1, pause="1ms"))
    if place.startswith("memory"):
        with pytest.raises(FlowError, match="VM:EMPTY_QUEUE"):
            await again.run("take-soon")
        return
    found, deliveries = await payloads(again, "take", 3), begun(caplog)
    if place == "rabbitmq":  # both come before the third, in the order in which they were put back
        found[:2], deliveries[:2] = sorted(found[:2]), sorted(deliveries[:2])
    assert found == [0, 1, 2]
    assert deliveries == ["0 2", "1 2", "2 1"]


async def test_the_trace_travels_along(open_app: Open) -> None:
    seen = []

    class Seen:
        def entered(self, node: Any, event: Event) -> None:
            if getattr(node, "name", "") == "logger":
                seen.append(dict(trace_headers.get()))

        def left(self, node: Any, event: Event, failure: BaseException | None) -> None: ...

    app = await open_app(work(1, pause="0ms"), observers=[Seen()])
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    continue_trace(parent, "shop=1 2")
    await app.run("put", 1)
    await app.run("take")
    assert seen == [{"traceparent": parent, "tracestate": "shop=1 2"}]


async def test_a_reload_keeps_the_messages_and_what_is_under_way(
    open_app: Open, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    app = await open_app(work(1, pause="300ms"))
    await app.run("put", 1)
    await app.run("put", 2)
    await until(lambda: begun(caplog))
    file = tmp_path / "flows-0.yaml"
    file.write_text(file.read_text().replace("maxOutstandingMessages: 3", "maxOutstandingMessages: 9"))
    await app.reload()
    for number in range(3, 9):
        await app.run("put-soon", number)
    assert sorted(await payloads(app, "take", 8)) == list(range(1, 9))
    assert sorted(begun(caplog)) == [f"{number} 1" for number in range(1, 9)]


async def test_the_measures_are_read_without_waiting(open_app: Open, place: str) -> None:
    app = await open_app(work(1, pause="60s"), metrics=True)

    def are(**wanted: float) -> bool:
        return {name: measured(app, f"engine_queue_{name}") for name in wanted} == wanted

    for number in range(3):
        await app.run("put", number)
    await until(lambda: are(depth=2, in_flight=1, published_total=3))
    if place == "rabbitmq":  # it does not tell the age
        assert measured(app, "engine_queue_oldest_message_age_seconds") is None
    else:
        await until(lambda: measured(app, "engine_queue_oldest_message_age_seconds"))


@pytest.mark.parametrize("place", SHARED, indirect=True)
async def test_machines_share_a_queue_and_each_message_goes_to_one(
    open_app: Open, caplog: pytest.LogCaptureFixture
) -> None:
    machines = [await open_app(work(2, pause="5ms"), metrics=True) for _ in range(2)]
    publisher = await open_app()
    await asyncio.gather(*(publisher.run("put", number) for number in range(60)))
    assert sorted(await payloads(publisher, "take", 60)) == list(range(60))
    assert Counter(begun(caplog)) == Counter(f"{number} 1" for number in range(60))
    consumed = [measured(app, "engine_queue_consumed_total") or 0 for app in machines]
    assert sum(consumed) == 60
    assert all(consumed), "one machine had them all"


@pytest.mark.parametrize("place", SHARED, indirect=True)
async def test_another_machine_answers(open_app: Open) -> None:
    asking = await open_app()
    waiting = asyncio.create_task(asking.run("ask", 1))
    with pytest.raises(FlowError, match="VM:QUEUE_TIMEOUT"):
        await asking.run("ask-soon", "nobody waits for it")
    await open_app(work(4, pause="0ms", step=f"{FAIL}\n      - set-payload: {{value: '#[[payload]]'}}"))
    assert (await waiting).payload == [1]
    with pytest.raises(FlowError, match="VM:PUBLISH_CONSUMER_FLOW_ERROR"):
        await asking.run("ask", "bad")
    assert (await asking.run("ask", 2)).payload == [2]
