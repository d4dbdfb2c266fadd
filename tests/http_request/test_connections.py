"""Connections: those that fail, those that are kept, those that are closed."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import trustme
from aiohttp import web
from asking import Ask
from fake_clock import FakeClock
from upstreams import echo, raw_upstream, upstream

from engine import Application, FlowError, StartError

pytestmark = pytest.mark.anyio
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port at which nobody listens, kept by a socket that only holds it."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def check_connectivity(failure: FlowError, description: str) -> None:
    assert str(failure.type) == "HTTP:CONNECTIVITY"
    assert failure.description == description


async def test_refused(ask: Ask, closed_port: int) -> None:
    async with ask('{url: "http://127.0.0.1:${port}/"}', port=str(closed_port)) as flows:
        check_connectivity(await flows.fails(), "the upstream cannot be reached")


async def test_name_that_does_not_resolve(ask: Ask) -> None:
    async with ask('{url: "http://no-such-host.invalid/"}') as flows:
        check_connectivity(await flows.fails(), "the upstream's name cannot be resolved")


@pytest.mark.parametrize("said", [b"", OK[:-1]], ids=["before the answer", "in the body"])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
async def test_reset(ask: Ask, said: bytes, method: str) -> None:
    came = 0

    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal came
        await reader.readuntil(b"\r\n\r\n")
        came += 1
        writer.write(said)
        await writer.drain()
        linger = struct.pack("ii", 1, 0)  # a close is then a reset
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    async with raw_upstream(reset) as url, ask(f'{{url: "${{url}}/", method: {method}}}', url=url) as flows:
        check_connectivity(await flows.fails(), "the upstream closed the connection")
    assert came == 1


async def test_kept_connection_that_ends_is_not_tried_again(ask: Ask) -> None:
    """The second request goes out on the connection of the first, which then breaks: GET or not, it was sent."""
    came = 0

    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal came
        await reader.readuntil(b"\r\n\r\n")
        came += 1
        writer.write(OK)
        await reader.readuntil(b"\r\n\r\n")
        came += 1

    async with raw_upstream(answer_once) as url, ask('{url: "${url}/"}', url=url) as flows:
        assert (await flows.run()).payload == "ok"
        check_connectivity(await flows.fails(), "the upstream closed the connection")
    assert came == 2


# Time


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(-1)


async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(OK[:-1])
    await reader.read(-1)


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("talk", [silent, half, drip])
async def test_no_whole_answer_in_time(ask: Ask, talk: object) -> None:
    async with raw_upstream(talk) as url, ask('{url: "${url}/", responseTimeout: 150ms}', url=url) as flows:  # type: ignore[arg-type]
        failure = await flows.fails()
    assert str(failure.type) == "HTTP:TIMEOUT"
    assert failure.description == "the upstream did not answer within 0.15 s"


@pytest.mark.reaches("RESPONSE_TIMEOUT")
@pytest.mark.parametrize(
    ("config", "request_", "seconds"),
    [
        ("{}", '{url: "${url}/"}', 0.15),
        ('{url: "${url}"}', "{config-ref: Api, path: /}", 0.15),
        ('{url: "${url}", responseTimeout: 160ms}', "{config-ref: Api, path: /}", 0.16),
        ('{url: "${url}", responseTimeout: 160ms}', "{config-ref: Api, path: /, responseTimeout: 170ms}", 0.17),
    ],
)
async def test_who_says_how_long_an_answer_may_take(config: str, request_: str, seconds: float, tmp_path: Path) -> None:
    (tmp_path / "flows.yaml").write_text(f"""
