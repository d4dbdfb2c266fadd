"""What HTTP has beside POST and JSON: HEAD, OPTIONS, conditional requests, compressed bodies, negotiation."""

from __future__ import annotations

import gzip
import zlib

import pytest
from running import PROBLEM, Running

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0, maxBodySize: 64KiB, readTimeout: 1s}}
flows:
  orders:
    source: {http:listener: {config-ref: Api, path: /orders, allowedMethods: GET}}
    steps: [{set-payload: {value: [{id: 1, name: Ada}, {id: 2, name: "Blaise, P."}]}}]
  one:
    source: {http:listener: {config-ref: Api, path: /one, allowedMethods: GET}}
    steps: [{set-payload: {value: {order: {id: "7"}}}}]
  csv:
    source: {http:listener: {config-ref: Api, path: /csv, allowedMethods: GET}}
    steps: [{set-payload: {value: [{a: 1}], mimeType: text/csv}}]
  tagged:
    source: {http:listener: {config-ref: Api, path: /tagged, allowedMethods: GET}}
    steps:
      - set-variable: {variableName: outboundHeaders, value: {ETag: '"v1"', Cache-Control: max-age=60, X-Own: a}}
      - set-payload: {value: {a: 1}}
  labelled:
    source:
      http:listener:
        {config-ref: Api, path: /labelled, allowedMethods: GET, response: {headers: {Content-Type: text/csv}}}
    steps: [{set-payload: {value: [{a: 1}]}}]
  reason:
    source:
      http:listener:
        config-ref: Api
        path: /reason
        response: {reasonPhrase: "Fine, #[payload.name]"}
        error-response: {reasonPhrase: "#[error.description]"}
    steps: [{validation:is-not-null: {value: "#[payload.name]", message: no name}}]
  headers:
    source: {http:listener: {config-ref: Api, path: /headers}}
    steps: [{set-payload: {value: "#[{a: attributes.headers.'X-A', cookie: attributes.headers.cookie}]"}}]
  echo:
    source: {http:listener: {config-ref: Api, path: /echo}}
    steps: []
