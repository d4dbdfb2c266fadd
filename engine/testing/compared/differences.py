"""The differences between two answers, by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from engine.content.bodies import essence_of
from engine.testing.client import Received
from engine.testing.expected.showing import in_line

MOST = 20
"""Differences of one answer that are told."""

OF_EACH_ANSWER = frozenset({
    "age", "cache-control", "connection", "content-encoding", "content-length", "date", "etag", "keep-alive", "server",
    "set-cookie", "strict-transport-security", "transfer-encoding", "vary", "via", "x-correlation-id", "x-request-id",
})  # fmt: skip
"""Headers that differ from answer to answer, or belong to the server."""

NOTHING = object()


class Difference(NamedTuple):
    """place: `status`, `headers.location` or `body.items[3].price`. was, now: as text; what is missing is `nothing`."""

    place: str
    was: str
    now: str

    def __str__(self) -> str:
        return f"{self.place}: was {self.was}, is {self.now}"


def differences(was: Received, now: Received, ignored: Sequence[str] = ()) -> list[Difference]:
    """Return where the answer differs from the one of before.

    ignored: patterns of places, in which `*` stands for anything: `body.items[*].id`, `headers.x-*`.
    """
    found = (*_status(was, now), *_headers(was.headers, now.headers), *_values("body", _body(was), _body(now)))
    return [each for each in found if not any(_matches(each.place, pattern) for pattern in ignored)]


def _matches(place: str, pattern: str) -> bool:
    return fnmatchcase(place, pattern.replace("[", "[[]")) or place.startswith((f"{pattern}.", f"{pattern}["))


def _status(was: Received, now: Received) -> Iterator[Difference]:
    if was.status != now.status:
        yield Difference("status", str(was.status), str(now.status))


def _headers(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield the headers that the answer of before had, and this one has not, or otherwise."""
    for name in was:
        if name in OF_EACH_ANSWER:
            continue
        before, after = was[name], now.get(name)
        if name == "content-type":
            before, after = essence_of(before), essence_of(after)
        if before != after:
            yield Difference(f"headers.{name}", _shown(before), "nothing" if after is None else _shown(after))


def _body(answer: Received) -> Any:
    body = answer.body
    return NOTHING if body in (b"", "") else body


def _values(place: str, was: Any, now: Any) -> Iterator[Difference]:
    if isinstance(was, dict) and isinstance(now, dict):
        for name in [*was, *(name for name in now if name not in was)]:
            yield from _values(f"{place}.{name}", was.get(name, NOTHING), now.get(name, NOTHING))
    elif isinstance(was, list) and isinstance(now, list):
        for number in range(max(len(was), len(now))):
            yield from _values(f"{place}[{number}]", _at(was, number), _at(now, number))
    elif isinstance(was, bool) is not isinstance(now, bool) or was != now:
        yield Difference(place, _shown(was), _shown(now))


def _at(values: Sequence[Any], number: int) -> Any:
    return values[number] if number < len(values) else NOTHING


def _shown(value: Any) -> str:
    return "nothing" if value is NOTHING else in_line(value)
