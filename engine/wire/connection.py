"""What goes over a connection, and how it ends: no answer is lost to a reset, and nobody holds it for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from engine.limits import LINGER, LONGEST_LINGER, MOST_PASSED_OVER, SLOWEST_READER, SLOWEST_SENDER, STUCK
from engine.wire.front import Front

HIGH_WATER = 2**16
"""Bytes that may wait for who reads them before no more are taken."""

MOMENT = 0.001
"""Seconds that a reader has had at least, when its speed is told."""

LARGEST_COPY = 2**16
"""Bytes of a body that are copied behind its head."""


class Connection(asyncio.Protocol):
    """A connection to a caller. What it may still send, and is passed over, is bounded in bytes and time.

    What is received is the business of who inherits from it.
    """

    __slots__ = (
        "_drained", "_ends_by", "_front", "_full_at", "_full_since", "_head", "_is_at_eof", "_is_deaf", "_is_paused",
        "_loop", "_passed", "_stuck", "_timer", "_transport", "client", "is_ending", "is_full", "scheme", "server",
    )  # fmt: skip

    def __init__(self, front: Front) -> None:
        self._front = front
        self._loop = front.loop
        self._transport: asyncio.Transport
        self._head = b""
        self._timer: asyncio.TimerHandle | None = None
        """Strikes where what is waited for does not come."""
        self._stuck: asyncio.TimerHandle | None = None
        self._drained: asyncio.Future[None] | None = None
        self.is_full = False
        """Whether the caller has to take some of what was written before there is more."""
        self._full_at, self._full_since = 0, 0.0
        """How many bytes waited then, and when that was."""
        self._is_paused = self._is_at_eof = False
        self._is_deaf = False
        """Whether what comes in is passed over."""
        self._passed = 0
        self._ends_by = 0.0
        self.is_ending = False
        """Whether no more can be written."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # what servers make
        self._transport = transport
        told = transport.get_extra_info
        self.server, self.client = _address(told("sockname")), _address(told("peername"))
        self.scheme = "https" if told("sslcontext") else "http"

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_ending = self._is_deaf = True
        self._stop_timer()
        self.resume_writing()

    def is_closing(self) -> bool:
        """Whether nobody will see what is written from now on."""
        return self.is_ending or self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What the transport knows, such as the certificate that the caller showed (`peercert`)."""
        return self._transport.get_extra_info(name, default)

    # Writing

    def begin(self, head: bytes) -> None:
        """Write the head of an answer, with what is written next: one call of the system, not two.

        Our applications send the first bytes of a body right behind the head.
        """
        self._head = head

    def write(self, data: bytes) -> None:
        if self.is_ending:
            return
        if self._head:
            head, self._head = self._head, b""
            if len(data) > LARGEST_COPY:
                self._transport.write(head)
            else:
                data = head + data
        self._transport.write(data)
        if self.is_full:
            self._front.unsent.add(self, len(data))  # all of it stays until the last byte is taken

    async def drain(self) -> None:
        """Wait until the caller has taken most of what was written, or is gone."""
        while self.is_full:
            if self._drained is None or self._drained.done():
                self._drained = self._loop.create_future()
            await self._drained

    def pause_writing(self) -> None:
        self.is_full = True
        self._full_at, self._full_since = self._transport.get_write_buffer_size(), self._loop.time()
        self._watch_reader()

    def resume_writing(self) -> None:
        self.is_full = False
        self._front.unsent.remove(self)
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    @property
    def speed(self) -> float:
        """How many bytes a second the caller takes, since something waits for it."""
        taken = self._full_at - self._transport.get_write_buffer_size()
        return taken / (self._loop.time() - self._full_since + MOMENT)

    def abort(self) -> None:
        """End the connection at once."""
        self._transport.abort()

    def _watch_reader(self) -> None:
        """Hang up unless the caller takes what waits for it, as slowly as is bearable."""
        if self._stuck is None:
            waiting = self._transport.get_write_buffer_size()
            self._stuck = self._loop.call_later(STUCK, self._look_at_reader, waiting)

    def _look_at_reader(self, before: int) -> None:
        self._stuck = None
        waiting = self._transport.get_write_buffer_size()
        if waiting > before - SLOWEST_READER * STUCK:
            self.abort()
        elif waiting:
            self._watch_reader()

    # Reading

    def pause_reading(self) -> None:
        if not self._is_paused and not self._transport.is_closing():
            self._is_paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self._is_paused and not self._transport.is_closing():
            self._is_paused = False
            self._transport.resume_reading()

    def _pass_over(self, size: int) -> None:
        """So many bytes came that nobody wants."""
        self._passed += size
        if self._passed > MOST_PASSED_OVER:
            self.abort()

    # Time

    def _wait(self, seconds: float, late: Callable[[], None]) -> None:
        """Have it called when the seconds are over, unless something else is waited for already."""
        if self._timer is None:
            self._timer = self._loop.call_later(seconds, late)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # The end

    def close(self) -> None:
        """End the connection behind what was written, so that the caller gets it (RFC 9112, 9.6).

        To close while bytes of the caller are on their way would reset the connection, and what was
        written might be lost with it: they are passed over, until the caller closes it too, sends no
        more, or has sent too much.
        """
        if self.is_ending:
            return
        if self._head:
            self.write(b"")
        self.is_ending = self._is_deaf = True
        self._stop_timer()
        if self._transport.is_closing():
            return
        self.resume_reading()
        if self._transport.can_write_eof():
            self._transport.write_eof()
            is_over = self._is_at_eof
        else:  # TLS has no half of an end
            is_over = not self._may_come()
        if is_over:
            self._end()
        else:
            self._linger(self._end)

    def _may_come(self) -> bool:
        """Whether the caller may be sending something."""
        return False

    def _linger(self, end: Callable[[], None]) -> None:
        """Wait for the caller, who has its answer, as long as it sends a good deal of what nobody wants.

        The close behind such a wait goes on with what is left of its time and bytes.
        """
        if not self._ends_by:
            self._passed = 0
            self._ends_by = self._loop.time() + LONGEST_LINGER
        passed = self._passed
        self._wait(LINGER, lambda: self._look_whether_over(passed, end))

    def _linger_no_more(self) -> None:
        """The rest of the request has come."""
        self._stop_timer()
        self._passed, self._ends_by = 0, 0.0

    def _look_whether_over(self, before: int, end: Callable[[], None]) -> None:
        self._timer = None
        passed = self._passed
        if passed - before < SLOWEST_SENDER * LINGER or self._loop.time() >= self._ends_by:
            end()
        else:
            self._wait(LINGER, lambda: self._look_whether_over(passed, end))

    def _end(self) -> None:
        """Close the connection as soon as the caller has taken what was written."""
        self._timer = None
        if self._transport.get_write_buffer_size():
            self._watch_reader()
            self._wait(LINGER, self._end)
        else:
            self._transport.close()

    def eof_received(self) -> bool:
        """The caller sends no more; whether the other half of the connection stays."""
        self._is_at_eof = True
        return bool(self.is_ending and self._transport.get_write_buffer_size() and self._transport.can_write_eof())


def _address(told: Any) -> tuple[str, int] | None:
    """Host and port, of what a transport tells."""
    return (told[0], told[1]) if isinstance(told, tuple) else None
