"""The kinds of element: processors, sources, and the bases they share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum, auto
from functools import cached_property
from inspect import iscoroutinefunction
from typing import Annotated, Any, ClassVar, Protocol, TypeVar

from msgspec import UNSET, UnsetType

from engine.expressions.held import UNTOLD, Held
from engine.parameters.amounts import Broken, Duration, VariableName
from engine.parameters.element import Element, Field, Parameters, prepared
from engine.parameters.expression import Expression
from engine.parameters.reader import Reach
from engine.plan.code import Code, RunPlain
from engine.plan.effects import PURE, Effects, computing
from engine.plan.link import Link
from engine.steps.error_mapping import ErrorMapping
from engine.stores.redelivery import RedeliveryPolicy
from engine.values.errors import ErrorType, FlowError
from engine.values.event import Event
from engine.values.log_places import place_fields
from engine.work.measures import Measures
from engine.work.nesting import Runnable
from engine.work.spans import Shown

Result = TypeVar("Result")

KEY = "key_of_linked_run"
"""The attribute of a `run` that a class with `code` has: it names the attribute of the step that holds the code."""


class After(Enum):
    """The state of an event after a step with steps inside (docs/language.md, "What holds after each scope")."""

    INNER = auto()
    """As the steps inside left it."""

    BEFORE = auto()
    """As it was before the step."""

    RESULT = auto()
    """Something else."""


class Processor(Element):
    """A step of a flow: takes an event, returns an event.

    To write one, subclass it in a file of its own, declare the parameters as fields, and define
    `run`; or `run_plain` if it never waits and acts on nothing but the event. Raise FlowError
    for errors that a flow may handle; any other exception counts as a bug.

    `assigns`, `demands` and the class variables describe the step to tools that analyse flows
    without running them, such as the OpenAPI document. Anything not described stays open there.
    """

    message_after: ClassVar[After] = After.RESULT
    """The payload and attributes after the steps inside."""

    variables_after: ClassVar[After] = After.INNER
    """The variables after the steps inside."""

    may_pass: ClassVar[bool] = True
    """Whether an event may leave the step. After raise-error, none does."""

    always_enters: ClassVar[bool] = False
    """Whether every event runs some of the steps inside."""

    repeats: ClassVar[bool] = False
    """Whether the steps inside may run again, on the event they left."""

    is_outward: ClassVar[bool] = False
    """Whether its result depends on something outside of the event: a service, a database, a store, a queue."""

    reaches_outside: ClassVar[bool] = False
    """Whether a call acts on something that is not the application's own: tests refuse it unless a mock answers.
    True by default if `is_outward`. Stores, queues, and databases that a test has in memory are its own."""

    passes_by: ClassVar[str] = ""
    """When an event passes by all steps inside, for tools that count the ways through a flow; empty if none does."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        own = cls.__dict__
        if own.get("is_outward") and "reaches_outside" not in own:
            cls.reaches_outside = True
        if "run_plain" in own:
            if cls.run is not Processor.run:
                raise TypeError(f"{cls.__name__}.run_plain would never be called: there is a run")
            if iscoroutinefunction(cls.run_plain):
                raise TypeError(f"{cls.__name__}.run_plain is a plain function; what waits is called run")
        says = next(each for each in cls.__mro__ if not {"run", "run_plain", "code"}.isdisjoint(each.__dict__))
        if "code" not in says.__dict__:
            cls.code = Processor.code  # type: ignore[method-assign]  # the inherited code describes the inherited run
        elif "code" in own and "run" not in own:
            cls.run = _run_of(cls)  # type: ignore[method-assign]  # for super().run in subclasses

    _location: str = prepared("")

    def stand_at(self, location: str) -> None:
        """Note the place of the step, for the lines that it logs; called when the file is loaded."""
        self._prepare(_location=location)

    @property
    def own_name(self) -> str:
        """Its place in the flows, such as `orders/steps/2`: the same in all processes that serve them."""
        return self._location.partition(" @ ")[0]

    def log_fields(self, event: Event) -> dict[str, Any]:
        """Return the `extra` of a log record of this step about the event: that of the event, and the place."""
        return {**event.log_fields(), **place_fields(self._location, self.doc_name)}

    @classmethod
    def runs(cls) -> bool:
        """Return whether the class says how it runs: `run`, `run_plain` or `code`."""
        return cls.run is not Processor.run or cls.run_plain is not Processor.run_plain

    def members(self) -> Iterable[Any]:
        is_whole = not any(isinstance(each, Broken) for each in super().members())
        return [*super().members(), *(self.leads_to() if is_whole else ())]

    async def run(self, event: Event) -> Event:
        """Return the event after this step. The event that came in must not be changed."""
        return self.run_plain(event)

    def run_plain(self, event: Event) -> Event:
        """Do the same as a plain function, for a step that never waits and acts on nothing but its event."""
        raise NotImplementedError(f"{type(self).__name__} does not define run")

    def code(self, link: Link) -> Code:
        """Return the code of the step, for the linker: `run_plain`, or a `run` whose effects are unknown.

        A scope that knows more overrides this: it returns the code of its steps, and the function that runs them.
        """
        if type(self).run is Processor.run:
            return Code(None, self.run_plain, PURE)
        return Code(self.run, None)

    def inherited(self, link: Link) -> dict[str, Code]:
        """Return the code of bases whose `run` this class replaces, by the attribute where super().run finds it."""
        if hasattr(type(self).run, KEY):
            return {}
        bases = [each for each in type(self).__mro__ if issubclass(each, Processor) and "run" in each.__dict__]
        return {getattr(each.run, KEY): each.code(self, link) for each in bases if hasattr(each.run, KEY)}

    def bounded(self, code: Code) -> Code:
        """Return the code with the wrappers that parameters and measures add, such as a timeout."""
        return code

    @cached_property
    def effects(self) -> Effects:
        """The effects of the expressions of the step, in addition to those of its code."""
        return computing(list(Parameters.members(self)))

    def map_error(self, failure: FlowError) -> FlowError:
        """Return the error that leaves the step after it raised this one."""
        return failure

    def keeps(self, raised: ErrorType) -> bool:
        """Return whether an error of this type, raised by the steps inside, never leaves the step."""
        return False

    def assigns(self) -> Mapping[str, Held]:
        """Return the origin of each value that the step itself sets: `payload`, `attributes`, `vars.NAME`."""
        return {"payload": UNTOLD, "attributes": UNTOLD}

    def demands(self) -> Sequence[tuple[Held, Mapping[str, Any]]]:
        """Return conditions that hold for each event after the step: values, and the JSON Schemas that they satisfy."""
        return ()

    def describes(self) -> tuple[str, Mapping[str, Any]] | None:
        """Return a name and the OpenAPI 3.1 document of the API that it serves below the path of its listener.

        None if it has none.
        """
        return None

    def shown_call(self) -> Shown | None:
        """Return how a trace shows the call that the step makes to something outside; None if it makes none.

        Asked once, if anybody traces. What is known only later, `current_span` takes while the step runs.
        """
        return None

    def leads_to(self) -> Iterable[Runnable]:
        """Return flows that the step may run, but that no parameter holds. They are complete once all are loaded."""
        return ()


