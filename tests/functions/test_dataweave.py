"""The page for people who come from DataWeave: every example gives what the page says."""

from __future__ import annotations

import msgspec
import pytest

from engine import Event, Expression
from engine.expressions.functions import FUNCTIONS
from engine.expressions.functions.dataweave import TABLE, Row
from engine.expressions.writing import encode


@pytest.mark.parametrize("row", TABLE, ids=[row.dataweave for row in TABLE])
def test_row(row: Row) -> None:
    assert encode(Expression(row.expression).evaluate(Event())) == msgspec.json.format(row.result.encode(), indent=-1)


def test_the_page_is_long_enough_and_names_each_thing_once() -> None:
    assert len(TABLE) > 40
    assert len({row.dataweave for row in TABLE}) == len(TABLE)


def test_the_manual_names_dataweave() -> None:
    assert "DataWeave: groupBy" in FUNCTIONS["group_by"].manual
