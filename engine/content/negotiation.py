"""Which of the media types that a caller accepts an answer is written in (RFC 9110, 12.5.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from engine.content.bodies import JSON, ContentError, TooMuchContent, write_content
from engine.values.refusal import Refusal

WRITABLE = (JSON, "application/x-ndjson", "application/xml", "text/xml", "text/csv", "application/yaml", "text/plain")
"""What maps, lists and numbers can be written as; the first is what is written to who accepts anything."""

OF_BROWSERS = "text/html"
"""Who accepts pages, and XML beside them, is a person with a browser: JSON reads best."""

ANYTHING = frozenset({"", "*/*", JSON})


class Range(NamedTuple):
    """A media range of an Accept header, and how much it is wanted."""

    main: str
    sub: str
    quality: float

    def takes(self, media_type: str) -> bool:
        main, _, sub = media_type.partition("/")
        return self.main in ("*", main) and self.sub in ("*", sub)


def write_accepted(payload: Any, accept: str) -> tuple[bytes, str | None]:
    """The body of a payload whose media type the flow left open, in what the caller likes best.

    Raises Refusal (406) where the payload cannot be written in anything that the caller accepts,
    ContentError where it cannot be written at all: what is too large in one type is not tried in another.
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
    """The media types that can be written and are accepted, best first."""
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
    """How much a media type is wanted: as the most specific range that takes it says."""
    taking = [each for each in ranges if each.takes(media_type)]
    return max(taking, key=lambda each: (each.main != "*") + (each.sub != "*")).quality if taking else 0.0
