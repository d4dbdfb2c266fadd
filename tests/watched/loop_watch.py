"""Sees an event loop that stands: nobody else is answered meanwhile.

A heartbeat is due every 50 ms. Between two of them the loop's thread may take some processor time, not more: half a
second of a quiet machine, which is up to three times as much on a busy one. The first import of a module does not
count: it is paid once.
"""

from __future__ import annotations

import asyncio
import builtins
import threading
import time
from collections.abc import Callable
from typing import Any

LONGEST_STAND = 1.5
"""Seconds of processor time of the loop's thread."""
BEAT = 0.05


_told_of_imports: list[Callable[[], None]] = []


def on_import(tell: Callable[[], None]) -> None:
    """Have `tell` called after each outermost import statement."""
    _told_of_imports.append(tell)
    tell()


class Imports(threading.local):
    """The processor time that each thread has spent on import statements."""

    seconds = 0.0
    _within = False

    def watch(self) -> None:
        original = builtins.__import__

        def timed(*args: Any, **keywords: Any) -> Any:
            if self._within:
                return original(*args, **keywords)
            self._within, begin = True, time.thread_time()
            try:
                return original(*args, **keywords)
            finally:
                for tell in _told_of_imports:
                    tell()
                self._within = False
                self.seconds += time.thread_time() - begin

        builtins.__import__ = timed


_imports = Imports()


class Heart:
    """The heartbeat of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, tell: Callable[[float], None], longest: float) -> None:
        self._loop, self._tell, self._longest = loop, tell, longest
        self._last: float | None = None

    def beat(self) -> None:
        now = time.thread_time() - _imports.seconds
        if self._last is not None and now - self._last > self._longest:
            self._tell(now - self._last)
        self._last = now
        if not self._loop.is_closed():
            self._loop.call_later(BEAT, self.beat)


def watch_loops(tell: Callable[[float], None], longest: float = LONGEST_STAND) -> None:
    """Watch each loop that runs from now on, asyncio's and uvloop's; `tell` gets how long one stood."""
    original: Any = asyncio._set_running_loop
    _imports.watch()

    def set_running_loop(loop: asyncio.AbstractEventLoop | None) -> None:
        original(loop)
        if loop is not None and not hasattr(loop, "_heart"):
            heart = Heart(loop, tell, longest)
            try:
                loop._heart = heart  # type: ignore[attr-defined]
            except AttributeError:
                return
            loop.call_soon(heart.beat)

    asyncio._set_running_loop = asyncio.events._set_running_loop = set_running_loop
