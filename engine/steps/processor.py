"""The kinds of element: what runs, what starts a flow, what others share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum, auto
from functools import cached_property
from inspect import iscoroutinefunction
from typing import Annotated, Any, ClassVar, Protocol, TypeVar

from msgspec import UNSET, UnsetType

from engine.expressions.held import UNTOLD, Held
from engine.parameters.amounts import Broken, Name
from engine.parameters.element import Element, Field, Parameters
from engine.parameters.expression import Expression
from engine.plan.code import Code, RunPlain
from engine.plan.effects import PURE, Effects, computing
from engine.plan.link import Link
from engine.steps.error_mapping import ErrorMapping
from engine.stores.redelivery import RedeliveryPolicy
from engine.values.errors import ErrorType, FlowError
from engine.values.event import Event
from engine.work.nesting import Runnable

Result = TypeVar("Result")


class After(Enum):
    """What an event has after a step with steps inside (docs/language.md, "What holds after each scope")."""

    INNER = auto()
    """What the steps inside left."""

    BEFORE = auto()
    """What it had before the step."""

    RESULT = auto()
    """Something else."""


class Processor(Element):
    """A step of a flow: takes an event, returns an event.

    To write one, subclass it in a file of its own, declare the parameters as fields, and define
    `run`; or `run_plain` if it never waits and acts on nothing but the event. Raise FlowError
    for what a flow may handle; any other exception counts as a bug.

    `assigns`, `demands`, and the class variables beside them tell what a step does to those who look
    at flows without running them, such as the OpenAPI document. What a step does not tell stays open there.
    """

    message_after: ClassVar[After] = After.RESULT
    """What payload and attributes are after the steps inside."""

    variables_after: ClassVar[After] = After.INNER
    """What the variables are after the steps inside."""

    may_pass: ClassVar[bool] = True
    """Whether an event may leave the step: raise-error lets none."""

    always_enters: ClassVar[bool] = False
    """Whether each event runs some of the steps inside."""

    repeats: ClassVar[bool] = False
    """Whether the steps inside may run again, on what they left."""

    is_outward: ClassVar[bool] = False
    """Whether what it comes to depends on what lies outside of the event: a service, a database, a store, a queue."""

    reaches_outside: ClassVar[bool] = False
    """Whether a call of it acts on what is not the application's own: tests refuse it unless a mock answers. What is
    outward and leaves this out does; stores, queues, and databases that a test has in memory are its own."""

    passes_by: ClassVar[str] = ""
    """When an event passes by all steps inside, for who counts the ways through a flow; empty, where none does."""

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
            cls.code = Processor.code  # type: ignore[method-assign]  # the code of a base is not that of this run
        elif "code" in own and "run" not in own:
            cls.run = _run_of(cls)  # type: ignore[method-assign]  # what a subclass means by super().run

    def members(self) -> Iterable[Any]:
        is_whole = not any(isinstance(each, Broken) for each in super().members())
        return [*super().members(), *(self.leads_to() if is_whole else ())]

    async def run(self, event: Event) -> Event:
        """The event after this step. The event that came in stays as it is."""
        return self.run_plain(event)

    def run_plain(self, event: Event) -> Event:
        """The same as a plain function, of a step that never waits and acts on nothing but its event."""
        raise NotImplementedError(f"{type(self).__name__} does not define run")

    def code(self, link: Link) -> Code:
        """What the linker makes of the step: `run_plain`, or a `run` of which nothing is known.

        A scope that knows more says it here: what its steps become, and how it runs them.
        """
        if type(self).run is Processor.run:
            return Code(None, self.run_plain, PURE)
        return Code(self.run, None)

    def inherited(self, link: Link) -> dict[str, Code]:
        """The code of bases whose `run` this class has replaced, for its super().run: by the name of the attribute."""
        if hasattr(type(self).run, "key"):
            return {}
        runs = [(each, each.__dict__.get("run")) for each in type(self).__mro__]
        return {run.key: self.bounded(each.code(self, link)) for each, run in runs if hasattr(run, "key")}

    def bounded(self, code: Code) -> Code:
        """The code with what parameters put around it, such as a timeout."""
        return code

    @cached_property
    def effects(self) -> Effects:
        """What its expressions do, in addition to what its code does."""
        return computing(list(Parameters.members(self)))

    def map_error(self, failure: FlowError) -> FlowError:
        """The error that leaves the step when it raised this one."""
        return failure

    def keeps(self, raised: ErrorType) -> bool:
        """Whether an error of this type that the steps inside raise never leaves the step."""
        return False

    def assigns(self) -> Mapping[str, Held]:
        """What the step itself sets: `payload`, `attributes` or `vars.NAME`, with what the value is made of."""
        return {"payload": UNTOLD, "attributes": UNTOLD}

    def demands(self) -> Sequence[tuple[Held, Mapping[str, Any]]]:
        """What holds of each event that passed: what a value is made of, and a JSON Schema that it satisfies."""
        return ()

    def describes(self) -> tuple[str, Mapping[str, Any]] | None:
        """The OpenAPI 3.1 document of the API that it answers for below the path of its listener, and a name for it.

        None, where it has none.
        """
        return None

    def leads_to(self) -> Iterable[Runnable]:
        """Flows that the step may run though no parameter of its holds them; all are there once they are loaded."""
        return ()


def _run_of(cls: type[Processor]) -> Any:
    """The `run` of a class that says what it becomes, for those who call it themselves.

    The linker has put the code there for a subclass that calls super().run. Otherwise the step was made in Python, and is
    linked at its first event; what is linked already stays as it is.
    """
    key = f"_run_of_{id(cls)}"

    async def run(self: Processor, event: Event) -> Event:
        linked = vars(self).get(key)
        if linked is None:
            link = Link(anew=False)
            linked = self.bounded(cls.code(self, link)).awaited
            link.link([self]).install()
            self._prepare(**{key: linked})
        after: Event = await linked(event)
        return after

    run.key = key  # type: ignore[attr-defined]  # by which `inherited` knows it
    return run


class VoidOperation(Processor):
    """The base of operations without a result: the event stays as it is."""

    error_mapping: Annotated[tuple[ErrorMapping, ...], Field(alias="error-mapping")] = ()
    """Other types for the errors that it raises: a list of sourceType (ANY) and targetType; the first match wins."""

    def map_error(self, failure: FlowError) -> FlowError:
        if not self.error_mapping:
            return failure
        mapping = next((each for each in self.error_mapping if each.source_type.match(failure)), None)
        return mapping.map(failure) if mapping else failure

    def assigns(self) -> Mapping[str, Held]:
        return {}


class Targeted(Processor):
    """What operations, and scopes whose outcome may go to a variable, have in common."""

    target: Name | None = None
    """The variable that takes the result; payload and attributes then stay as they are."""

    target_value: Expression = Expression("payload")
    """What of the result goes to the variable; the expression sees the result as payload and attributes."""

    def deliver_event(self, event: Event, after: Event) -> Event:
        """The event after it, or the one that entered with the target taken from it."""
        if self.target is None:
            return after
        return event.with_variable(self.target, self.target_value.evaluate(after))

    def assigns(self) -> Mapping[str, Held]:
        return {"payload": UNTOLD, "attributes": UNTOLD} if self.target is None else {f"vars.{self.target}": UNTOLD}


WHOLE_PAYLOAD = Targeted.target_value


class Operation(Targeted, VoidOperation):
    """The base of operations with a result, which becomes the payload, or goes to a variable by `target`."""

    def deliver(self, event: Event, result: Any, attributes: Any | UnsetType = UNSET) -> Event:
        """The event with the result where the parameters want it."""
        if self.target is None:
            return event.with_payload(result, {} if attributes is UNSET else attributes)
        if self.target_value is not WHOLE_PAYLOAD:
            result = self.target_value.evaluate(event.with_payload(result, {} if attributes is UNSET else attributes))
        return event.with_variable(self.target, result)

    def delivering(self, work: Callable[[Event], Any]) -> RunPlain:
        """`deliver` for work that never waits, chosen when the file is loaded."""
        target = self.target
        if target is not None and self.target_value is WHOLE_PAYLOAD:
            return lambda event: event.with_variable(target, work(event))
        return lambda event: self.deliver(event, work(event))


class Served(Protocol):
    """A flow, as its source sees it."""

    @property
    def name(self) -> str: ...

    async def serve(self, event: Event, answer: Callable[[Event], Result]) -> Result:
        """Run an event of the source; the result is made by `answer` of the event after the flow."""

    async def wait_for_room(self) -> None:
        """Wait until the flow takes another event."""


class Source(Element):
    """What starts a flow: it makes events and hands them to the flow."""

    redelivery_policy: Annotated[RedeliveryPolicy | None, Field(alias="redelivery-policy")] = None
    """What happens with messages that come again because they failed."""

    stands_apart = True

    default_timeout: ClassVar[float | None] = None
    """The deadline, in seconds, of flows that set none."""

    tells_failures: ClassVar[bool] = False
    """Whether it logs the errors that leave its flow, for it knows what they are answered with."""

    in_every_worker: ClassVar[bool] = True
    """Whether each process that serves the application has it, or one alone."""

    def claims(self) -> list[str]:
        """What only one source may have, such as `POST /orders`: a second flow with the same is a mistake."""
        return []

    def starts_at(self) -> str:
        """When the flow runs, in a few words: `queue tasks`."""
        return type(self).__name__

    async def start(self, flow: Served) -> None:
        """Begin to make events. Raise FlowError where that fails. A source that the server drives does nothing."""

    async def stop(self) -> None:
        """Make no more events, and return when those under way have ended; at once where that is cancelled."""
