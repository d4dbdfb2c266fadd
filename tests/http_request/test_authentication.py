"""Authentication: basic, bearer, and tokens that are fetched; proxies."""

from __future__ import annotations

import asyncio
import logging
from base64 import b64encode
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import web
from asking import Ask
from fake_clock import FakeClock
from upstreams import echo, upstream

pytestmark = pytest.mark.anyio
GRANT = """
Up:
  http:request-config:
    url: "${url}"
    responseTimeout: 2s
    authentication:
      client-credentials-grant-type:
        {clientId: "me:1", clientSecret: "${secret:shop.secret}", tokenUrl: "${url}/token", scopes: [read, write]}
"""
SECRET = "s3cret&value"  # noqa: S105  # not one that opens anything


def encoded(credentials: str) -> str:
    return "Basic " + b64encode(credentials.encode()).decode()


@pytest.mark.parametrize(
    ("authentication", "sent"),
    [
        ("{basic-authentication: {username: ü, password: 'a:b'}}", encoded("ü:a:b")),
        ("{bearer-authentication: {token: abc}}", "Bearer abc"),
        ('{bearer-authentication: {token: "#[payload]"}}', "Bearer own"),
    ],
)
async def test_credentials(ask: Ask, authentication: str, sent: str) -> None:
    configs = f'Up: {{http:request-config: {{url: "${{url}}", authentication: {authentication}}}}}'
    async with upstream(echo) as server, ask("{config-ref: Up}", configs, url=server.url) as flows:
        assert (await flows.run("own")).payload["headers"]["authorization"] == sent


async def test_refused_credentials_are_not_sent_again(ask: Ask) -> None:
    configs = 'Up: {http:request-config: {url: "${url}", authentication: {bearer-authentication: {token: abc}}}}'
    async with (
        upstream(echo) as server,
        ask('{config-ref: Up, path: "/?status=401"}', configs, url=server.url) as flows,
    ):
        assert str((await flows.fails()).type) == "HTTP:UNAUTHORIZED"
    assert len(server.requests) == 1


async def test_token_that_no_header_may_hold(ask: Ask) -> None:
    configs = (
        'Up: {http:request-config: {url: "${url}", authentication: {bearer-authentication: {token: "#[payload]"}}}}'
    )
    async with upstream(echo) as server, ask("{config-ref: Up}", configs, url=server.url) as flows:
        assert str((await flows.fails("a\r\nX: y")).type) == "MULE:EXPRESSION"


class Authority:
    """Gives out t1, t2 …, and accepts those of `valid`."""

    def __init__(self, **answer: Any) -> None:
        self.given = 0
        self.valid: set[str] | None = None
        self.asked: list[tuple[str | None, str]] = []
        self.answer = answer
        self.status = 200
        self.is_asked = asyncio.Event()

    async def __call__(self, request: web.Request) -> web.Response:
        if request.path == "/token":
            self.given += 1
            self.is_asked.set()
            self.asked.append((request.headers.get("Authorization"), await request.text()))
            await asyncio.sleep(0.01)  # so that others come meanwhile
            return web.json_response({"access_token": f"t{self.given}"} | self.answer, status=self.status)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        is_valid = self.valid is None or token in self.valid
        return web.json_response({"token": token}, status=200 if is_valid else 401)


class Granted:
    """An authority, and flows that ask it for tokens."""

    def __init__(self, ask: Ask, authority: Authority, configs: str = GRANT) -> None:
        self.authority, self.clock, self._ask, self._configs = authority, FakeClock(), ask, configs
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Any:
        server = await self._stack.enter_async_context(upstream(self.authority))  # type: ignore[arg-type]
        properties = {"url": server.url, "shop.secret": SECRET}
        asking = self._ask("{config-ref: Up, path: /x}", self._configs, clock=self.clock, **properties)
        return await self._stack.enter_async_context(asking)

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()


async def test_token_is_fetched_once_and_kept(ask: Ask) -> None:
    authority = Authority(expires_in=3600)
    async with Granted(ask, authority) as flows:
        events = await asyncio.gather(*(flows.run() for _ in range(30)))
        events.append(await flows.run())
    assert [event.payload for event in events] == [{"token": "t1"}] * 31
    assert authority.asked == [(encoded("me%3A1:s3cret%26value"), "grant_type=client_credentials&scope=read+write")]


async def test_credentials_in_the_form(ask: Ask) -> None:
    authority = Authority()
    configs = GRANT.replace("scopes: [read, write]", "encodeClientCredentialsInBody: true")
    async with Granted(ask, authority, configs) as flows:
        await flows.run()
    form = "grant_type=client_credentials&client_id=me%3A1&client_secret=s3cret%26value"
    assert authority.asked == [(None, form)]


@pytest.mark.parametrize(
    ("lifetime", "passes", "fetched"), [(100, 89, 1), (100, 91, 2), ("3600", 3569, 1), (3600, 3571, 2)]
)
async def test_token_that_expires(ask: Ask, lifetime: Any, passes: float, fetched: int) -> None:
    granted = Granted(ask, Authority(expires_in=lifetime))
    async with granted as flows:
        await flows.run()
        await granted.clock.advance(passes)
        await flows.run()
    assert granted.authority.given == fetched


