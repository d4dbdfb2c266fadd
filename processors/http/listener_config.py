from __future__ import annotations

from typing import Annotated

from engine import Config, Duration, Field, prepared
from engine.connectors import Connections, Cors, Networks, Size
from engine.limits import (
    HEADER_TIMEOUT,
    IDLE_TIMEOUT,
    MAX_BODY_SIZE,
    MAX_HEADER_SIZE,
    MAX_HEADERS,
    MAX_UNSENT_BYTES,
    MOST_CALLERS,
    READ_TIMEOUT,
)
from processors.http._server_tls import ServerTls


class ListenerConfig(Config):
    """An address that receives HTTP requests; listeners refer to it by config-ref.

    Example:
        configs:
          Api: {http:listener-config: {port: 8081, basePath: /api}}
        flows:
          hello:
            source: {http:listener: {config-ref: Api, path: /hello, allowedMethods: GET}}
            steps: [{set-payload: {value: Hello}}]
        request: {method: GET, path: /api/hello}
        expect: {status: 200, payload: Hello}
    """

    host: str = "127.0.0.1"
    """The address to listen on; 0.0.0.0 is every one of the machine."""

    port: Annotated[int, Field(ge=0, le=65535)] = 8081
    """The port; 0 takes a free one."""

    base_path: str = ""
    """The prefix of the path of each listener."""

    max_body_size: Size = MAX_BODY_SIZE
    """The largest body that is read, in bytes or as 10MiB; a larger one is answered with 413.
    A compressed body (gzip, deflate) may inflate to as much."""

    read_timeout: Duration = READ_TIMEOUT
    """How long the whole body may take to arrive before the request is answered with 408."""

    header_timeout: Annotated[Duration, Field(gt=0)] = HEADER_TIMEOUT
    """How long the request line and the headers may take to arrive before the request is answered with 408. Before the
    first request of a connection, the handshake of TLS is part of the time."""

    connection_idle_timeout: Annotated[Duration, Field(gt=0)] = IDLE_TIMEOUT
    """How long a connection is kept between two requests."""

    max_header_size: Annotated[Size, Field(ge=1024)] = MAX_HEADER_SIZE
    """How large the request line may be (otherwise 414), and how large the headers together (otherwise 431). It also
    bounds the parts of a chunked body that are not its bytes: extensions, and trailers."""

    max_headers: Annotated[int, Field(ge=1)] = MAX_HEADERS
    """How many headers, and how many trailers, a request may have; one with more is answered with 431."""

    max_buffered_bytes: Annotated[Size | None, Field(ge=1)] = None
    """How many bytes may be held of all requests to the address that have not come whole, inflated, in each worker; one
    beyond is answered with 503 and Retry-After. A streaming listener holds the bytes that are not yet a record, a form
    those that are not yet on the disk. If left out, 64MiB, or maxBodySize if that is more."""

    max_unsent_bytes: Annotated[Size, Field(ge=1)] = MAX_UNSENT_BYTES
    """How many bytes of answers may wait for callers that take them slowly, of all connections to the address, in each
    worker; beyond, the slowest of several callers gets no more. One that takes less than 1KiB a second is given up
    anyway."""

    max_connections: Annotated[int, Field(ge=1)] = MOST_CALLERS
    """How many callers may be connected to the address in each worker; one more is answered with 503 and Retry-After.
    The number is lower if the system allows the process fewer file descriptors."""

    trusted_proxies: Networks = ()
    """The addresses and networks of the proxies in front of this server, as a list or a comma list: for their requests
    the caller (`attributes.remoteAddress`, the key of a rate limit) is the last address in X-Forwarded-For that is not
    one of them, and the scheme the last X-Forwarded-Proto. From anybody else these headers are ignored. `Forwarded` is
    not read."""

    tls: ServerTls | None = None
    """Answer HTTPS only: certificate and key as PEM files beside the flow file; clientCa lets in only callers with a
    certificate of that authority, which flows see as attributes.clientCertificate."""

    cors: Cors | None = None
    """The pages of other origins that may call."""

    api_docs: bool | None = None
    """Whether GET /openapi.json describes the flows of this address, and GET /docs shows that to people (Swagger UI).
    If left out, only if the address is this machine's own, such as 127.0.0.1; `engine serve --docs` wins."""

    connections: Connections = prepared()

    def __post_init__(self) -> None:
        connections = Connections(
            self.tls.context if self.tls else None,
            self.header_timeout,
            self.connection_idle_timeout,
            self.max_header_size,
            self.max_headers,
            self.max_connections,
            self.max_buffered_bytes,
            self.max_unsent_bytes,
            self.trusted_proxies,
        )
        self._prepare(connections=connections)
