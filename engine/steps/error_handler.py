"""Error handlers: the base of on-error-*, and the choice of the handler that takes an error."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Annotated, Any, ClassVar

from pydantic import Field

from engine.expressions.held import Constant
from engine.parameters.element import Element, prepared
from engine.parameters.expression import Condition
from engine.parameters.loading import Elements
from engine.parameters.type_patterns import TypePatterns
from engine.parameters.validated import TEXT, held, typed
from engine.plan.code import Code
from engine.plan.effects import computing
from engine.plan.link import Link
from engine.steps.chain import Chain
from engine.values.errors import FlowError
from engine.values.event import STATUS, Event
from engine.values.refusal import Refusal
from engine.values.status import is_callers, status_in, status_of
from engine.work.held_lines import write_line
from engine.work.spans import current_span
from engine.work.transaction import Transaction
from engine.work.turns import give_turn_after_much

log = logging.getLogger("engine")


class OnError(Element):
    """The base of on-error-continue and on-error-propagate."""

    type: TypePatterns = TypePatterns(["ANY"])
    """The error types that this handler takes: a list, with wildcards and the hierarchy of types. All if left out."""

    when: Condition | None = None
    """A condition that must hold in addition; it sees `error`."""

    log_exception: bool = True
    """Whether the error is logged. If it is the caller's, whose answer has a status from 400 to 499, it is logged with
    level INFO; if it is not continued, in the line of the request. If it is not logged here and leaves the flow, the
    source does not log it either; handlers around this one do what they say themselves."""

    steps: Chain = Chain()
    """The steps to run; they get the event of the failure, with `error`."""

    location: str = prepared("")
    """The place of the handler, like a step's location; set when the file is loaded."""

    continues: ClassVar[bool] = False
    """Whether the scope or flow then continues as if it had succeeded."""

    is_of_application: bool = prepared(False)
    """Whether an application has linked it."""

    _status: int | None = prepared()
    """The status that its steps assign; None if it is unknown before they run."""

    def __post_init__(self) -> None:
        self._prepare(_status=_assigned_status(self.steps))

    @property
    def is_catch_all(self) -> bool:
        return self.when is None and self.type.is_all

    def takes(self, failure: FlowError, event: Event) -> bool:
        return self.type.match(failure) and (self.when is None or self.when.evaluate(event))

    def stand_at(self, location: str) -> None:
        self._prepare(location=location)

    def code(self, link: Link) -> Code:
        body = link.code(self.steps)
        return link.watched(self, body._replace(effects=body.effects | computing(self.when)))

    def use(self, code: Code, link: Link) -> None:
        self._prepare(run=code.awaited, is_of_application=not link.in_python)

    async def run(self, event: Event) -> Event:
        """Run the handler's steps, and return the event after them. The linker replaces this function."""
        return await self.steps.run(event)

    async def handle(self, failure: FlowError, event: Event, outer: FlowError | None) -> Event | None:
        """Return the event to continue with; None if the error is to be raised again.

        outer: the error that was being handled when the scope began.
        """
        raise NotImplementedError

    async def run_steps(self, failure: FlowError, event: Event) -> Event:
        """Run the handler's steps. An error in them replaces the first one and keeps it as its cause."""
        failure.silenced = not self.log_exception
        if self.log_exception:
            self._log(failure)
        try:
            return await self.run(event)
        except FlowError as later:
            if self.log_exception:
                log_failure(failure, logging.INFO)  # it ends here: `later` propagates instead
            later.arose_in_handling(failure)
            later.answer.before = failure.answer.before
            raise

    def _log(self, failure: FlowError) -> None:
        """Log the error. If it is the caller's fault and propagates, it is logged later, at the end of its path."""
        if not self._blames_caller(failure):
            log_failure(failure)
        elif self.continues:
            log_failure(failure, logging.INFO)

    def _blames_caller(self, failure: FlowError) -> bool:
        """Return whether the answer will say that the error is the caller's, as far as that is known here."""
        if self._status is not None:
            return is_callers(self._status)
        is_told = isinstance(failure, Refusal) or not self.continues
        return is_told and is_callers(status_of(failure))


def _assigned_status(steps: Chain) -> int | None:
    """Return the status that the steps assign last, if it is a literal. Steps inside them are ignored."""
    assigned = [held for step in steps.steps if (held := step.processor.assigns().get(f"vars.{STATUS}"))]
    return status_in(assigned[-1].value) if assigned and isinstance(assigned[-1], Constant) else None


class ErrorHandler(Elements):
    """The handlers of a flow or a try scope: the first one that takes the error runs."""

    element = OnError
    word = "error handlers"
    schema = typed(
        "array", "object", "null", items=held("handler"),
        properties={"ref": TEXT}, required=["ref"], additionalProperties=False,
    )  # fmt: skip

    def __init__(self, handlers: Sequence[OnError] = ()) -> None:
        self.handlers = tuple(handlers)

    def members(self) -> Iterable[Any]:
        return self.handlers

    async def handle(
        self, failure: FlowError, outer: FlowError | None = None, transaction: Transaction | None = None
    ) -> Event | None:
        """Return the event to continue with; None if no handler takes the error, or one propagates it.

        In that case the caller raises the error again. Raising it here would add a frame that holds it: returning
        None avoids a reference cycle.

        transaction: the scope's own. A handler that continues commits it, together with the work of its steps;
        otherwise it is rolled back, before the steps of a handler that propagates.
        """
        assert failure.event is not None  # a Chain has set it
        await give_turn_after_much()  # the steps that failed may have computed much
        event = failure.event.with_error(failure)
        if failure.answer.before is None:
            failure.answer.before = failure.event  # not `event`, which holds the failure: avoids a reference cycle
        for handler in self.handlers:
            if self._takes(handler, failure, event):
                _note(handler, failure)
                if transaction is not None and not handler.continues:
                    await transaction.rollback()
                after = await handler.handle(failure, event, outer)
                if transaction is not None:
                    await transaction.commit()
                if after is not None:
                    failure.forget_frames()
                return after
        failure.silenced = False  # as Mule's own handler, which takes what no other does, logs it
        return None

    def _takes(self, handler: OnError, failure: FlowError, event: Event) -> bool:
        try:
            return handler.takes(failure, event)
        except FlowError as later:
            later.arose_in_handling(failure)
            later.event, later.failing_component = event, failure.failing_component
            later.failing_doc_name = failure.failing_doc_name
            later.answer.before = failure.answer.before
            raise


def _note(handler: OnError, failure: FlowError) -> None:
    """Note in the trace that the handler takes the error."""
    if (span := current_span()) is not None:
        handled = {"error.type": str(failure.type), "engine.handler": handler.location}
        span.note("error-handler", {**handled, "engine.continues": handler.continues})


OwnErrorHandler = Annotated[ErrorHandler, Field(alias="error-handler", validate_default=True)]
"""A parameter `error-handler`; the application's default handler if left out."""


def log_unsilenced(failure: FlowError) -> None:
    """Log an error that leaves a flow, unless it was logged before, or the flow's handler says that it is not."""
    if not failure.silenced:
        log_failure(failure)


def log_failure(failure: FlowError, level: int = logging.ERROR) -> None:
    """Log an error, unless it was logged before."""
    if failure.logged:
        return
    failure.logged = True
    if log.isEnabledFor(level):
        write_line(partial(log.log, level, "%s", failure.for_log, extra=failure.log_fields()))
