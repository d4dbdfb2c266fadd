"""Upstreams that say what they like, each connection in a thread of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Talk = Callable[["Upstream", socket.socket], None]
MOST_SENT = 2**28
"""Bytes after which an upstream without end gives up: the attack has succeeded."""


class Upstream:
    """A server on loopback.

    asked: the heads of the requests that came; connections: how many; sent: bytes without end.
    """

    def __init__(self, listening: socket.socket, talk: Talk) -> None:
        self.asked: list[bytes] = []
        self.connections = self.sent = 0
        self.port: int = listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        self._listening, self._talk = listening, talk
        self._open: list[socket.socket] = []

    def accept(self) -> None:
        """Serve until the listening socket is closed."""
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                connection.settimeout(60)
                self.connections += 1
                self._open.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):  # the other side closes when it has had enough
            self._talk(self, connection)
            if not self.is_over:
                connection.shutdown(socket.SHUT_RDWR)

    @property
    def is_over(self) -> bool:
        return self._listening.fileno() == -1

    def hear(self, connection: socket.socket) -> bytes:
        """The head of the next request. Raises OSError where none comes."""
        head = b""
        while b"\r\n\r\n" not in head:
            part = connection.recv(4096)
            if not part:
                raise OSError("closed")
            head += part
        self.asked.append(head)
        return head

    def close(self) -> None:
        for connection in self._open:
            connection.close()


@contextmanager
def upstream(talk: Talk) -> Iterator[Upstream]:
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listening:
        it = Upstream(listening, talk)
        accepting = threading.Thread(target=it.accept)
        accepting.start()
        try:
            yield it
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            listening.close()
            accepting.join()
            it.close()


def answer(body: bytes, *headers: bytes, kind: bytes = b"text/plain") -> bytes:
    length = b"Content-Length: %d" % len(body)
    return b"\r\n".join((b"HTTP/1.1 200 OK", b"Content-Type: " + kind, length, *headers, b"", body))


def says(*answers: bytes) -> Talk:
    """Each request on a connection gets the next answer."""

    def talk(upstream: Upstream, connection: socket.socket) -> None:
        for answer in answers:
            upstream.hear(connection)
            connection.sendall(answer)

    return talk


def endless(first: bytes, block: bytes) -> Talk:
    """After each request the first bytes, and then the block again and again."""

    def talk(upstream: Upstream, connection: socket.socket) -> None:
        upstream.hear(connection)
        connection.sendall(first)
        while upstream.sent < MOST_SENT and not upstream.is_over:
            upstream.sent += connection.send(block)

    return talk
