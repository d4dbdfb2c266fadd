"""Limits of what upstreams may answer: as much is taken, and no more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attacks.upstreams import Talk, Upstream, answer, says, upstream
from server.running import Running

from engine.limits import (
    LARGEST_ANSWER,
    LARGEST_BESIDE_BODY,
    LARGEST_HEADERS,
    LARGEST_SAVED_ANSWER,
    LARGEST_TOKEN_ANSWER,
    LONGEST_ACCESS_TOKEN,
    LONGEST_ANSWER_LINE,
    MOST_ANSWER_HEADERS,
    MOST_REDIRECTS,
)

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
error-handlers:
  told: [{on-error-continue: {type: ANY, logException: false, steps: [{set-payload: {value: "#[error.type]"}}]}}]
flows:
  ask:
    source: {http:listener: {config-ref: Api, path: /ask}}
    steps: [{http:request: {url: "#[attributes.queryParams.url]"}}, {set-payload: {value: "#[size_of(payload)]"}}]
    error-handler: {ref: told}
  save:
    source: {http:listener: {config-ref: Api, path: /save}}
    steps: [{http:request: {url: "#[attributes.queryParams.url]", saveTo: answer.bin}}]
    error-handler: {ref: told}
  headers:
    source: {http:listener: {config-ref: Api, path: /headers}}
    steps:
      - http:request: {url: "#[attributes.queryParams.url]", headers: {X: "#[payload]"}}
      - set-payload: {value: "#[size_of(payload)]"}
    error-handler: {ref: told}
"""
PARSING, TOO_LARGE = "HTTP:PARSING", "HTTP:RESPONSE_TOO_LARGE"
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("asking")
    (folder / "flows.yaml").write_text(FLOWS)
    with Running(folder, str(folder / "flows.yaml"), cwd=folder) as server:
        yield server
        assert "Traceback" not in server.log


def asked(server: Running, up: Upstream, path: str = "/ask", **request: Any) -> str:
    """The size of the answer, or the error."""
    return server.post(path, params={"url": up.url}, **request).text


def said(server: Running, text: bytes) -> str:
    with upstream(says(text)) as up:
        return asked(server, up)


@pytest.mark.reaches("LARGEST_ANSWER")
def test_a_body(asking: Running) -> None:
    assert said(asking, answer(b"x" * LARGEST_ANSWER)) == str(LARGEST_ANSWER)
    assert said(asking, answer(b"x" * (LARGEST_ANSWER + 1))) == TOO_LARGE


