"""Log lines of work that may be undone; they are written once it is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Line = Callable[[], None]
"""Writes a line to the log."""


def write_line(line: Line) -> None:
    """Write a line now, or, if the work may be undone, as soon as it is kept."""
    held = _held.get()
    if held is None:
        line()
    else:
        held.lines.append(line)


def is_held() -> bool:
    """Return whether the work may be undone."""
    return _held.get() is not None


class HeldLines:
    """The log lines of a batch that is not kept yet.

    The lines of a repeated item are dropped, and those of a batch of which nothing is kept.
    """

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._starts: list[int] = []

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the lines of the work inside."""
        outer = _held.set(self)
        try:
            yield
        finally:
            _held.reset(outer)

    def note(self) -> None:
        """Note that the next item begins."""
        self._starts.append(len(self.lines))

    def go_back(self, first: int) -> None:
        """Drop the lines of the items from this number (from 0) on, which are repeated."""
        if first < len(self._starts):
            del self.lines[self._starts[first] :]
            del self._starts[first:]

    def write(self) -> None:
        """Write the lines: the work is kept."""
        for line in self.lines:
            line()


_held: ContextVar[HeldLines | None] = ContextVar("held lines", default=None)
