"""Works on jobs in the background: claims portions, and ends the jobs that have none left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol
from uuid import uuid4

from engine.jobs import claims
from engine.jobs.gathering import held_before
from engine.jobs.history import find_job
from engine.jobs.home import JobHome
from engine.jobs.job import EXECUTING, Beginning, ClaimLost, Job, Portion
from engine.jobs.loading import give_up
from engine.jobs.outcomes import may_go_on
from engine.values.errors import FlowError
from engine.values.tracing import continue_trace
from engine.work.tasks import Tasks

log = logging.getLogger("engine")

LOOK_AGAIN = 1.0
"""Seconds between two looks for portions that another process has stored or left."""

LONGEST_PAUSE = 15.0
"""Seconds between two attempts at most, if the home of the jobs, or what the steps need, is away."""


class PutBack(Exception):
    """What the steps need is away: the portion waits, and its records have no outcome."""

    def __init__(self, failure: FlowError) -> None:
        super().__init__(failure.for_log)


class Handling(Protocol):
    """What a job does."""

    async def some(self, portion: Portion, beginning: Beginning) -> Portion | None:
        """Work on some records of a portion, and return what it is then; None if it is done.

        Raises ClaimLost, PutBack, and FlowError if the home is away: nothing was kept.
        """

    async def gather(self, job: Job, owner: str, step: int, beginning: Beginning) -> None:
        """Give the records of all portions, which wait before a step, to the aggregator of the step before.

        Raises ClaimLost if somebody else has.
        """

    async def complete(self, job: Job, owner: str, beginning: Beginning) -> None:
        """Run what follows the last record, and end the job. Raises ClaimLost if somebody else has."""


class JobWorker:
    """Works on the jobs of one name.

    order: whether the jobs run one after another (ORDERED_SEQUENTIAL), or all at the same time (ROUND_ROBIN).
    concurrency: how many portions this process works on at the same time.
    """

    def __init__(self, home: JobHome, name: str, order: str, concurrency: int, handling: Handling) -> None:
        self.owner = str(uuid4())
        self.home = home
        self._name = name
        self._order = order
        self._concurrency = concurrency
        self._handling = handling
        self._looking, self._under_way = Tasks(), Tasks()
        self._is_wanted = asyncio.Event()
        self._rests = self._is_away = False
        self._beginnings: dict[str, Beginning] = {}
        self._pauses: dict[str, float] = {}
        self._turn = 0
        self.waiting = 0
        """How many records of the jobs had no outcome, when this process looked last."""

    # As sources do

    async def start(self) -> None:
        """Begin to look for work, unless it does."""
        self._rests = False
        if not len(self._looking):
            self._looking.start(self._look(), f"the batch job {self._name}")

    async def rest(self) -> None:
        """Claim nothing more; portions under way are left to others after the records in progress."""
        self._rests = True
        self._is_wanted.set()
        await self._looking.none()

    async def none_under_way(self) -> None:
        await self._under_way.none()

    async def stop(self) -> None:
        """Return when the records in progress have ended; immediately if that is cancelled."""
        try:
            await self.rest()
            await self._under_way.drain(None)
        except asyncio.CancelledError:
            await self._looking.drain(0)
            await self._under_way.drain(0)
            raise

    def wake(self) -> None:
        """Look for work now."""
        self._is_wanted.set()

    @property
    def under_way(self) -> int:
        """How many portions this process works on."""
        return len(self._under_way)

    # Looking for work

    async def work_off(self) -> None:
        """Work until nothing is left to claim; one portion after another."""
        self._rests = False
        while (work := await self._next()) is not None:
            if not await work:
                return

    async def _look(self) -> None:
        continue_trace(None, "")  # that of a request which has started the application is not that of the records
        pause = LOOK_AGAIN
        while not self._rests:
            self._is_wanted.clear()
            try:
                await self._begin_all()
                pause = LOOK_AGAIN
            except FlowError as failure:
                self._note_away(failure)
                pause = min(2 * pause, LONGEST_PAUSE)
            except Exception:
                log.exception("unexpected error in the batch job %s", self._name)
            await self._wanted(pause)

    async def _begin_all(self) -> None:
        while len(self._under_way) < self._concurrency and not self._rests:
            work = await self._next()
            if work is None:
                return
            task = self._under_way.start(work, f"a portion of the batch job {self._name}")
            task.add_done_callback(self._note_end)

    def _note_end(self, task: asyncio.Task[bool]) -> None:
        """Look for more work, now that there is room for it."""
        if not task.cancelled() and task.result():
            self._note_back()
            self.wake()

    async def _wanted(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._is_wanted.wait()

    async def _next(self) -> Coroutine[Any, Any, bool] | None:
        """Return the next piece of work, which is claimed; None if there is none now."""
        for id in await claims.abandoned(self.home, self._name):
            await give_up(self.home, id, "the process that stored its records has ended")
        jobs = await claims.open_jobs(self.home, self._name)
        self.waiting = sum(job.total - job.processed for job in jobs)
        for job in self._in_turn(jobs):
            if not job.has_failed_too_often and (portion := await claims.claim(self.home, job.id, self.owner)):
                return self._portion(portion)
            if await claims.claim_completion(self.home, job, self.owner):
                return self._completion(job)
        return None

    def _in_turn(self, jobs: Sequence[Job]) -> Sequence[Job]:
        ready = [job for job in jobs if job.state == EXECUTING]
        ids = {job.id for job in ready}
        self._beginnings = {id: known for id, known in self._beginnings.items() if id in ids}
        if self._order == "ORDERED_SEQUENTIAL" or len(ready) < 2:
            return ready[:1]
        self._turn = (self._turn + 1) % len(ready)
        return [*ready[self._turn :], *ready[: self._turn]]

    # Work

    async def _portion(self, portion: Portion) -> bool:
        """Work on a portion until it is done, lost, or to be left; return whether to look for more at once."""
        async with self._renewed(lambda: claims.renew(self.home, portion)):
            try:
                await self._through(portion)
            except ClaimLost:
                log.info("a portion of the job %s goes on elsewhere", portion.job)
            except (PutBack, FlowError) as reason:
                return await self._put_back(portion, reason)
            except Exception:
                log.exception("unexpected error in a portion of the job %s", portion.job)
                return await self._put_back(portion, None)
        return True

    async def _through(self, portion: Portion) -> None:
        beginning = await self._beginning(portion.job)
        while (after := await self._handling.some(portion, beginning)) is not None:
            portion = after
            self._pauses.pop(portion.job, None)
            if self._rests or not await may_go_on(self.home, portion.job):
                await claims.release(self.home, portion)
                return
        self._pauses.pop(portion.job, None)

    async def _put_back(self, portion: Portion, reason: Exception | None) -> bool:
        """Leave a portion for a while, longer each time."""
        pause = self._pauses[portion.job] = min(2 * self._pauses.get(portion.job, LOOK_AGAIN / 2), LONGEST_PAUSE)
        if reason is not None:
            self._note_away(reason)
        with suppress(FlowError):
            await claims.release(self.home, portion, pause)
        return False

    async def _beginning(self, job: str) -> Beginning:
        if job not in self._beginnings:
            self._beginnings[job] = await claims.beginning_of(self.home, job)
        return self._beginnings[job]

    async def _completion(self, job: Job) -> bool:
        async with self._renewed(lambda: claims.renew_completion(self.home, job.id, self.owner)):
            try:
                await self._end_or_gather(await find_job(self.home, job.name, job.id) or job)
            except ClaimLost:
                log.info("the job %s is ended elsewhere", job.id)
            except (PutBack, FlowError) as reason:
                self._note_away(reason)
                return False
            except Exception:
                log.exception("unexpected error at the end of the job %s", job.id)
                return False
        return True

    async def _end_or_gather(self, job: Job) -> None:
        """job: as it is since its end is claimed; the last outcomes may have come only just before."""
        beginning = await self._beginning(job.id)
        step = None if job.has_failed_too_often else await held_before(self.home, job.id)
        if step is None:
            await self._handling.complete(job, self.owner, beginning)
        else:
            await self._handling.gather(job, self.owner, step, beginning)

    @asynccontextmanager
    async def _renewed(self, renew: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
        """Keep a claim while it is worked on."""

        async def keep() -> None:
            while True:
                await asyncio.sleep(claims.LEASE / 3)
                with suppress(FlowError):
                    await renew()

        keeping = asyncio.create_task(keep(), name="the claim of a portion")
        try:
            yield
        finally:
            keeping.cancel()

    def _note_away(self, reason: Exception) -> None:
        """Tell once that the work waits for something."""
        text = reason.for_log if isinstance(reason, FlowError) else str(reason)
        if not self._is_away:
            log.warning("the batch job %s waits: %s", self._name, text)
        self._is_away = True

    def _note_back(self) -> None:
        if self._is_away:
            log.info("the batch job %s goes on", self._name)
        self._is_away = False
