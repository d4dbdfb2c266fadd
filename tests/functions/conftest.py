"""What the tables of these tests share: evaluating an expression over a payload."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine import Event, Expression, FlowError


@pytest.fixture
def value_of() -> Callable[..., Any]:
    """The value of an expression."""

    def value_of(expression: str, payload: Any = None) -> Any:
        return Expression(expression).evaluate(Event(payload=payload))

    return value_of


@pytest.fixture
def mistake_of(value_of: Callable[..., Any]) -> Callable[..., str]:
    """The description of the MULE:EXPRESSION that an expression raises by intent, not by accident."""

    def mistake_of(expression: str, payload: Any = None) -> str:
        with pytest.raises(FlowError) as caught:
            value_of(expression, payload)
        assert str(caught.value.type) == "MULE:EXPRESSION"
        assert caught.value.description != "an expression failed"
        return caught.value.description

    return mistake_of
