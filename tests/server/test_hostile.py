"""Callers that mean no good, over raw sockets: a defined answer or a closed connection, and the others do not notice.

What llhttp, beneath uvicorn, refuses is here too: a parser that would let it pass must not go unseen.
"""

from __future__ import annotations

import gzip
import os
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from raw import check_problem, head, received, statuses
from running import WATCHDOG, Running

FLOWS = """
configs:
  Api:
    http:listener-config:
      {port: 0, maxBodySize: 1MiB, readTimeout: 1s, headerTimeout: 1s, connectionIdleTimeout: 1s, maxHeaderSize: 8KiB}
flows:
  hello:
    source: {http:listener: {config-ref: Api, path: /hello}}
    steps: [{set-payload: {value: hello}}]
  echo:
    source: {http:listener: {config-ref: Api, path: /echo}}
    steps: [{set-payload: {value: "#[{method: attributes.method, payload: payload}]"}}]
  files:
    source: {http:listener: {config-ref: Api, path: "/files/*"}}
    steps: [{set-payload: {value: "#[resource(attributes.uriParams.'*')]"}}]
  slow:
    source: {http:listener: {config-ref: Api, path: /slow}}
    steps: [{slow: {seconds: 0.3}}, {set-payload: {value: slow}}]
"""
MIB = 2**20
ROOM = 64 * MIB
"""How much more memory the server may have used at any time than before the first case."""


@pytest.fixture(scope="module")
def calm(served: Running) -> int:
    """The memory of the server before anybody came, in bytes."""
    assert served.client.get("/hello").status_code == 200
    return peak(served)


@pytest.fixture(autouse=True)
def _others_do_not_notice(served: Running, calm: int) -> Iterator[None]:
    yield
    began = time.monotonic()
    assert served.client.get("/hello").text == "hello"
    assert time.monotonic() - began < 5
    assert peak(served) - calm < ROOM
    assert "Traceback" not in served.log


def peak(server: Running) -> int:
    """The most memory that the server had at a time; 0 where the system does not tell."""
    if not sys.platform.startswith("linux"):
        return 0
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1]) * 1024


