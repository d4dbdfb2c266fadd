"""Loops that never wait let others run."""

from __future__ import annotations

import asyncio

import pytest
from call import Call
from loopback import in_loop

from engine import Event, Processor
from engine.connectors import StreamingCollect
from engine.work import turns
from processors.core.foreach import Foreach
from processors.core.parallel_foreach import ParallelForeach
from processors.core.repeat import Repeat
from processors.core.set_variable import SetVariable

KEEP = SetVariable(variable_name="last", value="#[payload]")
SHORT = Foreach(collection="[`1`, `2`]", steps=[KEEP])
COLLECT = StreamingCollect(target="outcomes")


@pytest.mark.parametrize(
    "loop",
    [
        Foreach(steps=[KEEP]),
        Foreach(steps=[KEEP], collect=COLLECT),
        ParallelForeach(steps=[KEEP], max_concurrency=1),
        Foreach(steps=[SHORT]),
        Foreach(steps=[Foreach(collection="[`1`]", steps=[SHORT])], collect=COLLECT),
        Repeat(until="vars.counter == `320`", steps=[KEEP]),
        Repeat(until="vars.counter == `320`", steps=[SHORT]),
        Foreach(steps=[Repeat(until="vars.counter == `2`", steps=[KEEP])]),
    ],
    ids=[
        "foreach",
        "collect",
        "parallel-foreach",
        "a short loop inside",
        "loops inside each other",
        "repeat",
        "a short loop in a repeat",
        "a short repeat inside",
    ],
)
@in_loop
async def test_others_run_meanwhile(loop: Processor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "TURN", 0)
    monkeypatch.setattr(turns._turn, "ends", 0.0)
    ran = 0

    async def run_whenever_possible() -> None:
        nonlocal ran
        while True:
            await asyncio.sleep(0)
            ran += 1

    other = asyncio.create_task(run_whenever_possible())
    await loop.run(Event(payload=list(range(320))))
    other.cancel()
    assert ran >= 320 // turns.OFTEN - 1  # it begins with the first turn that is given


@in_loop
async def test_many_loops_have_one_turn_a_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each gets its turn, and the others run after each of them."""
    monkeypatch.setattr(turns, "TURN", 0)
    monkeypatch.setattr(turns._turn, "ends", 0.0)
    seen: list[int] = []

    async def look(event: Event) -> None:
        seen.append(event.vars["who"])

    async def rounds() -> None:
        while True:
            seen.append(0)
            await asyncio.sleep(0)

    other = asyncio.create_task(rounds())
    loop = Foreach(steps=[Call(function=look)])
    bodies = [loop.run(Event(payload=list(range(4 * turns.OFTEN)), vars={"who": who})) for who in (1, 2, 3)]
    await asyncio.gather(*bodies)
    other.cancel()
    changes = [who for who, before in zip(seen, [None, *seen], strict=False) if who != before]
    assert [who for who in changes if who] == [1, 2, 3] * 4
    assert changes.count(0) >= 11
