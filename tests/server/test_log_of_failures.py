"""What the log tells of requests that fail: callers' faults in the line of the request, ours beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from running import Running, Start, wait_until

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
  Orders:
    apikit:config:
      api:
        openapi: 3.1.0
        info: {title: Orders, version: "1"}
        paths:
          /orders: {get: {responses: {"200": {description: All of them}}}}

flows:
  secret:
    source: {http:listener: {config-ref: Api, path: /secret}}
    steps: [{security:api-key: {header: X-Key, keys: {bob: qrstuvwxyz012345}, roles: boss}}]
  own:
    source: {http:listener: {config-ref: Api, path: /own}}
    steps: [{raise-error: {type: "SHOP:NONE", description: no such order}}]
    error-handler:
      - on-error-propagate: {type: "SHOP:NONE", steps: [{set-variable: {variableName: httpStatus, value: 404}}]}
  in-a-try:
    source: {http:listener: {config-ref: Api, path: /in-a-try}}
    steps:
      - try:
          steps: [{raise-error: {type: "SHOP:NONE", description: no such order}}]
          error-handler:
            - on-error-propagate: {steps: [{transform: {set-variables: {httpStatus: 410}}}]}
  computed:
    source: {http:listener: {config-ref: Api, path: /computed, error-response: {statusCode: 409}}}
    steps: [{raise-error: {type: "SHOP:TAKEN", description: it is there already}}]
  heavy:
    source: {http:listener: {config-ref: Api, path: /heavy}}
    maxRecords: 2
    steps: [{logger: {}}]
  continued:
    source: {http:listener: {config-ref: Api, path: /continued}}
    steps: [{raise-error: {type: "SHOP:NONE", description: no such order}}]
    error-handler:
      - on-error-continue: {type: "SHOP:NONE", steps: [{set-variable: {variableName: httpStatus, value: 404}}]}
  invalid:
    source: {http:listener: {config-ref: Api, path: /invalid}}
    steps: [{validation:is-not-null: {value: "#[payload]", message: no body}}]
    error-handler: [{on-error-propagate: {}}]
  value:
    source: {http:listener: {config-ref: Api, path: /value}}
    steps: [{set-payload: {value: {a: 1}}}]
  routed:
    source: {http:listener: {config-ref: Api, path: /api/*}}
    steps: [{apikit:router: {config-ref: Orders}}]
  "get:\\\\orders": {steps: []}
  down:
    source: {http:listener: {config-ref: Api, path: /down}}
    steps: [{raise-error: {type: "SHOP:CONNECTIVITY", description: down}}]
    error-handler: [{on-error-propagate: {}}]
  ours:
    source: {http:listener: {config-ref: Api, path: /ours}}
    steps: [{validation:is-not-null: {value: null, message: the stock is not known}}]
    error-handler: [{on-error-propagate: {steps: [{set-variable: {variableName: httpStatus, value: 500}}]}}]
  told:
    source: {http:listener: {config-ref: Api, path: /told}}
    steps: [{set-payload: {value: "#[attributes.method + 1]"}}]
    error-handler:
      - on-error-propagate:
          steps:
            - set-variable: {variableName: httpStatus, value: 500}
            - set-payload: {value: {message: "#[error.description]", error: "#[error]"}}
  replaced:
    source: {http:listener: {config-ref: Api, path: /replaced}}
    steps: [{raise-error: {type: "SHOP:NONE", description: no such order}}]
    error-handler:
      - on-error-propagate:
          steps:
            - set-variable: {variableName: httpStatus, value: 404}
            - set-payload: {value: "#[error.description + 1]"}
  kept:
    source: {http:listener: {config-ref: Api, path: /kept}}
    steps: [{raise-error: {type: "SHOP:NONE", description: no such order}}]
    error-handler: [{on-error-continue: {}}]
  silent:
    source: {http:listener: {config-ref: Api, path: /silent}}
    steps: [{raise-error: {type: "SHOP:CONNECTIVITY", description: down}}]
    error-handler: [{on-error-propagate: {logException: false}}]
  silent-refusal:
    source: {http:listener: {config-ref: Api, path: /silent-refusal}}
    steps: [{validation:is-not-null: {value: null, message: the stock is not known}}]
    error-handler: [{on-error-propagate: {logException: false}}]
  silent-bug:
    source: {http:listener: {config-ref: Api, path: /silent-bug}}
    steps: [{python: {function: "math:sqrt", arguments: [-1]}}]
    error-handler: [{on-error-propagate: {logException: false}}]
  silent-within:
    source: {http:listener: {config-ref: Api, path: /silent-within}}
    steps:
      - try:
          steps: [{raise-error: {type: "SHOP:CONNECTIVITY", description: down}}]
          error-handler: [{on-error-propagate: {logException: false}}]
  silent-called:
    source: {http:listener: {config-ref: Api, path: /silent-called}}
    steps: [{flow-ref: {name: silent}}]
    error-handler: [{on-error-propagate: {type: "SHOP:CONNECTIVITY"}}]
  silent-replaced:
    source: {http:listener: {config-ref: Api, path: /silent-replaced}}
    steps: [{raise-error: {type: "SHOP:NONE", description: no such order}}]
    error-handler: [{on-error-propagate: {logException: false, steps: [{set-payload: {value: "#[payload.a.b + 1]"}}]}}]
"""


BODIES = {"POST": [1, 2, 3]}


@pytest.fixture
def served(start: Start) -> Running:
    return start(FLOWS)


