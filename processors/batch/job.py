from __future__ import annotations

import os
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import AfterValidator

from engine import (
    After,
    Chain,
    Code,
    ConfigRef,
    Duration,
    Effects,
    ErrorType,
    Event,
    Field,
    FlowError,
    Link,
    Mistake,
    Name,
    Parameters,
    Runtime,
    Scope,
    Template,
    TypePatterns,
    prepared,
    refuse,
)
from engine.connectors import (
    EXPRESSION,
    NOTHING,
    PASS,
    TIMEOUT,
    JobHome,
    JobOrder,
    JobWorker,
    Measures,
    Naming,
    NotSerialisable,
    Period,
    RunPlain,
    Shown,
    Targeted,
    Transaction,
    batch_of,
    computing,
    find_job,
    load_job,
    steps_within,
)
from processors.batch._errors import INVALID_VALUE
from processors.batch._handling import Handling, JobCode
from processors.batch._home import fits, home_of
from processors.batch._input import blocks_of
from processors.batch._records import StepCode
from processors.batch._step import BatchStep, BatchSteps
from processors.core._items import Collection
from processors.db._errors import DB_TYPES
from processors.db.config import Config

Strategy = Literal["ORDERED_SEQUENTIAL", "ROUND_ROBIN"]


class History(Parameters):
    """How long a job can be looked at."""

    max_age: Duration = 7 * 86400.0
    """How long a job is kept after its end, with its records and their outcomes."""


