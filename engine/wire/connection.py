"""The bytes of a connection, and its end: no answer is lost to a reset, and no caller keeps it open for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from engine.limits import LINGER, LONGEST_LINGER, MOST_PASSED_OVER, SLOWEST_READER, SLOWEST_SENDER, STUCK
from engine.wire.front import Front

HIGH_WATER = 2**16
"""Bytes that may wait for their reader before no more are accepted."""

MOMENT = 0.001
"""The fewest seconds over which the speed of a reader is measured."""

LARGEST_COPY = 2**16
"""Bytes of a body that are copied after its head."""


class Connection(asyncio.Protocol):
    """A connection to a caller. Input that is discarded is bounded in bytes and time.

    Subclasses handle received data.
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
        """Fires if the expected event does not happen."""
        self._stuck: asyncio.TimerHandle | None = None
        self._drained: asyncio.Future[None] | None = None
        self.is_full = False
        """Whether the caller has to take some of the written bytes before more are written."""
        self._full_at, self._full_since = 0, 0.0
        """How many bytes were waiting when it became full, and the time."""
        self._is_paused = self._is_at_eof = False
        self._is_deaf = False
        """Whether input is discarded."""
        self._passed = 0
        self._ends_by = 0.0
        self.is_ending = False
        """Whether no more can be written."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as servers make it
        self._transport = transport
        told = transport.get_extra_info
        self.server, self.client = _address(told("sockname")), _address(told("peername"))
        self.scheme = "https" if told("sslcontext") else "http"

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_ending = self._is_deaf = True
        self._stop_timer()
        self.resume_writing()

    def is_closing(self) -> bool:
        """Return whether nobody will see anything written from now on."""
        return self.is_ending or self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return a fact that the transport knows, such as the caller's certificate (`peercert`)."""
        return self._transport.get_extra_info(name, default)

    # Writing

    def begin(self, head: bytes) -> None:
        """Write the head of an answer together with the next write: one system call, not two.

        Our applications send the first bytes of a body right after the head.
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
        """Wait until the caller has taken most of the written bytes, or is gone."""
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
        """Return the bytes per second that the caller has taken since bytes began to wait."""
        taken = self._full_at - self._transport.get_write_buffer_size()
        return taken / (self._loop.time() - self._full_since + MOMENT)

    def abort(self) -> None:
        """End the connection immediately."""
        self._transport.abort()

    def _watch_reader(self) -> None:
        """Hang up unless the caller takes the waiting bytes at least at the minimum speed."""
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
        """Count discarded bytes."""
        self._passed += size
        if self._passed > MOST_PASSED_OVER:
            self.abort()

    # Time

    def _wait(self, seconds: float, late: Callable[[], None]) -> None:
        """Have it called after the seconds, unless another timer is running already."""
        if self._timer is None:
            self._timer = self._loop.call_later(seconds, late)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # The end

    def close(self) -> None:
        """End the connection after the written bytes, so that the caller gets them (RFC 9112, 9.6).

        Closing while bytes of the caller are on their way would reset the connection, and the written bytes might be
        lost: so input is discarded until the caller closes it too, stops sending, or has sent too much.
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
        else:  # TLS cannot be half closed
            is_over = not self._may_come()
        if is_over:
            self._end()
        else:
            self._linger(self._end)

    def _may_come(self) -> bool:
        """Return whether the caller may still be sending."""
        return False

    def _linger(self, end: Callable[[], None]) -> None:
        """Wait for the caller, who has its answer, while it keeps sending input that is discarded.

        A close after such a wait continues with the rest of its time and bytes.
        """
        if not self._ends_by:
            self._passed = 0
            self._ends_by = self._loop.time() + LONGEST_LINGER
        passed = self._passed
        self._wait(LINGER, lambda: self._look_whether_over(passed, end))

    def _linger_no_more(self) -> None:
        """Stop waiting: the rest of the request has arrived."""
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
        """Close the connection as soon as the caller has taken all written bytes."""
        self._timer = None
        if self._transport.get_write_buffer_size():
            self._watch_reader()
            self._wait(LINGER, self._end)
        else:
            self._transport.close()

    def eof_received(self) -> bool:
        """Note that the caller sends no more. Return whether the other half of the connection stays open."""
        self._is_at_eof = True
        return bool(self.is_ending and self._transport.get_write_buffer_size() and self._transport.can_write_eof())


def _address(told: Any) -> tuple[str, int] | None:
    """Return host and port from an address that a transport reports."""
    return (told[0], told[1]) if isinstance(told, tuple) else None
