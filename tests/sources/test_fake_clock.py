"""The clock of the tests itself: who sleeps wakes in order, each at its moment."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from fake_clock import FakeClock


def test_who_sleeps_wakes_in_order_each_at_its_moment() -> None:
    clock, woken = FakeClock(), []

    async def wake(seconds: float, times: int = 1) -> None:
        for _ in range(times):
            await clock.sleep(seconds)
            woken.append((seconds, clock.monotonic()))

    async def run() -> None:
        tasks = [asyncio.create_task(wake(*each)) for each in [(0.3, 1), (0.1, 3), (0.3, 1), (9, 1)]]
        await clock.advance(0.3)
        tasks[-1].cancel()
        await asyncio.wait(tasks)
        assert clock.sleeping == 0
        await clock.advance(10)

    asyncio.run(run())
    assert woken == [(0.1, 0.1), (0.1, 0.2), (0.3, 0.3), (0.3, 0.3), (0.1, 0.3)]
    assert clock.monotonic() == 10.3


def test_the_time_of_day_can_be_set() -> None:
    clock = FakeClock()
    began = clock.now()
    clock.set(began - timedelta(hours=1))
    assert (began - clock.now(), clock.monotonic()) == (timedelta(hours=1), 0)


def test_a_clock_that_hurries() -> None:
    clock = FakeClock(hurries=True)
    asyncio.run(clock.sleep(60))
    assert (clock.monotonic(), clock.slept) == (60, [60])
