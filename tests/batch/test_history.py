"""The checker of histories finds each kind of mistake: what it says of a job can be relied on."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parent.parent.parent / "benchmarks"))
from batch_history import History, violations

GOOD, BAD = [0, 1, 2, 4, 5, 6, 8, 9], [3, 7]
FINE = History("SUCCESSFUL", 10, 8, 2, GOOD, BAD, GOOD)


def found(history: History) -> list[str]:
    return list(violations(history, 10, lambda number: number in BAD))


def test_a_fine_history_has_no_violation() -> None:
    assert found(FINE) == []


@pytest.mark.parametrize(
    ("seeded", "told"),
    [
        ({"state": "EXECUTING"}, "the job is EXECUTING"),
        ({"total": 9}, "total is 9, and there are 10"),
        ({"succeeded": 9}, "succeeded is 9, and there are 8"),
        ({"failed": 1}, "failed is 1, and there are 2"),
        ({"succeeded_records": GOOD[1:]}, "record 0 has 0 outcomes"),
        ({"succeeded_records": [*GOOD, 5]}, "record 5 has 2 outcomes"),
        ({"failed_records": [*BAD, 5]}, "record 5 has 2 outcomes"),
        ({"failed_records": [3]}, "record 7 has 0 outcomes"),
        ({"succeeded_records": [*GOOD[1:], 3], "failed_records": [0, 7]}, "record 0 has the wrong outcome"),
        ({"effects": GOOD[:-1]}, "record 9 took effect 0 times"),
        ({"effects": [*GOOD, 9]}, "record 9 took effect 2 times"),
        ({"effects": [*GOOD, 7]}, "record 7 took effect 1 times"),
        ({"effects": [*GOOD, 10]}, "record 10 was never sent"),
    ],
)
def test_a_seeded_mistake_is_told(seeded: dict[str, Any], told: str) -> None:
    assert told in found(replace(FINE, **seeded))
