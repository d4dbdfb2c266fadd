"""Callers who send without end, a byte now and then, or what nobody wants: each gets its answer, and an end."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from attacks.attack import MIB, watched
from server.raw import check_problem, head, received, statuses
from server.running import Running

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
    steps: [{set-payload: {value: "#[payload]"}}]
  unread:
    source: {http:listener: {config-ref: Api, path: /unread, streaming: true}}
    steps: [{set-payload: {value: unread}}]
  double:
    source: {http:listener: {config-ref: Api, path: /double, streaming: true}}
    steps:
      - foreach:
          collect: {target: out, streaming: true, success: "#[$result]", abortOn: APP:STOP}
          steps:
            - choice:
                when: [{expression: payload == 'stop', steps: [{raise-error: {type: "APP:STOP"}}]}]
            - set-payload: {value: "#[payload * 2]"}
      - set-payload: {value: "#[vars.out]"}
  late:
    source: {http:listener: {config-ref: Api, path: /late, streaming: true}}
    timeout: 200ms
    steps:
      - logger: {message: began}
      - {until-successful: {millisBetweenRetries: 60000, steps: [{raise-error: {type: "APP:STOP"}}]}}
"""
CHUNKED = "Transfer-Encoding: chunked"
NDJSON = "Content-Type: application/x-ndjson"
MULTIPART = "Content-Type: multipart/form-data; boundary=x"
ENOUGH = 160 * MIB
"""More than anybody may send of what nobody wants."""


