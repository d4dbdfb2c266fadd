"""No function costs more than its budget, whatever it gets; `benchmarks/function_costs.py` tries larger and more."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from functions.costs import ATTEMPTS, Case, cases, measure

from engine.expressions.functions import FUNCTIONS
from engine.expressions.functions.function import Function

SIZE = 100_000
MOST = 2
"""Evaluations of a function here."""
SHORT = 100
"""What can be read 50,000 times."""


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=list(FUNCTIONS))
def test_hostile_arguments(function: Function) -> None:
    assert list(beyond(function)) == []


def beyond(function: Function) -> Iterator[str]:
    """The evaluations that cost too much, of some that stand far from each other in the list of all."""
    known = list(cases({function.name: function}, few=True))
    for case in known[:: -(-len(known) // MOST)]:
        if all(measure(case, SIZE).is_far_beyond for _ in range(ATTEMPTS)):  # a moment in which all is slow passes
            yield f"{case.expression} ({case.label})"


LONG_DECIMAL = Decimal("1." + "0" * 898 + "1")
RECORDS = [{"a": number, "b": "x"} for number in range(1000)]
DOCUMENTS: dict[str, Any] = {
    "application/json": RECORDS,
    "application/x-ndjson": RECORDS,
    "application/yaml": RECORDS,
    "text/csv": RECORDS,
    "application/xml": {"root": {"row": RECORDS}},
    "application/x-www-form-urlencoded": RECORDS[0],
}


@pytest.mark.parametrize("media_type", DOCUMENTS)
@pytest.mark.parametrize("function", ["read", "write"])
def test_documents_in_a_loop(function: str, media_type: str) -> None:
    value = DOCUMENTS[media_type]
    given = value if function == "write" else FUNCTIONS["write"].call(value, media_type, None)
    call = f"map(&{function}($payload.a, '{media_type}'), payload.many)"
    case = Case(function, media_type, call, (lambda size: given,))
    costs = [measure(case, SIZE) for _ in range(ATTEMPTS)]
    assert not all(cost.is_far_beyond for cost in costs)
    assert "stops at 16000000 steps of an evaluation" in costs[0].failed or len(given) < SHORT


def test_powers_of_long_decimals() -> None:
    case = Case("pow", "900 digits", "map(&pow($payload.a, $payload.a), payload.many)", (lambda size: LONG_DECIMAL,))
    costs = [measure(case, SIZE) for _ in range(ATTEMPTS)]
    assert not all(cost.is_far_beyond for cost in costs)
    assert "pow() stops at 16000000 steps of an evaluation" in costs[0].failed
