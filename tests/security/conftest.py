"""Flows of one authentication step, and what they say of a caller."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_clock import FakeClock

from engine import Application, Event, Refusal

Ask = Callable[..., Any]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Asks a flow of one step, `name: parameters`, with headers or a query; gives who the caller is, or the refusal."""

    def asking(step: str, headers: dict[str, str] | None = None, **attributes: Any) -> Any:
        file = tmp_path / "flow.yaml"
        file.write_text(f"flows:\n  protected:\n    steps:\n      - {step}\n")
        app = Application.load(file, clock=FakeClock())
        event: Event | None = None
        try:
            event = asyncio.run(once(app, {"headers": headers or {}, **attributes}))
        except Refusal as refusal:
            return refusal
        return event.vars["authentication"]

    return asking


async def once(app: Application, attributes: dict[str, Any]) -> Event:
    async with app:
        return await app.run("protected", attributes=attributes)