SMUGGLED = b"GET /echo HTTP/1.1\r\nHost: test\r\n\r\n"
CHUNKED = "Transfer-Encoding: chunked"
REFUSED: dict[str, tuple[bytes, int]] = {
    "Content-Length, then Transfer-Encoding": (head("Content-Length: 5", CHUNKED) + b"0\r\n\r\n" + SMUGGLED, 400),
    "Transfer-Encoding, then Content-Length": (head(CHUNKED, "Content-Length: 5") + b"0\r\n\r\n" + SMUGGLED, 400),
    "two lengths": (head("Content-Length: 1", "Content-Length: 36") + b"1" + SMUGGLED, 400),
    "the same length twice": (head("Content-Length: 1", "Content-Length: 1") + b"1", 400),
    "a list of lengths": (head("Content-Length: 1, 1") + b"1", 400),
    "a length with a sign": (head("Content-Length: +1") + b"1", 400),
    "a negative length": (head("Content-Length: -1") + b"1", 400),
    "a length in hexadecimal": (head("Content-Length: 0x1") + b"1", 400),
    "a length of many digits": (head("Content-Length: " + "9" * 40) + b"1", 400),
    "a length with a space before the colon": (head("Content-Length : 1") + b"1", 400),
    "an unknown coding": (head("Transfer-Encoding: xchunked") + b"0\r\n\r\n", 501),
    "identity as coding": (head("Transfer-Encoding: identity") + b"0\r\n\r\n", 501),
    "chunked twice": (head(CHUNKED, CHUNKED) + b"0\r\n\r\n", 400),
    "chunked, then another": (head("Transfer-Encoding: chunked, identity") + b"0\r\n\r\n", 400),
    "another, then chunked": (head("Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n", 501),
    "a coding behind a vertical tab": (head("Transfer-Encoding: \x0bchunked") + b"0\r\n\r\n", 400),
    "chunked in HTTP/1.0": (head(CHUNKED, request="POST /echo HTTP/1.0") + b"0\r\n\r\n", 400),
    "a folded coding": (head("Transfer-Encoding:\r\n chunked") + b"0\r\n\r\n", 400),
    "a folded header": (head("X: a\r\n b"), 400),
    "bare line feeds": (b"GET /echo HTTP/1.1\nHost: test\n\n", 400),
    "a null in a header": (head("X: a\x00b"), 400),
    "a bare carriage return": (head("X: a\rY: b"), 400),
    "no host": (head(host=""), 400),
    "two hosts": (head("Host: other"), 400),
    "an unknown method": (head(request="BREW /echo HTTP/1.1"), 400),
    "another protocol": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "no version": (b"GET /echo\r\n\r\n", 505),
    "a path without a slash": (head(request="GET echo HTTP/1.1"), 400),
    "an address to connect to": (head(request="CONNECT other:443 HTTP/1.1"), 501),
    "a path to connect to": (head(request="CONNECT /hello HTTP/1.1"), 501),
    "a byte above 127 in the path": (head(request="GET /\xff HTTP/1.1"), 400),
    "a request line that is too long": (head(request=f"GET /{'a' * 9000} HTTP/1.1"), 414),
    "a request line without end": (b"GET /" + b"a" * 600_000, 414),
    "a header that is too large": (head(f"X: {'a' * 9000}"), 431),
    "headers that are too large": (head(*(f"X-{number}: {'a' * 200}" for number in range(60))), 431),
    "a header without end": (b"GET /echo HTTP/1.1\r\nHost: test\r\nX: " + b"a" * 600_000, 431),
    "too many headers": (head(*(f"X-{number}: a" for number in range(200))), 431),
    "headers without end": (b"GET /echo HTTP/1.1\r\nHost: test\r\n" + b"X: a\r\n" * 100_000, 431),
    "a chunk of no size": (head(CHUNKED) + b"zz\r\nx\r\n0\r\n\r\n", 400),
    "a chunk of a negative size": (head(CHUNKED) + b"-1\r\nx\r\n0\r\n\r\n", 400),
    "a chunk of a huge size": (head(CHUNKED) + b"f" * 20 + b"\r\nx\r\n0\r\n\r\n", 400),
    "a chunk that is longer than it says": (head(CHUNKED) + b"1\r\nxyz\r\n0\r\n\r\n", 400),
    "a chunk behind a bare line feed": (head(CHUNKED) + b"1\nx\n0\n\n", 400),
}  # fmt: skip


@pytest.mark.reaches("MAX_HEADER_SIZE", "MAX_HEADERS")
@pytest.mark.parametrize("name", REFUSED)
def test_refused(served: Running, name: str) -> None:
    data, status = REFUSED[name]
    with socket.create_connection(("127.0.0.1", served.port), timeout=5) as connection:
        with suppress(ConnectionError):  # refused before all was sent
            connection.sendall(data)
        check_problem(received(connection), status)


@pytest.mark.reaches("HEADER_TIMEOUT")
def test_headers_that_do_not_arrive(served: Running) -> None:
    with served.raw(b"GET /echo HTTP/1.1\r\nHost: te") as connection:
        check_problem(received(connection), 408)


def test_headers_that_come_byte_by_byte(served: Running) -> None:
    with served.raw(b"GET /echo HTTP/1.1\r\n") as connection:
        began = time.monotonic()
        try:
            while time.monotonic() - began < 10:
                connection.sendall(b"X: a\r\n")
                time.sleep(0.1)
        except ConnectionError:
            return  # the server ended it
        pytest.fail("the server waited for ever")


@pytest.mark.reaches("HEADER_TIMEOUT", "IDLE_TIMEOUT")
@pytest.mark.parametrize("before", [b"", b"GET /hello HTTP/1.1\r\nHost: test\r\n\r\n"])
def test_a_connection_without_a_request_is_closed(served: Running, before: bytes) -> None:
    with served.raw(before) as connection:
        assert statuses(received(connection)) == ([200] if before else [])


def test_each_request_begins_the_idle_time_anew(served: Running) -> None:
    with served.raw() as connection:
        for _ in range(3):  # longer in all than the idle time
            connection.sendall(SMUGGLED)
            assert statuses(connection.recv(65536)) == [200]
            time.sleep(0.5)
        assert received(connection) == b""


def test_a_hundred_connections_that_say_nothing(served: Running) -> None:
    connections = [served.raw(b"GET /echo HTTP/1.1\r\n") for _ in range(100)]
    began = time.monotonic()
    assert served.client.get("/hello").text == "hello"
    assert time.monotonic() - began < 5
    for connection in connections:
        connection.close()


@pytest.mark.reaches("READ_TIMEOUT")
def test_a_body_that_comes_byte_by_byte(served: Running) -> None:
    with served.raw(head("Content-Length: 1000", "Content-Type: text/plain")) as connection:
        connection.settimeout(0.2)
        answer = b""
        for _ in range(40):
            try:
                connection.sendall(b"a")
                answer += connection.recv(65536)
            except TimeoutError:
                continue
            except ConnectionError:
                break
            if answer:
                break
        check_problem(answer + received(connection), 408)


def test_who_sends_no_more_gets_the_answer(served: Running) -> None:
    with served.raw(head(request="GET /slow HTTP/1.1")) as connection:
        connection.shutdown(socket.SHUT_WR)
        answer = received(connection)
        assert (statuses(answer), answer[-4:]) == ([200], b"slow")


@pytest.mark.parametrize("data", [b"GET /ec", head("Content-Length: 9") + b"1", head(CHUNKED) + b"5\r\nab"])
def test_who_stops_in_the_middle_gets_none(served: Running, data: bytes) -> None:
    with served.raw(data) as connection:
        connection.shutdown(socket.SHUT_WR)
        assert received(connection) == b""


def test_who_hangs_up_is_forgotten(served: Running) -> None:
    for _ in range(50):
        served.raw(head(request="GET /slow HTTP/1.1")).close()
    served.logged("GET /slow", 1)


def test_pipelined_requests_are_answered_in_order(served: Running) -> None:
    lines = [head("Content-Length: 1", request="POST /echo HTTP/1.1") + str(number).encode() for number in range(9)]
    with served.raw(b"".join(lines)) as connection:
        answer = received(connection)
    assert statuses(answer) == [200] * 9
    assert [answer.index(b'"payload":%d' % number) for number in range(9)] == sorted(
        answer.index(b'"payload":%d' % number) for number in range(9)
    )


def test_a_pipelined_request_that_is_refused_waits_for_the_answers_before(served: Running) -> None:
    slow, hello = head(request="GET /slow HTTP/1.1"), head(request="GET /hello HTTP/1.1")
    with served.raw(slow + hello + head("Content-Length: x") + hello) as connection:
        answer = received(connection)
    assert statuses(answer) == [200, 200, 400]
    assert answer.index(b"slow") < answer.index(b"hello")


def test_a_pipelined_body_that_breaks_does_not_disturb_the_answers_before(served: Running) -> None:
    with served.raw(head(request="GET /slow HTTP/1.1") + head(CHUNKED) + b"zz\r\n") as connection:
        assert statuses(received(connection)) == [200, 400]


def test_too_many_pipelined_requests(served: Running) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as connection:
        with suppress(ConnectionError):
            connection.sendall(head(request="GET /hello HTTP/1.1") * 50_000)
        answers = statuses(received(connection))
    assert 0 < len(answers) < 50_000
    assert set(answers) <= {200, 429}


def test_a_trailer_is_no_header(served: Running) -> None:
    data = head(CHUNKED, "Connection: close") + b"0\r\nContent-Type: text/plain\r\nHost: other\r\n\r\n"
    assert statuses(served.exchange(data)) == [200]


def test_chunk_extensions_are_passed_over(served: Running) -> None:
    answer = served.exchange(head(CHUNKED, "Connection: close") + b"1;a=b\r\n7\r\n0\r\n\r\n")
    assert answer.endswith(b'"payload":7}')


@pytest.mark.parametrize(("version", "leave"), [("1.1", True), ("1.0", False)])
def test_leave_to_send_a_body_is_given_to_who_knows_it(served: Running, version: str, leave: bool) -> None:
    expecting = head("Expect: 100-continue", "Content-Length: 1", "Connection: close")
    answer = served.exchange(expecting.replace(b"HTTP/1.1", f"HTTP/{version}".encode()) + b"7")
    assert statuses(answer) == ([100, 200] if leave else [200])


def test_chunks_of_one_byte(served: Running) -> None:
    answer = served.exchange(head(CHUNKED, "Connection: close") + b"1\r\n7\r\n" * 200_000 + b"0\r\n\r\n")
    assert statuses(answer) in ([200], [400], [408])


def test_an_upgrade_that_nobody_offers(served: Running) -> None:
    upgrade = head("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "Content-Length: 1") + b"7"
    answer = served.exchange(upgrade + head("Connection: close", "Content-Length: 1") + b"8")
    assert statuses(answer) == [200, 200]
    assert b'"payload":7' in answer
    assert b'"payload":8' in answer


def test_a_gzip_bomb(served: Running) -> None:
    bomb = gzip.compress(b" " * 200 * MIB)
    answer = served.post("/echo", content=bomb, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 413


def test_a_gzip_bomb_of_many_members(served: Running) -> None:
    answer = served.post("/echo", content=gzip.compress(b"1") * 20_000, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 400


PART = b'--x\r\nContent-Disposition: form-data; name="a"%s\r\n\r\n%s\r\n'
MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (PART % (b"", b"1") * 10_000 + b"--x--\r\n", 400),
        (PART % (b'; filename="f"', b"1") * 10_000 + b"--x--\r\n", 400),
        (PART % (b"\r\nX: " + b"a" * 500_000, b"1") + b"--x--\r\n", 400),
        (PART % (b"\r\nX: a" * 10_000, b"1") + b"--x--\r\n", 400),
        (PART % (b"", b"1" * 4 * MIB) + b"--x--\r\n", 413),
        (b"--x\r\n" * 100_000, 400),
        (b"--" * 400_000, 400),
        (b"\r\n" * 400_000 + b"--x--", 200),
    ],
    ids=["fields", "files", "a long header", "headers", "too large", "boundaries", "dashes", "line breaks"],
)
def test_a_multipart_bomb(served: Running, body: bytes, status: int) -> None:
    assert served.post("/echo", content=body, headers=MULTIPART).status_code == status


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000])
def test_deep_json(served: Running, body: bytes) -> None:
    answer = served.post("/echo", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, "recursion limit exceeded" in answer.json()["detail"]) == (400, True)


