"""The records of a block on their way through one step, each with one result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, NamedTuple

from engine import Event, FlowError
from engine.connectors import (
    MOST_TOGETHER,
    MUCH,
    OFTEN,
    Batching,
    Beginning,
    JobHome,
    JobRecord,
    Portion,
    PutBack,
    RecordFailure,
    ResumePoints,
    Run,
    RunPlain,
    Shown,
    commit_together,
    current_budget,
    give_turn,
    is_turn_over,
    note_results,
    results_of_step,
)
from processors.batch._step import BatchStep

SOON = 0.05
"""Seconds after which a transaction that is not a batch is committed: what it has changed is locked until then."""


class StepCode(NamedTuple):
    """The linked form of a step.

    gathered: runs the steps of the aggregator for a group. streamed: runs them for the records of all blocks, which
    wait for it; streams_at_home: whether that works with the job's database. resource: the only thing they act on, so
    that its statements can be committed together. is_at_home: whether they work with the database in which the job
    lives: outcomes and effects are then one transaction. puts_back: whether an error is not the record's fault.
    """

    step: BatchStep
    is_last: bool
    run: Run
    plain: RunPlain | None
    gathered: Run | None
    streamed: Run | None
    streams_at_home: bool
    resource: Batching | None
    is_at_home: bool
    puts_back: Callable[[FlowError], bool]
    show: Callable[[], Shown]

    @property
    def holds(self) -> bool:
        return self.streamed is not None


class Passage:
    """Some records of a portion that go through a step.

    records: those that have no result of the step yet. lost: the failure of the aggregator of all records before the
    step, if it failed.
    """

    def __init__(
        self,
        home: JobHome,
        code: StepCode,
        portion: Portion,
        records: Sequence[JobRecord],
        beginning: Beginning,
        lost: RecordFailure | None = None,
    ) -> None:
        self._home = home
        self._code = code
        self._portion = portion
        self._records = records
        self._base = beginning.variables
        self._correlation_id = beginning.correlation_id
        self._lost = lost
        self._results: list[JobRecord] = []
        self._group: list[int] = []
        self._after = portion
        self._keeps_nothing = code.is_last and code.gathered is None
        self._takes_good = code.step.accept_policy != "ONLY_FAILURES" and code.step.accept_expression is None
        self._of_all = {"batchJobInstanceId": portion.job, "attempts": portion.attempt}
        self._key = f"{portion.job}-{portion.step}-"

    @property
    def left(self) -> Sequence[JobRecord]:
        """The records that have not gone through it."""
        return self._records[len(self._results) :]

    async def through(self) -> Portion:
        """Go through the step with as many records as fit in a turn, and write what became of them.

        Return the portion as it is after them. Raises ClaimLost, PutBack, and FlowError if nobody knows what was kept.
        """
        if is_turn_over():
            await give_turn()
        code = self._code
        if code.resource is not None:
            work = self._kept_together if code.is_at_home else self._run_some
            await commit_together(code.resource, self._count, work, show=code.show)
        elif code.is_at_home:
            await self._in_turn_with_others()
        else:
            await self._run_some(None, True)
        if not code.is_at_home:
            async with self._home.together():
                await self._note()
        return self._after

    @property
    def _count(self) -> int:
        return min(len(self._records), MOST_TOGETHER)

    # Outcomes and effects in one transaction

    async def _kept_together(self, points: ResumePoints | None, at_once: bool) -> int:
        """Do the work of a batch; without one, of a transaction."""
        if not at_once:
            await self._in_transaction()
            return len(self._results)
        done = await self._run_some(points, True)
        await self._note_or_put_back()
        return done

    async def _in_turn_with_others(self) -> None:
        """Let one transaction after another wait for what the steps do, if the database has only one writer."""
        if self._home.one_at_a_time is None:
            await self._in_transaction()
            return
        async with self._home.one_at_a_time:
            await self._in_transaction()

    async def _in_transaction(self) -> None:
        async with self._home.together():
            await self._run_some(None, False)
            await self._note()

    async def _note_or_put_back(self) -> None:
        """Write the results. An error must undo the whole batch, while that of a step leaves what was before it."""
        try:
            await self._note()
        except FlowError as failure:
            raise PutBack(failure) from failure

    async def _note(self) -> None:
        entered = self._records[: len(self._results)]
        code = self._code
        results = results_of_step(entered, self._results, code.step.name, is_last=code.is_last, holds=code.holds)
        self._after = await note_results(self._home, self._portion, results)

    # The records

    async def _run_some(self, points: ResumePoints | None, at_once: bool) -> int:
        """Run the step for records until the turn is over; return how many.

        It may be called again for the same records, and then goes on from the same place.
        """
        first = points.start(0)[1] if points else 0
        del self._results[first:]
        self._group.clear()
        is_over, often = self._end(points, at_once)
        is_plain, gathers = at_once and self._code.plain is not None, self._code.gathered is not None
        budget, records, lost = current_budget(), self._records, self._lost
        for place in range(first, len(records)):
            if points and not self._group:
                points.note(place)
            record = records[place]
            if lost is not None and record.is_taken:
                record = record.having_failed(lost)
            if is_plain:
                self._one_plain(record, place)
            else:
                await self._one(record, place)
            if gathers:
                await self._gather(place)
            done = place - first + 1
            if not self._group and (budget.spent > MUCH or not done % often) and (is_over() or done >= MOST_TOGETHER):
                break
        return len(self._results) - first

    def _end(self, points: ResumePoints | None, at_once: bool) -> tuple[Callable[[], bool], int]:
        """Return what tells that it is time to write results, and after how many records it is asked."""
        if points:
            return points.is_due, 1
        if self._code.resource is not None and at_once:
            return is_turn_over, OFTEN
        until = monotonic() + SOON
        return lambda: monotonic() > until, 1

    async def _one(self, record: JobRecord, place: int) -> None:
        event = self._entering(record)
        try:
            after = await self._code.run(event) if self._accepts(record, event) else None
        except FlowError as failure:
            self._results.append(self._failed(record, failure))
        else:
            self._note_left(record, place, after)

    def _one_plain(self, record: JobRecord, place: int) -> None:
        event, plain = self._entering(record), self._code.plain
        assert plain is not None  # there is one
        try:
            is_in = (self._takes_good and record.failure is None) or self._accepts(record, event)
            after = plain(event) if is_in else None
        except FlowError as failure:
            self._results.append(self._failed(record, failure))
        else:
            if self._keeps_nothing:
                self._results.append(record)
            else:
                self._note_left(record, place, after)

    def _note_left(self, record: JobRecord, place: int, after: Event | None) -> None:
        """Note what a record is after the steps; None: it has not entered them."""
        if after is not None and self._code.gathered is not None:
            self._group.append(place)
        is_as_before = (after is None and not record.is_taken) or self._keeps_nothing
        self._results.append(record if is_as_before else self._left(record, after))

    def _accepts(self, record: JobRecord, event: Event) -> bool:
        step = self._code.step
        policy, expression = step.accept_policy, step.accept_expression
        if policy != "ALL" and (record.failure is None) != (policy == "NO_FAILURES"):
            return False
        return expression is None or bool(expression.evaluate(event))

    def _entering(self, record: JobRecord) -> Event:
        failure = record.failure
        return Event(
            payload=record.payload,
            attributes=self._attributes(record.number),
            vars=self._base if record.variables is None else record.variables,
            error=None if failure is None else FlowError(failure.type, failure.message),
            correlation_id=self._correlation_id,
        )

    def _attributes(self, number: int) -> dict[str, Any]:
        return {**self._of_all, "recordNumber": number, "idempotencyKey": f"{self._key}{number}"}

    def _left(self, record: JobRecord, after: Event | None) -> JobRecord:
        if after is None:
            return JobRecord(record.number, record.payload, record.variables, record.failure)
        before = self._base if record.variables is None else record.variables
        variables = record.variables if after.vars is before else dict(after.vars)
        is_taken = self._code.holds and record.failure is None
        return JobRecord(record.number, after.payload, variables, record.failure, is_taken)

    def _failed(self, record: JobRecord, failure: FlowError) -> JobRecord:
        """Return the record with its first error. Raises PutBack if that is not its own fault."""
        if failure.type.is_critical or self._code.puts_back(failure):
            raise PutBack(failure) from failure
        failure.forget_frames()
        own = RecordFailure.of(self._code.step.name, str(failure.type), failure.description)
        return record.having_failed(own)

    # The aggregator

    async def _gather(self, place: int) -> None:
        """Run the aggregator if a group is complete, or nothing comes any more."""
        aggregator, group = self._code.step.aggregator, self._group
        assert aggregator is not None  # it has a function
        if not group or (len(group) < (aggregator.size or 1) and place < len(self._records) - 1):
            return
        try:
            await self._code.gathered(self._of_group())  # type: ignore[misc]  # likewise
        except FlowError as failure:
            for each in group:
                self._results[each] = self._failed(self._results[each], failure)
        group.clear()

    def _of_group(self) -> Event:
        records = [self._results[place] for place in self._group]
        attributes = {**self._attributes(records[0].number), "recordNumbers": [record.number for record in records]}
        payload = [record.payload for record in records]
        return Event(payload, attributes, vars=self._base, correlation_id=self._correlation_id)