"""
ORDERS = [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Blaise, P."}]


@pytest.mark.parametrize(
    ("accept", "media_type", "body"),
    [
        ("application/json", "application/json", '[{"id":1,"name":"Ada"},{"id":2,"name":"Blaise, P."}]'),
        ("*/*", "application/json", None),
        ("text/csv", "text/csv", 'id,name\r\n1,Ada\r\n2,"Blaise, P."\r\n'),
        ("application/x-ndjson", "application/x-ndjson", '{"id":1,"name":"Ada"}\n{"id":2,"name":"Blaise, P."}\n'),
        ("text/csv;q=0.5, application/x-ndjson;q=0.9", "application/x-ndjson", None),
        ("application/*;q=0.2, text/csv", "text/csv", None),
        ("application/json;q=0, */*", "application/x-ndjson", None),
        ("application/xml, application/json;q=0.5", "application/json", None),  # a list is no XML document
        ("text/plain", "text/plain", '[{"id":1,"name":"Ada"},{"id":2,"name":"Blaise, P."}]'),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json", None),
        ("nonsense, text/csv;q=x, application/json;q=0.1", "application/json", None),
    ],
)
def test_accept(served: Running, accept: str, media_type: str, body: str | None) -> None:
    answer = served.client.get("/orders", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    assert body is None or answer.text == body


def test_xml_of_one_root(served: Running) -> None:
    answer = served.client.get("/one", headers={"Accept": "application/xml"})
    assert (answer.headers["content-type"], answer.text) == ("application/xml", "<order><id>7</id></order>")


@pytest.mark.parametrize("path", ["/csv", "/labelled"])
def test_a_media_type_of_the_flow_stands(served: Running, path: str) -> None:
    answer = served.client.get(path, headers={"Accept": "application/json"})
    assert (answer.headers["content-type"], answer.text) == ("text/csv", "a\r\n1\r\n")


def test_nothing_acceptable(served: Running) -> None:
    answer = served.client.get("/orders", headers={"Accept": "image/png"})
    assert (answer.status_code, answer.headers["content-type"]) == (406, PROBLEM)
    assert answer.json()["errorType"] == "HTTP:NOT_ACCEPTABLE"
    assert "text/csv" in answer.json()["detail"]


def test_head_is_get_without_the_body(served: Running) -> None:
    full, head = served.client.get("/orders"), served.client.head("/orders")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "content-type", "etag"):
        assert head.headers[name] == full.headers[name]


def test_repeated_headers(served: Running) -> None:
    headers = [("X-A", "1"), ("x-a", "2"), ("Cookie", "a=1"), ("Cookie", "b=2")]
    answer = served.client.get("/headers", headers=headers)
    assert answer.json() == {"a": "1, 2", "cookie": "a=1; b=2"}


def test_reason_phrase(served: Running) -> None:
    answer = served.post("/reason", json={"name": "Ada"})
    assert (answer.status_code, answer.reason_phrase) == (200, "Fine, Ada")
    answer = served.post("/reason", json={})
    assert (answer.status_code, answer.reason_phrase) == (400, "no name")
    assert served.post("/echo", json={}).reason_phrase == "OK"
    assert served.post("/reason", json={"name": "a\nb"}).status_code == 500


def test_options(served: Running) -> None:
    answer = served.client.options("/orders")
    assert (answer.status_code, answer.headers["allow"], answer.content) == (204, "GET, HEAD, OPTIONS", b"")


def test_what_the_caller_has_is_not_sent_again(served: Running) -> None:
    tag = served.client.get("/orders").headers["etag"]
    for wanted in (tag, f'"x", W/{tag}', "*"):
        answer = served.client.get("/orders", headers={"If-None-Match": wanted})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert served.client.get("/orders", headers={"If-None-Match": '"x"'}).json() == ORDERS
    assert "etag" not in served.post("/echo", json=ORDERS).headers


def test_an_entity_tag_of_the_flow(served: Running) -> None:
    answer = served.client.get("/tagged", headers={"If-None-Match": '"v1"'})
    assert (answer.status_code, answer.headers["cache-control"]) == (304, "max-age=60")
    assert "x-own" not in answer.headers
    assert "content-type" not in answer.headers


BODY = b'{"text": "' + b"a" * 10_000 + b'"}'
BOMB = b" " * 10_000_000
BARE = zlib.compressobj(wbits=-15)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        pytest.param("gzip", gzip.compress(BODY), id="gzip"),
        pytest.param("GZIP", gzip.compress(BODY), id="in capitals"),
        pytest.param("x-gzip", gzip.compress(BODY), id="the old name"),
        pytest.param("deflate", zlib.compress(BODY), id="deflate"),
        pytest.param("deflate", BARE.compress(BODY) + BARE.flush(), id="deflate without its head"),
        pytest.param("identity", BODY, id="as it is"),
    ],
)
def test_a_compressed_body(served: Running, encoding: str, body: bytes) -> None:
    answer = served.post("/echo", content=body, headers={"Content-Encoding": encoding})
    assert (answer.status_code, answer.content) == (200, BODY.replace(b": ", b":"))


@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [
        pytest.param("gzip", b"no gzip", 400, id="no gzip"),
        pytest.param("gzip", gzip.compress(BODY)[:-9], 400, id="cut off"),
        pytest.param("gzip", gzip.compress(BODY) + b"more", 400, id="more after its end"),
        pytest.param("deflate", b"\x78\x9cno", 400, id="no deflate"),
        pytest.param("gzip", gzip.compress(BOMB), 413, id="a gzip bomb"),
        pytest.param("deflate", zlib.compress(BOMB), 413, id="a deflate bomb"),
        pytest.param("br", b"x", 415, id="an encoding that is not known"),
        pytest.param("gzip, gzip", gzip.compress(gzip.compress(BODY)), 415, id="twice"),
    ],
)
def test_a_compressed_body_that_is_refused(served: Running, encoding: str, body: bytes, status: int) -> None:
    answer = served.post("/echo", content=body, headers={"Content-Encoding": encoding})
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)


def test_an_empty_body_needs_no_inflating(served: Running) -> None:
    assert served.post("/echo", content=b"", headers={"Content-Encoding": "gzip"}).status_code == 200


def test_a_body_that_does_not_arrive(served: Running) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n[1,"
    with served.raw(head) as connection:
        connection.settimeout(10)
        answer = connection.recv(4096)
        assert answer.startswith(b"HTTP/1.1 408 ")
        while more := connection.recv(4096):  # the connection is closed after it
            answer += more
    assert b"connection: close" in answer.lower()
