"""What an upstream may send without end, beside a body or where nobody has asked."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attacks.attack import MIB, watched
from attacks.upstreams import Upstream, answer, endless, says, upstream
from server.running import Running, wait_until

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
  Up: {http:request-config: {responseTimeout: 20s, maxRedirects: 5, maxConnections: 20}}
error-handlers:
  told:
    - on-error-continue:
        type: ANY
        logException: false
        steps: [{set-payload: {value: {error: "#[error.type]", payload: "#[error.errorMessage.payload]"}}}]
flows:
  ask:
    source: {http:listener: {config-ref: Api, path: /ask}}
    steps:
      - http:request:
          config-ref: Up
          url: "#[attributes.queryParams.url]"
          method: "#[attributes.queryParams.method]"
          target: got
          targetValue: "{status: attributes.statusCode, payload: payload}"
      - set-payload: {value: "#[vars.got]"}
    error-handler: {ref: told}
  hurry:
    source: {http:listener: {config-ref: Api, path: /hurry}}
    steps: [{http:request: {config-ref: Up, url: "#[attributes.queryParams.url]", responseTimeout: 1s}}]
    error-handler: {ref: told}
  send:
    source: {http:listener: {config-ref: Api, path: /send}}
    steps:
      - http:request:
          config-ref: Up
          url: "#[attributes.queryParams.url]"
          method: POST
          body: "#[repeat('x', 9000000)]"
    error-handler: {ref: told}
"""
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"
MUCH = 2**16


OK = answer(b"ok")


def ask(server: Running, up: Upstream, method: str = "GET", path: str = "/ask") -> Any:
    """What the flow came to: {status, payload}, or {error}."""
    return server.client.get(path, params={"url": up.url, "method": method}).json()


ENDLESS = {
    "interim answers": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000),
    "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "102 with headers": (b"", (b"HTTP/1.1 102 Processing\r\n" + b"A: b\r\n" * 100 + b"\r\n") * 20),
    "199": (b"", b"HTTP/1.1 199 Odd\r\nContent-Length: 5\r\n\r\n" * 1000),
    "line ends before the answer": (b"", b"\r\n" * MUCH),
    "a version": (b"HTTP/", b"1" * MUCH),
    "a status": (b"HTTP/1.1 ", b"2" * MUCH),
    "a reason": (b"HTTP/1.1 200 ", b"a" * MUCH),
    "a header's value": (b"HTTP/1.1 200 OK\r\nX: ", b"a" * MUCH),
    "spaces before a value": (b"HTTP/1.1 200 OK\r\nX:", b" " * MUCH),
    "a header's name": (b"HTTP/1.1 200 OK\r\n", b"a" * MUCH),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 1000),
    "cookies": (b"HTTP/1.1 200 OK\r\n", b"Set-Cookie: a=b\r\n" * 1000),
    "a folded header": (b"HTTP/1.1 200 OK\r\nX: y\r\n", b" y\r\n" * 1000),
    "digits of a length": (b"HTTP/1.1 200 OK\r\nContent-Length: ", b"0" * MUCH),
    "a chunk's size": (CHUNKED, b"0" * MUCH),
    "a chunk's extension": (CHUNKED + b"5;", b"a" * MUCH),
    "extensions": (CHUNKED, b"1;" + b"a" * 1000 + b"\r\nx\r\n"),
    "chunks of a byte": (CHUNKED, b"1\r\nx\r\n" * 10_000),
    "a trailer": (CHUNKED + b"5\r\nhello\r\n0\r\nX: ", b"a" * MUCH),
    "trailers": (CHUNKED + b"5\r\nhello\r\n0\r\n", b"X: y\r\n" * 1000),
    "another protocol": (b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", b"a" * MUCH),
    "another protocol, not named": (b"HTTP/1.1 101 Switching\r\n\r\n", b"a" * MUCH),
    "what is no HTTP": (b"SSH-2.0-x\r\n", b"a" * MUCH),
    "HTTP/0.9": (b"", b"<p>" * MUCH),
    "zeros": (b"", bytes(MUCH)),
}


@pytest.mark.reaches(
    "MOST_INTERIM_ANSWERS", "LONGEST_ANSWER_LINE", "MOST_ANSWER_HEADERS", "LARGEST_BESIDE_BODY", "MOST_BESIDE_BYTE"
)
@pytest.mark.parametrize("name", ENDLESS)
def test_what_has_no_end(attacked: Running, name: str) -> None:
    with upstream(endless(*ENDLESS[name])) as up, watched(attacked):
        assert ask(attacked, up)["error"] == "HTTP:PARSING"
        wait_until(lambda: up.sent < 64 * MIB)
    assert up.connections == 1


