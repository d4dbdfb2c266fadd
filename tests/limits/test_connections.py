"""How long a connection lasts behind an answer, with shorter times, so that nobody waits for it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from threading import Thread

import pytest
from server.raw import head
from starlette.types import Receive, Scope, Send

from engine.serving.route import Connections
from engine.wire import connection as connections
from engine.wire.server import Server, config_of

LONGEST = 2.0
PAUSE = 0.2


async def unread(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """To a server that answers without reading, and waits two seconds for the rest of a request."""
    monkeypatch.setattr(connections, "LONGEST_LINGER", LONGEST)
    monkeypatch.setattr(connections, "LINGER", PAUSE)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Server(config_of(unread, Connections(), 1.0))
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            with socket.create_connection(listening.getsockname(), timeout=10) as connection:
                yield connection
        finally:
            server.should_exit = True
            thread.join()


def seconds_kept(connection: socket.socket, piece: bytes, most: float) -> float:
    """How long the connection takes a piece now and then."""
    began = time.monotonic()
    try:
        while time.monotonic() - began < most:
            connection.sendall(piece)
            time.sleep(0.02)
    except ConnectionError:
        pass
    return time.monotonic() - began


@pytest.mark.reaches("LONGEST_LINGER")
def test_the_rest_of_a_request_behind_its_answer(connection: socket.socket) -> None:
    """However fast it comes; the answer, and the wait for the end of the connection, have one time together."""
    connection.sendall(head("Content-Length: 1000000000"))
    assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    assert LONGEST - PAUSE < seconds_kept(connection, b"a" * 4096, 10) < 2 * LONGEST


@pytest.mark.reaches("SLOWEST_SENDER", "LINGER")
def test_a_slow_rest_behind_an_answer(connection: socket.socket) -> None:
    connection.sendall(head("Content-Length: 1000000000"))
    assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    assert seconds_kept(connection, b"a", 10) < LONGEST


def test_a_request_that_comes_whole_is_followed_by_others(connection: socket.socket) -> None:
    """Whatever time and bytes the rest of one took, the next has its own."""
    for _ in range(4):
        connection.sendall(head("Content-Length: 65536"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        for _ in range(16):
            time.sleep(0.02)
            connection.sendall(b"a" * 4096)
