"""Batch jobs under fire, and what they cost.

    python benchmarks/batch.py fire --records 2000000        3 workers on PostgreSQL; one is killed every 5 s, and the
                                                             database once
    python benchmarks/batch.py alone --records 100000        one worker on SQLite, killed ten times
    python benchmarks/batch.py cost --records 100000         CPU a record, beside the loop of foreach
    python benchmarks/batch.py memory --records 1000000      what storing and working takes at most
    python benchmarks/batch.py scale --records 3000          1 and 3 workers, if each record waits 5 ms for an upstream

After `fire` and `alone` a checker (batch_history.py) says what does not hold; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from batch_history import History, violations

from engine import Application, Event, Stream
from engine.jobs.history import find_job, results_of
from engine.jobs.job import Job

ROOT = Path(__file__).parent.parent
FLOWS = """
configs:
  Home:
    db:config:
      url: "${jobs.url}"
      initScript: CREATE TABLE IF NOT EXISTS effects(record BIGINT NOT NULL, name TEXT, amount DOUBLE PRECISION)
configuration: {name: batch-under-fire}
flows:
  begin:
    steps:
      - batch:job:
          jobName: effects
          config-ref: Home
          blockSize: ${block:1000}
          maxFailedRecords: -1
          process-records:
            - {name: store, steps: [{flow-ref: {name: store}}]}
  slow:
    steps:
      - batch:job:
          jobName: slow
          config-ref: Home
          blockSize: 20
          maxConcurrency: 1
          process-records: [{name: wait, steps: [{python: {function: "asyncio:sleep", arguments: [0.005]}}]}]
  loop:
    steps:
      - foreach: {collect: {target: results}, steps: [{flow-ref: {name: store}}]}
sub-flows:
  store:
    steps:
      - validation:is-true: {expression: type(payload) == 'object', message: a record must be an object}
      - validation:is-not-blank-string: {value: "#[payload.name]", message: name must not be blank}
      - validation:is-number: {value: "#[payload.amount]", message: amount must be a number}
      - db:insert:
          config-ref: Home
          sql: INSERT INTO effects VALUES(:record, :name, :amount)
          input-parameters: "#[payload]"
          target: stored