CALLERS: Mapping[str, tuple[str, Mapping[str, str], int, str]] = {
    "no credentials": ("/secret", {}, 401, "SECURITY:UNAUTHORIZED: the credentials are missing or do not hold at "),
    "no role": ("/secret", {"X-Key": "qrstuvwxyz012345"}, 403, "MULE:NOT_PERMITTED: the caller may not do this at "),
    "a status of the flow's own": ("/own", {}, 404, "SHOP:NONE: no such order at own/steps/0 @ "),
    "a status that a try assigned": ("/in-a-try", {}, 410, "SHOP:NONE: no such order at in-a-try/steps/0/try/"),
    "a status of the error-response": ("/computed", {}, 409, "SHOP:TAKEN: it is there already at computed/"),
    "what is not valid": ("/invalid", {}, 400, "VALIDATION:NULL: no body at invalid/"),
    "what cannot be written so": ("/value", {"Accept": "image/png"}, 406, "HTTP:NOT_ACCEPTABLE: the answer can be"),
    "too many records": ("/heavy", {"X-Method": "POST"}, 413, "MULE:FLOW_BACK_PRESSURE: "),
    "no path of the API": ("/api/customers", {}, 404, "APIKIT:NOT_FOUND: "),
    "another method": ("/api/orders", {"X-Method": "DELETE"}, 405, "APIKIT:METHOD_NOT_ALLOWED: "),
}  # fmt: skip


@pytest.mark.parametrize(("path", "headers", "status", "told"), CALLERS.values(), ids=CALLERS)
def test_what_is_the_callers_fault_is_one_line(
    served: Running, path: str, headers: Mapping[str, str], status: int, told: str
) -> None:
    method = headers.get("X-Method", "GET")
    answer = served.client.request(
        method, path, headers={**headers, "X-Correlation-ID": "mine"}, json=BODIES.get(method)
    )
    assert answer.status_code == status
    [line] = served.logged("correlationId=mine")
    assert f" INFO engine.access {method} {path} " in line
    assert re.search(rf" {status} \d+\.\d ms {re.escape(told)}", line)


@pytest.mark.parametrize(("path", "status"), [("/down", 503), ("/ours", 500)])
def test_what_is_ours_is_an_error_beside_it(served: Running, path: str, status: int) -> None:
    assert served.client.get(path, headers={"X-Correlation-ID": "mine"}).status_code == status
    first, last = served.logged("correlationId=mine", lines=2)
    assert " ERROR engine " in first
    assert f" INFO engine.access GET {path} {path[1:]} {status} " in last
    assert last.count(" ms correlationId") == 1


def test_who_wrote_the_flow_sees_the_expression_and_the_caller_does_not(served: Running) -> None:
    answer = served.client.get("/told", headers={"X-Correlation-ID": "mine"})
    description = "'+' takes two numbers, not string and number"
    error = {"type": "MULE:EXPRESSION", "description": description}
    assert answer.json() == {"message": description, "error": error}
    first, _ = served.logged("correlationId=mine", lines=2)
    assert f" ERROR engine MULE:EXPRESSION: {description}, in #[attributes.method + 1] at " in first
    assert re.search(r"flows\.yaml:\d+:\d+ at told/steps/0 @ \S+flows\.yaml:\d+ correlationId", first)


def test_an_error_that_is_replaced_in_its_handler_is_told_too(served: Running) -> None:
    assert served.client.get("/replaced", headers={"X-Correlation-ID": "mine"}).status_code == 500
    first, second, _ = served.logged("correlationId=mine", lines=3)
    assert " INFO engine SHOP:NONE: no such order at replaced/steps/0 @ " in first
    assert " ERROR engine MULE:EXPRESSION: " in second


@pytest.mark.parametrize(("path", "level"), [("/continued", "INFO"), ("/kept", "ERROR")])
def test_an_error_that_is_continued_has_a_line_of_its_own(served: Running, path: str, level: str) -> None:
    """With level INFO where the handler says that it is the caller's."""
    served.client.get(path, headers={"X-Correlation-ID": "mine"})
    first, _ = served.logged("correlationId=mine", lines=2)
    assert f" {level} engine SHOP:NONE: no such order at {path[1:]}/steps/0 @ " in first


@pytest.mark.parametrize(("path", "status"), [("/silent", 503), ("/silent-refusal", 400)])
def test_an_error_whose_handler_says_so_is_not_logged(served: Running, path: str, status: int) -> None:
    assert served.client.get(path, headers={"X-Correlation-ID": "mine"}).status_code == status
    [line] = served.logged("correlationId=mine")
    assert re.search(rf" INFO engine.access GET {path} {path[1:]} {status} \d+\.\d ms correlationId", line)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/silent-within", "SHOP:CONNECTIVITY: down at silent-within/steps/0/try/"),
        ("/silent-called", "SHOP:CONNECTIVITY: down at silent/steps/0 @ "),
        ("/silent-replaced", "MULE:EXPRESSION: "),
        ("/silent-bug", "unexpected error in python (silent-bug/steps/0 @ "),
    ],
)
def test_only_the_last_handler_says_so_and_never_of_a_bug_or_a_second_error(
    served: Running, path: str, told: str
) -> None:
    """As in Mule, where the handler that every flow has logs what the flow itself does not handle."""
    served.client.get(path, headers={"X-Correlation-ID": "mine"})
    first, *_ = served.logged("correlationId=mine", lines=2)
    assert f" ERROR engine {told}" in first


def test_without_lines_of_requests_callers_are_not_logged(start: Start) -> None:
    server = start(FLOWS, "--log-level", "warning")
    server.client.get("/secret")
    server.client.get("/down")
    wait_until(lambda: "SHOP:CONNECTIVITY" in server.log)
    assert len(server.log.splitlines()) == 1
