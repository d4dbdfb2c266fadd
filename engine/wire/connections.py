"""The limits of the connections to an address."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from engine.limits import (
    HEADER_TIMEOUT,
    IDLE_TIMEOUT,
    MAX_BUFFERED_BYTES,
    MAX_HEADER_SIZE,
    MAX_HEADERS,
    MAX_UNSENT_BYTES,
    MOST_CALLERS,
)
from engine.parameters.networks import Network


@dataclass(frozen=True)
class Connections:
    """Limits on the cost of connections to an address before a flow is asked.

    tls: their TLS settings; None for plain HTTP.
    header_timeout: seconds in which the request line and the headers of a request must arrive.
    idle_timeout: seconds that a connection is kept between two requests.
    max_header_size: bytes of the request line, and of the headers. max_headers: how many there may be.
    max_connections: how many there may be.
    max_buffered: bytes of all incomplete requests; None derives it from the largest body.
    max_unsent: bytes of all answers that wait for slow readers.
    trusted_proxies: the proxies that are believed about the callers they forward for.
    """

    tls: ssl.SSLContext | None = None
    header_timeout: float = HEADER_TIMEOUT
    idle_timeout: float = IDLE_TIMEOUT
    max_header_size: int = MAX_HEADER_SIZE
    max_headers: int = MAX_HEADERS
    max_connections: int = MOST_CALLERS
    max_buffered: int | None = None
    max_unsent: int = MAX_UNSENT_BYTES
    trusted_proxies: tuple[Network, ...] = ()

    def buffered(self, largest_body: int = 0) -> int:
        """Return how many bytes all incomplete requests may hold, if bodies may be as large as this."""
        return self.max_buffered or max(MAX_BUFFERED_BYTES, largest_body)


DEFAULT = Connections()
