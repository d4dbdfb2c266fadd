"""A log record as one line: bounded, without secrets and control characters. The base of all forms, and text."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping

from engine.limits import LONGEST_LOGGED, LONGEST_TRACEBACK
from engine.values.secrets import HIDDEN, LONGEST_SPELLING, Secrets
from engine.values.telling_names import TellingNames

END = 500
"""Characters of the end of a text that is cut."""

Hide = Callable[[str], str]
"""Returns a text without secrets."""


class Line(logging.Formatter):
    """The base of all forms: secrets are hidden, before anything is escaped, and long texts are cut.

    secrets: texts that are hidden everywhere; redact: names of fields whose values are hidden, beside the usual ones.
    """

    def __init__(self, secrets: Iterable[str], redact: Iterable[str] = ()) -> None:
        super().__init__("%(message)s")
        secrets = tuple(secrets)
        self._secrets = Secrets(secrets)
        self._names = TellingNames(redact)
        self._longest_secret = LONGEST_SPELLING * max(map(len, secrets), default=0)
        self._second, self._second_as_text = -1, ""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; it is rewritten, text by text without secrets, only if one may be in it."""
        line = self.line(record, str)
        if self._secrets.may_be_in(line) or self._names.may_be_in(line):
            return self.line(record, self._hide)
        return line

    def line(self, record: logging.LogRecord, hide: Hide) -> str:
        raise NotImplementedError

    def second(self, record: logging.LogRecord) -> str:
        """Return the time of the record without the parts of a second; a second is written once for all its records."""
        second = int(record.created)
        if second != self._second:
            self._second, self._second_as_text = second, self.second_as_text(second)
        return self._second_as_text

    def second_as_text(self, second: int) -> str:
        raise NotImplementedError

    def _hide(self, text: str) -> str:
        return self._names.hide(self._secrets.hide(text))

    def shown(self, text: str, hide: Hide, most: int = LONGEST_LOGGED) -> str:
        """Return the text without secrets; a long one without its middle: the place of an error is at its end."""
        if len(text) <= most:
            return hide(text)
        return f"{self._start(text, most - END)}… ({len(text):,} characters) …{self._end(text, END)}"

    def field(self, name: str, value: str, hide: Hide) -> str:
        """Return the value of a field that has a name; hidden, if the name tells of a secret."""
        return HIDDEN if hide is not str and self._names.tells(name) else self.shown(value, hide)

    def variables(self, record: logging.LogRecord, hide: Hide) -> dict[str, str]:
        """Return the logging variables of the event that the record is about."""
        variables: Mapping[str, str] | None = record.__dict__.get("variables")
        if not variables:
            return {}
        return {name: self.field(name, value, hide) for name, value in variables.items()}

    def traceback(self, record: logging.LogRecord, hide: Hide) -> str:
        """Return the traceback of the record; a long one without its middle: the error itself is at its end."""
        text = self.formatException(record.exc_info) if record.exc_info else ""
        if len(text) <= LONGEST_TRACEBACK:
            return hide(text)
        half = LONGEST_TRACEBACK // 2
        return f"{self._start(text, half)}\n… ({len(text):,} characters) …\n{self._end(text, half)}"

    def _start(self, text: str, most: int) -> str:
        """Return the first characters, without secrets; none is cut in two, because part of it would then be shown."""
        hidden = self._hide(text[: most + self._longest_secret])
        return hidden[: min(most, max(0, len(hidden) - self._longest_secret))]

    def _end(self, text: str, most: int) -> str:
        """Return the last characters, likewise; none, if the name whose value they are may be in what is cut off."""
        if self._names.may_be_in(text):
            return ""
        hidden = self._secrets.hide(text[-most - self._longest_secret :])
        return hidden[max(len(hidden) - most, min(len(hidden), self._longest_secret)) :]


IN_TEXT = {
    "correlation_id": "correlationId", "trace_id": "traceId", "span_id": "spanId", "element": "element",
    "doc_name": "docName",
}  # fmt: skip
"""The fields of a record at the end of a line of text, and their names there."""


class TextLine(Line):
    """`2026-11-22 16:50:01.123 INFO engine.access POST /orders orders 200 3.2 ms correlationId=…`"""

    def line(self, record: logging.LogRecord, hide: Hide) -> str:
        message = printable(self.shown(record.getMessage(), hide))
        start = f"{self.second(record)}.{int(record.msecs):03d} {record.levelname} {record.name} {message}"
        parts = [start, *self._fields(record, message, hide)]
        # Indented: a line break in an exception's text must not look like the start of a record.
        return "\n    ".join([" ".join(parts), *map(printable, self.traceback(record, hide).splitlines())])

    def second_as_text(self, second: int) -> str:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(second))

    def _fields(self, record: logging.LogRecord, message: str, hide: Hide) -> list[str]:
        """Return the fields behind the message; the place of an element only if the message does not tell it."""
        known = record.__dict__
        texts = {key: self.shown(known[name], hide) for name, key in IN_TEXT.items() if known.get(name)}
        if texts.get("element", "") in message:
            texts.pop("element", None)
        texts |= self.variables(record, hide)
        return [printable(f"{name}={value}") for name, value in texts.items()]


def printable(text: str) -> str:
    """Return a text of which a caller cannot make two lines."""
    return (
        text
        if text.isprintable()
        else "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    )


def printable_lines(text: str) -> str:
    """Return a text for a terminal: its lines stay, and no character in them is a command to the terminal."""
    return text if text.isprintable() else "\n".join(map(printable, text.split("\n")))