class Job(Scope, Targeted):
    """Store any number of records, and have them go through steps in the background; the flow goes on at once.

    The records are those of a list, or of a stream of any size: the body of a listener with `streaming`, the rows of a
    db:select with `streaming`. They are stored in blocks before the job begins, and worked on by every process that
    serves these flows, or runs `engine worker`. What a process has not finished when it ends, even by kill -9, goes on
    within seconds, there or elsewhere. Each record has exactly one outcome: it succeeded, or it failed, with step, type
    and message of its first error.

    Afterwards the payload is the state of the job: batchJobInstanceId, jobName, status, totalRecords and others, as
    batch:status returns it. Inside, the payload is the record; attributes are batchJobInstanceId, recordNumber (from
    0), attempts and idempotencyKey. Variables are those with which the job began, and each record takes its own from
    step to step. All records of a block leave a step before the next one begins. In a step for failed records `error`
    is what they failed with.

    The job lives in a file of the data folder, or in the database of `config-ref`. If the steps work with that database
    alone, outcome and effect are one transaction: each record takes effect exactly once, whatever happens. Elsewhere
    some records may take effect again after a crash; `attributes.idempotencyKey` is then the same.

    When all records have an outcome, or more than maxFailedRecords have failed, `on-complete` runs, with the result as
    its payload. In a test the job is over when the step is.

    Example:
        given: {payload: [{id: 7}, {id: -1}, {id: 9}]}
        run:
          - batch:job:
              jobName: orders
              maxFailedRecords: -1
              process-records:
                - name: check
                  steps: [{validation:is-true: {expression: payload.id > 0, message: no id}}]
                - name: tell
                  acceptPolicy: ONLY_FAILURES
                  steps: [{logger: {message: "#[payload.id]: #[error.description]"}}]
          - batch:status: {jobName: orders, instance: "#[payload.batchJobInstanceId]"}
        expect: {payload: {$contains: {status: SUCCESSFUL, successfulRecords: 2, failedRecords: 1}}}
    """

    job_name: Annotated[Name, Field(min_length=1, max_length=200), Naming("batch job", defines=True)]
    """The name of the job, by which batch:status, batch:results and `engine batch` find it."""

    config_ref: Annotated[ConfigRef[Config], AfterValidator(fits)] = None  # type: ignore[assignment]  # or a file
    """The db:config in whose database the job lives: SQLite, PostgreSQL, MySQL or MariaDB; if left out, a file in the
    data folder."""

    collection: Collection = Collection("payload")
    """The records: an expression that returns a list or a stream."""

    block_size: Annotated[int, Field(ge=1, le=100_000)] = 100
    """How many records are stored, claimed and taken through a step together; at least the size of each aggregator."""

    max_failed_records: Annotated[int, Field(ge=-1)] = 0
    """How many records may fail; if one more does, nothing further is begun, and the job ends with
    FAILED_PROCESS_RECORDS. -1 is any number."""

    max_concurrency: Annotated[int, Field(ge=1, le=1_000)] = 2 * (os.cpu_count() or 1)
    """How many blocks each process works on at the same time; twice the number of CPUs, if left out."""

    scheduling_strategy: Strategy = "ORDERED_SEQUENTIAL"
    """Whether a second job of the name waits for the end of the first, or both go on in turn (ROUND_ROBIN)."""

    job_instance_id: Template | None = None
    """The id of the job; one that no other has, if left out. A second job with the same id is refused."""

    abort_on: TypePatterns | None = None
    """Error types that are not the record's fault, such as CONNECTIVITY: what is under way is undone or left, and its
    block tried again after a while, for as long as it takes."""

    history: History = History()
    """How long a job is kept after its end: maxAge, 7 days if left out."""

    process_records: BatchSteps
    """The steps of the job, each with name, acceptPolicy, acceptExpression, steps and aggregator."""

    on_complete: Annotated[Chain | None, Field(alias="on-complete")] = None
    """The steps to run when the job is over, with its result as the payload."""

    timeout: Period | None = None
    """How long it may take to store the records; no limit, if left out or 0."""

    raises = (*DB_TYPES, TIMEOUT, INVALID_VALUE)
    message_after = After.RESULT
    variables_after = After.BEFORE
    passes_by = "there is no record"
    is_outward = True
    reaches_outside = False

    _code: JobCode = prepared()
    _worker: JobWorker | None = prepared(None)

    def __post_init__(self) -> None:
        if self.on_complete is not None:  # these steps run even if there is no record
            self._prepare(passes_by="")

    def live_in(self, runtime: Runtime) -> None:
        super().live_in(runtime)
        if self.job_name in runtime.batch_jobs:
            refuse([Mistake("F503", f"the batch job '{self.job_name}' a second time", "another jobName")])
        runtime.batch_jobs[self.job_name] = self
        if isinstance(self.config_ref, Config):
            self._prepare(reaches_outside=self.config_ref.reaches_outside)

    @property
    def keeps_data(self) -> bool:
        return self.config_ref is None

    def keeps(self, raised: ErrorType) -> bool:
        return True

    def measure(self, measures: Measures, place: str) -> None:
        text = "Records of the jobs of this name without an outcome, when this process looked last"
        measures.read("engine_batch_records_waiting", text, lambda: self._working("waiting"), job=self.job_name)
        text = "Blocks of records that this process works on"
        measures.read("engine_batch_blocks_under_way", text, lambda: self._working("under_way"), job=self.job_name)

    def _working(self, what: str) -> int:
        return 0 if self._worker is None else getattr(self._worker, what)

    # The step

    def code(self, link: Link) -> Code:
        steps = [self._step_code(link, step) for step in self._all_steps]
        steps[-1] = steps[-1]._replace(is_last=True)
        complete = link.code(self.on_complete) if self.on_complete else PASS
        self._prepare(_code=JobCode(steps, complete.awaited, self._works_at_home(self.on_complete or ())))
        return Code(self._run, None)

    @property
    def _all_steps(self) -> list[BatchStep]:
        """The steps; behind an aggregator of all records another one, in which these get their outcomes."""
        last = self.process_records[-1].aggregator
        is_open = last is not None and last.streaming
        return [*self.process_records, *([BatchStep(name="outcome", accept_policy="ALL")] if is_open else [])]

    def _step_code(self, link: Link, step: BatchStep) -> StepCode:
        steps = link.code(step.steps) if step.steps else PASS
        aggregator = step.aggregator
        many = link.code(aggregator.steps) if aggregator else None
        group, stream = (None, many) if aggregator and aggregator.streaming else (many, None)
        effects = steps.effects | computing(step.accept_expression) | (group.effects if group else Effects())
        resource = link.batching(effects)
        is_ours = resource is not None and self.config_ref is not None and resource is self.config_ref.database.batching
        own = (step.steps or (), aggregator if group else ())
        is_at_home = is_ours if resource is not None else self._works_at_home(*own)
        plain: RunPlain | None = steps.plain if resource or effects.is_pure else None
        return StepCode(
            step,
            is_last=False,
            run=steps.awaited,
            plain=plain,
            gathered=group.awaited if group else None,
            streamed=stream.awaited if stream else None,
            streams_at_home=stream is not None and self._works_at_home(aggregator),
            resource=resource,
            is_at_home=is_at_home,
            puts_back=self._puts_back,
            show=partial(_shown, step),
        )

    def _works_at_home(self, *steps: Any) -> bool:
        """Return whether one of the steps works with the database in which the job lives."""
        if self.config_ref is None:
            return False
        return any(getattr(step.processor, "config_ref", None) is self.config_ref for step in steps_within(*steps))

    def _puts_back(self, failure: FlowError) -> bool:
        return self.abort_on is not None and self.abort_on.match(failure)

    async def _run(self, event: Event) -> Event:
        home = await self.home()
        order = self._order(event)
        try:
            id = await load_job(home, order, blocks_of(self.collection.evaluate(event), self._block))
        except NotSerialisable as error:
            what = "a variable cannot be stored with the job"
            raise FlowError(INVALID_VALUE, what, detailed_description=str(error), cause=error) from error
        worker = self._the_worker(home)
        if self.runtime.isolation is not None and Transaction.current() is None:
            await worker.work_off()
        worker.wake()
        job = await find_job(home, self.job_name, id)
        return self.deliver_event(event, event.with_payload(job.result() if job else {}, NOTHING))

    @property
    def _block(self) -> int:
        sizes = [step.aggregator.size for step in self.process_records if step.aggregator and step.aggregator.size]
        return max(self.block_size, *sizes) if sizes else self.block_size

    def _order(self, event: Event) -> JobOrder:
        id = None if self.job_instance_id is None else self.job_instance_id.evaluate(event)
        if id is not None and not (isinstance(id, str) and 0 < len(id) <= 64):
            raise FlowError(EXPRESSION, "jobInstanceId is a text of 1 to 64 characters")
        steps = len(self._all_steps)
        return JobOrder(self.job_name, steps, self.max_failed_records, event.correlation_id, event.vars, id)

    # The work (engine.BatchJobs)

    async def home(self) -> JobHome:
        home = home_of(self.config_ref, self.runtime)
        await home.make()
        return home

    def _the_worker(self, home: JobHome) -> JobWorker:
        worker = self._worker
        if worker is None or worker.home is not home:
            handling = Handling(home, lambda: self._code, self.history.max_age)
            worker = JobWorker(home, self.job_name, self.scheduling_strategy, self.max_concurrency, handling)
            self._prepare(_worker=worker)
        return worker

    async def start(self) -> None:
        await self._the_worker(home_of(self.config_ref, self.runtime)).start()

    async def rest(self) -> None:
        if self._worker is not None:
            await self._worker.rest()

    async def none_under_way(self) -> None:
        if self._worker is not None:
            await self._worker.none_under_way()

    async def stop(self) -> None:
        if self._worker is not None:
            await self._worker.stop()


def _shown(step: BatchStep) -> Shown:
    calls = (each.processor.shown_call() for each in steps_within(step))
    return batch_of([call for call in calls if call is not None])
