"""The clock and the dice: the two things in the function library that are not pure, in one place.

`frozen` replaces them for tests:

    with frozen(at="2026-03-01T12:00:00Z", seed=7):
        ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Protocol

from engine.expressions.errors import EvaluationError
from engine.expressions.functions.function import function
from engine.expressions.schemas import TEXT


class Dice(Protocol):
    def getrandbits(self, count: int, /) -> int: ...
    def randrange(self, start: int, stop: int, /) -> int: ...


class Chance:
    """The source of the current moment and random numbers: the clock and the system's secure source."""

    _dice: Dice | None = None

    def now(self, read: Callable[[], datetime]) -> datetime:
        """Return the moment; `read` reads the clock."""
        return read()

    @property
    def dice(self) -> Dice:
        if self._dice is None:
            from random import SystemRandom  # 2 ms to import, and few flows need it

            self._dice = SystemRandom()
        return self._dice


class Frozen(Chance):
    """A moment that stays, and a row of numbers that is the same for the same seed."""

    def __init__(self, at: datetime | None, seed: int) -> None:
        from random import Random

        self._at = at
        self._dice = Random(seed)  # noqa: S311  # for tests: it shall be foreseeable

    def now(self, read: Callable[[], datetime]) -> datetime:
        return self._at or read()


_sources = [Chance()]
"""The last one counts; of the whole process, so that a served flow under test sees it as well."""

_own: ContextVar[Chance | None] = ContextVar("own_chance", default=None)
"""That of a task, and of those which it starts."""


def chance() -> Chance:
    return _own.get() or _sources[-1]


@contextmanager
def repeatable() -> Iterator[int]:
    """Within it, random numbers of this task begin at a seed, which it yields: `frozen` repeats them."""
    seed: int = Chance().dice.getrandbits(64)
    token = _own.set(Frozen(None, seed))
    try:
        yield seed
    finally:
        _own.reset(token)


@contextmanager
def frozen(at: datetime | str | None = "2026-01-01T00:00:00Z", seed: int = 0) -> Iterator[None]:
    """Within it, now() and today() stand still, and uuid() and random_int() repeat the same row each time.

    at: None lets the time go on.
    """
    source = Frozen(datetime.fromisoformat(at) if isinstance(at, str) else at, seed)
    _sources.append(source)
    try:
        yield
    finally:
        _sources.remove(source)


@function(steps=250, each=0, dataweave="uuid()", shape=TEXT)
def uuid() -> str:
    """A new random UUID (RFC 9562, version 4).

    length(uuid()) → 36
    """
    from uuid import UUID

    return str(UUID(int=chance().dice.getrandbits(128), version=4))


@function("integer", "integer?", steps=70, each=0, dataweave="randomInt")
def random_int(start: int, end: int | None = None) -> int:
    """A random whole number from 0, or from the first argument (included), to the last one (not included).

    It comes from the system's secure source.

    random_int(1) → 0
    random_int(5, 6) → 5
    """
    low, high = (0, start) if end is None else (start, end)
    if low >= high:
        raise EvaluationError("random_int() takes an end above the start")
    return chance().dice.randrange(low, high)
