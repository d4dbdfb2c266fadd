"""Jobs in each kind of database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from jobs import STORE, begin, check, home_of, job_of, load, over, run, until, write

from engine import Application, FlowError, LoadError, Stream
from engine.jobs import claims
from engine.jobs.history import cancel_job, failed_results, retry_job
from engine.jobs.job import ClaimLost
from engine.jobs.loading import JobOrder, load_job
from engine.jobs.records import JobRecord

RECORDS = 1_050


def test_each_record_has_one_outcome(home: str, tmp_path: Path) -> None:
    async def work(app: Application) -> list[str]:
        id = await begin(app, RECORDS)
        await over(app, id)
        return await check(app, id, RECORDS)

    assert run(work, tmp_path, home) == []


def test_two_processes_share_the_blocks(home: str, tmp_path: Path) -> None:
    async def work() -> list[str]:
        apps = [load(write(tmp_path), home) for _ in range(2)]
        for app in apps:
            await app.listen()
        id = await begin(apps[0], RECORDS)
        await over(apps[1], id)
        found = await check(apps[1], id, RECORDS)
        await asyncio.gather(*(app.stop() for app in apps))
        return found

    assert asyncio.run(work()) == []


def test_what_a_worker_did_after_it_lost_its_claim_is_undone(home: str, tmp_path: Path) -> None:
    """A worker that stood for long goes on with a block that another one has finished: no record takes effect twice."""

    async def work() -> list[str]:
        slow, fast = load(write(tmp_path), home), load(write(tmp_path), home)
        await slow.start()
        id = await begin(slow, 100)
        shared = await home_of(slow)
        portion = await claims.claim(shared, id, "slow")
        assert portion is not None
        assert await claims.claim(shared, id, "other") is None
        await claims.release(shared, portion)
        await fast.listen()
        await over(fast, id)
        job = slow.parts.runtime.batch_jobs["effects"]
        handling = job._the_worker(shared)._handling  # type: ignore[attr-defined]  # as a worker calls it
        lost = False
        try:
            await handling.some(portion, await claims.beginning_of(shared, id))
        except ClaimLost:
            lost = True
        assert lost
        found = await check(fast, id, 100)
        await asyncio.gather(slow.stop(), fast.stop())
        return found

    assert asyncio.run(work()) == []


FIXABLE = STORE.replace("payload % `100` != `7`", "payload % `100` != `7` || attributes.attempts > `1`")


def test_failed_records_are_sent_again(home: str, tmp_path: Path) -> None:
    async def work(app: Application) -> None:
        id = await begin(app, 300)
        await over(app, id)
        shared = await home_of(app)
        assert [result.number for result in await failed_results(shared, id)] == [7, 107, 207]
        assert await retry_job(shared, id) == 3
        job = await over(app, id)
        assert (job.state, job.succeeded, job.failed) == ("SUCCESSFUL", 300, 0)
        assert await failed_results(shared, id) == []
        assert await retry_job(shared, id) is None
        rows = await shared.select("SELECT count(*) AS n, count(DISTINCT record) AS d FROM effects")
        assert rows == [{"n": 300, "d": 300}]

    run(work, tmp_path, home, FIXABLE)


def test_records_that_fail_again_keep_one_outcome(home: str, tmp_path: Path) -> None:
    async def work(app: Application) -> list[str]:
        id = await begin(app, 300)
        await over(app, id)
        for attempt in (2, 3):
            assert await retry_job(await home_of(app), id) == 3
            await over(app, id)
            failed = await failed_results(await home_of(app), id)
            assert [(each.number, each.attempts, each.payload) for each in failed] == [
                (number, attempt, number) for number in (7, 107, 207)
            ]
        return await check(app, id, 300)

    assert run(work, tmp_path, home) == []


def test_a_job_is_cancelled_and_goes_on(home: str, tmp_path: Path) -> None:
    async def work() -> list[str]:
        app = load(write(tmp_path), home)
        await app.start()
        id = await begin(app, 300)
        shared = await home_of(app)
        assert await cancel_job(shared, id)
        assert not await cancel_job(shared, id)
        await app.listen()
        job = await job_of(app, id)
        assert (job.state, job.processed) == ("CANCELLED", 0)
        assert await retry_job(shared, id) == 0
        await over(app, id)
        found = await check(app, id, 300)
        await app.stop()
        return found

    assert asyncio.run(work()) == []


def test_a_job_whose_loading_nobody_finishes_is_given_up(home: str, tmp_path: Path) -> None:
    async def work(app: Application) -> None:
        shared = await home_of(app)

        async def endless():  # type: ignore[no-untyped-def]  # like a caller that was killed
            yield [JobRecord(0, 1)]
            await asyncio.sleep(60)

        loading = asyncio.create_task(load_job(shared, JobOrder("effects", 1, 0, "", {}, "lost"), endless()))
        await asyncio.sleep(0.2)
        while not await claims.open_jobs(shared, "effects"):  # noqa: ASYNC110  # another task stores it
            await asyncio.sleep(0.02)
        loading.cancel()
        await shared.change("UPDATE engine_batch_jobs SET lease_until = 0.0 WHERE id = ?", "lost")
        job = await until(app, "lost", lambda job: job.is_over)
        assert (job.state, job.result()["failedOnLoadingPhase"]) == ("FAILED_LOADING", True)
        assert await shared.select("SELECT * FROM engine_batch_pieces") == []

    run(work, tmp_path, home)


AWAY = """
flows:
  begin:
    steps:
      - batch:job:
          jobName: effects
          config-ref: Home
          abortOn: APP:AWAY
          collection: "range(`0`, payload)"
          process-records:
            - name: store
              steps:
                - db:insert:
                    config-ref: Home
                    target: done
                    sql: INSERT INTO effects VALUES(:number)
                    input-parameters: {number: "#[payload]"}
                - db:query-single: {config-ref: Home, sql: SELECT count(*) AS gates FROM gate, target: gate}
                - choice:
                    when:
                      - expression: attributes.recordNumber == `150` && vars.gate.gates == `0`
                        steps: [{raise-error: {type: "APP:AWAY"}}]