def _run_of(cls: type[Processor]) -> Any:
    """Return the `run` of a class that defines `code`, for those who call it themselves, such as super().run.

    The linker sets the code for a subclass with a `run` of its own. Otherwise the step was created in Python: its first
    event links it, and what belongs to an application keeps its code.
    """
    key = f"_run_of_{id(cls)}"

    async def run(self: Processor, event: Event) -> Event:
        linked = vars(self).get(key)
        if linked is None:
            link = Link(in_python=True)
            linked = self.bounded(cls.code(self, link)).awaited
            link.link([self]).install()
            self._prepare(**{key: linked})
        after: Event = await linked(event)
        return after

    setattr(run, KEY, key)
    return run


class VoidOperation(Processor):
    """The base of operations without a result: the event stays unchanged."""

    error_mapping: Annotated[tuple[ErrorMapping, ...], Field(alias="error-mapping")] = ()
    """Replaces the types of its errors: a list of sourceType (default: ANY) and targetType; the first match wins."""

    def map_error(self, failure: FlowError) -> FlowError:
        if not self.error_mapping:
            return failure
        mapping = next((each for each in self.error_mapping if each.source_type.match(failure)), None)
        return mapping.map(failure) if mapping else failure

    def assigns(self) -> Mapping[str, Held]:
        return {}


PAYLOAD = "payload"


