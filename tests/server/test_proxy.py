"""A flow between a caller and an upstream: headers are handed on as they came, but for those of one connection."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from loopback import in_loop, loopback
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

FLOWS = """
flows:
  by-name:
    source:
      http:listener:
        config-ref: Api
        path: /by-name
        response:
          headers:
            Set-Cookie: "#[attributes.headers.'set-cookie']"
            WWW-Authenticate: "#[attributes.headers.'www-authenticate']"
            Date: Wed, 09 Jun 2027 10:18:14 GMT
    steps: [{http:request: {url: "${up}/"}}]
  whole:
    source: {http:listener: {config-ref: Api, path: /whole, response: {headers: "#[attributes.headers]"}}}
    steps: [{http:request: {url: "${up}/", method: POST, headers: "#[attributes.headers]"}}]
  variable:
    source: {http:listener: {config-ref: Api, path: /variable}}
    steps:
      - http:request: {url: "${up}/", method: POST, headers: "#[merge(attributes.headers, {x: 'y'})]"}
      - set-variable: {variableName: outboundHeaders, value: "#[attributes.headers]"}
  failing:
    source:
      http:listener:
        config-ref: Api
        path: /failing
        error-response: {headers: "#[error.errorMessage.attributes.headers]", statusCode: 409}
    steps: [{http:request: {url: "${up}/", response-validator: {failure-status-code: 200}}}]
  singly:
    source:
      http:listener: {config-ref: Api, path: /singly, response: {headers: {"Keep-Alive": "#[attributes.headers.x]"}}}
    steps: []
  singly-out:
    source: {http:listener: {config-ref: Api, path: /singly-out}}
    steps: [{http:request: {url: "${up}/", headers: {"Content-Length": "#[attributes.headers.x]"}}}]
"""
COOKIES = ["a=1; Expires=Wed, 09 Jun 2027 10:18:14 GMT", "b=2; Path=/"]
CHALLENGES = ['Basic realm="a, b"', 'Bearer realm="c"']
OF_THE_CONNECTION = {
    "connection": "keep-alive, X-Hop", "x-hop": "1", "keep-alive": "timeout=7", "proxy-connection": "close",
    "proxy-authenticate": "Basic", "te": "trailers", "trailer": "X-End", "upgrade": "h2c",
}  # fmt: skip
BODY = {"a": "b" * 100}


def answering(request: Request) -> Response:
    content = gzip.compress(JSONResponse(BODY).body)
    answer = Response(content, 200, {"content-encoding": "gzip", "x-own": "one", "date": "then"}, "application/json")
    twice = [("set-cookie", each) for each in COOKIES] + [("www-authenticate", each) for each in CHALLENGES]
    answer.raw_headers += [(name.encode(), value.encode()) for name, value in [*twice, *OF_THE_CONNECTION.items()]]
    return answer


@in_loop
async def test_headers_that_stand_twice_go_out_as_two_lines(tmp_path: Path) -> None:
    async with loopback(tmp_path, FLOWS) as it:
        it.upstream.respond = answering
        answer = await it.get("/by-name")
    assert answer.headers.get_list("set-cookie") == COOKIES
    assert answer.headers.get_list("www-authenticate") == CHALLENGES
    assert answer.headers.get_list("date") == ["Wed, 09 Jun 2027 10:18:14 GMT"]


@pytest.mark.parametrize("path", ["/whole", "/variable", "/failing"])
def test_a_whole_map_is_handed_on_but_for_those_of_the_connection(tmp_path: Path, path: str) -> None:
    @in_loop
    async def ask() -> None:
        asked: list[Request] = []

        def respond(request: Request) -> Response:
            asked.append(request)
            return answering(request)

        async with loopback(tmp_path, FLOWS) as it:
            it.upstream.respond = respond
            sent = {"X-Own": "mine", "Host": "shop.example", "Accept-Encoding": "br", **OF_THE_CONNECTION}
            answer = await it.client.post(path, json=[1, 2], headers=sent)
        assert (answer.status_code, answer.headers["x-own"]) == (409 if path == "/failing" else 200, "one")
        assert answer.headers.get_list("set-cookie") == COOKIES
        assert not {"content-encoding", *OF_THE_CONNECTION} - {"connection"} & set(answer.headers)
        assert "X-Hop" not in answer.headers.get("connection", "")
        assert len(answer.headers.get_list("date")) == 1
        assert path == "/failing" or answer.json() == BODY
        assert_handed_on(asked[0], is_whole=path != "/failing")

    ask()


def assert_handed_on(request: Request, *, is_whole: bool) -> None:
    """What the upstream gets: the caller's own headers, and those of the new connection."""
    headers: Any = request.headers
    assert headers["host"].startswith("127.0.0.1:")
    assert headers["accept-encoding"] != "br"
    assert headers.get("x-own") == ("mine" if is_whole else None)
    assert not set(OF_THE_CONNECTION) - {"connection"} & set(headers)
    assert "X-Hop" not in headers.get("connection", "")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/singly", "the header 'keep-alive' of the answer is one that a flow cannot set"),
        ("/singly-out", "the header 'content-length' of the request is one that a flow cannot set"),
    ],
)
def test_one_that_is_named_singly_is_an_error_that_names_it(
    tmp_path: Path, path: str, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    @in_loop
    async def ask() -> None:
        async with loopback(tmp_path, FLOWS) as it:
            answer = await it.client.get(path, headers={"x": "1"})
        assert answer.status_code == 500

    ask()
    assert told in caplog.text
