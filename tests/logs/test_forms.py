"""One record in each form of the log: which fields it has, what is hidden, and that it stays one line."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import Application, FlowError
from engine.limits import LONGEST_LOGGED
from engine.tools.logs.json_lines import EcsLine, JsonLine, OtelLine, resource_of, severity_of
from engine.tools.logs.lines import Line, TextLine
from engine.values.tracing import NO_TRACE, continue_trace, trace_fields, trace_headers

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
FORMS: list[type[Line]] = [TextLine, JsonLine, OtelLine, EcsLine]
FLOW = """
flows:
  main:
    steps:
      - tracing:set-logging-variable: {variableName: order.id, value: "#[7]"}
      - tracing:set-logging-variable: {variableName: password, value: abcdef}
      - logger: {doc:name: Say it, message: "#[payload]", category: orders, level: WARN}
      - flow-ref: {name: inner}
  bug:
    steps: [{python: {doc:name: Break it, function: "broken:fail"}}]
sub-flows:
  inner:
    steps:
      - try:
          steps: [{raise-error: {doc:name: Refuse, type: "SHOP:CLOSED", description: closed}}]
          error-handler: [{on-error-continue: {}}]
"""


def record(text: str = "", name: str = "engine", level: int = logging.INFO, **fields: Any) -> logging.LogRecord:
    made = logging.LogRecord(name, level, "", 0, "%s", (text,), None)
    made.created, made.msecs, made.process = 1_796_054_117.25, 250.0, 42
    made.__dict__.update(fields)
    return made


@pytest.fixture
def trace() -> Iterator[None]:
    token = trace_headers.set(NO_TRACE)
    continue_trace(f"00-{TRACE}-{SPAN}-01", "")
    yield
    trace_headers.reset(token)


@pytest.fixture
def records(tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The records that the flow `main` or `bug` writes for a payload."""
    (tmp_path / "flow.yaml").write_text(FLOW)
    (tmp_path / "broken.py").write_text("def fail():\n    raise ValueError('it broke')\n")
    monkeypatch.syspath_prepend(tmp_path)

    def written(flow: str, payload: Any = "hi") -> list[logging.LogRecord]:
        async def run() -> None:
            async with Application.load(tmp_path / "flow.yaml") as app:
                await app.run(flow, payload, correlation_id="c1")

        with caplog.at_level(logging.INFO, logger="engine"):
            try:
                asyncio.run(run())
            except FlowError:
                assert flow == "bug"
        return caplog.records

    return written


ACCESS = {"correlation_id": "c1", "flow": "orders", "status": 200, "ms": 3.2, "method": "POST", "path": "/orders"}
LINE = "POST /orders orders 200 3.2 ms"


def test_an_access_line() -> None:
    made = record(LINE, "engine.access", **ACCESS)
    assert TextLine([]).format(made).endswith(f".250 INFO engine.access {LINE} correlationId=c1")
    as_json = json.loads(JsonLine([]).format(made))
    assert as_json.pop("time")[:8] == "2026-11-"
    assert as_json == {"level": "INFO", "logger": "engine.access", "message": LINE, **ACCESS}
    assert json.loads(OtelLine([], service="shop").format(made)) == {
        "Timestamp": "1796054117250000000",
        "SeverityText": "INFO",
        "SeverityNumber": 9,
        "Body": LINE,
        "Resource": {"service.name": "shop", "process.pid": 42},
        "InstrumentationScope": {"Name": "engine.access"},
        "Attributes": {
            "flow_engine.correlation_id": "c1",
            "flow_engine.flow": "orders",
            "http.response.status_code": 200,
            "flow_engine.request.duration_ms": 3.2,
            "http.request.method": "POST",
            "url.path": "/orders",
        },
    }
    assert json.loads(EcsLine([], service="shop").format(made)) == {
        "@timestamp": "2026-11-30T15:55:17.250Z",
        "log.level": "info",
        "message": LINE,
        "ecs.version": "8.11.0",
        "log.logger": "engine.access",
        "service.name": "shop",
        "event.dataset": "shop.log",
        "process.pid": 42,
        "flow_engine.correlation_id": "c1",
        "flow_engine.flow": "orders",
        "http.response.status_code": 200,
        "http.request.method": "POST",
        "url.path": "/orders",
        "event.duration": 3_200_000,
    }


