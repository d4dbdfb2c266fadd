from __future__ import annotations

from typing import Any

from engine import Event, Processor


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


def circle() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


PAYLOADS: dict[str, Any] = {
    "deep": nested(100_000),
    "circle": circle(),
    "object": object(),
    "huge integer": 10**5000,
    "lone surrogate": "\ud800",
    "lone surrogate in a map": {"a": "\ud800"},
    "bytes in a map": {"a": b"\xff"},
}
HEADERS: dict[str, Any] = {
    "an object": {"X-A": object()},
    "a number as name": {5: "a"},
    "no map": "X-A: a",
}


class Odd(Processor):
    """Make a payload, headers, or an exception such as only Python code can.

    Example:
        run: [{odd: {payload: bytes in a map}}]
        expect: {length(payload): 1}
    """

    payload: str | None = None
    """The name of a payload."""

    headers: str | None = None
    """The name of headers."""

    bug: str | None = None
    """The text of an exception that is a bug."""

    async def run(self, event: Event) -> Event:
        if self.bug:
            raise ValueError(self.bug)
        if self.headers:
            event = event.with_variable("outboundHeaders", HEADERS[self.headers])
        return event.with_payload(PAYLOADS[self.payload]) if self.payload else event
