"""Queues of this machine: in memory, or in a file."""

from __future__ import annotations

import asyncio
from bisect import insort
from collections import deque

from engine import Clock
from engine.connectors import LocalDatabase, Usage
from processors.vm._envelope import Envelope, Reply
from processors.vm._queue import Queue, Told
from processors.vm._waiters import Waiters

SCHEMA = """
CREATE TABLE IF NOT EXISTS messages(
  number INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, data BLOB NOT NULL, correlation_id TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, is_taken INTEGER NOT NULL DEFAULT 0, trace TEXT, published REAL
);
CREATE INDEX IF NOT EXISTS messages_by_queue ON messages(queue, is_taken, number);
"""
ADDED = {"trace TEXT": "messages", "published REAL": "messages"}
"""The headers of the publisher's trace, separated by a space, null without one; when it was published, in seconds since
1970. Both are null for messages of earlier versions."""

ADD = "INSERT INTO messages(queue, data, correlation_id, trace, published) VALUES(?, ?, ?, ?, ?) RETURNING number"
TAKE = """
UPDATE messages SET is_taken = 1, attempts = attempts + 1
WHERE number = (SELECT number FROM messages WHERE queue = ? AND is_taken = 0 ORDER BY number LIMIT 1)
RETURNING data, correlation_id, number, attempts, trace
"""
RETURN_ALL = "UPDATE messages SET is_taken = 0 WHERE queue = ? AND is_taken = 1"
LOOK_AGAIN = 1.0
"""Seconds between two checks for messages that another process has published."""

COUNT = "SELECT count(*) FROM messages WHERE queue = ? AND is_taken = ?"
OLDEST = "SELECT published FROM messages WHERE queue = ? AND is_taken = 0 ORDER BY number LIMIT 1"


class LocalQueue(Queue):
    """Messages whose number is known without waiting for anybody."""

    def __init__(self, limit: int, clock: Clock) -> None:
        super().__init__(limit, clock)
        self._takers = Waiters()
        self._publishers = Waiters()

    @property
    def places(self) -> Usage | None:
        return Usage(len(self), self._limit) if self._limit else None

    def depth(self) -> int:
        return len(self)

    def age(self) -> float:
        published = self._first_published()
        return 0.0 if published is None else max(0.0, self._clock.now().timestamp() - published)

    def resize(self, limit: int) -> None:
        super().resize(limit)
        self._publishers.wake_all()

    async def put(self, envelope: Envelope, seconds: float) -> bool:
        if not await self._publishers.until(self._has_room, self._clock, seconds):
            return False
        envelope.published = self._clock.now().timestamp()
        self._add(envelope)
        self._published.value += 1
        self._takers.wake()
        return True

    async def receive(self, seconds: float | None = None) -> Envelope | None:
        if not await self._arrival(seconds):
            return None
        envelope = self._take()
        if envelope:
            self._redelivered.value += envelope.attempts > 1
            self._publishers.wake()
        return envelope

    async def put_back(self, envelope: Envelope) -> None:
        self._put_back(envelope)
        self._takers.wake()

    async def done(self, envelope: Envelope) -> None:
        self._forget(envelope)
        self._consumed.value += 1

    async def _arrival(self, seconds: float | None = None) -> bool:
        """Wait until there is a message, at most for the seconds; return whether there is one."""
        return await self._takers.until(self._has_message, self._clock, seconds)

    def _has_room(self) -> bool:
        return not self._limit or len(self) < self._limit

    def _has_message(self) -> bool:
        return len(self) > 0

    def __len__(self) -> int:
        """Return how many messages wait."""
        raise NotImplementedError

    def _add(self, envelope: Envelope) -> None:
        raise NotImplementedError

    def _take(self) -> Envelope | None:
        raise NotImplementedError

    def _put_back(self, envelope: Envelope) -> None:
        raise NotImplementedError

    def _forget(self, envelope: Envelope) -> None:
        raise NotImplementedError

    def _first_published(self) -> float | None:
        """Return when the first message that waits was published; None if there is none, or it is not known."""
        raise NotImplementedError


