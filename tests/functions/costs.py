"""What each function of the library costs with hostile arguments.

Each gets long texts, long lists, deep values, equal hashes, huge numbers, once and in loops; by the types of its
parameters, so a new one has its cases at once. `benchmarks/function_costs.py` prints the whole table.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import product
from time import thread_time
from typing import Any

from process_memory import forget_peak, memory_of

from engine import Event, Expression, FlowError
from engine.expressions.functions.function import Function
from engine.expressions.writing import encode

LONGEST = 0.5
"""Seconds of processor time of an evaluation."""
HUNGRIEST = 128 * 2**20
"""Bytes that an evaluation may hold at once, its arguments left out."""
LONGEST_ANSWER = 128 * 2**20
"""Bytes of its result as JSON."""
GROWTH = 2.5
ATTEMPTS = 3
NOTICEABLE = 0.02
"""Seconds; shorter ones are not compared."""

Make = Callable[[int], Any]
"""A value of some size: as many characters or elements, or so many bytes of JSON as they have."""


def with_equal_hashes(count: int) -> list[list[int]]:
    """Pairs whose tuples have one hash in CPython 3.8 and later: unlike those of texts, it has no secret."""
    prime, turn, mask = 11400714785074694791, 14029467366897019727, 2**64 - 1
    inverse = pow(turn, -1, 2**64)

    def lane(accumulator: int, item: int) -> int:
        accumulator = (accumulator + item * turn) & mask
        return ((accumulator << 31 | accumulator >> 33) * prime) & mask

    pairs = []
    wanted = lane(lane(2870177450012600261, 1), 2)
    back = (wanted * pow(prime, -1, 2**64)) & mask
    back = (back >> 31 | back << 33) & mask
    for first in range(1, 200 * count):
        second = ((back - lane(2870177450012600261, first)) * inverse) & mask
        if second < 2**61 - 1:
            pairs.append([first, second])
        if len(pairs) == count:
            break
    return pairs


def nested(shape: Callable[[Any], Any], levels: int, inner: Any) -> Any:
    for _ in range(levels):
        inner = shape(inner)
    return inner


TEXTS: dict[str, Make] = {
    "a…": lambda size: "a" * size,
    "aba…": lambda size: "ab" + "a" * (size // 2 - 2),
    "…aba…": lambda size: "a" * (size // 2) + "b" + "a" * (size // 2),
    "ΐ…": lambda size: "ΐ" * (size // 2),
    "😀…": lambda size: "😀" * (size // 4),
    "spaces": lambda size: " " * size,
    "distinct": lambda size: "".join(map(chr, range(0x1000, 0x1000 + min(size, 0xC000)))) * max(1, size // 0x24000),
    "words": lambda size: "aB_" * (size // 3),
    "%41…": lambda size: "%41" * (size // 3),
    "0,…": lambda size: "0," * (size // 2),
    "9…": lambda size: "9" * size,
    "base64": lambda size: "W1td" * (size // 4),
    "short": lambda size: "a",
    "none": lambda size: "",
}
NAMED_TEXTS: dict[str, Make] = {
    "pattern": lambda size: "(((a|b)*)|[^c]*)",
    "a.*b|a": lambda size: "a.*b|a",
    "\\pL{500}": lambda size: "\\pL{500}",
    "date pattern": lambda size: "yyyy-MM-dd'T'HH:mm:ss" * 4,
    "number pattern": lambda size: "#,##0." + "0" * 90,
    "date": lambda size: "2026-03-01",
    "datetime": lambda size: "2026-03-01T00:00:00Z",
    "period": lambda size: "P999999999Y",
    "json": lambda size: "application/json",
    "yaml": lambda size: "application/yaml",
    "zone": lambda size: "Europe/Vienna",
    "path": lambda size: "a." * 150 + "a",
}
LISTS: dict[str, Make] = {
    "zeros": lambda size: [0] * (size // 2),
    "numbers": lambda size: list(range(size // 7)),
    "floats": lambda size: [number + 0.5 for number in range(size // 8)],
    "decimals": lambda size: [Decimal(f"{number}.1") for number in range(size // 8)],
    "texts": lambda size: [f"k{number}" for number in range(size // 9)],
    "same text": lambda size: ["aa"] * (size // 5),
    "long texts": lambda size: ["a" * 1000 + str(number) for number in range(size // 1008)],
    "lists": lambda size: [[] for _ in range(size // 3)],
    "rows": lambda size: [[f"k{number}", number] for number in range(size // 18)],
    "equal hashes": lambda size: with_equal_hashes(size // 30),
    "maps": lambda size: [{"a": number, "b": "x"} for number in range(size // 22)],
    "deep": lambda size: [nested(lambda inner: [inner], 190, 0) for _ in range(size // 390)],
    "statuses": lambda size: [{"status": "422"} for _ in range(size // 16)],
    "dates": lambda size: [datetime(2026, 1, 1, 0, number % 60, tzinfo=UTC) for number in range(size // 22)],
    "nothing": lambda size: [],
}
MAPS: dict[str, Make] = {
    "keys": lambda size: dict.fromkeys(map(str, range(size // 10)), 0),
    "map of maps": lambda size: {str(number): {"a": number} for number in range(size // 20)},
    "a in a": lambda size: nested(lambda inner: {"a": inner}, 190, "x" * size),
    "a in a, a list": lambda size: nested(lambda inner: {"a": inner}, 190, [0] * (size // 2)),
    "k in k": lambda size: {"b": nested(lambda inner: {"a": inner, "k": inner}, 12, 0)},
    "empty map": lambda size: {},
}
NUMBERS: dict[str, Make] = {
    "1": lambda size: 1,
    "-1.5": lambda size: -1.5,
    "10¹²⁰⁰": lambda size: 10**1200 + 1,
    "1E+999": lambda size: Decimal("1E+999"),
    "1E-999": lambda size: Decimal("1E-999"),
    "1.000…1": lambda size: Decimal("1." + "0" * 900 + "1"),
}
INTEGERS: dict[str, Make] = {
    "0": lambda size: 0,
    "1": lambda size: 1,
    "size": lambda size: size,
    "1000000": lambda size: 1_000_000,
    "4000": lambda size: 4000,
}
OTHERS: dict[str, dict[str, Make]] = {
    "boolean": {"true": lambda size: True},
    "null": {"null": lambda size: None},
    "date": {"a date": lambda size: date(2026, 3, 1)},
    "datetime": {"a datetime": lambda size: datetime(2026, 3, 1, tzinfo=UTC)},
    "bytes": {"bytes": lambda size: b"a" * size},
}
SHAPES: dict[str, dict[str, Make]] = {
    "string": TEXTS | NAMED_TEXTS,
    "array": LISTS,
    "object": MAPS,
    "number": NUMBERS,
    "any": TEXTS | LISTS | MAPS | NUMBERS,
} | OTHERS
BODIES = ("@", "$payload.a", "[@, $payload.b]", "to_string($payload.a)", "{a: acc, b: acc, c: item}", "[item, acc]")
BODIES_IN_LOOPS = BODIES[:2]
ORDERS = (0, 1, 3, 7, 12)


@lru_cache(maxsize=128)
def made(make: Make, size: int) -> Any:
    return make(size)


@dataclass(frozen=True)
class Case:
    """One evaluation. label: what the arguments are."""

    function: str
    label: str
    expression: str
    makes: tuple[Make, ...]

    def payload(self, size: int) -> dict[str, Any]:
        values = {chr(ord("a") + number): made(make, size) for number, make in enumerate(self.makes)}
        return values | {"many": made(LISTS["zeros"], size)}


@dataclass
class Cost:
    """What an evaluation took. failed: its error, if it ended with one."""

    case: Case
    seconds: float
    memory: int = 0
    answer: int = 0
    failed: str = ""
    growth: float = 0

    @property
    def is_beyond(self) -> bool:
        return self.seconds > LONGEST or self.growth > GROWTH or self.is_far_beyond

    @property
    def is_far_beyond(self) -> bool:
        """Whether that is so on the busiest machine, too."""
        return (
            self.seconds > 2 * LONGEST
            or self.memory > HUNGRIEST
            or self.answer > LONGEST_ANSWER
            or "it failed with" in self.failed
        )


def shapes_of(function: Function, position: int) -> dict[str, Make]:
    kinds = function.parameter(position).kinds
    if kinds.whole:
        return INTEGERS
    return {label: make for kind in sorted(kinds.names) for label, make in SHAPES.get(kind, {}).items()}


def cases(functions: Mapping[str, Function], *, few: bool = False) -> Iterator[Case]:
    for function in functions.values():
        for given in range(7):
            if function.arity_mistake(given) is None and (given < 3 or not function.variadic):
                yield from _cases(function, given, few)


def _cases(function: Function, given: int, few: bool) -> Iterator[Case]:
    where = [position for position in range(given) if not function.parameter(position).is_expression]
    names = [chr(ord("a") + number) for number in range(len(where))]
    shapes = [shapes_of(function, position) for position in where]
    for row in _rows(shapes, few):
        label, makes = ", ".join(label for label, _ in row), tuple(make for _, make in row)
        for body in BODIES if len(where) < given else ("",):
            once = _call(function, given, where, [f"payload.{name}" for name in names], body)
            yield Case(function.name, label, once, makes)
        for body in BODIES_IN_LOOPS if len(where) < given else ("",):
            inner = _call(function, given, where, [f"$payload.{name}" for name in names], body)
            yield Case(function.name, label, f"map(&{inner}, payload.many)", makes)


def _rows(shapes: list[dict[str, Make]], few: bool) -> list[tuple[tuple[str, Make], ...]]:
    """Shapes for the arguments: two with each other where they are texts; else they go along in several orders."""
    if not shapes:
        return [()]
    if len(shapes) == 2 and all(each == SHAPES["string"] for each in shapes) and not few:
        return list(product(*(each.items() for each in shapes)))
    longest = max(map(len, shapes))
    orders = ORDERS[:1] if few or len(shapes) == 1 else ORDERS
    return [
        tuple(list(each.items())[(number + order * position) % len(each)] for position, each in enumerate(shapes))
        for order in orders
        for number in range(longest)
    ]


def _call(function: Function, given: int, where: list[int], values: list[str], body: str) -> str:
    names = iter(values)
    arguments = [next(names) if position in where else f"&{body}" for position in range(given)]
    if function.name == "try":
        arguments[0] = "&to_string($payload.a)"
    return f"{function.name}({', '.join(arguments)})"


def measure(case: Case, size: int) -> Cost:
    """The cost of a case with arguments of some size."""
    expression, event = Expression(case.expression), Event(payload=case.payload(size))
    before = memory_of("VmRSS")
    forget_peak()
    cost = _timed(case, expression, event)
    cost.memory = max(0, memory_of("VmHWM") - before)
    return cost


def _timed(case: Case, expression: Expression, event: Event) -> Cost:
    began = thread_time()
    result, failed = _attempt(expression, event)
    seconds = thread_time() - began
    try:
        answer = len(encode(result))
    except (ValueError, NotImplementedError, RecursionError):
        answer = 0
    return Cost(case, seconds, answer=answer, failed=failed)


def _attempt(expression: Expression, event: Event) -> tuple[Any, str]:
    gc.disable()  # a server, which has less in memory than all these arguments, collects garbage seldom
    try:
        return expression.evaluate(event), ""
    except FlowError as error:
        return None, error.description
    finally:
        gc.enable()


def grown(case: Case, size: int) -> Cost:
    """The cost at a size, and how it grows where that is doubled and no budget ends it; the best of some attempts."""
    for _ in range(ATTEMPTS):
        cost = measure(case, size)
        if cost.seconds > NOTICEABLE and not cost.failed:
            small = measure(case, size // 2).seconds
            cost.growth = cost.seconds / small if small > NOTICEABLE / 2 else 0
        if not cost.is_beyond:
            break
    return cost
