"""Error types and the errors that flows raise and handle.

The tree of the core types (Mule's; docs/language.md, "Errors"):

    ANY
    ├ TRANSFORMATION  ├ EXPRESSION  ├ VALIDATION ─ DUPLICATE_MESSAGE  ├ REDELIVERY_EXHAUSTED  ├ REPEAT_EXHAUSTED (ours)
    ├ CONNECTIVITY ─ RETRY_EXHAUSTED, CIRCUIT_OPEN (ours)  ├ ROUTING ─ COMPOSITE_ROUTING  ├ TRANSACTION  ├ TIMEOUT
    ├ SECURITY ─ CLIENT_SECURITY, SERVER_SECURITY ─ NOT_PERMITTED  ├ STREAM_MAXIMUM_SIZE_EXCEEDED
    └ UNKNOWN (caught by ANY only)          CRITICAL ─ OVERLOAD ─ FLOW_BACK_PRESSURE (never caught)

The types of HTTP statuses are here too: the server refuses callers with them, and upstreams answer with them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from engine.values.fields import Fields
from engine.values.log_places import place_fields
from engine.values.tracing import trace_fields

TYPE_NAME = re.compile(r"(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)")


class ErrorType(Fields):
    """The type of an error: a namespace, an identifier, and the type that it is a kind of.

    A value: never changed. Not a dataclass, which JSON would show as a map of its fields.
    lineage: this type and its ancestors, itself first.
    is_critical: whether it is CRITICAL or a kind of it: never caught, never retried, never the failure of one route.
    patterns: the entries of a handler's `type` that match it (TypePatterns), except ANY.
    also: another type that handlers may name for it, in addition to its lineage.
    """

    __slots__ = ("identifier", "is_critical", "lineage", "namespace", "parent", "patterns")
    field_names = ("parentErrorType", "namespace", "identifier")

    def __init__(
        self, namespace: str, identifier: str, parent: ErrorType | None = None, also: ErrorType | None = None
    ) -> None:
        self.namespace = namespace
        self.identifier = identifier
        self.parent = parent
        self.lineage: tuple[ErrorType, ...] = (self, *parent.lineage) if parent else (self,)
        self.is_critical: bool = parent.is_critical if parent else str(self) == "MULE:CRITICAL"
        inherited: list[frozenset[str]] = [kind.patterns - {f"{kind.namespace}:*"} for kind in (parent, also) if kind]
        self.patterns: frozenset[str] = frozenset({str(self), f"*:{identifier}", f"{namespace}:*"}).union(*inherited)

    def __str__(self) -> str:
        return f"{self.namespace}:{self.identifier}"

    def __repr__(self) -> str:
        return f"ErrorType({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ErrorType):
            return NotImplemented
        return self.namespace == other.namespace and self.identifier == other.identifier

    def __hash__(self) -> int:
        return hash((self.namespace, self.identifier))

    def child(self, identifier: str, namespace: str | None = None) -> ErrorType:
        return ErrorType(namespace or self.namespace, identifier, self)

    def get(self, name: str) -> Any:
        """Return a field, as expressions read it."""
        attribute = ERROR_TYPE_FIELDS.get(name)
        return attribute and getattr(self, attribute)

    to_json = __str__

    @property
    def as_string(self) -> str:
        return str(self)


ERROR_TYPE_FIELDS = {
    "namespace": "namespace", "identifier": "identifier", "parentErrorType": "parent", "asString": "as_string",
}  # fmt: skip

ANY = ErrorType("MULE", "ANY")
CRITICAL = ErrorType("MULE", "CRITICAL")
TRANSFORMATION = ANY.child("TRANSFORMATION")
EXPRESSION = ANY.child("EXPRESSION")
VALIDATION = ANY.child("VALIDATION")
CONNECTIVITY = ANY.child("CONNECTIVITY")
RETRY_EXHAUSTED = CONNECTIVITY.child("RETRY_EXHAUSTED")
CIRCUIT_OPEN = CONNECTIVITY.child("CIRCUIT_OPEN")
ROUTING = ANY.child("ROUTING")
SECURITY = ANY.child("SECURITY")
SERVER_SECURITY = SECURITY.child("SERVER_SECURITY")
TIMEOUT = ANY.child("TIMEOUT")
UNKNOWN = ANY.child("UNKNOWN")
OVERLOAD = CRITICAL.child("OVERLOAD")
FLOW_BACK_PRESSURE = OVERLOAD.child("FLOW_BACK_PRESSURE")
DUPLICATE_MESSAGE = VALIDATION.child("DUPLICATE_MESSAGE")
REDELIVERY_EXHAUSTED = ANY.child("REDELIVERY_EXHAUSTED")
REPEAT_EXHAUSTED = ANY.child("REPEAT_EXHAUSTED")
COMPOSITE_ROUTING = ROUTING.child("COMPOSITE_ROUTING")
TRANSACTION = ANY.child("TRANSACTION")
CLIENT_SECURITY = SECURITY.child("CLIENT_SECURITY")

CORE_TYPES: dict[str, ErrorType] = {
    str(error_type): error_type
    for error_type in (
        ANY, TRANSFORMATION, EXPRESSION, VALIDATION, DUPLICATE_MESSAGE, REDELIVERY_EXHAUSTED, REPEAT_EXHAUSTED,
        CONNECTIVITY, RETRY_EXHAUSTED, CIRCUIT_OPEN, ROUTING, COMPOSITE_ROUTING, TRANSACTION, TIMEOUT, SECURITY,
        CLIENT_SECURITY, SERVER_SECURITY, SERVER_SECURITY.child("NOT_PERMITTED"),
        ANY.child("STREAM_MAXIMUM_SIZE_EXCEEDED"), UNKNOWN, CRITICAL, OVERLOAD, FLOW_BACK_PRESSURE,
    )
}  # fmt: skip

CLIENT_ERROR = ANY.child("CLIENT_ERROR", "HTTP")
SERVER_ERROR = ANY.child("SERVER_ERROR", "HTTP")
HTTP_CLIENT_SECURITY = CLIENT_SECURITY.child("CLIENT_SECURITY", "HTTP")

STATUS_TYPES: dict[int, ErrorType] = {
    400: CLIENT_ERROR.child("BAD_REQUEST"),
    401: ErrorType("HTTP", "UNAUTHORIZED", HTTP_CLIENT_SECURITY, also=CLIENT_ERROR),
    403: ErrorType("HTTP", "FORBIDDEN", HTTP_CLIENT_SECURITY, also=CLIENT_ERROR),
    404: CLIENT_ERROR.child("NOT_FOUND"),
    405: CLIENT_ERROR.child("METHOD_NOT_ALLOWED"),
    406: CLIENT_ERROR.child("NOT_ACCEPTABLE"),
    415: CLIENT_ERROR.child("UNSUPPORTED_MEDIA_TYPE"),
    429: CLIENT_ERROR.child("TOO_MANY_REQUESTS"),
    500: SERVER_ERROR.child("INTERNAL_SERVER_ERROR"),
    502: SERVER_ERROR.child("BAD_GATEWAY"),
    503: SERVER_ERROR.child("SERVICE_UNAVAILABLE"),
    504: SERVER_ERROR.child("GATEWAY_TIMEOUT"),
}
"""The types of statuses that have a name; any other is CLIENT_ERROR or SERVER_ERROR (ours; Mule: UNKNOWN)."""

OF_STREAMED_BODIES = (CLIENT_ERROR.child("REQUEST_TIMEOUT"), CLIENT_ERROR.child("REQUEST_TOO_LARGE"))
"""Further errors that a flow may meet while it reads the body of its request."""

KNOWN_TYPES = CORE_TYPES | {
    str(each): each
    for each in (CLIENT_ERROR, SERVER_ERROR, HTTP_CLIENT_SECURITY, *STATUS_TYPES.values(), *OF_STREAMED_BODIES)
}
"""The types that are the same no matter who raises them: their names are enough."""

# Each connector namespace has these in addition to its own types, under the core type of the same name.
SHARED_BY_CONNECTORS = {"CONNECTIVITY": CONNECTIVITY, "RETRY_EXHAUSTED": RETRY_EXHAUSTED}


def error_type(name: str) -> ErrorType:
    """Return the type that a text names; `ID` alone is `MULE:ID`.

    Core types and those of HTTP statuses are looked up; `NS:CONNECTIVITY` and `NS:RETRY_EXHAUSTED` are
    children of their MULE namesakes; anything else is a new child of ANY. Raises ValueError for a text that names no
    type.
    """
    match = TYPE_NAME.fullmatch(name)
    if match is None:
        raise ValueError(f"{name!r} is no error type")
    namespace, identifier = match[1] or "MULE", match[2]
    known = KNOWN_TYPES.get(f"{namespace}:{identifier}")
    return known or ErrorType(namespace, identifier, SHARED_BY_CONNECTORS.get(identifier, ANY))


def as_type(named: ErrorType | str) -> ErrorType:
    """Return a type as it is, or the type with this name. Raises ValueError for a text that names none."""
    return error_type(named) if isinstance(named, str) else named


@dataclass(slots=True)
class AssignedAnswer:
    """The answer that on-error-propagate chains assigned for the caller of a failed flow.

    status: None if none was assigned.
    before: the event when the first handler began; if the error is continued, its status holds again.
    """

    status: Any = None
    has_body: bool = False
    before: Any = None  # an Event, which is in a layer above errors


class FlowError(Fields, Exception):
    """An error in a flow: raised by elements, handled by error handlers, read as `error` in expressions.

    type: an ErrorType, or its name (`NS:ID`).
    description: a sentence that may go to a caller: no SQL, expression, value, path, place, host or credential.
    detailed_description: the text of the driver or of Python, with the place; for logs, never for callers.
    cause: the error that caused this one.
    error_message: the message that came with it (the answer of an upstream).
    child_errors: the errors of routes.

    `event` (the event as it entered the failing step), `failing_component` and its doc:name, and `answer` are
    filled in on the way out, by the innermost Chain and by error handlers; `route` by scopes whose routes
    run at the same time: the route's number from 0, as text, as it stands in results and failures.
    """

    field_names = (
        "description", "detailedDescription", "errorType", "errorMessage", "childErrors", "failingComponent",
    )  # fmt: skip

    def __init__(
        self,
        type: ErrorType | str,
        description: str,
        *,
        detailed_description: str | None = None,
        cause: BaseException | None = None,
        error_message: Any = None,
        child_errors: Sequence[FlowError] = (),
    ) -> None:
        super().__init__(description)
        self.type = as_type(type)
        self.description = description
        self._detailed_description = detailed_description
        self.cause = cause
        self.error_message = error_message
        self.child_errors = child_errors
        self.failing_component: str | None = None
        self.failing_doc_name: str | None = None
        self.route: str | None = None
        self.event: Any = None  # an Event, which is in a layer above errors
        self.answer = AssignedAnswer()
        self.logged = False
        self.silenced = False
        """Whether the last handlers that it passed say that it is not logged."""

    def copy(self, **changed: Any) -> Self:
        """Return the same error, of the same class, to raise again: without event, place and answer.

        changed: new values of arguments (not the type), by name.
        """
        if "detailed_description" in changed:
            changed["_detailed_description"] = changed.pop("detailed_description")
        copy = type(self).__new__(type(self), changed.get("description", self.description))
        fresh: dict[str, Any] = dict.fromkeys(("failing_component", "failing_doc_name", "route", "event"))
        fresh |= {"answer": AssignedAnswer(), "logged": False, "silenced": False}
        vars(copy).update(vars(self) | fresh | changed)
        return copy

    def as_data(self) -> dict[str, str | None]:
        """Return what of it is kept, or told to another process: texts, which `from_data` reads."""
        return {
            "type": str(self.type), "description": self.description, "detailedDescription": self.detailed_description,
            "failingComponent": self.failing_component,
        }  # fmt: skip

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> FlowError:
        """Return the error of what `as_data` has returned; its type may be an ErrorType, too."""
        error = FlowError(data["type"], data["description"], detailed_description=data["detailedDescription"])
        error.failing_component = data["failingComponent"]
        return error

    def __str__(self) -> str:
        return self._told(self.description)

    def arose_in_handling(self, first: FlowError) -> None:
        """Keep the error that the handler was handling, as the last cause in this error's chain."""
        last = self
        while isinstance(last.cause, FlowError) and last.cause is not first:
            last = last.cause
        last.cause = first

    def forget_frames(self) -> None:
        """Drop the frames: a variable may hold the error, and a frame its variables. This avoids a reference cycle."""
        error: BaseException | None = self
        while error is not None:
            error.__traceback__ = None
            error = error.__cause__

    @property
    def detailed_description(self) -> str:
        return self._detailed_description or self.description

    @property
    def for_log(self) -> str:
        """Return everything known about it, including its place: for logs and developers, never for callers."""
        detail = self.detailed_description
        if detail.startswith(self.description):
            return self._told(detail)
        return f"{self} ({detail})"

    def log_fields(self) -> dict[str, Any]:
        """Return the `extra` of a log record of this error: that of its event, its type and its place."""
        of_event = self.event.log_fields() if self.event is not None else trace_fields()
        place = place_fields(self.failing_component, self.failing_doc_name)
        return {**of_event, **place, "error_type": str(self.type)}

    def _told(self, text: str) -> str:
        place = f" at {self.failing_component}" if self.failing_component else ""
        return f"{self.type}: {text}{place}"

    def get(self, name: str) -> Any:
        """Return a field of `error`, as expressions read it."""
        read = ERROR_FIELDS.get(name)
        return read(self) if read else None

    def to_json(self) -> dict[str, Any]:
        """Return the parts that may be shown: never the detailed description, the cause or the place."""
        return {name: self.get(name) for name in ("type", "description")}


def _cause(failure: FlowError) -> Any:
    cause = failure.cause
    return (
        cause if cause is None or isinstance(cause, FlowError) else {"description": str(cause), "message": str(cause)}
    )


ERROR_FIELDS: dict[str, Callable[[FlowError], Any]] = {
    "description": lambda failure: failure.description,
    "message": lambda failure: failure.description,  # what a cause has in Mule, which is an exception of Java
    "detailedDescription": lambda failure: failure.detailed_description,
    "errorType": lambda failure: failure.type,
    "type": lambda failure: str(failure.type),
    "cause": _cause,
    "errorMessage": lambda failure: failure.error_message,
    "childErrors": lambda failure: list(failure.child_errors),
    "failingComponent": lambda failure: failure.failing_component,
    "route": lambda failure: failure.route,
}
