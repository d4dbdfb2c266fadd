"""A message on its way through a queue."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from engine import Event, FlowError
from engine.connectors import NotSerialisable, restore, serialise, trace_headers
from processors.vm._errors import INVALID_VALUE

Answer = tuple[Any, str | None] | FlowError
"""What the caller of publish-consume gets: a payload and its media type, or the error of the flow."""
Reply = asyncio.Future[Answer]
"""The answer that a caller in this process waits for."""


class Replying(Protocol):
    """Takes the answer to the caller, wherever that is."""

    def done(self) -> bool: ...

    def set_result(self, answer: Answer, /) -> None: ...


@dataclass
class Envelope:
    """A payload as bytes, and the data that travels with it.

    number: its place in the queue, which it keeps, or what its server calls it. attempts: how often it was taken.
    published: when, in seconds since 1970.
    trace: the headers traceparent and tracestate of its publisher, separated by a space; None outside a trace.
    """

    data: bytes
    correlation_id: str
    number: Any = 0
    attempts: int = 0
    reply: Replying | None = None
    trace: str | None = None
    published: float = 0.0

    @classmethod
    def of(cls, payload: Any, media_type: str | None, correlation_id: str) -> Envelope:
        """Make the envelope. Raise VM:INVALID_VALUE if the payload cannot be written."""
        try:
            trace = " ".join(trace_headers.get().values()) or None
            return cls(serialise([payload, media_type]), correlation_id, trace=trace)
        except NotSerialisable as error:
            detail = str(error)
            raise FlowError(
                INVALID_VALUE, "a value cannot be put into a queue", detailed_description=detail, cause=error
            ) from error

    def open(self) -> tuple[Any, str | None]:
        """Return the payload and its media type. Raise VM:INVALID_VALUE if it cannot be read."""
        try:
            payload, media_type = restore(self.data)
        except ValueError as error:
            detail = f"message {self.number}: {error}"
            raise FlowError(INVALID_VALUE, "a message cannot be read", detailed_description=detail) from error
        return payload, media_type

    @property
    def trace_headers(self) -> Mapping[str, str]:
        """The headers of the publisher's trace; none outside a trace."""
        parent, _, state = (self.trace or "").partition(" ")
        return {"traceparent": parent, "tracestate": state} if parent else {}

    def answer(self, event: Event, payload: Any) -> None:
        """Give the caller that waits the result of the flow."""
        self._reply((payload, event.media_type if payload is event.payload else None))

    def fail(self, failure: FlowError) -> None:
        """Report to the caller that waits that the flow failed."""
        self._reply(failure)

    def _reply(self, answer: Answer) -> None:
        reply, self.reply = self.reply, None  # an error, whose traceback leads here, would make a circle of it
        if reply and not reply.done():
            reply.set_result(answer)
