"""The answer of a flow that failed: the table of statuses, and what a flow can say about it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from running import PROBLEM, Running

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}

error-handlers:
  teapot:
    - on-error-propagate: {type: ANY, steps: [{set-variable: {variableName: httpStatus, value: 418}}]}

flows:
  raises:
    source: {http:listener: {config-ref: Api, path: "/raises/{type}"}}
    steps:
      - choice:
          when:
            - {expression: "attributes.uriParams.type == 'DB:CONNECTIVITY'", steps: [{raise-error: {type: "DB:CONNECTIVITY", description: secret}}]}
            - {expression: "attributes.uriParams.type == 'MY:CONNECTIVITY'", steps: [{raise-error: {type: "MY:CONNECTIVITY", description: secret}}]}
            - {expression: "attributes.uriParams.type == 'DB:CANNOT_REACH'", steps: [{raise-error: {type: "DB:CANNOT_REACH", description: secret}}]}
            - {expression: "attributes.uriParams.type == 'RETRY_EXHAUSTED'", steps: [{raise-error: {type: RETRY_EXHAUSTED, description: secret}}]}
            - {expression: "attributes.uriParams.type == 'CRITICAL'", steps: [{raise-error: {type: CRITICAL, description: secret}}]}
            - {expression: "attributes.uriParams.type == 'OVERLOAD'", steps: [{raise-error: {type: OVERLOAD, description: secret}}]}
            - {expression: "attributes.uriParams.type == 'TIMEOUT'", steps: [{raise-error: {type: TIMEOUT, description: secret}}]}
            - {expression: "attributes.uriParams.type == 'MY:TIMEOUT'", steps: [{raise-error: {type: "MY:TIMEOUT", description: secret}}]}
            - {expression: "attributes.uriParams.type == 'HTTP:TIMEOUT'", steps: [{raise-error: {type: "HTTP:TIMEOUT", description: secret}}]}
            - {expression: "attributes.uriParams.type == 'HTTP:CONNECTIVITY'", steps: [{raise-error: {type: "HTTP:CONNECTIVITY", description: secret}}]}
            - {expression: "attributes.uriParams.type == 'HTTP:NOT_FOUND'", steps: [{raise-error: {type: "HTTP:NOT_FOUND", description: secret}}]}
            - {expression: "attributes.uriParams.type == 'DUPLICATE_MESSAGE'", steps: [{raise-error: {type: DUPLICATE_MESSAGE, description: sent before}}]}
            - {expression: "attributes.uriParams.type == 'VALIDATION'", steps: [{raise-error: {type: VALIDATION, description: not so}}]}
            - {expression: "attributes.uriParams.type == 'JSON'", steps: [{raise-error: {type: "JSON:SCHEMA_NOT_HONOURED", description: not so}}]}
            - {expression: "attributes.uriParams.type == 'VALIDATION:NULL'", steps: [{validation:is-not-null: {value: null, message: nothing there}}]}
            - {expression: "attributes.uriParams.type == 'EXPRESSION'", steps: [{set-payload: {value: "#[attributes.method + 1]"}}]}
            - {expression: "attributes.uriParams.type == 'MY:OWN'", steps: [{raise-error: {type: "MY:OWN", description: secret}}]}
            - {expression: "attributes.uriParams.type == 'UNKNOWN'", steps: [{odd: {bug: secret}}]}

  before:
    source: {http:listener: {config-ref: Api, path: /before}}
    steps:
      - set-variable: {variableName: httpStatus, value: 409}
      - raise-error: {type: "MY:OWN", description: broken}
  in-the-flow:
    source: {http:listener: {config-ref: Api, path: /in-the-flow}}
    steps: [{raise-error: {type: "MY:OWN", description: broken}}]
    error-handler: {ref: teapot}
  in-a-try:
    source: {http:listener: {config-ref: Api, path: /in-a-try}}
    steps:
      - try: {steps: [{raise-error: {type: "MY:OWN", description: broken}}], error-handler: {ref: teapot}}
  in-a-try-of-another-flow:
    source: {http:listener: {config-ref: Api, path: /in-a-try-of-another-flow}}
    steps: [{flow-ref: {name: in-a-try}}]
    error-handler: [{on-error-propagate: {}}]
  below-400:
    source: {http:listener: {config-ref: Api, path: /below-400}}
    steps: [{validation:is-true: {expression: "false", message: not so}}]
    error-handler: [{on-error-propagate: {steps: [{set-variable: {variableName: httpStatus, value: 200}}]}}]
  no-status:
    source: {http:listener: {config-ref: Api, path: /no-status}}
    steps: [{validation:is-true: {expression: "false", message: not so}}]
    error-handler: [{on-error-propagate: {steps: [{set-variable: {variableName: httpStatus, value: many}}]}}]
  continued-further-out:
    source: {http:listener: {config-ref: Api, path: /continued-further-out}}
    steps:
      - try:
          steps:
            - try: {steps: [{raise-error: {type: "MY:OWN", description: broken}}], error-handler: {ref: teapot}}
          error-handler: [{on-error-continue: {}}]
      - raise-error: {type: "MY:OWN", description: broken again}
  continued-to-success:
    source: {http:listener: {config-ref: Api, path: /continued-to-success}}
    steps:
      - try:
          steps:
            - try: {steps: [{raise-error: {type: "MY:OWN", description: broken}}], error-handler: {ref: teapot}}
          error-handler: [{on-error-continue: {}}]
      - set-payload: {value: {went: on}}
  continued:
    source: {http:listener: {config-ref: Api, path: /continued}}
    steps: [{raise-error: {type: "MY:OWN", description: broken}}]
    error-handler:
      - on-error-continue:
          steps:
            - set-payload: {value: {problem: "#[error.description]"}}
            - set-variable: {variableName: httpStatus, value: 404}
  body:
    source: {http:listener: {config-ref: Api, path: /body}}
    steps: [{raise-error: {type: "MY:OWN", description: broken}}]
    error-handler: [{on-error-propagate: {steps: [{set-payload: {value: {why: "#[error.description]"}}}]}}]
  body-from-before:
    source: {http:listener: {config-ref: Api, path: /body-from-before}}
    steps: [{set-payload: {value: secret}}, {raise-error: {type: "MY:OWN", description: broken}}]
    error-handler: [{on-error-propagate: {}}]
  error-in-the-handler:
    source: {http:listener: {config-ref: Api, path: /error-in-the-handler}}
    steps: [{raise-error: {type: "MY:OWN", description: broken}}]
    error-handler:
      - on-error-propagate:
          steps:
            - set-variable: {variableName: httpStatus, value: 418}
            - set-payload: {value: a body}
            - validation:is-true: {expression: "false", message: the handler fails}
  parameters:
    source:
      http:listener:
        config-ref: Api
        path: /parameters
        error-response:
          statusCode: "#[error.type == 'MY:OWN' ? 422 : 400]"
          headers: {X-Type: "#[error.type]", X-Both: response}
          body: {why: "#[error.description]"}
    steps:
      - set-variable: {variableName: outboundHeaders, value: {X-Both: flow, X-Own: "1", X-None: null}}
      - raise-error: {type: "MY:OWN", description: broken}
  bad-parameters:
    source: {http:listener: {config-ref: Api, path: /bad-parameters, error-response: {statusCode: "#['a' + 1]", headers: "#['a' + 1]", body: "#['a' + 1]"}}}
    steps: [{validation:is-true: {expression: "false", message: not so}}]
  unwritable:
    source: {http:listener: {config-ref: Api, path: /unwritable}}
    steps: [{odd: {payload: object}}]
    error-handler:
      - on-error-continue: {type: TRANSFORMATION, steps: [{set-payload: {value: {handled: "#[error.type]"}}}]}
  unwritable-twice:
    source: {http:listener: {config-ref: Api, path: /unwritable-twice}}
    steps: [{odd: {payload: object}}]
    error-handler: [{on-error-continue: {steps: [{odd: {payload: object}}]}}]
  unwritable-failure:
    source: {http:listener: {config-ref: Api, path: /unwritable-failure}}
    steps: [{raise-error: {type: "MY:OWN", description: broken}}]
    error-handler: [{on-error-propagate: {steps: [{odd: {payload: circle}}]}}]
  late:
    source: {http:listener: {config-ref: Api, path: /late}}
    timeout: 50ms
    steps: [{try: {steps: [{slow: {seconds: 5}}], error-handler: [{on-error-continue: {}}]}}]
    error-handler: [{on-error-continue: {}}]
  narrow:
    source: {http:listener: {config-ref: Api, path: /narrow}}
    maxConcurrency: 1
    steps: [{slow: {seconds: 0.5}}]
    error-handler: [{on-error-continue: {}}]
"""  # noqa: E501


