"""No function costs more than its budget, whatever it gets; `benchmarks/function_costs.py` tries larger and more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from functions.costs import cases, measure

from engine.expressions.functions import FUNCTIONS
from engine.expressions.functions.function import Function

SIZE = 100_000
MOST = 2
"""Evaluations of a function here."""


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=list(FUNCTIONS))
def test_hostile_arguments(function: Function) -> None:
    assert list(beyond(function)) == []


def beyond(function: Function) -> Iterator[str]:
    """The evaluations that cost too much, of some that stand far from each other in the list of all."""
    known = list(cases({function.name: function}, few=True))
    for case in known[:: -(-len(known) // MOST)]:
        if measure(case, SIZE).is_far_beyond:
            yield f"{case.expression} ({case.label})"
