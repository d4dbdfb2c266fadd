from __future__ import annotations

from functools import partial
from typing import Literal

from engine import After, Chain, Code, Event, FlowError, Link, Scope, prepared
from engine.connectors import OwnErrorHandler, Run, Transaction


class Try(Scope):
    """Run steps with an error handler of their own.

    If on-error-continue takes an error, the scope succeeds with the handler's event, and `error` has
    the value it had before. on-error-propagate raises the error again after its steps.

    With `transactionalAction`, the database operations inside, including those in the steps of
    on-error-continue, take effect together at the end of the scope, or not at all. They are rolled
    back if an error leaves the scope, also through on-error-propagate, whose steps are outside of the
    transaction, and if the flow runs out of time or is cancelled. Operations in parallel routes and
    in async are never part of the transaction.

    Example:
        given: {payload: {id: 7}}
        run:
          - try:
              steps:
                - raise-error: {type: "APP:BROKEN", description: it broke}
              error-handler:
                - on-error-continue:
                    type: APP:BROKEN
                    logException: false
                    steps: [{set-payload: {value: "#[error.description]"}}]
        expect: {payload: it broke, error: null}
    """

    steps: Chain
    """The steps to run."""

    error_handler: OwnErrorHandler = None  # type: ignore[assignment]  # validated: the default handler
    """The handlers: a list of on-error-continue and on-error-propagate, or {ref: NAME}."""

    transactional_action: Literal["INDIFFERENT", "ALWAYS_BEGIN", "BEGIN_OR_JOIN"] = "INDIFFERENT"
    """Whether the steps are one transaction. INDIFFERENT takes part in the transaction around the scope, if there is
    one. ALWAYS_BEGIN begins one; inside another one, it begins a part of that which can be rolled back alone.
    BEGIN_OR_JOIN begins one only if there is none around the scope."""

    message_after = After.INNER
    always_enters = True

    _may_begin: bool = prepared()

    def __post_init__(self) -> None:
        self._prepare(_may_begin=self.transactional_action != "INDIFFERENT")

    def code(self, link: Link) -> Code:
        body = link.code(self.steps)
        guarded = link.guard(body, self.error_handler)
        if not self._may_begin:
            return guarded
        return Code(partial(self._run_in_transaction, body.awaited, guarded.awaited), None)

    def _begins(self) -> bool:
        return self.transactional_action == "ALWAYS_BEGIN" or Transaction.current() is None

    async def _run_in_transaction(self, steps: Run, guarded: Run, event: Event) -> Event:
        """Run the steps, and then commit the transaction or roll it back; whatever happens, it ends.

        guarded: the steps with the error handler, which run instead if they join the transaction around them.
        """
        if not self._begins():
            return await guarded(event)
        transaction = Transaction()
        try:
            return await _run_and_commit(transaction, steps, event)
        except FlowError as failure:
            after = await self.error_handler.handle(failure, event.error, transaction)
            if after is None:
                raise
            return after
        finally:
            await transaction.rollback()


async def _run_and_commit(transaction: Transaction, steps: Run, event: Event) -> Event:
    after = await steps(event)
    try:
        await transaction.commit()
    except FlowError as failure:
        failure.event = after
        raise
    return after
