"""Log lines of the command line: one a record, as text or JSON, bounded, without secrets and control characters."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engine.limits import LONGEST_LOGGED, LONGEST_TRACEBACK
from engine.values.secrets import LONGEST_SPELLING, Secrets

END = 500
"""Characters of the end of a text that is cut."""

Hide = Callable[[str], str]
"""Returns a text without secrets."""

FIELDS = ("correlation_id", "flow", "status", "ms")


def configure(level: str, log_format: str, secrets: Iterable[str] = ()) -> None:
    """Send the log of the engine, and the errors of its libraries, to the standard error output."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLine(secrets) if log_format == "json" else TextLine(secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("engine").setLevel(level.upper())
    for library in ("uvicorn", "python_multipart"):  # the caller is told of an invalid request
        logging.getLogger(library).setLevel(logging.WARNING if level == "debug" else logging.ERROR)


class Line(logging.Formatter):
    """The base of both forms: secrets are hidden, before anything is escaped, and long texts are cut."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__("%(message)s")
        self.default_msec_format = "%s.%03d"
        secrets = tuple(secrets)
        self._secrets = Secrets(secrets)
        self._longest_secret = LONGEST_SPELLING * max(map(len, secrets), default=0)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; it is rewritten, text by text without secrets, only if one may be in it."""
        line = self.line(record, str)
        return self.line(record, self._secrets.hide) if self._secrets.may_be_in(line) else line

    def line(self, record: logging.LogRecord, hide: Hide) -> str:
        raise NotImplementedError

    def shown(self, text: str, hide: Hide) -> str:
        """Return the text without secrets; a long one without its middle: the place of an error is at its end."""
        if len(text) <= LONGEST_LOGGED:
            return hide(text)
        return f"{self._start(text, LONGEST_LOGGED - END)}… ({len(text):,} characters) …{self._end(text, END)}"

    def traceback(self, record: logging.LogRecord, hide: Hide) -> str:
        """Return the traceback of the record; a long one without its middle: the error itself is at its end."""
        text = self.formatException(record.exc_info) if record.exc_info else ""
        if len(text) <= LONGEST_TRACEBACK:
            return hide(text)
        half = LONGEST_TRACEBACK // 2
        return f"{self._start(text, half)}\n… ({len(text):,} characters) …\n{self._end(text, half)}"

    def _start(self, text: str, most: int) -> str:
        """Return the first characters, without secrets; none is cut in two, because part of it would then be shown."""
        hidden = self._secrets.hide(text[: most + self._longest_secret])
        return hidden[: min(most, max(0, len(hidden) - self._longest_secret))]

    def _end(self, text: str, most: int) -> str:
        """Return the last characters, likewise."""
        hidden = self._secrets.hide(text[-most - self._longest_secret :])
        return hidden[max(len(hidden) - most, min(len(hidden), self._longest_secret)) :]


class TextLine(Line):
    """`2026-11-22 16:50:01.123 INFO engine.access POST /orders orders 200 3.2 ms correlationId=…`"""

    def line(self, record: logging.LogRecord, hide: Hide) -> str:
        message = printable(self.shown(record.getMessage(), hide))
        parts = [self.formatTime(record), record.levelname, record.name, message]
        if correlation_id := getattr(record, "correlation_id", ""):
            parts.append(printable(f"correlationId={self.shown(correlation_id, hide)}"))
        parts += (printable(f"{name}={self.shown(value, hide)}") for name, value in variables_of(record).items())
        # Indented: a line break in an exception's text must not look like the start of a record.
        return "\n    ".join([" ".join(parts), *map(printable, self.traceback(record, hide).splitlines())])


class JsonLine(Line):
    """One JSON object a line: time, level, logger, message, and the fields of the record."""

    def line(self, record: logging.LogRecord, hide: Hide) -> str:
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": self.shown(record.getMessage(), hide),
        }
        fields = {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        fields |= {"variables": dict(variables)} if (variables := variables_of(record)) else {}
        line |= hidden(fields, lambda text: self.shown(text, hide))
        if record.exc_info:
            line["traceback"] = self.traceback(record, hide)
        return json.dumps(line, ensure_ascii=True)


def variables_of(record: logging.LogRecord) -> Mapping[str, str]:
    """Return the logging variables of the event that the record is about."""
    variables: Mapping[str, str] = getattr(record, "variables", {})
    return variables


def hidden(fields: Mapping[str, Any], shown: Hide) -> dict[str, Any]:
    """Return the fields with their texts, one level down too, with secrets hidden."""
    return {
        name: shown(value) if isinstance(value, str) else hidden(value, shown) if isinstance(value, Mapping) else value
        for name, value in fields.items()
    }


def printable(text: str) -> str:
    """Return a text of which a caller cannot make two lines."""
    return (
        text
        if text.isprintable()
        else "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    )
