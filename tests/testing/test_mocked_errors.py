"""Errors that mocks raise: the answer that callers get, and the message that handlers read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.loading.catalog import discover
from engine.testing.examples import run_case

ORDERS = """
configs:
  Api: {http:listener-config: {port: 8081}}
  Orders:
    apikit:config:
      api: {openapi: 3.1.0, paths: {/orders: {get: {}}}}
flows:
  main:
    source: {http:listener: {config-ref: Api, path: "/api/*"}}
    steps:
      - security:api-key: {header: X-Key, keys: {bob: qrstuvwxyz012345}}
      - apikit:router: {config-ref: Orders}
  get:\\orders: {steps: []}
"""
STATUSES = [
    ("apikit:router", "APIKIT:BAD_REQUEST", 400),
    ("apikit:router", "APIKIT:NOT_FOUND", 404),
    ("apikit:router", "APIKIT:METHOD_NOT_ALLOWED", 405),
    ("apikit:router", "APIKIT:NOT_ACCEPTABLE", 406),
    ("apikit:router", "APIKIT:UNSUPPORTED_MEDIA_TYPE", 415),
    ("apikit:router", "APIKIT:NOT_IMPLEMENTED", 501),
    ("security:api-key", "SECURITY:UNAUTHORIZED", 401),
    ("security:api-key", "MULE:NOT_PERMITTED", 403),
    ("security:api-key", "APIKIT:NOT_FOUND", 500),
]


@pytest.mark.parametrize(("processor", "raised", "status"), STATUSES)
def test_a_mocked_step_that_refuses_callers_does_so_with_its_status(processor: str, raised: str, status: int) -> None:
    passing = "{processor: security:api-key}"
    mock = f"{{processor: {processor}, raise: {{type: {raised}, description: mocked}}}}"
    mocks = f"mock: [{mock}, {passing}]" if processor != "security:api-key" else f"mock: [{mock}]"
    case = f"get: /api/orders\n{mocks}\nexpect: {{status: {status}, error: {raised}}}\n"
    assert asyncio.run(run_case(case + ORDERS, discover(()), "case")) == []


@pytest.mark.parametrize(("processor", "raised", "status"), [STATUSES[1], STATUSES[6]])
def test_so_does_one_that_is_mocked_in_python(
    flow_app: Callable[..., Any], mock_processor: Callable[..., Any], post: Callable[..., Any], tmp_path: Path,
    processor: str, raised: str, status: int,
) -> None:  # fmt: skip
    (tmp_path / "api.yaml").write_text(ORDERS)
    flow_app(tmp_path)
    mock_processor(processor, raises=raised)
    if processor != "security:api-key":
        mock_processor("security:api-key")
    assert post("/api/orders").status == status


READ = """
expression-language: {language}
flows:
  case:
    steps:
      - http:request: {url: 'http://127.0.0.1:9/x'}
    error-handler:
      - on-error-continue:
          steps: [{set-payload: {value: "#[{read}]"}}]
"""


@pytest.mark.parametrize(
    ("language", "media_type", "text", "read", "result"),
    [
        ("dataweave", "application/xml", "<a><b>7</b><b>8</b></a>", "error.errorMessage.payload.a.b", '"7"'),
        ("dataweave", "application/xml", "<a><b>7</b></a>", "{n: error.errorMessage.payload.a.*b}", "{n: ['7']}"),
        ("dataweave", "application/csv", "a,b\\n1,2\\n", "sizeOf(error.errorMessage.payload)", "1"),
        ("dataweave", "application/xml", "<a>1</a>", "error.errorMessage.payload pluck $$", "[a]"),
        ("dataweave", "application/xml", "<a>1</a>", "error.errorMessage.payload", '"<a>1</a>"'),
        ("dataweave", "text/plain", "<a>1</a>", "error.errorMessage.payload ++ '!'", '"<a>1</a>!"'),
        ("dataweave", "application/xml", "<a>1</a>", "error.errorMessage.payload.b default 'no'", '"no"'),
        ("jmespath", "application/xml", "<a>1</a>", "error.errorMessage.payload", '"<a>1</a>"'),
    ],
)
def test_the_message_of_a_mocked_error_has_a_media_type(
    language: str, media_type: str, text: str, read: str, result: str
) -> None:
    flows = READ.replace("{language}", language).replace("{read}", read)
    raised = f'raise: {{type: HTTP:NOT_FOUND, errorMessage: {{payload: "{text}", mimeType: {media_type}}}}}'
    case = f"flow: case\nmock: [{{processor: http:request, {raised}}}]\nexpect: {{payload: {result}}}\n"
    assert asyncio.run(run_case(case + flows, discover(()), "case")) == []


def test_the_whole_message_is_passed_on_with_its_media_type() -> None:
    flows = READ.replace("{language}", "dataweave").replace("{read}", "error.errorMessage.payload")
    raised = 'raise: {type: HTTP:NOT_FOUND, errorMessage: {payload: "<a/>", mimeType: application/xml}}'
    case = f"flow: case\nmock: [{{processor: http:request, {raised}}}]\nexpect: {{mediaType: application/xml}}\n"
    assert asyncio.run(run_case(case + flows, discover(()), "case")) == []


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        ("VM:QUEUE_TIMEOUT", 500),  # the table of docs/language.md names *:TIMEOUT alone
        ("VM:EMPTY_QUEUE", 500),
        ("VM:CONNECTIVITY", 503),
        ("OS:STORE_NOT_AVAILABLE", 503),
        ("MULE:CIRCUIT_OPEN", 503),
        ("MULE:OVERLOAD", 503),
        ("DB:TIMEOUT", 504),
        ("HTTP:TIMEOUT", 504),
        ("HTTP:RESPONSE_TOO_LARGE", 502),
        ("MULE:STREAM_MAXIMUM_SIZE_EXCEEDED", 500),
        ("MULE:REDELIVERY_EXHAUSTED", 500),
    ],
)
def test_any_other_step_raises_what_the_table_of_statuses_says(raised: str, status: int) -> None:
    flows = """
configs: {Api: {http:listener-config: {port: 8081}}}
flows:
  main:
    source: {http:listener: {config-ref: Api, path: /a}}
    steps: [{logger: {}}]
  others:
    steps: [{raise-error: {type: "VM:QUEUE_TIMEOUT"}}, {raise-error: {type: "VM:EMPTY_QUEUE"}}]
"""
    mock = f"mock: [{{processor: logger, raise: {{type: {raised}}}}}]"
    case = f"get: /a\n{mock}\nexpect: {{status: {status}, error: {raised}}}\n"
    assert asyncio.run(run_case(case + flows, discover(()), "case")) == []
