"""Notices that something keeps the event loop from its other work: a thread looks for its heartbeat."""

from __future__ import annotations

import asyncio
import threading
from time import monotonic

from engine.operation.stalls import Stalls
from engine.operation.waiting import place_of_thread, steps_of_thread
from engine.work.measures import Measures
from engine.work.tasks import Tasks

PERIOD = 0.25
"""Seconds between two beats."""

ALARM = 1.0
"""Seconds without a beat that are no reason for alarm."""

LOOP = "the event loop"


class Heartbeat:
    """The heartbeat of the running event loop; measures how late each beat comes: all other work is as late."""

    def __init__(self, measures: Measures, stalls: Stalls) -> None:
        text = "How late the event loop woke a waiting task"
        self._lag = measures.histogram("engine_event_loop_lag_seconds", text)
        self._stalls = stalls
        self._beat = monotonic()
        self._is_stalled = False
        self._is_over = threading.Event()
        self._tasks = Tasks()

    def start(self) -> None:
        self._tasks.start(self._go_on(), "the heartbeat")
        threading.Thread(target=self._look, args=[threading.get_ident()], name="heartbeat", daemon=True).start()

    async def stop(self) -> None:
        self._is_over.set()
        await self._tasks.drain(0)

    async def _go_on(self) -> None:
        while True:
            self._beat = monotonic()
            await asyncio.sleep(PERIOD)
            late = monotonic() - self._beat - PERIOD
            self._lag.observe(max(0.0, late))
            if self._is_stalled:
                self._is_stalled = False
                self._stalls.end("loop", LOOP)

    def _look(self, thread: int) -> None:
        """Look for the beat, in a thread of its own."""
        while not self._is_over.wait(PERIOD):
            if monotonic() - self._beat > ALARM + PERIOD and not self._is_stalled:
                self._stalls.begin("loop", LOOP, lambda: _told(thread))
                self._is_stalled = True


def _told(thread: int) -> str:
    steps = steps_of_thread(thread)
    by = f"{steps[-1].name} ({steps[-1].location}) in " if steps else ""
    return f"the event loop has been kept for more than {ALARM:g} s by {by}{place_of_thread(thread)}"
