"""Nothing is left to the garbage collector: what a request made is gone when it is answered."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from engine import Application, Event, FlowError

FLOW = """
flows:
  bulk:
    steps:
      - foreach:
          steps:
            - try:
                steps:
                  - validation:is-not-null: {value: "#[payload.id]"}
                  - db:insert: {config-ref: DB, sql: INSERT INTO t VALUES(:id), input-parameters: "#[payload]"}
                error-handler:
                  - on-error-propagate: {type: "DB:CONNECTIVITY"}
                  - on-error-continue:
                      logException: false
                      steps: [{set-variable: {variableName: e, value: "#[error]"}}]
            - remove-variable: {variableName: e}
configs:
  DB: {db:config: {url: "sqlite://", initScript: "CREATE TABLE t(id INTEGER PRIMARY KEY)"}}
"""


@contextmanager
def garbage() -> Iterator[Counter[str]]:
    """What only the garbage collector could free of all that was made inside, by type."""
    found: Counter[str] = Counter()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield found
        gc.collect()
        found.update(type(each).__name__ for each in gc.garbage)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def test_records_that_fail_leave_no_circles(tmp_path: Path) -> None:
    async def run() -> Counter[str]:
        async with Application.load(tmp_path) as app:
            flow, records = app.flows["bulk"], [{"id": 1}, {"id": 1}, {}, {"id": 2}]
            await flow.run(Event(payload=records))
            with garbage() as found:
                await flow.run(Event(payload=records))
            return found

    (tmp_path / "flow.yaml").write_text(FLOW)
    assert asyncio.run(run()) == {}


FAILS = "{raise-error: {type: 'APP:BROKEN'}}"
PROPAGATES = "[{on-error-propagate: {logException: false}}]"
CONTINUES = "[{on-error-continue: {logException: false}}]"

STEPS = {
    "an error": FAILS,
    "an error that a try propagates": f"{{try: {{steps: [{FAILS}], error-handler: {PROPAGATES}}}}}",
    "an error that a try continues": f"{{try: {{steps: [{FAILS}], error-handler: {CONTINUES}}}}}",
    "an error that no handler takes": f"{{try: {{steps: [{FAILS}], "
    "error-handler: [{on-error-continue: {type: TIMEOUT}}]}}",
    "an error in a transaction": f"{{try: {{"
    f"transactionalAction: ALWAYS_BEGIN, steps: [{FAILS}], error-handler: {PROPAGATES}}}}}",
    "an error in a handler": f"{{try: {{steps: [{FAILS}], "
    f"error-handler: [{{on-error-continue: {{logException: false, steps: [{FAILS}]}}}}]}}}}",
    "an error in when": f"{{try: {{steps: [{FAILS}], error-handler: [{{on-error-continue: {{when: \"'a' + 1\"}}}}]}}}}",
    "an error that a variable keeps": f"{{try: {{steps: [{FAILS}], error-handler: [{{on-error-continue: "
    "{logException: false, steps: [{set-variable: {variableName: e, value: '#[error]'}}]}}]}}",
    "an error in a loop": f"{{foreach: {{steps: [{FAILS}]}}}}",
    "an item's error": f"{{foreach: {{collect: {{target: r, failure: '#[error]'}}, steps: [{FAILS}]}}}}",
    "an item's error that ends the loop": f"{{foreach: {{collect: {{target: r, abortOn: ANY}}, steps: [{FAILS}]}}}}",
    "an error in parallel-foreach": f"{{parallel-foreach: {{steps: [{FAILS}]}}}}",
    "an item's error in parallel": f"{{parallel-foreach: {{collect: {{target: r, abortOn: ANY}}, steps: [{FAILS}]}}}}",
    "an error in scatter-gather": f"{{scatter-gather: {{routes: [{{steps: []}}, {{steps: [{FAILS}]}}]}}}}",
    "an error in first-successful": f"{{first-successful: {{routes: [{{steps: [{FAILS}]}}, {{steps: [{FAILS}]}}]}}}}",
    "exhausted retries": f"{{until-successful: {{maxRetries: 1, millisBetweenRetries: 0, steps: [{FAILS}]}}}}",
    "an error in a cache": f"{{cache: {{steps: [{FAILS}]}}}}",
    "an error in a circuit-breaker": f"{{circuit-breaker: {{name: c, steps: [{FAILS}]}}}}",
    "an error in async": f"{{async: {{steps: [{FAILS}]}}}}",
    "an error in another flow, mapped": "{flow-ref: {name: broken, error-mapping: [{targetType: 'APP:M'}]}}",
    "an error of a validator": "{validation:is-null: {value: 1}}",
    "errors of several validators": "{validation:all: {steps: [{validation:is-null: {value: 1}}]}}",
    "an error in an expression": "{set-payload: {value: \"#['a' + 1]\"}}",
    "an unexpected exception": "{python: {function: 'json:loads', arguments: {s: x}}}",
    "an error of a database": "{db:select: {config-ref: DB, sql: SELECT x FROM nothing}}",
    "an empty queue": "{vm:consume: {config-ref: VM, queueName: q, timeout: 1ms}}",
    "a key that is not there": "{os:retrieve: {key: nothing}}",
}


@pytest.mark.parametrize("handler", ["", PROPAGATES, CONTINUES], ids=["no handler", "propagated", "continued"])
@pytest.mark.parametrize("steps", STEPS.values(), ids=list(STEPS))
def test_errors_that_leave_a_flow_leave_no_circles(steps: str, handler: str, tmp_path: Path) -> None:
    async def run() -> Counter[str]:
        async with Application.load(tmp_path) as app:
            await fail(app)
            with garbage() as found:
                await fail(app)
            return found

    async def fail(app: Application) -> None:
        for start in (app.flows["case"].run, lambda event: app.flows["case"].serve(event, lambda after: after)):
            with suppress(FlowError):
                await start(Event(payload=[1]))
        await app.parts.runtime.tasks.drain(None)

    (tmp_path / "flow.yaml").write_text(f"""
configs:
  DB: {{db:config: {{url: "sqlite://"}}}}
  VM: {{vm:config: {{queues: [{{queueName: q}}]}}}}
flows:
  broken: {{steps: [{FAILS}]}}
  case:
    steps: [{steps}]
    {handler and f"error-handler: {handler}"}
""")
    assert asyncio.run(run()) == {}
