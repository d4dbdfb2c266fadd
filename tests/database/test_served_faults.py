"""Faults of a PostgreSQL server under a process that serves bulk bodies: what callers are told is what the table holds.

A caller who is told 503 learns of no record. What was committed before the fault stays: the good records from the first
on, up to some record.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import asyncpg
import httpx
import pytest
from postgres_server import Server, query
from running import PROBLEM, Running, wait_until

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
  DB:
    db:config:
      url: "${url}"
      maxPoolSize: 3
      maxWait: 300ms
      initScript: CREATE TABLE IF NOT EXISTS t(id int PRIMARY KEY, n int CHECK(n >= 0))
flows:
  collect:
    source: {http:listener: {config-ref: Api, path: /collect, allowedMethods: POST}}
    steps:
      - foreach:
          fuse: ${fuse}
          collect:
            target: results
            success: {id: "#[payload.id]", status: 200}
            failure: {id: "#[payload.id]", status: 422, type: "#[error.type]"}
            abortOn: "*:CONNECTIVITY"
          steps: [{flow-ref: {name: store}}]
      - flow-ref: {name: tell}
  mirror:
    source: {http:listener: {config-ref: Api, path: /mirror, allowedMethods: POST}}
    steps:
      - set-variable: {variableName: results, value: []}
      - foreach:
          fuse: ${fuse}
          steps:
            - try:
                steps:
                  - flow-ref: {name: store}
                  - set-variable:
                      variableName: results
                      value: "#[append(vars.results, {id: payload.id, status: 200})]"
                error-handler:
                  - on-error-propagate: {type: DB:CONNECTIVITY}
                  - on-error-continue:
                      logException: false
                      steps:
                        - set-variable:
                            variableName: results
                            value: "#[append(vars.results, {id: payload.id, status: 422, type: error.type})]"
      - flow-ref: {name: tell}
sub-flows:
  store:
    steps:
      - db:insert:
          config-ref: DB
          sql: >-
            INSERT INTO t SELECT CAST(:id AS int), CAST(:n AS int) FROM pg_sleep(${pause})
            ON CONFLICT(id) DO UPDATE SET n = excluded.n
          input-parameters: "#[payload]"
          queryTimeout: ${timeout}
          target: stored
  tell:
    steps:
      - set-variable: {variableName: httpStatus, value: "#[multi_status(vars.results)]"}
      - set-payload: {value: "#[vars.results]"}
"""
POOL = 3
PATHS = ["/collect", "/mirror"]
NAME = "served"
ITS = f"FROM pg_stat_activity WHERE application_name = '{NAME}'"
IDS = itertools.count(1)

Records = list[dict[str, int]]


def body(good: int, bad: int = 0) -> Records:
    """Records that nobody else sends, in some order; the bad ones break a rule of the table."""
    size = good + bad
    return [{"id": next(IDS), "n": -1 if number * 7 % size < bad else number} for number in range(size)]


class Answer(NamedTuple):
    """What was sent, and what came."""

    records: Records
    response: httpx.Response

    @property
    def told(self) -> list[int]:
        assert [outcome["id"] for outcome in self.response.json()] == [record["id"] for record in self.records]
        return [outcome["id"] for outcome in self.response.json() if outcome["status"] == 200]

    def kept_in(self, table: dict[int, int]) -> list[int]:
        return [record["id"] for record in self.records if table.get(record["id"]) == record["n"]]

    def agrees_with(self, kept: list[int]) -> bool:
        """Whether these of its records are what the caller has to find in the table."""
        good = [record["id"] for record in self.records if record["n"] >= 0]
        match self.response.status_code:
            case 200:
                return self.told == kept == [record["id"] for record in self.records]
            case 207:
                return self.told == kept and 0 < len(kept) < len(self.records)
            case 400:
                return self.told == kept == []
            case 503:
                return self.response.headers["content-type"] == PROBLEM and kept == good[: len(kept)]
            case _:
                return False


class Service(NamedTuple):
    """The flows in a process of its own, and the server behind them. url: of the database."""

    running: Running
    server: Server
    url: str

    def post(self, path: str, records: Records) -> Answer:
        """One request; one that is not answered in 30 s raises an error of the client."""
        return Answer(records, self.running.post(path, json=records))

    def rows(self, sql: str) -> Any:
        return asyncio.run(query(self.url, sql))

    def stored(self) -> dict[int, int]:
        return {row["id"]: row["n"] for row in self.rows("SELECT id, n FROM t")}

    def settle(self, answers: list[Answer]) -> Counter[int]:
        """How many were answered with which status, once all agree with the table, which holds nothing else."""
        table = self.stored()
        rows: Counter[int] = Counter()
        for answer in answers:
            kept = answer.kept_in(table)
            assert answer.agrees_with(kept), answer.response.text
            rows[answer.response.status_code] += len(kept)
        assert rows.total() == len(table)
        statuses = Counter(answer.response.status_code for answer in answers)
        unknown = rows.pop(503, 0)
        print(f"answers by status: {dict(statuses)}; connections that stay: {self.goes_on()} of {POOL}")
        print(f"told as stored: {rows.total()}; rows: {len(table)}, {unknown} of them of callers who were told 503")
        return statuses

    def goes_on(self) -> int:
        """How many connections are left, once good bodies are stored again; none is left in a transaction."""
        wait_until(lambda: {self.post(path, body(20)).response.status_code for path in PATHS} == {200})
        wait_until(lambda: {row["state"] for row in self.rows(f"SELECT state {ITS}")} <= {"idle"})
        (row,) = self.rows(f"SELECT count(*) AS number {ITS}")
        assert 1 <= row["number"] <= POOL
        return int(row["number"])


