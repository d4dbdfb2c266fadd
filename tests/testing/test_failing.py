"""What does not hold is told: what was wanted and got, at which line, and the path that the event took."""

from __future__ import annotations

import asyncio
from textwrap import dedent, indent

import pytest

from engine.loading.catalog import discover
from engine.loading.files.document import Document
from engine.testing.files.suite import TestFile
from engine.testing.session import Result, Session

CATALOG = discover()
FLOWS = """\
files: []
configs:
  Seen: {os:object-store: {persistent: false}}
flows:
  greet:
    steps:
      - logger: {doc:name: Say hi, message: hi}
      - set-payload: {value: {results: [{id: a, status: 200}, {id: b, status: 422}]}}
      - set-variable: {variableName: name, value: Ada}
  fail:
    steps:
      - logger: {message: hi}
      - raise-error: {type: "SHOP:CLOSED", description: the shop is closed}
  ask:
    steps: [{http:request: {url: "https://north.example.org", method: POST, body: {id: "#[payload]"}}}]
  bug:
    steps: [{python: {function: "textwrap:dedent", arguments: [5]}}]
  slow:
    steps: [{until-successful: {maxRetries: 100000000, millisBetweenRetries: 0, steps: [{raise-error: {type: "A:B"}}]}}]
"""


def run(case: str, *, settings: str = "") -> Result:
    """What becomes of one case."""
    text = f"{dedent(settings)}{FLOWS}cases:\n  it:\n{indent(dedent(case), '    ')}\n"
    file = TestFile(Document("greet.test.yaml", text))
    session = Session(file, CATALOG)
    session.check()

    async def running() -> Result:
        await session.open()
        result = await session.run(file.cases[0])
        await session.close()
        return result

    return asyncio.run(running())


FAILING = {
    "a value": ("{flow: greet, expect: {vars.name: Eve}}", ["vars.name", "wanted: Eve", "got:    Ada"]),
    "a matcher": ("{flow: greet, expect: {vars.name: {$hasSize: 4}}}", ["wanted: {$hasSize: 4}", "got:    Ada"]),
    "one more entry": ("{flow: greet, expect: {payload: {}}}", ["wanted: {}", "got:    {results:"]),
    "an order": ("{flow: greet, expect: {'payload.results[].id': [b, a]}}", ["wanted: [b, a]", "got:    [a, b]"]),
    "true is not 1": ("{flow: greet, expect: {payload.results != null: 1}}", ["wanted: 1", "got:    true"]),
    "an expression that fails": ("{flow: greet, expect: {payload + 1: 1}}", ["got:    'the error MULE:EXPRESSION"]),
    "calls": (
        "{flow: greet, expect: {calls: [{processor: Say hi, times: 2}]}}",
        ["calls of Say hi", "wanted: 2", "got:    1"],
    ),
    "calls with a parameter": (
        "{flow: greet, expect: {calls: [{processor: set-variable, with: {value: Ada}, times: 0}]}}",
        ["calls of set-variable with value: Ada"],
    ),
    "calls with other parameters, which are shown": (
        "{flow: ask, given: {payload: 7}, mock: [{processor: http:request, return: {payload: 1}}], "
        "expect: {calls: [{processor: http:request, with: {body: {id: 8}}}]}}",
        ["calls of http:request with body: {id: 8}", "the calls of http:request:", "{body: {id: 7}}, ask/steps/0"],
    ),
    "calls of which there is none": (
        "{flow: fail, expect: {error: SHOP:CLOSED, calls: [{processor: http:request, with: {body: {id: 7}}}]}}",
        ["the calls of http:request:", "      none"],
    ),
    "a mock that does not fit": (
        "{flow: ask, given: {payload: 7}, "
        "mock: [{processor: http:request, with: {body: {id: 8}}, return: {payload: 1}}]}",
        ["this call of http:request would leave the test", "the mock with {body: {id: 8}} does not fit: the call has"],
    ),
    "what makes no map": (
        "{flow: greet, given: {vars: {from-expression: 1 + 1}}, expect: {payload: 1}}",
        ["makes no map of names and values"],
    ),
    "no call at all": (
        "{flow: fail, expect: {error: SHOP:CLOSED, calls: [{processor: set-payload}]}}",
        ["calls of set-payload", "wanted: {$gte: 1}", "got:    0"],
    ),
    "a spy": (
        "{flow: greet, spy: [{processor: set-variable, before: {expect: {vars.name: Ada}}}]}",
        ["vars.name before set-variable", "wanted: Ada", "got:    null"],
    ),
    "a spy that sees nothing": (
        "{flow: fail, expect: {error: SHOP:CLOSED}, spy: [{processor: set-payload, after: {expect: {payload: 1}}}]}",
        ["calls of set-payload, spied on"],
    ),
    "an error that nobody expects": (
        "{flow: fail, expect: {payload: null}}",
        ["error", "SHOP:CLOSED: the shop is closed", "raise-error", "✗ SHOP:CLOSED"],
    ),
    "an error of another type": (
        "{flow: fail, expect: {error: SHOP:OPEN}}",
        ["wanted: SHOP:OPEN", "got:    'SHOP:CLOSED"],
    ),
    "no error": ("{flow: greet, expect: {error: SHOP:CLOSED}}", ["wanted: SHOP:CLOSED", "got:    null"]),
    "a bug": ("{flow: bug}", ["MULE:UNKNOWN", "detail: TypeError"]),
    "a case without an end": ("{flow: slow, timeout: 50ms}", ["timeout", "an end within 0.05 s", "✗ cut off"]),
    "an answer that nobody expects": ("{get: /nowhere, expect: {}}", ["status", "got:    404", "path: no step ran"]),
    "what is done next": (
        "{flow: greet, then: [{flow: greet, expect: {vars.name: Eve}}, {flow: fail}]}",
        ["wanted: Eve"],
    ),
    "expectations that never hold": ("{flow: greet, within: 30ms, expect: {vars.name: Eve}}", ["wanted: Eve"]),
}


