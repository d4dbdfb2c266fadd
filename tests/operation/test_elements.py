"""What elements count, each in a flow of its own."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import httpx
import pytest
from fake_clock import FakeClock, settle
from measured import measured, measured_by, samples, until

from engine import Application, Clock, Event, FlowError

Work = Callable[[Application], Awaitable[Any]]


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Any]:
    """Does some work with the application of a flow file that counts; gives what the work gives."""

    def running(flows: str, work: Work, clock: Clock | None = None, metrics: Any = True) -> Any:
        (tmp_path / "flows.yaml").write_text(
            f"configuration: {{dataDir: {tmp_path}/data, shutdownTimeout: 100ms}}\n{dedent(flows)}"
        )

        async def inside() -> Any:
            async with Application.load(tmp_path / "flows.yaml", clock=clock, metrics=metrics) as app:
                return await work(app)

        return asyncio.run(inside())

    return running


Run = Callable[..., Any]


async def fails(app: Application, flow: str, payload: Any = None) -> str:
    with pytest.raises(FlowError) as raised:
        await app.run(flow, payload)
    return str(raised.value.type)


def test_a_cache_tells_hits_misses_and_shared_results(run: Run) -> None:
    flows = """
    flows:
      f:
        steps:
          - cache:
              doc:name: prices
              filterExpression: payload != 'never'
              steps:
                - until-successful:
                    maxRetries: 1
                    millisBetweenRetries: 20
                    steps:
                      - choice: {when: [{expression: payload == 'bad', steps: [{raise-error: {type: "APP:BAD"}}]}]}
    """

    async def work(app: Application) -> None:
        for payload in ("a", "b", "a", "never"):
            await app.run("f", payload)
        await asyncio.gather(*(fails(app, "f", "bad") for _ in range(3)))
        lookups = measured_by(app, "outcome", "engine_cache_lookups_total", place="prices")
        assert lookups == {"hit": 1, "miss": 3, "shared": 2}
        assert measured(app, "engine_store_entries", store="prices") == 2
        assert measured(app, "engine_retries_total") == 1
        assert measured(app, "engine_retries_exhausted_total") == 1

    run(flows, work)


def test_a_circuit_tells_its_state(run: Run) -> None:
    flows = """
    flows:
      f:
        steps:
          - circuit-breaker:
              name: shop
              maxFailures: 2
              openFor: 30s
              steps:
                - choice:
                    when:
                      - {expression: payload == 'bad', steps: [{raise-error: {type: "APP:BAD"}}]}
                      - {expression: payload == 'wait', steps: [{vm:consume: {config-ref: Q, queueName: q}}]}
      same: {steps: [{circuit-breaker: {name: shop, maxFailures: 2, openFor: 30s, steps: [{logger: {}}]}}]}
    configs: {Q: {vm:config: {queues: [{queueName: q}]}}}
    """
    clock = FakeClock()

    def told(app: Application) -> list[float]:
        names = ("engine_circuit_state", "engine_circuit_opened_total", "engine_circuit_rejected_total")
        return [measured(app, name, circuit="shop") for name in names]

    async def work(app: Application) -> None:
        assert told(app) == [0, 0, 0]
        for _ in range(2):
            await fails(app, "f", "bad")
        assert told(app) == [2, 1, 0]
        assert [await fails(app, "f"), await fails(app, "same")] == ["MULE:CIRCUIT_OPEN"] * 2
        assert told(app) == [2, 1, 2]
        await clock.advance(31)
        probe = asyncio.create_task(app.run("f", "wait"))
        await settle()
        assert told(app) == [1, 1, 2]
        await clock.advance(10)
        await asyncio.wait([probe])
        assert str(probe.exception()).startswith("VM:EMPTY_QUEUE")
        assert told(app) == [2, 2, 2]
        await clock.advance(31)
        await app.run("f")
        assert told(app) == [0, 2, 2]

    run(flows, work, clock)


def test_duplicates_are_counted(run: Run) -> None:
    flows = "flows: {f: {steps: [{idempotent-message-validator: {idExpression: payload, doc:name: once}}]}}"

    async def work(app: Application) -> None:
        await app.run("f", "a")
        assert [await fails(app, "f", "a") for _ in range(2)] == ["MULE:DUPLICATE_MESSAGE"] * 2
        assert measured(app, "engine_duplicate_messages_total", place="once") == 2
        assert measured(app, "engine_store_entries", store="once") == 1

    run(flows, work)


def test_async_tells_what_runs_and_what_waits(run: Run) -> None:
    flows = """
    configs: {Q: {vm:config: {queues: [{queueName: q}]}}}
    flows:
      f:
        steps: [{async: {maxConcurrency: 2, steps: [{vm:consume: {config-ref: Q, queueName: q, timeout: 60s}}]}}]
      put: {steps: [{vm:publish: {config-ref: Q, queueName: q}}]}
    """

    async def work(app: Application) -> None:
        for _ in range(5):
            await app.run("f")
        await settle()
        assert [measured(app, f"engine_async_{what}") for what in ("running", "waiting", "lost_total")] == [2, 3, 0]
        for _ in range(5):
            await app.run("put", 1)
        await settle()
        assert [measured(app, f"engine_async_{what}") for what in ("running", "waiting")] == [0, 0]

    run(flows, work)


def test_a_scheduler_tells_what_it_missed_and_how_late_it_was(run: Run) -> None:
    flows = """
    configs: {Q: {vm:config: {queues: [{queueName: q}]}}}
    flows:
      tick:
        source: {scheduler: {fixed-frequency: {frequency: 10s}}}
        steps: [{vm:consume: {config-ref: Q, queueName: q, timeout: 25s}}]
    """
    clock = FakeClock()

    async def work(app: Application) -> None:
        await app.listen()
        await settle()
        for _ in range(2):  # the first run goes on
            await clock.advance(10)
        assert measured(app, "engine_scheduler_missed_total", flow="tick") == 2
        assert measured(app, "engine_scheduler_late_seconds_count", flow="tick") == 3
        assert measured(app, "engine_scheduler_late_seconds_sum", flow="tick") == 0
        assert measured(app, "engine_flow_events_total", flow="tick") == 1
        await app.stop()

    run(flows, work, clock)


def test_stores_tell_what_they_hold_and_what_was_removed(run: Run) -> None:
    flows = """
    configs:
      Small: {os:object-store: {persistent: false, maxEntries: 3}}
      Brief: {os:object-store: {entryTtl: 10s, expirationInterval: 1s}}
    flows:
      small: {steps: [{os:store: {objectStore: Small, key: "#[payload]", value: abc}}]}
      brief: {steps: [{os:store: {objectStore: Brief, key: "#[payload]", value: abc}}]}
      own: {steps: [{os:store: {key: "#[payload]", value: abc}}]}
    """
    clock = FakeClock()

    async def work(app: Application) -> None:
        for number in range(5):
            for flow in ("small", "brief", "own"):
                await app.run(flow, str(number))
        stores = {"Small": 3.0, "Brief": 5.0, "_defaultPersistentObjectStore": 5.0}
        assert measured_by(app, "store", "engine_store_entries") == stores
        assert measured(app, "engine_store_bytes", store="Small") > 0
        assert measured(app, "engine_store_evicted_total", store="Small") == 2
        await clock.advance(11)
        await app.run("brief", "later")
        assert measured(app, "engine_store_expired_total", store="Brief") == 5
        assert measured(app, "engine_store_entries", store="Brief") == 1

    run(flows, work, clock)


QUEUES = """
configs:
  Q: {vm:config: {queues: [{queueName: tasks, queueType: %s}]}}
