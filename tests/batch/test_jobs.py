"""Jobs in each kind of database."""

from __future__ import annotations

import asyncio
from pathlib import Path

from jobs import STORE, begin, check, home_of, job_of, load, over, run, until, write

from engine import Application
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
