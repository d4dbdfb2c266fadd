"""Faults in cases: errors and delays of steps that else do their own work."""

from __future__ import annotations

import asyncio

import pytest

from engine.loading.catalog import discover
from engine.testing.examples import run_case
from engine.testing.expected.outcome import Mismatch

LOOP = """
flows:
  case:
    steps:
      - {kind}:
          collection: payload
          collect:
            target: results
            success: "#[payload]"
            failure: "#[error.type]"
          steps:
            - validation:is-true: {expression: payload != 'bad'}
            - flow-ref: {name: keep}
sub-flows:
  keep:
    steps: [{os:store: {key: "#[payload]", value: 1, "doc:name": Keep}}]
"""
SCOPE = """
run:
  - until-successful:
      maxRetries: 3
      millisBetweenRetries: 1000
      steps: [{os:store: {key: a, value: 1}}]
  - os:contains: {key: a}
"""
GONE = "OS:STORE_NOT_AVAILABLE"


def mismatches(text: str) -> list[Mismatch]:
    return asyncio.run(run_case(text, discover(()), "case"))


@pytest.mark.parametrize("kind", ["foreach", "parallel-foreach"])
@pytest.mark.parametrize(
    ("fault", "results"),
    [
        (f"item: 3, raise: {GONE}", ["a", "VALIDATION:INVALID_BOOLEAN", GONE, "d"]),
        (f"raise: {GONE}", [GONE, "VALIDATION:INVALID_BOOLEAN", GONE, GONE]),
        (f"raise: {GONE}, times: 2", [GONE, "VALIDATION:INVALID_BOOLEAN", GONE, "d"]),
        (f"with: {{key: d}}, raise: {GONE}", ["a", "VALIDATION:INVALID_BOOLEAN", "c", GONE]),
        ("item: 4, delay: 3s", ["a", "VALIDATION:INVALID_BOOLEAN", "c", "d"]),
    ],
)
def test_items_of_loops(kind: str, fault: str, results: list[str]) -> None:
    given = f"given: {{payload: [a, bad, c, d]}}\nfaults: [{{processor: os:store, {fault}}}]\n"
    expect = f"expect: {{vars.results: {results}}}\n"
    assert mismatches(given + expect + LOOP.replace("{kind}", kind)) == []


def test_the_item_is_that_of_the_innermost_loop() -> None:
    text = f"""
given: {{payload: [[a, b], [c, d]]}}
faults: [{{processor: Inner, item: 2, raise: {GONE}}}, {{processor: Outer, item: 2, raise: OS:INVALID_KEY}}]
run:
  - foreach:
      collect: {{target: outer, success: "#[vars.inner]", failure: "#[error.type]"}}
      steps:
        - foreach:
            collect: {{target: inner, success: "#[payload]", failure: "#[error.type]"}}
            steps: [{{os:store: {{key: "#[payload]", value: 1, "doc:name": Inner}}}}]
        - os:store: {{key: "#[payload[0]]", value: 1, "doc:name": Outer}}
expect: {{vars.outer: [[a, {GONE}], OS:INVALID_KEY]}}
"""
    assert mismatches(text) == []


def test_the_rounds_of_a_repeat_are_items() -> None:
    text = f"""
given: {{vars: {{seen: []}}}}
faults: [{{processor: os:store, item: 2, raise: {GONE}}}]
run:
  - repeat:
      until: vars.counter == `3`
      steps:
        - try:
            steps: [{{os:store: {{key: "#[vars.counter]", value: 1}}}}]
            error-handler:
              - on-error-continue:
                  steps: [{{set-variable: {{variableName: seen, value: "#[append(vars.seen, vars.counter)]"}}}}]
expect: {{vars.seen: [2]}}
"""
    assert mismatches(text) == []


@pytest.mark.parametrize(
    ("times", "expected"), [(3, "payload: true"), (4, "error.type: OS:RETRY_EXHAUSTED")], ids=["survived", "exhausted"]
)
def test_times_are_attempts(times: int, expected: str) -> None:
    fault = f"faults: [{{processor: os:store, raise: {GONE}, times: {times}}}]\n"
    wanted = f"expect: {{{expected}}}\n" if times == 3 else "expect: {error.cause.type: OS:STORE_NOT_AVAILABLE}\n"
    assert mismatches(f"{fault}sources: false\n{wanted}{SCOPE}") == []


def test_a_delay_passes_on_the_clock_of_the_case() -> None:
    text = """
sources: false
faults: [{processor: logger, delay: 3h}]
run:
  - set-variable: {variableName: before, value: "#[now()]"}
  - logger: {message: slow}
  - set-payload: {value: "#[date_diff(vars.before, now(), 'hours')]"}
expect: {payload: 3}
"""
    assert mismatches(text) == []


def test_a_fault_that_strikes_nothing_fails() -> None:
    text = f"faults: [{{processor: os:store, item: 7, raise: {GONE}}}]\ngiven: {{payload: [a]}}\n"
    [found] = mismatches(text + LOOP.replace("{kind}", "foreach"))
    assert (found.expression, found.got) == ("faults of os:store", 0)


def test_a_fault_comes_before_a_mock_of_the_step() -> None:
    text = """
mock: [{processor: os:store}]
faults: [{processor: os:store, raise: OS:INVALID_KEY}]
run: [{os:store: {key: a, value: 1}}]
expect: {error.type: OS:INVALID_KEY}
"""
    assert mismatches(text) == []


def test_a_stream_knows_its_items() -> None:
    text = f"""
given: {{payload: [a, b, c]}}
faults: [{{processor: os:store, item: 2, raise: {GONE}}}]
run:
  - foreach:
      collect: {{target: lines, success: "#[payload]", failure: "#[error.type]", streaming: true}}
      steps: [{{os:store: {{key: "#[payload]", value: 1}}}}]
  - set-variable: {{variableName: read, value: []}}
  - foreach:
      collection: vars.lines
      steps: [{{set-variable: {{variableName: read, value: "#[append(vars.read, payload)]"}}}}]
expect: {{vars.read: [a, {GONE}, c]}}
"""
    assert mismatches(text) == []
