"""Transactions on PostgreSQL, in which a statement that fails undoes itself alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from engine import FlowError
from processors.db._errors import QUERY_EXECUTION, TAKEN_BACK, taken_back
from processors.db._postgres_errors import FAILURES, failure_of
from processors.db._postgres_pool import SETTLING
from processors.db._postgres_session import OUTDATED, Session
from processors.db._postgres_statements import PostgresStatements

Result = TypeVar("Result")


class PostgresPart(PostgresStatements):
    """The part of a database in a transaction; inside another one (level 1 and more) a savepoint of it.

    PostgreSQL gives up a whole transaction when a statement of it fails. So there is a savepoint before each statement;
    before the first one, the beginning of the part serves as one.

    A stream that fails after other statements have run since its start would undo those statements with its own: the
    transaction is lost then, and each later statement, and the commit, say so.

    finish: called with the connection at the end, if the part is the whole transaction. beginning: how that begins.
    outer: the part that this one is inside of.
    """

    def __init__(
        self,
        session: Session,
        level: int,
        finish: Callable[[bool], asyncio.Task[None] | None],
        beginning: str = "BEGIN",
        outer: PostgresPart | None = None,
    ) -> None:
        self.session = session
        self.level = level
        self._finish = finish
        self._begin = f"SAVEPOINT level_{level}" if level else beginning
        self._undo = f"ROLLBACK TO level_{level}" if level else f"ROLLBACK; {beginning}"
        self._savepoint = f"SAVEPOINT statement_{level}"
        self._is_begun = False
        self._is_spoilt = False
        self._has_savepoint = False
        self._whole: PostgresPart = outer._whole if outer else self
        self._loss: FlowError | None = None
        self._count = 0
        """How many statements were begun in the whole transaction."""

    async def begin(self) -> None:
        await self.session.command(self._begin)

    async def _perform(self, action: Callable[[Session], Awaitable[Result]]) -> Result:
        try:
            return await self._act(action)
        except OUTDATED:
            return await self._act(action)
        except FAILURES as error:
            raise failure_of(error) from error

    async def _act(self, action: Callable[[Session], Awaitable[Result]]) -> Result:
        await self._prepare()
        self._is_spoilt = True  # until it is known that it is not: it may be cancelled at any point
        try:
            result = await action(self.session)
        except FAILURES:
            if not self.session.is_closed:
                await self._mend()
            raise
        self._is_spoilt, self._is_begun = False, True
        return result

    async def _prepare(self) -> None:
        """Make sure there is a savepoint before a statement."""
        self._check()
        self._whole._count += 1
        if self._is_spoilt:
            await self._mend()
        if not self._is_begun:
            return
        if self._has_savepoint:
            await self.session.command(f"RELEASE statement_{self.level}; {self._savepoint}")
        else:
            await self.session.command(self._savepoint)
            self._has_savepoint = True

    async def _mend(self) -> None:
        """Undo the last statement, which failed or was cancelled; if that takes too long, give up the connection."""
        try:
            async with asyncio.timeout(SETTLING):
                await self.session.command(f"ROLLBACK TO statement_{self.level}" if self._has_savepoint else self._undo)
        except TimeoutError:
            self.session.terminate()
            raise
        self._is_spoilt = False

    def _check(self) -> None:
        if self._whole._loss is not None:
            raise taken_back(self._whole._loss)

    async def nest(self, part: PostgresPart) -> None:
        """Begin a part inside this one."""
        try:
            if self._is_spoilt:
                await self._mend()
            await part.begin()
        except FAILURES as error:
            raise failure_of(error) from error
        self._is_begun = True  # the changes of the part must not be lost when the next statement fails

    @asynccontextmanager
    async def _lend(self) -> AsyncGenerator[Session, None]:
        """Lend the session, for rows that are read as they are asked for: other statements may come in between."""
        await self._prepare()
        self._is_begun, count = True, self._whole._count
        try:
            yield self.session
        except GeneratorExit:  # the reader has enough
            raise
        except BaseException as error:
            self._is_spoilt = True
            if self._whole._count != count:
                is_failure = isinstance(error, FAILURES)
                self._whole._loss = failure_of(error if is_failure else TimeoutError("the work was stopped"))
            raise

    async def commit(self) -> None:
        try:
            self._check()
            if self._is_spoilt:
                await self._mend()
            if self.level:
                await self.session.command(f"RELEASE level_{self.level}")
            elif await self.session.command("COMMIT") != "COMMIT":
                raise FlowError(QUERY_EXECUTION, TAKEN_BACK)
        except BaseException as error:  # it may be cancelled, too
            await self.rollback()
            if isinstance(error, FAILURES):
                raise failure_of(error) from error
            raise
        self._finish(True)

    async def rollback(self) -> None:
        if not self.level:
            await ended(self._finish(False))
        elif not self.session.is_closed:
            try:
                await self.session.command(f"ROLLBACK TO level_{self.level}; RELEASE level_{self.level}")
            except FAILURES:
                self.session.terminate()  # the whole transaction is lost, and cannot be committed


async def ended(task: asyncio.Task[None] | None) -> None:
    """Wait for the end of a transaction, which comes even if the waiting is cancelled."""
    if task is not None:
        await asyncio.wait([task], timeout=SETTLING)
