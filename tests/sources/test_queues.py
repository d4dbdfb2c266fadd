"""Queues under load, at the end of an application, and after it: what no case of steps in a row can show."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_clock import FakeClock, settle

from engine import Application, Event, FlowError

Load = Callable[..., Application]

FLOWS = """
configs:
  VM:
    vm:config:
      queues:
        - {queueName: in, queueType: %(kind)s, maxOutstandingMessages: 3}
        - {queueName: out, queueType: %(kind)s}
        - {queueName: never}
flows:
  put: {steps: [{vm:publish: {config-ref: VM, queueName: in, timeout: 10}}]}
  ask: {steps: [{vm:publish-consume: {config-ref: VM, queueName: in, timeout: 10}}]}
  take: {steps: [{vm:consume: {config-ref: VM, queueName: out, timeout: 0}}]}
  take-in: {steps: [{vm:consume: {config-ref: VM, queueName: in, timeout: 10}}]}
"""
LISTENER = """
  work:
    %(flow)s
    source: {vm:listener: {config-ref: VM, queueName: in, numberOfConsumers: %(consumers)s}}
    steps:
      - logger: {message: "begin #[payload] #[attributes.attempts]"}
      - try:
          steps: [{vm:consume: {config-ref: VM, queueName: never, timeout: "${pause:1s}"}}]
          error-handler: [{on-error-continue: {logException: false}}]
      - logger: {message: "end #[payload]"}
      - vm:publish: {config-ref: VM, queueName: out}
