"""Parameters shared by all elements that use a queue."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator
from pydantic_core import core_schema

from engine import Amount, ConfigRef, Event, Mistake, Name, Template, VoidOperation, refuse, shown
from engine.connectors import Element, Interval, Naming, Shown, SpanKind, TimeUnit, did_you_mean
from processors.vm._envelope import Envelope
from processors.vm._queue import Queue
from processors.vm.config import Config


def _known(name: str, info: core_schema.ValidationInfo) -> Any:
    """Check that the config has a queue of this name; if the config has mistakes of its own, that is not known."""
    names = getattr(info.data.get("config_ref"), "names", None)
    if names is not None and name not in names:
        expected = f"one of the queues of the config: {', '.join(names)}"
        refuse([Mistake("F502", f"{shown(name)} is not a queue", expected, did_you_mean(name, names))])
    return name


class QueueAccess(Element):
    """The parameters that select a queue."""

    config_ref: ConfigRef[Config]
    """The name of the vm:config."""

    queue_name: Annotated[Name, AfterValidator(_known), Naming("queue")]
    """The name of one of its queues."""

    @property
    def queue(self) -> Queue:
        return self.config_ref.queue(self.queue_name)

    def shown(self, kind: SpanKind, operation: str, type: str = "", **known: int) -> Shown:
        """Return how a trace shows what is done with the queue. type: the operation's type, if its name is another."""
        attributes: dict[str, str | int] = {
            "messaging.system": self.config_ref.system,
            "messaging.destination.name": self.queue_name,
            "messaging.operation.name": operation,
            "messaging.operation.type": type or operation,
        }
        attributes |= {f"engine.{name}": number for name, number in known.items()}
        return Shown(f"{operation} {self.queue_name}", kind, attributes)

    def attributes_of(self, envelope: Envelope) -> dict[str, Any]:
        """Return the parts of a message that a flow sees in addition to its payload."""
        return {
            "queueName": self.queue_name,
            "timestamp": self.runtime.clock.now(),
            "correlationId": envelope.correlation_id,
            "attempts": envelope.attempts,
        }


class QueueOperation(QueueAccess, VoidOperation):
    """The parameters of operations on a queue."""

    timeout: Interval = Interval(5)
    """How long to wait at most, in timeoutUnit, or with a unit of its own (`500ms`)."""

    timeout_unit: TimeUnit = "SECONDS"
    """The unit of timeout."""

    is_outward = True
    reaches_outside = False

    def seconds(self, event: Event) -> float:
        """Return how long to wait at most for this event."""
        amount: Amount = self.timeout.of(event)
        return amount.seconds(self.timeout_unit)


class Publishing(QueueOperation):
    """The parameters of operations that publish."""

    content: Template = Template("#[payload]")
    """The message to publish."""

    correlation_id: Template | None = None
    """The correlation id sent with the message; the event's, if left out."""

    def shown_call(self) -> Shown:
        return self.shown(SpanKind.PRODUCER, "publish", "send")

    def envelope_of(self, event: Event) -> Envelope:
        """Return the message to publish. Raise VM:INVALID_VALUE if it cannot be written."""
        payload = self.content.evaluate(event)
        media_type = event.media_type if payload is event.payload else None
        given = self.correlation_id and self.correlation_id.evaluate(event)
        return Envelope.of(payload, media_type, event.correlation_id if given is None else str(given))
