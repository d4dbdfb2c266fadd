"""What a test keeps from the world outside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from engine.values.errors import UNKNOWN, FlowError

_is_open: ContextVar[bool] = ContextVar("reaches_outside", default=False)
"""Whether a step is under way that may reach what is real."""


@dataclass(frozen=True)
class Isolation:
    """Keeps the elements of one application under test to themselves.

    real: the names of configs, and of steps as mocks name them, that act on the real world all the same.
    environment: the environment variables that its placeholders see.
    databases: URLs of servers on which it may make databases of its own, and throw them away.
    crossings: the calls that were refused, which no handler of a flow may hide.
    endings: what is to be thrown away when the last case is over.
    """

    real: frozenset[str] = frozenset()
    environment: Mapping[str, str] = field(default_factory=dict)
    databases: tuple[str, ...] = ()
    crossings: list[FlowError] = field(default_factory=list)
    endings: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    async def end(self) -> None:
        """Throw away what was made outside for the test."""
        while self.endings:
            await self.endings.pop()()

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Within it, what is outside may be reached."""
        token = _is_open.set(True)
        try:
            yield
        finally:
            _is_open.reset(token)

    def keep_from(self, what: str) -> None:
        """Raise the FlowError that refuses to reach something outside, unless that was opened."""
        if not _is_open.get():
            raise self.refusal(what)

    def refusal(self, what: str) -> FlowError:
        """The error that something would leave the test, which is noted."""
        self.crossings.append(FlowError(UNKNOWN, f"{what} would leave the test, and no mock answers it"))
        return self.crossings[-1]
