"""What is sent: where to, with which headers, and which body."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx
import pytest
from aiohttp import web
from asking import Ask
from hypothesis import given
from hypothesis import strategies as st
from upstreams import echo, upstream

from engine import Application, Event
from processors.http._address import Path, with_query
from processors.http._content import multipart

pytestmark = pytest.mark.anyio

CONFIG = (
    'Up: {http:request-config: {url: "${url}/api/", headers: {X-Shop: north, X-Own: config}, query-params: {k: 1}}}'
)


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ('"/orders/{id}"', "/api/orders/a%2Fb%20%3F%23%25%C3%A9?k=1"),
        ("orders", "/api/orders?k=1"),
        ('"/orders/#[payload.id]/x"', "/api/orders/a%2Fb%20%3F%23%25%C3%A9/x?k=1"),
        ('"#[payload.id]"', "/api/a%2Fb%20%3F%23%25%C3%A9?k=1"),
        ('"/o?q=#[payload.id]&r=#[payload.none]"', "/api/o?q=a%2Fb%20%3F%23%25%C3%A9&r=&k=1"),
        ('"/o/{n}.json"', "/api/o/7.json?k=1"),
        ("/straße/a%20b", "/api/stra%C3%9Fe/a%20b?k=1"),
    ],
)
async def test_path(ask: Ask, path: str, sent: str) -> None:
    request = f'{{config-ref: Up, path: {path}, uri-params: {{id: "#[payload.id]", n: 7}}}}'
    async with upstream(echo) as server, ask(request, CONFIG, url=server.url) as flows:
        event = await flows.run({"id": "a/b ?#%é"})
    assert event.payload["path"] == sent


@pytest.mark.parametrize("value", ["", ".", "..", None, "\ud800"])
@pytest.mark.parametrize("path", ['"/o/#[payload]"', '"/o/{id}"', '"/o/{id}/x"'])
async def test_value_that_is_no_segment(ask: Ask, value: Any, path: str) -> None:
    request = f'{{config-ref: Up, path: {path}, uri-params: {{id: "#[payload]"}}}}'
    async with upstream(echo) as server, ask(request, CONFIG, url=server.url) as flows:
        failure = await flows.fails(value)
    assert str(failure.type) == "HTTP:BAD_REQUEST"
    assert server.requests == []


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXTS.filter(lambda text: text not in ("", ".", "..")))
def test_any_text_is_one_segment(value: str) -> None:
    filled = Path("/a/#[payload]/b").fill(Event(payload=value), {})
    assert filled.isascii()
    assert [unquote(segment) for segment in filled.split("/")] == ["", "a", value, "b"]


@given(st.dictionaries(TEXTS.filter(bool), TEXTS | st.lists(TEXTS)))
def test_any_query_is_read_back(parameters: dict[str, Any]) -> None:
    values = {name: value if isinstance(value, list) else [value] for name, value in parameters.items()}
    query = with_query("http://x/y", parameters).partition("?")[2]
    pairs = [(name, each) for name, several in values.items() for each in several]
    assert parse_qsl(query, keep_blank_values=True) == pairs


async def test_query(ask: Ask) -> None:
    request = '{config-ref: Up, path: "/?a=1", query-params: {k: [x, null, "y z"], none: null, "n&": "#[payload]"}}'
    async with upstream(echo) as server, ask(request, CONFIG, url=server.url) as flows:
        event = await flows.run("ü=&+")
    assert event.payload["path"] == "/api/?a=1&k=x&k=y%20z&n%26=%C3%BC%3D%26%2B"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://h/x", "http://", "http:///x", "//h/x", "/x", "http://u:p@h/x", "http://h/a b", "http://h\r\n/x", 5, None,
        "http://h:99999/", "http://h\\@x/", "http://h:x/", "http://[::1/", "http://2130706433/",
    ],
)  # fmt: skip
async def test_url_that_is_none(ask: Ask, url: Any) -> None:
    async with ask('{url: "#[payload]"}') as flows:
        assert str((await flows.fails(url)).type) == "HTTP:BAD_REQUEST"


async def test_whole_url_chooses_the_host(ask: Ask) -> None:
    async with upstream(echo) as server, ask('{url: "#[payload]", query-params: {b: 2}}') as flows:
        assert (await flows.run(f"{server.url}/ä/x?a=1")).payload["path"] == "/%C3%A4/x?a=1&b=2"


async def test_headers(ask: Ask) -> None:
    request = '{config-ref: Up, headers: {x-own: "#[payload]", X-Many: [1, null, 2], X-None: null, Accept: text/csv}}'
    async with upstream(echo) as server, ask(request, CONFIG, url=server.url) as flows:
        sent = (await flows.run("mine")).payload
    assert sent["headers"]["x-shop"] == "north"
    assert sent["headers"]["x-own"] == "mine"
    assert sent["repeated"]["x-many"] == ["1", "2"]
    assert sent["headers"]["accept"] == "text/csv"
    assert "x-none" not in sent["headers"]
    assert "cookie" not in sent["headers"]


@pytest.mark.parametrize(
    "headers",
    [
        '{x: "#[payload]"}', '{x: ["#[payload]"]}', '"#[payload]"', '{Content-Length: "#[payload]"}',
        '{Transfer-Encoding: "#[payload]"}', '{"a b": "#[payload]"}',
    ],
)  # fmt: skip
async def test_header_that_no_request_may_have(ask: Ask, headers: str) -> None:
    async with (
        upstream(echo) as server,
        ask(f"{{config-ref: Up, headers: {headers}}}", CONFIG, url=server.url) as flows,
    ):
        failure = await flows.fails("a\r\nX-Evil: 1")
    assert str(failure.type) == "MULE:EXPRESSION"
    assert "X-Evil" not in failure.description
    assert server.requests == []


async def test_cookies_are_not_kept(ask: Ask) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.json_response(dict(request.cookies), headers={"Set-Cookie": "session=of-another"})

    async with upstream(handler) as server, ask('{url: "${url}/"}', url=server.url) as flows:
        await flows.run()
        assert (await flows.run()).payload == {}


# Correlation


@pytest.mark.parametrize(
    ("config", "request_", "sent"),
    [
        ("AUTO", "AUTO", "c-1"), ("NEVER", "AUTO", None), ("NEVER", "ALWAYS", "c-1"), ("ALWAYS", "NEVER", None),
        ("AUTO", "NEVER", None), ("ALWAYS", "AUTO", "c-1"),
    ],
)  # fmt: skip
async def test_correlation_id(ask: Ask, config: str, request_: str, sent: str | None) -> None:
    configs = f'Up: {{http:request-config: {{url: "${{url}}", sendCorrelationId: {config}}}}}'
    request = f"{{config-ref: Up, sendCorrelationId: {request_}}}"
    async with upstream(echo) as server, ask(request, configs, url=server.url) as flows:
        event = await flows.run(correlation_id="c-1")
    assert event.payload["headers"].get("x-correlation-id") == sent


async def test_own_correlation_id_wins(ask: Ask) -> None:
    async with (
        upstream(echo) as server,
        ask('{url: "${url}/", headers: {X-Correlation-ID: own}}', url=server.url) as flows,
    ):
        assert (await flows.run(correlation_id="c-1")).payload["repeated"]["x-correlation-id"] == ["own"]


async def test_correlation_id_that_no_header_may_hold(ask: Ask) -> None:
    async with upstream(echo) as server, ask('{url: "${url}/"}', url=server.url) as flows:
        assert str((await flows.fails(correlation_id="a\r\nb: c")).type) == "MULE:EXPRESSION"


# Bodies


@pytest.mark.parametrize(
    ("payload", "body", "media_type"),
    [
        ({"a": [1, None]}, '{"a":[1,null]}', "application/json"),
        ([1], "[1]", "application/json"),
        (5, "5", "application/json"),
        (False, "false", "application/json"),
        ("é", "é", "text/plain; charset=utf-8"),
        (b"\xff\x00", "\\xff\x00", "application/octet-stream"),
        (None, "", None),
        ("", "", "text/plain; charset=utf-8"),
    ],
)
async def test_body_of_a_payload(ask: Ask, payload: Any, body: str, media_type: str | None) -> None:
    async with upstream(echo) as server, ask('{url: "${url}/", method: post}', url=server.url) as flows:
        sent = (await flows.run(payload)).payload
    assert (sent["method"], sent["body"]) == ("POST", body)
    assert sent["headers"].get("content-type") == media_type


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_methods_without_a_body(ask: Ask, method: str) -> None:
    for given_body, length in (("", None), (", body: {a: 1}", "7")):
        request = f'{{url: "${{url}}/", method: {method}{given_body}}}'
        async with upstream(echo) as server, ask(request, url=server.url) as flows:
            event = await flows.run({"payload": 1})
        assert server.requests[0].headers.get("Content-Length") == length
        assert (event.payload is None) == (method == "HEAD")


@pytest.mark.parametrize(
    ("parameters", "body", "media_type"),
    [
        ("body: null", "", None),
        ('body: "#[null]"', "", None),
        ("body: {id: '#[payload.id]'}", '{"id":7}', "application/json"),
        ("body: {a: [1, 2], b: x y&=é, n: null}, headers: {content-type: application/x-www-form-urlencoded}",
         "a=1&a=2&b=x+y%26%3D%C3%A9", "application/x-www-form-urlencoded"),
        ("body: a=1, headers: {Content-Type: application/x-www-form-urlencoded}", "a=1",
         "application/x-www-form-urlencoded"),
        ('body: \'{"a": 1}\', headers: {Content-Type: application/json}', '{"a": 1}', "application/json"),
        ("body: <a/>, headers: {Content-Type: application/xml}", "<a/>", "application/xml"),
        ("body: {a: 1}, headers: {Content-Type: application/patch+json}", '{"a":1}', "application/patch+json"),
        ('body: "ä", headers: {Content-Type: text/plain; charset=latin-1}', "\\xe4", "text/plain; charset=latin-1"),
    ],
)  # fmt: skip
async def test_body_that_is_given(ask: Ask, parameters: str, body: str, media_type: str | None) -> None:
    async with (
        upstream(echo) as server,
        ask(f'{{url: "${{url}}/", method: PUT, {parameters}}}', url=server.url) as flows,
    ):
        sent = (await flows.run({"id": 7})).payload
    assert (sent["body"], sent["headers"].get("content-type")) == (body, media_type)


async def test_body_that_cannot_be_written(ask: Ask) -> None:
    async with upstream(echo) as server, ask('{url: "${url}/", method: POST}', url=server.url) as flows:
        assert str((await flows.fails(object())).type) == "MULE:TRANSFORMATION"
        assert str((await flows.fails("\ud800")).type) == "MULE:TRANSFORMATION"
    assert server.requests == []


async def test_multipart(ask: Ask) -> None:
    parts = {}

    async def handler(request: web.Request) -> web.Response:
        async for part in await request.multipart():
            parts.setdefault(part.name, []).append(
                (part.filename, part.headers.get("Content-Type"), bytes(await part.read()))
            )
        return web.Response()

    payload = {
        "note": "hé",
        "none": None,
        "tags": ["a", "b"],
        "data": {"n": 1},
        "file": {"filename": 'a"b\r\nc é.bin', "contentType": "image/png", "content": b"\x00\r\n--x"},
    }
    request = '{url: "${url}/", method: POST, headers: {Content-Type: multipart/form-data}}'
    async with upstream(handler) as server, ask(request, url=server.url) as flows:
        await flows.run(payload)
    assert parts == {
        "note": [(None, None, "hé".encode())],
        "tags": [(None, None, b"a"), (None, None, b"b")],
        "data": [(None, "application/json", b'{"n":1}')],
        "file": [("a%22b%0D%0Ac é.bin", "image/png", b"\x00\r\n--x")],
    }


@given(TEXTS, TEXTS)
def test_no_name_breaks_out_of_its_part(name: str, filename: str) -> None:
    body = b"".join(multipart({name: {"filename": filename, "content": "x"}}, "mark"))
    head, _, rest = body.partition(b"\r\n\r\n")
    assert rest == b"x\r\n--mark--\r\n"
    assert head.count(b"\r\n") == 2
    assert head.split(b"\r\n")[1].count(b'"') == 4


async def test_large_body(ask: Ask) -> None:
    async def handler(request: web.Request) -> web.Response:
        size = sum([len(chunk) async for chunk in request.content.iter_any()])
        return web.json_response(size)

    async with upstream(handler) as server, ask('{url: "${url}/", method: POST}', url=server.url) as flows:
        assert (await flows.run(b"x" * 5_000_000)).payload == 5_000_000


async def test_answer_before_the_body_was_read(ask: Ask) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.json_response({"too": "large"}, status=413, headers={"Connection": "close"})

    async with upstream(handler) as server, ask('{url: "${url}/", method: POST}', url=server.url) as flows:
        failure = await flows.fails(b"x" * 200_000)
    assert str(failure.type) in ("HTTP:CLIENT_ERROR", "HTTP:CONNECTIVITY")  # whichever the network brings first


@pytest.mark.parametrize("method", ["", "GET /x", "CONNECT", "TRACE", "G\r\nX: y", None, 5])
async def test_method_that_cannot_be_sent(ask: Ask, method: Any) -> None:
    async with upstream(echo) as server, ask('{url: "${url}/", method: "#[payload]"}', url=server.url) as flows:
        assert str((await flows.fails(method)).type) == "HTTP:BAD_REQUEST"
    assert server.requests == []


async def test_concurrent_requests_do_not_mix(ask: Ask) -> None:
    request = '{url: "${url}/{id}", method: POST, uri-params: {id: "#[payload]"}, headers: {x-id: "#[payload]"}}'
    async with upstream(echo) as server, ask(request, url=server.url) as flows:
        events = await asyncio.gather(*(flows.run(str(number)) for number in range(50)))
    seen = [(each.payload["path"], each.payload["headers"]["x-id"], each.payload["body"]) for each in events]
    assert seen == [(f"/{number}", str(number), str(number)) for number in range(50)]


# Traces

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
PROXY = """
configs: {In: {http:listener-config: {port: 0}}}
flows:
  way:
    source: {http:listener: {config-ref: In, path: /}}
    steps:
      - http:request: {url: "${url}/1"}
      - parallel-foreach: {collection: "[`1`, `2`]", steps: [{http:request: {url: "${url}/2"}}]}
