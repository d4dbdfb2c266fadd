"""Ctrl-C and SIGTERM: a running request gets its whole answer, nobody new is let in, the exit code is 0."""

from __future__ import annotations

import signal
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor

import httpx
import pytest
from running import Running, Start, wait_until

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
configuration: {shutdownTimeout: %s}
flows:
  slow:
    source: {http:listener: {config-ref: Api, path: /slow}}
    steps:
      - logger: {message: began}
      - slow: {seconds: %s}
      - set-payload: {value: "#[attributes.queryParams]"}
"""
LARGE = "x" * 50_000


def begin(server: Running, pool: ThreadPoolExecutor) -> Future[httpx.Response]:
    answer = pool.submit(server.post, f"/slow?x={LARGE}")
    server.logged("began")
    return answer


def is_refused(server: Running) -> bool:
    try:
        socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
    except ConnectionError:
        return True
    except TimeoutError:  # nobody has looked yet, on a busy machine
        return False
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_running_request_ends(start: Start, number: int) -> None:
    server = start(FLOWS % ("5s", 1), "--processors", "elements")
    with ThreadPoolExecutor() as pool, server.raw():  # an idle connection must not hold up the end
        answer = begin(server, pool)
        server.process.send_signal(number)
        wait_until(lambda: is_refused(server))
        assert not answer.done()
        assert answer.result().json() == {"x": LARGE}
    assert server.process.wait(timeout=5) == 0
    assert "Traceback" not in server.log


def test_a_request_that_takes_too_long_is_answered_and_ended(start: Start) -> None:
    server = start(FLOWS % ("300ms", 20), "--processors", "elements")
    with ThreadPoolExecutor() as pool:
        answer = begin(server, pool)
        began = time.monotonic()
        assert server.end() == 0
        assert time.monotonic() - began < 10
        assert answer.result().status_code == 503
    assert "Traceback" not in server.log
    assert "slow 503" in server.logged("engine.access")[0]


def test_half_a_request_does_not_hold_up_the_end(start: Start) -> None:
    server = start(FLOWS % ("300ms", 0), "--processors", "elements")
    with server.raw(b"POST /slow HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\n{"):
        assert server.end() == 0
    assert "Traceback" not in server.log


def test_a_second_signal_ends_at_once(start: Start) -> None:
    server = start(FLOWS % ("20s", 20), "--processors", "elements")
    with ThreadPoolExecutor() as pool:
        answer = begin(server, pool)
        server.process.send_signal(signal.SIGINT)
        wait_until(lambda: is_refused(server))
        began = time.monotonic()
        assert server.end(signal.SIGINT) == 0
        assert time.monotonic() - began < 10
        assert answer.result().status_code == 503
    assert "Traceback" not in server.log
