"""Whether something outside can be reached: if not, callers learn it immediately, and one at a time tries again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import monotonic, perf_counter
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from engine.limits import LONGEST_HOME_OPERATION, MOST_HOME_CONNECTIONS
from engine.values.errors import ErrorType, FlowError
from engine.work.measures import Counter, Histogram, Measures

log = logging.getLogger("engine")
T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
"""Seconds after a failure in which others fail immediately; doubled with each failure."""


def shown_url(url: str) -> str:
    """Return a url as logs and measures show it: the scheme and the place, without credentials and options."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite" or parts.scheme == "unix":
        return f"{parts.scheme}://{parts.path}"
    return f"{parts.scheme}://{_host(parts)}{parts.path.rstrip('/')}"


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{parts.port}" if parts.port else host


class Reach:
    """Runs operations of a server, in bounded time, and notes whether it is away.

    It heals by itself: after a pause the next operation is an attempt, and if it succeeds, all go through again.

    url: of the server; logs and measures show it without credentials. failures: the exceptions that mean that it
    cannot be reached. unavailable: the type of the FlowError that is raised then. is_refusal: whether one of them tells
    of this operation alone, such as of a value that the server does not take: nobody else has to know of it.
    """

    def __init__(
        self,
        url: str,
        failures: tuple[type[Exception], ...],
        unavailable: ErrorType,
        is_refusal: Callable[[Exception], bool] = lambda error: False,
    ) -> None:
        self.name = shown_url(url)
        self._failures: tuple[type[Exception], ...] = (*failures, OSError, TimeoutError)
        self._unavailable = unavailable
        self._is_refusal = is_refusal
        self._failure: FlowError | None = None
        self._since = self._until = self._pause = 0.0
        self._is_trying = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._room = asyncio.Semaphore(MOST_HOME_CONNECTIONS)
        self._errors, self._seconds = Counter(), Histogram()

    def measure(self, measures: Measures) -> None:
        text = "Operations of a home of state that failed, because it is away"
        self._errors = measures.counter("engine_home_errors_total", text, home=self.name)
        text = "How long operations of a home of state take"
        self._seconds = measures.histogram("engine_home_operation_seconds", text, home=self.name)
        text = "Whether the home of state is away: 1, or 0"
        measures.read("engine_home_away", text, lambda: float(self.is_away), merge="max", home=self.name)

    @property
    def is_away(self) -> bool:
        return self._failure is not None

    async def do(self, operation: Callable[[], Awaitable[T]]) -> T:
        """Return the result of an operation: of a few at a time; others wait for their turn, and then have their time.

        Raises a FlowError of the type `unavailable` if the server cannot be reached; immediately if it was away a
        moment ago.
        """
        self._check()
        async with self._places():
            return await self.do_apart(operation, LONGEST_HOME_OPERATION)

    async def do_apart(self, operation: Callable[[], Awaitable[T]], patience: float) -> T:
        """Do as `do`, for an operation that takes no place of the others. patience: the seconds that it may take."""
        if self._failure is not None:
            return await self._try_again(operation, patience)
        return await self._attempt(operation, patience)

    def _check(self) -> None:
        """Raise the failure of a moment ago, if there was one."""
        if self._failure is not None and (self._is_trying or monotonic() < self._until):
            self._errors.value += 1
            raise self._failure.copy()

    def _places(self) -> asyncio.Semaphore:
        """Return the places for operations of this event loop."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._room = loop, asyncio.Semaphore(MOST_HOME_CONNECTIONS)
        return self._room

    async def _try_again(self, operation: Callable[[], Awaitable[T]], patience: float) -> T:
        self._check()
        self._is_trying = True
        try:
            return await self._attempt(operation, patience)
        finally:
            self._is_trying = False

    async def _attempt(self, operation: Callable[[], Awaitable[T]], patience: float) -> T:
        began = perf_counter()
        try:
            async with asyncio.timeout(patience):
                result = await operation()
        except self._failures as error:
            if self._is_refusal(error):
                self._note_answer()
                raise self._failed("an operation of the store is refused", str(error)) from error
            raise self._lost(error) from error
        self._seconds.observe(perf_counter() - began)
        self._note_answer()
        return result

    def _note_answer(self) -> None:
        if self._failure is not None:
            log.warning("%s is back after %.1f s", self.name, monotonic() - self._since)
            self._failure = None

    def _failed(self, what: str, reason: str) -> FlowError:
        return FlowError(self._unavailable, what, detailed_description=f"{self.name}: {reason}")

    def _lost(self, error: Exception) -> FlowError:
        self._errors.value += 1
        reason = str(error) or ("no answer in time" if isinstance(error, TimeoutError) else type(error).__name__)
        failure = self._failed("what is stored cannot be reached", reason)
        if self._failure is None:
            self._since, self._pause = monotonic(), FIRST_PAUSE
            log.warning("%s is away: %s", self.name, reason)
        elif self._is_trying:  # not one that was under way when it went away
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
        self._until, self._failure = monotonic() + self._pause, failure
        return failure.copy()
