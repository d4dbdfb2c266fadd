"""Ten thousand callers at once: who is connected costs little, a new one is answered, and there is a bound."""

from __future__ import annotations

import socket
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from attacks.attack import watched
from server.raw import allow_files, check_problem, head, received, statuses
from server.running import Running, wait_until

from engine.wire.descriptors import room_for

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
flows:
  echo:
    source: {http:listener: {config-ref: Api, path: /echo}}
    steps: [{set-payload: {value: "#[payload]"}}]
"""
CALLERS = 10_000
GET = head(request="GET /echo HTTP/1.1")
BODY = head("Content-Type: text/plain", "Content-Length: 1000000") + b"a"
HELD = {
    "silent": (b"", b""),
    "idle": (GET, b""),
    "with half a head": (b"GET /echo HTTP/1.1\r\nHost: te", b"s"),
    "with a body byte by byte": (BODY, b"a"),
}


@pytest.mark.parametrize(("first", "then"), HELD.values(), ids=HELD)
def test_ten_thousand_callers(attacked: Running, first: bytes, then: bytes) -> None:
    allow_files(CALLERS)
    with watched(attacked), ExitStack() as stack:
        callers = [stack.enter_context(attacked.raw(first)) for _ in range(CALLERS)]
        for _ in range(3):
            for caller in callers if then else ():
                with suppress(ConnectionError):
                    caller.sendall(then)
            assert statuses(attacked.exchange(head("Connection: close"))) == [200]  # a new one
        if first == GET:
            assert statuses(callers[0].recv(65536) + callers[-1].recv(65536)) == [200, 200]
    wait_until(lambda: attacked.client.get("/-/live").is_success)


FEW = """
configs:
  Api: {http:listener-config: {port: 0, maxConnections: 5, headerTimeout: 1s}}
flows:
  echo:
    source: {http:listener: {config-ref: Api, path: /echo}}
    steps: [{set-payload: {value: "#[payload]"}}]
"""


@pytest.fixture
def few(tmp_path: Path) -> Iterator[Running]:
    (tmp_path / "flows.yaml").write_text(FEW)
    with Running(tmp_path, str(tmp_path / "flows.yaml")) as server:
        yield server


@pytest.mark.reaches("MOST_CALLERS")
def test_one_more_than_there_may_be(few: Running) -> None:
    with ExitStack() as stack:
        callers = [stack.enter_context(few.raw(GET)) for _ in range(5)]
        assert [statuses(caller.recv(65536)) for caller in callers] == [[200]] * 5
        answer = few.exchange(GET)
        check_problem(answer, 503)
        assert b"retry-after: 1" in answer
        with few.raw() as silent:
            assert received(silent) == b""
        callers[0].sendall(GET)
        assert statuses(callers[0].recv(65536)) == [200]  # who is connected does not notice
        callers[1].close()
        wait_until(lambda: statuses(few.exchange(head("Connection: close"))) == [200])
    assert "Traceback" not in few.log


def test_many_more_than_there_may_be(few: Running) -> None:
    """Those that come at once beyond those that are told so are cut off."""
    with ExitStack() as stack, suppress(ConnectionError):
        callers = [stack.enter_context(few.raw(GET)) for _ in range(200)]
        answers = Counter(received_now(caller)[:12] for caller in callers)
    assert answers[b"HTTP/1.1 200"] == 5
    assert answers[b"HTTP/1.1 503"] >= 32
    assert answers[b""] > 0
    wait_until(lambda: statuses(few.exchange(head("Connection: close"))) == [200])


def received_now(caller: socket.socket) -> bytes:
    with suppress(ConnectionError):
        return caller.recv(65536)
    return b""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such bound")
@pytest.mark.parametrize(
    ("soft", "hard", "raised", "room"),
    [
        (100, 5000, 1256, 1000),
        (100, 1000, 1000, 744),
        (100, 100, None, 50),
        (5000, 5000, None, 1000),
        (100, -1, 1256, 1000),
    ],
)
def test_a_process_raises_its_bound_of_files(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, raised: int | None, room: int
) -> None:
    """As far as it may; it keeps some for itself, and lets in fewer callers where there are too few."""
    import resource

    limits: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda which: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda which, limit: limits.append(limit))
    assert room_for(1000) == room
    assert limits == ([(raised, hard)] if raised else [])