Serve = Callable[..., Any]


@pytest.fixture(params=["true", "false"], ids=["fused", "alone"])
def serve(request: pytest.FixtureRequest, tmp_path: Path, server: Server) -> Serve:
    """Serves the flows with other settings; at the end the process has to end well, and leaves no connection."""

    @contextmanager
    def serving(parameters: str = "", **settings: str) -> Iterator[Service]:
        (tmp_path / "flows.yaml").write_text(FLOWS)
        url = server.new_database()
        address = f"{url}&application_name={NAME}{parameters}"
        properties = {"url": address, "fuse": request.param, "pause": "0", "timeout": "0"} | settings
        words = [word for name, value in properties.items() for word in ("--set", f"{name}={value}")]
        with Running(tmp_path, str(tmp_path / "flows.yaml"), *words) as running:
            service = Service(running, server, url)
            yield service
            assert running.end() == 0
            wait_until(lambda: service.rows(f"SELECT pid {ITS}") == [])
        assert "Traceback" not in running.log

    return serving


def restart(service: Service) -> None:
    """Kill the server and start it again."""
    service.server.stop()
    service.server.start()


def end_connections(service: Service) -> None:
    """End what is at work as an administrator does, again and again."""
    for _ in range(10):
        wait_until(lambda: service.rows(f"SELECT pg_terminate_backend(pid) {ITS} AND state <> 'idle'"))


@pytest.mark.parametrize("fault", [restart, end_connections])
def test_in_the_middle_of_bodies(serve: Serve, fault: Callable[[Service], None]) -> None:
    """Callers that send one body after another, two on each path, before the fault and until after it."""
    enough = Event()

    def call(service: Service, path: str) -> list[Answer]:
        return [service.post(path, body(580, bad=20)) for _ in iter(enough.is_set, True)]

    with serve() as service, ThreadPoolExecutor() as callers:
        calls = [callers.submit(call, service, path) for path in PATHS * 2]
        try:
            wait_until(lambda: len(service.stored()) > 2_000)
            fault(service)
        finally:
            enough.set()
        statuses = service.settle([answer for call in calls for answer in call.result()])
        assert set(statuses) <= {207, 503}
        assert statuses[503] >= 1 or fault is end_connections


LOCKS = [
    # how long a statement waits, what another client holds, which records fail, what is answered
    ({"parameters": "&lock_timeout=2000"}, "UPDATE t SET n = 9 WHERE id = -2", [-2], 207),
    ({"timeout": "2s"}, "UPDATE t SET n = 9 WHERE id = -2", [-2], 207),
    ({"parameters": "&lock_timeout=500"}, "LOCK TABLE t", [-1, -2, -3], 400),
    ({"timeout": "500ms"}, "LOCK TABLE t", [-1, -2, -3], 400),
]


@pytest.mark.parametrize(("settings", "lock", "failing", "status"), LOCKS)
def test_a_lock_that_is_held_too_long(
    serve: Serve, settings: dict[str, str], lock: str, failing: list[int], status: int
) -> None:
    with serve(**settings) as service:
        service.rows("INSERT INTO t VALUES(-2, 0)")
        records = [{"id": -1, "n": 1}, {"id": -2, "n": 2}, {"id": -3, "n": 3}]
        with held(service.url, lock):
            answers = [service.post(path, records) for path in PATHS]
        for answer in answers:
            assert answer.response.status_code == status
            failures = [outcome for outcome in answer.response.json() if outcome["status"] == 422]
            assert failures == [{"id": number, "status": 422, "type": "DB:TIMEOUT"} for number in failing]
        service.rows("DELETE FROM t WHERE n = 0")
        service.settle(answers[-1:])  # both sent the same records


@contextmanager
def held(url: str, lock: str) -> Iterator[None]:
    """Another client is in the middle of a transaction."""
    with asyncio.Runner() as runner:
        holder = runner.run(asyncpg.connect(url))
        runner.run(holder.execute(f"BEGIN; {lock}"))
        try:
            yield
        finally:
            runner.run(holder.close())


def test_a_pool_that_100_callers_exhaust(serve: Serve) -> None:
    with serve(pause="0.02") as service, ThreadPoolExecutor(100) as callers:
        answers = list(callers.map(service.post, PATHS * 50, [body(5, bad=1) for _ in range(100)]))
        statuses = service.settle(answers)
        assert set(statuses) == {207, 503}
