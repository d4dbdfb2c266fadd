"""Requests on their way take a bounded memory together, and give it back, whatever becomes of them."""

from __future__ import annotations

import asyncio
import select
import socket
import time
import zlib
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from attacks.attack import MIB, watched
from server.raw import allow_files, head, received, statuses
from server.running import Running, wait_until

from engine import Refusal
from engine.content.pieces import Pieces
from engine.limits import UNCOUNTED
from engine.serving.bodies import multipart
from engine.serving.bodies.multipart import read_multipart
from engine.wire.room import Held, Room

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
flows:
  echo:
    source: {http:listener: {config-ref: Api, path: /echo}}
    steps: [{set-payload: {value: "#[type(payload)]"}}]
  lines:
    source: {http:listener: {config-ref: Api, path: /lines, streaming: true}}
    steps: [{foreach: {steps: []}}, {set-payload: {value: done}}]
  unread:
    source: {http:listener: {config-ref: Api, path: /unread, streaming: true}}
    timeout: 3s
    steps: [{until-successful: {millisBetweenRetries: 60000, steps: [{raise-error: {type: "APP:STOP"}}]}}]
"""
CALLERS = 40
NEARLY_ALL = 99 * MIB // 10
"""Of the largest body, 10 MiB."""
ROOM = 64 * MIB
LINES = "Content-Type: application/x-ndjson"
TEXT_TYPE = "Content-Type: text/plain"
UNREAD = "POST /unread HTTP/1.1"
GET = head(request="GET /echo HTTP/1.1")
LONG = f"Content-Length: {10 * MIB}"
MULTIPART = "Content-Type: multipart/form-data; boundary=x"
TEXT = b"a" * NEARLY_ALL
"""A text that comes down to a twentieth: more is refused as a bomb."""
FILE = b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n'
FIELD = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n'


def numbered(size: int = NEARLY_ALL) -> bytes:
    """Text that does not repeat itself."""
    return b"".join(b"%08d" % number + b"a" * 200 for number in range(size // 208))


def packed(data: bytes) -> bytes:
    """Compressed, without an end."""
    compressor = zlib.compressobj(wbits=31)
    return compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)


ON_THEIR_WAY: dict[str, Callable[[], bytes]] = {
    "JSON": lambda: head("Content-Type: application/json", LONG) + b'"' + TEXT,
    "text in chunks": lambda: head("Transfer-Encoding: chunked", "Content-Type: text/plain") + b"a00000\r\n" + TEXT,
    "compressed": lambda: head("Content-Encoding: gzip", LONG) + packed(b'"' + numbered()),
    "a field": lambda: head(MULTIPART, LONG) + FIELD + TEXT,
    "small files": lambda: head(MULTIPART, LONG) + (FILE + b"a" * (MIB - 1000) + b"\r\n") * 9,
    "a line": lambda: head("Content-Type: application/x-ndjson", LONG, request="POST /lines HTTP/1.1") + b'"' + TEXT,
    "a row": lambda: head("Content-Type: text/csv", LONG, request="POST /lines HTTP/1.1") + b'a\n"' + TEXT,
}  # fmt: skip


def refused(connections: list[socket.socket], least: int) -> int:
    """How many are answered, once those are that must be: each with 503, and when to come again."""
    wait_until(lambda: len(readable(connections)) >= least, 30)
    answers = [connection.recv(65536) for connection in readable(connections)]
    assert {answer[:12] for answer in answers} == {b"HTTP/1.1 503"}
    assert all(b"retry-after: 1" in answer for answer in answers)
    return len(answers)


def readable(connections: list[socket.socket]) -> list[socket.socket]:
    by_number = {connection.fileno(): connection for connection in connections}
    poll = select.poll()
    for number in by_number:
        poll.register(number, select.POLLIN)
    return [by_number[number] for number, _ in poll.poll(0)]


def send(connection: socket.socket, data: bytes) -> None:
    """As much as is taken; who is refused before all was sent may find its connection ended."""
    with suppress(ConnectionError):
        connection.sendall(data)


@pytest.mark.reaches("MAX_BUFFERED_BYTES")
@pytest.mark.parametrize("make", ON_THEIR_WAY.values(), ids=ON_THEIR_WAY)
def test_bodies_that_nearly_come(attacked: Running, make: Callable[[], bytes]) -> None:
    """Those for which there is no room are refused; the others wait for their ends."""
    request = make()
    with watched(attacked), ExitStack() as stack, ThreadPoolExecutor(CALLERS) as pool:
        connections = [stack.enter_context(attacked.raw()) for _ in range(CALLERS)]
        list(pool.map(lambda connection: send(connection, request), connections))
        assert refused(connections, CALLERS - ROOM // NEARLY_ALL - 1) < CALLERS


MANY = {
    "heads": (1200, b"GET /echo HTTP/1.1\r\nHost: test\r\nX: " + b"a" * 120_000),
    "bodies behind large heads": (1200, head(LINES, "X: " + "a" * 60_000, LONG, request=UNREAD) + b"a" * 60_000),
    "bodies that the flow does not read": (500, head(LINES, LONG, request=UNREAD) + b"a" * 320_000),
    "pipelined requests": (800, head(LINES, "Content-Length: 0", request=UNREAD) + GET * 99),
    "pipelined bodies": (800, head(LINES, "Content-Length: 0", request=UNREAD) + head(LONG) + b"a" * 250_000),
}


@pytest.mark.parametrize(("callers", "request_"), MANY.values(), ids=MANY)
def test_many_callers(tmp_path: Path, callers: int, request_: bytes) -> None:
    """Each has a server of its own: flows run on, with the heads of their requests, when their callers are gone."""
    allow_files(callers)
    (tmp_path / "flows.yaml").write_text(FLOWS)
    with (
        Running(tmp_path, str(tmp_path / "flows.yaml")) as server,
        watched(server),
        ExitStack() as stack,
        ThreadPoolExecutor(16) as pool,
    ):
        connections = [stack.enter_context(server.raw()) for _ in range(callers)]
        list(pool.map(lambda connection: send(connection, request_), connections))


def test_what_is_announced_holds_nothing(attacked: Running) -> None:
    with ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(attacked.raw(head(LONG, TEXT_TYPE) + b"a"))
        large = head("Connection: close", TEXT_TYPE, LONG) + b" " * 10 * MIB
        wait_until(lambda: statuses(attacked.exchange(large)) == [200])


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (MULTIPART, FIELD + b"a" * 9 * MIB + b"\r\n--x\r\nno header\r\n\r\n"),
        (MULTIPART, FIELD + b"a" * 9 * MIB),
        ("Content-Type: application/json", b'"' + b"a" * 9 * MIB),
        (LINES, b'"' + b"a" * 9 * MIB),
    ],
    ids=["a bad part", "a form without its end", "JSON without its end", "a line without its end"],
)
def test_bodies_that_cannot_be_read_leave_nothing(attacked: Running, kind: str, body: bytes) -> None:
    """Not even until the garbage collector comes, which counts objects and not bytes."""
    request = head(kind, f"Content-Length: {len(body)}", "Connection: close", request="POST /lines HTTP/1.1") + body
    with watched(attacked, room=64 * MIB):
        assert [statuses(attacked.exchange(request)) for _ in range(20)] == [[400]] * 20


# What is held is given back

SMALL = """
configs:
  Api: {http:listener-config: {port: 0, maxBodySize: 1MB, maxBufferedBytes: 1100KB, readTimeout: 1s, headerTimeout: 1s}}
