"""A flow that is cancelled inside a scope, or runs out of time there, leaves nothing."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from pathlib import Path

import pytest
from loopback import in_loop

from engine import Application, Event, FlowError
from engine.steps.flow import Flow

WORDS = {
    "INSERT": "{db:insert: {config-ref: DB, sql: insert into orders VALUES(1), target: t}}",
    "DELETE": "{db:delete: {config-ref: DB, sql: delete from orders, target: t}}",
    "STEPS": "steps: [WORK]",
    "WORK": """{choice: {when: [
      {expression: payload == 'wait', steps: [WAIT]},
      {expression: payload == 'fail', steps: [{raise-error: {type: 'APP:BROKEN'}}]}]}}""",
    "WAIT": "{until-successful: {millisBetweenRetries: 1h, steps: [{raise-error: {type: 'APP:BUSY'}}]}}",
}
"""What stands for steps in the cases and in the flow."""

CASES = """
try: {try: {STEPS}}
try in a transaction: {try: {transactionalAction: ALWAYS_BEGIN, steps: [INSERT, WORK, DELETE]}}
a transaction in another: {try: {transactionalAction: ALWAYS_BEGIN, steps: [INSERT, {try: {
  transactionalAction: ALWAYS_BEGIN, STEPS}}, DELETE]}}
a handler: {try: {steps: [{raise-error: {type: 'APP:B'}}], error-handler: [{on-error-continue: {STEPS}}]}}
foreach: {foreach: {collection: '[$payload]', STEPS}}
foreach with collect: {foreach: {collection: '[$payload]', collect: {target: r, abortOn: ANY}, STEPS}}
parallel-foreach: {parallel-foreach: {collection: '[$payload, $payload]', target: t, STEPS}}
parallel-foreach one by one: {parallel-foreach: {
  collection: "[$payload, $payload]", target: t, maxConcurrency: 1, STEPS}}
parallel-foreach with collect: {parallel-foreach: {collection: '[$payload]', collect: {target: r, abortOn: ANY}, STEPS}}
scatter-gather: {scatter-gather: {target: t, routes: [{STEPS}, {STEPS}]}}
first-successful: {first-successful: {routes: [{STEPS}]}}
round-robin: {round-robin: {routes: [{STEPS}]}}
until-successful: {until-successful: {maxRetries: 0, STEPS}}
cache: {cache: {key: "'one'", filterExpression: "payload != 'fail'", STEPS}}
a half-open circuit-breaker: {circuit-breaker: {name: c, maxFailures: 1, openFor: 0, STEPS}}
flow-ref: {flow-ref: {name: work}}
a deep flow-ref: {flow-ref: {name: deep, target: t}}
a counter of a store: {try: {steps: [{os:increment: {key: n, objectStore: Store, target: n}}, WORK]}}
vm:consume: {choice: {when: [{expression: payload == 'wait', steps: [
  {vm:consume: {config-ref: VM, queueName: q, timeout: 1h}}]}]}}
vm:publish-consume: {choice: {when: [{expression: payload == 'wait', steps: [
  {vm:publish-consume: {config-ref: VM, queueName: unheard, timeout: 1h}}]}]}}
"""
FLOW = """
configs:
  DB: {db:config: {url: "sqlite://", initScript: "CREATE TABLE orders(id INTEGER PRIMARY KEY)"}}
  VM: {vm:config: {queues: [{queueName: q}, {queueName: unheard}]}}
  Store: {os:object-store: {persistent: false}}
flows:
  case:
    LIMIT
    maxConcurrency: 1
    steps: [CASE]
  work: {steps: [WORK]}
  deep: {steps: [{flow-ref: {name: two}}]}
  two: {steps: [{flow-ref: {name: three}}]}
  three: {steps: [{flow-ref: {name: four}}]}
  four: {steps: [{flow-ref: {name: work}}]}
"""
NAMED = [re.split(r": (?={)", case, maxsplit=1) for case in re.split(r"\n(?! )", CASES.strip())]


def text(case: str, limit: str) -> str:
    """The flow file of a case."""
    flow = FLOW.replace("CASE", case).replace("LIMIT", limit)
    for word, steps in WORDS.items():
        flow = flow.replace(word, steps)
    return flow


async def serve(flow: Flow, payload: str) -> None:
    await flow.serve(Event(payload=payload), lambda after: after)


@pytest.mark.parametrize("limit", ["", "timeout: 10ms"], ids=["cancelled", "out of time"])
@pytest.mark.parametrize("case", [case for _, case in NAMED], ids=[name for name, _ in NAMED])
@in_loop
async def test_nothing_is_left(case: str, limit: str, tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(text(case, limit))
    async with Application.load(tmp_path) as app:
        flow, before = app.flows["case"], asyncio.all_tasks()
        with suppress(FlowError):
            await serve(flow, "fail")
        running = asyncio.create_task(serve(flow, "wait"))
        if not limit:
            await asyncio.sleep(0.005)
            assert not running.done()
            running.cancel()
        with pytest.raises(FlowError if limit else asyncio.CancelledError):
            await running
        assert asyncio.all_tasks() == before
        await serve(flow, "go")