def test_a_logger_step_says_where_it_stands(records: Any, trace: None) -> None:
    step = records("main")[0]
    assert (step.name, step.levelname) == ("engine.orders", "WARNING")
    end = f"WARNING engine.orders hi correlationId=c1 traceId={TRACE} spanId={SPAN} element=main/steps/2 docName=Say it"
    assert TextLine([]).format(step).endswith(f"{end} order.id=7 password=***")
    found = json.loads(JsonLine([]).format(step))
    place = {"flow": "main", "element": "main/steps/2", "doc_name": "Say it", "flow_line": 7}
    assert place.items() <= found.items()
    assert found["flow_file"].endswith("/flow.yaml")
    assert (found["trace_id"], found["span_id"]) == (TRACE, SPAN)
    assert found["variables"] == {"order.id": "7", "password": "***"}
    found = json.loads(OtelLine([]).format(step))
    assert (found["TraceId"], found["SpanId"], found["TraceFlags"], found["SeverityNumber"]) == (TRACE, SPAN, 1, 13)
    assert found["Attributes"]["flow_engine.element.path"] == "main/steps/2"
    assert found["Attributes"]["flow_engine.element.name"] == "Say it"
    assert found["Attributes"]["code.line.number"] == 7
    assert found["Attributes"]["code.file.path"].endswith("/flow.yaml")
    assert found["Attributes"]["flow_engine.variables"] == {"order.id": "7", "password": "***"}
    found = json.loads(EcsLine([]).format(step))
    assert (found["trace.id"], found["span.id"], found["log.origin.file.line"]) == (TRACE, SPAN, 7)
    assert found["labels"] == {"order_id": "7", "password": "***"}


def test_an_error_says_its_type_and_place(records: Any) -> None:
    failure = records("main")[1]
    place = failure.element
    assert place == "inner/steps/0/try/steps/0"
    assert TextLine([]).format(failure).endswith("correlationId=c1 docName=Refuse order.id=7 password=***")
    assert f"SHOP:CLOSED: closed at {place} @ " in TextLine([]).format(failure)
    found = json.loads(JsonLine([]).format(failure))
    wanted = {"flow": "inner", "element": place, "doc_name": "Refuse", "error_type": "SHOP:CLOSED", "level": "ERROR"}
    assert wanted.items() <= found.items()
    assert json.loads(OtelLine([]).format(failure))["Attributes"]["error.type"] == "SHOP:CLOSED"
    assert json.loads(EcsLine([]).format(failure))["error.type"] == "SHOP:CLOSED"


def test_a_bug_has_its_traceback(records: Any) -> None:
    bug = records("bug")[0]
    assert "\n    ValueError: it broke" in TextLine([]).format(bug)
    found = json.loads(JsonLine([]).format(bug))
    assert found["traceback"].endswith("ValueError: it broke")
    assert (found["element"], found["doc_name"], found["error_type"]) == ("bug/steps/0", "Break it", "MULE:UNKNOWN")
    found = json.loads(OtelLine([]).format(bug))
    assert found["Attributes"]["exception.type"] == "ValueError"
    assert found["Attributes"]["exception.message"] == "it broke"
    assert found["Attributes"]["exception.stacktrace"].endswith("ValueError: it broke")
    found = json.loads(EcsLine([]).format(bug))
    assert (found["error.type"], found["error.message"]) == ("ValueError", "it broke")
    assert found["error.stack_trace"].endswith("ValueError: it broke")


def test_the_type_of_an_error_of_a_library_has_its_module() -> None:
    failed = record("failed")
    failed.exc_info = (json.JSONDecodeError, json.JSONDecodeError("no", "", 0), None)
    assert json.loads(EcsLine([]).format(failed))["error.type"] == "json.decoder.JSONDecodeError"


@pytest.mark.parametrize("form", FORMS)
def test_no_trace_without_a_traceparent(form: type[Line], records: Any) -> None:
    for each in records("main"):
        assert not re.search("trace.?id|span.?id", form([]).format(each), re.IGNORECASE)


