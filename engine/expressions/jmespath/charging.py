"""What the generated code counts: the steps of loops, and values that results hold once more.

Straight code costs as much each time, so it counts nothing; what it costs is known here, as the steps of the
loop around it.
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
"""What nodes cost in time, without those inside them; others nothing."""
ARITHMETIC = {"plus": 3, "minus": 3}
SLOW_ARITHMETIC = 16
NUMBER_BYTES = 32
SLOT_BYTES = 9
"""Of an element in a list, with the room that a growing list keeps free."""
GARBAGE_COLLECTED = 16
"""Bytes in front of lists and maps."""
TEXT_BYTES = 64 + SHORT
LONG = 256
"""Characters of a text outside of loops that is not worth counting."""
ROUND = 2
"""Steps of one round of a loop with an empty body."""
EMPTY_LIST = getsizeof([]) + GARBAGE_COLLECTED
LIST_AT_LEAST = EMPTY_LIST + 4 * SLOT_BYTES


def map_bytes(entries: int) -> int:
    return getsizeof(dict.fromkeys(map(str, range(entries)))) + GARBAGE_COLLECTED


class Charging(Generator):
    """A generator that knows what the code it writes will cost.

    loops: how many loops stand around what is being written. is_charged: whether something counts steps.
    """

    def __init__(self, constants: Mapping[str, Any]) -> None:
        super().__init__(constants)
        self.loops = 0
        self._steps = self._bytes = 0

    def cost(self, steps: int, made: int = 0) -> None:
        """What is being written takes so many steps, and makes so many bytes."""
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
        """Count, before what is written inside runs `count` times, all that it will cost."""
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
        """Count a text that was made; short ones pass."""
        self.is_charged = True
        most = SHORT if self.loops else LONG
        self.write(f"if {name} is not None and len({name}) > {most}: budget.made({name}, {self.constant(what)})")
        return name

    def share(self, name: str, what: str) -> None:
        """Count the value, which the result holds once more; most are numbers, or short."""
        self.is_charged = True
        self.cost(2)
        small = f"type({name}) in SCALARS or (type({name}) is str and len({name}) < {SHORT})"
        self.write(f"if not ({small}): share(budget, {name}, {self.constant(what)})")


def _made(kind: str, children: list[Any]) -> int:
    """Bytes that a node makes, without what stands inside it."""
    if kind in ("multi_select_dict", "map"):
        return map_bytes(len(children))
    if kind in ("multi_select_list", "list"):
        return EMPTY_LIST + 8 * len(children)
    return {"slice": EMPTY_LIST, "flatten": EMPTY_LIST, "root": map_bytes(7), "text": TEXT_BYTES}.get(
        kind, LIST_AT_LEAST if kind.endswith("projection") else 0
    )


def _literal_cost(value: Any) -> tuple[int, int]:
    """Steps and bytes of a copy of a literal."""
    steps, made = 6, 0
    if isinstance(value, (list, dict)):
        inner: Iterable[Any] = value.values() if isinstance(value, dict) else value
        costs = [_literal_cost(each) for each in inner]
        steps += sum(cost for cost, _ in costs)
        made = map_bytes(len(value)) if isinstance(value, dict) else EMPTY_LIST + SLOT_BYTES * len(value)
        made += sum(size for _, size in costs)
    return steps, made
