"""The body of a request, as the payload of an event."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any, Protocol

from engine.core.deadline import before
from engine.core.refusal import Refusal
from engine.serving.content import MOST_FIELDS, ContentError, UnknownCharset, codec_of, essence_of, fields, read_content
from engine.serving.headers import Headers
from engine.serving.incoming import Chunks, Incoming, too_large, whole
from engine.serving.records import has_records, records_of
from engine.serving.route import Limits

MULTIPART = "multipart/form-data"


async def read_payload(
    headers: Headers, incoming: Incoming, media_type: str | None, limits: Limits, *, streaming: bool
) -> Any:
    """The payload by its Content-Type; null for an empty body.

    streaming: whether a body of records is a Stream, of any size, in which each may be as large as
    else the whole. Raises Refusal for a body that is too large, comes too slowly, or is not what its
    type says.
    """
    try:
        if streaming and has_records(media_type):
            return records_of(_chunks(headers, incoming, None), media_type, limits, incoming.hand_on)
        return await before(limits.read_timeout, _read(headers, incoming, media_type, limits.max_body))
    except TimeoutError:
        detail = f"the body did not arrive within {limits.read_timeout:g} s"
        raise Refusal(408, "HTTP:REQUEST_TIMEOUT", detail, {"connection": "close"}) from None
    except UnknownCharset as error:
        raise Refusal(415, "HTTP:UNSUPPORTED_MEDIA_TYPE", str(error)) from None
    except ContentError as error:
        raise Refusal(400, "HTTP:BAD_REQUEST", str(error)) from None


async def _read(headers: Headers, incoming: Incoming, media_type: str | None, max_body: int) -> Any:
    announced = headers.find("content-length", "")
    if announced.isdecimal() and int(announced) > max_body:
        raise too_large(max_body)
    if essence_of(media_type) == MULTIPART:
        return await _read_multipart(_chunks(headers, incoming, max_body), media_type, max_body, incoming.keep)
    if headers.find("content-encoding") is None:
        return read_content(await incoming.whole(max_body), media_type)
    return read_content(await whole(_chunks(headers, incoming, max_body)), media_type)


# Bytes


def _chunks(headers: Headers, incoming: Incoming, max_body: int | None) -> Chunks:
    """The body's bytes, inflated where they are compressed; Refusal as soon as there are more than `max_body`."""
    encoding = headers.find("content-encoding", "identity").strip().lower()
    if encoding in ("identity", ""):
        return incoming.chunks(max_body)
    if encoding not in INFLATERS:
        detail = "the Content-Encoding of the body is none of gzip, deflate"
        raise Refusal(415, "HTTP:UNSUPPORTED_MEDIA_TYPE", detail, {"accept-encoding": "gzip, deflate"}, is_early=True)
    return _bounded(_inflated(incoming.chunks(max_body), INFLATERS[encoding]()), max_body, incoming)


async def _bounded(chunks: Chunks, max_body: int | None, incoming: Incoming) -> Chunks:
    received = 0
    async for chunk in chunks:
        received += len(chunk)
        if max_body is not None and received > max_body:
            raise too_large(max_body)
        incoming.hold(len(chunk))
        yield chunk


class Inflater(Protocol):
    """What inflates one compressed body; as zlib's objects do."""

    @property
    def eof(self) -> bool: ...

    @property
    def unconsumed_tail(self) -> bytes: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes: ...


class _Deflate:
    """`deflate` is zlib's format (RFC 9110, 8.4.1.2), but some clients send it bare: the first byte tells."""

    def __init__(self) -> None:
        self._inflater: Inflater | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inflater, name)

    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes:
        if self._inflater is None:
            is_zlib = data[:1] and data[0] & 0x0F == zlib.DEFLATED
            self._inflater = zlib.decompressobj(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)
        return self._inflater.decompress(data, max_length)


INFLATERS: dict[str, Any] = {
    "gzip": lambda: zlib.decompressobj(16 + zlib.MAX_WBITS),
    "x-gzip": lambda: zlib.decompressobj(16 + zlib.MAX_WBITS),
    "deflate": _Deflate,
}
PORTION = 2**16
"""How many bytes are inflated at once: the bound is looked at after each portion."""


async def _inflated(chunks: Chunks, inflater: Inflater) -> Chunks:
    is_empty = True
    async for chunk in chunks:
        rest = chunk
        while rest:
            is_empty = False
            try:
                portion = inflater.decompress(rest, PORTION)
            except zlib.error:
                raise _damaged() from None
            if inflater.unused_data:
                raise _damaged()
            yield portion
            rest = inflater.unconsumed_tail
    if not is_empty and not inflater.eof:
        raise _damaged()


def _damaged() -> Refusal:
    return Refusal(400, "HTTP:BAD_REQUEST", "the body cannot be inflated as its Content-Encoding says", is_early=True)


async def _read_multipart(
    chunks: Chunks, media_type: str | None, max_body: int, keep: Callable[[int], None]
) -> dict[str, Any]:
    from engine.serving.multipart import read_multipart  # only few requests need it

    codec_of(media_type)
    try:
        return fields(await read_multipart(media_type or "", chunks, MOST_FIELDS, max_body, keep))
    except ValueError as error:
        raise Refusal(400, "HTTP:BAD_REQUEST", f"the body is no multipart form: {error}") from None
