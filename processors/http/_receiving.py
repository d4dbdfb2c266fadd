"""Reading a body with a bound; imported with aiohttp."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import aiohttp
from aiohttp.http_exceptions import BadHttpMessage, ContentLengthError, TransferEncodingError
from yarl import URL

from engine import FlowError
from engine.connectors import INFLATERS, CutOff, Damaged, TooDense, give_turn, inflated
from processors._pool import Unbounded
from processors.http._errors import BAD_REQUEST, HTTP_CONNECTIVITY, PARSING, REDIRECTION, RESPONSE_TOO_LARGE
from processors.http._redirects import PrivateAddress

NO_URL = "the url of the request is no http or https url"
UNKNOWN = frozenset({"br", "zstd", "compress", "x-compress"})
"""Encodings that were not asked for; any other value of the header is not an encoding of HTTP's, and stays."""
FAILURES = (aiohttp.ClientError, OSError, ValueError)
"""The exceptions of aiohttp that are not our mistake."""


async def chunks_of(response: aiohttp.ClientResponse, most: int) -> AsyncGenerator[bytes, None]:
    """Yield the body, inflated, as it comes; other tasks get their turn, however much one byte inflates to.

    Raise HTTP:RESPONSE_TOO_LARGE as soon as there are more bytes than `most`, or far more than came.
    """
    announced = response.content_length
    if announced is not None and announced > most and response.method != "HEAD":
        raise _too_large(most)
    size = 0
    try:
        async for chunk in _inflated(response):
            size += len(chunk)
            if size > most:
                raise _too_large(most)
            yield chunk
            await give_turn()
    except FAILURES as error:
        raise failure_of(error, response.url) from error


def _inflated(response: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    came = _came(response, is_readable=encoding not in UNKNOWN)
    return inflated(came, encoding, has_members=True) if encoding in INFLATERS else came


async def _came(response: aiohttp.ClientResponse, *, is_readable: bool) -> AsyncGenerator[bytes, None]:
    async for chunk in response.content.iter_any():
        if not is_readable:
            raise Damaged
        yield chunk


def _too_large(most: int) -> FlowError:
    return FlowError(RESPONSE_TOO_LARGE, f"the upstream's answer is larger than {most} bytes")


def failure_of(error: Exception, url: URL) -> FlowError:
    """Return the flow's error for one of aiohttp. Details go to the log: the origin, but no path, query or header."""
    unbounded = error.__cause__.message if isinstance(error.__cause__, Unbounded) else ""
    said = unbounded or getattr(error, "os_error", None) or type(error).__name__
    if isinstance(error, TooDense):
        return FlowError(RESPONSE_TOO_LARGE, f"the upstream's answer inflates to {error}")
    detail = f"{url.origin() if url.absolute else 'a url without a host'}: {said}"
    if isinstance(said, PrivateAddress):
        return FlowError(REDIRECTION, "the upstream redirects to a private address", detailed_description=detail)
    if isinstance(error, (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, UnicodeError)):
        return FlowError(BAD_REQUEST, NO_URL, detailed_description=detail)
    if isinstance(error, CutOff):
        reason = "the upstream's answer ends before its Content-Encoding does"
        return FlowError(HTTP_CONNECTIVITY, reason, detailed_description=detail)
    if isinstance(error, Damaged):
        reason = "the upstream's answer is not what its Content-Encoding says"
        return FlowError(PARSING, reason, detailed_description=detail)
    if is_no_http(error):
        return FlowError(PARSING, "the upstream's answer is no HTTP", detailed_description=detail)
    return FlowError(HTTP_CONNECTIVITY, _reason(error), detailed_description=detail)


def is_no_http(error: Exception) -> bool:
    """Return whether an answer came that cannot be read (its head, its Content-Encoding), and did not just end."""
    if isinstance(error, aiohttp.ClientPayloadError):
        cause = error.__cause__
        return isinstance(cause, BadHttpMessage) and not isinstance(cause, (ContentLengthError, TransferEncodingError))
    return isinstance(error, aiohttp.ClientResponseError) and not isinstance(error, aiohttp.ClientHttpProxyError)


def _reason(error: Exception) -> str:
    """Return the reason why the connection failed, without its address."""
    return next((text for kinds, text in REASONS if isinstance(error, kinds)), "the upstream closed the connection")


REASONS = (
    (
        (aiohttp.ClientSSLError, aiohttp.ClientConnectorCertificateError),
        "the upstream's certificate or TLS is not accepted",
    ),
    ((aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError), "the proxy cannot be used"),
    ((aiohttp.ClientConnectorDNSError,), "the upstream's name cannot be resolved"),
    ((aiohttp.ConnectionTimeoutError,), "the upstream did not take the connection in time"),
    ((aiohttp.ClientConnectorError,), "the upstream cannot be reached"),
)
