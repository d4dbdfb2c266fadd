"""What comes back: statuses, bodies, and their bounds."""

from __future__ import annotations

import asyncio
import gzip
import os
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from asking import Ask
from multidict import CIMultiDict
from upstreams import echo, raw_upstream, upstream

from engine import FlowError

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("status", "error_type"),
    [
        (400, "BAD_REQUEST"), (401, "UNAUTHORIZED"), (403, "FORBIDDEN"), (404, "NOT_FOUND"),
        (405, "METHOD_NOT_ALLOWED"), (406, "NOT_ACCEPTABLE"), (415, "UNSUPPORTED_MEDIA_TYPE"),
        (429, "TOO_MANY_REQUESTS"), (500, "INTERNAL_SERVER_ERROR"), (502, "BAD_GATEWAY"),
        (503, "SERVICE_UNAVAILABLE"), (504, "GATEWAY_TIMEOUT"),
        (402, "CLIENT_ERROR"), (409, "CLIENT_ERROR"), (422, "CLIENT_ERROR"), (499, "CLIENT_ERROR"),
        (501, "SERVER_ERROR"), (507, "SERVER_ERROR"), (599, "SERVER_ERROR"),
    ],
)  # fmt: skip
async def test_rejected_status(ask: Ask, status: int, error_type: str) -> None:
    async with (
        upstream(echo) as server,
        ask('{url: "${url}/?status=#[payload]", method: GET}', url=server.url) as flows,
    ):
        failure = await flows.fails(status)
    assert str(failure.type) == f"HTTP:{error_type}"
    assert failure.error_message.payload["method"] == "GET"
    assert failure.error_message.attributes["statusCode"] == status
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("error_type", "caught"),
    [
        ("UNAUTHORIZED", ["MULE:CLIENT_SECURITY", "HTTP:CLIENT_SECURITY", "MULE:SECURITY"]),
        ("FORBIDDEN", ["HTTP:CLIENT_SECURITY", "MULE:SECURITY"]),
        ("CONNECTIVITY", ["MULE:CONNECTIVITY"]),
        ("TIMEOUT", ["MULE:ANY"]),
        ("RESPONSE_TOO_LARGE", ["MULE:STREAM_MAXIMUM_SIZE_EXCEEDED"]),
        ("SECURITY", ["MULE:SECURITY"]),
    ],
)
def test_ancestors_of_the_types(error_type: str, caught: list[str]) -> None:
    from processors.http.request import Request

    declared = {str(ancestor): ancestor for each in Request.raises for ancestor in each.lineage}
    assert set(caught) <= {str(ancestor) for ancestor in declared[f"HTTP:{error_type}"].lineage}


@pytest.mark.parametrize(
    ("validator", "status", "is_accepted"),
    [
        ("{}", 399, True),
        ("{}", 400, False),
        ('{success-status-code: "200, 404"}', 404, True),
        ('{success-status-code: "200, 404"}', 201, False),
        ("{success-status-code: [200, 500..503]}", 502, True),
        ("{success-status-code: 204}", 200, False),
        ('{failure-status-code: "500..599"}', 404, True),
        ('{failure-status-code: "500..599"}', 500, False),
        ('{success-status-code: "200..299", failure-status-code: 206}', 206, False),
        ('{success-status-code: "200..299", failure-status-code: 206}', 205, True),
        ("{expression: payload.method == 'GET'}", 200, True),
        ("{expression: payload.method == 'POST'}", 200, False),
        ("{expression: attributes.statusCode == `201`}", 201, True),
    ],
)
async def test_response_validator(ask: Ask, validator: str, status: int, is_accepted: bool) -> None:
    request = f'{{url: "${{url}}/?status=#[payload]", response-validator: {validator}}}'
    async with upstream(echo) as server, ask(request, url=server.url) as flows:
        if is_accepted:
            assert (await flows.run(status)).attributes["statusCode"] == status
        else:
            assert (await flows.fails(status)).error_message.attributes["statusCode"] == status


async def test_types_of_statuses_that_only_a_validator_rejects(ask: Ask) -> None:
    request = (
        '{url: "${url}/?status=#[payload]", response-validator: {success-status-code: 299}, followRedirects: false}'
    )
    async with upstream(echo) as server, ask(request, url=server.url) as flows:
        assert str((await flows.fails(200)).type) == "HTTP:RESPONSE_VALIDATION"
        assert str((await flows.fails(302)).type) == "HTTP:REDIRECTION"
        assert str((await flows.fails(304)).type) == "HTTP:REDIRECTION"


