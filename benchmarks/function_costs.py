"""What each function of the library costs with hostile arguments: the slowest and the hungriest.

    python benchmarks/function_costs.py [--few] [--size CHARACTERS] [NAME ...]

The cases are those of `tests/functions/costs.py`. A row is one evaluation: processor time, the peak of memory, what
writing the result as JSON takes, and how the time grows where the arguments are twice as large. Exits with 1 where an
evaluation goes beyond its budget.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from engine.expressions.functions import FUNCTIONS

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from functions.costs import Cost, cases, grown


def line(cost: Cost, size: int) -> str:
    per_byte = cost.seconds / size * 1e9
    ended = f"  → {cost.failed[:60]}" if cost.failed else ""
    growth = f"×{cost.growth:3.1f}" if cost.growth else "    "
    mark = "!" if cost.is_beyond else " "
    return (
        f"{mark}{cost.seconds * 1000:7.0f} ms {per_byte:7.1f} ns/byte {cost.memory / 2**20:6.0f} MiB"
        f" {cost.answer / 2**20:6.0f} MiB written {growth} {cost.case.expression}  ({cost.case.label}){ended}"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=3_000_000)
    parser.add_argument("--few", action="store_true")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    functions = {name: FUNCTIONS[name] for name in options.names} if options.names else FUNCTIONS
    costs = []
    for case in cases(functions, few=options.few):
        costs.append(grown(case, options.size))
        if costs[-1].is_beyond:
            print(line(costs[-1], options.size), flush=True)
    for title, key in (("slowest", lambda cost: cost.seconds), ("hungriest", lambda cost: cost.memory)):
        print(f"\nThe {title} of {len(costs)}, arguments of {options.size} characters:")
        for cost in sorted(costs, key=key, reverse=True)[:20]:  # type: ignore[arg-type,misc]
            print(line(cost, options.size))
    sys.exit(any(cost.is_beyond for cost in costs))


if __name__ == "__main__":
    main()
