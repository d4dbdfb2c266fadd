"""Statements on PostgreSQL that are committed together, each with the outcome that it has alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from time import monotonic
from typing import Any, NoReturn

import asyncpg

from engine.connectors import BatchLost
from processors.db._postgres_errors import FAILURES, comes_of_others, is_of_server
from processors.db._postgres_session import OUTDATED, Reply, Session

LONGEST_WAIT = 100
"""Milliseconds that a statement of a batch may take, for example while it waits for a row that others hold. After that
each statement waits for itself, and holds nothing meanwhile: batches that wait for each other part before the server
ends one of them (deadlock_timeout). No handler in the database mistakes the error for its own, as it might that of a
lock_timeout."""

# A statement in autocommit sees what is committed until then, and its deferred constraints are checked when it ends.
BEGIN = (
    "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = {wait}; SET CONSTRAINTS ALL IMMEDIATE; "
    "SAVEPOINT kept"
)
NUMBER = "SELECT txid_current_if_assigned(), set_config('statement_timeout', $1, true)"
"""The commit itself has no limit."""
GO_BACK = "ROLLBACK TO SAVEPOINT kept"
GO_ON = "RELEASE SAVEPOINT kept; SAVEPOINT kept"


class Sent:
    """A statement and its outcome, known or presumed: an answer, or the error that it raised.

    position: its number in the batch. single: whether only its first row is read.
    fitting: the values in the form of the driver, if it is one of many.
    """

    __slots__ = ("fitting", "outcome", "position", "single", "sql", "values")

    def __init__(self, position: int, sql: str, values: Sequence[Any], single: bool, fitting: list[Any] | None) -> None:
        self.position = position
        self.sql = sql
        self.values = values
        self.single = single
        self.fitting = fitting
        self.outcome: Reply | BaseException = Reply([], "")

    def is_of(self, sql: str, values: Sequence[Any], single: bool) -> bool:
        """Return whether it is this statement."""
        return self.sql == sql and self.values == values and self.single == single

    def came_to(self, outcome: Reply | BaseException) -> bool:
        """Return whether it had this outcome before."""
        if isinstance(outcome, asyncpg.PostgresError) and isinstance(self.outcome, asyncpg.PostgresError):
            return outcome.sqlstate == self.outcome.sqlstate
        return outcome == self.outcome


class InDoubt(Exception):
    """The connection was lost while the commit was under way: only the server knows whether it took place.

    number: that of the transaction.
    """

    def __init__(self, number: int) -> None:
        super().__init__("the connection was lost during a commit")
        self.number = number


class Batch:
    """A transaction on a connection of its own, for the statements of one logical task.

    If statements were presumed that are not sent after all, everything since the last savepoint is undone, and the rest
    is done again. If the outcome then differs, because others changed the rows meanwhile, or if the batch itself may
    have caused an error, such as a deadlock, BatchLost is raised: nothing was kept.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.is_lost = False
        self.met_others = False
        """Whether it was lost because of others."""
        self.round_trip = 0.0
        """Seconds that the server took to begin it."""
        self._done: list[Sent] = []

    async def begin(self) -> None:
        began = monotonic()
        times = self.session.times
        wait = min(LONGEST_WAIT, times["statement_timeout"] or LONGEST_WAIT, times["deadlock_timeout"] // 2 or 1)
        await self.session.command(BEGIN.format(wait=wait))
        self.round_trip = monotonic() - began

    async def execute(self, sent: Sent) -> Reply:
        """Run one statement. Raise the driver's errors."""
        try:
            answer = await self.session.run(sent.sql, sent.values, single=sent.single)
        except BaseException as error:
            await self.recover(error)
            raise
        sent.outcome = answer
        self._done.append(sent)
        return answer

    async def send(self, waiting: Sequence[Sent]) -> Sent | None:
        """Run statements that undo themselves if they fail; return the first whose outcome is not the presumed one."""
        first = None
        for sql, group in groupby(waiting, key=lambda sent: sent.sql):
            some = list(group)
            for sent, outcome in zip(some, await self._outcomes(sql, some), strict=True):
                if not sent.came_to(outcome):
                    sent.outcome = outcome
                    first = first or sent
        self._done += waiting
        return first

    async def _outcomes(self, sql: str, some: list[Sent]) -> Sequence[Reply | BaseException]:
        """Return the outcomes of one statement with the values of many."""
        try:
            return await self.session.run_many(sql, [sent.fitting or [] for sent in some])
        except FAILURES as error:
            self.lose(error)
        except BaseException:
            self.is_lost = True
            raise

    async def go_on(self) -> None:
        """Never go further back than to here."""
        await self._go(GO_ON)
        self._done.clear()

    async def go_back(self, position: int) -> None:
        """Undo the statements from a position on."""
        await self._go(GO_BACK)
        done = [sent for sent in self._done if sent.position < position]
        if len(done) < len(self._done) and self._done[0].position > position:
            self.lose()
        self._done.clear()
        for is_one_of_many, group in groupby(done, key=lambda sent: sent.fitting is not None):
            some = list(group)
            await (self._repeat_together(some) if is_one_of_many else self._repeat(some))
        await self.go_on()

    async def _repeat_together(self, some: list[Sent]) -> None:
        if await self.send(some) is not None:
            self.lose()

    async def _repeat(self, some: list[Sent]) -> None:
        try:
            for sent in some:
                if not sent.came_to(await self.session.run(sent.sql, sent.values, single=sent.single)):
                    self.lose()
        except FAILURES as error:  # it succeeded before
            self.lose(error)

    async def recover(self, error: BaseException) -> None:
        """Restore the state before a statement that failed. One that was cancelled may have done anything."""
        if not isinstance(error, FAILURES):
            self.is_lost = True
        elif self.session.is_closed or isinstance(error, (OSError, *OUTDATED)) or comes_of_others(error):
            self.lose(error)
        elif is_of_server(error):
            await self.go_back(self._done[-1].position + 1 if self._done else 0)

    async def make_many(self, sql: str) -> bool:
        """Return whether a statement can be one of many."""
        await self.go_on()
        try:
            await self.session.make_many(sql)
        except BaseException as error:
            await self.recover(error)
            if isinstance(error, FAILURES):
                return False
            raise
        await self.go_on()
        return True

    async def _go(self, command: str) -> None:
        try:
            await self.session.command(command)
        except FAILURES as error:
            self.lose(error)

    def lose(self, error: BaseException | None = None) -> NoReturn:
        self.is_lost = True
        self.met_others = error is not None and comes_of_others(error)
        raise BatchLost from error

    async def commit(self) -> None:
        """Commit everything. Raise BatchLost if nothing is kept, and InDoubt."""
        if self.is_lost:
            raise BatchLost
        number: int | None = None
        try:
            number = await self.session.connection.fetchval(NUMBER, str(self.session.times["statement_timeout"]))
            status = await self.session.command("COMMIT")
        except FAILURES as error:
            if number is not None and self.session.is_closed:
                raise InDoubt(number) from error
            self.lose(error)
        if status != "COMMIT":
            self.lose()
        self.session.settle_made(is_kept=True)
