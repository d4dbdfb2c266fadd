from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from functools import cached_property
from typing import Any, Self

from engine import After, Chain, Condition, Event, Expression, FlowError, Message, Mistake, Refusal, Scope, prepared
from engine.connectors import (
    AUTHENTICATION,
    CREDENTIALS,
    INVALID_KEY,
    INVALID_VALUE,
    NOTHING,
    STORE_NOT_AVAILABLE,
    TIMEOUT,
    Counter,
    Measures,
    NotSerialisable,
    Period,
    Store,
    StoreRef,
    WhenAway,
    authentications,
    callers,
    goes_on,
    home_of,
    identities,
    key_of,
    logical_task,
    paths,
    private_store,
    steps_within,
    usual_credentials,
    without_state,
)
from engine.limits import LARGEST_CACHE, MOST_CACHED_RESULTS

log = logging.getLogger("engine")

WHO_CALLS = (("vars", AUTHENTICATION), ("attributes", "clientCertificate"))
"""The paths that name the caller, for expressions."""

LONGEST_SHARED = "1d"
"""How long a result that others share lives, if nothing says it."""

MISSING = object()
CANCELLED = object()


class Flight:
    """The steps under way for a key; later callers wait for their outcome."""

    def __init__(self) -> None:
        self.owner = logical_task()
        self._landed = asyncio.Event()
        self._outcome: Any = CANCELLED

    def land(self, outcome: Any) -> None:
        """outcome: the stored value, or the error, or CANCELLED."""
        self._outcome = outcome
        self._landed.set()

    async def outcome(self) -> Any:
        await self._landed.wait()
        return self._outcome


