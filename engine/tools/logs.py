"""Log lines of the command line: one a record, as text or as JSON, without secrets and control characters."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable

from engine.expressions.writing import encode

FIELDS = ("correlation_id", "flow", "status", "ms")
HIDDEN = "***"


def configure(level: str, log_format: str, secrets: Iterable[str] = ()) -> None:
    """Send the log of the engine, and uvicorn's warnings, to the standard error output."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLine(secrets) if log_format == "json" else TextLine(secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("engine").setLevel(level.upper())
    logging.getLogger("uvicorn").setLevel(logging.WARNING if level == "debug" else logging.ERROR)


class Line(logging.Formatter):
    """What both forms share: secrets are hidden."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__("%(message)s")
        self.default_msec_format = "%s.%03d"
        self._secrets = sorted(secrets, key=len, reverse=True)

    def hide(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text


class TextLine(Line):
    """`2026-11-22 16:50:01.123 INFO engine.access POST /orders orders 200 3.2 ms correlationId=…`"""

    def format(self, record: logging.LogRecord) -> str:
        parts = [self.formatTime(record), record.levelname, record.name, printable(record.getMessage())]
        if correlation_id := getattr(record, "correlation_id", ""):
            parts.append(f"correlationId={correlation_id}")
        if record.exc_info:
            parts.append("\n" + self.formatException(record.exc_info))
        return self.hide(" ".join(parts))


class JsonLine(Line):
    """One JSON object a line: time, level, logger, message, and what the record carries."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return self.hide(encode(line).decode())


def printable(text: str) -> str:
    """A text of which a caller cannot make two lines."""
    return (
        text
        if text.isprintable()
        else "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    )
