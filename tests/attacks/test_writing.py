"""Values that are small in memory and endless as text: a list that holds the same map again and again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attacks.attack import watched
from server.running import PROBLEM, Running

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0, maxBodySize: 20MiB}}
  Db: {db:config: {url: "sqlite://"}}
  Queues: {vm:config: {queues: [{queueName: q}]}}
  Store: {os:object-store: {persistent: false}}
error-handlers:
  told:
    - on-error-propagate:
        type: ANY
        logException: false
        steps:
          - set-variable: {variableName: httpStatus, value: 422}
          - set-payload: {value: "#[error.type]: #[error.description]"}
sub-flows:
  make:
    doc: A list of records that share a header, or lists in each other, each of which holds the next one twice.
    steps:
      - set-variable: {variableName: header, value: "#[payload.header]"}
      - set-variable: {variableName: made, value: []}
      - choice:
          when:
            - expression: payload.shape == 'records'
              steps:
                - foreach:
                    collection: payload.records
                    steps:
                      - set-variable:
                          variableName: made
                          value: "#[append(vars.made, {id: payload, header: vars.header})]"
            - expression: payload.shape == 'lists'
              steps:
                - foreach:
                    collection: payload.records
                    steps: [{set-variable: {variableName: made, value: "#[[vars.made, vars.made]]"}}]
            - expression: payload.shape == 'maps'
              steps:
                - foreach:
                    collection: payload.records
                    steps: [{set-variable: {variableName: made, value: {a: "#[vars.made]", b: "#[vars.made]"}}}]
            - expression: payload.shape == 'deep'
              steps:
                - foreach:
                    collection: payload.records
                    steps: [{set-variable: {variableName: made, value: "#[[vars.made, payload]]"}}]
            - expression: payload.shape == 'appended'
              steps:
                - foreach:
                    collection: payload.records
                    steps: [{set-variable: {variableName: made, value: "#[append(append([], vars.made), vars.made)]"}}]
flows:
  answer:
    source: {http:listener: {config-ref: Api, path: /answer}}
    steps: [{flow-ref: {name: make}}, {set-payload: {value: "#[vars.made]"}}]
    error-handler: {ref: told}
  xml:
    source: {http:listener: {config-ref: Api, path: /xml}}
    steps: [{flow-ref: {name: make}}, {set-payload: {value: {a: "#[vars.made]"}, mimeType: application/xml}}]
    error-handler: {ref: told}
  yaml:
    source: {http:listener: {config-ref: Api, path: /yaml}}
    steps: [{flow-ref: {name: make}}, {set-payload: {value: "#[vars.made]", mimeType: application/yaml}}]
    error-handler: {ref: told}
  csv:
    source: {http:listener: {config-ref: Api, path: /csv}}
    steps: [{flow-ref: {name: make}}, {set-payload: {value: "#[vars.made]", mimeType: text/csv}}]
    error-handler: {ref: told}
  ndjson:
    source: {http:listener: {config-ref: Api, path: /ndjson}}
    steps: [{flow-ref: {name: make}}, {set-payload: {value: "#[vars.made]", mimeType: application/x-ndjson}}]
    error-handler: {ref: told}
  text:
    source: {http:listener: {config-ref: Api, path: /text}}
    steps: [{flow-ref: {name: make}}, {set-payload: {value: "#[vars.made]", mimeType: text/plain}}]
    error-handler: {ref: told}
  template:
    source: {http:listener: {config-ref: Api, path: /template}}
    steps: [{flow-ref: {name: make}}, {set-payload: {value: "made: #[vars.made]"}}]
    error-handler: {ref: told}
  parsed:
    source: {http:listener: {config-ref: Api, path: /parsed}}
    steps: [{flow-ref: {name: make}}, {parse-template: {content: "#[vars.made]"}}]
    error-handler: {ref: told}
  log:
    source: {http:listener: {config-ref: Api, path: /log}}
    steps: [{flow-ref: {name: make}}, {logger: {message: "#[vars.made]"}}]
    error-handler: {ref: told}
  header:
    source: {http:listener: {config-ref: Api, path: /header, response: {headers: {X-Made: "#[vars.made]"}}}}
    steps: [{flow-ref: {name: make}}, {set-payload: {value: ok}}]
    error-handler: {ref: told}
  store:
    source: {http:listener: {config-ref: Api, path: /store}}
    steps: [{flow-ref: {name: make}}, {os:store: {objectStore: Store, key: a, value: "#[vars.made]"}}]
    error-handler: {ref: told}
  key:
    source: {http:listener: {config-ref: Api, path: /key}}
    steps: [{flow-ref: {name: make}}, {cache: {key: "#[vars.made]", steps: []}}]
    error-handler: {ref: told}
  duplicate:
    source: {http:listener: {config-ref: Api, path: /duplicate}}
    steps: [{flow-ref: {name: make}}, {idempotent-message-validator: {idExpression: "#[vars.made]"}}]
    error-handler: {ref: told}
  publish:
    source: {http:listener: {config-ref: Api, path: /publish}}
    steps: [{flow-ref: {name: make}}, {vm:publish: {config-ref: Queues, queueName: q, content: "#[vars.made]"}}]
    error-handler: {ref: told}
  parameter:
    source: {http:listener: {config-ref: Api, path: /parameter}}
    steps:
      - flow-ref: {name: make}
      - db:select: {config-ref: Db, sql: "SELECT length(:made) AS n", input-parameters: {made: "#[vars.made]"}}
    error-handler: {ref: told}
  request:
    source: {http:listener: {config-ref: Api, path: /request}}
    steps:
      - flow-ref: {name: make}
      - http:request: {url: "http://127.0.0.1:9/", method: POST, body: "#[vars.made]"}
    error-handler: {ref: told}
  form:
    source: {http:listener: {config-ref: Api, path: /form}}
    steps:
      - flow-ref: {name: make}
      - http:request:
          url: "http://127.0.0.1:9/"
          method: POST
          headers: {Content-Type: application/x-www-form-urlencoded}
          body: {made: "#[vars.made]"}
    error-handler: {ref: told}
  multipart:
    source: {http:listener: {config-ref: Api, path: /multipart}}
    steps:
      - flow-ref: {name: make}
      - http:request:
          url: "http://127.0.0.1:9/"
          method: POST
          headers: {Content-Type: multipart/form-data}
          body: {made: "#[vars.made]"}
    error-handler: {ref: told}
  raised:
    source: {http:listener: {config-ref: Api, path: /raised}}
    steps: [{flow-ref: {name: make}}, {raise-error: {type: "APP:MADE", description: "#[vars.made]"}}]
    error-handler: {ref: told}
  streamed:
    source: {http:listener: {config-ref: Api, path: /streamed}}
    steps:
      - set-variable: {variableName: header, value: "#[payload.header]"}
      - foreach:
          collection: payload.records
          collect: {target: out, streaming: true, success: {id: "#[payload]", header: "#[vars.header]"}}
          steps: []
      - set-payload: {value: "#[vars.out]"}
"""
TYPES = (
    "MULE:TRANSFORMATION",
    "MULE:EXPRESSION",
    "OS:INVALID_VALUE",
    "OS:INVALID_KEY",
    "DB:QUERY_EXECUTION",
    "VM:INVALID_VALUE",
)
SHAPES: dict[str, Any] = {
    "many records with a large header": {"shape": "records", "records": list(range(20_000)), "header": "x" * 5_000_000},
    "some records with a large header": {"shape": "records", "records": list(range(100)), "header": "x" * 5_000_000},
    "records with a header of values": {"shape": "records", "records": list(range(2_000)), "header": [0] * 100_000},
    "records with a header of maps": {"shape": "records", "records": list(range(2_000)), "header": [{"a": {}}] * 9_000},
    "records with a header of control characters": {
        "shape": "records", "records": list(range(1_000)), "header": "\x01" * 1_000_000
    },
    "lists twice in each other": {"shape": "lists", "records": list(range(40))},
    "lists often in each other": {"shape": "lists", "records": list(range(20_000))},
    "maps twice in each other": {"shape": "maps", "records": list(range(40))},
    "lists that grew, in each other": {"shape": "appended", "records": list(range(40))},
    "deep lists": {"shape": "deep", "records": list(range(20_000))},
}  # fmt: skip
SINKS = (
    "answer", "xml", "yaml", "csv", "ndjson", "text", "template", "parsed", "log", "header", "store", "key",
    "duplicate", "publish", "parameter", "request", "form", "multipart", "raised",
)  # fmt: skip