@pytest.mark.parametrize(
    ("error_type", "status"),
    [
        ("TIMEOUT", 504),
        ("MY:TIMEOUT", 504),
        ("HTTP:TIMEOUT", 504),
        ("DB:CONNECTIVITY", 503),
        ("MY:CONNECTIVITY", 503),
        ("DB:CANNOT_REACH", 503),
        ("HTTP:CONNECTIVITY", 503),
        ("RETRY_EXHAUSTED", 503),
        ("CRITICAL", 503),
        ("OVERLOAD", 503),
        ("HTTP:NOT_FOUND", 502),
        ("DUPLICATE_MESSAGE", 409),
        ("VALIDATION", 400),
        ("VALIDATION:NULL", 400),
        ("JSON", 400),
        ("EXPRESSION", 500),
        ("MY:OWN", 500),
        ("UNKNOWN", 500),
    ],
)
def test_status_by_type(served: Running, error_type: str, status: int) -> None:
    answer = served.post(f"/raises/{error_type}")
    problem = answer.json()
    assert (answer.status_code, problem["status"], answer.headers["content-type"]) == (status, status, PROBLEM)
    assert problem["correlationId"] == answer.headers["x-correlation-id"]
    lines = 1 if status < 500 else 2  # the request, and the error where it is ours
    assert len(served.logged(f"correlationId={problem['correlationId']}", lines)) == lines
    assert "secret" not in answer.text
    assert ("errorType" in problem) == (status < 500)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/before", 500),
        ("/in-the-flow", 418),
        ("/in-a-try", 418),
        ("/in-a-try-of-another-flow", 418),
        ("/below-400", 400),
        ("/no-status", 400),
        ("/continued-further-out", 500),
        ("/error-in-the-handler", 400),
        ("/unwritable-twice", 500),
        ("/unwritable-failure", 500),
        ("/late", 504),
        ("/bad-parameters", 400),
    ],
)
def test_a_problem(served: Running, path: str, status: int) -> None:
    answer = served.post(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/continued-to-success", 200, {"went": "on"}),
        ("/continued", 404, {"problem": "broken"}),
        ("/body", 500, {"why": "broken"}),
        ("/parameters", 422, {"why": "broken"}),
        ("/unwritable", 200, {"handled": "MULE:TRANSFORMATION"}),
    ],
)
def test_a_body_of_the_flow(served: Running, path: str, status: int, body: object) -> None:
    answer = served.post(path)
    assert (answer.status_code, answer.headers["content-type"], answer.json()) == (status, "application/json", body)


