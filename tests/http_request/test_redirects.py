"""Redirects: which are followed, and what another host gets to see."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Network
from typing import Any

import pytest
from aiohttp import web
from asking import Ask
from upstreams import Upstream, echo, upstream

pytestmark = pytest.mark.anyio


def redirecting(*locations: tuple[int, str]) -> Any:
    """`/0` redirects by the first, `/1` by the second …; all else is echoed."""

    async def handler(request: web.Request) -> web.StreamResponse:
        number = request.path.removeprefix("/")
        if number.isdecimal() and int(number) < len(locations):
            status, location = locations[int(number)]
            return web.Response(status=status, headers={"Location": location}, text="moved")
        return await echo(request)

    return handler


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "HEAD"])
async def test_method_and_body_after_a_redirect(ask: Ask, status: int, method: str) -> None:
    request = f'{{url: "${{url}}/0", method: {method}, body: {{a: 1}}, headers: {{X-Own: mine}}}}'
    async with upstream(redirecting((status, "/end?x=1"))) as server, ask(request, url=server.url) as flows:
        event = await flows.run()
    becomes_get = (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST")
    last = server.requests[-1]
    assert (last.method, last.path_qs) == ("GET" if becomes_get else method, "/end?x=1")
    assert last.headers["X-Own"] == "mine"
    assert ("Content-Type" in last.headers) == (not becomes_get)
    if method != "HEAD":
        assert event.payload["body"] == ("" if becomes_get else '{"a":1}')
    assert len(server.connections) == 1


async def test_redirects_that_nobody_wants(ask: Ask) -> None:
    configs = 'Up: {http:request-config: {url: "${url}", followRedirects: false}}'
    for request in ("{config-ref: Up, path: /0}", '{url: "${url}/0", followRedirects: false}'):
        async with upstream(redirecting((302, "/1"))) as server, ask(request, configs, url=server.url) as flows:
            event = await flows.run()
        assert (event.payload, event.attributes["statusCode"]) == ("moved", 302)
        assert event.attributes["headers"]["location"] == "/1"
    request = "{config-ref: Up, path: /0, followRedirects: true}"
    async with upstream(redirecting((302, "/1"))) as server, ask(request, configs, url=server.url) as flows:
        assert (await flows.run()).payload["path"] == "/1"


@pytest.mark.reaches("MOST_REDIRECTS")
async def test_redirect_loop(ask: Ask) -> None:
    configs = 'Up: {http:request-config: {url: "${url}", maxRedirects: 3}}'
    handler = redirecting((302, "/0"))
    async with upstream(handler) as server, ask("{config-ref: Up, path: /0}", configs, url=server.url) as flows:
        failure = await flows.fails()
    assert (str(failure.type), failure.description) == ("HTTP:REDIRECTION", "the upstream redirects more than 3 times")
    assert failure.error_message.payload == "moved"
    assert failure.error_message.attributes["statusCode"] == 302
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("location", "description"),
    [
        ("https://127.0.0.1/", "the upstream redirects to another scheme"),
        ("ftp://127.0.0.1/", "the upstream redirects to another scheme"),
        ("file:///etc/passwd", "the upstream redirects to another scheme"),
        ("http://127.0.0.1:1/", "the upstream redirects to a private address"),
        ("http://localhost/", "the upstream redirects to a private address"),
        ("http://10.0.0.1/", "the upstream redirects to a private address"),
        ("http://[::ffff:10.0.0.1]/", "the upstream redirects to a private address"),
        ("http://169.254.169.254/latest/meta-data", "the upstream redirects to a private address"),
        ("//192.168.0.1/x", "the upstream redirects to a private address"),
        ("http://[fe80::1]/", "the upstream redirects to a private address"),
        ("http://h:99999/", "the upstream redirects to what is no url"),
    ],
)
async def test_redirect_that_is_not_followed(ask: Ask, location: str, description: str) -> None:
    async with upstream(redirecting((302, location))) as server, ask('{url: "${url}/0"}', url=server.url) as flows:
        failure = await flows.fails()
    assert (str(failure.type), failure.description) == ("HTTP:REDIRECTION", description)
    assert failure.error_message.attributes["headers"]["location"] == location


# Names: 127.0.0.2 counts as public in these, 127.0.0.1 as private.

PUBLIC, PRIVATE = "127.0.0.2", "127.0.0.1"


class Names:
    """A DNS that answers as it is told, one answer a question; the last one stays."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[dict[str, Any]]:
        answer = self.answers[min(len(self.asked), len(self.answers) - 1)]
        self.asked.append(host)
        return [{"hostname": host, "host": each, "port": port, "family": 2, "proto": 0, "flags": 0} for each in answer]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Names]:
    def answering(*answers: list[str]) -> Names:
        it = Names(*answers)
        monkeypatch.setattr("aiohttp.resolver.ThreadedResolver.resolve", lambda _, *asked, **named: it.resolve(*asked))
        monkeypatch.setattr("engine.values.addresses.NOT_PUBLIC_V4", (IPv4Network(PRIVATE),))
        return it

    return answering