def send_for_ever(server: Running, begin: bytes, piece: bytes) -> bytes:
    """What is answered while these pieces are sent, until the server ends the connection, as it must."""
    with server.raw(begin) as connection, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(received, connection)
        with suppress(ConnectionError):
            for _ in range(ENOUGH // len(piece)):
                connection.sendall(piece)
            raise AssertionError("the server took it all")
        return answer.result()


# What stands between chunks, and behind them

PATHS = {
    "of a flow": "/echo",
    "of a stream": "/double",
    "of a flow that reads none": "/unread",
    "of nobody": "/nowhere",
}
EARLY = {"/unread": [200], "/nowhere": [404]}
"""What is answered before the body is looked at."""
FRAMING = {
    "a trailer": (b"0\r\nX: ", b"a" * 1000),
    "trailers": (b"0\r\n", b"X: a\r\n" * 100),
    "an extension": (b"1;", b"a" * 1000),
    "chunks with extensions": (b"", (b"1;" + b"a" * 60 + b"\r\n1\r\n") * 10),
    "zeros before a size": (b"", b"0" * 1000),
}


@pytest.mark.reaches("MAX_HEADER_SIZE")
@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize(("begin", "piece"), FRAMING.values(), ids=FRAMING)
def test_framing_without_end(attacked: Running, path: str, begin: bytes, piece: bytes) -> None:
    """It is refused as too large; where an answer was given before, the connection ends behind that."""
    with watched(attacked):
        answer = send_for_ever(attacked, head(CHUNKED, NDJSON, request=f"POST {path} HTTP/1.1") + begin, piece)
    assert statuses(answer) in ([431], EARLY.get(path))


@pytest.mark.parametrize("begin", [b"0\r\nX: ", b"0\r\n", b"1;"], ids=["a trailer", "trailers", "an extension"])
def test_framing_that_comes_byte_by_byte(attacked: Running, begin: bytes) -> None:
    with attacked.raw(head(CHUNKED) + begin) as connection:
        with watched(attacked), suppress(ConnectionError):
            for _ in range(9000):
                connection.sendall(b"a")
        check_problem(received(connection), 431)


def test_framing_that_comes_at_once(attacked: Running) -> None:
    with attacked.raw(head(CHUNKED, "Expect: 100-continue")) as connection:
        assert statuses(connection.recv(65536)) == [100]
        connection.sendall(b"1;" + b"a" * 9000)
        check_problem(received(connection), 431)


@pytest.mark.reaches("MAX_HEADERS")
@pytest.mark.parametrize("trailers", [101, 100])
def test_the_number_of_trailers(attacked: Running, trailers: int) -> None:
    answer = attacked.exchange(
        head(CHUNKED, "Connection: close") + b"1\r\n7\r\n0\r\n" + b"X: a\r\n" * trailers + b"\r\n"
    )
    assert statuses(answer) == ([431] if trailers > 100 else [200])


def test_what_chunks_may_have_beside_their_bytes(attacked: Running) -> None:
    """Zeros, extensions and trailers of a sender that means well."""
    chunk = b"0000001;name=value;signature=" + b"a" * 200 + b"\r\n1\r\n"
    body = chunk * 20 + b"0\r\nDigest: " + b"a" * 1000 + b"\r\n\r\n"
    assert attacked.exchange(head(CHUNKED, "Connection: close") + body).endswith(b"\r\n\r\n" + b"1" * 20)


@pytest.mark.parametrize("size", [1, 3])
def test_a_body_in_tiny_chunks(attacked: Running, size: int) -> None:
    """It costs processor time for each chunk, and nobody waits for that."""
    chunk = b"%x\r\n%b\r\n" % (size, b"1" * size)
    with watched(attacked):
        answer = attacked.exchange(
            head(CHUNKED, "Connection: close", "Content-Type: text/plain") + chunk * 300_000 + b"0\r\n\r\n"
        )
    assert answer.endswith(b"1" * 300_000)


# Behind an answer


LONG = "Content-Length: 1000000000000"


def body_behind(request: str, *lines: str) -> bytes:
    return head(*lines, LONG, request=request)


ANSWERED = {
    "404": (body_behind("POST /nowhere HTTP/1.1"), [404]),
    "404 and close": (body_behind("POST /nowhere HTTP/1.1", "Connection: close"), [404]),
    "413": (body_behind("POST /echo HTTP/1.1"), [413]),
    "200": (body_behind("POST /unread HTTP/1.1", NDJSON), [200]),
    "504": (body_behind("POST /late HTTP/1.1", NDJSON), [504]),
    "400": (body_behind(f"GET /hello?{'a=1&' * 1500} HTTP/1.1"), [400]),
    "a multipart body that is none": (head(MULTIPART, CHUNKED) + b"9\r\nno form\r\n\r\n", [400]),
    "a broken stream": (
        head(NDJSON, CHUNKED, request="POST /double HTTP/1.1") + b"9\r\n1\n\"stop\"\n\r\n7fffffff\r\n", [200]
    ),
    "a head that is refused": (head("Content-Length: x"), [400]),
    "a head that is too large": (head("X: " + "a" * 9000), [431]),
    "a request whose connection ends": (head("Connection: close"), [200]),
}  # fmt: skip


@pytest.mark.reaches("MOST_PASSED_OVER")
@pytest.mark.parametrize(("request_", "answers"), ANSWERED.values(), ids=ANSWERED)
def test_what_is_sent_for_ever_behind_an_answer(attacked: Running, request_: bytes, answers: list[int]) -> None:
    """The caller has the answer, and the connection an end."""
    with watched(attacked):
        seen = statuses(send_for_ever(attacked, request_, b"x" * 65536))
    assert seen == answers or (b"stop" in request_ and seen == [400])  # what follows may come before the stream begins


@pytest.mark.reaches("LINGER", "SLOWEST_SENDER")
def test_a_byte_now_and_then_behind_an_answer(attacked: Running) -> None:
    """It keeps no connection: neither what nobody wants, nor line breaks before a request that never comes."""
    cases = [(request, b"1", name) for name, (request, _) in ANSWERED.items()]
    cases.append((head(request="GET /hello HTTP/1.1"), b"\r\n", "line breaks"))
    cases.append((b"", b"\r\n", "line breaks alone"))
    with ThreadPoolExecutor(len(cases)) as pool, watched(attacked):
        kept = [name for name in pool.map(lambda case: case[2] if _is_kept(attacked, *case[:2]) else "", cases) if name]
    assert kept == []


def _is_kept(server: Running, request: bytes, piece: bytes) -> bool:
    """Whether a connection is there after a quarter of a minute in which a piece is sent now and then."""
    with server.raw(request) as connection:
        try:
            for _ in range(150):
                connection.sendall(piece)
                time.sleep(0.1)
        except ConnectionError:
            return False
        return True


# No answer is lost

READ: dict[str, tuple[Callable[[], bytes], int]] = {
    "too large": (lambda: body_behind("POST /echo HTTP/1.1", "Connection: close") + b" " * 20 * MIB, 413),
    "too large in chunks": (
        lambda: head(CHUNKED, "Connection: close") + (b"100000\r\n" + b" " * MIB + b"\r\n") * 20, 413
    ),
    "nowhere": (lambda: body_behind("POST /nowhere HTTP/1.1", "Connection: close") + b" " * 20 * MIB, 404),
    "no form": (lambda: head(MULTIPART, CHUNKED, "Connection: close") + b"1400000\r\n" + b" " * 20 * MIB, 400),
    "a field without a name": (
        lambda: head(MULTIPART, "Content-Length: 1000000", "Connection: close") + b"--x\r\n\r\n\r\n" + b"a" * 20 * MIB,
        400,
    ),
    "a chunk of no size": (lambda: head(CHUNKED) + b"zz\r\n" + b"x" * 20 * MIB, 400),
    "a length of no number": (lambda: head("Content-Length: x") + b"x" * 20 * MIB, 400),
    "a large head": (lambda: head("X: " + "a" * 9000, "Content-Length: 99999999") + b"x" * 20 * MIB, 431),
    "a flow that is late": (
        lambda: body_behind("POST /late HTTP/1.1", NDJSON, "Connection: close") + b" " * 20 * MIB, 504
    ),
}  # fmt: skip


@pytest.mark.parametrize(("make", "status"), READ.values(), ids=READ)
def test_who_sends_all_before_it_reads_gets_the_answer(
    attacked: Running, make: Callable[[], bytes], status: int
) -> None:
    """No reset comes in the place of it: neither while the caller sends, nor when it reads."""
    assert statuses(attacked.exchange(make())) == [status]


def test_the_last_line_of_a_stream_that_breaks_off(attacked: Running) -> None:
    line = b"2\r\n1\n\r\n"
    stop = b'7\r\n"stop"\n\r\n'
    with attacked.raw(head(CHUNKED, NDJSON, request="POST /double HTTP/1.1") + line) as connection:
        assert b"2\n" in connection.recv(65536)
        connection.sendall(stop + line * 500_000)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))  # no reset
    assert answer.count(b'"status":500') == 1
    assert not answer.endswith(b"0\r\n\r\n")


def test_who_is_answered_because_the_server_ends(tmp_path: Path) -> None:
    """A flow that is cancelled answers 503, and a caller that still sends gets it."""
    (tmp_path / "flows.yaml").write_text(FLOWS.replace("200ms", "1m") + "configuration: {shutdownTimeout: 300ms}\n")
    with Running(tmp_path, str(tmp_path / "flows.yaml")) as server, ThreadPoolExecutor() as pool:
        answer = pool.submit(server.exchange, body_behind("POST /late HTTP/1.1", NDJSON) + b" " * 20 * MIB)
        server.logged("engine.flow began")
        assert server.end() == 0
        assert statuses(answer.result()) == [503]
        assert "Traceback" not in server.log
