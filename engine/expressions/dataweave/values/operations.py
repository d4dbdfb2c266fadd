"""Operators that are chosen by the types of both sides; a side that does not fit is converted, at best only one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine.expressions.dataweave.values.coercing import converted
from engine.expressions.dataweave.values.errors import Unfit, not_taken
from engine.expressions.dataweave.values.kinds import kind_of

Calculate = Callable[[Any, Any], Any]
Case = tuple[str, str, Calculate]
"""The kinds of both sides, `Any` for each, and what is done then."""


class Operation:
    """An operator. cases: in the order in which they are tried."""

    __slots__ = ("cases", "exact", "symbol")

    def __init__(self, symbol: str, cases: Sequence[Case]) -> None:
        self.symbol = symbol
        self.cases = cases
        self.exact: dict[tuple[str, str], Calculate] = {}

    def __call__(self, left: Any, right: Any) -> Any:
        kinds = kind_of(left), kind_of(right)
        calculate = self.exact.get(kinds)
        if calculate is None:
            calculate = self._fitting(*kinds)
            if calculate is None:
                return self._converting(left, right, *kinds)
            self.exact[kinds] = calculate
        return calculate(left, right)

    def _fitting(self, left: str, right: str) -> Calculate | None:
        return next((do for one, other, do in self.cases if _takes(one, left) and _takes(other, right)), None)

    def _converting(self, left: Any, right: Any, left_kind: str, right_kind: str) -> Any:
        one = [case for case in self.cases if _takes(case[0], left_kind) or _takes(case[1], right_kind)]
        for case in [*one, *(case for case in self.cases if case not in one)]:
            try:
                values = _converted(left, left_kind, case[0]), _converted(right, right_kind, case[1])
            except Unfit:
                continue
            return case[2](*values)
        raise not_taken(f"'{self.symbol}'", (left, right))


def _takes(kind: str, found: str) -> bool:
    return kind in ("Any", found) or (kind == "Array" and found == "Range")


def _converted(value: Any, found: str, kind: str) -> Any:
    return value if _takes(kind, found) else converted(value, kind)