def answering(**answer: Any) -> Any:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(**answer)

    return handler


@pytest.mark.parametrize(
    ("media_type", "body", "payload"),
    [
        ("application/json", b'{"a": [1, 2.5, null]}', {"a": [1, 2.5, None]}),
        ("application/problem+json; charset=utf-8", b'{"title": "x"}', {"title": "x"}),
        ("application/json; charset=latin-1", '"é"'.encode("latin-1"), "é"),
        ("text/plain; charset=iso-8859-1", "naïve".encode("latin-1"), "naïve"),
        ("text/csv", b"a,b\n1,2\n", "a,b\n1,2\n"),
        ("application/x-www-form-urlencoded", b"a=1&a=2&b=%C3%A9", {"a": ["1", "2"], "b": "é"}),
        ("application/pdf", b"%PDF\xff", b"%PDF\xff"),
        ("application/json", b"", None),
    ],
)
async def test_body_by_its_type(ask: Ask, media_type: str, body: bytes, payload: Any) -> None:
    handler = answering(body=body, headers={"Content-Type": media_type, "X-Thing": "one"})
    async with upstream(handler) as server, ask('{url: "${url}/"}', url=server.url) as flows:
        event = await flows.run()
    assert event.payload == payload
    assert event.media_type == media_type
    assert event.attributes["reasonPhrase"] == "OK"
    assert event.attributes["headers"]["X-THING"] == event.attributes["headers"].get("x-thing") == "one"


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b"\xff"),
        ("application/json", b'{"rate": 1e400}'),
        ("text/plain; charset=utf-8", b"\xff"),
        ("text/plain; charset=no-such", b"x"),
        ("text/plain; charset=zlib", b"x"),
    ],
)
async def test_body_that_is_not_what_its_type_says(ask: Ask, media_type: str, body: bytes) -> None:
    for status, error_type in ((200, "HTTP:PARSING"), (404, "HTTP:NOT_FOUND")):
        handler = answering(body=body, status=status, headers={"Content-Type": media_type})
        async with upstream(handler) as server, ask('{url: "${url}/"}', url=server.url) as flows:
            failure = await flows.fails()
        assert str(failure.type) == error_type
        assert failure.error_message.payload == body.decode("utf-8", "replace")
        assert failure.error_message.attributes["statusCode"] == status


async def test_target_keeps_the_message(ask: Ask) -> None:
    request = '{url: "${url}/", method: POST, target: status, targetValue: attributes.statusCode}'
    async with upstream(echo) as server, ask(request, url=server.url) as flows:
        event = await flows.run("mine", attributes={"mine": 1})
    assert (event.payload, event.attributes, event.vars) == ("mine", {"mine": 1}, {"status": 200})


# Bounds


