"""What goes over a connection, in as few calls of the system as can be."""

from __future__ import annotations

import asyncio

STATUS, CONTINUE = b"HTTP/1.1 ", b"HTTP/1.1 100"
LARGEST_COPY = 2**16
"""Bytes of a body that are copied behind its head."""


class Corked:
    """A transport that keeps the head of an answer until its body comes: one call of the system, not two.

    Our applications send the first bytes of a body right behind the head.
    """

    __slots__ = ("_head", "_reason", "_transport", "abort", "can_write_eof", "get_write_buffer_size", "is_closing")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""
        self._reason: bytes | None = None
        self.abort, self.is_closing = transport.abort, transport.is_closing
        self.can_write_eof, self.get_write_buffer_size = transport.can_write_eof, transport.get_write_buffer_size

    def write(self, data: bytes) -> None:
        if self._head:
            head, self._head = self._head, b""
            if len(data) <= LARGEST_COPY:
                return self._transport.write(head + data)
            self._transport.write(head)
        elif data.startswith(STATUS) and not data.startswith(CONTINUE):
            self._head = data if self._reason is None else _with_reason(data, self._reason)
            self._reason = None
            return None
        return self._transport.write(data)

    def say(self, reason: bytes) -> None:
        """Give the next answer this reason phrase."""
        self._reason = reason

    def flush(self) -> None:
        if self._head:
            self.write(b"")

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def write_eof(self) -> None:
        self.flush()
        self._transport.write_eof()


def _with_reason(head: bytes, reason: bytes) -> bytes:
    """A head with another reason phrase behind its status (RFC 9112, 4)."""
    line, end, headers = head.partition(b"\r\n")
    return line[: len(STATUS) + 3] + b" " + reason + end + headers
