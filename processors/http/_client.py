"""The connections of an http:request-config, on aiohttp. Imported when the first request is loaded."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
from aiohttp import payload
from aiohttp.abc import AbstractStreamWriter
from multidict import CIMultiDict
from yarl import URL

from engine import FlowError, __version__
from processors.http._errors import BAD_REQUEST, HTTP_CONNECTIVITY, PARSING, REDIRECTION
from processors.http._redirects import PrivateAddress, Redirects, only_public

AGENT = f"flow-engine/{__version__}"
PORTION = 2**18
"""How many bytes of a body are handed to the connection at once."""


@dataclass(frozen=True)
class Outgoing:
    """A request: its url is encoded already."""

    method: str
    url: URL
    headers: CIMultiDict[str]
    body: bytes | None = None


@dataclass(frozen=True)
class Connections:
    """How connections are made and kept; seconds."""

    most: int = 100
    idle: float = 30.0
    connect: float = 30.0
    persistent: bool = True
    tls: Callable[[], ssl.SSLContext] | None = None
    proxy: URL | None = None
    proxy_headers: CIMultiDict[str] = field(default_factory=CIMultiDict, repr=False)


class Client:
    """One pool of connections, opened in the event loop that uses it first, and again after `close`.

    It never repeats a request by itself, keeps no cookies, and reads nothing from the environment.
    """

    def __init__(self, connections: Connections) -> None:
        self.connections = connections
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    async def send(self, request: Outgoing, redirects: Redirects) -> tuple[aiohttp.ClientResponse, str]:
        """The response whose body was not read yet, and why a redirect was not followed: empty, if it was.

        The caller closes it. Raises FlowError of the types of http:request, TimeoutError where time is over.
        """
        response = await self._exchange(request, is_outside=False)
        first, is_outside, count = request.url, False, 0
        while redirects.apply_to(response):
            refusal, url = redirects.judge(request.url, response, count)
            if refusal:
                return response, refusal
            response.release()
            request = redirected(request, url, response.status)
            is_outside = is_outside or (not redirects.to_private and url.origin() != first.origin())
            response = await self._exchange(request, is_outside=is_outside)
            count += 1
        return response, ""

    async def _exchange(self, request: Outgoing, *, is_outside: bool) -> aiohttp.ClientResponse:
        try:
            return await self._session(is_outside).request(
                request.method,
                request.url,
                headers=request.headers,
                data=None if request.body is None else Body(request.body),
                allow_redirects=False,
                **self._proxy(request),
            )
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise failure_of(error, request.url) from error

    def _proxy(self, request: Outgoing) -> dict[str, Any]:
        """The proxy of a request, and what it wants to see. A plain request goes to it whole, headers included."""
        if self.connections.proxy is None:
            return {}
        headers = self.connections.proxy_headers
        if request.url.scheme == "http":
            request.headers.update(headers)
        return {"proxy": self.connections.proxy, "proxy_headers": headers.copy()}

    def _session(self, is_outside: bool) -> aiohttp.ClientSession:
        """The session; what leads outside has one of its own, which connects to public addresses only."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._sessions, self._loop = {}, loop
        if is_outside not in self._sessions:
            self._sessions[is_outside] = self._open(only_public if is_outside else None)
        return self._sessions[is_outside]

    def _open(self, socket_factory: Any) -> aiohttp.ClientSession:
        options = self.connections
        keeping: dict[str, Any] = {"keepalive_timeout": options.idle} if options.persistent else {"force_close": True}
        connector = aiohttp.TCPConnector(
            limit=options.most,
            ssl=options.tls() if options.tls else True,
            socket_factory=None if options.proxy else socket_factory,
            **keeping,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": AGENT},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=options.connect),
            skip_auto_headers=["Content-Type"],
        )
        session._retry_connection = False  # aiohttp has no other way: it would repeat a GET or PUT on a lost connection
        return session

    async def close(self) -> None:
        """Close all connections; the next request opens them again."""
        sessions, self._sessions = self._sessions, {}
        if self._loop is asyncio.get_running_loop():
            for session in sessions.values():
                await session.close()


class Body(payload.Payload):
    """Bytes in memory, written in portions so that a slow upstream holds back its writer alone."""

    _autoclose = True

    def __init__(self, body: bytes) -> None:
        super().__init__(body, content_type=None)
        self._size = len(body)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return bytes(self._value).decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        for start in range(0, len(self._value), PORTION):
            await writer.write(self._value[start : start + PORTION])


TO_GET = {301: {"POST"}, 302: {"POST"}}
"""Which methods become GET after which status; after 303 all but HEAD (RFC 9110, 15.4)."""
OF_THE_BODY = ("Content-Type", "Content-Encoding", "Content-Language", "Content-Location")
KEPT_ELSEWHERE = frozenset(
    {"accept", "accept-language", "content-type", "x-correlation-id", "traceparent", "tracestate"}
)
"""The headers that another host than the one that was asked may see."""


def redirected(request: Outgoing, url: URL, status: int) -> Outgoing:
    """The request that follows a redirect; another host gets none of the headers that may hold a secret."""
    headers = request.headers.copy()
    if url.origin() != request.url.origin():
        for name in [name for name in headers if name.lower() not in KEPT_ELSEWHERE]:
            headers.popall(name, None)
    if request.method in TO_GET.get(status, ()) or (status == 303 and request.method != "HEAD"):
        for name in OF_THE_BODY:
            headers.popall(name, None)
        return Outgoing("GET", url, headers)
    return replace(request, url=url, headers=headers)


def failure_of(error: Exception, url: URL) -> FlowError:
    """The flow's error for what aiohttp raised. Its details go to the log: the origin, but no path, query or header."""
    said = getattr(error, "os_error", None) or type(error).__name__
    detail = f"{url.origin() if url.absolute else 'a url without a host'}: {said}"
    if isinstance(said, PrivateAddress):
        return FlowError(REDIRECTION, "the upstream redirects to a private address", detailed_description=detail)
    if isinstance(error, (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, UnicodeError)):
        return FlowError(BAD_REQUEST, "the url of the request is no http or https url", detailed_description=detail)
    if isinstance(error, aiohttp.ClientResponseError) and not isinstance(error, aiohttp.ClientHttpProxyError):
        return FlowError(PARSING, "the upstream's answer is no HTTP", detailed_description=f"{detail}: {error.message}")
    return FlowError(HTTP_CONNECTIVITY, _reason(error), detailed_description=detail)


def _reason(error: Exception) -> str:
    """What went wrong with the connection, without saying where."""
    reasons: list[tuple[Any, str]] = [
        (aiohttp.ClientSSLError, "the upstream's certificate or TLS is not accepted"),
        (aiohttp.ClientConnectorCertificateError, "the upstream's certificate or TLS is not accepted"),
        (aiohttp.ClientConnectorDNSError, "the upstream's name cannot be resolved"),
        ((aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError), "the proxy cannot be used"),
        (aiohttp.ConnectionTimeoutError, "the upstream did not take the connection in time"),
        (aiohttp.ClientConnectorError, "the upstream cannot be reached"),
    ]
    return next((text for kind, text in reasons if isinstance(error, kind)), "the upstream closed the connection")