AFTER = {
    "answers": (OK, answer(b"evil") * 1000),
    "interim answers": (OK, b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000),
    "garbage": (OK, b"a" * MUCH),
    "half of an answer": (OK, b"HTTP/1.1 200 OK\r\nX: "),
}


@pytest.mark.parametrize("name", AFTER)
def test_what_comes_after_the_answer_has_no_end(attacked: Running, name: str) -> None:
    """It comes while nobody asks, on a connection that is kept."""
    first, block = AFTER[name]

    def talk(up: Upstream, connection: socket.socket) -> None:
        up.hear(connection)
        connection.sendall(first)
        time.sleep(0.1)
        while not up.is_over:
            up.sent += connection.send(block)

    with upstream(talk) as up, watched(attacked):
        for _ in range(3):
            assert ask(attacked, up) == {"status": 200, "payload": "ok"}
            time.sleep(0.3)
    assert up.connections == 3
    assert up.sent < 64 * MIB


BEHIND = {
    "an answer": answer(b"evil"),
    "the head of one": b"HTTP/1.1 200 OK\r\n\r\n",
    "half of one": b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 400\r\n\r\nevil",
    "an interim one": b"HTTP/1.1 103 Early Hints\r\n\r\n",
    "a line end": b"\r\n",
    "garbage": b"evil",
}


