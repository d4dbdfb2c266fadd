"""`collect`: the outcome of each item of a loop, those that failed among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.core.element import Parameters
from engine.core.errors import ErrorType, FlowError
from engine.core.event import Event
from engine.core.expression import Template
from engine.core.parameters import Name
from engine.core.processor import Run
from engine.core.type_patterns import TypePatterns
from engine.expressions.parser import Node


class ItemEvent(Event, frozen=True):
    """An event as `success` and `failure` see it: the item, its number from 0, and what its steps gave."""

    index: int = 0
    result: Any = None


class Failure(Template):
    """A value that sees the item as `payload`, `$index` and `error`."""

    __slots__ = ()
    variables: ClassVar[Mapping[str, str]] = {"index": "event.index"}


class Success(Template):
    """A value that sees the item as `payload`, `$index`, and the payload that left the steps as `$result`."""

    __slots__ = ()
    variables: ClassVar[Mapping[str, str]] = {"index": "event.index", "result": "event.result"}


class Collect(Parameters):
    """What becomes of each item: a loop with it does not stop at one that fails."""

    target: Name
    """The variable that takes the outcomes, one an item, in the order of the collection."""

    success: Success = Success({"index": "#[$index]", "status": 200, "message": "Success"})
    """The outcome of an item whose steps succeeded; it sees the item as `payload`, `$index` and `$result`."""

    failure: Failure = Failure({"index": "#[$index]", "status": 422, "message": "#[error.description]"})
    """The outcome of an item that failed; it sees the item as `payload`, `$index` and `error`."""

    abort_on: TypePatterns | None = None
    """Error types that are not the item's fault: the loop stops there, and the error propagates."""

    streaming: bool = False
    """Whether the variable takes a stream of the outcomes, and the loop runs while it is read: as the payload of an
    answer it is sent item by item, and any number of items needs no more memory than a few."""

    async def outcome(self, run: Run, entering: Event, index: int) -> tuple[Any, Event | None]:
        """The outcome of an item, and the event that left its steps; None for that where they failed.

        Raises what `abort_on` names, what CRITICAL is, and an error in `failure` itself.
        """
        try:
            after = await run(entering)
            return self.success.evaluate(_seen(entering, after, index, after.payload)), after
        except FlowError as failure:
            if failure.type.is_critical or (self.abort_on and self.abort_on.match(failure)):
                raise
            left = failure.event or entering
            return self.failure.evaluate(_seen(entering, left, index, None, failure)), None

    def keeps(self, raised: ErrorType) -> bool:
        """Whether an error of this type is an item's outcome."""
        return not raised.is_critical and not (self.abort_on and self.abort_on.match_type(raised))

    def assigns(self) -> Mapping[str, Node]:
        """What the loop sets: the variable, as a syntax tree for those who look at flows without running them."""
        kind = "stream" if self.streaming else "each"
        return {f"vars.{self.target}": {"type": kind, "children": [self.success.tree, self.failure.tree]}}


def _seen(entering: Event, left: Event, index: int, result: Any, error: FlowError | None = None) -> ItemEvent:
    """The item as it entered, with the variables as its steps left them."""
    return ItemEvent(
        payload=entering.payload,
        attributes=entering.attributes,
        vars=left.vars,
        error=error or entering.error,
        correlation_id=entering.correlation_id,
        logging_variables=left.logging_variables,
        index=index,
        result=result,
    )
