"""The result of a case, as the left sides of its expectations see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.loading.files.place import Place
from engine.parameters.reader import ROOTS
from engine.values.errors import FlowError
from engine.values.event import Event, Message

LEFT_ROOTS = ROOTS | {
    **{name: f"event.{name}" for name in ("status", "headers", "body", "calls", "given")},
    "mediaType": "event.media_type",
}
"""The names for left sides: the roots of flows, and those that only a test knows."""


@dataclass
class Outcome:
    """The event at the end, and in addition the data that only a test knows.

    status, headers, body: the answer to a request, whose body is the payload too; error: the one with which the flow
    failed, or that caused its answer; calls: how often each element ran, by its name and its doc:name; given: the input
    of the case; media_type, `mediaType` in expectations: that of the payload.
    """

    payload: Any = None
    attributes: Any = field(default_factory=dict)
    vars: Mapping[str, Any] = field(default_factory=dict)
    error: FlowError | None = None
    correlation_id: str = ""
    media_type: str | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    calls: Mapping[str, int] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    failure: FlowError | None = None
    """The error that left the flow: a case that does not mention it has failed."""

    content: tuple[Any, Any] | None = field(default=None, compare=False)
    """The payload and its value, if a language has read it."""

    def keep_content(self, content: tuple[Any, Any]) -> None:
        self.content = content

    @property
    def message(self) -> Message:
        return Message(self.payload, self.attributes, self.media_type)

    @classmethod
    def of(cls, event: Event, **known: Any) -> Outcome:
        """Return the outcome of an event."""
        return cls(
            payload=event.payload,
            attributes=event.attributes,
            vars=event.vars,
            error=event.error,
            correlation_id=event.correlation_id,
            media_type=event.media_type,
            **known,
        )


@dataclass(frozen=True)
class Mismatch:
    """An expectation that does not hold: the expression, the expected value, the actual value.

    nearest: the matching value that differs least from the actual one; place: the place of the expectation.
    """

    expression: str
    wanted: Any
    got: Any
    nearest: Any = field(default=None, compare=False)
    place: Place | None = field(default=None, compare=False)
    note: str = field(default="", compare=False)
    """Further lines for the report."""

    def __str__(self) -> str:
        return f"{self.expression}: wanted {self.wanted!r}, got {self.got!r}"
