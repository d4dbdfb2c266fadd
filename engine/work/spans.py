"""What a trace records: the interface of a tracer, which has no library behind it unless somebody asks for traces."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from types import MappingProxyType, TracebackType
from typing import Any, NamedTuple, Protocol, Self

from engine.values.tracing import trace_headers
from engine.work.held_lines import is_held

Attributes = Mapping[str, str | int | float | bool | Sequence[str]]
"""Names are OpenTelemetry's semantic conventions; `engine.…` if they have none."""


class SpanKind(Enum):
    """The part that a span has in a conversation (OpenTelemetry's SpanKind)."""

    INTERNAL = "INTERNAL"
    SERVER = "SERVER"
    CLIENT = "CLIENT"
    PRODUCER = "PRODUCER"
    CONSUMER = "CONSUMER"


class Shown(NamedTuple):
    """How a trace shows something: the name of its span, of which there are few, and what is known beforehand."""

    name: str
    kind: SpanKind = SpanKind.INTERNAL
    attributes: Attributes = MappingProxyType({})


BATCH_SIZE = "db.operation.batch.size"
OPERATION, TEXT = "db.operation.name", "db.query.text"


def batch_of(calls: Sequence[Shown]) -> Shown:
    """Return how many calls are shown that are done as one: what they have in common, and all of their statements."""
    first, *others = calls or [Shown("")]
    common = {
        name: value for name, value in first.attributes.items() if all(_has(each, name, value) for each in others)
    }
    texts = dict.fromkeys(str(each.attributes[TEXT]) for each in calls if TEXT in each.attributes)
    if texts:
        common[TEXT] = "; ".join(texts)
    common[OPERATION] = f"BATCH {common.get(OPERATION, '')}".rstrip()
    name = first.name if all(each.name == first.name for each in others) else ""
    return Shown(f"BATCH {name}".rstrip(), SpanKind.CLIENT, common)


def _has(shown: Shown, name: str, value: object) -> bool:
    return shown.attributes.get(name) == value


class Span(Protocol):
    """A span that is being recorded. It is the current one until it ends; used as a context, it ends with that."""

    def inner(self, shown: Shown) -> Span:
        """Begin a span inside this one."""
        ...

    def set(self, attributes: Attributes) -> None:
        """Add attributes."""

    def note(self, name: str, attributes: Attributes) -> None:
        """Add an event: something that happened at this moment."""

    def link(self, headers: Mapping[str, str]) -> None:
        """Point to the span of another trace, by the headers that came with a message of it."""

    def about(self, error: BaseException) -> None:
        """Tell the type and the place of an error, without saying that the span failed."""

    def fail(self, kind: str, description: str = "") -> None:
        """Say that it failed, unless that was said before. kind: the type of the error."""

    def failed(self, error: BaseException) -> None:
        """Say that it failed with an error, and tell what is known about that."""

    def end(self) -> None:
        """End it, and make the span around it the current one again."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End it; if an error leaves the context, it has failed with that."""


class Tracer(Protocol):
    """Decides which traces are recorded, and begins their spans."""

    def enter(self, show: Callable[..., Shown], *about: Any) -> Span | None:
        """Begin the span of an event where its flow starts; None if the trace is not sampled.

        Headers for the requests of the event are there in any case. show: returns how the event is shown, given
        `about`; called only if it is recorded.
        """
        ...


class Recorded(dict[str, str]):
    """The headers of a span that is being recorded."""

    __slots__ = ("span",)

    span: Span


def current_span() -> Span | None:
    """Return the span that is being recorded here. None: the trace is not sampled, nobody traces, or the work belongs
    to a batch, which has one span for all of it."""
    headers = trace_headers.get()
    return None if type(headers) is not Recorded or is_held() else headers.span
