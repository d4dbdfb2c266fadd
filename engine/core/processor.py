"""The kinds of element: what runs, what starts a flow, what others share."""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import UNSET, UnsetType

from engine.core.element import Element
from engine.core.event import Event
from engine.core.expression import Expression
from engine.core.parameters import Name


class Processor(Element):
    """A step of a flow: takes an event, returns an event.

    To write one, subclass it in a file of its own, declare the parameters as fields, and define
    `run`. Raise FlowError for what a flow may handle; any other exception counts as a bug.
    """

    async def run(self, event: Event) -> Event:
        """The event after this step. The event that came in stays as it is."""
        raise NotImplementedError(f"{type(self).__name__} does not define run")


class Operation(Processor):
    """A processor with a result, which becomes the payload, or goes to a variable by `target`."""

    target: Name | None = None
    """The variable that takes the result; payload and attributes then stay as they are."""

    target_value: Expression = Expression("payload")
    """What of the result goes to the variable; the expression sees the result as payload and attributes."""

    def deliver(self, event: Event, result: Any, attributes: Any | UnsetType = UNSET) -> Event:
        """The event with the result where the parameters want it."""
        if self.target is None:
            return event.with_payload(result, {} if attributes is UNSET else attributes)
        if self.target_value is not WHOLE_PAYLOAD:
            result = self.target_value.evaluate(event.with_payload(result, {} if attributes is UNSET else attributes))
        return event.with_variable(self.target, result)


WHOLE_PAYLOAD = Operation.target_value


class Source(Element):
    """What starts a flow: it makes events and hands them to the flow."""

    default_timeout: ClassVar[float | None] = None
    """The deadline, in seconds, of flows that set none."""

    def claims(self) -> list[str]:
        """What only one source may have, such as `POST /orders`: a second flow with the same is a mistake."""
        return []


class Config(Element):
    """A global element that others name by `config-ref`; it may hold connections."""

    async def start(self) -> None:
        """Open what must be open before the first event. Raise FlowError where that fails."""

    async def stop(self) -> None:
        """Close what was opened."""
