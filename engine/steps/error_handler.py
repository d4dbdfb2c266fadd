"""Which handler takes an error, and what on-error-* have in common."""

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
from engine.parameters.validated import typed
from engine.plan.code import Code
from engine.plan.effects import computing
from engine.plan.link import Link
from engine.plan.observer import Watch
from engine.steps.chain import Chain
from engine.values.errors import FlowError
from engine.values.event import STATUS, Event
from engine.values.refusal import Refusal
from engine.values.status import is_callers, status_in, status_of
from engine.work.held_lines import write_line
from engine.work.transaction import Transaction
from engine.work.turns import give_turn_after_much

log = logging.getLogger("engine")


class OnError(Element):
    """The base of on-error-continue and on-error-propagate."""

    type: TypePatterns = TypePatterns(["ANY"])
    """The error types that this handler takes (a list; wildcards and hierarchy count); all, if left out."""

    when: Condition | None = None
    """A condition that must hold besides; it sees `error`."""

    log_exception: bool = True
    """Whether the error is logged. One that is the caller's, whose answer has a status from 400 to 499, is told with
    level INFO: in the line of the request, where it is not continued."""

    steps: Chain = Chain()
    """What to run; the event is that of the failure, with `error`."""

    location: str = prepared("")
    """Where it stands, as a step's location; set when the file is loaded."""

    continues: ClassVar[bool] = False
    """Whether the scope or flow then goes on as if it had succeeded."""

    _status: int | None = prepared()
    """The status that its steps assign, where the flow file tells it."""

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
        steps = Code(body.run, body.plain, body.effects | computing(self.when))
        return link.watched(self, steps)

    @property
    def is_linked(self) -> bool:
        return "run" in vars(self)

    def use(self, code: Code, watch: Watch | None = None) -> None:
        self._prepare(run=code.awaited)

    async def run(self, event: Event) -> Event:
        """The event after the steps; what the linker made of them."""
        return await self.steps.run(event)

    async def handle(self, failure: FlowError, event: Event, outer: FlowError | None) -> Event | None:
        """The event to go on with, None where the error is to be raised again.

        outer: the error that was being handled where the scope began.
        """
        raise NotImplementedError

    async def run_steps(self, failure: FlowError, event: Event) -> Event:
        """Run the handler's steps. An error in them replaces the first and keeps it as its cause."""
        if self.log_exception:
            self._log(failure)
        try:
            return await self.run(event)
        except FlowError as later:
            if self.log_exception:
                log_failure(failure, logging.INFO)  # it does not go on
            later.arose_in_handling(failure)
            later.answer.before = failure.answer.before
            raise

    def _log(self, failure: FlowError) -> None:
        """What is the caller's fault and goes on as an error is told where it ends."""
        if not self._blames_caller(failure):
            log_failure(failure)
        elif self.continues:
            log_failure(failure, logging.INFO)

    def _blames_caller(self, failure: FlowError) -> bool:
        """Whether the answer says that the error is the caller's: by what is known of it here."""
        if self._status is not None:
            return is_callers(self._status)
        is_told = isinstance(failure, Refusal) or not self.continues
        return is_told and is_callers(status_of(failure))


def _assigned_status(steps: Chain) -> int | None:
    """The last status that the steps themselves assign as a literal."""
    assigned = [held for step in steps.steps if (held := step.processor.assigns().get(f"vars.{STATUS}"))]
    return status_in(assigned[-1].value) if assigned and isinstance(assigned[-1], Constant) else None


class ErrorHandler(Elements):
    """The handlers of a flow or a try scope: the first that takes the error runs."""

    element = OnError
    word = "error handlers"
    schema = typed("array", "object", "null", items=typed("object"))

    def __init__(self, handlers: Sequence[OnError] = ()) -> None:
        self.handlers = tuple(handlers)

    def members(self) -> Iterable[Any]:
        return self.handlers

    async def handle(
        self, failure: FlowError, outer: FlowError | None = None, transaction: Transaction | None = None
    ) -> Event | None:
        """The event to go on with; None where no handler takes the error, or one propagates it.

        The caller then raises it again: a frame here would hold it, and a circle is garbage.
        transaction: that of the scope: a handler that continues commits it, with what its steps do;
        else it is rolled back, before the steps of one that propagates.
        """
        assert failure.event is not None  # a Chain has seen it
        await give_turn_after_much()  # what failed may have computed much before
        event = failure.event.with_error(failure)
        if failure.answer.before is None:
            failure.answer.before = failure.event  # not `event`: it holds the failure, and a circle is garbage
        for handler in self.handlers:
            if self._takes(handler, failure, event):
                if transaction is not None and not handler.continues:
                    await transaction.rollback()
                after = await handler.handle(failure, event, outer)
                if transaction is not None:
                    await transaction.commit()
                if after is not None:
                    failure.forget_frames()
                return after
        return None

    def _takes(self, handler: OnError, failure: FlowError, event: Event) -> bool:
        try:
            return handler.takes(failure, event)
        except FlowError as later:
            later.arose_in_handling(failure)
            later.event, later.failing_component = event, failure.failing_component
            later.answer.before = failure.answer.before
            raise


OwnErrorHandler = Annotated[ErrorHandler, Field(alias="error-handler", validate_default=True)]
"""A parameter `error-handler`; left out, it is the application's default handler."""


def log_failure(failure: FlowError, level: int = logging.ERROR) -> None:
    """Log an error, unless that was done before."""
    if failure.logged:
        return
    failure.logged = True
    who = failure.event and failure.event.log_fields()
    write_line(partial(log.log, level, "%s", failure.for_log, extra=who))
