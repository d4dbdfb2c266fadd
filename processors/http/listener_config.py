from __future__ import annotations

from typing import Annotated, ClassVar

from engine import Config, Connections, Cors, Duration, Field, Size
from processors.http._server_tls import ServerTls


class ListenerConfig(Config):
    """Where HTTP requests come in; listeners name it by config-ref.

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
    """The address to listen at; 0.0.0.0 is every one of the machine."""

    port: Annotated[int, Field(ge=0, le=65535)] = 8081
    """The port; 0 takes a free one."""

    base_path: str = ""
    """What stands before the path of each listener."""

    max_body_size: Size = 10 * 2**20
    """The largest body that is read, in bytes or as 10MiB; a larger one is answered with 413.
    A compressed body (gzip, deflate) may inflate to as much."""

    read_timeout: Duration = 30.0
    """How long the whole body may take to arrive before the request is answered with 408."""

    header_timeout: Annotated[Duration, Field(gt=0)] = 10.0
    """How long the request line and the headers may take to arrive before the request is answered with 408."""

    connection_idle_timeout: Annotated[Duration, Field(gt=0)] = 30.0
    """How long a connection is kept between two requests."""

    max_header_size: Annotated[Size, Field(ge=1024)] = 64 * 2**10
    """How large the request line may be (else 414), and how large the headers together (else 431)."""

    max_headers: Annotated[int, Field(ge=1)] = 100
    """How many headers a request may have; one with more is answered with 431."""

    tls: ServerTls | None = None
    """Answer HTTPS only: certificate and key as PEM files beside the flow file; clientCa lets in only callers with a
    certificate of that authority, which flows see as attributes.clientCertificate."""

    cors: Cors | None = None
    """Which pages of other origins may call."""

    api_docs: bool | None = None
    """Whether GET /openapi.json describes the flows of this address, and GET /docs shows that to people (Swagger UI).
    Left out, only where the address is this machine's own, such as 127.0.0.1; `engine serve --docs` wins."""

    connections: ClassVar[Connections]

    def __post_init__(self) -> None:
        tls = self.tls.context if self.tls else None
        connections = Connections(
            tls, self.header_timeout, self.connection_idle_timeout, self.max_header_size, self.max_headers
        )
        self._prepare(connections=connections)
