"""is-elapsed and is-not-elapsed at the moment itself, on a clock that stands still."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from fake_clock import FakeClock

from engine import Application, FlowError

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def holds(folder: Path, element: str, since: Any) -> bool:
    """Whether the validator holds at noon, UTC, for 20 seconds."""
    flow = folder / "flow.yaml"
    step = f'validation:{element}: {{since: "#[payload]", time: 20, timeUnit: SECONDS}}'
    flow.write_text(f"flows: {{main: {{steps: [{{{step}}}]}}}}")
    app = Application.load(flow, clock=FakeClock(NOON))
    try:
        asyncio.run(app.run("main", payload=since))
    except FlowError:
        return False
    return True


@pytest.mark.parametrize(
    ("since", "has_elapsed"),
    [
        ("2026-03-01T11:59:39Z", True),
        ("2026-03-01T11:59:40Z", True),
        ("2026-03-01T11:59:41Z", False),
        ("2026-03-01T12:59:40+01:00", True),
        ("2026-03-01T12:59:41+01:00", False),
        ("2026-03-01T11:59:40", True),
        ("2026-03-01T12:30:00Z", False),
        ("2026-03-01", True),
        ("2026-03-02", False),
        (date(2026, 3, 1), True),
        (datetime(2026, 3, 1, 11, 59, 41), False),  # without a time zone: UTC
        (datetime(2026, 3, 1, 11, 59, 40, tzinfo=UTC), True),
    ],
)
def test_one_of_the_two_holds(tmp_path: Path, since: Any, has_elapsed: bool) -> None:
    assert holds(tmp_path, "is-elapsed", since) is has_elapsed
    assert holds(tmp_path, "is-not-elapsed", since) is not has_elapsed


@pytest.mark.parametrize("since", ["soon", "", "2026-13-01", 5, None, [], "9" * 10_000])
def test_neither_holds_for_what_is_no_moment(tmp_path: Path, since: Any) -> None:
    assert not holds(tmp_path, "is-elapsed", since)
    assert not holds(tmp_path, "is-not-elapsed", since)
