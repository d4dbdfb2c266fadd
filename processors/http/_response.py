"""The response as a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import FlowError, Message
from engine.connectors import ContentError, Headers, TooMuchContent, read_content
from processors.http._errors import PARSING, REDIRECTION, RESPONSE_TOO_LARGE, type_of_status

if TYPE_CHECKING:
    from aiohttp import ClientResponse


def attributes_of(response: ClientResponse) -> dict[str, Any]:
    return {
        "statusCode": response.status,
        "reasonPhrase": response.reason or "",
        "headers": Headers(response.raw_headers),
    }


def accepted(body: bytes, attributes: dict[str, Any]) -> Message:
    """Return the message of a success.

    Raise HTTP:PARSING for a body that does not match its Content-Type, HTTP:RESPONSE_TOO_LARGE for one that holds too
    many values.
    """
    media_type = attributes["headers"].get("content-type")
    try:
        return Message(read_content(body, media_type), attributes, media_type)
    except TooMuchContent as error:
        reason = "the upstream's answer holds too much"
        raise FlowError(RESPONSE_TOO_LARGE, reason, detailed_description=str(error)) from error
    except ContentError as error:
        reason = "the upstream's answer is not what its Content-Type says"
        message = rejected(body, attributes)
        raise FlowError(PARSING, reason, detailed_description=str(error), error_message=message) from error


def unread(body: bytes, attributes: dict[str, Any]) -> Message:
    """Return the message of a success; a body that does not match its Content-Type stays bytes."""
    try:
        return accepted(body, attributes)
    except FlowError as error:
        if error.type != PARSING:
            raise
        return Message(body, attributes, attributes["headers"].get("content-type"))


def rejected(body: bytes, attributes: dict[str, Any]) -> Message:
    """Return the message of a failure: a body that does not parse stays text, and hides nothing."""
    media_type = attributes["headers"].get("content-type")
    try:
        return Message(read_content(body, media_type), attributes, media_type)
    except ContentError:
        return Message(body.decode("utf-8", "replace"), attributes, media_type)


def failure(message: Message, refusal: str) -> FlowError:
    """Return the error of a rejected status, or of a redirect not followed, with the upstream's message."""
    status = message.attributes["statusCode"]
    if refusal:
        return FlowError(REDIRECTION, refusal, error_message=message)
    return FlowError(type_of_status(status), f"the upstream answered with status {status}", error_message=message)
