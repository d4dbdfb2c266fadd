"""Log lines of the command line: one a record, as text or as JSON, without secrets and control characters."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

FIELDS = ("correlation_id", "flow", "status", "ms")
HIDDEN = "***"


def configure(level: str, log_format: str, secrets: Iterable[str] = ()) -> None:
    """Send the log of the engine, and the errors of its libraries, to the standard error output."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLine(secrets) if log_format == "json" else TextLine(secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("engine").setLevel(level.upper())
    for library in ("uvicorn", "python_multipart"):  # of a request that is none, the caller is told
        logging.getLogger(library).setLevel(logging.WARNING if level == "debug" else logging.ERROR)


class Secrets:
    """Texts that no line may show, as they are and as a repr or JSON would spell them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        spellings = {spelling for secret in secrets for spelling in _spellings(secret)}
        self._spellings = sorted(filter(None, spellings), key=len, reverse=True)

    def hide(self, text: str) -> str:
        for spelling in self._spellings:
            text = text.replace(spelling, HIDDEN)
        return text


def _spellings(secret: str) -> tuple[str, ...]:
    return secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]


class Line(logging.Formatter):
    """What both forms share: secrets are hidden, before anything is escaped."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__("%(message)s")
        self.default_msec_format = "%s.%03d"
        self._hide = Secrets(secrets).hide

    def message(self, record: logging.LogRecord) -> str:
        return self._hide(record.getMessage())

    def traceback(self, record: logging.LogRecord) -> str:
        return self._hide(self.formatException(record.exc_info)) if record.exc_info else ""


class TextLine(Line):
    """`2026-11-22 16:50:01.123 INFO engine.access POST /orders orders 200 3.2 ms correlationId=…`"""

    def format(self, record: logging.LogRecord) -> str:
        parts = [self.formatTime(record), record.levelname, record.name, printable(self.message(record))]
        if correlation_id := getattr(record, "correlation_id", ""):
            parts.append(f"correlationId={self._hide(correlation_id)}")
        parts += (printable(f"{name}={self._hide(value)}") for name, value in variables_of(record).items())
        # Indented: a line break in an exception's text must not look like the start of a record.
        return "\n    ".join([" ".join(parts), *map(printable, self.traceback(record).splitlines())])


class JsonLine(Line):
    """One JSON object a line: time, level, logger, message, and what the record carries."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": self.message(record),
        }
        fields = {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        fields |= {"variables": dict(variables)} if (variables := variables_of(record)) else {}
        line |= hidden(fields, self._hide)
        if record.exc_info:
            line["traceback"] = self.traceback(record)
        return json.dumps(line, ensure_ascii=True)


def variables_of(record: logging.LogRecord) -> Mapping[str, str]:
    """The logging variables of the event that the record is about."""
    variables: Mapping[str, str] = getattr(record, "variables", {})
    return variables


def hidden(fields: Mapping[str, Any], hide: Callable[[str], str]) -> dict[str, Any]:
    """The fields with their texts, one level down too, as they may be shown."""
    return {
        name: hide(value) if isinstance(value, str) else hidden(value, hide) if isinstance(value, Mapping) else value
        for name, value in fields.items()
    }


def printable(text: str) -> str:
    """A text of which a caller cannot make two lines."""
    return (
        text
        if text.isprintable()
        else "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    )