"""
BOTH = pytest.mark.parametrize("kind", ["TRANSIENT", "PERSISTENT"])


@pytest.fixture(autouse=True)
def _levels(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def queues(kind: str) -> str:
    return FLOWS % {"kind": kind}


def listening(kind: str, consumers: int = 4, flow: str = "") -> str:
    return queues(kind) + LISTENER % {"consumers": consumers, "flow": flow}


async def everything(app: Application) -> list[Any]:
    """What lies in the queue `out`."""
    found = []
    try:
        while True:
            found.append((await app.run("take")).payload)
    except FlowError:
        return found


def steps(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [message for message in caplog.messages if message.startswith(("begin", "end"))]


@BOTH
def test_who_publishes_to_a_full_queue_waits_for_room(load: Load, kind: str) -> None:
    clock = FakeClock()
    app = load(queues(kind), clock)

    async def run() -> None:
        for number in range(3):
            await app.run("put", number)
        waiting = [asyncio.create_task(app.run("put", number)) for number in (3, 4)]
        await clock.advance(9)
        assert not any(task.done() for task in waiting)
        assert (await app.run("take-in")).payload == 0
        await clock.advance(1)
        assert waiting[0].result().payload == 3
        with pytest.raises(FlowError, match="VM:QUEUE_TIMEOUT: the queue is full"):
            await waiting[1]
        assert [(await app.run("take-in")).payload for _ in range(3)] == [1, 2, 3]
        assert clock.sleeping == 0
        await app.stop()

    asyncio.run(run())


@BOTH
def test_who_consumes_from_an_empty_queue_waits_for_a_message(load: Load, kind: str) -> None:
    clock = FakeClock()
    app = load(queues(kind), clock)

    async def run() -> None:
        first, cancelled, last = (asyncio.create_task(app.run("take-in")) for _ in range(3))
        await clock.advance(5)
        cancelled.cancel()
        await app.run("put", 1)
        await app.run("put", 2)
        assert [(await first).payload, (await last).payload] == [1, 2]
        assert clock.sleeping == 0
        await app.stop()

    asyncio.run(run())


@BOTH
def test_one_consumer_keeps_the_order(load: Load, caplog: pytest.LogCaptureFixture, kind: str) -> None:
    clock = FakeClock()
    app = load(listening(kind, consumers=1), clock)

    async def run() -> None:
        await app.listen()
        for number in range(3):
            await app.run("put", number)
        await clock.advance(2.5)
        assert steps(caplog) == ["begin 0 1", "end 0", "begin 1 1", "end 1", "begin 2 1"]
        await clock.advance(0.5)
        assert await everything(app) == [0, 1, 2]
        await app.stop()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("consumers", "flow", "wanted"), [(4, "", 4), (2, "", 2), (4, "maxConcurrency: 3", 3), (1, "maxConcurrency: 3", 1)]
)
def test_as_many_messages_are_under_way_as_there_are_consumers_and_the_flow_has_room(
    load: Load, caplog: pytest.LogCaptureFixture, consumers: int, flow: str, wanted: int
) -> None:
    clock = FakeClock()
    app = load(listening("TRANSIENT", consumers, flow), clock)

    async def run() -> None:
        await app.listen()
        publishing = [asyncio.create_task(app.run("put", number)) for number in range(8)]
        await clock.advance(0.5)
        assert len(steps(caplog)) == wanted
        await clock.advance(8)
        await asyncio.gather(*publishing)
        assert sorted(await everything(app)) == list(range(8))
        await app.stop()

    asyncio.run(run())
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@BOTH
def test_a_thousand_callers_get_each_their_answer(load: Load, kind: str) -> None:
    source = "{vm:listener: {config-ref: VM, queueName: in}}"
    app = load(f'{queues(kind)}  double: {{source: {source}, steps: [{{set-payload: {{value: "#[payload * 2]"}}}}]}}')

    async def run() -> None:
        await app.listen()
        answers = await asyncio.gather(*(app.run("ask", number) for number in range(1000)))
        assert [answer.payload for answer in answers] == [number * 2 for number in range(1000)]
        await app.stop()
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(run())


@BOTH
def test_what_shutdown_cuts_short_waits_for_the_next_start(
    load: Load, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    """Stopped in the middle of two messages: those of a persistent queue come again, before the third."""
    app = load(listening(kind, 2).replace("${pause:1s}", "60s"))

    async def stopped() -> None:
        await app.listen()
        for number in range(3):
            await app.run("put", number)
        await settle()
        await app.stop()
        assert len(asyncio.all_tasks()) == 1, "a task is left over"

    asyncio.run(stopped())
    assert steps(caplog) == ["begin 0 1", "begin 1 1"]
    assert ("3 messages of the transient queue in are lost" in caplog.messages) == (kind == "TRANSIENT")
    caplog.clear()

    again = load(listening(kind, 1).replace("${pause:1s}", "0s"))

    async def run() -> None:
        await again.listen()
        await settle()
        assert await everything(again) == ([0, 1, 2] if kind == "PERSISTENT" else [])
        await again.stop()

    asyncio.run(run())
    began = [message for message in steps(caplog) if message.startswith("begin")]
    assert began == (["begin 0 2", "begin 1 2", "begin 2 1"] if kind == "PERSISTENT" else [])


def test_an_application_may_start_again(load: Load) -> None:
    app = load(queues("PERSISTENT"))

    async def run() -> None:
        await app.run("put", "kept")
        await app.stop()
        assert (await app.run("take-in")).payload == "kept"
        await app.stop()

    asyncio.run(run())


@BOTH
def test_what_cannot_be_written_is_refused(load: Load, kind: str) -> None:
    app = load(queues(kind))

    async def run() -> None:
        for flow in ("put", "ask"):
            with pytest.raises(FlowError, match="VM:INVALID_VALUE: a value cannot be put into a queue") as error:
                await app.run(flow, {"secret": object()})
            assert "secret" not in error.value.description
        await app.stop()

    asyncio.run(run())


def test_an_error_that_nobody_handles_is_logged_once(load: Load, caplog: pytest.LogCaptureFixture) -> None:
    source = "{vm:listener: {config-ref: VM, queueName: in}}"
    app = load(f'{queues("TRANSIENT")}  fail: {{source: {source}, steps: [{{raise-error: {{type: "APP:BROKEN"}}}}]}}')

    async def run() -> None:
        await app.listen()
        await app.run("put", 1)
        await settle()
        await app.stop()

    asyncio.run(run())
    errors = [record.message for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert errors[0].startswith("APP:BROKEN")


def test_a_data_folder_that_cannot_be_used_is_vm_connectivity(load: Load, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no folder")
    app = load(queues("PERSISTENT"))

    async def run() -> None:
        with pytest.raises(FlowError, match="VM:CONNECTIVITY: what is stored cannot be reached") as error:
            await app.run("put", 1)
        assert str(tmp_path) not in error.value.description
        await app.stop()

    asyncio.run(run())


def test_a_listener_goes_on_when_the_data_folder_can_be_used_again(
    load: Load, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock()
    (tmp_path / "data").write_text("no folder")
    app = load(listening("PERSISTENT"), clock)

    async def run() -> None:
        await app.listen()
        await clock.advance(1)
        (tmp_path / "data").unlink()
        await app.run("put", 1)
        await clock.advance(10)
        assert await everything(app) == [1]
        await app.stop()

    asyncio.run(run())
    assert any("the source of the flow work: VM:CONNECTIVITY" in message for message in caplog.messages)


def test_a_message_that_cannot_be_read_ends_neither_the_listener_nor_itself(
    load: Load, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock()
    app = load(listening("PERSISTENT"), clock)

    async def run() -> None:
        await app.run("put", "spoilt")
        database = app.parts.configs["VM"].queue("in")._run  # type: ignore[attr-defined]
        database("UPDATE messages SET data = x'c1'")
        await app.listen()
        await app.run("put", "good")
        await clock.advance(2)
        assert await everything(app) == ["good"]
        assert database("SELECT count(*) FROM messages") == [(1,)]
        await app.stop()

    asyncio.run(run())
    assert sum("VM:INVALID_VALUE" in message for message in caplog.messages) == 1


def test_the_media_type_travels_along(load: Load) -> None:
    app = load(queues("PERSISTENT"))

    async def run() -> None:
        await app.start()
        for flow in ("put", "take-in"):
            event = await app.flows[flow].run(Event(payload="<a/>", media_type="application/xml"))
        assert (event.payload, event.media_type) == ("<a/>", "application/xml")
        await app.stop()

    asyncio.run(run())


def test_a_message_whose_failures_cannot_be_counted_comes_again_slowly(
    load: Load, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock()
    policy = "redelivery-policy: {maxRedeliveryCount: 1, idExpression: payload + 1}"
    source = f"{{vm:listener: {{config-ref: VM, queueName: in, {policy}}}}}"
    app = load(f"{queues('PERSISTENT')}  fail: {{source: {source}, steps: []}}", clock)

    async def run() -> None:
        await app.listen()
        await app.run("put", "no number")
        counts = []
        for seconds in (0, 4.9, 0.1, 5):
            await clock.advance(seconds)
            counts.append(sum(message.startswith("MULE:EXPRESSION") for message in caplog.messages))
        assert counts == [3, 3, 4, 5]
        await app.stop()

    asyncio.run(run())


DELAYED = """
  fail:
    source: {vm:listener: {config-ref: VM, queueName: in, numberOfConsumers: 1, redelivery-policy: POLICY}}
    steps:
      - logger: {message: "begin #[payload] #[attributes.attempts]"}
      - choice: {when: [{expression: payload == 'bad', steps: [{raise-error: {type: "APP:DOWN"}}]}]}
    error-handler:
      - on-error-continue:
          type: REDELIVERY_EXHAUSTED
          logException: false
          steps: [{logger: {message: "end #[payload] #[error.cause.type]"}}]
