"""Redirects: which are followed, and what another host gets to see."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web
from asking import Ask
from upstreams import Upstream, echo, upstream

from processors.http._redirects import is_private

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


async def test_name_that_resolves_to_a_private_address(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only DNS tells that the name is private; it is looked at when the connection is made."""

    async def resolve(self: object, host: str, port: int = 0, family: int = 0) -> list[dict[str, Any]]:
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": 2, "proto": 0, "flags": 0}]

    monkeypatch.setattr("aiohttp.resolver.ThreadedResolver.resolve", resolve)
    async with upstream(echo) as inner:
        location = f"http://inner.example.org:{inner.port}/admin"
        async with upstream(redirecting((302, location))) as server, ask('{url: "${url}/0"}', url=server.url) as flows:
            failure = await flows.fails()
    assert str(failure.type) == "HTTP:REDIRECTION"
    assert failure.description == "the upstream redirects to a private address"
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


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("127.0.0.1", True), ("10.1.2.3", True), ("172.16.0.1", True), ("192.168.1.1", True), ("0.1.2.3", True),
        ("169.254.1.1", True), ("100.64.0.1", True), ("224.0.0.1", True), ("::1", True), ("fe80::1%eth0", True),
        ("fc00::1", True), ("::ffff:127.0.0.1", True), ("LOCALHOST.", True), ("a.localhost", True),
        ("8.8.8.8", False), ("2001:4860:4860::8888", False), ("example.org", False),
    ],
)  # fmt: skip
def test_what_is_private(host: str, private: bool) -> None:
    assert is_private(host) is private
