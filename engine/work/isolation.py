"""Keeps the application in a test away from the outside world."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from engine.values.errors import UNKNOWN, FlowError

_is_open: ContextVar[bool] = ContextVar("reaches_outside", default=False)
"""Whether a step is running that may reach real systems."""


@dataclass(frozen=True)
class Isolation:
    """Isolates the elements of one application under test.

    real: the names of configs, and of steps as mocks name them, that act on the real world nevertheless.
    environment: the environment variables that its placeholders see.
    databases: URLs of servers on which it may create, and drop, databases of its own.
    crossings: the refused calls, which no handler of a flow may hide.
    endings: the functions that clean up after the last case.
    """

    real: frozenset[str] = frozenset()
    environment: Mapping[str, str] = field(default_factory=dict)
    databases: tuple[str, ...] = ()
    crossings: list[FlowError] = field(default_factory=list)
    endings: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    async def end(self) -> None:
        """Delete everything that was made outside for the test."""
        while self.endings:
            await self.endings.pop()()

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Allow reaching the outside while the context is open."""
        token = _is_open.set(True)
        try:
            yield
        finally:
            _is_open.reset(token)

    def keep_from(self, what: str) -> None:
        """Raise the FlowError that refuses to reach something outside, unless that is allowed now."""
        if not _is_open.get():
            raise self.refusal(what)

    def refusal(self, what: str) -> FlowError:
        """Return, and note, the error that something would leave the test."""
        self.crossings.append(FlowError(UNKNOWN, f"{what} would leave the test, and no mock answers it"))
        return self.crossings[-1]
