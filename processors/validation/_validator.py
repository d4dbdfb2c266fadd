"""What validators have in common: void when the rule holds, their own error when not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine import ErrorType, Event, FlowError, Template, VoidOperation
from engine.connectors import VALIDATION, Appended

OF_MODULE = VALIDATION.child("VALIDATION", "VALIDATION")
"""What handlers name to take the errors of all validators (Mule)."""


class Validator(VoidOperation):
    """The base of the validators: `holds` says whether the event keeps the rule."""

    message: Template | None = None
    """What the error says; it may go to a caller. Left out, it names the rule."""

    raises: ClassVar[tuple[ErrorType, ...]] = ()

    rule: ClassVar[str]
    """The error's description where no message is given."""

    def holds(self, event: Event) -> bool:
        raise NotImplementedError

    def broken(self, event: Event) -> ErrorType:
        """The type of the error that an event raises for which the rule does not hold."""
        return self.raises[0]

    def run_plain(self, event: Event) -> Event:
        if self.holds(event):
            return event
        message = self.message.text(event) if self.message else ""
        raise FlowError(self.broken(event), message or self.rule)


def violation(identifier: str) -> ErrorType:
    """An error type of the namespace VALIDATION, a kind of VALIDATION:VALIDATION."""
    return OF_MODULE.child(identifier)


def size_of(value: Any) -> int | None:
    """How many elements a list has, entries a map; None of all else."""
    return len(value) if isinstance(value, (list, Appended, Mapping)) else None