WAYS = {
    "with the answer": lambda first, behind: [first + behind],
    "after it": lambda first, behind: [first, behind],
    "with its last bytes": lambda first, behind: [first[:-4], first[-4:] + behind],
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", BEHIND)
def test_what_stands_behind_an_answer_is_not_the_next_one(attacked: Running, name: str, way: str) -> None:
    def talk(up: Upstream, connection: socket.socket) -> None:
        for number in range(3):
            up.hear(connection)
            for part in WAYS[way](answer(b"answer %d" % number), BEHIND[name]):
                connection.sendall(part)
                time.sleep(0.1)

    with upstream(talk) as up:
        for _ in range(3):
            got = ask(attacked, up)
            assert got.get("error") == "HTTP:PARSING" or got["payload"].startswith("answer")
            time.sleep(0.3)


@pytest.mark.parametrize("head", [OK[:-2], EMPTY, b"HTTP/1.1 304 Not Modified\r\nContent-Length: 40\r\n\r\n"])
def test_a_body_that_is_not_to_be_there_is_no_answer(attacked: Running, head: bytes) -> None:
    def talk(up: Upstream, connection: socket.socket) -> None:
        while True:
            up.hear(connection)
            connection.sendall(head)
            time.sleep(0.05)
            connection.sendall(answer(b"evil"))

    with upstream(talk) as up:
        for _ in range(3):
            assert ask(attacked, up, "HEAD")["payload"] is None
            time.sleep(0.15)
    assert up.connections == 3


ODD = {
    "as many interim answers as may be": (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 16 + OK, "ok"),
    "one more": (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 17 + OK, "HTTP:PARSING"),
    "100 and 102": (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + OK, "ok"),
    "extensions and trailers": (CHUNKED + b'2;a=b;c="d"\r\nok\r\n0\r\nX: y\r\n\r\n', "ok"),
    "chunks of a byte": (CHUNKED + b"1\r\nx\r\n" * 100_000 + b"0\r\n\r\n", "x" * 100_000),
    "two lengths": (answer(b"ok", b"Content-Length: 3"), "HTTP:PARSING"),
    "a length and chunks": (CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Length: 2\r\n\r\n") + b"ok", "HTTP:PARSING"),
    "chunked twice": (CHUNKED.replace(b"chunked", b"chunked, chunked") + b"2\r\nok\r\n0\r\n\r\n", "ok"),
    "a length of letters": (b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok", "HTTP:PARSING"),
    "a length with a sign": (b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok", "HTTP:PARSING"),
    "a huge length": (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\nok" % 10**30, "HTTP:PARSING"),
    "a huge chunk": (CHUNKED + b"f" * 17 + b"\r\nok", "HTTP:PARSING"),
    "a chunk without end": (CHUNKED + b"2\r\nokay\r\n0\r\n\r\n", "HTTP:PARSING"),
    "a status of two digits": (b"HTTP/1.1 20 OK\r\n\r\n", "HTTP:PARSING"),
    "a status that is none": (OK.replace(b"200", b"099"), "HTTP:PARSING"),
    "a status of zero": (OK.replace(b"200", b"000"), "HTTP:PARSING"),
    "a status of four digits": (b"HTTP/1.1 2000 OK\r\n\r\n", "HTTP:PARSING"),
    "HTTP/2": (b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP:PARSING"),
    "a zero in a header": (answer(b"ok", b"X: a\0b"), "HTTP:PARSING"),
    "no header": (b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", "HTTP:PARSING"),
    "no line": (b"HTTP/1.1 200 OK", "HTTP:CONNECTIVITY"),
}


@pytest.mark.reaches("MOST_INTERIM_ANSWERS", "MOST_BESIDE_BYTE")
@pytest.mark.parametrize("name", ODD)
def test_odd_answers(attacked: Running, name: str) -> None:
    said, expected = ODD[name]
    with upstream(says(said)) as up:
        got = ask(attacked, up)
    assert got.get("error", got["payload"]) == expected


@pytest.mark.parametrize("block", [b"zz\r\n", b"5\r\nhelloX"], ids=["no size", "no end of a chunk"])
def test_nonsense_after_a_part_of_the_body_is_told_at_once(attacked: Running, block: bytes) -> None:
    def talk(up: Upstream, connection: socket.socket) -> None:
        up.hear(connection)
        connection.sendall(CHUNKED + b"5\r\nhello\r\n")
        time.sleep(0.1)
        connection.sendall(block)
        up.hear(connection)

    with upstream(talk) as up:
        assert ask(attacked, up)["error"] == "HTTP:PARSING"


@pytest.mark.parametrize(
    "first", [b"", b"HTTP/1.1 200 OK\r\nX: ", CHUNKED], ids=["at once", "in the head", "in the body"]
)
def test_a_byte_now_and_then_ends_with_the_time(attacked: Running, first: bytes) -> None:
    def talk(up: Upstream, connection: socket.socket) -> None:
        up.hear(connection)
        connection.sendall(first)
        while not up.is_over:
            connection.sendall(b"\r\n"[:1] if not first else b"1\r\na\r\n" if first == CHUNKED else b"a")
            time.sleep(0.05)

    with upstream(talk) as up:
        assert ask(attacked, up, path="/hurry")["error"] == "HTTP:TIMEOUT"


# The body is still being sent


@contextmanager
def files_of(server: Running) -> Iterator[list[int]]:
    """How many files the server has open: before, and when what is inside is done."""

    def count() -> int:
        return len(os.listdir(f"/proc/{server.process.pid}/fd"))

    counted = [count()]
    yield counted
    time.sleep(0.2)
    counted.append(count())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at /proc")
@pytest.mark.parametrize("status", [b"200 OK", b"413 Too Large", b"302 Found"])
@pytest.mark.parametrize("header", [b"", b"Connection: close\r\n"], ids=["kept", "closed"])
def test_an_answer_to_half_a_request_leaves_no_connection(attacked: Running, status: bytes, header: bytes) -> None:
    over = threading.Event()

    def talk(up: Upstream, connection: socket.socket) -> None:
        """Answer, and never read the rest."""
        up.hear(connection)
        connection.sendall(b"HTTP/1.1 %s\r\n%sContent-Length: 0\r\n\r\n" % (status, header))
        over.wait(30)

    with upstream(talk) as up, watched(attacked), files_of(attacked) as files:
        for _ in range(10):
            attacked.client.get("/send", params={"url": up.url})
    over.set()
    assert up.connections == 10
    assert files[1] <= files[0] + 3


@pytest.mark.reaches("MOST_CONNECTIONS")
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at /proc")
def test_connections_to_many_hosts_are_not_all_kept(attacked: Running) -> None:
    with files_of(attacked) as files:
        for _ in range(60):
            up = Kept()
            assert ask(attacked, up)["payload"] == "ok"
    assert files[1] <= files[0] + 25


class Kept(Upstream):
    """An upstream that stays, and keeps its connections open, until the test session ends."""

    def __init__(self) -> None:
        super().__init__(socket.create_server(("127.0.0.1", 0)), says(OK, OK))
        threading.Thread(target=self.accept, daemon=True).start()


# Redirects


def test_redirects_for_ever_keep_no_cookie(attacked: Running) -> None:
    count = iter(range(1000))

    def talk(up: Upstream, connection: socket.socket) -> None:
        while up.hear(connection):
            moved = b"HTTP/1.1 302 Found\r\nLocation: /%d\r\nSet-Cookie: c%d=%s\r\nContent-Length: 0\r\n\r\n"
            number = next(count)
            connection.sendall(moved % (number, number, b"v" * 4000))

    with upstream(talk) as up, watched(attacked):
        assert ask(attacked, up)["error"] == "HTTP:REDIRECTION"
    assert len(up.asked) == 6
    assert b"cookie" not in b"".join(up.asked).lower()


def test_redirect_whose_body_has_no_end(attacked: Running) -> None:
    def talk(up: Upstream, connection: socket.socket) -> None:
        if b"/there" in up.hear(connection):
            connection.sendall(OK)
            return
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /there\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not up.is_over:
            up.sent += connection.send(b"10000\r\n" + bytes(MUCH) + b"\r\n")

    with upstream(talk) as up, watched(attacked):
        assert ask(attacked, up) == {"status": 200, "payload": "ok"}
    assert up.sent < 64 * MIB


@pytest.mark.parametrize(
    "location",
    [b"/" + b"a" * 8000, b"http://" + "ü.".encode() * 2500, b"http://" + "\u0300".encode() * 3000,
     b"http://" + b"a." * 3900, b"\xff\xfe", b"http://\xff", b"?" * 8000, b"//" * 4000, b"http://[" + b":" * 8000],
    ids=["long", "IDNA", "combining", "labels", "bytes", "bytes of a host", "query", "slashes", "brackets"],
)  # fmt: skip
def test_where_redirects_lead(attacked: Running, location: bytes) -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % location
    with upstream(says(*[moved] * 10)) as up, watched(attacked):
        assert ask(attacked, up)["error"] in ("HTTP:REDIRECTION", "HTTP:CONNECTIVITY", "HTTP:BAD_REQUEST")


# Others who are asked


OTHERS = """
configs:
  Api: {http:listener-config: {port: 0}}
  Through: {http:request-config: {responseTimeout: 20s, proxy: {host: 127.0.0.1, port: "${port}"}}}
  Tokens:
    http:request-config:
      url: http://127.0.0.1:9
      authentication:
        client-credentials-grant-type: {clientId: a, clientSecret: b, tokenUrl: "http://127.0.0.1:${port}/token"}
flows:
  proxy:
    source: {http:listener: {config-ref: Api, path: /proxy}}
    steps: [{http:request: {config-ref: Through, url: "https://example.org/"}}]
  token:
    source: {http:listener: {config-ref: Api, path: /token}}
    steps: [{http:request: {config-ref: Tokens, path: /}}]
  keys:
    source: {http:listener: {config-ref: Api, path: /keys}}
    steps: [{security:jwt: {algorithms: RS256, jwks: "http://127.0.0.1:${port}/keys"}}]
"""
TOKEN = "eyJhbGciOiJSUzI1NiJ9.e30.AAAA"  # noqa: S105  # of nobody


@pytest.mark.parametrize("who", ["proxy", "token", "keys"])
@pytest.mark.parametrize("name", ["interim answers", "a header's value", "line ends before the answer", "cookies"])
def test_others_who_are_asked(tmp_path: Path, who: str, name: str) -> None:
    (tmp_path / "flows.yaml").write_text(OTHERS)
    with (
        upstream(endless(*ENDLESS[name])) as up,
        Running(tmp_path, "flows.yaml", "--set", f"port={up.port}", cwd=tmp_path) as server,
        watched(server),
    ):
        answered = server.client.get(f"/{who}", headers={"authorization": f"Bearer {TOKEN}"})
        assert answered.status_code in (401, 502, 503)
        assert up.connections == 1
    assert up.sent < 64 * MIB


def test_a_token_that_is_too_long(tmp_path: Path) -> None:
    body = b'{"access_token": "%s"}' % (b"a" * 500_000)
    given = answer(body, kind=b"application/json")
    (tmp_path / "flows.yaml").write_text(OTHERS)
    with (
        upstream(says(given)) as up,
        Running(tmp_path, "flows.yaml", "--set", f"port={up.port}", cwd=tmp_path) as server,
    ):
        answered = server.client.get("/token")
        assert answered.status_code == 502
        assert "aaaa" not in answered.text + server.log
