"""The body of a request, as the payload of an event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.core.deadline import before
from engine.core.refusal import Refusal
from engine.limits import MOST_FIELDS
from engine.serving.content import (
    MULTIPART,
    ContentError,
    TooMuchContent,
    UnknownCharset,
    codec_of,
    essence_of,
    fields,
    is_decoded,
    read_body,
)
from engine.serving.csv_options import CsvOptions
from engine.serving.headers import Headers
from engine.serving.incoming import Chunks, Incoming, too_large, whole
from engine.serving.inflating import INFLATERS, Damaged, TooDense, inflated
from engine.serving.records import has_records, records_of
from engine.serving.route import Limits


async def read_payload(
    headers: Headers, incoming: Incoming, media_type: str | None, limits: Limits, csv: CsvOptions, *, streaming: bool
) -> Any:
    """The payload by its Content-Type; null for an empty body.

    csv: how CSV is written. streaming: whether a body of records is a Stream, of any size, in which each
    may be as large as else the whole. Raises Refusal for a body that is too large, comes too slowly, or is not what its
    type says.
    """
    try:
        if is_decoded(media_type):
            codec_of(media_type)  # before anything is read
        if streaming and has_records(media_type):
            return records_of(_chunks(headers, incoming, None), media_type, limits, csv, incoming.hand_on)
        return await before(limits.read_timeout, _read(headers, incoming, media_type, limits.max_body, csv))
    except TimeoutError:
        detail = f"the body did not arrive within {limits.read_timeout:g} s"
        raise Refusal(408, "HTTP:REQUEST_TIMEOUT", detail, {"connection": "close"}) from None
    except UnknownCharset as error:
        raise Refusal(415, "HTTP:UNSUPPORTED_MEDIA_TYPE", str(error), is_early=True) from None
    except TooMuchContent as error:
        raise Refusal(413, "HTTP:REQUEST_TOO_LARGE", str(error)) from None
    except ContentError as error:
        raise Refusal(400, "HTTP:BAD_REQUEST", str(error)) from None


async def _read(headers: Headers, incoming: Incoming, media_type: str | None, max_body: int, csv: CsvOptions) -> Any:
    announced = headers.find("content-length", "")
    if announced.isdecimal() and int(announced) > max_body:
        raise too_large(max_body)
    if essence_of(media_type) == MULTIPART:
        return await _read_multipart(_chunks(headers, incoming, max_body), media_type, max_body, incoming.keep)
    if headers.find("content-encoding") is None:
        return read_body(await incoming.whole(max_body), media_type, csv)
    return read_body(await whole(_chunks(headers, incoming, max_body)), media_type, csv)


def _chunks(headers: Headers, incoming: Incoming, max_body: int | None) -> Chunks:
    """The body's bytes, inflated where they are compressed; Refusal as soon as there are more than `max_body`."""
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
    from engine.serving.multipart import read_multipart  # only few requests need it

    try:
        codec = codec_of(media_type)
        return fields(await read_multipart(media_type or "", codec, chunks, MOST_FIELDS, max_body, keep))
    except ValueError as error:
        raise Refusal(400, "HTTP:BAD_REQUEST", f"the body is no multipart form: {error}") from None
