"""Connections to the servers that elements call, and limits on the bytes they may send; imported with aiohttp."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.helpers import set_exception
from aiohttp.http import RawResponseMessage
from aiohttp.http_exceptions import BadHttpMessage
from aiohttp.streams import StreamReader

from engine.limits import LARGEST_BESIDE_BODY, MOST_BESIDE_BYTE, MOST_INTERIM_ANSWERS

INTERIM, SWITCHING, FINAL = 100, 101, 200
PORTION = 2**12
"""The number of bytes of a head that are read at a time: a flood of interim answers is noticed after this many."""

Answer = tuple[RawResponseMessage, StreamReader]


class Unbounded(BadHttpMessage):
    """The upstream sent something it must not send; `message` names it."""


class Answers(ResponseHandler):
    """Reads the answers on one connection.

    aiohttp limits the lines and headers of a head. It does not limit the number of interim answers before the answer,
    nor the bytes in addition to its body (line ends, chunk extensions, zeros before a size), nor those that arrive
    while there is no request, which it would take for the next answer.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._is_resting = False
        self._begin()

    def _begin(self) -> None:
        self._is_answered = False
        self._interim = self._received = 0

    def rest(self) -> None:
        """Note that there is no request now: any bytes that arrive end the connection."""
        self._is_resting = True

    def set_response_params(self, **parameters: Any) -> None:
        """Set the parameters for reading the next answer."""
        self._is_resting = False
        self._begin()
        super().set_response_params(**parameters)

    def data_received(self, data: bytes) -> None:
        if self._is_resting and data:
            self.abort()
            return
        while len(data) > PORTION and not self._is_answered and self._exception is None:
            super().data_received(data[:PORTION])
            self._received += PORTION
            data = data[PORTION:]
        if self._exception is None:
            super().data_received(data)
            self._received += len(data)
            self._check_size()
        if self._is_resting and self._buffer:  # bytes after the end of the body that was being read
            self.abort()

    def _check_size(self) -> None:
        body = self._payload.total_bytes if self._payload is not None else 0
        if self._received - MOST_BESIDE_BYTE * body > LARGEST_BESIDE_BODY:
            self._refuse(f"more than {LARGEST_BESIDE_BODY} bytes beside the body")

    def feed_data(self, data: Answer, size: int = 0) -> None:
        """Take an answer: the final one, or an interim one."""
        status = data[0].code
        if self._exception is not None:
            return
        if status == SWITCHING or status < INTERIM:
            self._refuse(f"the status {status}, which answers nothing")
        elif status >= FINAL:
            self._is_answered = True
            super().feed_data(data, size)
        elif self._interim < MOST_INTERIM_ANSWERS:
            self._interim += 1
            super().feed_data(data, size)
        else:
            self._refuse(f"more than {MOST_INTERIM_ANSWERS} interim answers")

    def _refuse(self, reason: str) -> None:
        self.set_exception(Unbounded(reason))
        if self.transport is not None:
            self.transport.abort()

    def set_exception(self, exc: BaseException, *cause: BaseException) -> None:
        """End the answer, and the body if it is being read; otherwise aiohttp would keep waiting for the body."""
        super().set_exception(exc, *cause)
        body = self._payload
        if body is not None and not body.is_eof() and body.exception() is None:
            set_exception(body, aiohttp.ClientPayloadError(str(exc)), *(cause or (exc,)))

    def connection_lost(self, exc: BaseException | None) -> None:
        """Keep the reason for refusing the answer: aiohttp would only report to a late reader that it is incomplete."""
        body = self._payload
        refused = body.exception() if body is not None else None
        super().connection_lost(exc)
        if body is not None and refused is not None:
            body.set_exception(refused)

    def close(self) -> None:
        """Close the connection; abort it if bytes are unsent, as it may otherwise stay open indefinitely."""
        if self.transport is not None and self.transport.get_write_buffer_size():
            self.abort()
        else:
            super().close()


class Pool(aiohttp.TCPConnector):
    """A connection pool. It keeps as many idle connections as there may be busy ones."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        reader: type[ResponseHandler] = Answers
        self._factory = partial(reader, loop=self._loop)

    def counts(self) -> tuple[int, int, int]:
        """Return how many connections are busy, how many are idle, and how many requests wait for one."""
        return len(self._acquired), sum(map(len, self._conns.values())), sum(map(len, self._waiters.values()))

    def _release(self, key: ConnectionKey, protocol: ResponseHandler, *, should_close: bool = False) -> None:
        super()._release(key, protocol, should_close=should_close)
        if protocol.is_connected() and isinstance(protocol, Answers):
            protocol.rest()
        if sum(map(len, self._conns.values())) > self.limit:
            self._close_oldest()

    def _close_oldest(self) -> None:
        key = min((key for key, kept in self._conns.items() if kept), key=lambda key: self._conns[key][0][1])
        oldest, _ = self._conns[key].popleft()
        if not self._conns[key]:
            del self._conns[key]
        oldest.close()
