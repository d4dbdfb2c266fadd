"""The state that circuit breakers of one name share, and whether calls go through: the rules, wherever it lives."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from enum import IntEnum
from math import inf
from typing import Any, NamedTuple

from engine import FlowError
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

    now: returns seconds. patience: seconds after which a probe is given up that has told nothing: in another process,
    it may have ended with that. tell: is told of each change.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        now: Callable[[], float],
        patience: float = inf,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self.settings = settings
        self._name = name
        self._now = now
        self._patience = patience
        self._tell = tell or self.log
        self._failures: deque[float] = deque(maxlen=settings.max_failures)
        self._opened_at: float | None = None
        self._probe_began: float | None = None
        self._opened_by: FlowError | None = None
        self._era = 0

    @property
    def state(self) -> State:
        if self._opened_at is None:
            return State.CLOSED
        return State.OPEN if self._probe_began is None else State.PROBING

    @property
    def has_failures(self) -> bool:
        """Whether a success would change anything."""
        return bool(self._failures) or self._opened_at is not None

    def enter(self) -> int | None:
        """Return the era of a call that may go through; None for one that is rejected."""
        if self._opened_at is not None:
            now = self._now()
            is_probing = self._probe_began is not None and now < self._probe_began + self._patience
            if is_probing or now < self._opened_at + self.settings.open_for:
                return None
            self._probe_began = now
        return self._era

    def note_success(self, era: int) -> None:
        if era != self._era:
            return
        if self._probe_began is not None:
            self._change(None, "closed again")
        elif self.settings.within is None:
            self._failures.clear()

    def note_failure(self, era: int, failure: FlowError) -> bool:
        """Return whether the circuit was opened by it, or stays open because it was the probe's."""
        if era != self._era:
            return False
        self._opened_by = FlowError.from_data(failure.as_data() | {"type": failure.type})  # without its event
        now = self._now()
        self._failures.append(now)
        if self._probe_began is not None:
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
            self._probe_began = None

    def log(self, what: str) -> None:
        log.warning("the circuit breaker '%s' %s", self._name, what)

    # As data

    def as_data(self) -> dict[str, Any]:
        """Return its state, which `restore` reads: all that others need to know of it."""
        opened_by = self._opened_by
        return {
            "era": self._era,
            "failures": list(self._failures),
            "openedAt": self._opened_at,
            "probeBegan": self._probe_began,
            "openedBy": opened_by and opened_by.as_data(),
        }

    def restore(self, data: dict[str, Any]) -> None:
        self._era, self._opened_at, self._probe_began = data["era"], data["openedAt"], data["probeBegan"]
        self._failures.extend(data["failures"])
        if data["openedBy"]:
            self._opened_by = FlowError.from_data(data["openedBy"])

    def _are_close(self, now: float) -> bool:
        """Return whether the last failures are close enough together."""
        return self.settings.within is None or now - self._failures[0] <= self.settings.within

    def _change(self, opened_at: float | None, what: str) -> None:
        self._opened_at = opened_at
        self._probe_began = None
        self._failures.clear()
        self._era += 1
        self._tell(what)
