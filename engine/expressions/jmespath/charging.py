"""Charges in the generated code: the steps of loops, and additional references to values in results.

Straight code always costs the same, so it counts nothing; its cost is known here, as steps of the loop around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from sys import getsizeof
from typing import Any

from engine.expressions.budget import BYTES, SHORT
from engine.expressions.jmespath.generator import Generator
from engine.expressions.jmespath.parser import Node

STEPS: Mapping[str, int] = {
    "field": 2, "index": 4, "slice": 12, "flatten": 12, "comparator": 4, "truth": 1, "not_expression": 1,
    "or_expression": 1, "and_expression": 1, "ternary": 1, "negative": 8, "root": 60, "projection": 4,
    "value_projection": 8, "filter_projection": 4, "multi_select_list": 2, "multi_select_dict": 3, "map": 3, "list": 2,
}  # fmt: skip
"""The steps of nodes, without those inside them; other nodes cost nothing."""
ARITHMETIC = {"plus": 3, "minus": 3}
SLOW_ARITHMETIC = 16
NUMBER_BYTES = 32
SLOT_BYTES = 9
"""Bytes of an element in a list, including the room that a growing list keeps free."""
GARBAGE_COLLECTED = 16
"""Bytes of the collector's header of lists and maps."""
TEXT_BYTES = 64 + SHORT
LONG = 256
"""Characters of a text outside loops that are not worth counting."""
ROUND = 2
"""Steps of one round of a loop with an empty body."""
EMPTY_LIST = getsizeof([]) + GARBAGE_COLLECTED
LIST_AT_LEAST = EMPTY_LIST + 4 * SLOT_BYTES


def map_bytes(entries: int) -> int:
    return getsizeof(dict.fromkeys(map(str, range(entries)))) + GARBAGE_COLLECTED


class Charging(Generator):
    """A generator that knows the cost of the code it writes.

    loops: how many loops surround the code being written. is_charged: whether any of it counts steps.
    """

    def __init__(self, constants: Mapping[str, Any]) -> None:
        super().__init__(constants)
        self.loops = 0
        self._steps = self._bytes = 0

    def cost(self, steps: int, made: int = 0) -> None:
        """Note that the code being written takes this many steps, and makes this many bytes."""
        self._steps += steps
        self._bytes += made

    def cost_of_node(self, node: Node) -> None:
        kind = node["type"]
        self.cost(STEPS.get(kind, 0), _made(kind, node["children"]))
        if kind == "arithmetic":
            self.cost(ARITHMETIC.get(node["value"], SLOW_ARITHMETIC), NUMBER_BYTES)
        elif kind == "literal" and isinstance(node["value"], (list, dict)):
            self.cost(*_literal_cost(node["value"]))

    @contextmanager
    def charged(self, count: str, what: str) -> Iterator[None]:
        """Count the whole cost of the code written inside before it runs `count` times."""
        self.is_charged = True
        charge = self.reserve()
        outer = self._steps, self._bytes
        self._steps, self._bytes = ROUND, SLOT_BYTES
        self.loops += 1
        yield
        self.loops -= 1
        steps = max(self._steps, -(-self._bytes // BYTES))
        charge(
            f"budget.spent += {count} * {steps}" if count != "1" else f"budget.spent += {steps}",
            f"if budget.spent > budget.limit: budget.stop({self.constant(what)})",
        )
        self._steps, self._bytes = outer

    def made_text(self, name: str, what: str) -> str:
        """Count a text that was made; short ones are free."""
        self.is_charged = True
        most = SHORT if self.loops else LONG
        self.write(f"if {name} is not None and len({name}) > {most}: budget.made({name}, {self.constant(what)})")
        return name

    def share(self, name: str, what: str) -> None:
        """Count one more reference to the value in the result; most values are numbers, or short."""
        self.is_charged = True
        self.cost(2)
        small = f"type({name}) in SCALARS or (type({name}) is str and len({name}) < {SHORT})"
        self.write(f"if not ({small}): share(budget, {name}, {self.constant(what)})")


def _made(kind: str, children: list[Any]) -> int:
    """Return the bytes that a node makes, without the nodes inside it."""
    if kind in ("multi_select_dict", "map"):
        return map_bytes(len(children))
    if kind in ("multi_select_list", "list"):
        return EMPTY_LIST + 8 * len(children)
    return {"slice": EMPTY_LIST, "flatten": EMPTY_LIST, "root": map_bytes(7), "text": TEXT_BYTES}.get(
        kind, LIST_AT_LEAST if kind.endswith("projection") else 0
    )


def _literal_cost(value: Any) -> tuple[int, int]:
    """Return the steps and bytes of a copy of a literal."""
    steps, made = 6, 0
    if isinstance(value, (list, dict)):
        inner: Iterable[Any] = value.values() if isinstance(value, dict) else value
        costs = [_literal_cost(each) for each in inner]
        steps += sum(cost for cost, _ in costs)
        made = map_bytes(len(value)) if isinstance(value, dict) else EMPTY_LIST + SLOT_BYTES * len(value)
        made += sum(size for _, size in costs)
    return steps, made