@pytest.mark.parametrize("form", FORMS)
def test_what_is_hidden(form: type[Line], records: Any) -> None:
    payload = {
        "cardNumber": 4111_1111, "a": [{"api_key": "abcdef"}], "deep": {"my_PIN": "9876"}, "note": "Bearer s3cr3t/x",
        "CREDENTIALS": {"user": "ada", "key": ["uvwxyz"]}, "id": "o-7", "text": '{"cardNumber": 42223333}',
    }  # fmt: skip
    line = form(["s3cr3t/x"], ["*.cardNumber", "*_pin"]).format(records("main", payload)[0])
    for secret in ("4111", "abcdef", "9876", "s3cr3t", "ada", "uvwxyz", "4222"):
        assert secret not in line
    assert "o-7" in line
    assert "***" in line


@pytest.mark.parametrize("form", FORMS)
def test_a_value_is_hidden_where_its_text_is_cut(form: type[Line]) -> None:
    formatter = form([], ["cardNumber"])
    for before in range(LONGEST_LOGGED - 540, LONGEST_LOGGED - 480, 7):
        for value in ("1" * 30_000, '"' + "1" * 30_000 + '"', "[" + "1," * 20_000 + "1]"):
            line = formatter.format(record("-" * before + '{"cardNumber": ' + value + ', "b": 1}'))
            assert "11" not in line.replace(str(record().created), "")[60:].split("process.pid")[0].replace(
                "8.11.0", ""
            )


HOSTILE = "a\n2026-01-01 00:00:00.000 INFO engine.flow all is well\r\u2028\x1b[2K\x00\x7f\x9b\u202e\ud800é"


@pytest.mark.parametrize("form", FORMS)
def test_a_hostile_text_stays_a_line(form: type[Line]) -> None:
    fields = {"path": HOSTILE, "correlation_id": HOSTILE, "variables": {HOSTILE: HOSTILE}, "doc_name": HOSTILE}
    for text in (HOSTILE, HOSTILE * 40_000):
        line = form(["another"]).format(record(text, **fields))
        assert line.isprintable()
        assert len(line) < 8 * LONGEST_LOGGED
        if form is not TextLine:
            assert line.isascii()
            json.loads(line)


@pytest.mark.parametrize("form", FORMS)
def test_a_megabyte_is_cut(form: type[Line]) -> None:
    line = form([]).format(record("a" * 2**20 + " the end"))
    assert len(line) < LONGEST_LOGGED + 500
    assert "(1,048,584 characters)" in line.replace("\\u2026", "…")
    assert " the end" in line


def test_what_nobody_can_write_as_json_is_text() -> None:
    assert json.loads(JsonLine([]).format(record("hi", status=1 + 2j)))["status"] == "(1+2j)"


@pytest.mark.parametrize(
    ("level", "number"),
    [(5, 1), (10, 5), (20, 9), (25, 9), (30, 13), (40, 17), (50, 21), (99, 21), (1, 1)],
)
def test_severities(level: int, number: int) -> None:
    assert severity_of(level) == number


RESOURCES: list[tuple[dict[str, str], dict[str, str]]] = [
    ({}, {"service.name": "flows"}),
    ({"OTEL_SERVICE_NAME": "shop"}, {"service.name": "shop"}),
    ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=a%20b, env=prod,,x"}, {"service.name": "a b", "env": "prod"}),
    ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=a", "OTEL_SERVICE_NAME": "b"}, {"service.name": "b"}),
]


@pytest.mark.parametrize(("environment", "wanted"), RESOURCES)
def test_the_resource(environment: dict[str, str], wanted: dict[str, str]) -> None:
    assert resource_of(environment, "flows") == wanted


def test_the_current_trace_is_that_of_the_traceparent(trace: None) -> None:
    assert trace_fields() == {"trace_id": TRACE, "span_id": SPAN, "trace_flags": "01"}
    continue_trace("00-" + "0" * 32 + f"-{SPAN}-01", "")
    assert trace_fields() == {}
