"""Errors of the same kind: the first ones in a while are written, the rest is counted and told as a number."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from math import ceil
from time import monotonic
from typing import Any

from engine.limits import MOST_KINDS_COUNTED, REPEAT_WINDOW
from engine.values.log_levels import OUR_LOGGER

LONGEST_LABEL = 500
"""Characters of a message that tells what was repeated; a longer one is left out."""
KEPT = ("flow", "element", "doc_name", "flow_file", "flow_line", "error_type")
"""The fields that are the same for all records of a kind."""


@dataclass(slots=True)
class Window:
    """A kind of record in the seconds since its first: how many were written, and how many only counted."""

    began: float
    example: dict[str, Any]
    """What a record needs to tell the count: the name and level of the logger, and what the records were."""
    label: str
    written: int = 0
    counted: int = 0

    def told(self, now: float) -> logging.LogRecord:
        """Return the record that tells the count."""
        seconds = max(1, ceil(min(now - self.began, REPEAT_WINDOW)))
        count, self.counted = self.counted, 0
        behind = f": {self.label}" if self.label else ""
        message = {"msg": "… %s more like this in %d s%s", "args": (f"{count:,}", seconds, behind), "repeats": count}
        return logging.makeLogRecord({**self.example, **message})


class Repeats:
    """Counts records of the same kind beyond the first of a while: the same logger, level, and error or text.

    burst: how many of a kind are written in REPEAT_WINDOW seconds. No count is lost: each is returned sooner or later.
    """

    def __init__(self, burst: int, clock: Callable[[], float] = monotonic) -> None:
        self._burst, self._clock = burst, clock
        self._windows: dict[Hashable, Window] = {}

    def pass_on(self, record: logging.LogRecord) -> Iterator[logging.LogRecord]:
        """Yield what is to be written now that this record came: itself, unless it is only counted, after a count."""
        now, kind = self._clock(), _kind(record)
        window = self._windows.get(kind)
        if window is not None and now - window.began >= REPEAT_WINDOW:
            yield from self._end(kind, now)
            window = None
        if window is None:
            yield from self._make_room(now)
            window = self._windows[kind] = Window(now, _example(record), _label(record))
        if window.written < self._burst:
            window.written += 1
            yield record
        else:
            window.counted += 1

    def over(self) -> Iterator[logging.LogRecord]:
        """Yield the counts of the windows that are over."""
        now = self._clock()
        for kind in [kind for kind, each in self._windows.items() if now - each.began >= REPEAT_WINDOW]:
            yield from self._end(kind, now)

    def all(self) -> Iterator[logging.LogRecord]:
        """Yield the counts of all windows, which are then over."""
        for kind in list(self._windows):
            yield from self._end(kind, self._clock())

    def seconds_left(self) -> float | None:
        """Return the time until the next count is to be told; None if there is none."""
        ends = [each.began + REPEAT_WINDOW for each in self._windows.values() if each.counted]
        return max(0.0, min(ends) - self._clock()) if ends else None

    def _end(self, kind: Hashable, now: float) -> Iterator[logging.LogRecord]:
        window = self._windows.pop(kind)
        if window.counted:
            yield window.told(now)

    def _make_room(self, now: float) -> Iterator[logging.LogRecord]:
        if len(self._windows) >= MOST_KINDS_COUNTED:
            yield from self._end(next(iter(self._windows)), now)


def is_counted(record: logging.LogRecord) -> bool:
    """Return whether repeats of the record are counted: not those of a logger below `engine`.

    These are lines that are wanted one by one: a request each, and what the `logger` steps of flows write.
    """
    return not record.name.startswith(f"{OUR_LOGGER}.")


def _kind(record: logging.LogRecord) -> Hashable:
    """Return what records have in common that tell the same: the place, and the type of an error or else the text."""
    known = record.__dict__
    what = known.get("error_type") or _template(record)[:LONGEST_LABEL]
    bug = record.exc_info[0] if record.exc_info else None
    return record.name, record.levelno, known.get("element"), what, bug


def _template(record: logging.LogRecord) -> str:
    """Return the text before it is filled in; if it is nothing but a place for another text, that one."""
    return record.getMessage() if record.msg == "%s" else str(record.msg)


def _example(record: logging.LogRecord) -> dict[str, Any]:
    kept = {name: record.__dict__[name] for name in KEPT if name in record.__dict__}
    return {"name": record.name, "levelno": record.levelno, "levelname": record.levelname, **kept}


def _label(record: logging.LogRecord) -> str:
    """Return what was repeated, in short: the type and place of an error, else the message of the first."""
    known = record.__dict__
    if "error_type" in known:
        return f"{known['error_type']} at {known['element']}" if "element" in known else str(known["error_type"])
    message = record.getMessage()
    return message if len(message) <= LONGEST_LABEL else ""
