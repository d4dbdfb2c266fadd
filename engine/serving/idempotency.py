"""The promise of a listener about requests that are repeated with the same key."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from engine.limits import MOST_KEPT_ANSWERS
from engine.parameters.amounts import Duration
from engine.parameters.element import Parameters, prepared
from engine.parameters.expression import Expression
from engine.parameters.mistake import Mistake
from engine.steps.flow import Flow
from engine.steps.heads import head_of
from engine.stores.away import WhenAway, without_state
from engine.stores.home_store import private_store
from engine.stores.store import Store, StoreRef
from engine.work.measures import Counter, Measures
from engine.work.runtime import Runtime


class Idempotency(Parameters):
    """A request with an Idempotency-Key runs once: sent again, it gets its first answer.

    (draft-ietf-httpapi-idempotency-key-header.)
    """

    store: StoreRef = None  # type: ignore[assignment]  # None is its own
    """The os:object-store that keeps the answers; its own, of 1,000 answers, if left out: in memory, or in the
    application's `stateUrl`. Workers and several machines need one that they share, listeners with common keys, too."""

    when_away: WhenAway = "FAIL"
    """What happens while the store cannot be reached: FAIL refuses requests with a key (503 with Retry-After), GO_ON
    runs them, perhaps a second time."""

    ttl: Annotated[Duration, Field(gt=0)] = 86400.0
    """How long an answer is kept."""

    required: bool = False
    """Whether a request without a key is refused (400)."""

    caller: Expression | None = None
    """An expression that further distinguishes callers: each caller has keys of its own. So do, without it, callers
    that security:* steps at the head of the flow identify, and those with a certificate. If none of these identifies
    the caller, the headers Authorization and Cookie do. A flow that identifies its caller elsewhere needs the
    expression: its keys are then bound to the credentials too."""

    first: Counter = prepared()
    replayed: Counter = prepared()
    conflicts: Counter = prepared()
    mismatches: Counter = prepared()
    unchecked: Counter = prepared()

    def __post_init__(self) -> None:
        self._prepare(first=Counter(), replayed=Counter(), conflicts=Counter(), mismatches=Counter())
        self._prepare(unchecked=Counter())

    def measure(self, measures: Measures, flow: str) -> None:
        """Count the requests with a key for a flow."""
        text = "Requests with a key: first ones, replayed answers, conflicts (409), mismatches (422)"
        outcomes = "first", "replayed", "conflict", "mismatch"
        found = measures.counters("engine_idempotent_requests_total", text, "outcome", *outcomes, flow=flow)
        self._prepare(first=found[0], replayed=found[1], conflicts=found[2], mismatches=found[3])
        self._prepare(unchecked=without_state(measures, "idempotency", flow))

    def store_in(self, runtime: Runtime, flow: str) -> Store:
        """Return the store that keeps the answers of a flow."""
        name = f"idempotency:{flow}"
        return self.store or runtime.share(self, lambda: private_store(runtime, name, max_entries=MOST_KEPT_ANSWERS))

    def take_over(self, former: Idempotency, runtime: Runtime, before: Runtime, flow: str) -> None:
        """Go on with the answers that its own store has kept before a reload."""
        if not self.store and not former.store:
            self.store_in(runtime, flow).take_over(former.store_in(before, flow), is_unchanged=True)

    def objection(self, flow: Flow) -> Mistake | None:
        """Return the mistake of a flow that identifies its caller, but not first: a key's owner would be unknown."""
        gates, _, others = head_of(flow)
        if self.caller or gates or not others:
            return None
        step = others[0]
        where = step.location.rpartition(" @ ")[2]
        found = f"idempotency where '{step.name}' at {where} is not at the head of '{flow.name}'"
        expected = "security:* as the first steps, or caller: an answer is given again to its own caller alone"
        return Mistake("F510", found, expected, f"- {step.name}: … as the first step")
