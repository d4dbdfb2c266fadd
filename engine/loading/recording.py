"""What loading collects while it builds something, so that it can be collected again without building."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

Holder = tuple[object, str]
"""An object and its attribute that is a list, a set or a map."""


class Recording:
    """What some lists, sets and maps get within the context; `replay` gives the same to others."""

    def __init__(self, holders: Iterable[Holder]) -> None:
        self._holders: Sequence[Holder] = tuple(holders)
        self._before: list[Any] = []
        self._taken: list[tuple[int, Any]] = []
        """What was recorded, with the number of its holder; nothing of those that got nothing."""

    def __enter__(self) -> Self:
        for holder, name in self._holders:
            whole = getattr(holder, name)
            self._before.append(len(whole) if isinstance(whole, list) else whole)
            if isinstance(whole, set):
                setattr(holder, name, _Logged(whole))  # what is there already is still asked for
            elif isinstance(whole, dict):
                setattr(holder, name, {})
        return self

    def __exit__(self, *raised: object) -> None:
        for number, (holder, name) in enumerate(self._holders):
            before: Any = self._before[number]
            now: Any = getattr(holder, name)
            if isinstance(now, list):
                taken: Any = now[before:]
            else:
                taken = now.log if isinstance(now, _Logged) else now
                setattr(holder, name, before)
                _add(before, taken)
            if taken:
                self._taken.append((number, taken))
        self._holders, self._before = (), []

    def replay(self, holders: Sequence[Holder]) -> None:
        """Give what was recorded to others, in the same order of their kinds."""
        for number, taken in self._taken:
            holder, name = holders[number]
            _add(getattr(holder, name), taken)


class _Logged(set[Any]):
    """A set that knows what it was given, even if that was in it."""

    def __init__(self, values: Iterable[Any]) -> None:
        super().__init__(values)
        self.log: set[Any] = set()

    def add(self, value: Any) -> None:
        self.log.add(value)
        super().add(value)

    def update(self, *several: Iterable[Any]) -> None:
        for values in map(list, several):
            self.log.update(values)
            super().update(values)


def _add(whole: Any, taken: Any) -> None:
    if isinstance(whole, list):
        whole.extend(taken)
    elif isinstance(whole, set):
        whole.update(taken)
    else:
        for key, value in taken.items():
            whole.setdefault(key, value)
