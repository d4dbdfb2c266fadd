"""One case on an application: its result, and the expectations that do not hold."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from engine.application import Application
from engine.content.bodies import JSON, write_content
from engine.expressions.functions.chance import frozen
from engine.expressions.writing import to_text
from engine.steps.flow import Flow
from engine.testing.client import Received, send
from engine.testing.expected.expectations import Call, Calls
from engine.testing.expected.outcome import Mismatch, Outcome
from engine.testing.expected.selecting import Selecting
from engine.testing.files.case import Act, Case, Made, Request
from engine.testing.files.suite import Loaded
from engine.testing.generated.searching import smallest_failure
from engine.testing.staged.faults import Faults
from engine.testing.staged.stage import NO_LAYERS, Journal, Layers
from engine.values.errors import FlowError
from engine.work.nesting import Runnable

PAUSE = 0.01
"""Seconds between two checks of expectations that may take a while to hold."""

LAST_LOOKS = 1.0
"""Seconds of the machine's time in which tasks may end after the time of the case has passed."""

CONTENT_TYPE = "content-type"
LOWEST_FAILURE = 400


class Running:
    """A case at work on its application, which is started and stopped by whoever made it.

    layers: added to the steps in addition to the case's own mocks, spies and counts: outside the mocks.
    journal: the path of the last act.
    """

    def __init__(self, app: Application, loaded: Loaded, case: Case, layers: Layers = NO_LAYERS) -> None:
        self.app = app
        self.loaded = loaded
        self.case = case
        self.journal = Journal()
        self._layers = layers
        self._found: list[Mismatch] = []
        self._met: Counter[Selecting] = Counter()
        self._seen: defaultdict[Calls, list[Call]] = defaultdict(list)
        self._faults = Faults(case.faults)

    async def mismatches(self, variables: Mapping[str, Any] | None = None) -> list[Mismatch]:
        """Return the expectations that do not hold; the acts after one that fails are left out.

        variables: those that enter it in addition to its own.
        """
        self.loaded.stage.set(self._all_layers())
        self.loaded.clock.set(self.case.now, skips=not self.case.sources)
        await self.app.listen(self._has_source)
        with chance_of(self.case), self.loaded.clock.moving():
            try:
                async with asyncio.timeout(self.case.timeout or None):
                    await self._acts(variables or {})
            except TimeoutError:
                self._found.append(Mismatch("timeout", f"an end within {self.case.timeout:g} s", "none"))
            finally:
                await self.app.end_work()  # what an act has begun in the background still meets the mocks
        return self.loaded.crossings(self.case.mock) or self._found or list(self._idle())

    def _has_source(self, flow: Flow) -> bool:
        sources = self.case.sources
        return sources if isinstance(sources, bool) else flow.name in sources

    def _all_layers(self) -> Layers:
        faults, counts = self._faults.layers(), [each.calls for act in self.case.acts() for each in act.expect.calls]
        mocks = (mock.around() for mock in reversed(self.case.mock))
        around = [*mocks, *faults.around, *self._layers.around]
        spies = (spy.observer(self._found, self._meet) for spy in self.case.spy)
        counters = (calls.observer(self._meet, self._seen[calls]) for calls in counts)
        observers = [self.journal, *counters, *spies, *self._layers.observers, *faults.observers]
        return Layers(around, observers, self._layers.batches)

    def _meet(self, selecting: Selecting) -> None:
        self._met[selecting] += 1

    async def _acts(self, variables: Mapping[str, Any]) -> None:
        for act in self.case.acts():
            self._begin(act)
            await self._act(act, variables)
            if self._found:
                return

    def _idle(self) -> Iterator[Mismatch]:
        """Yield the spies and faults that no call has met."""
        for spy in self.case.spy:
            if not self._met[spy]:
                yield Mismatch(f"calls of {spy.processor}, spied on", {"$gte": 1}, 0)
        yield from self._faults.idle()

    def _begin(self, act: Act) -> None:
        """Start counting from zero."""
        self.journal.clear()
        for counted in act.expect.calls:
            self._met[counted.calls] = 0
            self._seen[counted.calls].clear()

    async def _act(self, act: Act, variables: Mapping[str, Any]) -> None:
        schema = act.given.payload.drawn_from
        if schema is None:
            self._found += await self._tried(act, variables, act.given.payload.make())
            return

        async def check(payload: Any) -> list[Mismatch]:
            self._begin(act)
            return await self._tried(act, variables, payload)

        self._found += await smallest_failure(act, schema, check, self.case.seed or 0, self.case.examples)

    async def _tried(self, act: Act, variables: Mapping[str, Any], payload: Any) -> list[Mismatch]:
        """Return the expectations that do not hold for this payload."""
        outcome = await self._outcome(act, variables, payload)
        if act.expect.counts_calls and not self.case.sources:
            await self.app.parts.runtime.tasks.none()  # calls in the background count, too
        found = self._compare(act, outcome)
        if found:
            async for _ in self._looks():
                found = self._compare(act, outcome)
                if not found:
                    break
        if not found and act.expect.speaks_of("error"):
            self.loaded.forgive(outcome.error)
        return self.loaded.crossings(self.case.mock) or found  # other failures are caused by them

    async def _looks(self) -> AsyncIterator[None]:
        """Yield whenever the expectations should be checked again, as long as `within` lasts."""
        clock, seconds = self.loaded.clock, self.case.within
        if clock.is_moved:
            end = clock.monotonic() + seconds
            while await clock.wake_next(end - clock.monotonic()):
                yield
            seconds = min(seconds, LAST_LOOKS)
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while loop.time() < until:
            await asyncio.sleep(PAUSE)
            yield

    async def _outcome(self, act: Act, variables: Mapping[str, Any], payload: Any) -> Outcome:
        """Return the result of the act."""
        made = act.given.made(payload)
        shown = made.shown()
        request = act.the_request()
        if request is not None:
            answer = await self._answer(request, made, is_payload_given=act.given.payload.is_given)
            return replace(self._answered(answer), given=shown)
        runnable: Runnable | None = act.steps or (act.flow.static_target() if act.flow else None)
        assert runnable is not None  # a case without is refused
        event = made.event(variables)
        try:
            return Outcome.of(await runnable.run(event), given=shown)
        except FlowError as failure:
            return Outcome.of((failure.event or event).with_error(failure), given=shown, failure=failure)

    async def _answer(self, request: Request, given: Made, *, is_payload_given: bool) -> Received:
        every = {**given.headers, **request.headers.make()}
        headers = {name.lower(): to_text(value) for name, value in every.items()}
        if given.correlation_id is not None:
            headers.setdefault("x-correlation-id", given.correlation_id)
        content = b""
        if request.body.is_given or is_payload_given:
            body = request.body.make() if request.body.is_given else given.payload
            media_type = headers.get(CONTENT_TYPE) or given.media_type or JSON
            content = b"null" if body is None else write_content(body, media_type)[0]
            headers[CONTENT_TYPE] = media_type
        return await send(self.app.asgi(), request.method, target_of(request.path, given), headers, content)

    def _answered(self, answer: Received) -> Outcome:
        journal, body = self.journal, answer.body
        return Outcome(
            payload=body,
            body=body,
            attributes={"statusCode": answer.status, "headers": answer.headers},
            vars=journal.event.vars if journal.event else {},
            error=journal.failure if answer.status >= LOWEST_FAILURE else None,
            correlation_id=answer.headers.get("x-correlation-id", ""),
            media_type=answer.headers.get(CONTENT_TYPE),
            status=answer.status,
            headers=answer.headers,
        )

    def _compare(self, act: Act, outcome: Outcome) -> list[Mismatch]:
        outcome.calls = self.journal.calls()
        found = act.expect.compare(outcome)
        for counted in act.expect.calls:
            found += self._compare_calls(counted.calls, counted.place)
        return [*_unexpected(act, outcome), *found]

    def _compare_calls(self, calls: Calls, place: Any) -> Iterator[Mismatch]:
        times = self._met[calls]
        if not calls.times.holds(times):
            note = calls.told(self._seen[calls])
            yield Mismatch(str(calls), calls.times.written, times, calls.times.nearest(times), place, note)


def _unexpected(act: Act, outcome: Outcome) -> Iterator[Mismatch]:
    """Yield an error, or an answer that is one, that the expectations do not mention."""
    if outcome.failure is not None and not act.expect.speaks_of("error"):
        yield Mismatch("error", None, outcome.failure)
    if (outcome.status or 0) >= LOWEST_FAILURE and not act.expect.speaks_of("status", "error"):
        yield Mismatch("status", {"$lt": LOWEST_FAILURE}, outcome.status)


def chance_of(case: Case) -> AbstractContextManager[None]:
    """Within it, random numbers are seeded by the case; the time is by its clock."""
    return nullcontext() if case.seed is None else frozen(None, case.seed)


def target_of(path: str, given: Made) -> str:
    """Return the path with the values given for its `{name}`, and the query."""
    for name, value in given.uri_params.items():
        path = path.replace(f"{{{name}}}", quote(to_text(value), safe=""))
    values = [(name, to_text(each)) for name, value in given.query_params.items() for each in _each(value)]
    query = urlencode(values, quote_via=quote)
    return f"{path}{'&' if '?' in path else '?'}{query}" if query else path


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