configuration: {{defaultResponseTimeout: 150ms}}
configs: {{Api: {{http:request-config: {config}}}}}
flows: {{case: {{steps: [{{http:request: {request_}}}]}}}}
""")
    async with raw_upstream(silent) as url, Application.load(tmp_path, properties={"url": url}) as app:
        with pytest.raises(FlowError, match=f"within {seconds} s"):
            await app.run("case")


@pytest.mark.parametrize("talk", [silent, half])
async def test_deadline_of_the_flow_closes_the_connection(ask: Ask, talk: object) -> None:
    is_asked, is_closed = asyncio.Event(), asyncio.Event()

    async def watched(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        is_asked.set()
        await talk(reader, writer)  # type: ignore[operator]
        is_closed.set()

    async with raw_upstream(watched) as url, ask('{url: "${url}/"}', url=url) as flows:
        running = asyncio.create_task(flows.run())
        await is_asked.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        await asyncio.wait_for(is_closed.wait(), 5)


# The pool


async def test_connections_are_used_again(ask: Ask) -> None:
    configs = 'Up: {http:request-config: {url: "${url}"}}'
    async with upstream(echo) as server, ask("{config-ref: Up, path: /a}", configs, url=server.url) as flows:
        for _ in range(20):
            await flows.run()
    assert (len(server.requests), len(server.connections)) == (20, 1)


async def test_connections_that_are_not_kept(ask: Ask) -> None:
    configs = 'Up: {http:request-config: {url: "${url}", usePersistentConnections: false}}'
    async with upstream(echo) as server, ask("{config-ref: Up}", configs, url=server.url) as flows:
        for _ in range(5):
            await flows.run()
    assert (len(server.requests), len(server.connections)) == (5, 5)


async def test_connection_of_a_failure_is_used_again(ask: Ask) -> None:
    async with upstream(echo) as server, ask('{url: "${url}/?status=503"}', url=server.url) as flows:
        for _ in range(5):
            await flows.fails()
    assert (len(server.requests), len(server.connections)) == (5, 1)


@pytest.mark.reaches("MOST_CONNECTIONS")
async def test_a_hundred_at_once(ask: Ask) -> None:
    configs = 'Up: {http:request-config: {url: "${url}", maxConnections: 7}}'
    at_once = most = 0

    async def slow(request: web.Request) -> web.Response:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.005)
        at_once -= 1
        return web.json_response({"id": request.path})

    async with upstream(slow) as server, ask('{config-ref: Up, path: "/#[payload]"}', configs, url=server.url) as flows:
        events = await asyncio.gather(*(flows.run(number) for number in range(100)))
    assert [event.payload for event in events] == [{"id": f"/{number}"} for number in range(100)]
    assert len(server.connections) <= 7
    assert most <= 7


async def test_requests_without_a_config_share_connections_that_end_with_the_application(tmp_path: Path) -> None:
    file = tmp_path / "flows.yaml"
    file.write_text('flows: {a: {steps: [{http:request: {url: "${url}/1"}}, {http:request: {url: "${url}/2"}}]}}')
    async with upstream(echo) as server:
        app = Application.load(file, properties={"url": server.url})
        async with app:
            await app.run("a")
        assert len(server.connections) == 1
        async with app:  # a second time, with a connection of its own
            await app.run("a")
        assert (len(server.requests), len(server.connections)) == (4, 2)


def test_event_loops_one_after_another(tmp_path: Path) -> None:
    file = tmp_path / "flows.yaml"
    file.write_text('flows: {a: {steps: [{http:request: {url: "#[payload]"}}]}}')
    app = Application.load(file)

    async def once() -> None:
        async with upstream(echo) as server, app:
            assert (await app.run("a", f"{server.url}/x")).payload["path"] == "/x"

    asyncio.run(once())
    asyncio.run(once())


# TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_tls(authority: trustme.CA, name: str = "localhost", *, asks: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    if asks:
        context.verify_mode = ssl.CERT_REQUIRED
        authority.configure_trust(context)
    return context


@pytest.fixture
def pem(authority: trustme.CA, tmp_path: Path) -> Path:
    """The authority's certificate, and beside it one of a client with its key."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    client = authority.issue_cert("client.example.org")
    client.private_key_and_cert_chain_pem.write_to_path(tmp_path / "client.pem")
    return tmp_path