"""


def test_what_is_nobodys_fault_puts_a_block_back_without_an_effect(home: str, tmp_path: Path) -> None:
    async def work(app: Application) -> None:
        shared = await home_of(app)
        await shared.change("CREATE TABLE gate(number BIGINT)")
        id = await begin(app, 300)
        await until(app, id, lambda job: job.succeeded >= 200)
        await asyncio.sleep(0.1)
        rows = await shared.select("SELECT record FROM effects WHERE record = 150")
        assert rows == []
        await shared.change("INSERT INTO gate VALUES(1)")
        job = await over(app, id)
        assert (job.state, job.succeeded, job.failed) == ("SUCCESSFUL", 300, 0)
        counted = await shared.select("SELECT count(*) AS n, count(DISTINCT record) AS d FROM effects")
        assert counted == [{"n": 300, "d": 300}]

    run(work, tmp_path, home, AWAY)


STREAMED = """
flows:
  begin:
    steps:
      - batch:job:
          jobName: effects
          config-ref: Home
          maxFailedRecords: -1
          collection: "range(`0`, payload)"
          process-records:
            - name: all
              steps: [{validation:is-true: {expression: "payload % `100` != `7`", message: a bad record}}]
              aggregator:
                streaming: true
                steps:
                  - db:query-single: {config-ref: Home, sql: SELECT count(*) AS gates FROM gate, target: gate}
                  - foreach:
                      steps:
                        - db:insert:
                            config-ref: Home
                            sql: INSERT INTO effects VALUES(:number)
                            input-parameters: {number: "#[payload]"}
                  - validation:is-true: {expression: vars.gate.gates > `0`, message: the gate is closed}
"""


def test_an_aggregator_of_all_records_runs_once(home: str, tmp_path: Path) -> None:
    """The first time it fails, and so do all its records; sent again, each is taken once more."""

    async def work(app: Application) -> None:
        shared = await home_of(app)
        await shared.change("CREATE TABLE gate(number BIGINT)")
        id = await begin(app, 300)
        job = await over(app, id)
        assert (job.state, job.succeeded, job.failed) == ("SUCCESSFUL", 0, 300)
        failed = await failed_results(shared, id)
        assert (failed[0].step, failed[0].message, failed[7].message) == ("all", "the gate is closed", "a bad record")
        await shared.change("DELETE FROM effects")  # what a foreach has done before an error stays done
        await shared.change("INSERT INTO gate VALUES(1)")
        assert await retry_job(shared, id) == 300
        await over(app, id)
        assert await check(app, id, 300) == []

    run(work, tmp_path, home, STREAMED)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("{steps: []}", "neither size nor streaming"),
        ("{size: 2, streaming: true, steps: []}", "streaming beside size"),
    ],
)
def test_an_aggregator_has_a_size_or_takes_all(tmp_path: Path, wrong: str, told: str) -> None:
    job = f"{{jobName: j, process-records: [{{name: a, aggregator: {wrong}}}]}}"
    with pytest.raises(LoadError, match=told):
        load(write(tmp_path, f"flows: {{f: {{steps: [{{batch:job: {job}}}]}}}}\n"), "sqlite://")


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ("{batch:job: {jobName: j, process-records: []}}", "a list of 0"),
        ("{batch:job: {jobName: j, process-records: [{name: a}, {name: a}]}}", "the step 'a' a second time"),
        ("{batch:job: {jobName: j, maxFailedRecords: -2, process-records: [{name: a}]}}", "maxFailedRecords"),
        ("{batch:status: {jobName: k}}", "'k' is not a batch job"),
        (", ".join(["{batch:job: {jobName: j, process-records: [{name: a}]}}"] * 2), "'j' a second time"),
    ],
)
def test_mistakes_in_a_job_are_told(tmp_path: Path, steps: str, told: str) -> None:
    with pytest.raises(LoadError, match=told):
        load(write(tmp_path, f"flows: {{f: {{steps: [{steps}]}}}}\n"), "sqlite://")


TOLD = (
    STORE.replace("begin:", "told:", 1)
    + """
          on-complete:
            - db:insert:
                config-ref: Home
                sql: INSERT INTO told VALUES(:total, :succeeded, :failed)
                input-parameters:
                  total: "#[payload.totalRecords]"
                  succeeded: "#[payload.successfulRecords]"
                  failed: "#[payload.failedRecords]"
