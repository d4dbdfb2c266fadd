"""What goes over a connection, in as few calls of the system as can be."""

from __future__ import annotations

import asyncio

CONNECTION = "engine.connection"
"""Where our own protocol gives an application the connection, which knows who shows which certificate, and whether the
caller is gone; ASGI has no place for it."""

LARGEST_COPY = 2**16
"""Bytes of a body that are copied behind its head."""


class Corked:
    """A transport that keeps the head of an answer until its body comes: one call of the system, not two.

    Our applications send the first bytes of a body right behind the head.
    """

    __slots__ = (
        "_head", "_transport", "abort", "can_write_eof", "get_extra_info", "get_write_buffer_size", "is_closing"
    )  # fmt: skip

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""
        self.abort, self.is_closing = transport.abort, transport.is_closing
        self.get_extra_info = transport.get_extra_info
        self.can_write_eof, self.get_write_buffer_size = transport.can_write_eof, transport.get_write_buffer_size

    def begin(self, head: bytes) -> None:
        """Write a head, with what is written next."""
        self._head = head

    def write(self, data: bytes) -> None:
        if self._head:
            head, self._head = self._head, b""
            if len(data) <= LARGEST_COPY:
                return self._transport.write(head + data)
            self._transport.write(head)
        return self._transport.write(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def write_eof(self) -> None:
        self._flush()
        self._transport.write_eof()

    def _flush(self) -> None:
        if self._head:
            self.write(b"")