flows:
  put: {steps: [{vm:publish: {config-ref: Q, queueName: tasks}}]}
  get: {steps: [{vm:consume: {config-ref: Q, queueName: tasks, timeout: 0}}]}
  work:
    source:
      vm:listener: {config-ref: Q, queueName: tasks, redelivery-policy: {maxRedeliveryCount: 2}}
    steps: [{choice: {when: [{expression: payload == 'bad', steps: [{raise-error: {type: "APP:BAD"}}]}]}}]
"""


def queue(app: Application, *what: str) -> list[float]:
    return [measured(app, f"engine_queue_{each}", queue="tasks") for each in what]


@pytest.mark.parametrize("kind", ["TRANSIENT", "PERSISTENT"])
def test_a_queue_tells_what_waits_and_for_how_long(run: Run, kind: str) -> None:
    clock = FakeClock()

    async def work(app: Application) -> None:
        assert queue(app, "depth", "in_flight", "oldest_message_age_seconds") == [0, 0, 0]
        for _ in range(2):
            await app.run("put", "x")
            await clock.advance(7)
        assert queue(app, "depth", "in_flight", "oldest_message_age_seconds") == [2, 0, 14]
        await app.run("get")
        assert queue(app, "depth", "in_flight", "oldest_message_age_seconds") == [1, 0, 7]
        assert queue(app, "published_total", "consumed_total", "redelivered_total") == [2, 1, 0]

    run(QUEUES % kind, work, clock)


@pytest.mark.parametrize("kind", ["TRANSIENT", "PERSISTENT"])
def test_a_queue_tells_what_comes_again(run: Run, kind: str) -> None:
    async def work(app: Application) -> None:
        await app.run("put", "bad")
        await app.run("put", "good")
        await app.listen()
        await until(lambda: queue(app, "consumed_total") == [2])
        assert queue(app, "depth", "in_flight", "redelivered_total") == [0, 0, 3]
        assert measured(app, "engine_redelivery_failures_total", flow="work") == 3
        assert measured(app, "engine_redelivery_exhausted_total", flow="work") == 1

    run(QUEUES % kind, work)


def test_messages_of_an_earlier_version_have_no_age(run: Run, tmp_path: Path) -> None:
    """The file was made before messages knew when they were published."""
    (tmp_path / "data").mkdir()
    with sqlite3.connect(tmp_path / "data" / "queues.db") as file:
        file.executescript(
            """
            CREATE TABLE messages(number INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, data BLOB NOT NULL,
              correlation_id TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, is_taken INTEGER NOT NULL DEFAULT 0);
            """
        )
    file.close()

    async def put(app: Application) -> None:
        await app.run("put", "x")

    async def age(app: Application) -> None:
        assert queue(app, "depth", "oldest_message_age_seconds")[0] == 1
        assert (await app.run("get")).payload == "x"

    run(QUEUES % "PERSISTENT", put)
    with sqlite3.connect(tmp_path / "data" / "queues.db") as file:
        file.execute("UPDATE messages SET published = NULL")
    file.close()
    run(QUEUES % "PERSISTENT", age)


LISTENER = """
configs: {Api: {http:listener-config: {port: 0}}}
flows:
  f:
    source:
      http:listener:
        config-ref: Api
        path: /f
        allowedMethods: POST
        %s
    steps: [{set-payload: {value: "#[uuid()]"}}]