"""
PAUSE = 5.0
"""Seconds between two kills."""


def record_of(number: int) -> dict[str, Any]:
    return {"record": number, "name": " " if is_bad(number) else f"Name {number}", "amount": number / 2}


def is_bad(number: int) -> bool:
    return number % 100 == 7


def records(count: int) -> Stream:
    async def portions() -> AsyncIterator[list[Any]]:
        for start in range(0, count, 1_000):
            yield [record_of(number) for number in range(start, min(start + 1_000, count))]

    return Stream(portions())  # type: ignore[arg-type]  # a generator


class Workers:
    """Processes of `engine worker`."""

    def __init__(self, flows: Path, url: str, log: Path) -> None:
        self._command = [sys.executable, "-m", "engine.tools", "worker", str(flows), "--set", f"jobs.url={url}"]
        self._log = log
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        with self._log.open("ab") as log:
            self.processes.append(
                subprocess.Popen(self._command, stdout=log, stderr=log, env=environment, cwd=self._log.parent)  # noqa: S603
            )

    def kill_one(self) -> None:
        process = self.processes.pop(random.randrange(len(self.processes)))  # noqa: S311  # whichever
        process.send_signal(signal.SIGKILL)
        process.wait()

    def end(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait()


async def begin(app: Application, count: int) -> str:
    began, cpu = time.monotonic(), time.process_time()
    event = await app.run("begin", records(count))
    took, cpu = time.monotonic() - began, time.process_time() - cpu
    print(f"stored {count:,} records in {took:.1f} s, {cpu / count * 1e6:.1f} µs of CPU a record", flush=True)
    return str(event.payload["batchJobInstanceId"])


async def job_of(app: Application, id: str) -> Job:
    job = await find_job(await app.parts.runtime.batch_jobs["effects"].home(), "effects", id)
    assert job is not None
    return job


async def history_of(app: Application, id: str) -> History:
    home, job = await app.parts.runtime.batch_jobs["effects"].home(), await job_of(app, id)
    good, failed, after = [], [], -1
    while after is not None:
        results, after = await results_of(home, job, "all", after)
        good += [result.number for result in results if result.status == "succeeded"]
        failed += [result.number for result in results if result.status == "failed"]
    effects = [row["record"] for row in await home.select("SELECT record FROM effects")]
    return History(job.state, job.total, job.succeeded, job.failed, good, failed, effects)


async def told(app: Application, id: str, count: int) -> int:
    job = await job_of(app, id)
    print(json.dumps(job.result()))
    found = list(violations(await history_of(app, id), count, is_bad))
    print("\n".join(found[:20]) or f"each of {count:,} records has one outcome, and the table has their effects")
    return 1 if found else 0


async def through_fire(app: Application, id: str, workers: Workers, kills: int, restart: Any = None) -> int:
    """Kill a worker every few seconds until the job is over, at most so often; return how often."""
    done, last = 0, time.monotonic()
    while True:
        await asyncio.sleep(0.5)
        try:
            job = await job_of(app, id)
        except Exception as error:  # the database restarts
            print(f"  {type(error).__name__}: {error}", flush=True)
            continue
        if job.is_over:
            return done
        if time.monotonic() - last >= PAUSE and done < kills:
            workers.kill_one()
            workers.start()
            done, last = done + 1, time.monotonic()
            print(f"  {job.processed:,} of {job.total:,}, {job.rate:,.0f}/s; killed {done}", flush=True)
            if restart and done == 2:
                restart()
                restart = None


@contextmanager
def folder_with_flows() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="batch-") as folder:
        (Path(folder) / "app").mkdir()
        (Path(folder) / "app" / "app.yaml").write_text(FLOWS)
        yield Path(folder)


def load(folder: Path, url: str) -> Application:
    return Application.load(folder / "app", properties={"jobs.url": url})


async def fire(count: int) -> int:
    sys.path.append(str(ROOT / "tests"))
    from postgres_server import Server

    with folder_with_flows() as folder:
        server = Server(folder / "postgres", settings="")

        def restart() -> None:
            print("  PostgreSQL is killed and started again", flush=True)
            server.stop()
            server.start()

        try:
            url = server.url()
            async with load(folder, url) as app:
                id = await begin(app, count)
                workers = Workers(folder / "app", url, folder / "log")
                for _ in range(3):
                    workers.start()
                print(f"killed {await through_fire(app, id, workers, 1_000, restart)} workers")
                workers.end()
                return await told(app, id, count)
        finally:
            server.stop("fast")


async def alone(count: int) -> int:
    with folder_with_flows() as folder:
        url = f"sqlite:///{folder}/home.db"
        async with load(folder, url) as app:
            id = await begin(app, count)
            workers = Workers(folder / "app", url, folder / "log")
            workers.start()
            kills = 0
            while kills < 10 and not (await job_of(app, id)).is_over:
                before = (await job_of(app, id)).processed
                while (job := await job_of(app, id)).processed - before < count // 12 and not job.is_over:  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
                workers.kill_one()
                workers.start()
                kills += 1
                print(f"  {job.processed:,} of {job.total:,}; killed {kills}", flush=True)
            await over(app, id)
            workers.end()
            return await told(app, id, count)


async def cost(count: int) -> int:
    """Tell the least CPU of some rounds: the rest is what the machine does besides."""
    rounds = [await _costs(count) for _ in range(5)]
    loop, stored, worked = (min(each) for each in zip(*rounds, strict=True))
    ratio = (stored + worked) / loop
    print(f"µs of CPU a record: loop {loop:.2f}; job: stored {stored:.2f}, worked {worked:.2f}; {ratio:.2f} × the loop")
    return 0


async def _costs(count: int) -> tuple[float, float, float]:
    """Return the CPU a record, in µs, of the loop, of storing the job and of working on it."""
    with folder_with_flows() as folder:
        async with load(folder, f"sqlite:///{folder}/home.db") as app:
            begun = time.process_time()
            await app.run("loop", [record_of(number) for number in range(count)])
            looped = time.process_time()
            event = await app.run("begin", [record_of(number) for number in range(count)])
            stored = time.process_time()
            await app.listen()
            await over(app, event.payload["batchJobInstanceId"])
            worked = time.process_time()
    loop, store, work = looped - begun, stored - looped, worked - stored
    return loop / count * 1e6, store / count * 1e6, work / count * 1e6


async def over(app: Application, id: str, looks: float = 0.2) -> None:
    """Wait for the end of the job."""
    while not (await job_of(app, id)).is_over:  # noqa: ASYNC110  # it waits for other processes
        await asyncio.sleep(looks)


async def memory(count: int) -> int:
    with folder_with_flows() as folder:
        url = f"sqlite:///{folder}/home.db"
        async with load(folder, url) as app:
            await app.run("begin", records(1_000))
            print(f"{_most():.0f} MB at first", flush=True)
            id = await begin(app, count)
            print(f"{_most():.0f} MB after storing", flush=True)
            await app.listen()
            await over(app, id)
            print(f"{_most():.0f} MB after the work", flush=True)
    return 0


async def scale(count: int) -> int:
    rates = [await _rate(count * workers, workers) for workers in (1, 3)]
    print(f"records a second: {rates[0]:.0f} by 1 worker, {rates[1]:.0f} by 3; {rates[1] / rates[0]:.2f} ×")
    return 0


async def _rate(count: int, number: int) -> float:
    """Return how many records a second so many workers finish, once all of them work."""
    with folder_with_flows() as folder:
        url = f"sqlite:///{folder}/home.db"
        async with load(folder, url) as app:
            event = await app.run("slow", list(range(count)))
            workers = Workers(folder / "app", url, folder / "log")
            for _ in range(number):
                workers.start()
            times = []
            for share in (0.3, 0.9):
                while (await slow_job(app, event)).processed < share * count:  # noqa: ASYNC110  # others work
                    await asyncio.sleep(0.02)
                times.append((time.monotonic(), (await slow_job(app, event)).processed))
            workers.end()
    (began, first), (ended, last) = times
    return (last - first) / (ended - began)


async def slow_job(app: Application, event: Event) -> Job:
    home = await app.parts.runtime.batch_jobs["slow"].home()
    job = await find_job(home, "slow", event.payload["batchJobInstanceId"])
    assert job is not None
    return job


def _most() -> float:
    """Return the most memory that the process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["fire", "alone", "cost", "memory", "scale"])
    parser.add_argument("--records", type=int, default=100_000)
    given = parser.parse_args()
    work = {"fire": fire, "alone": alone, "cost": cost, "memory": memory, "scale": scale}[given.what]
    sys.exit(asyncio.run(work(given.records)))


if __name__ == "__main__":
    main()
