"""Work that goes on before the server has answered: outcomes of statements are presumed, and checked later.

While one answer travels over a network, many expressions can be evaluated. So a statement that changes rows and returns
none is presumed to change one row, and sent together with others later. If its outcome differs, the work goes back to
the item whose statement it is (`Replay`), and is given the real outcome of it, and of those after it, as long as
it sends the same ones. Nothing that was presumed leaves the batch before it was checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import Any

from engine.connectors import BatchLost, Replay
from processors.db._postgres_batch import Batch, Sent
from processors.db._postgres_errors import FAILURES
from processors.db._postgres_session import Prepared, Reply

LEAST, MOST = 8, 64
"""How many statements are sent together at least, if they are as fast as most, and at most."""

SOON = 0.02
"""Seconds, in addition to the round trip, in which the server should finish the statements sent together."""

LONGEST = 0.05
"""Seconds, in addition to the round trips, after which a batch ends: its changes are locked until then."""

ROUND_TRIPS = 20
"""How often the server may be waited for meanwhile."""

MISTAKES = 16
"""How often work may send other statements than presumed, before nothing more is presumed in a batch."""


class Pace:
    """How many statements are sent together: fewer if others follow than presumed, or if they are slow."""

    def __init__(self) -> None:
        self.size = MOST // 2

    def missed(self) -> None:
        """Note that other statements followed than presumed."""
        self.size = min(self.size, max(LEAST, self.size // 2))

    def took(self, seconds: float) -> None:
        """Note that some were sent together; seconds: how long the server took for them, without the round trip."""
        self.size = max(1, self.size // 2) if seconds > SOON else min(MOST, self.size + 1)


class Script:
    """The statements of a batch in their order, and where its items begin."""

    def __init__(self, batch: Batch, pace: Pace) -> None:
        self.batch = batch
        self._pace = pace
        self._told: list[Sent] = []
        self._next = 0
        self._waiting: list[Sent] = []
        self._starts: list[tuple[int, Any]] = []
        self._resume: tuple[int, Any] | None = None
        self._mistakes = 0
        self._due = float("inf")

    # engine.ResumePoints

    def start(self, state: Any) -> tuple[int, Any]:
        return (0, state) if self._resume is None else self._resume

    def note(self, state: Any) -> None:
        self._starts.append((self._next, state))

    def is_due(self) -> bool:
        """Return whether the batch is due: not before all that was sent belongs to an item, or it is sent again."""
        return self._next >= len(self._told) and monotonic() > self._due

    # Statements

    async def run(self, sql: str, values: Sequence[Any], single: bool = False) -> Reply:
        """Return the outcome of a statement, real or presumed. Raise the driver's errors, Replay and BatchLost."""
        if self.batch.is_lost:
            raise BatchLost
        if self._next < len(self._told):
            sent = self._told[self._next]
            if sent.is_of(sql, values, single):
                self._next += 1
                return _outcome(sent)
            await self._forget()
        prepared = await self._prepared(sql)
        fitting = prepared.fitting(values)
        sent = Sent(self._next, sql, values, single, fitting if prepared.many else None)
        if prepared.presumed and prepared.many and self._starts and self._mistakes < MISTAKES:
            return await self._presume(sent, prepared.presumed)
        return await self._execute(sent)

    async def _prepared(self, sql: str) -> Prepared:
        session = self.batch.session
        prepared = session.known(sql)
        if prepared is None:
            await self.look()
            try:
                prepared = await session.prepared(sql)
            except BaseException as error:
                await self.batch.recover(error)
                raise
        if prepared.presumed and prepared.many is None and self._starts:
            await self.look()
            if not await self.batch.make_many(sql):
                prepared.presumed = None
        return prepared

    async def _presume(self, sent: Sent, presumed: Reply) -> Reply:
        sent.outcome = presumed
        self._tell(sent)
        self._waiting.append(sent)
        if len(self._waiting) >= self._pace.size:
            await self.look()
        return presumed

    async def _execute(self, sent: Sent) -> Reply:
        """Run a statement whose outcome is not to be presumed, after all that wait."""
        await self.look()
        sent.fitting = None
        try:
            answer = await self.batch.execute(sent)
        except FAILURES as error:
            sent.outcome = error
            self._tell(sent)
            raise
        self._tell(sent)
        return answer

    def _tell(self, sent: Sent) -> None:
        if not self._told:
            self._due = monotonic() + LONGEST + ROUND_TRIPS * self.batch.round_trip
        self._told.append(sent)
        self._next += 1

    async def look(self) -> None:
        """Check the presumed outcomes. Raise Replay if one differs."""
        if not self._waiting:
            return
        await self.batch.go_on()
        waiting, self._waiting = self._waiting, []
        began = monotonic()
        deviant = await self.batch.send(waiting)
        self._pace.took(monotonic() - began - 2 * self.batch.round_trip)
        if deviant is None:
            return
        while self._starts[-1][0] > deviant.position:
            self._starts.pop()
        self._next, state = self._starts.pop()
        self._resume = len(self._starts), state
        raise Replay

    async def _forget(self) -> None:
        """Undo everything from here on, since the work sends another statement than when it was presumed."""
        self._pace.missed()
        self._mistakes += 1
        del self._told[self._next :]
        await self.batch.go_back(self._next)

    async def commit(self) -> None:
        """Commit what the work sent; statements sent while more was presumed, and not again, are undone."""
        await self.look()
        if self._next < len(self._told):
            await self._forget()
        await self.batch.commit()


def _outcome(sent: Sent) -> Reply:
    if isinstance(sent.outcome, BaseException):
        raise sent.outcome
    return sent.outcome