"""


@pytest.mark.reaches("LONGEST_TRACE_STATE")
@pytest.mark.parametrize(
    ("came", "goes_out"),
    [
        ({"traceparent": PARENT, "tracestate": "a=1"}, (PARENT, "a=1")),
        ({"traceparent": PARENT, "tracestate": "a" * 512}, (PARENT, "a" * 512)),
        ({"traceparent": PARENT, "tracestate": "a" * 513}, (PARENT, None)),
        ({"traceparent": PARENT}, (PARENT, None)),
        ({"tracestate": "a=1"}, (None, None)),
        ({"traceparent": PARENT.upper(), "tracestate": "a=1"}, (None, None)),
        ({"traceparent": f"ff{PARENT[2:]}"}, (None, None)),
        ({"traceparent": "00-" + "0" * 32 + "-b7ad6b7169203331-01"}, (None, None)),
        ({}, (None, None)),
    ],
)
async def test_trace(tmp_path: Any, came: dict[str, str], goes_out: tuple[str | None, str | None]) -> None:
    file = tmp_path / "flows.yaml"
    file.write_text(PROXY)
    async with (
        upstream(echo) as server,
        Application.load(file, properties={"url": server.url}) as app,
        httpx.AsyncClient(transport=httpx.ASGITransport(app.asgi()), base_url="http://in") as client,
    ):
        answer = await client.get("/", headers={**came, "X-Correlation-ID": "c-1"})
    assert answer.status_code == 200
    sent = [(each.headers.get("traceparent"), each.headers.get("tracestate")) for each in server.requests]
    assert sent == [goes_out] * 3
    assert {each.headers["X-Correlation-ID"] for each in server.requests} == {"c-1"}
