"""The connections of an http:request-config, on aiohttp. Imported when the first request is loaded."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
from aiohttp import payload
from aiohttp.abc import AbstractStreamWriter
from multidict import CIMultiDict
from yarl import URL

from engine import FlowError, __version__
from engine.connectors import current_span, trace_headers
from engine.limits import LONGEST_ANSWER_LINE, MOST_ANSWER_HEADERS, MOST_CONNECTIONS
from processors._pool import Pool
from processors.http._errors import BAD_REQUEST, HTTP_CONNECTIVITY, REDIRECTION
from processors.http._meter import ClientMeter, ConnectionCounts
from processors.http._outgoing import Outgoing, Pieces
from processors.http._proxy import Proxy
from processors.http._receiving import FAILURES, NO_URL, chunks_of, failure_of
from processors.http._redirects import Redirects, only_public
from processors.http._response import attributes_of, rejected
from processors.http._saved import Destination, save
from processors.http._shown import shown_hop
from processors.http._verbatim import verbatim

AGENT = f"flow-engine/{__version__}"
ENCODINGS = ("gzip", "deflate")
"""The encodings from which answers are inflated."""
PORTION = 2**18
"""How many bytes of a body are handed to the connection at a time."""


@dataclass(frozen=True)
class Hop:
    """A request on its way: the original one, or the one that a redirect made of it."""

    method: str
    url: URL
    headers: CIMultiDict[str]
    body: Pieces | None


@dataclass(frozen=True)
class UpstreamConnections:
    """How connections are made and kept; seconds."""

    most: int = MOST_CONNECTIONS
    idle: float = 30.0
    connect: float = 30.0
    persistent: bool = True
    tls: ssl.SSLContext | None = None
    proxy: Proxy | None = None


class Client:
    """One pool of connections, opened in the event loop that uses it first, and again after `close`.

    It never repeats a request by itself, keeps no cookies, and reads nothing from the environment.
    """

    def __init__(self, connections: UpstreamConnections, meter: ClientMeter | None = None) -> None:
        """meter: measures the requests."""
        self.connections = connections
        self._meter = meter
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    async def send(self, outgoing: Outgoing, redirects: Redirects) -> tuple[aiohttp.ClientResponse, str]:
        """Return the response, its body not read yet, and why its redirect is not followed: empty if there is no
        redirect.

        The caller closes it. Raise FlowError of the types of http:request.
        """
        hop, count = first_hop(outgoing), 0
        origin = url_of(outgoing.asked, is_encoded=True) if outgoing.asked else hop.url
        if hop.url.origin() != origin.origin():
            hop = redirected(replace(hop, url=origin), hop.url, KEEPING)
        is_outside = not redirects.to_private and hop.url.origin() != origin.origin()
        response = await self._exchange(hop, is_outside=is_outside)
        while redirects.apply_to(response):
            refusal, url = redirects.judge(hop.url, response, count)
            if refusal:
                return response, refusal
            response.release()
            hop = redirected(hop, url, response.status)
            is_outside = is_outside or (not redirects.to_private and url.origin() != origin.origin())
            response = await self._exchange(hop, is_outside=is_outside)
            count += 1
        return response, ""

    def counts(self) -> ConnectionCounts:
        """Return how many connections there are now."""
        pools: list[Any] = [session.connector for session in self._sessions.values() if session.connector]
        return ConnectionCounts(*map(sum, zip(*(pool.counts() for pool in pools), strict=True)))

    async def _exchange(self, hop: Hop, *, is_outside: bool) -> aiohttp.ClientResponse:
        span = current_span()
        if span is None:
            return await self._measured(hop, is_outside=is_outside)
        before = trace_headers.get()["traceparent"]
        with span.inner(shown_hop(hop.method, hop.url)) as own:
            response = await self._measured(traced(hop, before), is_outside=is_outside)
            own.set({"http.response.status_code": response.status})
            if response.status >= 400:
                own.fail(str(response.status))
            return response

    async def _measured(self, hop: Hop, *, is_outside: bool) -> aiohttp.ClientResponse:
        if self._meter is None:
            return await self._request(hop, is_outside=is_outside)
        with self._meter.call(hop.method, hop.url) as call:
            response = await self._request(hop, is_outside=is_outside)
            call.status = response.status
            return response

    async def _request(self, hop: Hop, *, is_outside: bool) -> aiohttp.ClientResponse:
        proxy = self.connections.proxy
        through: dict[str, Any] = proxy.arguments(hop.url, hop.headers) if proxy else {}
        try:
            session = self._session(is_outside and not through)  # only the proxy knows the address behind it
            return await session.request(
                hop.method,
                hop.url,
                headers=hop.headers,
                data=None if hop.body is None else SentBody(hop.body),
                allow_redirects=False,
                **through,
            )
        except FAILURES as error:
            raise failure_of(error, hop.url) from error

    async def read(self, response: aiohttp.ClientResponse, most: int) -> bytes:
        """Return the whole body. Raise HTTP:RESPONSE_TOO_LARGE, or HTTP:CONNECTIVITY if it breaks off."""
        return b"".join([chunk async for chunk in chunks_of(response, most)])

    async def save(self, response: aiohttp.ClientResponse, most: int, file: Destination) -> int:
        """Put the body into a file as it comes; return how many bytes it has. Raise the errors of `read`."""
        return await save(chunks_of(response, most), file)

    async def fetch(self, outgoing: Outgoing, most: int) -> tuple[int, Any]:
        """Return status and value of an answer that no flow sees."""
        response, _ = await self.send(outgoing, Redirects(follow=False))
        try:
            return response.status, rejected(await self.read(response, most), attributes_of(response)).payload
        finally:
            response.close()

    async def probe(self, base: str) -> None:
        """Connect once. Raise HTTP:CONNECTIVITY if that fails."""
        url, proxy = URL(base), self.connections.proxy
        host, port = (proxy.host, proxy.port) if proxy else (url.host, url.port)
        tls = (self.connections.tls or True) if url.scheme == "https" and not proxy else None
        try:
            async with asyncio.timeout(self.connections.connect):
                _, writer = await asyncio.open_connection(host, port, ssl=tls)
            writer.close()
        except (OSError, TimeoutError) as error:
            detail = f"{host}:{port} cannot be reached: {error or 'it took too long'}"
            raise FlowError(HTTP_CONNECTIVITY, "the upstream cannot be reached", detailed_description=detail) from error

    def _session(self, is_public: bool) -> aiohttp.ClientSession:
        """Return the session; a separate one connects to public addresses only."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._sessions, self._loop = {}, loop
        if is_public not in self._sessions:
            self._sessions[is_public] = self._open(only_public if is_public else None)
        return self._sessions[is_public]

    def _open(self, socket_factory: Any) -> aiohttp.ClientSession:
        options = self.connections
        keeping: dict[str, Any] = {"keepalive_timeout": options.idle} if options.persistent else {"force_close": True}
        connector = Pool(
            limit=options.most,
            ssl=options.tls or True,
            socket_factory=socket_factory,
            **keeping,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": AGENT, "Accept-Encoding": ", ".join(ENCODINGS)},
            auto_decompress=False,  # aiohttp would accept a truncated gzip as complete
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=options.connect),
            skip_auto_headers=["Content-Type"],
            max_line_size=LONGEST_ANSWER_LINE,
            max_field_size=LONGEST_ANSWER_LINE,
            max_headers=MOST_ANSWER_HEADERS,
        )
        session._retry_connection = False  # aiohttp has no other way: it would repeat a GET or PUT on a lost connection
        return session

    async def close(self) -> None:
        """Close all connections; the next request opens them again."""
        sessions, self._sessions = self._sessions, {}
        if self._loop is asyncio.get_running_loop():
            for session in sessions.values():
                await session.close()


