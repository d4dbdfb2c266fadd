"""kill -9 of workers in the middle of a job: each record has one outcome, and took effect as this says."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jobs import STORE, begin, check, home_of, load, over, until, write

ROOT = Path(__file__).parent.parent.parent
RECORDS = 6_000


class Workers:
    """Processes of `engine worker`, ended with the test."""

    def __init__(self, app: Path, url: str) -> None:
        self._command = [sys.executable, "-m", "engine.tools", "worker", str(app), "--set", f"jobs.url={url}"]
        self._log = app.parent / "log"
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        with self._log.open("ab") as log:
            environment = os.environ | {"PYTHONPATH": str(ROOT)}
            process = subprocess.Popen(self._command, stdout=log, stderr=log, cwd=self._log.parent, env=environment)
            self.processes.append(process)

    def kill(self) -> None:
        process = self.processes.pop(0)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()

    def end(self) -> None:
        for process in self.processes:
            process.terminate()
        codes = {process.wait(20) for process in self.processes}
        assert codes <= {0, -signal.SIGTERM}, self._log.read_text()  # one may be about to start
        self.processes.clear()


@pytest.fixture
def workers(tmp_path: Path, home: str) -> Iterator[Workers]:
    workers = Workers(write(tmp_path), home)
    yield workers
    workers.stop()


def test_workers_are_killed_and_nothing_is_lost_or_done_twice(home: str, tmp_path: Path, workers: Workers) -> None:
    async def work() -> list[str]:
        async with load(write(tmp_path), home) as app:
            id = await begin(app, RECORDS)
            workers.start()
            workers.start()
            await until(app, id, lambda job: job.processed > 0)
            workers.kill()
            workers.start()
            await over(app, id)
            workers.end()
            return await check(app, id, RECORDS)

    assert asyncio.run(work()) == []


ELSEWHERE = STORE.replace("          config-ref: Home\n          blockSize", "          blockSize")


def test_effects_elsewhere_may_come_again_and_are_never_lost(tmp_path: Path) -> None:
    """The job lives in the data folder, its effects in another file: at least once."""
    url = f"sqlite:///{tmp_path}/home.db"
    workers = Workers(write(tmp_path, ELSEWHERE), url)

    async def work() -> list[str]:
        async with load(write(tmp_path, ELSEWHERE), url) as app:
            id = await begin(app, RECORDS)
            workers.start()
            await until(app, id, lambda job: job.processed > 0)
            workers.kill()
            workers.start()
            await over(app, id)
            workers.end()
            return await check(app, id, RECORDS)

    try:
        found = asyncio.run(work())
    finally:
        workers.stop()
    assert [each for each in found if not each.endswith("took effect 2 times")] == []


def test_sigterm_leaves_blocks_to_others_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/home.db"
    workers = Workers(write(tmp_path), url)

    async def work() -> None:
        async with load(write(tmp_path), url) as app:
            id = await begin(app, RECORDS * 5)
            workers.start()
            await until(app, id, lambda job: job.processed > 0)
            workers.end()
            home = await home_of(app)
            held = await home.select(
                "SELECT * FROM engine_batch_portions WHERE state = 'WAITING' AND lease_until > 0.0"
            )
            assert held == []

    try:
        asyncio.run(work())
    finally:
        workers.stop()