@pytest.mark.parametrize(
    "path",
    [
        "../../../../etc/passwd", "%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/etc/passwd", "%2Fetc%2Fpasswd", "....//....//etc/passwd", "..%5c..%5cetc%5cpasswd", "%00", "a%00.txt",
        "%252e%252e%252fetc%252fpasswd", "file:///etc/passwd", "~root/.profile", "C:%5Cwindows%5Cwin.ini", ".", "..",
    ],
)  # fmt: skip
def test_a_path_to_what_is_not_the_applications(served: Running, path: str) -> None:
    answer = served.exchange(head("Connection: close", request=f"GET /files/{path} HTTP/1.1"))
    assert statuses(answer)[0] >= 400
    assert b"root:" not in answer


def test_a_caller_that_takes_no_answer(served: Running) -> None:
    with served.raw(head(request="GET /hello HTTP/1.1") * 5_000) as connection:
        time.sleep(0.5)
        assert served.client.get("/hello").text == "hello"
        connection.close()


def test_without_httptools_h11_has_its_own_bounds(tmp_path: Path) -> None:
    (tmp_path / "flows.yaml").write_text(FLOWS)
    (tmp_path / "httptools.py").write_text("raise ImportError('not on this system')")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", ""), str(WATCHDOG)])
    with Running(
        tmp_path, str(tmp_path / "flows.yaml"), "--processors", "elements", environment={"PYTHONPATH": path}
    ) as it:
        assert it.client.get("/hello").text == "hello"
        assert it.post("/echo", json=[7]).json() == {"method": "POST", "payload": [7]}
        assert it.post("/echo", content=b" " * 2 * MIB).status_code == 413
        slow = ThreadPoolExecutor().submit(it.client.get, "/slow")
        assert it.end() == 0
        assert slow.result().text == "slow"
        assert "Traceback" not in it.log
