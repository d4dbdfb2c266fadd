"""Finds the functions that can get to themselves by the names that they use."""

from __future__ import annotations

from collections.abc import Iterator

from engine.expressions.dataweave.compiling.base import nodes
from engine.expressions.dataweave.compiling.scopes import Written
from engine.expressions.dataweave.syntax.tree import Name


class Recursion:
    """What is known of the functions of a script. known: whether they call themselves, by their identity."""

    def __init__(self) -> None:
        self.known: dict[int, bool] = {}

    def calls_itself(self, written: Written) -> bool:
        """Return whether a function calls itself, perhaps by way of others."""
        if id(written) not in self.known:
            self._search(written)
        return self.known[id(written)]

    def _search(self, first: Written) -> None:
        """Find the circles among all functions that this one leads to (Tarjan's algorithm, without recursion)."""
        order: dict[int, int] = {}
        lowest: dict[int, int] = {}
        open_ones: list[Written] = []
        waiting = [(first, iter(self._enter(first, order, lowest, open_ones)))]
        while waiting:
            written, others = waiting[-1]
            other = next(others, None)
            if other is None:
                waiting.pop()
                self._leave(written, order, lowest, open_ones)
                if waiting:
                    outer = id(waiting[-1][0])
                    lowest[outer] = min(lowest[outer], lowest[id(written)])
            elif id(other) not in order and id(other) not in self.known:
                waiting.append((other, iter(self._enter(other, order, lowest, open_ones))))
            elif id(other) not in self.known:
                lowest[id(written)] = min(lowest[id(written)], order[id(other)])

    def _enter(
        self, written: Written, order: dict[int, int], lowest: dict[int, int], open_ones: list[Written]
    ) -> list[Written]:
        order[id(written)] = lowest[id(written)] = len(order)
        open_ones.append(written)
        return list(_used(written))

    def _leave(self, written: Written, order: dict[int, int], lowest: dict[int, int], open_ones: list[Written]) -> None:
        """Note the functions of a circle, when the first of them is left."""
        if lowest[id(written)] < order[id(written)]:
            return
        place = next(at for at, each in enumerate(open_ones) if each is written)
        circle = open_ones[place:]
        del open_ones[place:]
        is_circle = len(circle) > 1 or any(each is written for each in _used(written))
        self.known.update((id(each), is_circle) for each in circle)


def _used(written: Written) -> Iterator[Written]:
    """Yield the functions whose names stand in a function."""
    for function in written.lambdas:
        for node in nodes(function):
            found = written.scope.find(node.name) if isinstance(node, Name) else None
            if isinstance(found, Written):
                yield found
