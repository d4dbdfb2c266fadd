"""The status of a failure (docs/language.md, "Answering"), for events that tempt an engine to answer with another."""

from __future__ import annotations

import pytest
from running import PROBLEM, Running

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
  Seen: {os:object-store: {persistent: false}}

flows:
  upstream:
    source: {http:listener: {config-ref: Api, path: "/upstream/{status}"}}
    steps: [{set-variable: {variableName: httpStatus, value: "#[attributes.uriParams.status]"}}]
  asks:
    source: {http:listener: {config-ref: Api, path: /asks}}
    steps: [{http:request: {url: "#[attributes.queryParams.to]"}}]
  asks-again:
    source: {http:listener: {config-ref: Api, path: /asks-again}}
    steps:
      - until-successful:
          maxRetries: 1
          millisBetweenRetries: 1
          steps: [{http:request: {url: "#[attributes.queryParams.to]"}}]
  asks-mapped:
    source: {http:listener: {config-ref: Api, path: /asks-mapped}}
    steps:
      - http:request:
          url: "#[attributes.queryParams.to]"
          error-mapping: [{sourceType: "HTTP:UNAUTHORIZED", targetType: "APP:LOGIN"}]
  asks-late:
    source: {http:listener: {config-ref: Api, path: /asks-late}}
    steps: [{http:request: {url: "#[attributes.queryParams.to]", responseTimeout: 50ms}}]
  sleeps:
    source: {http:listener: {config-ref: Api, path: /sleeps}}
    steps: [{slow: {seconds: 0.5}}]
  log-only:
    source: {http:listener: {config-ref: Api, path: /log-only}}
    steps:
      - set-variable: {variableName: httpStatus, value: 201}
      - set-payload: {value: from before}
      - raise-error: {type: "APP:BROKEN", description: broken}
    error-handler: [{on-error-propagate: {steps: [{logger: {message: "#[error.description]"}}]}}]
  log-only-around-a-handler:
    source: {http:listener: {config-ref: Api, path: /log-only-around-a-handler}}
    steps:
      - try:
          steps: [{raise-error: {type: "APP:BROKEN", description: broken}}]
          error-handler:
            - on-error-propagate: {steps: [{set-variable: {variableName: httpStatus, value: "422"}}]}
    error-handler: [{on-error-propagate: {steps: [{logger: {message: again}}]}}]
  same-again:
    source: {http:listener: {config-ref: Api, path: /same-again}}
    steps:
      - set-variable: {variableName: httpStatus, value: 422}
      - raise-error: {type: "APP:BROKEN", description: broken}
    error-handler: [{on-error-propagate: {steps: [{set-variable: {variableName: httpStatus, value: 422}}]}}]
  out-of-a-loop:
    source: {http:listener: {config-ref: Api, path: /out-of-a-loop}}
    steps:
      - foreach:
          collection: "`[1, 2]`"
          steps:
            - try:
                steps: [{raise-error: {type: "APP:BROKEN", description: broken}}]
                error-handler:
                  - on-error-propagate: {steps: [{set-variable: {variableName: httpStatus, value: 451}}]}
  routes:
    source: {http:listener: {config-ref: Api, path: "/routes/{one}/{other}"}}
    steps:
      - scatter-gather:
          routes:
            - steps: [{flow-ref: {name: raise}}]
            - steps: [{set-payload: {value: fine}}]
            - steps:
                - set-variable: {variableName: which, value: "#[attributes.uriParams.other]"}
                - flow-ref: {name: raise}
  items:
    source: {http:listener: {config-ref: Api, path: /items}}
    steps:
      - parallel-foreach:
          collection: "`[404, 503]`"
          steps: [{http:request: {url: "#[concat(attributes.queryParams.to, as_string(payload))]"}}]
  twice:
    source: {http:listener: {config-ref: Api, path: /twice}}
    steps:
      - idempotent-message-validator: {idExpression: "#[payload.id]", objectStore: Seen}

sub-flows:
  raise:
    steps:
      - choice:
          when:
            - expression: (vars.which || attributes.uriParams.one) == 'validation'
              steps: [{raise-error: {type: VALIDATION, description: not so}}]
            - expression: (vars.which || attributes.uriParams.one) == 'timeout'
              steps: [{raise-error: {type: "APP:TIMEOUT", description: late}}]
            - expression: (vars.which || attributes.uriParams.one) == 'connectivity'
              steps: [{raise-error: {type: "DB:CONNECTIVITY", description: gone}}]
"""


@pytest.mark.parametrize(
    ("flow", "upstream", "status"),
    [
        ("asks", "/upstream/401", 502),  # the credentials are ours, the caller's were never asked for
        ("asks", "/upstream/400", 502),
        ("asks", "/upstream/404", 502),
        ("asks", "/upstream/429", 502),
        ("asks", "/upstream/503", 502),
        ("asks", "/upstream/504", 502),
        ("asks", "/upstream/418", 502),
        ("asks-again", "/upstream/401", 503),
        ("asks-mapped", "/upstream/401", 500),
        ("asks-mapped", "/upstream/403", 502),
        ("asks-late", "/sleeps", 504),
        ("items", "/upstream/", 502),
    ],
)
def test_an_upstream(served: Running, flow: str, upstream: str, status: int) -> None:
    answer = served.client.get(f"/{flow}", params={"to": f"http://127.0.0.1:{served.port}{upstream}"})
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert "www-authenticate" not in answer.headers
    assert "errorType" not in answer.json() or status < 500


def test_an_upstream_that_is_not_there(served: Running) -> None:
    assert served.client.get("/asks", params={"to": "http://127.0.0.1:9/"}).status_code == 503


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/log-only", 500),
        ("/log-only-around-a-handler", 422),
        ("/same-again", 422),
        ("/out-of-a-loop", 451),
        ("/routes/validation/validation", 400),
        ("/routes/timeout/timeout", 504),
        ("/routes/connectivity/connectivity", 503),
        ("/routes/validation/timeout", 500),
        ("/routes/timeout/none", 504),
    ],
)
def test_handlers_and_routes(served: Running, path: str, status: int) -> None:
    answer = served.post(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert "from before" not in answer.text


def test_a_message_that_comes_twice(served: Running) -> None:
    assert [served.post("/twice", json={"id": 7}).status_code for _ in range(2)] == [200, 409]