"""


def asked(app: Application, *requests: tuple[Any, dict[str, str]]) -> Awaitable[list[int]]:
    async def asking() -> list[int]:
        transport = httpx.ASGITransport(app.asgi())
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return [(await client.post("/f", json=body, headers=headers)).status_code for body, headers in requests]

    return asking()


def test_a_rate_limit_tells_whom_it_refused(run: Run) -> None:
    async def work(app: Application) -> None:
        assert await asked(app, *[(1, {})] * 5) == [200, 200, 200, 429, 429]
        assert measured_by(app, "outcome", "engine_rate_limit_requests_total") == {"admitted": 3, "refused": 2}

    run(LISTENER % "rateLimit: {limit: 3}", work)


def test_idempotent_requests_are_counted_by_what_became_of_them(run: Run) -> None:
    async def work(app: Application) -> None:
        key, other = {"idempotency-key": "a"}, {"idempotency-key": "b"}
        assert await asked(app, (1, key), (1, key), (2, key), (1, other), (1, {})) == [200, 200, 422, 200, 200]
        counted = measured_by(app, "outcome", "engine_idempotent_requests_total", flow="f")
        assert counted == {"first": 2, "replayed": 1, "conflict": 0, "mismatch": 1}

    run(LISTENER % "idempotency: {}", work)


def test_servers_that_payloads_name_are_few(run: Run) -> None:
    """Labels are bounded whatever callers name."""
    flows = """
    flows:
      f: {steps: [{http:request: {url: "#[join('', ['http://127.0.0.1:', payload, '/'])]", method: "#[vars.method]"}}]}
    """

    async def work(app: Application) -> None:
        for port in range(1, 121):
            with pytest.raises(FlowError):
                await app.run("f", str(port), vars={"method": "GET" if port % 2 else "ODD"})
        counted = samples(app, "http_client_request_duration_seconds_count", {})
        assert sum(sample.value for sample in counted) == 120
        assert {sample.labels["error_type"] for sample in counted} == {"HTTP:CONNECTIVITY"}
        assert {sample.labels["http_request_method"] for sample in counted} == {"GET", "_OTHER"}
        assert len({sample.labels["server_port"] for sample in counted}) == 101
        rest = measured(app, "http_client_request_duration_seconds_count", server_address="_OTHER", server_port="")
        assert rest == 20

    run(flows, work)


# Each element

NESTED = """
sub-flows:
  sub: {steps: [{set-variable: {variableName: a, value: 1}}]}
