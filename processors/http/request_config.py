from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator

from engine import Config, Duration, Event, Field, Mistake, Runtime, Template, prepared, refuse
from engine.connectors import Measures, Reconnection, Size
from engine.limits import LARGEST_TOKEN_ANSWER, MOST_CONNECTIONS, MOST_REDIRECTS
from processors.http._address import HEAD
from processors.http._authentication import Authentication, Tokens
from processors.http._errors import REQUEST_TYPES
from processors.http._meter import ClientMeter, ConnectionCounts, measure_connections
from processors.http._outgoing import Outgoing, constant_headers, in_time
from processors.http._proxy import Proxy
from processors.http._redirects import Redirects
from processors.http._tls import ClientTls

if TYPE_CHECKING:
    from processors.http._client import Client


def _url(value: str) -> str:
    if HEAD.match(value) is None or "?" in value or "#" in value:
        refuse([Mistake("F303", f"'{value}'", "a url such as https://example.org/api, without a query")])
    return value


SendCorrelationId = Literal["AUTO", "ALWAYS", "NEVER"]


class RequestConfig(Config):
    """The target of http:requests, and how they reach it; requests refer to it by config-ref.

    Connections are kept and used again, at most `maxConnections` at the same time; a request beyond waits within its
    responseTimeout. Nothing is repeated: a connection that breaks is HTTP:CONNECTIVITY. Cookies are not kept, the
    environment's proxy is not used.

    A redirect to another scheme is not followed, nor one to a private address on another host: both are
    HTTP:REDIRECTION, unless allowed here. A host other than the original one gets no header but accept,
    accept-language, content-type and the correlation id.

    Example:
        configs:
          Orders:
            http:request-config:
              url: "https://orders.example.org/api"
              headers: {x-shop: north}
              authentication: {basic-authentication: {username: shop, password: "${secret:password:open}"}}
              responseTimeout: 2s
        run:
          - http:request: {config-ref: Orders, path: "/orders/{id}", uri-params: {id: 7}}
        mock: [{processor: http:request, with: {config-ref: Orders}, return: {payload: {id: 7, note: urgent}}}]
        expect: {payload.note: urgent}
    """

    url: Annotated[str | None, AfterValidator(lambda value: value and _url(value))] = None
    """Scheme, host, port and base path in one: `https://example.org/api`."""

    protocol: Literal["HTTP", "HTTPS"] = "HTTP"
    """The scheme, if there is no url."""

    host: str | None = None
    """The host, if there is no url."""

    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """The port, if there is no url; 80 or 443, if left out."""

    base_path: str = ""
    """The prefix of the path of each request, if there is no url."""

    headers: Template = Template({})
    """Headers of each request; those of the request win."""

    query_params: Annotated[Template, Field(alias="query-params")] = Template({})
    """Query parameters of each request; those of the request win."""

    authentication: Authentication | None = None
    """The credentials of requests; a header Authorization of the request wins."""

    tls: ClientTls | None = None
    """The authorities to trust, and the client's own certificate; the system's are trusted, if left out."""

    proxy: Proxy | None = None
    """A proxy between here and the upstream."""

    response_timeout: Duration | None = None
    """How long a request may take until its response is whole, redirects and tokens included; otherwise HTTP:TIMEOUT.
    If left out, it is the `defaultResponseTimeout` of the configuration (10 s)."""

    connection_timeout: Duration = 30.0
    """How long it may take to connect, TLS included; over it, HTTP:CONNECTIVITY."""

    max_connections: Annotated[int, Field(ge=1)] = MOST_CONNECTIONS
    """How many connections there may be at the same time, and as many more that are kept without a request."""

    use_persistent_connections: bool = True
    """Whether connections are kept after a response."""

    connection_idle_timeout: Duration = 30.0
    """How long a connection is kept without a request."""

    max_response_size: Size | None = None
    """The largest body of a response, inflated: 10MiB, into a file (saveTo) 1GiB; otherwise HTTP:RESPONSE_TOO_LARGE."""

    follow_redirects: bool = True
    """Whether redirects are followed."""

    max_redirects: Annotated[int, Field(ge=0)] = MOST_REDIRECTS
    """How many redirects of one request are followed; one more is HTTP:REDIRECTION."""

    allow_private_redirects: bool = False
    """Whether a redirect may lead to another host with a private address. A proxy gets host names unresolved."""

    allow_scheme_redirects: bool = False
    """Whether a redirect may lead from http to https, or back."""

    send_correlation_id: SendCorrelationId = "AUTO"
    """Whether X-Correlation-ID goes out, unless the headers have one; AUTO is ALWAYS, unless the request says it."""

    reconnection: Reconnection = Reconnection()
    """Whether the upstream must be there."""

    raises = REQUEST_TYPES
    reaches_outside = True

    base: str = prepared()
    redirects: Redirects = prepared()
    _tokens: Tokens | None = prepared()
    _meter: ClientMeter | None = prepared(None)

    def __post_init__(self) -> None:
        self._check()
        redirects = Redirects(
            self.follow_redirects, self.max_redirects, self.allow_private_redirects, self.allow_scheme_redirects
        )
        self._prepare(base=self._base(), redirects=redirects, _tokens=None)

    @cached_property
    def client(self) -> Client:
        """The connections. aiohttp takes longer to load than all flows: only running flows need it."""
        from processors.http._client import Client, UpstreamConnections

        return Client(
            UpstreamConnections(
                self.max_connections,
                self.connection_idle_timeout,
                self.connection_timeout,
                self.use_persistent_connections,
                self.tls.context if self.tls else None,
                self.proxy,
            ),
            self._meter,
        )

    def measure(self, measures: Measures, place: str) -> None:
        self._prepare(_meter=ClientMeter(measures, place))
        measure_connections(measures, place, self._counts, self.max_connections)

    def _counts(self) -> ConnectionCounts:
        return self.client.counts() if "client" in vars(self) else ConnectionCounts()

    def _check(self) -> None:
        constant_headers(self.headers)
        beside = {"host": self.host, "port": self.port, "basePath": self.base_path}
        given = [name for name, value in beside.items() if value]
        if self.url is not None and given:
            refuse([Mistake("F304", f"url and {', '.join(given)}", "one of them", "the url alone")])

    def _base(self) -> str:
        """Return the prefix of each path, without a slash at its end; empty if no host is named."""
        if self.url is not None or self.host is None:
            return (self.url or "").rstrip("/")
        port = f":{self.port}" if self.port else ""
        return _url(f"{self.protocol.lower()}://{self.host}{port}/{self.base_path.strip('/')}").rstrip("/")

    def live_in(self, runtime: Runtime) -> None:
        super().live_in(runtime)
        grant = self.authentication and self.authentication.client_credentials
        if grant and self._tokens is None:
            self._prepare(_tokens=Tokens(grant, runtime, self._fetch))
        elif self._tokens is not None:  # a reload moves it to another application, with its token
            self._tokens.live_in(runtime)

    @property
    def seconds(self) -> float:
        """How long a response may take if the request does not say it."""
        default = self.runtime.default_response_timeout
        return default if self.response_timeout is None else self.response_timeout

    async def _fetch(self, outgoing: Outgoing) -> tuple[int, Any]:
        """Return status and value of the answer of a server that issues tokens."""
        return await in_time(self.seconds, self.client.fetch(outgoing, LARGEST_TOKEN_ANSWER))

    async def credentials(self, event: Event) -> str | None:
        """Return the header Authorization of a request. Raise the errors of fetching a token."""
        if self._tokens is not None:
            return await self._tokens.get()
        given = self.authentication and self.authentication.given
        return given.credentials(event) if given else None

    def renew(self, credentials: Any) -> bool:
        """Return whether other credentials can be had than those, which the upstream refused."""
        if self._tokens is None:
            return False
        self._tokens.forget(credentials)
        return True

    async def start(self) -> None:
        _ = self.client  # not when the first request comes: nobody is served while it is loaded
        if self.reconnection.fails_deployment:
            await self.reconnection.reach(lambda: self.client.probe(self.base), self.runtime.clock)

    async def probe(self) -> Sequence[Mistake]:
        if self.base:
            await self.client.probe(self.base)
        return ()

    async def is_ready(self) -> bool:
        if self.reconnection.fails_deployment:
            await self.client.probe(self.base)
        return True

    async def stop(self) -> None:
        if "client" in vars(self):
            await self.client.close()
