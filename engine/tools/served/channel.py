"""The connection between the process that restarts workers and one of them."""

from __future__ import annotations

import socket
from collections.abc import Mapping

import msgspec

from engine.operation.reload import Reloaded

LONGEST, MOST = 2**20, 64
"""Bytes of a message, and sockets with it."""

END = b"\n"


class Word(msgspec.Struct, tag=True):
    """What a worker says: that it answers, or the outcome of a reload."""

    outcome: Reloaded | None = None


class Order(msgspec.Struct, tag=True):
    """What the parent says: reload, with the sockets that come along; or the outcome of one that began at a time."""

    outcome: Reloaded | None = None
    began: float = 0.0


class Sent(msgspec.Struct):
    """A message, and the names of the sockets that come with it."""

    message: Word | Order
    names: list[str]


class Channel:
    """One message after another, each with sockets."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._left = b""

    def fileno(self) -> int:
        return self._connection.fileno()

    def says(self, message: Word | Order, sockets: Mapping[str, socket.socket] | None = None) -> None:
        """Send a message. Raises OSError if the other end is gone."""
        content = msgspec.json.encode(Sent(message, list(sockets or ()))) + END
        numbers = [each.fileno() for each in (sockets or {}).values()]
        sent = socket.send_fds(self._connection, [content], numbers)
        self._connection.sendall(content[sent:])

    def hears(self, sockets: dict[str, socket.socket] | None = None) -> Word | Order | None:
        """Return the next message, once it has come; None if the other end is gone. Its sockets are put by name."""
        numbers: list[int] = []
        while END not in self._left:
            try:
                content, more, _, _ = socket.recv_fds(self._connection, LONGEST, MOST)
            except OSError:
                return None
            if not content:
                return None
            self._left += content
            numbers += more
        line, _, self._left = self._left.partition(END)
        sent = msgspec.json.decode(line, type=Sent)
        if sockets is not None:
            sockets.update({name: socket.socket(fileno=each) for name, each in zip(sent.names, numbers, strict=True)})
        return sent.message

    def close(self) -> None:
        self._connection.close()