"""


@BOTH
def test_a_message_that_failed_waits_before_it_comes_again(
    load: Load, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    """With one consumer those behind it wait, too: they keep their order."""
    clock = FakeClock()
    policy = "{maxRedeliveryCount: 2, delay: 4m}"  # longer than its own store remembers what is not delayed
    app = load(queues(kind) + DELAYED.replace("POLICY", policy), clock)

    async def run() -> None:
        await app.listen()
        await app.run("put", "bad")
        await app.run("put", "good")
        seen = []
        for seconds in (0, 239, 1, 239, 1, 239, 1):
            await clock.advance(seconds)
            seen.append(steps(caplog)[-1])
        once, twice, thrice = ("begin bad 1", "begin bad 2", "begin bad 3")
        assert seen == [once, once, twice, twice, thrice, thrice, "begin good 1"]
        assert steps(caplog)[-2] == "end bad APP:DOWN"
        await app.stop()

    asyncio.run(run())


@BOTH
def test_a_message_that_waits_is_put_back_when_the_application_stops(
    load: Load, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    clock = FakeClock()
    text = queues(kind) + DELAYED.replace("POLICY", "{delay: 1h}")
    app = load(text, clock)

    async def run() -> None:
        await app.listen()
        await app.run("put", "bad")
        await clock.advance(1)
        await asyncio.wait_for(app.stop(), 1)
        assert clock.sleeping == 0
        assert "sources did not end" not in caplog.text

    asyncio.run(run())
    if kind == "PERSISTENT":
        assert asyncio.run(load(text).run("take-in")).payload == "bad"


def test_another_process_may_publish_while_one_listens(load: Load, caplog: pytest.LogCaptureFixture) -> None:
    """What is under way stays under way: only who listens takes back what a dead process left."""
    clock = FakeClock()
    app, other = load(listening("PERSISTENT"), clock), load(listening("PERSISTENT"))

    async def run() -> None:
        await app.listen()
        await app.run("put", "first")
        await clock.advance(0.5)
        await other.run("put", "second")
        await other.stop()
        await clock.advance(1)
        assert "begin second 1" in caplog.messages
        await app.run("put", "third")
        await clock.advance(2)
        assert sorted(await everything(app)) == ["first", "second", "third"]
        await app.stop()

    asyncio.run(run())
    assert sum(message.startswith("begin") for message in caplog.messages) == 3


@BOTH
def test_messages_that_fail_leave_nothing_to_the_garbage_collector(load: Load, kind: str) -> None:
    source = "{vm:listener: {config-ref: VM, queueName: in}}"
    ask_in = "{vm:publish-consume: {config-ref: VM, queueName: in}}"
    asking = f"[{{try: {{steps: [{ask_in}], error-handler: [{{on-error-continue: {{logException: false}}}}]}}}}]"
    failing = f'{{source: {source}, steps: [{{raise-error: {{type: "APP:BROKEN"}}}}]}}'
    app = load(f"{queues(kind)}  fail: {failing}\n  ask-in-vain: {{steps: {asking}}}")

    async def ask(times: int) -> int:
        gc.collect()
        gc.disable()
        try:
            for number in range(times):
                await app.run("ask-in-vain", number)
            return gc.collect()
        finally:
            gc.enable()

    async def run() -> None:
        await app.listen()
        await ask(5)
        assert await ask(100) < 100
        await app.stop()

    asyncio.run(run())
