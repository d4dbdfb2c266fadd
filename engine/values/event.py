"""The event that travels through a flow: a message, variables, and the error being handled."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from msgspec import UNSET, Struct, UnsetType, field
from msgspec.structs import force_setattr, replace

from engine.values.errors import FlowError
from engine.values.fields import Fields
from engine.values.tracing import trace_fields

NOTHING: Mapping[str, Any] = MappingProxyType({})
"""The attributes of a message without any."""

STATUS = "httpStatus"
"""The variable that holds the status of the answer."""


class Message(Fields):
    """A payload with its attributes, as `message` and `rootMessage` show it. A value: never changed."""

    __slots__ = ("attributes", "content", "media_type", "payload")
    field_names = ("payload", "attributes")

    def __init__(self, payload: Any = None, attributes: Any = NOTHING, media_type: str | None = None) -> None:
        self.payload = payload
        self.attributes = attributes
        self.media_type = media_type
        self.content: tuple[Any, Any] | None = None

    def keep_content(self, content: tuple[Any, Any]) -> None:
        """Keep the payload, a text in some format, and the value that an expression has read from it."""
        self.content = content

    def get(self, name: str) -> Any:
        """Return a field, as expressions read it: payload or attributes."""
        return getattr(self, name) if name in ("payload", "attributes") else None

    def to_json(self) -> Any:
        return self.payload

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return bool(self.payload == other.payload and self.attributes == other.attributes)

    __hash__ = None  # type: ignore[assignment]  # the payload may be a list

    def __repr__(self) -> str:
        return f"Message(payload={self.payload!r}, attributes={self.attributes!r})"


class Event(Struct, frozen=True):
    """An immutable value: processors return a new event, made with `with_payload`, `with_variable` and their siblings.

    `vars` and `payload` are read only; the same lists and maps may belong to other events.
    """

    payload: Any = None
    attributes: Any = NOTHING
    vars: Mapping[str, Any] = field(default_factory=dict)
    error: FlowError | None = None
    correlation_id: str = field(default_factory=lambda: str(uuid4()))
    media_type: str | None = None
    payload_assigned: bool = False
    status_assigned: bool = False
    """Whether the payload, and the variable httpStatus, were assigned since the event entered the flow or an
    on-error-propagate chain: the caller of a failed flow is answered with what such a chain assigns."""

    logging_variables: Mapping[str, str] = NOTHING
    """Fields of each log line of the event, in addition to the correlation id."""

    content: tuple[Any, Any] | None = None
    """A payload that is a text in some format, and the value that an expression has read from it."""

    def keep_content(self, content: tuple[Any, Any]) -> None:
        """Keep what was read from the payload, for the events that follow with the same payload."""
        force_setattr(self, "content", content)

    def log_fields(self) -> dict[str, Any]:
        """Return the `extra` of a log record of this event, with the ids of the current trace."""
        return {"correlation_id": self.correlation_id, "variables": self.logging_variables, **trace_fields()}

    @property
    def message(self) -> Message:
        return Message(self.payload, self.attributes, self.media_type)

    def with_payload(
        self, payload: Any, attributes: Any | UnsetType = UNSET, *, media_type: str | None = None
    ) -> Event:
        """Return the event with this payload. The attributes stay unless given; the old media type is dropped."""
        if attributes is UNSET:
            attributes = self.attributes
        return replace(
            self, payload=payload, attributes=attributes, media_type=media_type, payload_assigned=True, content=None
        )

    def with_message_of(self, other: Event) -> Event:
        """Return the event with the payload and attributes of the other, as after a scope that restores them."""
        return replace(
            self,
            payload=other.payload,
            attributes=other.attributes,
            media_type=other.media_type,
            payload_assigned=other.payload_assigned,
        )

    def with_attributes(self, attributes: Any) -> Event:
        return replace(self, attributes=attributes)

    def with_variable(self, name: str, value: Any) -> Event:
        variables = {**self.vars, name: value}
        if name == STATUS:
            return replace(self, vars=variables, status_assigned=True)
        return replace(self, vars=variables)

    def with_variables(self, variables: Mapping[str, Any]) -> Event:
        """Return the event with these variables added to its own."""
        assigned = self.status_assigned or STATUS in variables
        return replace(self, vars={**self.vars, **variables}, status_assigned=assigned)

    def with_status_of(self, other: Event) -> Event:
        """Return the event with the other's variable httpStatus: present or not, assigned or not."""
        status = {STATUS: other.vars[STATUS]} if STATUS in other.vars else {}
        return replace(
            self, vars={**self.without_variable(STATUS).vars, **status}, status_assigned=other.status_assigned
        )

    def without_variable(self, name: str) -> Event:
        return replace(self, vars={key: value for key, value in self.vars.items() if key != name})

    def with_error(self, error: FlowError | None) -> Event:
        return replace(self, error=error)