@pytest.mark.reaches("LARGEST_WRITTEN", "LARGEST_HEADERS", "LARGEST_FORM")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("sink", SINKS)
def test_what_is_endless_as_text_is_an_error(attacked: Running, sink: str, shape: str) -> None:
    with watched(attacked):
        answer = attacked.post(f"/{sink}", json=SHAPES[shape])
    assert (answer.status_code, answer.text.partition(": ")[0] in TYPES) == (422, True), answer.text[:200]


@pytest.mark.parametrize(
    "accept", ["application/json", "application/xml", "text/csv, application/yaml;q=0.5", "*/*;q=0.1"]
)
@pytest.mark.parametrize("shape", SHAPES)
def test_as_the_caller_accepts_it(attacked: Running, accept: str, shape: str) -> None:
    with watched(attacked):
        answer = attacked.post("/answer", json=SHAPES[shape], headers={"Accept": accept})
    assert answer.status_code in (406, 422)


@pytest.mark.parametrize("accept", ["application/x-ndjson", "application/json", "text/csv"])
def test_a_stream_of_such_records_is_sent_one_by_one(attacked: Running, accept: str) -> None:
    body = {"records": list(range(100)), "header": "x" * 2_000_000}
    size = 0
    with (
        watched(attacked),
        attacked.client.stream("POST", "/streamed", json=body, headers={"Accept": accept}) as answer,
    ):
        assert answer.status_code == 200
        for chunk in answer.iter_raw():
            size += len(chunk)
    assert size > 200_000_000


def test_a_record_of_a_stream_that_is_endless_ends_it(attacked: Running) -> None:
    header: Any = ["x" * 1_000_000] * 10
    with watched(attacked):
        answer = attacked.post("/streamed", json={"records": [1], "header": header})
        assert answer.status_code == 200
        assert len(json.loads(answer.text)["header"]) == 10


@pytest.mark.parametrize("sink", ["answer", "ndjson", "text", "template", "store", "publish", "key"])
def test_a_large_value_is_written_as_ever(attacked: Running, sink: str) -> None:
    body = {
        "shape": "records",
        "records": list(range(10)),
        "header": [{"text": "é\n" * 1000, "n": [1.5, None, True]}] * 400,
    }
    with watched(attacked):
        answer = attacked.post(f"/{sink}", json=body)
    assert answer.status_code == 200
    if sink == "answer":
        assert answer.json() == [{"id": number, "header": body["header"]} for number in range(10)]
    if sink == "ndjson":
        assert [json.loads(line) for line in answer.text.splitlines()] == [
            {"id": number, "header": body["header"]} for number in range(10)
        ]
    assert PROBLEM not in answer.headers["content-type"]
