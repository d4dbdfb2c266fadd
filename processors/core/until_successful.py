from __future__ import annotations

import logging
from random import random
from typing import Annotated

from engine import After, Chain, Event, Expression, Field, FlowError, Parameters, Scope, TypePatterns, prepared
from engine.connectors import (
    RETRY_EXHAUSTED,
    TIMEOUT,
    Counter,
    Measures,
    Number,
    Period,
    Whole,
    current_span,
    typed,
)
from processors.core._retry_after import read_retry_after

log = logging.getLogger("engine")

LONGEST = 10.0**10
"""Seconds; more than any clock counts."""


class Factor(Number):
    """A number from 1."""

    __slots__ = ()
    schema = typed("number", "string", minimum=1)
    expected = "a number from 1"

    @classmethod
    def read(cls, value: object) -> float | None:
        number = super().read(value)
        return float(number) if number is not None and 1 <= number <= LONGEST else None


class Backoff(Parameters):
    """Waits that grow."""

    base: Period
    """The first wait."""

    factor: Factor = Factor(2)
    """The factor by which each wait is multiplied for the next."""

    max: Period | None = None
    """The longest wait, before jitter."""

    jitter: Period = Period(0)
    """A random part of this time is added to each wait, so that callers do not all come again at the same time."""

    def wait(self, event: Event, number: int) -> float:
        """Return the seconds before the retry of this number, from 1: min(base·factor^(number-1), max), and jitter."""
        base, most = self.base.of(event), self.max.of(event) if self.max else LONGEST
        try:
            wait: float = min(base * self.factor.of(event) ** (number - 1), most)
        except OverflowError:
            wait = min(base * LONGEST, most)
        jitter: float = self.jitter.of(event)
        return wait + random() * jitter  # noqa: S311  # no secret hangs on it


class RetryAfter(Parameters):
    """How long an upstream asks for no requests."""

    value: Expression
    """The time, computed with `error`: seconds, or an HTTP date. Null or unreadable: the usual wait; below 0: none."""

    max: Period = Period("1h")
    """The longest wait that an upstream may ask for; longer ones are cut."""


class UntilSuccessful(Scope):
    """Run the steps again until they succeed, with a wait in between.

    Each of the maxRetries + 1 attempts starts from the event that entered; the changes of a failed one are lost. When
    the last fails, MULE:RETRY_EXHAUSTED is raised: its description is the last error's, its cause is the last error,
    and a handler that names the last error's type takes it too. An error that `retryOn` does not name propagates
    immediately as it is, and so does a CRITICAL one.

    Example:
        given: {payload: {n: 1}}
        run:
          - until-successful:
              maxRetries: 3
              backoff: {base: 1ms, max: 5ms}
              retryOn: DB:CONNECTIVITY, APP:BUSY
              steps:
                - raise-error: {type: "APP:BUSY", description: come again}
        expect: {error.type: "MULE:RETRY_EXHAUSTED", error.description: come again, error.cause.type: "APP:BUSY"}
    """

    max_retries: Whole = Whole(5)
    """How often the steps run again after the first attempt."""

    millis_between_retries: Period = Period(60_000)
    """How long to wait before a retry, if no backoff is given."""

    backoff: Backoff | None = None
    """Waits that grow from one retry to the next, instead of millisBetweenRetries."""

    retry_on: TypePatterns = TypePatterns(["ANY"])
    """The error types that are worth a retry (a list; wildcards and hierarchy count); all, if left out."""

    retry_after: Annotated[RetryAfter | None, Field(alias="retryAfter")] = None
    """The time to come again that the failed attempt reports, instead of the usual wait."""

    steps: Chain
    """The steps to run."""

    raises = (RETRY_EXHAUSTED, TIMEOUT)
    message_after = After.INNER
    always_enters = True

    _retries: Counter = prepared()
    _gave_up: Counter = prepared()

    def __post_init__(self) -> None:
        self._prepare(_retries=Counter(), _gave_up=Counter())

    def measure(self, measures: Measures, place: str) -> None:
        retries = measures.counter("engine_retries_total", "Attempts after the first one", place=place)
        text = "Events whose last attempt failed, too"
        self._prepare(_retries=retries, _gave_up=measures.counter("engine_retries_exhausted_total", text, place=place))

    async def run(self, event: Event) -> Event:
        retries: int = self.max_retries.of(event)
        number = 1
        while isinstance(outcome := await self._attempt(event), FlowError):
            if number > retries:
                self._gave_up.value += 1
                raise _exhausted(outcome, retries)
            seconds = self._wait(outcome, event, number)
            text = "attempt %d of %d failed with %s; the next comes in %g s"
            if (span := current_span()) is not None:
                attempt = {"engine.attempt": number, "engine.wait_seconds": seconds}
                span.note("retry", {**attempt, "error.type": str(outcome.type)})
            log.info(text, number, retries + 1, outcome.type, seconds, extra=self.log_fields(event))
            await self.runtime.clock.sleep(seconds)
            self._retries.value += 1
            number += 1
        return outcome

    async def _attempt(self, event: Event) -> Event | FlowError:
        """Return the event after an attempt, or the error that is worth another one."""
        try:
            return await self.steps.run(event)
        except FlowError as failure:
            if not self.retry_on.match(failure):
                raise
            failure.forget_frames()  # one of them holds the failure: avoids a reference cycle
            return failure

    def _wait(self, failure: FlowError, event: Event, number: int) -> float:
        """Return the seconds until the retry of this number."""
        asked = self._asked(failure, event) if self.retry_after else None
        if asked is not None:
            return asked
        usual: float = self.backoff.wait(event, number) if self.backoff else self.millis_between_retries.of(event)
        return usual

    def _asked(self, failure: FlowError, event: Event) -> float | None:
        assert self.retry_after is not None
        assert failure.event is not None  # a Chain has seen it
        value = self.retry_after.value.evaluate(failure.event.with_error(failure))
        seconds = read_retry_after(value, self.runtime.clock.now())
        return None if seconds is None else min(seconds, self.retry_after.max.of(event))


def _exhausted(failure: FlowError, retries: int) -> FlowError:
    attempts = f"attempt {retries + 1} of {retries + 1}"
    return FlowError(
        RETRY_EXHAUSTED,
        failure.description,
        detailed_description=f"retries are exhausted: {attempts} failed with {failure.for_log}",
        cause=failure,
        error_message=failure.error_message,
    )
