"""Callers that take their answer slowly, or not at all."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread

import pytest
from starlette.types import Receive, Scope, Send

from engine.serving.route import Connections
from engine.wire import connection as connections
from engine.wire.server import Server, config_of

SIZE = 2**25


async def large(scope: Scope, receive: Receive, send: Send) -> None:
    headers = [(b"content-length", b"%d" % SIZE), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"x" * SIZE})


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """To a server that gives up a caller which takes less than a mebibyte a second, measured over half a second."""
    monkeypatch.setattr(connections, "STUCK", 0.5)
    monkeypatch.setattr(connections, "SLOWEST_READER", 2**20)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Server(config_of(large, Connections(), 1.0))
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            with socket.create_connection(listening.getsockname(), timeout=10) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                yield connection
        finally:
            server.should_exit = True
            thread.join()


def received(connection: socket.socket, pause: float) -> int:
    """How many bytes come where the caller waits before each portion."""
    size = 0
    while True:
        time.sleep(pause)
        try:
            portion = connection.recv(2**19)
        except ConnectionError:
            return size
        if not portion:
            return size
        size += len(portion)


def test_a_slow_one_gets_all(connection: socket.socket) -> None:
    assert received(connection, 0.03) > SIZE


@pytest.mark.reaches("STUCK")
def test_one_that_takes_nothing_is_hung_up_on(connection: socket.socket) -> None:
    time.sleep(2)
    assert received(connection, 0) < SIZE


@pytest.mark.reaches("SLOWEST_READER")
def test_one_that_takes_a_little_now_and_then_is_hung_up_on(connection: socket.socket) -> None:
    size = 0
    with suppress(ConnectionError):
        for _ in range(40):
            time.sleep(0.05)
            size += len(connection.recv(1000))
    assert size + received(connection, 0) < SIZE
