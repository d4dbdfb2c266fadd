"""Numbers of a server's queue for the measures, which are read without waiting for anybody."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic
from typing import NamedTuple

from engine import Clock, FlowError
from engine.connectors import Tasks, Usage
from processors.vm._errors import VM_CONNECTIVITY
from processors.vm._queue import Queue

SAMPLED = 2.0
"""Seconds between two samples; three times as long one is good."""


class Sample(NamedTuple):
    """How many messages wait, how many were taken, and for how many seconds the first one waits; None: not known."""

    waiting: int
    taken: int | None = None
    age: float | None = None


class Sampling:
    """Asks the server again and again. count: returns a sample, or raises FlowError. name: of the queue."""

    def __init__(self, count: Callable[[], Awaitable[Sample]], name: str) -> None:
        self._count = count
        self._name = name
        self._counting = Tasks()
        self._sample: Sample | None = None
        self._at = 0.0

    @property
    def known(self) -> Sample | None:
        """The last sample, unless it is too old; asks for samples from now on."""
        self.begin()
        return self._sample if monotonic() - self._at < 3 * SAMPLED else None

    def told(self) -> Sample:
        """Return the last sample. Raise VM:CONNECTIVITY if there is none now."""
        sample = self.known
        if sample is None:
            raise FlowError(VM_CONNECTIVITY, "the messages are not counted")
        return sample

    def begin(self) -> None:
        if not len(self._counting):
            self._counting.start(self._keep_counting(), f"counting {self._name}")

    async def end(self) -> None:
        await self._counting.drain(0)
        self._sample = None

    async def _keep_counting(self) -> None:
        while True:
            with suppress(FlowError):  # it is away, which is logged
                self._sample, self._at = await self._count(), monotonic()
            await asyncio.sleep(SAMPLED)


class SampledQueue(Queue):
    """A queue with a server, whose numbers are sampled. name: of the queue, for its tasks."""

    def __init__(self, limit: int, clock: Clock, name: str) -> None:
        super().__init__(limit, clock)
        self._sampling = Sampling(self._count, name)

    async def _count(self) -> Sample:
        """Ask the server for the numbers. Raise VM:CONNECTIVITY if it is away."""
        raise NotImplementedError

    @property
    def places(self) -> Usage | None:
        sample = self._sampling.known if self._limit else None
        return Usage(sample.waiting, self._limit) if sample else None

    def depth(self) -> int:
        return self._sampling.told().waiting

    def taken(self) -> float:
        return _or_unknown(self._sampling.told().taken)

    def age(self) -> float:
        return _or_unknown(self._sampling.told().age)

    def watch(self) -> None:
        self._sampling.begin()

    async def end(self) -> None:
        """End the tasks of the queue."""
        await self._sampling.end()


def _or_unknown(number: float | None) -> float:
    """Return a number that is known. Raise VM:CONNECTIVITY if it is not."""
    if number is None:
        raise FlowError(VM_CONNECTIVITY, "the server does not tell this number")
    return number
