"""The page for people who come from DataWeave: every example gives what the page says."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from engine import Application, Event, Expression
from engine.expressions.functions import FUNCTIONS
from engine.expressions.functions.dataweave import TABLE, Row
from engine.expressions.writing import encode
from engine.manual.pages import function_page

APPLICATION = """
properties: {region: eu}
flows:
  example: {steps: [{set-payload: {value: "#[{}]"}}]}
sub-flows:
  twice: {steps: [{set-payload: {value: "#[payload * 2]"}}]}
"""


@pytest.mark.parametrize("row", TABLE, ids=[row.dataweave for row in TABLE])
def test_row(row: Row, tmp_path: Path) -> None:
    if row.here.startswith(("p(", "lookup(")):  # they need an application
        file = tmp_path / "flows.yaml"
        file.write_text(APPLICATION.replace("{}", row.expression))
        value = asyncio.run(Application.load(file).flows["example"].run(Event())).payload
    else:
        value = Expression(row.expression).evaluate(Event())
    assert encode(value) == msgspec.json.format(row.result.encode(), indent=-1)


def test_the_page_is_long_enough_and_names_each_thing_once() -> None:
    assert len(TABLE) > 40
    assert len({row.dataweave for row in TABLE}) == len(TABLE)


def test_the_manual_names_dataweave() -> None:
    assert "DataWeave: groupBy" in function_page(FUNCTIONS["group_by"])
    assert "DataWeave: nothing like it" in function_page(FUNCTIONS["mask"])
