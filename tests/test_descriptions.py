"""What `error.description` says goes to callers: no expression, place, statement, value, path or host."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from engine import Application, FlowError
from engine.expressions.writing import encode

SECRET = "s3cr3t"  # noqa: S105  # it guards nothing
VALUE = '"#[payload.s3cr3t]"'
INSERT = 'sql: "INSERT INTO t VALUES(:n)"'

STEPS: Mapping[str, str] = {
    "a value": 'set-payload: {value: "#[payload.s3cr3t + 1]"}',
    "a text around it": 'set-payload: {value: "total #[payload.s3cr3t + 1]"}',
    "a condition": "choice: {when: [{expression: payload.s3cr3t < 1, steps: []}]}",
    "a collection": "foreach: {collection: payload, steps: []}",
    "a bug in an expression": "set-payload: {value: \"#[to_string(payload, 'yyyy')]\"}",
    "a computed parameter": "until-successful: {maxRetries: \"#[payload.s3cr3t]\", steps: []}",
    "retries": 'until-successful: {maxRetries: 0, steps: [{set-payload: {value: "#[payload.s3cr3t + 1]"}}]}',
    "a circuit": 'circuit-breaker: {name: c, maxFailures: 1, steps: [{set-payload: {value: "#[payload.s3cr3t + 1]"}}]}',
    "routes": 'parallel-foreach: {collection: "[payload]", steps: [{set-payload: {value: "#[payload.s3cr3t + 1]"}}]}',
    "a flow that is not there": 'flow-ref: {name: "#[payload.s3cr3t]"}',
    "a function that runs a flow": "set-payload: {value: \"#[lookup('waits', payload)]\"}",
    "a computed property": 'set-payload: {value: "#[p(payload.s3cr3t)]"}',
    "a computed file": 'set-payload: {value: "#[resource(payload.s3cr3t)]"}',
    "Python": 'python: {function: "math:sqrt", arguments: ["#[payload.s3cr3t]"]}',
    "a bug in Python": 'python: {function: "json:loads", arguments: ["#[payload.s3cr3t]"]}',
    "JSON": 'set-payload: {value: "#[payload.s3cr3t]", mimeType: application/json}',
    "a schema": 'json:validate-schema: {schemaContents: {const: 1}, content: "#[payload]"}',
    "a statement": 'db:select: {config-ref: DB, sql: SELECT s3cr3t FROM s3cr3t}',
    "a constraint": f"db:insert: {{config-ref: DB, {INSERT}, input-parameters: {{n: {VALUE}}}}}",
    "a value that fits no column": f"db:insert: {{config-ref: DB, {INSERT}, input-parameters: {{n: {{a: {VALUE}}}}}}}",
    "no parameter": f'db:insert: {{config-ref: DB, {INSERT}, input-parameters: "#[payload]"}}',
    "no database": 'db:select: {config-ref: Nowhere, sql: SELECT 1}',
    "no host": 'http:request: {url: "http://127.0.0.1:9/s3cr3t", method: GET, responseTimeout: 1s}',
    "no URL": 'http:request: {url: "#[payload.s3cr3t]", method: GET}',
    "no method": 'http:request: {url: "http://127.0.0.1:9/", method: "#[payload.s3cr3t] x"}',
    "a header": 'http:request: {url: "http://127.0.0.1:9/", method: GET, headers: {X: "#[payload]", Y: "a\\nb"}}',
    "a file": 'http:request: {url: "http://127.0.0.1:9/", method: GET, saveTo: "#[payload.s3cr3t]/../x"}',
    "no entry": 'os:retrieve: {key: "#[payload.s3cr3t]", objectStore: Kept}',
    "no number": 'os:increment: {key: k, by: "#[payload.s3cr3t]", objectStore: Kept}',
    "no key": 'os:store: {key: "#[payload]", value: 1, objectStore: Kept}',
    "an empty queue": "vm:consume: {config-ref: Queues, queueName: q, timeout: 0}",
    "a flow behind a queue": "vm:publish-consume: {config-ref: Queues, queueName: work, timeout: 5}",
    "a pattern": 'validation:matches-regex: {value: "x", regex: "#[payload.s3cr3t]"}',
    "a rule": 'validation:is-number: {value: "#[payload.s3cr3t]"}',
    "a correlation id": 'tracing:with-correlation-id: {correlationId: "#[repeat(payload.s3cr3t, 50)]", steps: []}',
}  # fmt: skip

FLOWS = """
configs:
  DB: {db:config: {url: "sqlite://", initScript: "CREATE TABLE t(n INTEGER CHECK(typeof(n) = 'integer'))"}}
  Nowhere: {db:config: {url: "sqlite:////s3cr3t/nowhere/x.db"}}
  Kept: {os:object-store: {persistent: false}}
  Queues: {vm:config: {queues: [{queueName: q}, {queueName: work}]}}
flows:
  works:
    source: {vm:listener: {config-ref: Queues, queueName: work}}
    steps: [{set-payload: {value: "#[payload.s3cr3t + 1]"}}]
  waits:
    steps: [{try: {steps: [{vm:consume: {config-ref: Queues, queueName: q, timeout: 1}}]}}]
  fails: {steps: []}
"""


def failing(folder: Path, step: str) -> FlowError:
    """The error of a step, of a flow that has it twice: what was opened by the first shows in the second."""
    flows = yaml.safe_load(FLOWS)
    steps = yaml.safe_load(f"[{{{step}}}]")
    first = {"try": {"steps": steps, "error-handler": [{"on-error-continue": {"logException": False}}]}}
    flows["flows"]["fails"]["steps"] = [first, *steps] if "circuit" in step else steps
    (folder / "private.yaml").write_text(json.dumps(flows))

    async def run() -> None:
        async with Application.load(folder / "private.yaml") as app:
            await app.listen()
            await app.run("fails", {SECRET: "s3cr3t-value"})

    with pytest.raises(FlowError) as caught:
        asyncio.run(run())
    return caught.value


def with_children(error: FlowError) -> Iterator[FlowError]:
    yield error
    for child in error.child_errors:
        yield from with_children(child)


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_a_description_may_go_to_a_caller(tmp_path: Path, step: str) -> None:
    for error in with_children(failing(tmp_path, step)):
        shown = encode(error).decode()
        for hidden in (SECRET, "#[", "private", str(tmp_path), "127.0.0.1", "INSERT", "SELECT", "Traceback", "Error("):
            assert hidden not in error.description
            assert hidden not in shown
        assert error.description
        assert "\n" not in error.description


@pytest.mark.parametrize("step", ["a value", "a condition", "retries", "routes", "a circuit", "a flow behind a queue"])
def test_the_log_tells_the_place(tmp_path: Path, step: str) -> None:
    """Expression, line and column are what who wrote the flow looks for."""
    told = failing(tmp_path, STEPS[step]).for_log
    assert "#[payload.s3cr3t" in told
    assert "private.yaml:1:" in told
