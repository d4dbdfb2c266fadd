"""A flow: a source, steps, an error handler and limits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sized
from time import perf_counter
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from engine.parameters.amounts import Duration
from engine.parameters.element import Element, prepared
from engine.parameters.validated import Kind, held
from engine.plan.code import Code
from engine.plan.link import Link
from engine.plan.observer import Visit, Watch
from engine.steps.chain import Chain
from engine.steps.error_handler import OwnErrorHandler, log_unsilenced
from engine.steps.processor import Result, Source
from engine.stores.redelivery import Delivery, RedeliveryPolicy
from engine.values.errors import FLOW_BACK_PRESSURE, TIMEOUT, FlowError
from engine.values.event import Event
from engine.values.refusal import Refusal
from engine.values.stream import OPENED, Stream
from engine.work.deadline import before
from engine.work.gate import Gate
from engine.work.measures import Age, Histogram, Measures, Tally, Usage


class Flow(Element):
    """A named row of steps with an error handler; its source, if it has one, makes its events."""

    name: str
    doc: str | None = None
    """The purpose of the flow."""

    source: Annotated[Source, Kind("source", held("source"))] | None = None
    """The source that starts the flow, for instance an http:listener."""

    steps: Chain
    """The steps to run for each event."""

    error_handler: OwnErrorHandler = None  # type: ignore[assignment]  # validated: the default handler
    """The handlers of errors that no try scope inside handled."""

    initial_state: Literal["started", "stopped"] = "started"
    """Whether the source starts with the application; a flow-ref can run a stopped flow, too."""

    max_concurrency: Annotated[int, Field(ge=1)] | None = None
    """How many events of the source may be under way at the same time; one more is refused (503)."""

    max_records: Annotated[int, Field(ge=1)] | None = None
    """How many records the events under way may have in total. A list as payload counts as many as its length, a map
    as many as its longest list, anything else as one. An event is refused if its records exceed the room that is left
    (503), or the limit by themselves (413)."""

    timeout: Duration | None = None
    """How long an event of the source may take before the flow is cancelled; 30 s by default with an HTTP source."""

    is_of_application: bool = prepared(False)
    """Whether an application has linked it."""

    is_started: bool = prepared()
    """Whether the flow takes events of its source."""

    under_way: dict[float, Event] = prepared()
    """The events of the source that are under way, by their beginnings in seconds of perf_counter, if a meter notes
    them."""

    _of_former: tuple[Sized, ...] = prepared(())
    """The events under way in the flows in whose place this one is."""

    last_event: Age = prepared()
    durations: Histogram | None = prepared(None)
    """How long events took, if a meter measures them."""

    _gate: Gate = prepared()
    _limit: float | None = prepared()
    _redelivery: RedeliveryPolicy | None = prepared()
    _handled: Tally | None = prepared(None)
    _errors: Tally | None = prepared(None)

    def __post_init__(self) -> None:
        default = self.source.default_timeout if self.source else None
        policy = self.source.redelivery_policy if self.source else None
        limit = default if self.timeout is None else self.timeout
        gate, is_started = Gate(self.max_concurrency, self.max_records), self.initial_state == "started"
        self._prepare(_gate=gate, _limit=limit, _redelivery=policy, is_started=is_started)
        self._prepare(under_way={}, last_event=Age())

    def measure(self, measures: Measures, place: str) -> None:
        text = "Errors that the flow's error handler continued, by their type"
        self._prepare(_handled=measures.tally("engine_flow_handled_errors_total", text, "type", flow=self.name))

    def take_over(self, former: Self, *, is_unchanged: bool) -> None:
        self._prepare(_gate=former._gate)
        self._gate.resize(self.max_concurrency, self.max_records)
        others = [each for each in (*former._of_former, former.under_way) if len(each) and each is not self.under_way]
        self._prepare(_of_former=tuple(others))
        if self.initial_state == former.initial_state:  # an operator may have started or stopped it
            self.take_events(is_started=former.is_started)
        if self._redelivery and former._redelivery:
            self._redelivery.take_over(former._redelivery, self.runtime, former.runtime, self.name)

    def code(self, link: Link) -> Code:
        return link.watched(self, link.guard(link.code(self.steps), self.error_handler))

    def use(self, code: Code, link: Link) -> None:
        self._prepare(run=link.running(self, code.awaited), is_of_application=not link.in_python)
        for name, node in (("_serve", self), ("serve", self.source)):
            vars(self).pop(name, None)
            if link.watch is not None and node is not None:
                self._prepare(**{name: _watched(node, getattr(self, name), link.watch)})
        if self.source is not None and (serve := link.serving(self, self.serve)) != self.serve:
            self._prepare(serve=serve)

    async def run(self, event: Event) -> Event:
        """Run the flow, and return the event after it, or after the handler that continued an error.

        The linker replaces this function.
        """
        Link(in_python=True).link([self]).install()  # not linked yet: the flow was created in Python
        after: Event = await self.run(event)
        return after

    async def serve(
        self,
        event: Event,
        answer: Callable[[Event], Result],
        deliver: Callable[[Result], Awaitable[None]] | None = None,
    ) -> Result:
        """Run an event of the source within the flow's limits, and return the result that `answer` makes of it.

        deliver: called with the result, within the same limits.

        An error in `answer` is the flow's: its handler gets it, with the event after the steps.
        Raises the FlowError that no handler continued; it is logged here unless the source logs it.
        Raises MULE:FLOW_BACK_PRESSURE, without entering the flow, if it is full or stopped;
        MULE:TIMEOUT at the deadline; and MULE:REDELIVERY_EXHAUSTED for a message that failed as
        often as the source's redelivery-policy allows.
        """
        self.check_room()
        weight = self._gate.weigh(event.payload)
        delivery = self._redelivery.delivery(event, self.runtime, self.name) if self._redelivery else None
        opened: list[Stream] = []
        before_it = OPENED.set(opened)
        durations = self.durations
        if durations is not None:
            began = self.last_event.began = perf_counter()
            self.under_way[began] = event
        try:
            with self._gate, weight:
                return await before(self._limit, self._serve(event, answer, deliver, delivery))
        except TimeoutError:
            raise await self._late(event, delivery) from None
        except FlowError as failure:
            await self._note_failure(failure, delivery)
            raise
        finally:
            OPENED.reset(before_it)
            for stream in opened:
                await stream.close()
            if durations is not None:
                del self.under_way[began]
                durations.observe(perf_counter() - began)

    def check_room(self) -> None:
        """Raise MULE:FLOW_BACK_PRESSURE if the flow takes no event of its source now."""
        if self._gate.is_full:
            raise self._gate.refusal(f"the flow {self.name} is busy")
        if not self.is_started:
            raise self._gate.refusal(f"the flow {self.name} is stopped")

    @property
    def noted(self) -> int:
        """The number of events that a meter has noted and that have not ended, also of those before a reload."""
        return sum(map(len, (self.under_way, *self._of_former)))

    @property
    def in_flight(self) -> int:
        """The number of events of the source that are under way."""
        return self._gate.inside

    @property
    def refused(self) -> int:
        """The number of events that were refused because the flow was full or stopped."""
        return self._gate.refused

    def be_measured(self, last_event: Age, durations: Histogram, errors: Tally) -> None:
        """Use these slots of a meter."""
        self._prepare(last_event=last_event, durations=durations, _errors=errors)

    @property
    def places(self) -> Usage | None:
        """How many of the events that may be under way are; None if their number is not limited."""
        return None if self._gate.limit is None else Usage(self._gate.inside, self._gate.limit)

    def take_events(self, *, is_started: bool) -> None:
        """Take events of the source from now on, or refuse them; those under way go on."""
        self._prepare(is_started=is_started)

    async def wait_for_room(self) -> None:
        """Wait until the flow takes another event of its source."""
        await self._gate.wait_for_room()

    async def _late(self, event: Event, delivery: Delivery | None) -> FlowError:
        failure = FlowError(TIMEOUT, f"the flow took longer than {self._limit:g} s")
        failure.event, failure.failing_component = event, self.name
        await self._note_failure(failure, delivery)
        return failure

    async def _note_failure(self, failure: FlowError, delivery: Delivery | None) -> None:
        if self._errors is not None and failure.type != FLOW_BACK_PRESSURE:  # the gate counts what it refuses
            self._errors.add(failure.type)
        if delivery is not None and not isinstance(failure, Refusal):  # a refusal is about the caller
            await delivery.failed(failure)
        if self.source is None or not self.source.tells_failures:
            log_unsilenced(failure)

    async def _serve(
        self,
        event: Event,
        answer: Callable[[Event], Result],
        deliver: Callable[[Result], Awaitable[None]] | None,
        delivery: Delivery | None,
    ) -> Result:
        continued = None
        try:
            if delivery is not None:
                await delivery.check()
            event = await self.steps.run(event)
            result = answer(event)
        except FlowError as failure:
            self._note_end(failure, event)
            continued = await self.error_handler.handle(failure)
            if continued is None:
                raise
            if self._handled is not None:
                self._handled.add(failure.type)
        if continued is not None:
            result = self._answer_after(continued, answer)
        if deliver is not None:
            await deliver(result)
        if delivery is not None:
            await delivery.succeeded()
        return result

    def _answer_after(self, continued: Event, answer: Callable[[Event], Result]) -> Result:
        """Return the answer to an event that a handler continued with. Nobody handles an error in that."""
        try:
            return answer(continued)
        except FlowError as failure:
            self._note_end(failure, continued)
            raise

    def _note_end(self, failure: FlowError, event: Event) -> None:
        """Add event and place to an error that `answer` raised at the flow's end, which no chain has seen."""
        if failure.event is None:
            failure.event, failure.failing_component = event, self.name


def _watched(node: Flow | Source, serve: Callable[..., Awaitable[Any]], watch: Watch) -> Callable[..., Awaitable[Any]]:
    """Return the function that serves an event of the source, wrapped in calls of the observers."""

    async def watched(event: Event, answer: Callable[[Event], Any], *more: Any) -> Any:
        with Visit(watch, node, event) as visit:

            def noted(left: Event) -> Any:
                visit.after = left
                return answer(left)

            return await serve(event, noted, *more)

    return watched
