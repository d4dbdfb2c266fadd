"""Applications with a batch job, and what they leave."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from batch_history import History, violations

from engine import Application
from engine.jobs.history import find_job, results_of
from engine.jobs.home import JobHome
from engine.jobs.job import Job

CONFIGS = """
configs:
  Home:
    db:config:
      url: "${jobs.url}"
      initScript: CREATE TABLE IF NOT EXISTS effects(record BIGINT NOT NULL)
configuration: {name: jobs, dataDir: DATA}
"""
STORE = """
flows:
  begin:
    steps:
      - batch:job:
          jobName: effects
          config-ref: Home
          blockSize: 100
          maxFailedRecords: -1
          collection: "range(`0`, payload)"
          process-records:
            - name: store
              steps:
                - validation:is-true: {expression: "payload % `100` != `7`", message: a bad record}
                - db:insert:
                    config-ref: Home
                    sql: INSERT INTO effects VALUES(:number)
                    input-parameters: {number: "#[payload]"}
"""


def is_bad(number: int) -> bool:
    return number % 100 == 7


def write(folder: Path, flows: str = STORE) -> Path:
    """Write the flows of an application, and return its folder."""
    app = folder / "app"
    app.mkdir(exist_ok=True)
    (app / "app.yaml").write_text(CONFIGS.replace("DATA", str(folder / "data")) + flows)
    return app


def load(app: Path, url: str) -> Application:
    return Application.load(app, properties={"jobs.url": url})


async def begin(app: Application, payload: Any, flow: str = "begin") -> str:
    """Store a job, and return its id."""
    event = await app.run(flow, payload)
    return str(event.payload["batchJobInstanceId"])


async def home_of(app: Application, name: str = "effects") -> JobHome:
    home: JobHome = await app.parts.runtime.batch_jobs[name].home()
    return home


async def job_of(app: Application, id: str, name: str = "effects") -> Job:
    job = await find_job(await home_of(app, name), name, id)
    assert job is not None
    return job


async def until(app: Application, id: str, holds: Callable[[Job], bool], seconds: float = 60.0) -> Job:
    """Return the job as soon as this holds of it."""
    async with asyncio.timeout(seconds):
        while not holds(job := await job_of(app, id)):  # noqa: ASYNC110  # others work on it
            await asyncio.sleep(0.02)
    return job


async def over(app: Application, id: str) -> Job:
    return await until(app, id, lambda job: job.is_over)


async def history_of(app: Application, id: str) -> History:
    """What the job has left, read page by page."""
    home, job = await home_of(app), await job_of(app, id)
    outcomes: dict[str, list[int]] = {"succeeded": [], "failed": []}
    after: int | None = -1
    while after is not None:
        results, after = await results_of(home, job, "all", after)
        for result in results:
            outcomes[result.status].append(result.number)
    database: Any = app.parts.configs["Home"]
    effects = [row["record"] for row in await database.database.select("SELECT record FROM effects", (), None)]
    counts = job.total, job.succeeded, job.failed
    return History(job.state, *counts, outcomes["succeeded"], outcomes["failed"], effects)


async def check(app: Application, id: str, records: int) -> list[str]:
    """What does not hold of a job of STORE."""
    return list(violations(await history_of(app, id), records, is_bad))


def run(work: Callable[[Application], Awaitable[Any]], folder: Path, url: str, flows: str = STORE) -> Any:
    """Run something with an application that works on its jobs."""

    async def with_app() -> Any:
        app = load(write(folder, flows), url)
        await app.listen()
        try:
            return await work(app)
        finally:
            await app.stop()

    return asyncio.run(with_app())