class TransientQueue(LocalQueue):
    """A queue in memory, which ends with the application."""

    own = frozenset[Told](("depth", "taken", "age"))

    def __init__(self, limit: int, clock: Clock) -> None:
        super().__init__(limit, clock)
        self._waiting: deque[Envelope] = deque()
        self._last = self._taken = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def taken(self) -> int:
        return self._taken

    def _first_published(self) -> float | None:
        return self._waiting[0].published if self._waiting else None

    def _add(self, envelope: Envelope) -> None:
        self._last = envelope.number = self._last + 1
        self._waiting.append(envelope)

    def _take(self) -> Envelope | None:
        if not self._waiting:
            return None
        envelope = self._waiting.popleft()
        envelope.attempts += 1
        self._taken += 1
        return envelope

    def _forget(self, envelope: Envelope) -> None:
        self._taken -= 1

    def _put_back(self, envelope: Envelope) -> None:
        self._taken -= 1
        insort(self._waiting, envelope, key=lambda each: each.number)

    def close(self) -> None:
        self._waiting.clear()


class PersistentQueue(LocalQueue):
    """A queue in a file. Other processes may publish and consume; only this one has a listener.

    The number of messages is known without counting, and recounted before it would make somebody wait.
    """

    def __init__(self, name: str, limit: int, clock: Clock, database: LocalDatabase) -> None:
        super().__init__(limit, clock)
        self._name = name
        self._run = database.run
        self._waiting: int | None = None
        self._is_recovered = False
        self._replies: dict[int, Reply] = {}

    def __len__(self) -> int:
        return self._count() if self._waiting is None else self._waiting

    def _count(self) -> int:
        self._waiting = waiting = self.depth()
        return waiting

    def depth(self) -> int:
        return int(self._run(COUNT, (self._name, 0))[0][0])

    def taken(self) -> int:
        return int(self._run(COUNT, (self._name, 1))[0][0])

    def _first_published(self) -> float | None:
        rows = self._run(OLDEST, (self._name,))
        return rows[0][0] if rows else None

    async def _arrival(self, seconds: float | None = None) -> bool:
        """Like that of any queue; also checks at intervals for messages that another process has published."""
        deadline = None if seconds is None else self._clock.monotonic() + seconds
        while True:
            left = LOOK_AGAIN if deadline is None else deadline - self._clock.monotonic()
            if await super()._arrival(min(left, LOOK_AGAIN)):
                return True
            if left <= LOOK_AGAIN and deadline is not None:
                return False

    def _has_message(self) -> bool:
        return len(self) > 0 or self._count() > 0

    def _has_room(self) -> bool:
        return not self._limit or len(self) < self._limit or self._count() < self._limit

    def _add(self, envelope: Envelope) -> None:
        waiting = len(self)
        values = self._name, envelope.data, envelope.correlation_id, envelope.trace, envelope.published
        envelope.number = self._run(ADD, values)[0][0]
        self._waiting = waiting + 1
        if isinstance(envelope.reply, asyncio.Future):
            self._replies[envelope.number] = envelope.reply
            envelope.reply.add_done_callback(lambda _: self._replies.pop(envelope.number, None))

    def _take(self) -> Envelope | None:
        rows = self._run(TAKE, (self._name,))
        self._waiting = len(self) - 1 if rows else 0
        if not rows:
            return None
        data, correlation_id, number, attempts, trace = rows[0]
        return Envelope(data, correlation_id, number, attempts, self._replies.get(number), trace)

    def _put_back(self, envelope: Envelope) -> None:
        self._run("UPDATE messages SET is_taken = 0 WHERE number = ?", (envelope.number,))
        self._waiting = len(self) + 1

    def _forget(self, envelope: Envelope) -> None:
        self._run("DELETE FROM messages WHERE number = ?", (envelope.number,))

    def listen(self, consumers: int) -> None:
        if not self._is_recovered:
            self._run(RETURN_ALL, (self._name,))
            self._waiting, self._is_recovered = None, True

    def close(self) -> None:
        self._waiting, self._is_recovered = None, False
