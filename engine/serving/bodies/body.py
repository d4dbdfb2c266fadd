"""The body of a request, as the payload of an event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from engine.content.bodies import (
    MULTIPART,
    ContentError,
    TooMuchContent,
    UnknownCharset,
    codec_of,
    essence_of,
    fields,
    is_read_later,
    payload_of,
    reading_of,
)
from engine.expressions.digits import is_digits
from engine.limits import MOST_FIELDS
from engine.serving.bodies.incoming import Chunks, Incoming, too_large, whole
from engine.serving.bodies.inflating import INFLATERS, Damaged, TooDense, inflated
from engine.serving.bodies.records import has_records, records_of
from engine.serving.headers import Headers
from engine.serving.route import Route
from engine.values.refusal import Refusal
from engine.work.deadline import before


class Body(NamedTuple):
    """A body as the payload, and as the bytes received (inflated), if they are kept."""

    payload: Any
    raw: bytes | None = None


async def read_body(headers: Headers, incoming: Incoming, media_type: str | None, route: Route) -> Body:
    """Return the payload, read by its Content-Type or as unread bytes, as the route says; null for an empty body.

    If the route is streaming, a body of records is a Stream of any size, in which each record may be as large as a
    whole body otherwise. Raises Refusal for a body that is too large, comes too slowly, or does not match its type.
    """
    limits = route.limits
    try:
        if not route.is_raw:
            reading_of(media_type)  # refuse an unknown charset before anything is read
        if route.streaming and has_records(media_type):
            chunks = _chunks(headers, incoming, None)
            return Body(records_of(chunks, media_type, limits, route.csv, incoming.hand_on))
        read = _read_raw if route.is_raw or route.keeps_raw else _read
        return await before(limits.read_timeout, read(headers, incoming, media_type, route))
    except TimeoutError:
        detail = f"the body did not arrive within {limits.read_timeout:g} s"
        raise Refusal(408, "HTTP:REQUEST_TIMEOUT", detail, {"connection": "close"}) from None
    except UnknownCharset as error:
        raise Refusal(415, "HTTP:UNSUPPORTED_MEDIA_TYPE", str(error), is_early=True) from None
    except TooMuchContent as error:
        raise Refusal(413, "HTTP:REQUEST_TOO_LARGE", str(error)) from None
    except ContentError as error:
        raise Refusal(400, "HTTP:BAD_REQUEST", str(error)) from None


async def _read(headers: Headers, incoming: Incoming, media_type: str | None, route: Route) -> Body:
    max_body = route.limits.max_body
    if route.reads_later and is_read_later(media_type):
        return Body(await _whole(headers, incoming, max_body) or None)
    if essence_of(media_type) != MULTIPART:
        return Body(_payload(await _whole(headers, incoming, max_body), media_type, route))
    _check_announced(headers, max_body)
    return Body(await _read_multipart(_chunks(headers, incoming, max_body), media_type, max_body, incoming.keep))


async def _read_raw(headers: Headers, incoming: Incoming, media_type: str | None, route: Route) -> Body:
    """Return the bytes in addition to the payload, or as the payload."""
    max_body = route.limits.max_body
    raw = await _whole(headers, incoming, max_body)
    if route.is_raw or (route.reads_later and is_read_later(media_type)):
        return Body(raw or None, raw)
    if raw and essence_of(media_type) == MULTIPART:
        return Body(await _read_multipart(_at_once(raw), media_type, max_body, incoming.keep), raw)
    return Body(_payload(raw, media_type, route), raw)


def _payload(raw: bytes, media_type: str | None, route: Route) -> Any:
    """Return the value of a body. One that does not match its type stays bytes if the flow reads bodies by itself:
    what reads it there fails, and the flow's error handler sees that."""
    try:
        return payload_of(raw, media_type, route.csv)
    except ContentError as error:
        if not route.reads_later or isinstance(error, (UnknownCharset, TooMuchContent)):
            raise
        return raw


async def _whole(headers: Headers, incoming: Incoming, max_body: int) -> bytes:
    _check_announced(headers, max_body)
    if headers.find("content-encoding") is None:
        return await incoming.whole(max_body)
    return await whole(_chunks(headers, incoming, max_body))


def _check_announced(headers: Headers, max_body: int) -> None:
    announced = headers.find("content-length")
    if announced is not None and is_digits(announced) and int(announced) > max_body:
        raise too_large(max_body)


async def _at_once(raw: bytes) -> Chunks:
    yield raw


def _chunks(headers: Headers, incoming: Incoming, max_body: int | None) -> Chunks:
    """Return the body's bytes, inflated if compressed. Reading raises Refusal as soon as they exceed `max_body`."""
    encoding = headers.find("content-encoding", "identity").strip().lower()
    if encoding in ("identity", ""):
        return incoming.chunks(max_body)
    if encoding not in INFLATERS:
        detail = "the Content-Encoding of the body is none of gzip, deflate"
        raise Refusal(415, "HTTP:UNSUPPORTED_MEDIA_TYPE", detail, {"accept-encoding": "gzip, deflate"}, is_early=True)
    return _bounded(_inflated(incoming.chunks(max_body), encoding), max_body, incoming)


async def _inflated(chunks: Chunks, encoding: str) -> Chunks:
    try:
        async for chunk in inflated(chunks, encoding):
            yield chunk
    except TooDense as error:
        raise Refusal(413, "HTTP:REQUEST_TOO_LARGE", f"the body inflates to {error}", is_early=True) from None
    except Damaged:
        detail = "the body cannot be inflated as its Content-Encoding says"
        raise Refusal(400, "HTTP:BAD_REQUEST", detail, is_early=True) from None


async def _bounded(chunks: Chunks, max_body: int | None, incoming: Incoming) -> Chunks:
    received = 0
    async for chunk in chunks:
        received += len(chunk)
        if max_body is not None and received > max_body:
            raise too_large(max_body)
        incoming.hold(len(chunk))
        yield chunk


async def _read_multipart(
    chunks: Chunks, media_type: str | None, max_body: int, keep: Callable[[int], None]
) -> dict[str, Any]:
    from engine.serving.bodies.multipart import read_multipart  # only few requests need it

    try:
        codec = codec_of(media_type)
        return fields(await read_multipart(media_type or "", codec, chunks, MOST_FIELDS, max_body, keep))
    except ValueError as error:
        raise Refusal(400, "HTTP:BAD_REQUEST", f"the body is no multipart form: {error}") from None
