"""Expressions tell the time by the application's clock."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fake_clock import FakeClock

from engine import Application
from engine.expressions.functions.chance import frozen

FLOW = "flows: {case: {steps: [{set-payload: {value: \"#[[to_string(now()), to_string(today('Asia/Tokyo'))]]\"}}]}}"


def test_now_and_today_follow_the_clock_of_the_application(tmp_path: Path) -> None:
    async def run() -> None:
        clock = FakeClock()
        async with Application.load(tmp_path, clock=clock) as app:
            assert (await app.run("case")).payload == ["2026-01-01T00:00:00Z", "2026-01-01"]
            await clock.advance(20 * 3600)
            assert (await app.run("case")).payload == ["2026-01-01T20:00:00Z", "2026-01-02"]
            with frozen(at="2020-02-29T00:00:00Z"):
                assert (await app.run("case")).payload == ["2020-02-29T00:00:00Z", "2020-02-29"]

    (tmp_path / "flow.yaml").write_text(FLOW)
    asyncio.run(run())
