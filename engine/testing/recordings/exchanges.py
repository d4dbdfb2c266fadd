"""A recorded request: the request, the outward calls meanwhile, the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.types import Message, Scope

from engine.serving.headers import Headers
from engine.steps.chain import Step
from engine.values.errors import FlowError
from engine.values.event import Event

MOST_BYTES = 2**20
"""For a request, and for an answer: longer ones are not recorded."""


@dataclass
class Call:
    """One outward call. after: the event that left it; failure: the error instead; without either it was cut off.

    is_beside: whether another one was under way; streamed: the part read of a result that is a stream.
    """

    step: Step
    before: Event
    after: Event | None = None
    failure: FlowError | None = None
    is_over: bool = False
    is_beside: bool = False
    streamed: list[Any] | None = None


@dataclass
class Exchange:
    """A request, its calls in the order in which they began, and its answer.

    began: when, by its flow's time, which only waits move on. seed: the seed of its random numbers.
    """

    scope: Scope
    seed: int
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    body: bytearray = field(default_factory=bytearray)
    calls: list[Call] = field(default_factory=list)
    status: int = 0
    headers: Headers = field(default_factory=lambda: Headers([]))
    content: bytearray = field(default_factory=bytearray)
    is_whole: bool = False
    file: Path | None = None
    waited: float = 0.0

    def heard(self, message: Message) -> None:
        if message["type"] == "http.request":
            self.body += message.get("body", b"")[: MOST_BYTES + 1 - len(self.body)]

    def said(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = Headers([(bytes(name), bytes(value)) for name, value in message["headers"]])
        elif message["type"] == "http.response.body":
            self.content += message.get("body", b"")[: MOST_BYTES + 1 - len(self.content)]
            self.is_whole = not message.get("more_body")
