"""The handler of the command's log: lines to the standard error output, with repeats counted."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable
from threading import Timer

from engine.tools.logs.repeats import Repeats, is_counted
from engine.values.tracing import trace_fields


class LogHandler(logging.StreamHandler):  # type: ignore[type-arg]  # it is a plain class when it runs
    """Writes records; of errors of the same kind the first ones and, in a line of its own, how many more there were.

    burst: how many of a kind are written in REPEAT_WINDOW seconds; 0 for all. The counts are told at the end of these
    seconds, or at the end of the process.
    """

    def __init__(self, burst: int) -> None:
        super().__init__(sys.stderr)
        self._burst = burst
        self._process = 0
        self._forget()

    def emit(self, record: logging.LogRecord) -> None:
        if "trace_id" not in record.__dict__:
            record.__dict__.update(trace_fields())
        if not self._burst or not is_counted(record):
            return super().emit(record)
        if record.process != self._process:  # forked: the counts are the parent's, and so was the timer
            self._process = record.process or 0
            self._forget()
        self._write(self._repeats.pass_on(record))
        self._wake_in_time()

    def close(self) -> None:
        """Tell the counts that were not told yet."""
        self.acquire()
        try:
            if self._timer is not None:
                self._timer.cancel()
            if self._process == os.getpid():  # else they are the parent's
                self._write(self._repeats.all())
        finally:
            self.release()
        super().close()

    def _forget(self) -> None:
        self._repeats = Repeats(self._burst)
        self._timer: Timer | None = None

    def _write(self, records: Iterable[logging.LogRecord]) -> None:
        for record in records:
            super().emit(record)

    def _wake_in_time(self) -> None:
        """Have the counts told when their time has come, even if nothing is logged any more."""
        seconds = self._repeats.seconds_left() if self._timer is None else None
        if seconds is not None:
            self._timer = Timer(seconds, self._tell)
            self._timer.daemon = True
            self._timer.start()

    def _tell(self) -> None:
        self.acquire()
        try:
            self._timer = None
            self._write(self._repeats.over())
            self._wake_in_time()
        finally:
            self.release()