@pytest.mark.parametrize(
    ("answers", "followed"),
    [
        ([[PRIVATE]], False),
        ([[PUBLIC]], True),
        ([[PUBLIC], [PRIVATE]], True),
        ([[PRIVATE], [PUBLIC]], False),
        ([[PRIVATE, PUBLIC]], True),
        ([[PUBLIC, PRIVATE]], True),
        ([[PRIVATE, PRIVATE]], False),
    ],
    ids=["private", "public", "public, then private", "private, then public", "both", "both, public first", "twice"],
)
async def test_address_that_is_looked_at_is_the_one_that_is_connected_to(
    ask: Ask, names: Callable[..., Names], answers: list[list[str]], followed: bool
) -> None:
    """DNS is asked once for a connection, so that its next answer makes no difference."""
    dns = names(*answers)
    async with upstream(echo) as inner, upstream(echo, host=PUBLIC, port=inner.port) as outer:
        location = f"http://rebound.example.org:{inner.port}/admin"
        async with upstream(redirecting((302, location))) as server, ask('{url: "${url}/0"}', url=server.url) as flows:
            if followed:
                assert (await flows.run()).payload["path"] == "/admin"
            else:
                failure = await flows.fails()
                assert str(failure.type) == "HTTP:REDIRECTION"
                assert failure.description == "the upstream redirects to a private address"
    assert inner.requests == []
    assert len(outer.requests) == followed
    assert dns.asked == ["rebound.example.org"]


async def test_public_address_that_nobody_answers_at_is_not_exchanged_for_a_private_one(
    ask: Ask, names: Callable[..., Names]
) -> None:
    names([PUBLIC, PRIVATE])
    async with upstream(echo) as inner:
        location = f"http://rebound.example.org:{inner.port}/admin"
        async with upstream(redirecting((302, location))) as server, ask('{url: "${url}/0"}', url=server.url) as flows:
            assert str((await flows.fails()).type) in ("HTTP:REDIRECTION", "HTTP:CONNECTIVITY")
    assert inner.requests == []


async def test_name_beside_the_proxy_is_looked_at_too(ask: Ask, names: Callable[..., Names]) -> None:
    """Where a proxy leads, only the proxy knows; what goes past it is looked at here."""
    names([PRIVATE])
    async with upstream(echo) as inner:
        location = f"http://inner.example.org:{inner.port}/admin"
        proxy = "proxy: {host: 127.0.0.1, port: '${proxy}', nonProxyHosts: '*.example.org'}"
        async with (
            upstream(redirecting((302, location))) as server,
            ask(
                "{config-ref: Up, path: /0}",
                f'Up: {{http:request-config: {{url: "${{url}}", {proxy}}}}}',
                url=server.url,
                proxy=str(server.port),
            ) as flows,
        ):
            assert str((await flows.fails()).type) == "HTTP:REDIRECTION"
    assert inner.requests == []


ALLOWED = 'Up: {http:request-config: {url: "${url}", allowPrivateRedirects: true, headers: {X-Api-Key: secret}, AUTH}}'
AUTH = "authentication: {basic-authentication: {username: u, password: p}}"


async def test_another_host_sees_no_secret(ask: Ask) -> None:
    def secrets(server: Upstream) -> set[str]:
        return {"Authorization", "X-Api-Key", "X-Own"} & set(server.requests[-1].headers)

    request = "{config-ref: Up, path: /0, method: POST, body: {a: 1}, headers: {X-Own: mine}}"
    configs = ALLOWED.replace("AUTH", AUTH)
    async with (
        upstream(echo) as other,
        upstream(redirecting((307, f"{other.url}/x"))) as server,
        ask(request, configs, url=server.url) as flows,
    ):
        event = await flows.run(correlation_id="c-1")
    assert secrets(server) == {"Authorization", "X-Api-Key", "X-Own"}
    assert secrets(other) == set()
    assert event.payload["body"] == '{"a":1}'
    assert event.payload["headers"]["x-correlation-id"] == "c-1"


SIGNED = "/a%2Fb%3Az/%2e%2E/c%7Ed/(x);v=1?sig=a%2Bb%2F%3D+c%20d&when=2027-01-01T10%3A00%3A00Z&empty=&&x"


@pytest.mark.parametrize(
    ("location", "path"),
    [
        (SIGNED, SIGNED),
        ("HERE" + SIGNED, SIGNED),
        ("//HOST" + SIGNED, SIGNED),
        ("?sig=%2F%3A", "/0?sig=%2F%3A"),
        ("sub/../x%2Fy", "/x%2Fy"),
        ("/a b/é?ö=\\", "/a%20b/%C3%A9?%C3%B6=%5C"),
        ("HERE", "/"),
        ("/x#part", "/x"),
    ],
)
async def test_a_location_is_followed_as_it_stands(ask: Ask, location: str, path: str) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        if request.raw_path == "/0":
            to = location.replace("HERE", server.url).replace("HOST", server.url.removeprefix("http://"))
            return web.Response(status=307, headers={"Location": to})
        return await echo(request)

    async with upstream(handler) as server, ask('{url: "${url}/0"}', url=server.url) as flows:
        assert (await flows.run()).payload["path"] == path


async def test_a_url_that_an_expression_gives_is_asked_for_as_it_stands(ask: Ask) -> None:
    async with upstream(echo) as server, ask('{url: "#[payload]"}', url=server.url) as flows:
        assert (await flows.run(server.url + SIGNED)).payload["path"] == SIGNED


async def test_a_location_seen_from_a_url_with_encoded_slashes(ask: Ask) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        if request.raw_path == "/a%2Fb/c?x=%2F":
            return web.Response(status=302, headers={"Location": "d%2Fe?y=%2F"})
        return await echo(request)

    request = '{url: "${url}/{id}/c?x=%2F", uri-params: {id: a/b}}'
    async with upstream(handler) as server, ask(request, url=server.url) as flows:
        assert (await flows.run()).payload["path"] == "/a%2Fb/d%2Fe?y=%2F"
