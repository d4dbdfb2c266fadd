"""Replacements for processors, and observers of them."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Annotated, Any

from msgspec import UNSET
from msgspec.structs import replace
from pydantic import Field
from pydantic_core import core_schema

from engine.analysis.rehearsal import failure_of
from engine.parameters.element import Parameters
from engine.parameters.expression import Template
from engine.parameters.loading import loading_of
from engine.parameters.mistake import Mistake, refuse
from engine.parameters.text import TextPlace
from engine.parameters.type_patterns import TypePatterns
from engine.parameters.validated import TEXT, Naming
from engine.plan.code import Run
from engine.plan.link import Around
from engine.plan.observer import Node, Observer
from engine.steps.chain import Step
from engine.steps.flow_link import FlowLink
from engine.steps.processor import Operation, Targeted
from engine.testing.expected.expectations import Expectations
from engine.testing.expected.matchers import WantedPart
from engine.testing.expected.outcome import Mismatch, Outcome
from engine.testing.expected.selecting import Selecting, fits
from engine.testing.generated.generating import Replied
from engine.values.errors import ErrorType, FlowError, error_type
from engine.values.event import Event, Message

VariableSet = Annotated[str, Naming("variable", defines=True)]


class MockedType(TypePatterns):
    """The type of an error that a mock raises: one that the flows could meet."""

    word = "error type"
    schema = TEXT

    def __init__(self, patterns: Any) -> None:
        super().__init__(patterns)
        self.known: Callable[[str], ErrorType | None] = lambda name: None
        self.place: TextPlace | None = None

    def raised(self) -> ErrorType:
        [name] = self.patterns
        return self.known(name) or error_type(name)

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Any:
        patterns = super()._validate(value, info)
        if len(patterns.patterns) != 1 or "*" in patterns.patterns[0]:
            refuse([Mistake("F303", f"'{', '.join(patterns.patterns)}'", "one error type", "NS:ID")])
        patterns.place = getattr(value, "place", None)
        patterns.known = loading_of(info).known_type
        return patterns


class Returned(Parameters):
    """The event that a mocked step leaves; parts that are left out stay as they were."""

    payload: Replied | None = None
    """The result: the payload, or the value for the step's target; it may be {from-file: orders.json}."""

    attributes: Replied | None = None
    """The attributes of the result."""

    vars: dict[VariableSet, Replied] = Field(default_factory=dict)
    """Variables to set."""

    mime_type: str | None = None
    """The media type of the payload."""

    def event_after(self, step: Step, event: Event) -> Event:
        after = event.with_variables({name: value.evaluate(event) for name, value in self.vars.items()})
        if self.payload is None:
            return after if self.attributes is None else after.with_attributes(self.attributes.evaluate(event))
        attributes = None if self.attributes is None else self.attributes.evaluate(event)
        after = returned(step, after, self.payload.evaluate(event), attributes)
        is_payload = getattr(step.processor, "target", None) is None
        return replace(after, media_type=self.mime_type) if self.mime_type and is_payload else after


def returned(step: Step, event: Event, payload: Any, attributes: Any = None) -> Event:
    """Return the event after a step with this result. attributes: None means they are not given."""
    given: Any = UNSET if attributes is None else attributes
    if isinstance(step.processor, Operation):
        return step.processor.deliver(event, payload, given)
    return deliver(step, event, event.with_payload(payload, given))


def deliver(step: Step, event: Event, after: Event) -> Event:
    """Return the event after a step with this outcome, which may go to the step's target."""
    return step.processor.deliver_event(event, after) if isinstance(step.processor, Targeted) else after


class Carried(Parameters):
    """The message that comes with a mocked error."""

    payload: Replied | None = None
    """Its payload; it may be {from-file: problem.json}."""

    attributes: Replied | None = None
    """Its attributes."""

    mime_type: str | None = None
    """The media type of the payload."""

    def message(self, event: Event) -> Message:
        payload = None if self.payload is None else self.payload.evaluate(event)
        attributes = {} if self.attributes is None else self.attributes.evaluate(event)
        return Message(payload, attributes, self.mime_type)


class Raised(Parameters):
    """The error that a mocked step raises."""

    type: MockedType
    """Its type."""

    description: Template | None = None
    """Its description; a sentence about the type, if left out."""

    error_message: Carried | None = None
    """The message that comes with it, such as an upstream's answer: payload, attributes, mimeType."""

    def failure(self, step: Step, event: Event) -> FlowError:
        """Return the error as the step raises it: of one that refuses callers, such as a router, with its status."""
        raised = self.type.raised()
        description = self.description.evaluate(event) if self.description else f"a mocked {raised}"
        failure = failure_of(step.processor, raised, str(description))
        failure.error_message = None if self.error_message is None else self.error_message.message(event)
        return failure


