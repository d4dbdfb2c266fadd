"""A fuzzer that looks for cost, not for crashes: what is twice as large may cost little more than twice as much.

`benchmarks/fuzz_costs.py` runs it for as long as you like, with other examples each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from attacks.bodies import Body, bodies
from attacks.costs import MIB, Cost, Meter
from attacks.evaluations import Evaluation, evaluations
from hypothesis import HealthCheck, given, settings

SIZES = {"body": 100_000, "evaluation": 500_000}
"""Bytes of a body, or of a payload; then twice as many."""
GROWTH = 2.5
NOISE = 0.03
"""Seconds that count for nothing: the machine's, not the size's."""
DEAREST = 1.0
"""Seconds of processor time: twice what the budgets are made for, which a busy machine may take."""
HUNGRIEST = {"body": 64 * MIB, "evaluation": 128 * MIB}
ATTEMPTS = 3


@pytest.fixture(scope="module")
def meter() -> Iterator[Meter]:
    with Meter() as meter:
        yield meter


def mistake(meter: Meter, kind: str, job: Any) -> str | None:
    """What is wrong with the cost; it is measured again before that is believed."""
    for _ in range(ATTEMPTS):
        small, large = (meter.of(kind, job, size) for size in (SIZES[kind], 2 * SIZES[kind]))
        found = _mistake(kind, small, large)
        if found is None or not large.is_ended:
            break
    return found and f"{found}: {job} {small} {large}"


def _mistake(kind: str, small: Cost, large: Cost) -> str | None:
    if not large.is_ended:
        return f"it ended with {large.outcome}"
    if large.seconds > DEAREST:
        return f"{large.seconds:.2f} s of processor time"
    if large.memory > HUNGRIEST[kind]:
        return f"{large.memory / MIB:.0f} MiB"
    # An expression may go through a list for each element of a list: its author says so, and its budget ends it.
    if kind == "body" and large.seconds > GROWTH * small.seconds + NOISE and small.outcome == large.outcome:
        return f"twice the size costs {large.seconds / small.seconds:.1f} times as much"
    return None


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(body=bodies())
def test_bodies(meter: Meter, body: Body) -> None:
    assert mistake(meter, "body", body) is None


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(evaluation=evaluations())
def test_evaluations(meter: Meter, evaluation: Evaluation) -> None:
    assert mistake(meter, "evaluation", evaluation) is None
