"""Limits of loops, files and log lines: what is at one passes, what is beyond is told."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from engine import Application, FlowError, LoadError
from engine.limits import LARGEST_FILE, MOST_ROUNDS


@pytest.mark.reaches("MOST_ROUNDS")
def test_a_loop_that_does_not_end(tmp_path: Path) -> None:
    (tmp_path / "flows.yaml").write_text("""
flows:
  until: {steps: [{repeat: {until: vars.counter >= payload, steps: []}}, {set-payload: {value: done}}]}
""")
    app = Application.load(tmp_path / "flows.yaml")
    assert asyncio.run(app.run("until", MOST_ROUNDS)).payload == "done"
    with pytest.raises(FlowError, match=f"has not ended after {MOST_ROUNDS} rounds") as caught:
        asyncio.run(app.run("until", MOST_ROUNDS + 1))
    assert str(caught.value.type) == "MULE:REPEAT_EXHAUSTED"


@pytest.mark.reaches("LARGEST_FILE")
@pytest.mark.parametrize("name", ["flows.yaml", "schema.json"])
def test_a_large_file_is_a_mistake_where_it_is_named(tmp_path: Path, name: str) -> None:
    """Its rest holds nothing, so that it takes no room on the disk."""
    (tmp_path / "flows.yaml").write_text("flows: {a: {steps: [{json:validate-schema: {schema: schema.json}}]}}\n")
    (tmp_path / "schema.json").write_text("{}")
    Application.load(tmp_path)
    os.truncate(tmp_path / name, LARGEST_FILE + 1)
    with pytest.raises(LoadError, match=f"more than {LARGEST_FILE} bytes"):
        Application.load(tmp_path)
