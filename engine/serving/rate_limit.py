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
from engine.stores.away import WhenAway, goes_on, without_state
from engine.stores.homes.home import Home
from engine.stores.homes.urls import OwnHomeUrl, home_of
from engine.values.errors import FlowError
from engine.values.event import Event
from engine.values.refusal import Refusal
from engine.work.clock import Clock
from engine.work.measures import Counter, Measures
from engine.work.runtime import Runtime

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

    url: OwnHomeUrl | None = None
    """Where the requests are counted for all processes and machines together: `redis://…`, `postgresql://…`,
    `sqlite:///…`, or `memory://` for each process alone; as `stateUrl` of the `configuration` says, if left out."""

    when_away: WhenAway = "GO_ON"
    """What happens while that cannot be reached: GO_ON lets requests in, FAIL refuses them (503 with Retry-After)."""

    home: Home | None = prepared(None)
    """Where the requests are counted; None if each process does."""

    _due: dict[Any, float] = prepared()
    _admitted: Counter = prepared()
    _refused: Counter = prepared()
    _unchecked: Counter = prepared()

    def __post_init__(self) -> None:
        self._prepare(_due={}, _admitted=Counter(), _refused=Counter(), _unchecked=Counter())

    def measure(self, measures: Measures, flow: str) -> None:
        """Count the requests for a flow."""
        name, text = "engine_rate_limit_requests_total", "Requests that the rate limit admitted or refused"
        admitted, refused = measures.counters(name, text, "outcome", "admitted", "refused", flow=flow)
        self._prepare(_admitted=admitted, _refused=refused, _unchecked=without_state(measures, "rateLimit", flow))
        if self.home is not None:
            self.home.measure(measures)

    def live_in(self, runtime: Runtime) -> None:
        """Count where the application, or the limit itself, says."""
        self._prepare(home=home_of(runtime, self.url))

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

    async def admit_everywhere(self, event: Event, address: str, home: Home, flow: str) -> Mapping[str, str]:
        """Do as `admit`, for all who count in a home: flow is the name of the limit there.

        Raises Refusal (503), too, if the home is away and the limit does not go on without it.
        """
        key = address if self.key is None else _short(self.key.evaluate(event))
        step = self.period / self.limit
        try:
            is_admitted, seconds = await home.admit(flow, _text_of(key), step, self.period)
        except FlowError as failure:
            if not goes_on(failure, self.when_away, self._unchecked):
                detail = "it cannot be counted how many requests there are"
                raise Refusal(503, failure.type, detail, {"retry-after": "1"}, is_early=True) from failure
            return {}
        if not is_admitted:
            self._refused.value += 1
            raise self._refusal(seconds)
        self._admitted.value += 1
        return self._headers(floor((self.period - seconds) / step + 1e-6), seconds)

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


def _text_of(key: Any) -> str:
    """Return a short key as a text; keys of other types are others."""
    return f"{type(key).__name__} {key.hex() if isinstance(key, bytes) else key}"
