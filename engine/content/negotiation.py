"""Chooses the media type of an answer from those that the caller accepts (RFC 9110, 12.5.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from engine.content.bodies import JSON, ContentError, TooMuchContent, write_content
from engine.values.refusal import Refusal

WRITABLE = (JSON, "application/x-ndjson", "application/xml", "text/xml", "text/csv", "application/yaml", "text/plain")
"""The media types that maps, lists and numbers can be written in; the first one if the caller accepts anything."""

OF_BROWSERS = "text/html"
"""A caller that accepts pages as well as XML is a person with a browser: JSON is easiest to read."""

ANYTHING = frozenset({"", "*/*", JSON})


class Range(NamedTuple):
    """A media range of an Accept header, and its quality."""

    main: str
    sub: str
    quality: float

    def takes(self, media_type: str) -> bool:
        main, _, sub = media_type.partition("/")
        return self.main in ("*", main) and self.sub in ("*", sub)


def write_accepted(payload: Any, accept: str) -> tuple[bytes, str | None]:
    """Write a payload whose media type the flow left open in the type that the caller prefers.

    Raises Refusal (406) if the payload cannot be written in any type that the caller accepts, ContentError if it cannot
    be written at all: a payload that is too large in one type is not tried in another.
    """
    if accept in ANYTHING or isinstance(payload, (str, bytes, bytearray)) or payload is None:
        return write_content(payload, None)
    for media_type in preferred(accept):
        try:
            return write_content(payload, media_type)
        except ContentError as error:
            if media_type == JSON or isinstance(error, TooMuchContent):
                raise
    raise Refusal(406, "HTTP:NOT_ACCEPTABLE", f"the answer can be had as one of {', '.join(WRITABLE)}")


def preferred(accept: str) -> list[str]:
    """Return the accepted media types that can be written, best first."""
    ranges = list(_ranges(accept))
    if any(f"{each.main}/{each.sub}" == OF_BROWSERS for each in ranges):
        return [JSON]
    qualities = {media_type: _quality(media_type, ranges) for media_type in WRITABLE}
    return sorted((each for each in WRITABLE if qualities[each] > 0), key=lambda each: -qualities[each])


def _ranges(accept: str) -> Iterator[Range]:
    for entry in accept.lower().split(","):
        essence, *parameters = (part.strip() for part in entry.split(";"))
        main, slash, sub = essence.partition("/")
        if slash:
            yield Range(main, sub, next(map(_number, (each for each in parameters if each.startswith("q="))), 1.0))


def _number(parameter: str) -> float:
    try:
        return min(1.0, max(0.0, float(parameter.removeprefix("q="))))
    except ValueError:
        return 0.0


def _quality(media_type: str, ranges: list[Range]) -> float:
    """Return the quality of a media type: that of the most specific range that matches it."""
    taking = [each for each in ranges if each.takes(media_type)]
    return max(taking, key=lambda each: (each.main != "*") + (each.sub != "*")).quality if taking else 0.0
