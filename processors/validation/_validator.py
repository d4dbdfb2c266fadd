"""The base of validators: void if the rule holds, otherwise their own error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine import ErrorType, Event, FlowError, Template, VoidOperation
from engine.connectors import VALIDATION, Appended

OF_MODULE = VALIDATION.child("VALIDATION", "VALIDATION")
"""The type that handlers name to take the errors of all validators (Mule)."""


class Validator(VoidOperation):
    """The base of the validators: `holds` says whether the event keeps the rule."""

    message: Template | None = None
    """The description of the error; it may go to a caller. If left out, it names the rule."""

    raises: ClassVar[tuple[ErrorType, ...]] = ()

    rule: ClassVar[str]
    """The error's description if no message is given."""

    def holds(self, event: Event) -> bool:
        raise NotImplementedError

    def broken(self, event: Event) -> ErrorType:
        """Return the type of the error for an event that breaks the rule."""
        return self.raises[0]

    def run_plain(self, event: Event) -> Event:
        if self.holds(event):
            return event
        message = self.message.text(event) if self.message else ""
        raise FlowError(self.broken(event), message or self.rule)


def violation(identifier: str) -> ErrorType:
    """Return an error type of the namespace VALIDATION, a kind of VALIDATION:VALIDATION."""
    return OF_MODULE.child(identifier)


def size_of(value: Any) -> int | None:
    """Return how many elements a list has, or entries a map; None for anything else."""
    return len(value) if isinstance(value, (list, Appended, Mapping)) else None