@pytest.mark.reaches("LARGEST_SAVED_ANSWER")
def test_a_body_into_a_file(asking: Running) -> None:
    """One that says its length is refused before it comes; nobody writes a gigabyte for the other."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\nx"
    with upstream(says(head % (LARGEST_SAVED_ANSWER + 1))) as up:
        assert asked(asking, up, "/save") == TOO_LARGE
    with upstream(says(head % LARGEST_SAVED_ANSWER)) as up:
        assert asked(asking, up, "/save") == "HTTP:CONNECTIVITY"  # it is waited for, and the upstream hangs up


@pytest.mark.reaches("LONGEST_ANSWER_LINE")
@pytest.mark.parametrize("line", ["a header", "a name", "the first line"])
def test_a_long_line(asking: Running, line: str) -> None:
    for size, told in ((LONGEST_ANSWER_LINE, "2"), (LONGEST_ANSWER_LINE + 100, PARSING)):
        text = answer(b"ok", b"X: " + b"a" * (size - 3))
        if line == "a name":
            text = answer(b"ok", b"X" * (size - 3) + b": a")
        elif line == "the first line":
            text = answer(b"ok").replace(b"OK", b"a" * (size - len("HTTP/1.1 200 ")))
        assert said(asking, text) == told


@pytest.mark.reaches("MOST_ANSWER_HEADERS")
def test_many_headers(asking: Running) -> None:
    usual = 2
    assert said(asking, answer(b"ok", *[b"X: y"] * (MOST_ANSWER_HEADERS - usual))) == "2"
    assert said(asking, answer(b"ok", *[b"X: y"] * (MOST_ANSWER_HEADERS - usual + 1))) == PARSING
    trailers = CHUNKED + b"2\r\nok\r\n0\r\n%s\r\n"
    assert said(asking, trailers % (b"X: y\r\n" * (MOST_ANSWER_HEADERS - usual))) == "2"
    assert said(asking, trailers % (b"X: y\r\n" * (MOST_ANSWER_HEADERS + 1))) == PARSING


@pytest.mark.reaches("LARGEST_BESIDE_BODY")
def test_what_stands_beside_a_body(asking: Running) -> None:
    """A read may bring it a little beyond."""
    chunk = b"1;" + b"a" * 1000 + b"\r\nx\r\n"
    few = LARGEST_BESIDE_BODY // len(chunk) - 10
    assert said(asking, CHUNKED + chunk * few + b"0\r\n\r\n") == str(few)
    assert said(asking, CHUNKED + chunk * (few + 500) + b"0\r\n\r\n") == PARSING


@pytest.mark.reaches("MOST_REDIRECTS")
@pytest.mark.parametrize(("redirects", "told"), [(MOST_REDIRECTS, "2"), (MOST_REDIRECTS + 1, "HTTP:REDIRECTION")])
def test_redirects(asking: Running, redirects: int, told: str) -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"
    with upstream(says(*[moved] * redirects, answer(b"ok"))) as up:
        assert asked(asking, up) == told


@pytest.mark.reaches("LARGEST_HEADERS")
@pytest.mark.parametrize(("size", "told"), [(LARGEST_HEADERS - 1, "2"), (LARGEST_HEADERS, "MULE:EXPRESSION")])
def test_headers_of_a_request(asking: Running, size: int, told: str) -> None:
    with upstream(says(answer(b"ok"))) as up:
        assert asked(asking, up, "/headers", content="x" * size, headers={"Content-Type": "text/plain"}) == told


GRANTED = """
configs:
  Api: {http:listener-config: {port: 0}}
  Good: {http:request-config: {url: "${good}", authentication: {client-credentials-grant-type:
    {clientId: a, clientSecret: b, tokenUrl: "${good}"}}}}
  Long: {http:request-config: {url: "${long}", authentication: {client-credentials-grant-type:
    {clientId: a, clientSecret: b, tokenUrl: "${long}"}}}}
  Large: {http:request-config: {url: "${large}", authentication: {client-credentials-grant-type:
    {clientId: a, clientSecret: b, tokenUrl: "${large}"}}}}
error-handlers:
  told: [{on-error-continue: {type: ANY, logException: false, steps: [{set-payload: {value: "#[error.type]"}}]}}]
flows:
  good:
    source: {http:listener: {config-ref: Api, path: /good}}
    steps: [{http:request: {config-ref: Good, path: /}}]
    error-handler: {ref: told}
  long:
    source: {http:listener: {config-ref: Api, path: /long}}
    steps: [{http:request: {config-ref: Long, path: /}}]
    error-handler: {ref: told}
  large:
    source: {http:listener: {config-ref: Api, path: /large}}
    steps: [{http:request: {config-ref: Large, path: /}}]
    error-handler: {ref: told}
"""


def granting(length: int, size: int) -> Talk:
    """An upstream that gives out a token, and then answers."""
    given = json.dumps({"access_token": "a" * length}).encode().ljust(size)
    return says(answer(given, kind=b"application/json"), answer(b"ok"))


@pytest.mark.reaches("LONGEST_ACCESS_TOKEN", "LARGEST_TOKEN_ANSWER")
def test_an_access_token(tmp_path: Path) -> None:
    (tmp_path / "flows.yaml").write_text(GRANTED)
    with (
        upstream(granting(LONGEST_ACCESS_TOKEN, LARGEST_TOKEN_ANSWER)) as good,
        upstream(granting(LONGEST_ACCESS_TOKEN + 1, LARGEST_TOKEN_ANSWER)) as long,
        upstream(granting(LONGEST_ACCESS_TOKEN, LARGEST_TOKEN_ANSWER + 1)) as large,
    ):
        urls = [f"good={good.url}", f"long={long.url}", f"large={large.url}"]
        settings = [text for url in urls for text in ("--set", url)]
        with Running(tmp_path, "flows.yaml", *settings, cwd=tmp_path) as server:
            told = [server.client.get(path).text for path in ("/good", "/long", "/large")]
    assert told == ["ok", "HTTP:SECURITY", TOO_LARGE]
