"""What a case has begun in the background ends with it: its doubles still answer, and the next case sees nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.testing.working import FileResult, Order, run_file

Run = Callable[..., FileResult]

CALL = "{http:request: {url: 'http://127.0.0.1:9/x', method: GET}}"
ASYNC = f"""
flows:
  notify:
    steps:
      - async:
          steps:
            - cache: {{key: "#['k']", steps: [{CALL}]}}
            - until-successful: {{maxRetries: 2, millisBetweenRetries: 60000, steps: [{CALL}]}}
            - os:store: {{key: a, value: 1}}
      - set-payload: {{value: done}}
"""
MOCK = "mock: [{processor: http:request, return: {payload: {}}}]"
QUEUES = f"""
configs:
  Queues: {{vm:config: {{queues: [{{queueName: orders}}]}}}}
flows:
  order:
    source:
      vm:listener: {{config-ref: Queues, queueName: orders, redelivery-policy: {{maxRedeliveryCount: 9, delay: 50ms}}}}
    steps: [{CALL}]
  post: {{steps: [{{vm:publish: {{config-ref: Queues, queueName: orders}}}}]}}
  nothing: {{steps: []}}
"""
FAILING = "mock: [{processor: http:request, raise: {type: HTTP:TIMEOUT}}]"
REDELIVERED = f"""
sources: true
cases:
  it fails:
    flow: post
    within: 2s
    {FAILING}
    expect: {{calls: [{{processor: http:request, times: {{$gte: 1}}}}]}}
  the next:
    flow: nothing
    given: {{payload: 1}}
    then:
      - steps:
          - until-successful: {{maxRetries: 1, millisBetweenRetries: 200, steps: [{{raise-error: {{type: A:B}}}}]}}
        expect: {{error: MULE:RETRY_EXHAUSTED, calls: [{{processor: http:request, times: 0}}]}}
  it fails again:
    flow: post
    within: 2s
    {FAILING}
    expect: {{calls: [{{processor: http:request, times: {{$gte: 1}}}}]}}
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a test file on flows."""

    def running(flows: str, cases: str) -> FileResult:
        (tmp_path / "a.yaml").write_text(flows)
        (tmp_path / "a.test.yaml").write_text(cases)
        return run_file(tmp_path / "a.test.yaml", Order({}))

    return running


def failures(result: FileResult) -> list[str]:
    assert not result.broken, result.broken
    return [each.text for each in result.results if each.status != "passed"]


@pytest.mark.parametrize("suite", ["", "before-all: [{logger: {}}]\n"])
def test_mocks_answer_work_in_the_background_to_its_end(run: Run, suite: str) -> None:
    cases = "".join(f"  case {number}: {{flow: notify, expect: {{payload: done}}}}\n" for number in range(4))
    assert failures(run(ASYNC, f"{suite}{MOCK}\ncases:\n{cases}")) == []


def test_a_call_in_the_background_that_no_mock_answers_fails_its_own_case(run: Run) -> None:
    cases = "cases:\n  async: {flow: notify, expect: {payload: done}}\n  nothing: {steps: [], given: {payload: 1}}\n"
    [text] = failures(result := run(ASYNC, cases))
    assert result.results[0].text == text
    assert "this call of http:request would leave the test, and no mock answers it" in text


def test_spies_and_faults_meet_work_in_the_background(run: Run) -> None:
    case = f"""
cases:
  spied on:
    flow: notify
    {MOCK}
    spy: [{{processor: os:store, before: {{expect: {{payload: {{}}}}}}}}]
    faults: [{{processor: notify/steps/0/async/steps/1/until-successful/steps/0, raise: HTTP:TIMEOUT, times: 1}}]
  a wrong spy:
    flow: notify
    {MOCK}
    spy: [{{processor: os:store, before: {{expect: {{payload: 7}}}}}}]
"""
    [text] = failures(run(ASYNC, case))
    assert "before os:store" in text


@pytest.mark.parametrize(
    ("expected", "status"),
    [
        ("calls: [{processor: os:store, times: 1}]", "passed"),
        ("calls: [{processor: os:store, times: 2}]", "failed"),
        ("calls: [{processor: os:store, times: 0}]", "failed"),
        ('calls."os:store": 1', "passed"),
        ('calls."os:store": null', "failed"),
    ],
)
def test_calls_in_the_background_count(run: Run, expected: str, status: str) -> None:
    act = f"flow: notify, expect: {{{expected}}}"
    result = run(ASYNC, f"{MOCK}\ncases:\n  one: {{{act}}}\n  several acts: {{{act}, then: [{{{act}}}]}}\n")
    assert [each.status for each in result.results] == [status, status]


@pytest.mark.parametrize("suite", ["", "before-all: [{logger: {}}]\n", "after-all: []\nnow: 2030-01-01T00:00:00Z\n"])
def test_a_message_that_waits_to_be_delivered_again_is_not_the_next_cases(run: Run, suite: str) -> None:
    """Also if the cases share an application; then sources begin anew in each of them."""
    assert failures(run(QUEUES, suite + REDELIVERED)) == []