class SentBody(payload.Payload):
    """Pieces, written in portions so that a slow upstream holds back its writer alone."""

    _autoclose = True

    def __init__(self, pieces: Pieces) -> None:
        super().__init__(pieces, content_type=None)
        self._size = sum(len(piece) if isinstance(piece, bytes) else piece.size for piece in pieces)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        raise TypeError("the body of a request is written, not read")

    async def write(self, writer: AbstractStreamWriter) -> None:
        for piece in self._value:
            if isinstance(piece, bytes):
                for start in range(0, len(piece), PORTION):
                    await writer.write(piece[start : start + PORTION])
            else:
                async for portion in piece.portions():
                    await writer.write(portion)


def traced(hop: Hop, before: str) -> Hop:
    """Return the request with the headers of its own span, unless the flow has set others. before: that around it."""
    if hop.headers.get("Traceparent", before) != before:
        return hop
    headers = hop.headers.copy()
    headers.update({name.title(): value for name, value in trace_headers.get().items()})
    return replace(hop, headers=headers)


TO_GET = {301: {"POST"}, 302: {"POST"}}
"""The methods that become GET after each status; after 303 all but HEAD (RFC 9110, 15.4)."""
KEEPING = 307
"""A status after which method and body stay."""
OF_THE_BODY = ("Content-Type", "Content-Encoding", "Content-Language", "Content-Location")
KEPT_ELSEWHERE = frozenset(
    {"accept", "accept-language", "content-type", "x-correlation-id", "traceparent", "tracestate"}
)
"""The headers that a host other than the original one may see."""


def first_hop(outgoing: Outgoing) -> Hop:
    """Return the request as aiohttp wants it. Raise HTTP:BAD_REQUEST if the url is not valid."""
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in outgoing.headers.items():
        for each in value if isinstance(value, list) else (value,):
            headers.add(name.title(), each)
    return Hop(outgoing.method, url_of(outgoing.url, is_encoded=outgoing.is_encoded), headers, outgoing.body)


def url_of(text: str, *, is_encoded: bool) -> URL:
    """Return the url of a text. Raise HTTP:BAD_REQUEST if it is not one."""
    try:
        return URL(text, encoded=True) if is_encoded else verbatim(text)
    except ValueError as error:
        raise FlowError(BAD_REQUEST, NO_URL) from error


def next_page(first: Outgoing, before: str, to: str, redirects: Redirects) -> Outgoing:
    """Return the request for the next page's url, given by the page of another url. Raise HTTP:REDIRECTION if refused.

    The url is given by the upstream, so the rules of redirects apply: to the hosts, and to the headers they see.
    """
    asked = url_of(first.url, is_encoded=first.is_encoded)
    try:
        url = verbatim(to, URL(before, encoded=True))
    except ValueError as error:
        raise FlowError(REDIRECTION, "the upstream tells a next page that is no url") from error
    if objection := redirects.objection(asked, url):
        raise FlowError(REDIRECTION, f"the upstream tells a next page at {objection}")
    return replace(first, url=str(url), is_encoded=True, asked=str(asked))


def redirected(hop: Hop, url: URL, status: int) -> Hop:
    """Return the request that follows a redirect; another host gets none of the headers that may hold a secret."""
    headers = hop.headers.copy()
    if url.origin() != hop.url.origin():
        for name in [name for name in headers if name.lower() not in KEPT_ELSEWHERE]:
            headers.popall(name, None)
    if hop.method in TO_GET.get(status, ()) or (status == 303 and hop.method != "HEAD"):
        for name in OF_THE_BODY:
            headers.popall(name, None)
        return Hop("GET", url, headers, None)
    return replace(hop, url=url, headers=headers)
