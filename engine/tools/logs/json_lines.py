"""A log record as an object of JSON: one record, and a map of keys for each form."""

from __future__ import annotations

import json
import logging
import os
import time
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar
from urllib.parse import unquote

import msgspec

from engine.tools.logs.lines import Hide, Line
from engine.values.log_levels import TRACE

JSON = msgspec.json.Encoder(enc_hook=str)
LONGEST_FIELD = 1_000
"""Characters of a text beside the message, which has the whole of it: the path of a request, the text of an error."""


class ObjectLine(Line):
    """The base of the forms that are JSON, one object a line.

    service: the name of the application.
    """

    keys: ClassVar[Mapping[str, str]]
    """The fields that a record may have beside those of each record, and their keys in this form."""

    def __init__(self, secrets: Iterable[str], redact: Iterable[str] = (), service: str = "engine") -> None:
        super().__init__(secrets, redact)
        self._resource = resource_of(os.environ, service)

    def line(self, record: logging.LogRecord, hide: Hide) -> str:
        return as_json(self.entry(record, hide))

    @abstractmethod
    def entry(self, record: logging.LogRecord, hide: Hide) -> dict[str, Any]:
        """Return the whole object."""

    def fields(self, record: logging.LogRecord, hide: Hide) -> dict[str, Any]:
        """Return the fields that the record has, under the keys of this form."""
        known = record.__dict__
        return {
            key: self.shown(value, hide, LONGEST_FIELD) if isinstance(value := known[name], str) else value
            for name, key in self.keys.items()
            if name in known
        }

    def error(self, record: logging.LogRecord, hide: Hide) -> tuple[str, str, str]:
        """Return the type of the exception of the record, its text and its traceback."""
        kind, error = record.exc_info[:2] if record.exc_info else (None, None)
        if kind is None:
            return "", "", ""
        module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
        return f"{module}{kind.__qualname__}", self.shown(str(error), hide, LONGEST_FIELD), self.traceback(record, hide)


class JsonLine(ObjectLine):
    """The fields by plain names; the trace as OpenTelemetry has it for logs in other formats."""

    keys: ClassVar[Mapping[str, str]] = {
        name: name
        for name in (
            "correlation_id", "flow", "status", "ms", "method", "path", "element", "doc_name", "flow_file", "flow_line",
            "error_type", "repeats", "trace_id", "span_id",
        )
    }  # fmt: skip

    def entry(self, record: logging.LogRecord, hide: Hide) -> dict[str, Any]:
        entry = {
            "time": self.second(record),
            "level": record.levelname,
            "logger": record.name,
            "message": self.shown(record.getMessage(), hide),
            **self.fields(record, hide),
        }
        if variables := self.variables(record, hide):
            entry["variables"] = variables
        if record.exc_info:
            entry["traceback"] = self.traceback(record, hide)
        return entry

    def second_as_text(self, second: int) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(second))


OURS = {
    "correlation_id": "flow_engine.correlation_id",
    "flow": "flow_engine.flow",
    "element": "flow_engine.element.path",
    "doc_name": "flow_engine.element.name",
    "repeats": "flow_engine.repeats",
}
"""The fields that neither OpenTelemetry nor Elastic has a name for."""


SEVERITIES = {
    TRACE: 1, logging.DEBUG: 5, logging.INFO: 9, logging.WARNING: 13, logging.ERROR: 17, logging.CRITICAL: 21,
}  # fmt: skip
"""OpenTelemetry's SeverityNumber of each level."""