@pytest.mark.reaches("LARGEST_ANSWER")
async def test_body_that_is_too_large(ask: Ask) -> None:
    async def chunked(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        for _ in range(1000):
            await response.write(b"x" * 1000)
        return response

    for handler in (answering(body=b"x" * 10_001), chunked):
        async with upstream(handler) as server, ask('{url: "${url}/", maxResponseSize: 10KB}', url=server.url) as flows:
            failure = await flows.fails()
        assert str(failure.type) == "HTTP:RESPONSE_TOO_LARGE"


async def test_body_as_large_as_allowed(ask: Ask) -> None:
    handler = answering(text="x" * 10_000)
    async with upstream(handler) as server, ask('{url: "${url}/", maxResponseSize: 10KB}', url=server.url) as flows:
        assert len((await flows.run()).payload) == 10_000


async def test_large_body_does_not_hide_a_status(ask: Ask) -> None:
    handler = answering(status=503, text="x" * 10_001)
    async with upstream(handler) as server, ask('{url: "${url}/", maxResponseSize: 10KB}', url=server.url) as flows:
        failure = await flows.fails()
    assert str(failure.type) == "HTTP:SERVICE_UNAVAILABLE"
    assert failure.error_message.payload is None


async def test_gzip_is_inflated(ask: Ask) -> None:
    headers = {"Content-Type": "text/plain", "Content-Encoding": "gzip"}
    handler = answering(body=gzip.compress(b"hello"), headers=headers)
    async with upstream(handler) as server, ask('{url: "${url}/"}', url=server.url) as flows:
        assert (await flows.run()).payload == "hello"


HELLO = b"hello" * 10_000
BARE = zlib.compressobj(wbits=-15)
PACKED = {
    "gzip": gzip.compress(HELLO),
    "x-gzip": gzip.compress(HELLO[:10]) + gzip.compress(HELLO[10:]),
    "GZip": b"".join(gzip.compress(HELLO[at : at + 5]) for at in range(0, len(HELLO), 5)),
    "deflate": zlib.compress(HELLO),
    "Deflate": BARE.compress(HELLO) + BARE.flush(),
}


@pytest.mark.parametrize("encoding", PACKED)
async def test_what_an_upstream_compressed(ask: Ask, encoding: str) -> None:
    headers = {"Content-Type": "text/plain", "Content-Encoding": encoding}
    handler = answering(body=PACKED[encoding], headers=headers)
    async with upstream(handler) as server, ask('{url: "${url}/"}', url=server.url) as flows:
        assert (await flows.run()).payload == HELLO.decode()
    assert server.requests[0].headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize("encoding", PACKED)
@pytest.mark.parametrize("missing", [1, 4, 9, 20])
@pytest.mark.parametrize("saved", ["", ", saveTo: '${folder}/answer.txt'"], ids=["", "saved"])
async def test_what_is_cut_is_not_whole(ask: Ask, tmp_path: Path, encoding: str, missing: int, saved: str) -> None:
    """The connection itself ends as it should: only the encoding tells."""
    headers = {"Content-Type": "text/plain", "Content-Encoding": encoding}
    handler = answering(body=PACKED[encoding][:-missing], headers=headers)
    step = f'{{url: "${{url}}/"{saved}}}'
    async with upstream(handler) as server, ask(step, url=server.url, folder=str(tmp_path)) as flows:
        failure = await flows.fails()
    assert str(failure.type) == "HTTP:CONNECTIVITY"
    assert failure.description == "the upstream's answer ends before its Content-Encoding does"
    assert "answer.txt" not in os.listdir(tmp_path)


@pytest.mark.parametrize("encoding", ["gzip", "br"])
async def test_a_head_without_a_body_is_not_cut(ask: Ask, encoding: str) -> None:
    handler = answering(headers={"Content-Type": "text/plain", "Content-Encoding": encoding})
    async with upstream(handler) as server, ask('{url: "${url}/", method: HEAD}', url=server.url) as flows:
        assert (await flows.run()).payload is None


@pytest.mark.parametrize(
    ("encoding", "body", "error_type"),
    [
        ("gzip", b"hello", "PARSING"),
        ("gzip", gzip.compress(HELLO) + b"hello", "PARSING"),
        ("br", b"hello", "PARSING"),
        ("zstd", b"hello", "PARSING"),
        ("gzip", gzip.compress(b"") * 500_000, None),
    ],
    ids=["none", "more behind it", "brotli", "zstd", "many members"],
)
async def test_what_is_damaged(ask: Ask, encoding: str, body: bytes, error_type: str | None) -> None:
    headers = {"Content-Type": "text/plain", "Content-Encoding": encoding}
    step = '{url: "${url}/", responseTimeout: 30s}'
    async with upstream(answering(body=body, headers=headers)) as server, ask(step, url=server.url) as flows:
        if error_type is None:
            assert (await flows.run()).payload is None
        else:
            assert str((await flows.fails()).type) == f"HTTP:{error_type}"


@pytest.fixture(scope="module")
def bomb() -> bytes:
    return gzip.compress(bytes(300 * 2**20))


async def test_gzip_bomb_costs_no_memory(ask: Ask, bomb: bytes) -> None:
    handler = answering(body=bomb, headers={"Content-Type": "text/plain", "Content-Encoding": "gzip"})
    async with upstream(handler) as server, ask('{url: "${url}/", maxResponseSize: 1MiB}', url=server.url) as flows:
        tracemalloc.start()
        try:
            failure = await flows.fails()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert str(failure.type) == "HTTP:RESPONSE_TOO_LARGE"
    assert peak < 20 * 2**20


@pytest.mark.parametrize(
    ("answer", "error_type"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", "CONNECTIVITY"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n", "CONNECTIVITY"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n", "PARSING"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nxxxxx", "PARSING"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nshort", "RESPONSE_TOO_LARGE"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nshort", "PARSING"),
        (b"what is this\r\n\r\n", "PARSING"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", "PARSING"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10_000 + b"\r\n", "PARSING"),
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 10\r\n\r\nshort", "SERVICE_UNAVAILABLE"),
        (b"", "CONNECTIVITY"),
    ],
    ids=[
        "hung up in the body", "hung up between chunks", "no chunk", "no gzip", "a lying length", "a negative length",
        "no HTTP", "a long header", "many headers", "hung up after a status", "hung up at once",
    ],
)  # fmt: skip
async def test_answer_that_is_none(ask: Ask, answer: bytes, error_type: str) -> None:
    came = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal came
        await reader.readuntil(b"\r\n\r\n")
        came += 1
        writer.write(answer)

    async with raw_upstream(talk) as url, ask('{url: "${url}/secret?key=secret"}', url=url) as flows:
        failure = await flows.fails()
    assert str(failure.type) == f"HTTP:{error_type}"
    assert "127.0.0.1" not in failure.description
    assert "secret" not in failure.description + failure.detailed_description
    assert came == 1  # never again, though GET could be repeated


async def test_last_bytes_of_a_lying_length_are_not_the_next_answer(ask: Ask) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(answer + b"HTTP/1.1 200 OK\r\n\r\n")
            await writer.drain()

    async with raw_upstream(talk) as url, ask('{url: "${url}/"}', url=url) as flows:
        for _ in range(3):
            assert (await flows.run()).payload == "ok"


# Files


async def test_response_into_a_file(ask: Ask, tmp_path: Path) -> None:
    handler = answering(body=b"x" * 3_000_000, headers={"Content-Type": "application/json"})
    request = '{url: "${url}/", saveTo: "${folder}/#[payload].bin"}'
    async with upstream(handler) as server, ask(request, url=server.url, folder=str(tmp_path)) as flows:
        event = await flows.run("a b")
    assert event.payload == {"path": str(tmp_path / "a b.bin"), "size": 3_000_000}
    assert event.attributes["statusCode"] == 200
    assert (tmp_path / "a b.bin").read_bytes() == b"x" * 3_000_000


@pytest.mark.parametrize("name", ["..", "../x", "a/b", "", ".", "a\\b", None])
async def test_file_name_that_is_none(ask: Ask, tmp_path: Path, name: str | None) -> None:
    request = '{url: "${url}/", saveTo: "${folder}/#[payload]"}'
    async with upstream(echo) as server, ask(request, url=server.url, folder=str(tmp_path)) as flows:
        failure = await flows.fails(name)
    assert str(failure.type) == "MULE:EXPRESSION"
    assert server.requests == []


@pytest.mark.parametrize("answer", [{"status": 404}, {"body": b"x" * 2000}], ids=["rejected", "too large"])
async def test_failure_leaves_no_file(ask: Ask, tmp_path: Path, answer: Any) -> None:
    (tmp_path / "out").mkdir()
    request = '{url: "${url}/", maxResponseSize: 1KB, saveTo: "${folder}/out/x"}'
    async with upstream(answering(**answer)) as server, ask(request, url=server.url, folder=str(tmp_path)) as flows:
        await flows.fails()
    assert list((tmp_path / "out").iterdir()) == []


async def test_file_that_cannot_be_written(ask: Ask, tmp_path: Path) -> None:
    request = '{url: "${url}/", saveTo: "${folder}/none/x"}'
    async with upstream(echo) as server, ask(request, url=server.url, folder=str(tmp_path)) as flows:
        failure: FlowError = await flows.fails()
    assert str(failure.type) == "MULE:UNKNOWN"
    assert str(tmp_path) not in failure.description


COOKIES = ["a=1; Expires=Wed, 09 Jun 2027 10:18:14 GMT", "b=2; Path=/"]
CHALLENGES = ['Basic realm="a, b"', 'Bearer realm="c", error="invalid_token"']
SENT = [
    *(("Set-Cookie", each) for each in COOKIES), *(("WWW-Authenticate", each) for each in CHALLENGES),
    ("Vary", "Accept"), ("Vary", "Origin"), ("X-Own", "one"),
]  # fmt: skip


async def several(request: web.Request) -> web.Response:
    """All headers several times at `/`, each once at `/once`."""
    sent = dict(SENT) if request.path == "/once" else SENT
    return web.Response(headers=CIMultiDict(sent))


async def test_headers_that_stand_several_times(ask: Ask) -> None:
    async with upstream(several) as server, ask('{url: "${url}/#[payload]"}', url=server.url) as flows:
        twice = (await flows.run("twice")).attributes["headers"]
        once = (await flows.run("once")).attributes["headers"]
    assert (twice["set-cookie"], twice["WWW-Authenticate"]) == (COOKIES, CHALLENGES)
    assert (twice["vary"], twice["x-own"]) == ("Accept, Origin", "one")
    assert (once["set-cookie"], once["www-authenticate"]) == (COOKIES[1], CHALLENGES[1])
