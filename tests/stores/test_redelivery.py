"""A source with a redelivery-policy: the same message, again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_clock import FakeClock

from engine import Application, Event, FlowError, LoadError

pytestmark = pytest.mark.anyio
Load = Callable[[str], Application]

FLOWS = """
configs:
  Api: {http:listener-config: {}}
  Counts: {os:object-store: {entryTtl: 1h}}
flows:
  orders:
    source: {http:listener: {config-ref: Api, path: /orders, redelivery-policy: POLICY}}
    timeout: 50ms
    steps:
      - validation:is-true: {expression: "!(payload.broken)", message: it is broken}
      - choice:
          when:
            - expression: payload.slow  # the clock of the test stands still: the wait between the two has no end
              steps: [{until-successful: {maxRetries: 1, steps: [{raise-error: {type: "APP:SLOW"}}]}}]
    error-handler:
      - on-error-continue:
          type: REDELIVERY_EXHAUSTED
          logException: false
          when: payload.dead_letter
          steps: [{set-payload: {value: "dead: #[error.description]"}}]
      - on-error-continue:
          type: VALIDATION:INVALID_BOOLEAN
          logException: false
          when: payload.forgiven
          steps: [{set-payload: {value: forgiven}}]
"""
BROKEN = {"id": 7, "broken": True}


async def deliver(app: Application, payload: Any) -> str:
    """What the source gets for a message: the payload after the flow, or the type of its error."""
    try:
        return str(await app.flows["orders"].serve(Event(payload=payload), lambda event: event.payload))
    except FlowError as failure:
        return str(failure.type)


async def outcomes(app: Application, *payloads: Any) -> list[str]:
    return [await deliver(app, payload) for payload in payloads]


def flows(policy: str) -> str:
    return FLOWS.replace("POLICY", policy)


FAILED, EXHAUSTED = "VALIDATION:INVALID_BOOLEAN", "MULE:REDELIVERY_EXHAUSTED"


@pytest.mark.parametrize(
    ("policy", "runs"), [("{}", 6), ("{maxRedeliveryCount: 2}", 3), ("{maxRedeliveryCount: 0}", 1)]
)
async def test_a_message_is_delivered_once_and_then_redelivered_so_often(load: Load, policy: str, runs: int) -> None:
    async with load(flows(policy)) as app:
        assert await outcomes(app, *[BROKEN] * (runs + 2)) == [FAILED] * runs + [EXHAUSTED] * 2


async def test_each_message_has_its_own_count(load: Load) -> None:
    async with load(flows("{maxRedeliveryCount: 0}")) as app:
        other = {**BROKEN, "id": 8}
        assert await outcomes(app, BROKEN, other, BROKEN, other) == [FAILED, FAILED, EXHAUSTED, EXHAUSTED]


@pytest.mark.parametrize("name", ["idExpression", "messageIdExpression"])
async def test_an_expression_says_which_messages_are_the_same(load: Load, name: str) -> None:
    async with load(flows(f"{{maxRedeliveryCount: 0, {name}: payload.id}}")) as app:
        assert await outcomes(app, BROKEN, {"id": 7}, {"id": 8}) == [FAILED, EXHAUSTED, "{'id': 8}"]


async def test_a_success_forgets_the_failures(load: Load) -> None:
    async with load(flows("{maxRedeliveryCount: 1, idExpression: payload.id}")) as app:
        mended = {"id": 7}
        assert await outcomes(app, BROKEN, mended, BROKEN, BROKEN, BROKEN) == [
            FAILED, str(mended), FAILED, FAILED, EXHAUSTED,
        ]  # fmt: skip


async def test_an_error_that_a_handler_continues_is_a_success(load: Load) -> None:
    """Its source will not send the message again."""
    async with load(flows("{maxRedeliveryCount: 0}")) as app:
        assert await outcomes(app, *[{**BROKEN, "forgiven": True}] * 3) == ["forgiven"] * 3


async def test_the_error_handler_may_put_the_message_aside_each_time(load: Load) -> None:
    async with load(flows("{maxRedeliveryCount: 1}")) as app:
        message = {**BROKEN, "dead_letter": True}
        dead = "dead: the message failed 2 times"
        assert await outcomes(app, *[message] * 4) == [FAILED, FAILED, dead, dead]


@pytest.mark.parametrize("store", ["{}", "{objectStore: Counts}"])
async def test_the_error_of_the_last_delivery_is_the_cause(load: Load, store: str) -> None:
    """It is kept with the count: over restarts, too, where the store is persistent."""
    async with load(flows(store.replace("{", "{maxRedeliveryCount: 1, ").replace(", }", "}"))) as app:
        assert await outcomes(app, BROKEN, BROKEN) == [FAILED, FAILED]
        with pytest.raises(FlowError) as caught:
            await app.flows["orders"].serve(Event(payload=BROKEN), lambda event: event)
    cause = caught.value.cause
    assert isinstance(cause, FlowError)
    assert (str(cause.type), cause.description) == (FAILED, "it is broken")
    assert cause.failing_component is not None
    assert cause.failing_component.startswith("orders/steps/0")
    assert caught.value.description == "the message failed 2 times"
    told = "the message failed 2 times, the last time with VALIDATION:INVALID_BOOLEAN: it is broken at orders/steps/0"
    assert caught.value.detailed_description.startswith(told)


async def test_a_success_forgets_the_error_too(load: Load) -> None:
    async with load(flows("{objectStore: Counts, idExpression: payload.id}")) as app:
        await outcomes(app, BROKEN, {"id": 7})
        assert await app.parts.configs["Counts"].keys() == []


async def test_a_deadline_counts_as_a_failure(load: Load) -> None:
    async with load(flows("{maxRedeliveryCount: 0}")) as app:
        assert await outcomes(app, {"slow": True}, {"slow": True}) == ["MULE:TIMEOUT", EXHAUSTED]


async def test_a_delivery_that_is_cancelled_is_no_failure(load: Load) -> None:
    async with load(flows("{maxRedeliveryCount: 0}")) as app:
        task = asyncio.create_task(deliver(app, {"slow": True}))
        await asyncio.sleep(0.005)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert await deliver(app, {"slow": True}) == "MULE:TIMEOUT"


async def test_failures_are_forgotten_after_five_minutes(load: Load, clock: FakeClock) -> None:
    async with load(flows("{maxRedeliveryCount: 0}")) as app:
        assert await outcomes(app, BROKEN, BROKEN) == [FAILED, EXHAUSTED]
        await clock.advance(300)
        assert await outcomes(app, BROKEN, BROKEN) == [FAILED, EXHAUSTED]


async def test_a_persistent_store_counts_over_restarts(load: Load) -> None:
    text = flows("{maxRedeliveryCount: 1, objectStore: Counts}")
    for expected in (FAILED, FAILED, EXHAUSTED):
        async with load(text) as app:
            assert await deliver(app, BROKEN) == expected


@pytest.mark.parametrize(("parameter", "outcome"), [("", FAILED), (", whenAway: FAIL", "OS:STORE_NOT_AVAILABLE")])
async def test_without_its_store_messages_go_on_uncounted_or_fail(
    load: Load, tmp_path: Path, parameter: str, outcome: str
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "object-stores.db").write_bytes(b"no database" * 1000)
    async with load(flows(f"{{maxRedeliveryCount: 0, objectStore: Counts{parameter}}}")) as app:
        assert await outcomes(app, BROKEN, BROKEN) == [outcome] * 2


async def test_a_full_flow_counts_nothing(load: Load) -> None:
    text = flows("{maxRedeliveryCount: 0}").replace("timeout: 50ms", "maxConcurrency: 1")
    async with load(text) as app:
        slow = asyncio.create_task(deliver(app, {"slow": True}))
        await asyncio.sleep(0)
        assert await outcomes(app, BROKEN, BROKEN) == ["MULE:FLOW_BACK_PRESSURE"] * 2
        slow.cancel()
        await asyncio.wait([slow])
        assert await deliver(app, BROKEN) == FAILED


@pytest.mark.parametrize(
    ("policy", "found"),
    [
        ("{maxRedeliveryCount: -1}", "-1"),
        ("{maxRedeliveryCount: many}", "'many'"),
        ("{objectStore: Api}", "'Api' is an http:listener-config"),
        ("{idExpression: 'payload.'}", "expression"),
        ("{maxRedeliveries: 1}", "'maxRedeliveries'"),
        ("{delay: 5s}", "'delay'"),  # its caller says when it comes again
    ],
)
def test_a_wrong_policy_is_a_mistake(load: Load, policy: str, found: str) -> None:
    with pytest.raises(LoadError, match=r"flows\.yaml:8:") as caught:
        load(flows(policy))
    assert found in str(caught.value)
