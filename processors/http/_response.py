"""What comes back: read with a bound, as a value by its media type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import ContentError, FlowError, Headers, Message, read_content
from processors.http._errors import PARSING, RESPONSE_TOO_LARGE

if TYPE_CHECKING:
    from aiohttp import ClientResponse


def attributes_of(response: ClientResponse) -> dict[str, Any]:
    return {
        "statusCode": response.status,
        "reasonPhrase": response.reason or "",
        "headers": Headers(list(response.raw_headers)),
    }


async def read_body(response: ClientResponse, most: int) -> bytes:
    """The whole body, inflated. Raises HTTP:RESPONSE_TOO_LARGE as soon as there are more bytes than `most`."""
    announced = response.content_length
    if announced is not None and announced > most and response.method != "HEAD":
        raise _too_large(most)
    chunks, size = [], 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > most:
            raise _too_large(most)
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large(most: int) -> FlowError:
    return FlowError(RESPONSE_TOO_LARGE, f"the upstream's answer is larger than {most} bytes")


def accepted(body: bytes, attributes: dict[str, Any]) -> Message:
    """The message of a success. Raises HTTP:PARSING for a body that is not what its Content-Type says."""
    media_type = attributes["headers"].get("content-type")
    try:
        return Message(read_content(body, media_type), attributes, media_type)
    except ContentError as error:
        reason = "the upstream's answer is not what its Content-Type says"
        message = Message(_as_text(body), attributes, media_type)
        raise FlowError(PARSING, reason, detailed_description=str(error), error_message=message) from error


def rejected(body: bytes, attributes: dict[str, Any]) -> Message:
    """The message of a failure: a body that does not parse stays text, and hides nothing."""
    media_type = attributes["headers"].get("content-type")
    try:
        return Message(read_content(body, media_type), attributes, media_type)
    except ContentError:
        return Message(_as_text(body), attributes, media_type)


def _as_text(body: bytes) -> str:
    return body.decode("utf-8", "replace")
