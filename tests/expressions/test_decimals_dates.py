"""Operators over values that JSON does not know: exact decimals, dates and datetimes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from engine import Event, Expression, FlowError

WIDE = Decimal("12345678901234567890123456789012345.25")
EARLY, LATE = date(2026, 1, 1), date(2026, 1, 2)
LOCAL, ABSOLUTE = datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "payload", "value"),
    [
        ("payload * 1.19", Decimal("19.99"), Decimal("23.7881")),
        ("0.1 + payload", Decimal("0.2"), Decimal("0.3")),
        ("payload + 1", WIDE, Decimal("12345678901234567890123456789012346.25")),
        ("payload * payload - payload * payload + payload", WIDE, WIDE),
        ("-payload", WIDE, Decimal("-12345678901234567890123456789012345.25")),
        ("payload / 3", Decimal(1), Decimal("0." + "3" * 34)),
        ("payload % 3", Decimal("-10.5"), Decimal("1.5")),
        ("payload % -3", Decimal("10.5"), Decimal("-1.5")),
        ("payload // 3", Decimal("-10.5"), Decimal(-4)),
        ("payload // 3", Decimal("10.5"), Decimal(3)),
        ("payload == 0.1", Decimal("0.10"), True),
        ("0.1 == payload", Decimal("0.10"), True),
        ("payload != 0.1", Decimal("0.1"), False),
        ("payload == 0.1", Decimal("0.11"), False),
        ("payload[0] == payload[1]", [0.1, Decimal("0.1")], True),
        ("payload < 0.1", Decimal("0.1"), False),
        ("payload >= 0.1", Decimal("0.1"), True),
        ("payload == 5", Decimal("5.00"), True),
        ("payload[0] < payload[1]", [EARLY, LATE], True),
        ("payload[0] >= payload[1]", [EARLY, LATE], False),
        ("payload[0] <= payload[1]", [ABSOLUTE, ABSOLUTE], True),
        ("payload < null", EARLY, None),
    ],
)
def test_value(expression: str, payload: Any, value: Any) -> None:
    found = Expression(expression).evaluate(Event(payload=payload))
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("expression", "payload", "mistake"),
    [
        ("payload / 0", Decimal(1), "'/' failed: division by zero"),
        ("payload % 0", Decimal(1), "'%' failed:"),
        ("payload * payload", Decimal("1E+999999"), "'*' failed: the result is out of range"),
        ("payload + 1", Decimal("NaN"), "'+' gives a number out of range"),
        ("payload < 1", Decimal("NaN"), "'<' cannot order a decimal that is no number"),
        ("payload < '2027-01-01'", EARLY, "'<' cannot order date against string"),
        ("payload[0] < payload[1]", [EARLY, LOCAL], "'<' cannot order date against datetime"),
        ("payload[0] > payload[1]", [LOCAL, ABSOLUTE], "'>' cannot order a datetime with a time zone against one"),
    ],
)
def test_mistake(expression: str, payload: Any, mistake: str) -> None:
    with pytest.raises(FlowError) as caught:
        Expression(expression).evaluate(Event(payload=payload))
    assert str(caught.value.type) == "MULE:EXPRESSION"
    assert caught.value.description.startswith(mistake)
