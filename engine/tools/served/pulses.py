"""Whether the event loops of workers live, as the process sees it that has started them."""

from __future__ import annotations

import mmap
import time

SIZE = 8
"""Bytes of a time."""


class Pulses:
    """When each worker last showed life, in memory that the processes share."""

    def __init__(self, workers: int) -> None:
        self._times = memoryview(mmap.mmap(-1, workers * SIZE)).cast("d")

    def beat(self, worker: int) -> None:
        """Note that the event loop of a worker lives."""
        self._times[worker] = time.monotonic()

    def forget(self, worker: int) -> None:
        """Note that a worker begins; until its first beat it is not silent."""
        self._times[worker] = 0.0

    def silence(self, worker: int) -> float:
        """Return the seconds since a worker last showed life."""
        last = self._times[worker]
        return time.monotonic() - last if last else 0.0