class MockReply(Parameters):
    """The action of a mocked step instead of its own: returns, raises, or calls a flow; nothing, if none is given."""

    return_: Annotated[Returned | None, Field(alias="return")] = None
    """The event that it leaves: payload, attributes, vars, mimeType."""

    raise_: Annotated[Raised | None, Field(alias="raise")] = None
    """The error that it raises: type, description, errorMessage."""

    call: FlowLink | None = None
    """The flow that runs instead."""

    async def answer(self, step: Step, event: Event) -> Event:
        if self.raise_ is not None:
            raise self.raise_.failure(step, event)
        if self.call is not None:
            return deliver(step, event, await self.call.run(event))
        return self.return_.event_after(step, event) if self.return_ else event


class Turn(MockReply):
    """The reply to one of several calls."""

    with_: dict[str, WantedPart] = Field(default_factory=dict, alias="with")
    """The parameters of the call that it waits for, which it answers once."""


class Mock(Selecting, MockReply):
    """A replacement for some steps. If several match a call, the first one answers."""

    sequence: tuple[Turn, ...] = ()
    """The replies to the calls one after another: each a return, raise or call; the last one stays. One that has a
    `with` waits for the call with these parameters, in whatever order they come, and answers it once."""

    def __post_init__(self) -> None:
        given = [self.return_, self.raise_, self.call, self.sequence or None]
        if sum(each is not None for each in given) > 1:
            found = "more than one of return, raise, call and sequence"
            refuse([Mistake("F304", found, "one of them", "sequence: [{return: …}, {raise: …}]")])

    def _turn(self, turns: list[Turn], step: Step, event: Event) -> Turn | None:
        """Take and return the first turn for this call, unless it is the last of all, which stays."""
        for number, turn in enumerate(turns):
            if fits(turn.with_, step, event):
                return turn if turn is self.sequence[-1] and not turn.with_ else turns.pop(number)
        return None

    def around(self) -> Around:
        """Return the mock at work in one case: calls are counted from zero."""
        turns = list(self.sequence)

        def around(step: Step, run: Run) -> Run:
            if not self.selects(step):
                return run

            async def mocked(event: Event) -> Event:
                if not self.fits(step, event):
                    return await run(event)
                reply = self._turn(turns, step, event) if self.sequence else self
                return await (reply.answer(step, event) if reply else run(event))

            return mocked

        return around


class Looked(Parameters):
    """The expectations of a spy for an event."""

    expect: Expectations
    """Expressions and their expected values."""


class Spy(Selecting):
    """Checks the events that enter and leave some steps. One that sees none has failed."""

    before: Looked | None = None
    """Expectations of each event that enters."""

    after: Looked | None = None
    """Expectations of each event that leaves."""

    def observer(self, found: list[Mismatch], meet: Callable[[Selecting], None]) -> Observer:
        """Return the spy at work in one case: failures are added to the mismatches; it calls `meet` for each call."""
        return _Spying(self, found, meet)


class _Spying:
    """A spy at work. Calls may be nested: it knows which of those under way it watches."""

    def __init__(self, spy: Spy, found: list[Mismatch], meet: Callable[[Selecting], None]) -> None:
        self._spy, self._found, self._meet = spy, found, meet
        self._under_way: ContextVar[tuple[bool, ...]] = ContextVar("calls_spied_on", default=())

    def entered(self, node: Node, event: Event) -> None:
        if not isinstance(node, Step) or not self._spy.selects(node):
            return
        is_meant = self._spy.fits(node, event)
        self._under_way.set((*self._under_way.get(), is_meant))
        if is_meant:
            self._meet(self._spy)
            _look(self._spy.before, event, self._found, f"before {node.name}")

    def left(self, node: Node, event: Event, failure: BaseException | None) -> None:
        if not isinstance(node, Step) or not self._spy.selects(node):
            return
        *outer, is_meant = self._under_way.get()
        self._under_way.set(tuple(outer))
        if is_meant and failure is None:
            _look(self._spy.after, event, self._found, f"after {node.name}")


def _look(looked: Looked | None, event: Event, found: list[Mismatch], when: str) -> None:
    if looked is not None:
        found += looked.expect.compare(Outcome.of(event), when)