def test_a_payload_from_before_the_error_is_not_shown(served: Running) -> None:
    assert "secret" not in served.post("/body-from-before").text


@pytest.mark.parametrize("path", ["/below-400", "/no-status"])
def test_an_ignored_status_is_logged(served: Running, path: str) -> None:
    identity = served.post(path).headers["x-correlation-id"]
    assert any("it is ignored" in line for line in served.logged(identity))


def test_headers_of_a_failure(served: Running) -> None:
    headers = served.post("/parameters").headers
    assert (headers["x-type"], headers["x-both"], headers["x-own"]) == ("MY:OWN", "response", "1")
    assert "x-none" not in headers


def test_one_more_than_max_concurrency(served: Running) -> None:
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda _: served.post("/narrow"), range(3)))
    refused = [answer for answer in answers if answer.status_code == 503]
    assert sorted(answer.status_code for answer in answers) == [200, 503, 503]
    assert [int(answer.headers["retry-after"]) > 0 for answer in refused] == [True, True]
    assert served.post("/narrow").status_code == 200


def test_a_deadline_frees_its_place(served: Running) -> None:
    assert [served.post("/late").status_code for _ in range(3)] == [504] * 3


def test_problem_members(served: Running) -> None:
    answer = served.post("/raises/VALIDATION:NULL", headers={"X-Correlation-ID": "mine"})
    assert answer.json() == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "nothing there",
        "errorType": "VALIDATION:NULL",
        "instance": "/raises/VALIDATION%3ANULL",
        "correlationId": "mine",
    }


def test_a_problem_is_json_of_one_line(served: Running) -> None:
    text = served.post("/before").text
    assert json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False) == text
