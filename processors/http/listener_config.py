from __future__ import annotations

from typing import Annotated

from engine import Config, Duration, Field, Size


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