class Targeted(Processor):
    """The base of operations, and of scopes whose outcome may go to a variable."""

    target: VariableName | None = None
    """The variable that receives the result; payload and attributes then stay unchanged."""

    target_value: Expression = Expression(PAYLOAD)
    """The part of the result that goes to the variable; the expression sees the result as payload and attributes."""

    def keep_media_type(self, reach: Reach) -> None:
        """Let the variable of a text in a format know its media type, for expressions of a language that reads it."""
        if self.target is not None and self.target_value is WHOLE_PAYLOAD:
            self._prepare(target_value=Expression(PAYLOAD, reach))

    def deliver_event(self, event: Event, after: Event) -> Event:
        """Return `after`; with a target, return the event that entered, with the variable set from `after`."""
        if self.target is None:
            return after
        return event.with_variable(self.target, self.target_value.evaluate(after))

    def assigns(self) -> Mapping[str, Held]:
        return {"payload": UNTOLD, "attributes": UNTOLD} if self.target is None else {f"vars.{self.target}": UNTOLD}


WHOLE_PAYLOAD = Targeted.target_value


class Operation(Targeted, VoidOperation):
    """The base of operations with a result, which becomes the payload, or the value of the variable `target`."""

    def deliver(self, event: Event, result: Any, attributes: Any | UnsetType = UNSET) -> Event:
        """Return the event with the result, in the payload or in the variable `target`."""
        if self.target is None:
            return event.with_payload(result, {} if attributes is UNSET else attributes)
        if self.target_value is not WHOLE_PAYLOAD:
            result = self.target_value.evaluate(event.with_payload(result, {} if attributes is UNSET else attributes))
        return event.with_variable(self.target, result)

    def delivering(self, work: Callable[[Event], Any]) -> RunPlain:
        """Return `deliver` as a function for work that never waits; it is chosen when the file is loaded."""
        target = self.target
        if target is not None and self.target_value is WHOLE_PAYLOAD:
            return lambda event: event.with_variable(target, work(event))
        return lambda event: self.deliver(event, work(event))


class Served(Protocol):
    """A flow, as seen by its source."""

    @property
    def name(self) -> str: ...

    async def serve(self, event: Event, answer: Callable[[Event], Result]) -> Result:
        """Run an event of the source, and return the result that `answer` makes of the event after the flow."""

    async def wait_for_room(self) -> None:
        """Wait until the flow takes another event."""


class Source(Element):
    """The base of sources, which start a flow: they make events and pass them to it."""

    redelivery_policy: Annotated[RedeliveryPolicy | None, Field(alias="redelivery-policy")] = None
    """The handling of messages that come again because they failed."""

    expect_every: Annotated[Duration, Field(gt=0)] | None = None
    """The longest time without an event that is no reason for alarm: beyond it the watchdog tells that the source may
    have stalled."""

    stands_apart = True

    default_timeout: ClassVar[float | None] = None
    """The deadline of flows that set none, in seconds."""

    tells_failures: ClassVar[bool] = False
    """Whether it logs the errors that leave its flow itself, because it knows the answers to them."""

    in_every_worker: ClassVar[bool] = True
    """Whether it runs in each process that serves the application, or in only one."""

    reads_later: bool = prepared(False)
    """Whether expressions of its file read payloads by themselves: texts in a format other than JSON stay texts."""

    def leave_payloads(self) -> None:
        """Leave texts in a format to the expressions, which read them."""
        self._prepare(reads_later=True)

    def measure(self, measures: Measures, place: str) -> None:
        if self.redelivery_policy is not None:
            self.redelivery_policy.measure(measures, place)

    def claims(self) -> list[str]:
        """Return claims that only one source may have, such as `POST /orders`; a second flow with one is a mistake."""
        return []

    def starts_at(self) -> str:
        """Return when the flow runs, in a few words: `queue tasks`."""
        return type(self).__name__

    def shown_event(self, event: Event) -> Shown | None:
        """Return how a trace shows an event of the source; None: by the name of its flow."""
        return None

    async def start(self, flow: Served) -> None:
        """Begin to make events, unless it makes them already. Raise FlowError if that fails.

        Do nothing if a server drives the source.
        """

    async def rest(self) -> None:
        """Make no more events; those under way go on. `start` or `stop` follows.

        To be defined by a source that makes events by itself: after a reload another one makes them.
        """

    async def none_under_way(self) -> None:
        """Return when none of its events is under way."""

    async def stop(self) -> None:
        """Make no more events, and return when those under way have ended; immediately if that is cancelled."""