async def test_token_that_ends_in_the_middle(ask: Ask) -> None:
    """Thirty requests at once find out that the token is refused: one renewal, each sent once more."""
    authority = Authority(expires_in=3600)
    async with Granted(ask, authority) as flows:
        await flows.run()
        authority.valid = {"t2"}
        events = await asyncio.gather(*(flows.run() for _ in range(30)))
    assert [event.payload for event in events] == [{"token": "t2"}] * 30
    assert authority.given == 2


async def test_renewal_that_does_not_help(ask: Ask) -> None:
    authority = Authority()
    authority.valid = set()
    async with Granted(ask, authority) as flows:
        failure = await flows.fails()
    assert str(failure.type) == "HTTP:UNAUTHORIZED"
    assert failure.error_message.payload == {"token": "t2"}
    assert authority.given == 2


@pytest.mark.parametrize(
    ("status", "answer", "error_type"),
    [
        (401, {"error": "invalid_client"}, "HTTP:SECURITY"),
        (400, {"error": "invalid_scope"}, "HTTP:SECURITY"),
        (200, {"access_token": None}, "HTTP:SECURITY"),
        (200, {"access_token": "a\r\nb"}, "HTTP:SECURITY"),
        (302, {}, "HTTP:SECURITY"),
        (503, {}, "HTTP:CONNECTIVITY"),
    ],
)
async def test_no_token(
    ask: Ask, caplog: pytest.LogCaptureFixture, status: int, answer: dict[str, Any], error_type: str
) -> None:
    authority = Authority(**answer)
    authority.status = status
    with caplog.at_level(logging.DEBUG):
        async with Granted(ask, authority) as flows:
            failures = await asyncio.gather(*(flows.fails() for _ in range(5)))
    assert {str(failure.type) for failure in failures} == {error_type}
    assert authority.given == 1
    told = caplog.text + "".join(each.description + each.detailed_description + repr(each.cause) for each in failures)
    assert SECRET not in told
    assert "s3cret" not in told


async def test_one_that_waits_for_a_token_is_cancelled(ask: Ask) -> None:
    authority = Authority()
    async with Granted(ask, authority) as flows:
        first, second = asyncio.create_task(flows.run()), asyncio.create_task(flows.run())
        await authority.is_asked.wait()
        first.cancel()
        assert (await second).payload == {"token": "t1"}
    assert authority.given == 1


async def test_another_host_that_refuses_gets_no_token(ask: Ask) -> None:
    """A 401 behind a redirect is not the upstream's: the request carried no token there, and is not sent again."""

    async def refuse(request: web.Request) -> web.Response:
        return web.Response(status=401)

    async with upstream(refuse) as other:

        async def handler(request: web.Request) -> web.Response:
            if request.path == "/token":
                return web.json_response({"access_token": "t1"})
            return web.Response(status=307, headers={"Location": f"{other.url}/y"})

        configs = GRANT.replace("responseTimeout: 2s", "allowPrivateRedirects: true")
        properties = {"shop.secret": SECRET}
        async with upstream(handler) as server, ask("{config-ref: Up}", configs, url=server.url, **properties) as flows:
            assert str((await flows.fails()).type) == "HTTP:UNAUTHORIZED"
    assert [each.headers.get("Authorization") for each in other.requests] == [None]
    assert len(server.requests) == 2


# Proxies


async def test_proxy(ask: Ask) -> None:
    async def proxy(request: web.Request) -> web.Response:
        return web.json_response({"asked": str(request.url), "by": request.headers.get("Proxy-Authorization")})

    configs = """
    Up:
      http:request-config:
        url: "http://up.example.org/api"
        proxy: {host: 127.0.0.1, port: "${port}", username: u, password: p, nonProxyHosts: "localhost, *.inner"}
    """
    async with upstream(proxy) as server, ask("{config-ref: Up, path: /x}", configs, port=str(server.port)) as flows:
        assert (await flows.run()).payload == {"asked": "http://up.example.org/api/x", "by": encoded("u:p")}
        assert (await flows.run()).payload["by"] == encoded("u:p")
    assert len(server.connections) == 1


async def test_host_without_the_proxy(ask: Ask) -> None:
    configs = """
    Up: {http:request-config: {url: "${url}", proxy: {host: 127.0.0.1, port: 1, nonProxyHosts: ["127.*"]}}}
    """
    async with upstream(echo) as server, ask("{config-ref: Up}", configs, url=server.url) as flows:
        assert "proxy-authorization" not in (await flows.run()).payload["headers"]


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_proxy_that_is_not_there(ask: Ask, scheme: str) -> None:
    configs = f'Up: {{http:request-config: {{url: "{scheme}://up.example.org", proxy: {{host: 127.0.0.1, port: 9}}}}}}'
    async with ask("{config-ref: Up}", configs) as flows:
        failure = await flows.fails()
    assert (str(failure.type), failure.description) == ("HTTP:CONNECTIVITY", "the proxy cannot be used")


async def test_proxy_that_refuses_a_tunnel(ask: Ask) -> None:
    async def proxy(request: web.Request) -> web.Response:
        return web.Response(status=407)

    configs = 'Up: {http:request-config: {url: "https://up.example.org", proxy: {host: 127.0.0.1, port: "${port}"}}}'
    async with upstream(proxy) as server, ask("{config-ref: Up}", configs, port=str(server.port)) as flows:
        failure = await flows.fails()
    assert (str(failure.type), failure.description) == ("HTTP:CONNECTIVITY", "the proxy cannot be used")