flows:
  echo:
    source: {http:listener: {config-ref: Api, path: /echo}}
    steps: [{set-payload: {value: "#[type(payload)]"}}]
  lines:
    source: {http:listener: {config-ref: Api, path: /lines, streaming: true}}
    steps: [{foreach: {steps: []}}, {set-payload: {value: done}}]
  late:
    source: {http:listener: {config-ref: Api, path: /late, streaming: true}}
    timeout: 300ms
    steps: [{foreach: {steps: []}}]
"""


HALF_A_HEAD = b"GET /echo HTTP/1.1\r\nHost: test\r\nX: " + b"a" * 50_000
END = b"0\r\n\r\n"
LINES_PATH = "POST /lines HTTP/1.1"
PACKED = zlib.compress((b'"' + numbered(80_000) + b'"\n') * 100, wbits=31)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("small")
    (folder / "flows.yaml").write_text(SMALL)
    with Running(folder, str(folder / "flows.yaml")) as server:
        yield server


def talk(server: Running, first: bytes, rest: bytes, end: str) -> list[int]:
    """The answers to a request that comes in two parts, of which the first is held. end: what the caller does then."""
    with server.raw(first) as connection:
        time.sleep(0.1)
        send(connection, rest)
        if end == "hangs up":
            return []
        if end == "sends no more":
            connection.shutdown(socket.SHUT_WR)
        return statuses(received(connection))


def chunked(*lines: str, path: str = "/echo") -> bytes:
    return head("Transfer-Encoding: chunked", "Connection: close", *lines, request=f"POST {path} HTTP/1.1")


SOME = b"a" * 600_000
BODY = head(TEXT_TYPE, "Content-Length: 900000", "Connection: close") + SOME
FORM = head(MULTIPART, "Content-Length: 900000", "Connection: close") + FIELD + SOME
RECORD = b'"' + b"a" * 99_997 + b'"\n'
RECORDS = b"186a0\r\n" + RECORD + b"\r\n"
WAYS = {
    "answered": (BODY, b"a" * 300_000, "waits", [200]),
    "a form": (FORM, b"a" * 300_000, "waits", [400]),
    "late": (BODY, b"", "waits", [408]),
    "hung up": (BODY, b"", "hangs up", []),
    "cut off": (BODY, b"", "sends no more", []),
    "too large": (chunked() + b"fffff\r\n" + SOME, b"a" * 448_575 + b"\r\n2\r\nab", "waits", [413]),
    "a broken chunk": (chunked() + b"927c0\r\n" + SOME, b"zz", "waits", [400]),
    "a form that is none": (FORM.replace(b"name", b"eman"), b"", "waits", [400]),
    "half a head": (HALF_A_HEAD, b"a", "waits", [408]),
    "half a head, hung up": (HALF_A_HEAD, b"a", "hangs up", []),
    "a head that is refused": (HALF_A_HEAD, b"a" * 100_000, "waits", [431]),
    "a stream longer than the room": (chunked(LINES, path="/lines") + RECORDS * 6, RECORDS * 40 + END, "waits", [200]),
    "a compressed one": (
        head(LINES, "Content-Encoding: gzip", f"Content-Length: {len(PACKED)}", "Connection: close", request=LINES_PATH)
        + PACKED[:1000], PACKED[1000:], "waits", [200],
    ),
    "a stream that is late": (chunked(LINES, path="/late") + RECORDS * 6, b"", "waits", [504]),
    "a stream, hung up": (chunked(LINES, path="/lines") + RECORDS * 6 + b"fffff\r\n" + SOME, b"", "hangs up", []),
    "a line that is late": (chunked(LINES, path="/lines") + b'fffff\r\n"' + SOME, b"", "waits", [408]),
    "pipelined": (GET * 60, GET * 60 + head("Connection: close", request="GET /echo HTTP/1.1"), "waits", [200] * 121),
    "pipelined, hung up": (head(LINES, LONG, request="POST /late HTTP/1.1") + GET * 90, b"", "hangs up", []),
}  # fmt: skip


@pytest.mark.parametrize(("first", "rest", "end", "answers"), WAYS.values(), ids=WAYS)
def test_what_is_held_is_given_back(small: Running, first: bytes, rest: bytes, end: str, answers: list[int]) -> None:
    for _ in range(5):
        assert talk(small, first, rest, end) == answers
    largest = head(TEXT_TYPE, "Content-Length: 999000", "Connection: close") + b"a" * 990_000
    wait_until(lambda: talk(small, largest, b"a" * 9_000, "waits") == [200])
    assert "Traceback" not in small.log


@pytest.mark.reaches("MAX_BUFFERED_BYTES", "UNCOUNTED")
def test_who_finds_no_room_may_come_again(small: Running) -> None:
    with small.raw(BODY) as connection:
        time.sleep(0.1)
        answer = small.exchange(BODY)
        assert statuses(answer) == [503]
        assert b"retry-after: 1" in answer
        assert b'"instance":"/echo"' in answer  # it is answered as any other
        assert talk(small, head(TEXT_TYPE, "Content-Length: 3000", "Connection: close"), b"a" * 3000, "waits") == [200]
        connection.sendall(b"a" * 300_000)
        assert statuses(received(connection)) == [200]
    assert talk(small, BODY, b"a" * 300_000, "waits") == [200]


def test_bytes_in_pieces() -> None:
    pieces = Pieces()
    for size in (0, 1, 5, 20_000, 3, 4, 20_000, 1):
        pieces.extend(b"%d" % (size % 10) * size)
    assert bytes(pieces) == b"1" + b"5" * 5 + b"0" * 20_000 + b"333" + b"4444" + b"0" * 20_000 + b"1"
    assert len(pieces) == len(pieces.decode("utf-8")) == 40_014


@pytest.mark.reaches("MOST_SPOOLED")
def test_files_of_forms_on_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """They take no room in memory, and are bounded by themselves, but for one alone."""
    kept: list[int] = []

    async def chunks(size: int) -> AsyncGenerator[bytes, None]:
        yield FILE + b"a" * 1000
        for _ in range(size):
            yield b"a" * MIB
        yield b"\r\n--x--"

    def read(size: int) -> Any:
        media_type = "multipart/form-data; boundary=x"
        return asyncio.run(read_multipart(media_type, "utf-8", chunks(size), 10, 8 * MIB, kept.append))

    monkeypatch.setattr(multipart, "DISK", Room(2 * MIB))
    ((name, value),) = read(5)
    assert (name, value["content"].size) == ("a", 5 * MIB + 1000)
    assert max(kept) < 3 * MIB
    assert multipart.DISK.held == 0
    multipart.DISK.held = 4 * MIB  # by others
    with pytest.raises(Refusal) as refused:
        read(5)
    assert refused.value.status == 503
    assert multipart.DISK.held == 4 * MIB


@pytest.mark.reaches("UNCOUNTED")
def test_a_room() -> None:
    """What each holds beyond its first bytes counts; what leaves is there for others, within limits."""
    room = Room(800)
    one, other, small = Held(room), Held(room), Held(room)
    one.add(UNCOUNTED + 500)
    other.add(UNCOUNTED + 300)
    small.add(UNCOUNTED)
    assert (room.held, one.size, small.size) == (800, 500, 0)
    with pytest.raises(Refusal):
        one.add(1)
    other.add(100)  # of those that the first will let go of
    with pytest.raises(Refusal):
        other.add(1)
    assert (room.held, room.leaving) == (900, 900)
    one.let_go(200)
    other.let_go(1000)
    assert (room.held, room.leaving) == (600, 600)
    for held in (one, other, small, one):
        held.close()
        held.add(10**9)
    assert (room.held, room.leaving) == (0, 0)
