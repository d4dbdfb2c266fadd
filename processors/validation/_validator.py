"""What validators have in common: void when the rule holds, their own error when not."""

from __future__ import annotations

from typing import ClassVar

from engine import VALIDATION, ErrorType, Event, FlowError, Template, VoidOperation, to_text


class Validator(VoidOperation):
    """The base of the validators: `holds` says whether the event keeps the rule."""

    message: Template | None = None
    """What the error says; it may go to a caller. Left out, it names the rule."""

    rule: ClassVar[str]
    """The error's description where no message is given."""

    def holds(self, event: Event) -> bool:
        raise NotImplementedError

    async def run(self, event: Event) -> Event:
        if self.holds(event):
            return event
        message = to_text(self.message.evaluate(event)) if self.message else ""
        raise FlowError(self.raises[0], message or self.rule)


def violation(identifier: str) -> ErrorType:
    """An error type of the namespace VALIDATION, a kind of MULE:VALIDATION."""
    return VALIDATION.child(identifier, "VALIDATION")
