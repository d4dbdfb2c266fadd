"""Look for requests and expressions that cost more than they should, for as long as you like.

    python benchmarks/fuzz_costs.py [SECONDS] [SEED]

Random bodies and random expressions, each at a size and at twice the size, against the budgets of
`tests/attacks/test_costs.py`, which runs a few of them. What is found is printed, and the exit code is then 1.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from attacks.bodies import bodies
from attacks.costs import Meter
from attacks.evaluations import evaluations
from attacks.test_costs import mistake

ROUND = 200
KINDS = {"body": bodies(), "evaluation": evaluations()}


def look(meter: Meter, kind: str, start: int) -> list[str]:
    """The mistakes among some examples."""
    found: list[str] = []

    @seed(start)
    @settings(
        max_examples=ROUND, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(job=KINDS[kind])
    def run(job: Any) -> None:
        if told := mistake(meter, kind, job):
            found.append(told)
            print(told, flush=True)

    run()
    return found


def main(seconds: float, start: int) -> int:
    dice = Random(start)  # noqa: S311  # it chooses examples
    end, found, examples = time.monotonic() + seconds, 0, 0
    with Meter() as meter:
        while time.monotonic() < end:
            for kind in KINDS:
                found += len(look(meter, kind, dice.getrandbits(32)))
                examples += ROUND
    print(f"{examples} examples, {found} beyond their budgets")
    return 1 if found else 0


if __name__ == "__main__":
    arguments = sys.argv[1:]
    sys.exit(main(float(arguments[0]) if arguments else 60, int(arguments[1]) if len(arguments) > 1 else 0))
