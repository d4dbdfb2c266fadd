"""Numbers of a server's queue for the measures, which are read without waiting for anybody."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic
from typing import NamedTuple

from engine import FlowError
from processors.vm._errors import VM_CONNECTIVITY

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
        self._task: asyncio.Task[None] | None = None
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
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._keep_counting(), name=f"counting {self._name}")

    async def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._task = self._sample = None

    async def _keep_counting(self) -> None:
        while True:
            with suppress(FlowError):  # it is away, which is logged
                self._sample, self._at = await self._count(), monotonic()
            await asyncio.sleep(SAMPLED)


def or_unknown(number: float | None) -> float:
    """Return a number that is known. Raise VM:CONNECTIVITY if it is not."""
    if number is None:
        raise FlowError(VM_CONNECTIVITY, "the server does not tell this number")
    return number