class Cache(Scope):
    """Run steps once for each key, and remember their payload.

    A hit returns that payload, with empty attributes, and leaves the variables as they are: the steps change variables,
    or anything elsewhere, on a miss alone. Concurrent events with equal keys run the steps once: the others get the
    result, or the error. If the first is cancelled, the next runs them. Errors are not remembered. A store that is not
    available is a warning, and the steps run.

    If the caller is known, by security:* or a certificate, each caller has its own results, unless `shared` says that
    they are the same for all. If it is not, steps that read the headers Authorization or Cookie have a result for each
    value of them. Steps that authenticate the caller cannot be inside: a hit would skip them.

    A key that is a text of up to 256 characters is the key in the store, so os:remove can forget it; any other key, and
    a caller's own, is stored as a hash. To share results between caches, or to keep them over a restart, name a
    cachingStrategy; results from before a change of the steps stay there.

    Example:
        configs:
          Prices: {os:object-store: {persistent: false, entryTtl: 60s}}
        given: {payload: [apple, pear, apple]}
        run:
          - foreach:
              steps:
                - cache:
                    cachingStrategy: Prices
                    steps:
                      - set-variable: {variableName: asked, value: "#[append(vars.asked, payload)]"}
                      - set-payload: {value: "price of #[payload]"}
        expect: {vars.asked: [apple, pear]}
    """

    caching_strategy: StoreRef = None  # type: ignore[assignment]  # None is its own
    """The name of an os:object-store; its own, of 1,000 results and 64 MiB, if left out: in memory, or in the
    application's `stateUrl`, where results live for a day at most, and for this version of the flows."""

    when_away: WhenAway = "GO_ON"
    """What happens while the store cannot be reached: GO_ON runs the steps, FAIL raises OS:STORE_NOT_AVAILABLE."""

    key: Expression = Expression("payload")
    """The value that the result depends on: any value."""

    shared: bool = False
    """Whether callers share results even if it is known who they are: then nothing inside may depend on that."""

    filter_expression: Condition | None = None
    """Whether the cache serves the event; if it does not hold, the steps run and nothing is remembered."""

    ttl: Period | None = None
    """How long a result is remembered; if left out or 0, as the cachingStrategy says, or until there are too many."""

    steps: Chain
    """The steps to run on a miss."""

    raises = (TIMEOUT, INVALID_KEY, INVALID_VALUE, STORE_NOT_AVAILABLE)
    message_after = After.INNER
    passes_by = "the result is in the cache"

    _flights: dict[str, Flight] = prepared()
    _hits: Counter = prepared()
    _misses: Counter = prepared()
    _shared: Counter = prepared()
    _uncached: Counter = prepared()

    def __post_init__(self) -> None:
        self._prepare(_flights={}, _hits=Counter(), _misses=Counter(), _shared=Counter())
        self._prepare(_uncached=Counter())

    def measure(self, measures: Measures, place: str) -> None:
        text = "Lookups in the cache by outcome; shared: the result of steps that another event ran meanwhile"
        found = measures.counters("engine_cache_lookups_total", text, "outcome", "hit", "miss", "shared", place=place)
        self._prepare(_hits=found[0], _misses=found[1], _shared=found[2])
        self._prepare(_uncached=without_state(measures, "cache", place))
        if self.caching_strategy is None:
            self.store.measure(measures, place)

    def objections(self) -> Iterator[tuple[str, Mistake]]:
        found = next(authentications(self.steps), None)
        if found is not None:
            what = f"'{found.name}' at {found.location.rpartition(' @ ')[2]} inside a cache, whose hits pass it by"
            yield "steps", Mistake("F510", what, "security:* before the cache")
        read = next(filter(_tells_callers_apart, sorted(self._read)), None) if self.shared else None
        if read is not None:
            expected = "each caller's own results, or steps that are the same for all"
            yield "shared", Mistake("F510", f"shared results of steps that read {'.'.join(read)}", expected)

    @cached_property
    def _read(self) -> set[tuple[str, ...]]:
        """The paths that the expressions of the steps inside read."""
        return paths(step.processor for step in steps_within(self.steps))

    @cached_property
    def _reads_credentials(self) -> bool:
        return any(map(_is_of_credentials, self._read))

    def take_over(self, former: Self, *, is_unchanged: bool) -> None:
        if is_unchanged:  # results of other steps would be others
            self._prepare(_flights=former._flights)
            if not self.caching_strategy and not former.caching_strategy:
                self.store.take_over(former.store, is_unchanged=True)

    @cached_property
    def store(self) -> Store:
        return self.caching_strategy or private_store(
            self.runtime,
            f"cache:{self.own_name}:{self.runtime.version}",
            entry_ttl=None if home_of(self.runtime) is None else LONGEST_SHARED,
            max_entries=MOST_CACHED_RESULTS,
            max_size=LARGEST_CACHE,
        )

    async def run(self, event: Event) -> Event:
        if self.filter_expression is not None and not self.filter_expression.evaluate(event):
            return await self.steps.run(event)
        key = self._key(event)
        while True:
            flight = self._flights.get(key)
            if flight is None:
                return await self._look_up(key, event)
            if flight.owner is logical_task():  # inside its own steps: it would wait for itself
                return await self.steps.run(event)
            outcome = await flight.outcome()
            if outcome is CANCELLED:
                continue
            self._shared.value += 1
            if isinstance(outcome, FlowError):
                raise _for_another(outcome, event)
            return _hit(event, outcome)

    def _key(self, event: Event) -> str:
        value, whose = self.key.evaluate(event), self._whose(event)
        try:
            return key_of([value, whose]) if whose else key_of(value)
        except NotSerialisable as error:
            detail = str(error)
            raise FlowError(INVALID_KEY, "the key cannot be stored", detailed_description=detail) from error

    def _whose(self, event: Event) -> list[Any]:
        """Return the callers who may have this result; none if all may."""
        if self.shared:
            return []
        known = identities(event)
        return known or (usual_credentials(event) if self._reads_credentials else [])

    async def _look_up(self, key: str, event: Event) -> Event:
        flight = self._flights[key] = Flight()
        outcome: Any = CANCELLED
        try:
            found = await self._get(key)
            if found is not MISSING:
                outcome = found
                self._hits.value += 1
                return _hit(event, found)
            self._misses.value += 1
            before = callers()
            after = await self.steps.run(event)
            if callers() == before:
                outcome = _stored(after)
                await self._put(key, outcome, event)
            return after  # otherwise steps seen only at run authenticated the caller: it is this caller's alone
        except Refusal:  # this caller's alone, too
            raise
        except FlowError as failure:
            outcome = _for_another(failure, event)  # now: later changes to it here concern nobody else
            raise
        finally:
            del self._flights[key]
            flight.land(outcome)

    async def _get(self, key: str) -> Any:
        try:
            return await self.store.get(key, MISSING)
        except FlowError as failure:
            self._go_on(failure)
            return MISSING

    async def _put(self, key: str, value: Any, event: Event) -> None:
        ttl = self.ttl.of(event) if self.ttl else None
        try:
            await self.store.put(key, value, ttl=ttl or None)
        except FlowError as failure:
            self._go_on(failure)

    def _go_on(self, failure: FlowError) -> None:
        """Warn of a store that cannot be reached, and go on without it."""
        if not goes_on(failure, self.when_away, self._uncached):
            raise failure
        log.warning("the cache works without its store: %s", failure.detailed_description)


def _tells_callers_apart(path: tuple[str, ...]) -> bool:
    return path[:2] in WHO_CALLS or _is_of_credentials(path)


def _is_of_credentials(path: tuple[str, ...]) -> bool:
    """Return whether a path leads to the headers that most callers authenticate with, or to all headers."""
    at = path[1:] if path[:1] == ("message",) else path
    return at[:2] == ("attributes", "headers") and (len(at) == 2 or at[2].lower() in CREDENTIALS)


def _stored(after: Event) -> Any:
    """Return the value to remember: the payload of the steps' event, as a message if it has a media type."""
    if after.media_type is None and type(after.payload) is not Message:
        return after.payload
    return Message(after.payload, NOTHING, after.media_type)


def _hit(event: Event, stored: Any) -> Event:
    message = stored if type(stored) is Message else Message(stored)
    return event.with_payload(message.payload, NOTHING, media_type=message.media_type)


def _for_another(failure: FlowError, event: Event) -> FlowError:
    """Return the error of the steps for another caller: with its event, which no other may see."""
    cause = failure.cause
    copy = failure.copy(cause=_for_another(cause, event) if isinstance(cause, FlowError) else cause)
    copy.event, copy.failing_component = event, failure.failing_component
    return copy