class OtelLine(ObjectLine):
    """The log data model of OpenTelemetry, with the attributes of its semantic conventions."""

    keys: ClassVar[Mapping[str, str]] = OURS | {
        "status": "http.response.status_code",
        "ms": "flow_engine.request.duration_ms",
        "method": "http.request.method",
        "path": "url.path",
        "flow_file": "code.file.path",
        "flow_line": "code.line.number",
        "error_type": "error.type",
    }

    def entry(self, record: logging.LogRecord, hide: Hide) -> dict[str, Any]:
        return {
            "Timestamp": f"{round(record.created * 1e6)}000",  # as numbers, nanoseconds lose digits in many readers
            "SeverityText": record.levelname,
            "SeverityNumber": severity_of(record.levelno),
            "Body": self.shown(record.getMessage(), hide),
            **_trace(record),
            "Resource": {**self._resource, "process.pid": record.process},
            "InstrumentationScope": {"Name": record.name},
            "Attributes": self._attributes(record, hide),
        }

    def _attributes(self, record: logging.LogRecord, hide: Hide) -> dict[str, Any]:
        attributes = self.fields(record, hide)
        if variables := self.variables(record, hide):
            attributes["flow_engine.variables"] = variables
        if record.exc_info:
            error = zip(("type", "message", "stacktrace"), self.error(record, hide), strict=True)
            attributes |= {f"exception.{name}": text for name, text in error}
        return attributes


def _trace(record: logging.LogRecord) -> dict[str, Any]:
    known = record.__dict__
    if "trace_id" not in known:
        return {}
    flags = int(known.get("trace_flags", "0"), 16)
    return {"TraceId": known["trace_id"], "SpanId": known["span_id"], "TraceFlags": flags}


def severity_of(level: int) -> int:
    """Return the SeverityNumber of a level; of one between two the lower."""
    return max((number for each, number in SEVERITIES.items() if each <= level), default=1)


ECS_VERSION = "8.11.0"
"""The version of the Elastic Common Schema whose fields these are."""
NOT_IN_LABELS = str.maketrans(dict.fromkeys(".*\\", "_"))
"""Characters that the names of labels may not have."""


class EcsLine(ObjectLine):
    """The Elastic Common Schema, with dotted keys at the top; logging variables are labels."""

    keys: ClassVar[Mapping[str, str]] = OURS | {
        "status": "http.response.status_code",
        "method": "http.request.method",
        "path": "url.path",
        "flow_file": "log.origin.file.name",
        "flow_line": "log.origin.file.line",
        "error_type": "error.type",
        "trace_id": "trace.id",
        "span_id": "span.id",
    }

    def entry(self, record: logging.LogRecord, hide: Hide) -> dict[str, Any]:
        service = self._resource["service.name"]
        entry = {
            "@timestamp": f"{self.second(record)}.{int(record.msecs):03d}Z",
            "log.level": record.levelname.lower(),
            "message": self.shown(record.getMessage(), hide),
            "ecs.version": ECS_VERSION,
            "log.logger": record.name,
            "service.name": service,
            "event.dataset": f"{service}.log",
            "process.pid": record.process,
            **self.fields(record, hide),
        }
        return entry | self._more(record, hide)

    def _more(self, record: logging.LogRecord, hide: Hide) -> dict[str, Any]:
        more: dict[str, Any] = {}
        if "ms" in record.__dict__:
            more["event.duration"] = round(record.__dict__["ms"] * 1e6)
        if variables := self.variables(record, hide):
            more["labels"] = {name.translate(NOT_IN_LABELS): value for name, value in variables.items()}
        if record.exc_info:
            error = zip(("type", "message", "stack_trace"), self.error(record, hide), strict=True)
            more |= {f"error.{name}": text for name, text in error}
        return more

    def second_as_text(self, second: int) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def resource_of(environment: Mapping[str, str], service: str) -> dict[str, str]:
    """Return OpenTelemetry's attributes of the process: those of OTEL_RESOURCE_ATTRIBUTES, and its service.name.

    OTEL_SERVICE_NAME wins over these, and these over the service.
    """
    pairs = (each.partition("=") for each in environment.get("OTEL_RESOURCE_ATTRIBUTES", "").split(","))
    given = {name.strip(): unquote(value.strip()) for name, equals, value in pairs if equals}
    name = environment.get("OTEL_SERVICE_NAME") or given.get("service.name") or service
    return {"service.name": name, **{key: value for key, value in given.items() if key != "service.name"}}


def as_json(entry: dict[str, Any]) -> str:
    """Return an object as JSON of printable ASCII: nobody can make two lines of it, and any reader reads it."""
    try:
        text = JSON.encode(entry).decode()
    except UnicodeEncodeError:  # half of a character
        text = ""
    if text.isascii() and text.isprintable() and text:
        return text
    return json.dumps(entry, ensure_ascii=True, separators=(",", ":"), default=str)
