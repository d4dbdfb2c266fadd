"""How much faster compiled expressions are than jmespath.py's.

    python benchmarks/expressions.py

Each expression is compiled once by both and evaluated on the same value; the best of several rounds counts. The last
line is the geometric mean of the speed-ups.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable
from math import prod
from typing import Any

import jmespath

from engine.expressions.jmespath import compile_tree, parse

RECORDS = [
    {"id": f"r{n}", "name": f"Name {n}", "amount": n % 17, "status": 200 if n % 10 else 422, "tags": ["a", f"t{n % 5}"]}
    for n in range(100)
]
VALUE: dict[str, Any] = {
    "id": "c-1",
    "customer": {"name": "Ada", "address": {"city": "London", "zip": "N1"}},
    "records": RECORDS,
    "limit": 8,
    "names": ["x", "y", "z"],
}
EXPRESSIONS = [
    "id",
    "customer.address.city",
    "customer.missing.city",
    "records[0].id",
    "records[?status == `200`]",
    "records[?amount > `8`].id",
    "records[?status == `200` && amount > `8`].name",
    "records[*].amount",
    "records[*].{id: id, amount: amount}",
    "records[].tags[]",
    "{id: id, city: customer.address.city, count: length(records)}",
    "[id, customer.name]",
    "limit > `5` && id == 'c-1'",
    "customer.nick || customer.name",
    "length(records)",
    "sort_by(records, &amount)[0].id",
    "max_by(records, &amount).id",
    "sum(records[*].amount)",
    "join(', ', names)",
    "records[?contains(tags, 't3')].id | [0]",
    "merge(customer, {extra: id})",
]
ROUNDS = 7


def best(call: Callable[[Any], Any]) -> float:
    """Microseconds a call, in the best round."""
    timer = timeit.Timer("call(value)", globals={"call": call, "value": VALUE})
    number = max(1, int(0.01 / max(timer.timeit(3) / 3, 1e-7)))
    return min(timer.repeat(number=number, repeat=ROUNDS)) / number * 1e6


def main() -> None:
    ratios = []
    print(f"{'jmespath':>10}  {'ours':>8}  {'times':>6}   (µs an evaluation)")
    for text in EXPRESSIONS:
        theirs, ours = jmespath.compile(text), compile_tree(parse(text)[0])
        assert theirs.search(VALUE) == ours(VALUE), text
        slow, fast = best(theirs.search), best(ours)
        ratios.append(slow / fast)
        print(f"{slow:10.2f}  {fast:8.2f}  {slow / fast:6.1f}   {text}")
    print(f"geometric mean of {len(ratios)}: {prod(ratios) ** (1 / len(ratios)):.1f}, least {min(ratios):.1f}")


if __name__ == "__main__":
    main()
