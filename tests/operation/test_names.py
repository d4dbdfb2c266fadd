"""The names of all measures: those that are scraped of flows with every element that counts are those of the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from operated import OPEN_METRICS, Operated, names_in
from server.running import wait_until

from engine.loading.catalog import discover
from engine.parameters.element import Element

PAGE = (Path(__file__).parents[2] / "docs" / "operation.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("## Metrics")[2].partition("\n## ")[0]

FLOWS = """
configuration: {maxConcurrency: 1000}
configs:
  Api: {http:listener-config: {port: 0}}
  File: {db:config: {url: "sqlite:///file.db", initScript: "CREATE TABLE IF NOT EXISTS t(id INTEGER)"}}
  Pooled: {db:config: {url: "sqlite+aiosqlite:///pooled.db", initScript: "CREATE TABLE IF NOT EXISTS t(id INTEGER)"}}
  Q:
    vm:config:
      queues: [{queueName: kept, queueType: PERSISTENT}, {queueName: passing, maxOutstandingMessages: 100}]
  Store: {os:object-store: {persistent: false, maxEntries: 1}}
  Up: {http:request-config: {host: 127.0.0.1, port: 1}}
flows:
  tick:
    source: {scheduler: {fixed-frequency: {frequency: 100}}}
    steps: [{logger: {message: tick, level: DEBUG}}]
  quiet:
    source: {vm:listener: {config-ref: Q, queueName: passing, expectEvery: 1s}}
    steps: [{logger: {level: DEBUG}}]
  again:
    source: {vm:listener: {config-ref: Q, queueName: kept, redelivery-policy: {maxRedeliveryCount: 1}}}
    steps: [{raise-error: {type: "APP:AGAIN"}}]
  all:
    source:
      http:listener:
        config-ref: Api
        path: /all
        allowedMethods: POST
        rateLimit: {limit: 1000}
        idempotency: {}
    steps:
      - foreach:
          collect: {target: out}
          steps:
            - db:insert: {config-ref: File, sql: "INSERT INTO t VALUES(:id)", input-parameters: {id: "#[payload]"}}
      - db:select: {config-ref: File, sql: SELECT * FROM t, target: rows}
      - db:select: {config-ref: Pooled, sql: SELECT * FROM t, target: rows}
      - cache: {steps: [{os:store: {objectStore: Store, key: "#[uuid()]", value: 1}}]}
      - circuit-breaker: {name: shop, steps: [{idempotent-message-validator: {}}]}
      - parallel-foreach: {collect: {target: each}, steps: [{logger: {level: DEBUG}}]}
      - until-successful: {maxRetries: 0, steps: [{async: {steps: [{logger: {}}]}}]}
      - batch:job: {jobName: numbers, target: job, process-records: [{name: look, steps: [{logger: {level: DEBUG}}]}]}
      - vm:publish: {config-ref: Q, queueName: kept, content: 1}
      - http:request: {config-ref: Up, path: /nobody}
    error-handler:
      - on-error-continue: {type: "HTTP:CONNECTIVITY", logException: false}
"""


def test_the_page_names_all(operate: Callable[..., Operated]) -> None:
    server = operate(FLOWS, "--metrics", "elements")
    assert server.post("/all", json=[1, 2, 3], headers={"idempotency-key": "k"}).status_code == 200
    wait_until(lambda: server.value("engine_stalls_total", what="quiet") == 1)
    wait_until(lambda: server.value("engine_redelivery_exhausted_total", flow="again") == 1)
    samples = {_base(sample.name, family.type) for family in server.families().values() for sample in family.samples}
    assert samples == names_in(TABLE)


def _base(sample: str, kind: str) -> str:
    """The name in the table: of a histogram without what is added for its parts."""
    if kind != "histogram":
        return sample
    return next(sample.removesuffix(end) for end in ("_bucket", "_sum", "_count") if sample.endswith(end))


def test_open_metrics_are_read_strictly(operate: Callable[..., Operated]) -> None:
    server = operate(FLOWS)
    server.post("/all", json=[1, 2, 3])
    answer = server.get("/metrics", headers={"accept": f"{OPEN_METRICS};version=1.0.0,text/plain;q=0.5"})
    assert answer.headers["content-type"] == f"{OPEN_METRICS}; version=1.0.0; charset=utf-8"
    assert answer.text.endswith("\n# EOF\n")
    assert server.get("/metrics").headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    server.families()


def test_every_element_that_counts_is_in_the_flows() -> None:
    """Whoever adds an element with measures adds it to the flows above; a base's measures count for all of it."""
    own = {cls.measure for _, element in discover().elements() for cls in element.__mro__ if "measure" in vars(cls)}
    for measure in own - {Element.measure}:
        names = [name for name, element in discover().elements() if element.measure is measure]
        assert not names or any(f"{name}:" in FLOWS for name in names), names
