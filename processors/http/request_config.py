from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator

from engine import Config, Duration, Field, Mistake, Size, Template, refuse
from processors.http._address import HEAD


def _url(value: str) -> str:
    if HEAD.match(value) is None:
        refuse([Mistake("F303", f"'{value}'", "a url such as https://example.org/api", "")])
    return value


class RequestConfig(Config):
    """Where http:requests go, and how; requests name it by config-ref.

    Example:
        configs:
          Orders: {http:request-config: {url: "http://127.0.0.1:9/api"}}
        run:
          - http:request: {config-ref: Orders, path: /orders}
        expect: {error.type: "HTTP:CONNECTIVITY"}
    """

    url: Annotated[str | None, AfterValidator(lambda value: value and _url(value))] = None
    """Scheme, host, port and base path in one: `https://example.org/api`."""

    protocol: Literal["HTTP", "HTTPS"] = "HTTP"
    """The scheme, if there is no url."""

    host: str = "localhost"
    """The host, if there is no url."""

    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """The port, if there is no url; 80 or 443, if left out."""

    base_path: str = ""
    """What stands before the path of each request, if there is no url."""

    headers: Template = Template({})
    """Headers of each request; those of the request win."""

    query_params: Annotated[Template, Field(alias="query-params")] = Template({})
    """Query parameters of each request; those of the request win."""

    response_timeout: Duration = 10.0
    """How long a request may take until its response is whole; over it, HTTP:TIMEOUT."""

    max_response_size: Size = 10 * 2**20
    """The largest body of a response, inflated; a larger one is HTTP:RESPONSE_TOO_LARGE."""

    follow_redirects: bool = True
    """Whether redirects are followed."""

    base: ClassVar[str]
    client: ClassVar[Any]

    def __post_init__(self) -> None:
        from processors.http._client import Client, Connections  # aiohttp is only for flows that use it

        self._prepare(base=self._base().rstrip("/"), client=Client(Connections()))

    def _base(self) -> str:
        if self.url is not None:
            return self.url
        port = f":{self.port}" if self.port else ""
        return f"{self.protocol.lower()}://{self.host}{port}/{self.base_path.strip('/')}"

    async def stop(self) -> None:
        await self.client.close()
