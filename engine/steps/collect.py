"""`collect`: the outcome of each item of a loop, including those that failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.expressions.held import Held, Outcomes
from engine.parameters.amounts import VariableName
from engine.parameters.element import Parameters, prepared
from engine.parameters.expression import Template
from engine.parameters.type_patterns import TypePatterns
from engine.values.errors import ErrorType, FlowError
from engine.values.event import Event
from engine.work.measures import Counter, Measures

OF_ITEM = frozenset({"payload", "attributes", "message", "error", "correlationId", "flow"})
"""The roots whose values an outcome sees as the item entered its steps, whatever these do."""

OUTCOMES = ("succeeded", "failed")


class ItemEvent(Event, frozen=True):
    """The event that `success` and `failure` see: the item, its number from 0, and the result of its steps."""

    index: int = 0
    result: Any = None


class Failure(Template):
    """A value that sees the item as `payload`, `$index` and `error`."""

    __slots__ = ()
    variables: ClassVar[Mapping[str, str]] = {"index": "event.index"}


class Success(Template):
    """A value that sees the item as `payload`, `$index`, and the payload after the steps as `$result`."""

    __slots__ = ()
    variables: ClassVar[Mapping[str, str]] = {"index": "event.index", "result": "event.result"}


class Collect(Parameters):
    """Collects the outcome of each item: the loop does not stop at an item that fails."""

    target: VariableName
    """The variable that receives the outcomes: one per item, in the order of the collection."""

    success: Success = Success({"index": "#[$index]", "status": 200, "message": "Success"})
    """The outcome of an item whose steps succeeded; it sees the item as `payload`, `$index` and `$result`."""

    failure: Failure = Failure({"index": "#[$index]", "status": 422, "message": "#[error.description]"})
    """The outcome of an item that failed; it sees the item as `payload`, `$index` and `error`."""

    abort_on: TypePatterns | None = None
    """Error types that are not the item's fault: they stop the loop, and the error propagates."""

    _succeeded: Counter = prepared()
    _failed: Counter = prepared()
    _is_of_item: bool = prepared()
    """Whether `success` reads only values of the event that entered the steps."""

    def __post_init__(self) -> None:
        is_of_item = all(path and path[0] in OF_ITEM for path in self.success.held.reads())
        self._prepare(_is_of_item=is_of_item, _succeeded=Counter(), _failed=Counter())

    def measure(self, measures: Measures, place: str) -> None:
        """Count the outcomes of the loop at this place."""
        name, text = "engine_collect_records_total", "Records by outcome of each collect"
        succeeded, failed = measures.counters(name, text, "outcome", *OUTCOMES, place=place, target=self.target)
        self._prepare(_succeeded=succeeded, _failed=failed)

    def note(self, succeeded: int, failed: int) -> None:
        """Count outcomes that are final: no batch can be lost any more."""
        self._succeeded.value += succeeded
        self._failed.value += failed

    def succeeded(self, entering: Event, after: Event, index: int) -> Any:
        """Return the outcome of an item that succeeded. An error in `success` counts as a failure of the item.

        after: the event after its steps.
        """
        seen = entering if self._is_of_item else _seen(entering, after, index, entering.error, after.payload)
        return self.success.evaluate(seen)

    def takes(self, failure: FlowError) -> bool:
        """Return whether an error is an item's outcome: it is neither CRITICAL nor named by `abort_on`."""
        return not failure.type.is_critical and not (self.abort_on and self.abort_on.match(failure))

    def failed(self, entering: Event, failure: FlowError, index: int) -> Any:
        """Return the outcome of an item whose steps failed. An error in `failure` ends the loop."""
        failure.forget_frames()
        return self.failure.evaluate(_seen(entering, failure.event or entering, index, failure, None))

    def keeps(self, raised: ErrorType) -> bool:
        """Return whether an error of this type is an item's outcome."""
        return not raised.is_critical and not (self.abort_on and self.abort_on.match_type(raised))

    def assigns(self) -> Mapping[str, Held]:
        """Return the variable that the loop sets, for tools that analyse flows without running them."""
        return {f"vars.{self.target}": Outcomes((self.success.held, self.failure.held), self._is_stream)}

    @property
    def _is_stream(self) -> bool:
        """Whether the outcomes are delivered one after another."""
        return False


class StreamingCollect(Collect):
    """The same for a loop that runs item by item, so that the outcomes may be delivered as they come."""

    streaming: bool = False
    """Whether the variable receives a stream of the outcomes, and the loop runs while the stream is read. As the
    payload of an answer it is sent item by item, and any number of items needs no more memory than a few."""

    @property
    def _is_stream(self) -> bool:
        return self.streaming


def _seen(entering: Event, left: Event, index: int, error: FlowError | None, result: Any) -> ItemEvent:
    """Return the item as it entered its steps, with the variables as they left them."""
    return ItemEvent(
        payload=entering.payload,
        attributes=entering.attributes,
        vars=left.vars,
        error=error,
        correlation_id=entering.correlation_id,
        logging_variables=left.logging_variables,
        index=index,
        result=result,
    )