CONFIG = 'Up: {http:request-config: {url: "https://localhost:${port}", tls: TLS}}'
BAD_TLS = "the upstream's certificate or TLS is not accepted"


@pytest.mark.usefixtures("pem")
@pytest.mark.parametrize(
    "tls",
    [
        "{ca: ca.pem}",
        "{insecure: true}",
        "{ca: ca.pem, certificate: client.pem}",
    ],
)
async def test_tls(ask: Ask, authority: trustme.CA, tls: str) -> None:
    async with (
        upstream(echo, server_tls(authority, asks="certificate" in tls)) as server,
        ask("{config-ref: Up, path: /a}", CONFIG.replace("TLS", tls), port=str(server.port)) as flows,
    ):
        assert (await flows.run()).payload["path"] == "/a"


@pytest.mark.usefixtures("pem")
@pytest.mark.parametrize(
    ("tls", "name", "asks"),
    [
        ("{}", "localhost", False),
        ("{ca: ca.pem}", "other.example.org", False),
        ("{ca: client.pem}", "localhost", False),
    ],
    ids=["unknown authority", "another name", "another authority"],
)
async def test_bad_tls(ask: Ask, authority: trustme.CA, tls: str, name: str, asks: bool) -> None:
    async with (
        upstream(echo, server_tls(authority, name, asks=asks)) as server,
        ask("{config-ref: Up, path: /a}", CONFIG.replace("TLS", tls), port=str(server.port)) as flows,
    ):
        check_connectivity(await flows.fails(), BAD_TLS)
    assert server.requests == []


@pytest.mark.usefixtures("pem")
async def test_client_certificate_that_is_missing(ask: Ask, authority: trustme.CA) -> None:
    async with (
        upstream(echo, server_tls(authority, asks=True)) as server,
        ask("{config-ref: Up}", CONFIG.replace("TLS", "{ca: ca.pem}"), port=str(server.port)) as flows,
    ):
        assert str((await flows.fails()).type) == "HTTP:CONNECTIVITY"
    assert server.requests == []


@pytest.mark.usefixtures("pem")
async def test_http_where_tls_was_expected(ask: Ask) -> None:
    configs = CONFIG.replace("TLS", "{ca: ca.pem}")
    async with upstream(echo) as server, ask("{config-ref: Up}", configs, port=str(server.port)) as flows:
        check_connectivity(await flows.fails(), BAD_TLS)


# The start


NEEDED = """
Up:
  http:request-config: {url: "${url}", reconnection: {failsDeployment: true, reconnect: {frequency: 3s}}}
"""


async def test_upstream_that_must_be_there(ask: Ask, closed_port: int) -> None:
    clock = FakeClock(hurries=True)
    with pytest.raises(StartError, match="the config 'Up' cannot be started"):
        async with ask("{config-ref: Up}", NEEDED, clock=clock, url=f"http://127.0.0.1:{closed_port}"):
            pass
    assert clock.slept == [3, 3]
    async with upstream(echo) as server, ask("{config-ref: Up}", NEEDED, clock=clock, url=server.url) as flows:
        await flows.run()


async def test_upstream_that_need_not_be_there(ask: Ask, closed_port: int) -> None:
    configs = f'Up: {{http:request-config: {{url: "http://127.0.0.1:{closed_port}"}}}}'
    async with ask("{config-ref: Up}", configs) as flows:
        check_connectivity(await flows.fails(), "the upstream cannot be reached")


@pytest.mark.parametrize("needed", [True, False])
async def test_ready_as_long_as_the_upstream_that_must_be_there_is(ask: Ask, needed: bool) -> None:
    configs = NEEDED if needed else 'Up: {http:request-config: {url: "${url}"}}'
    async with AsyncExitStack() as serving:
        server = await serving.enter_async_context(upstream(echo))
        async with ask("{config-ref: Up}", configs, url=server.url) as flows:
            await flows.app.listen()
            assert await flows.app.is_ready()
            await serving.aclose()
            assert await flows.app.is_ready() is not needed
