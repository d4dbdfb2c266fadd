"""`engine serve --workers`: several processes at one socket; who dies is started anew, a signal ends all."""

from __future__ import annotations

import os
import re
import signal

import httpx
import pytest
from running import Running, Start, engine, wait_until

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
flows:
  who:
    source: {http:listener: {config-ref: Api, path: /who}}
    steps: [{process: {}}]
  slow:
    source: {http:listener: {config-ref: Api, path: /slow}}
    steps: [{logger: {message: began}}, {slow: {seconds: 1}}, {set-payload: {value: done}}]
  tick:
    source: {scheduler: {fixed-frequency: {frequency: 100}}}
    steps: [{logger: {message: tick}}]
"""


@pytest.fixture
def workers(start: Start) -> Running:
    return start(FLOWS, "--processors", "elements", "--workers", "2")


def who(server: Running) -> int:
    """The process that answers; each time over a new connection."""
    return int(httpx.get(f"http://127.0.0.1:{server.port}/who", trust_env=False).text)


def seen(server: Running, count: int) -> set[int]:
    """The processes that answer, once there are so many."""
    found: set[int] = set()

    def enough() -> bool:
        found.add(who(server))
        return len(found) >= count

    wait_until(enough)
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all(workers: Running, number: int) -> None:
    processes = seen(workers, 2)
    assert workers.process.pid not in processes
    assert workers.end(number) == 0
    assert "Traceback" not in workers.log


def test_who_dies_is_started_anew(workers: Running) -> None:
    before = seen(workers, 2)
    victim = before.pop()
    os.kill(victim, signal.SIGKILL)
    workers.logged("ended with SIGKILL; it is started anew")
    after = {process for process in seen(workers, 2) if process != victim}
    wait_until(lambda: who(workers) not in {victim, *before})
    assert after >= before
    assert workers.end() == 0
    assert "Traceback" not in workers.log


def test_a_scheduler_is_in_one_of_them(workers: Running) -> None:
    stamps = [line[:23] for line in workers.logged("INFO engine.flow tick", 10)]
    assert len({line[:21] for line in stamps}) >= len(stamps) - 2  # tenths of a second


def test_what_cannot_start_ends_at_once(tmp_path: object, start: Start) -> None:
    flows = re.sub(
        "(?m)^configs:", "configs:\n  DB: {db:config: {url: 'sqlite:////nowhere/x.db', initScript: SELECT 1}}", FLOWS
    )
    with pytest.raises(AssertionError, match="cannot be started"):
        start(flows, "--processors", "elements", "--workers", "2")


def test_workers_are_counted() -> None:
    assert "is not in the range" in engine("serve", "x", "--workers", "0").stderr