@pytest.mark.parametrize("case", FAILING)
def test_a_case_fails(case: str) -> None:
    written, told = FAILING[case]
    result = run(written)
    assert result.status == "failed"
    assert [text for text in told if text not in result.text] == []


REPORT = """\
  greet.test.yaml:24:7
    24 |       payload.results[1]: {id: b, status: {$anyOf: [200, 207]}}
  payload.results[1]
    wanted: {id: b, status: {$anyOf: [200, 207]}}
    got:    {id: b, status: 422}
    difference (- wanted, + got):
        id: b
      - status:
      -   $anyOf:
      -   - 200
      -   - 207
      + status: 422
  path:
    logger        greet/steps/0 @ greet.test.yaml:7
    set-payload   greet/steps/1 @ greet.test.yaml:8
    set-variable  greet/steps/2 @ greet.test.yaml:9"""


def test_the_report() -> None:
    result = run("flow: greet\nexpect:\n  payload.results[1]: {id: b, status: {$anyOf: [200, 207]}}\n")
    assert result.text == REPORT


def test_of_a_long_path_its_beginning_and_its_end_are_told() -> None:
    loop = "{foreach: {collection: 'range(1000)', steps: [{logger: {level: DEBUG, message: hi}}]}}"
    text = run(f"steps: [{loop}, {{set-payload: {{value: 1}}}}]\nexpect: {{payload: 2}}\n").text
    assert "… 942 more steps" in text
    assert text.splitlines()[-1].lstrip().startswith("set-payload")


@pytest.mark.parametrize("hook", ["before-each", "after-each"])
def test_steps_around_a_case_that_fail_fail_it(hook: str) -> None:
    result = run("{flow: greet}", settings=f"{hook}: [{{raise-error: {{type: 'A:B', description: no database}}}}]\n")
    assert (result.status, "A:B: no database" in result.text) == ("failed", True)
