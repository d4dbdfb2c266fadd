"""Limits how often a caller may send requests."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from math import ceil, floor
from typing import Annotated, Any

from pydantic import Field

from engine.expressions.writing import encode
from engine.limits import LONGEST_RATE_KEY, MOST_RATED_CALLERS
from engine.parameters.amounts import Duration
from engine.parameters.element import Parameters, prepared
from engine.parameters.expression import Template
from engine.values.event import Event
from engine.values.refusal import Refusal
from engine.work.clock import Clock
from engine.work.measures import Counter, Measures

POLICY = "default"


class RateLimit(Parameters):
    """How many requests of one caller are let in within a period.

    The limit is a bucket that refills steadily: a caller that used it up may send again as soon as there is room for
    one more (the generic cell rate algorithm of ATM's traffic management).
    """

    key: Template | None = None
    """Who the caller is: an expression that sees the attributes, not the payload; the caller's address, if left out.
    `attributes.remoteAddress` is another for each connection, since it has the port. It is evaluated before anything is
    known about the caller: a header that anybody can send counts for whoever it names."""

    limit: Annotated[int, Field(ge=1)]
    """How many requests there may be in a period."""

    period: Annotated[Duration, Field(gt=0)] = 60.0
    """The period."""

    _due: dict[Any, float] = prepared()
    _admitted: Counter = prepared()
    _refused: Counter = prepared()

    def __post_init__(self) -> None:
        self._prepare(_due={}, _admitted=Counter(), _refused=Counter())

    def measure(self, measures: Measures, flow: str) -> None:
        """Count the requests for a flow."""
        name, text = "engine_rate_limit_requests_total", "Requests that the rate limit admitted or refused"
        admitted, refused = measures.counters(name, text, "outcome", "admitted", "refused", flow=flow)
        self._prepare(_admitted=admitted, _refused=refused)

    def take_over(self, former: RateLimit) -> None:
        """Go on with the counts of the limit before a reload, if it counts the same."""
        if self._counted == former._counted:
            self._prepare(_due=former._due)

    @property
    def _counted(self) -> tuple[Any, ...]:
        return self.limit, self.period, self.key and self.key.written

    def admit(self, event: Event, address: str, clock: Clock) -> Mapping[str, str]:
        """Return the headers for the answer to an admitted request (draft-ietf-httpapi-ratelimit-headers).

        Raises Refusal (429) with Retry-After for one too many, MULE:EXPRESSION if there is no key.
        """
        key = address if self.key is None else _short(self.key.evaluate(event))
        now, step = clock.monotonic(), self.period / self.limit
        due = max(self._due.pop(key, now), now) + step
        late = due - now - self.period
        if late > step / 1e6:  # not just a rounding error of fractions
            self._keep(key, due - step)
            self._refused.value += 1
            raise self._refusal(late)
        self._keep(key, due)
        self._admitted.value += 1
        return self._headers(floor((now + self.period - due) / step + 1e-6), due - now)

    def _keep(self, key: Any, due: float) -> None:
        if len(self._due) >= MOST_RATED_CALLERS:
            del self._due[next(iter(self._due))]
        self._due[key] = due

    def _refusal(self, seconds: float) -> Refusal:
        headers = {"retry-after": str(ceil(seconds)), **self._headers(0, seconds)}
        detail = f"more than {self.limit} requests in {self.period:g} s"
        return Refusal(429, "HTTP:TOO_MANY_REQUESTS", detail, headers, is_early=True)

    def _headers(self, remaining: int, seconds: float) -> dict[str, str]:
        return {
            "ratelimit-policy": f'"{POLICY}";q={self.limit};w={ceil(self.period)}',
            "ratelimit": f'"{POLICY}";r={remaining};t={ceil(seconds)}',
        }


def _short(key: Any) -> Any:
    """Return the form of a key in memory: itself, or a digest of its JSON."""
    if isinstance(key, (int, type(None))) or (isinstance(key, str) and len(key) <= LONGEST_RATE_KEY):
        return key
    return blake2b(encode(key), digest_size=16).digest()