"""
)


def test_on_complete_is_told_of_every_record(home: str, tmp_path: Path) -> None:
    """Also if the last outcome comes while another worker looks whether the job is over."""

    async def work() -> None:
        app, others = write(tmp_path, TOLD), []
        for _ in range(3):
            others.append(load(app, home))
            await others[-1].listen()
        shared = await home_of(others[0])
        await shared.change("CREATE TABLE told(total BIGINT, succeeded BIGINT, failed BIGINT)")
        for count in (1, 101, 350):
            await over(others[0], await begin(others[0], count, "told"))
        rows = await shared.select("SELECT total, succeeded, failed FROM told ORDER BY total")
        assert [tuple(row.values()) for row in rows] == [(1, 1, 0), (101, 100, 1), (350, 346, 4)]
        await asyncio.gather(*(each.stop() for each in others))

    asyncio.run(work())


SLOW = STORE.replace("blockSize: 100", "blockSize: 100\n          maxConcurrency: 1").replace(
    "              steps:\n                - validation",
    "              steps:\n                - python: {function: 'asyncio:sleep', arguments: [0.002], target: slept}\n"
    "                - validation",
)


def test_a_reload_in_the_middle_loses_nothing(home: str, tmp_path: Path) -> None:
    async def work(app: Application) -> list[str]:
        id = await begin(app, 1_000)
        await until(app, id, lambda job: job.failed > 0)
        write(tmp_path, SLOW.replace("a bad record", "still bad"))
        await app.reload()
        await over(app, id)
        await app.none_retiring()
        assert {each.message for each in await failed_results(await home_of(app), id)} == {"a bad record", "still bad"}
        return await check(app, id, 1_000)

    assert run(work, tmp_path, home, SLOW) == []


def test_variables_that_cannot_be_stored_are_the_flows_error(tmp_path: Path) -> None:
    async def nothing() -> AsyncIterator[list[int]]:
        yield [1]

    async def work(app: Application) -> None:
        with pytest.raises(FlowError) as raised:
            await app.run("begin", 10, vars={"odd": Stream(nothing())})  # type: ignore[arg-type]  # a generator
        assert str(raised.value.type) == "BATCH:INVALID_VALUE"

    run(work, tmp_path, f"sqlite:///{tmp_path}/home.db")


def test_a_stream_that_breaks_leaves_no_records(home: str, tmp_path: Path) -> None:
    flows = STORE.replace('          collection: "range(`0`, payload)"\n', "").replace(
        "maxFailedRecords: -1", "maxFailedRecords: -1\n          jobInstanceId: broken"
    )

    async def portions() -> AsyncIterator[list[int]]:
        yield list(range(150))
        raise FlowError("APP:BROKEN", "the line was cut")

    async def work(app: Application) -> None:
        with pytest.raises(FlowError, match="the line was cut"):
            await app.run("begin", Stream(portions()))  # type: ignore[arg-type]  # a generator
        job = await job_of(app, "broken")
        assert (job.state, job.reason, job.processed) == ("FAILED_LOADING", "APP:BROKEN: the line was cut", 0)
        assert await (await home_of(app)).select("SELECT * FROM engine_batch_pieces") == []

    run(work, tmp_path, home, flows)


ONE_BY_ONE = STORE.replace("blockSize: 100", "blockSize: 1\n          maxConcurrency: 1")


def test_a_block_is_followed_by_the_next_at_once(tmp_path: Path) -> None:
    """Not when the worker looks again: that takes a second, or half a minute for these."""

    async def work(app: Application) -> list[str]:
        id = await begin(app, 30)
        await until(app, id, lambda job: job.is_over, 15.0)
        return await check(app, id, 30)

    assert run(work, tmp_path, f"sqlite:///{tmp_path}/home.db", ONE_BY_ONE) == []
