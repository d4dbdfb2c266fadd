"""Checks the head of a request: what is refused without asking a flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.content.problem import PROBLEM, problem
from engine.wire.answer_head import answer_head
from engine.wire.connections import Connections

RawHeaders = Sequence[tuple[bytes, bytes]]
VERSIONS = frozenset({"1.0", "1.1"})
RETRY_AFTER = ((b"retry-after", b"1"),)


class Refused(Exception):
    """A request that is answered without asking a flow; its connection ends."""

    def __init__(
        self, status: int, detail: str, error_type: str = "HTTP:BAD_REQUEST", headers: RawHeaders = ()
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.error_type, self.headers = status, detail, error_type, headers

    def answer(self, correlation_id: str, default_headers: RawHeaders) -> bytes:
        body = problem(self.status, "", correlation_id, self.error_type, self.detail)
        headers = [
            *default_headers,
            *self.headers,
            (b"content-type", PROBLEM.encode()),
            (b"content-length", b"%d" % len(body)),
            (b"x-correlation-id", correlation_id.encode()),
            (b"connection", b"close"),
        ]
        return answer_head(self.status, headers) + body


def check_head(version: str, method: bytes, headers: RawHeaders, named: Mapping[bytes, bytes]) -> None:
    """Raise Refused for invalid and for unsupported requests. named: the headers by name, one of each name."""
    if version not in VERSIONS:
        raise Refused(505, "the version of HTTP is none of 1.0, 1.1", "HTTP:VERSION_NOT_SUPPORTED")
    if method == b"CONNECT":  # a proxy in between would take an answer for a tunnel
        raise Refused(501, "this is no proxy", "HTTP:NOT_IMPLEMENTED")
    is_coded = b"transfer-encoding" in named
    if is_coded and any(name == b"transfer-encoding" and value.lower() != b"chunked" for name, value in headers):
        raise Refused(501, "the Transfer-Encoding is another than chunked", "HTTP:NOT_IMPLEMENTED")
    has_host = b"host" in named
    is_host_doubled = len(named) < len(headers) and sum(name == b"host" for name, _ in headers) > 1
    if is_host_doubled or (not has_host and version == "1.1"):  # RFC 9112, 3.2
        raise Refused(400, "a request has one Host header")
    if is_coded and version == "1.0":  # RFC 9112, 6.1
        raise Refused(400, "HTTP/1.0 has no Transfer-Encoding")


def check_size(url: bytes, headers: RawHeaders, limits: Connections) -> None:
    """Raise Refused for a head over the limits."""
    if len(url) > limits.max_header_size:
        detail = f"the request line is larger than {limits.max_header_size} bytes"
        raise Refused(414, detail, "HTTP:URI_TOO_LONG")
    if len(headers) > limits.max_headers:
        raise Refused(431, f"there are more than {limits.max_headers} headers", "HTTP:HEADERS_TOO_LARGE")
    if size_of(headers) > limits.max_header_size:
        raise headers_too_large(limits)


def size_of(headers: RawHeaders) -> int:
    """Return the size of headers in bytes."""
    return sum(len(name) + len(value) for name, value in headers)


def headers_too_large(limits: Connections) -> Refused:
    return Refused(431, f"the headers are larger than {limits.max_header_size} bytes", "HTTP:HEADERS_TOO_LARGE")


def too_much_behind(limits: Connections) -> Refused:
    """Return the refusal of too many trailers (limited like headers) or too much else between chunks."""
    detail = f"more than {limits.max_header_size} bytes stand between the chunks of the body, or behind them"
    return Refused(431, detail, "HTTP:HEADERS_TOO_LARGE")


def no_room() -> Refused:
    return Refused(503, "the requests that are on their way are too large together", "", RETRY_AFTER)


def too_many_connections() -> Refused:
    return Refused(503, "there are too many connections", "", RETRY_AFTER)
