"""The state that circuit breakers of one name share, and whether calls go through."""

from __future__ import annotations

import logging
from collections import deque
from enum import IntEnum
from typing import NamedTuple

from engine import Clock, FlowError
from engine.connectors import CIRCUIT_OPEN

log = logging.getLogger("engine")


class State(IntEnum):
    """Whether calls go through. The numbers are those of the measure."""

    CLOSED = 0
    PROBING = 1
    OPEN = 2


class Settings(NamedTuple):
    """The conditions for opening a circuit, and for how long; times in seconds."""

    max_failures: int
    within: float | None
    open_for: float


class Circuit:
    """Closed, open, or open with a probe under way.

    A call carries the era in which it began, and each change of the state begins a new one: the outcome of a call from
    an earlier era says nothing about the present and is ignored.
    """

    def __init__(self, name: str, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self._name = name
        self._clock = clock
        self._failures: deque[float] = deque(maxlen=settings.max_failures)
        self._opened_at: float | None = None
        self._is_probing = False
        self._opened_by: FlowError | None = None
        self._era = 0

    @property
    def state(self) -> State:
        if self._opened_at is None:
            return State.CLOSED
        return State.PROBING if self._is_probing else State.OPEN

    def enter(self) -> int | None:
        """Return the era of a call that may go through; None for one that is rejected."""
        if self._opened_at is not None:
            if self._is_probing or self._clock.monotonic() < self._opened_at + self.settings.open_for:
                return None
            self._is_probing = True
        return self._era

    def note_success(self, era: int) -> None:
        if era != self._era:
            return
        if self._is_probing:
            self._change(None, "closed again")
        elif self.settings.within is None:
            self._failures.clear()

    def note_failure(self, era: int, failure: FlowError) -> bool:
        """Return whether the circuit was opened by it, or stays open because it was the probe's."""
        if era != self._era:
            return False
        detail = failure.detailed_description
        self._opened_by = FlowError(failure.type, failure.description, detailed_description=detail)
        self._opened_by.failing_component = failure.failing_component
        now = self._clock.monotonic()
        self._failures.append(now)
        if self._is_probing:
            self._change(now, "stays open: its probe failed")
        elif len(self._failures) == self.settings.max_failures and self._are_close(now):
            self._change(now, "opened")
        return self._era != era

    def rejection(self) -> FlowError:
        """Return the error of a rejected call; its cause is the last failure, without its own event."""
        description = f"the circuit breaker {self._name} is open"
        detail = f"{description}: the last failure was {self._opened_by.for_log}" if self._opened_by else description
        return FlowError(CIRCUIT_OPEN, description, detailed_description=detail, cause=self._opened_by)

    def note_nothing(self, era: int) -> None:
        """Note that a call ended, such as by being cancelled, without a result for its target: the next may probe."""
        if era == self._era:
            self._is_probing = False

    def _are_close(self, now: float) -> bool:
        """Return whether the last failures are close enough together."""
        return self.settings.within is None or now - self._failures[0] <= self.settings.within

    def _change(self, opened_at: float | None, what: str) -> None:
        self._opened_at = opened_at
        self._is_probing = False
        self._failures.clear()
        self._era += 1
        log.warning("the circuit breaker '%s' %s", self._name, what)