configs:
  DB: {db:config: {url: "sqlite://", initScript: "CREATE TABLE t(n INTEGER CHECK (n < 10))"}}
flows:
  f:
    steps:
      - flow-ref: {name: sub}
      - flow-ref: {name: other, doc:name: the other}
      - parallel-foreach:
          collection: "[`1`, `2`, `3`]"
          maxConcurrency: 3
          steps:
            - try:
                steps: [{until-successful: {maxRetries: 1, millisBetweenRetries: 10, steps: [{logger: {}}]}}]
      - foreach:
          collection: "[`1`, `2`, `30`]"
          collect: {target: out}
          steps: [{db:insert: {config-ref: DB, sql: "INSERT INTO t VALUES(:n)", input-parameters: {n: "#[payload]"}}}]
      - try:
          steps: [{raise-error: {type: "APP:NO"}}]
          error-handler: [{on-error-continue: {steps: [{logger: {}}]}}]
  other: {steps: [{set-payload: {value: 1}}]}
  late:
    steps: [{try: {timeout: 20ms, steps: [{until-successful: {steps: [{raise-error: {type: "APP:NO"}}]}}]}}]
"""


def test_each_element_is_counted_where_it_stands(run: Run) -> None:
    async def work(app: Application) -> None:
        await asyncio.gather(*(app.run("f") for _ in range(4)))
        counted = {
            (sample.labels["place"], sample.labels["element"]): sample.value
            for sample in samples(app, "engine_element_duration_seconds_count", {})
        }
        each = {place: count for (place, _), count in counted.items() if not place.startswith("late")}
        routes, records = "f/steps/2/parallel-foreach/steps/0", "f/steps/3/foreach/steps/0"
        assert each[records] in (12, 16)  # a batch that is lost counts again
        assert {place: count for place, count in each.items() if place != records} == {
            "f": 0, "other": 4, "sub/steps/0": 4, "f/steps/0": 4, "the other": 4, "other/steps/0": 4, "f/steps/2": 4,
            routes: 12, f"{routes}/try/steps/0": 12, f"{routes}/try/steps/0/until-successful/steps/0": 12,
            "f/steps/3": 4, "f/steps/4": 4, "f/steps/4/try/steps/0": 4, "f/steps/4/try/error-handler/0": 4,
            "f/steps/4/try/error-handler/0/on-error-continue/steps/0": 4,
        } | {"f": each["f"]}  # fmt: skip
        assert counted["f/steps/4/try/error-handler/0", "on-error-continue"] == 4
        errors = measured_by(app, "place", "engine_element_errors_total")
        assert errors["f/steps/4/try/steps/0"] == 4
        assert errors[records] == 4
        inner = measured(app, "engine_element_duration_seconds_sum", place="f/steps/4/try/steps/0")
        assert inner <= measured(app, "engine_element_duration_seconds_sum", place="f/steps/4")

    run(NESTED, work, metrics="elements")


def test_what_a_timeout_took_out_of_an_element_is_an_error(run: Run) -> None:
    async def work(app: Application) -> None:
        assert await fails(app, "late") == "MULE:TIMEOUT"
        errors = measured_by(app, "type", "engine_element_errors_total", element="until-successful")
        assert errors == {"cancelled": 1}
        assert measured_by(app, "type", "engine_element_errors_total", element="try") == {"MULE:TIMEOUT": 1}

    run(NESTED, work, metrics="elements")


def test_without_being_asked_for_nothing_looks_at_elements(run: Run) -> None:
    async def work(app: Application) -> None:
        await app.run("f")
        assert samples(app, "engine_element_duration_seconds_count", {}) == []

    run(NESTED, work)


def test_an_application_that_nobody_asks_counts_nothing_that_is_read(run: Run) -> None:
    async def work(app: Application) -> None:
        await app.run("f")
        assert list(app.measures) == []
        assert (await app.run("f")).payload is not Event

    run(NESTED, work, metrics=False)
