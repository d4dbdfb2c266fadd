"""Traces as a collector gets them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from loopback import LONGEST, Upstream, in_loop, serving, until
from otlp_collector import Collector, Span, collector
from starlette.responses import Response

from engine import Application
from engine.operation.telemetry.open_telemetry import OpenTelemetry
from engine.values.tracing import trace_fields, trace_headers

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = PARENT[:-2] + "00"


@pytest.fixture
def otlp(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collector() as kept:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", kept.url)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield kept


class Traced:
    """Flows that are served and traced. log: the trace and the message of each line; calls: headers at the upstream."""

    def __init__(self, app: Application, client: httpx.AsyncClient) -> None:
        self.app, self.client = app, client
        self.log: list[tuple[str, str]] = []
        self.calls: list[dict[str, str]] = []


@asynccontextmanager
async def traced(folder: Path, flows: str, *, elements: bool = False, **options: Any) -> AsyncIterator[Traced]:
    """`${up}` is the url of an upstream, whose answer to `/down` is 503."""
    (folder / "shop").mkdir(exist_ok=True)
    file = folder / "shop" / "flows.yaml"
    file.write_text(flows)
    upstream = Upstream()
    async with serving(upstream) as url:
        given = {"up": url, "password": "hunter2hunter2", **options}
        app = Application.load(file, properties=given, meters=[OpenTelemetry(elements=elements)])
        async with (
            serving(app.asgi()) as own,
            httpx.AsyncClient(base_url=own, trust_env=False, timeout=LONGEST) as client,
        ):
            it = Traced(app, client)

            def respond(request: Any) -> Response:
                it.calls.append(dict(request.headers))
                if request.url.path == "/moved":
                    return Response(status_code=302, headers={"location": "/there"})
                return Response('"ok"', 503 if request.url.path == "/down" else 200, media_type="application/json")

            upstream.respond = respond
            handler = logging.Handler()
            handler.emit = lambda record: it.log.append((trace_fields().get("trace_id", ""), record.getMessage()))  # type: ignore[method-assign]
            logger = logging.getLogger("engine")
            logger.addHandler(handler)
            before, _ = logger.level, logger.setLevel(logging.INFO)
            try:
                yield it
            finally:
                logger.removeHandler(handler)
                logger.setLevel(before)


async def spans(otlp: Collector, *names: str) -> list[Span]:
    return await asyncio.to_thread(otlp.named, *names)


API = "configs:\n  Api: {http:listener-config: {port: 0}}\n"
WAY = (
    API
    + """\
  Db: {db:config: {url: "sqlite://", initScript: "CREATE TABLE orders(id TEXT PRIMARY KEY)"}}
  Queues: {vm:config: {queues: [{queueName: placed, queueType: PERSISTENT}]}}
configuration: {dataDir: "DIR"}
flows:
  order:
    source: {http:listener: {config-ref: Api, path: "/orders/{id}", allowedMethods: POST}}
    steps:
      - db:insert:
          config-ref: Db
          sql: INSERT INTO orders VALUES(:id)
          input-parameters: {id: "#[attributes.uriParams.id]"}
      - logger: {message: stored}
      - vm:publish: {config-ref: Queues, queueName: placed, content: "#[attributes.uriParams.id]"}
  notify:
    source: {vm:listener: {config-ref: Queues, queueName: placed}}
    steps:
      - logger: {message: notifies}
      - http:request: {url: "${up}/notify?id=7&token=${secret:password}", method: POST}
      - flow-ref: {name: count}
  count:
    steps: [{logger: {message: counted}}]
"""
)


def way(folder: Path) -> str:
    return WAY.replace("DIR", str(folder / "data"))


@in_loop
async def test_one_trace_over_http_database_queue_flows_and_http(tmp_path: Path, otlp: Collector) -> None:
    async with traced(tmp_path, way(tmp_path)) as it:
        answer = await it.client.post("/orders/a7?secret=1", headers={"traceparent": PARENT, "tracestate": "shop=1"})
        assert answer.status_code == 200
        names = "POST /orders/{id}", "INSERT orders", "publish placed", "process placed", "POST", "count"
        request, insert, publish, process, call, _ = found = await spans(otlp, *names)

        assert {span.trace_id for span in found} == {PARENT[3:35]}
        assert [(span.kind, span.parent) for span in found] == [
            ("SERVER", PARENT[36:52]),
            ("CLIENT", request.span_id),
            ("PRODUCER", request.span_id),
            ("CONSUMER", publish.span_id),
            ("CLIENT", process.span_id),
            ("INTERNAL", process.span_id),
        ]
        assert {span.service for span in found} == {"shop"}
        assert it.calls[0]["traceparent"].startswith(call.traceparent)
        assert it.calls[0]["tracestate"] == "shop=1"
        assert {span.state for span in found} == {"shop=1"}

        texts = ["stored", "POST /orders/a7 order 200", "notifies", "counted"]
        assert [next(trace for trace, line in it.log if line.startswith(text)) for text in texts] == [PARENT[3:35]] * 4
        assert not any(span.is_error for span in found)

        shown = {name: value for name, value in request.attributes.items() if not name.startswith(("engine", "server"))}
        assert shown == {
            "http.request.method": "POST",
            "http.route": "/orders/{id}",
            "http.response.status_code": 200,
            "url.path": "/orders/a7",
            "url.scheme": "http",
            "network.protocol.version": "1.1",
        }
        assert request.attributes["server.address"] == "127.0.0.1"
        assert request.attributes["engine.correlation_id"] == answer.headers["x-correlation-id"]
        assert insert.attributes == {
            "db.system.name": "sqlite",
            "db.operation.name": "INSERT",
            "db.collection.name": "orders",
            "db.query.text": "INSERT INTO orders VALUES(?)",
            "engine.element": "order/steps/0",
            "code.file.path": insert.attributes["code.file.path"],
            "code.line.number": 10,
        }
        assert insert.attributes["code.file.path"].endswith("shop/flows.yaml")
        assert call.attributes["url.full"].endswith("/notify?id=REDACTED&token=REDACTED")
        assert call.attributes["http.response.status_code"] == 200
        assert process.attributes["messaging.destination.name"] == "placed"
        assert process.attributes["engine.flow"] == "notify"


@in_loop
async def test_no_span_of_a_trace_that_the_caller_does_not_record(tmp_path: Path, otlp: Collector) -> None:
    async with traced(tmp_path, way(tmp_path)) as it:
        await it.client.post("/orders/a7", headers={"traceparent": UNSAMPLED})
        await until(lambda: any(line == "counted" for _, line in it.log))
        assert it.calls[0]["traceparent"] == UNSAMPLED
        assert {trace for trace, line in it.log if line in ("stored", "notifies", "counted")} == {PARENT[3:35]}
        await it.client.post("/orders/a8")  # one on the same connection that begins a trace
        await spans(otlp, "POST /orders/{id}", "count")
        assert PARENT[3:35] not in {span.trace_id for span in otlp.spans}


@in_loop
async def test_what_nobody_records_is_passed_on_as_such(
    tmp_path: Path, otlp: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who comes next must not record a part of the trace."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    async with traced(tmp_path, way(tmp_path)) as it:
        for number, parent in enumerate(({}, {}, {"traceparent": PARENT})):
            await it.client.post(f"/orders/{number}", headers=parent)
        await until(lambda: len(it.calls) == 3)
        parents = [call["traceparent"] for call in it.calls]
        assert [parent[-2:] for parent in parents] == ["00"] * 3
        assert parents[0] != parents[1]
        assert parents[2] == UNSAMPLED
    assert otlp.spans == []


FAILING = (
    API
    + """  Db: {db:config: {url: "sqlite://", initScript: "CREATE TABLE t(id INTEGER UNIQUE); INSERT INTO t VALUES(1)"}}
flows:
  fails:
    source: {http:listener: {config-ref: Api, path: "/fails/{how}", method: GET}}
    steps:
      - choice:
          when:
            - expression: attributes.uriParams.how == 'db'
              steps: [{db:insert: {config-ref: Db, sql: INSERT INTO t VALUES(1)}}]
            - expression: attributes.uriParams.how == 'http'
              steps: [{http:request: {url: "${up}/down"}}]
            - expression: attributes.uriParams.how == 'refused'
              steps: [{http:request: {url: "http://127.0.0.1:9/"}}]
            - expression: attributes.uriParams.how == 'caller'
              steps: [{validation:is-true: {expression: false, message: no}}]
            - expression: attributes.uriParams.how == 'secret'
              steps: [{raise-error: {type: "A:B", description: "it is ${secret:password}"}}]
            - expression: attributes.uriParams.how == 'handled'
              steps:
                - try:
                    steps: [{raise-error: {type: "APP:BUSY", description: later}}]
                    error-handler: [{on-error-continue: {type: "APP:BUSY"}}]
            - expression: attributes.uriParams.how == 'retried'
              steps:
                - until-successful:
                    maxRetries: 2
                    millisBetweenRetries: 1
                    steps: [{raise-error: {type: "APP:BUSY", description: later}}]
            - expression: attributes.uriParams.how == 'status'
              steps: [{set-variable: {variableName: httpStatus, value: 503}}]
"""
)
SERVER = "GET /fails/{how}"


@pytest.mark.parametrize(
    ("how", "span", "is_error", "attributes"),
    [
        ("db", "INSERT t", True, {"error.type": "DB:QUERY_EXECUTION", "code.line.number": 11,
                                  "db.response.status_code": "SQLITE_CONSTRAINT_UNIQUE"}),
        ("db", SERVER, True, {"error.type": "DB:QUERY_EXECUTION", "code.line.number": 11,
                              "http.response.status_code": 500,
                              "engine.failing_component": "fails/steps/0/choice/when/0/steps/0"}),
        ("http", "GET", True, {"error.type": "503", "http.response.status_code": 503}),
        ("http", SERVER, True, {"error.type": "HTTP:SERVICE_UNAVAILABLE", "code.line.number": 13}),
        ("refused", "GET", True, {"error.type": "HTTP:CONNECTIVITY", "server.port": 9}),
        ("caller", SERVER, False, {"error.type": "VALIDATION:INVALID_BOOLEAN", "http.response.status_code": 400}),
        ("secret", SERVER, True, {"error.type": "A:B"}),
        ("handled", SERVER, False, {"http.response.status_code": 200}),
        ("retried", SERVER, True, {"error.type": "MULE:RETRY_EXHAUSTED"}),
        ("status", SERVER, True, {"error.type": "503", "http.response.status_code": 503}),
        ("unknown", SERVER, False, {"http.response.status_code": 200}),
    ],
)  # fmt: skip
def test_errors(
    tmp_path: Path, otlp: Collector, how: str, span: str, is_error: bool, attributes: dict[str, Any]
) -> None:
    async def run() -> Span:
        async with traced(tmp_path, FAILING) as it:
            await it.client.get(f"/fails/{how}")
            return (await spans(otlp, span))[0]

    found = asyncio.run(run())
    assert found.is_error is is_error
    assert {name: found.attributes.get(name) for name in attributes} == attributes
    assert "hunter2" not in str(found)
    events = {"handled": ["error-handler"], "retried": ["retry", "retry"]}.get(how, [])
    assert [name for name, _ in found.events] == events
    if how == "handled":
        assert found.events[0][1]["error.type"] == "APP:BUSY"
        assert found.events[0][1]["engine.continues"] is True
    if how == "retried":
        assert [about["engine.attempt"] for _, about in found.events] == [1, 2]


LOOP = (
    API
    + """  Db: {db:config: {url: "${db}", initScript: "CREATE TABLE IF NOT EXISTS rows(id INTEGER PRIMARY KEY)"}}
flows:
  loop:
    source: {http:listener: {config-ref: Api, path: /loop}}
    steps:
      - foreach:
          collection: range(`1`, `601`)
          collect: {target: outcomes, success: ok, failure: "#[error.type]"}
          steps:
            - db:insert:
                config-ref: Db
                sql: INSERT INTO rows VALUES(:id)
                input-parameters: {id: "#[payload % `300`]"}
            ${more}
"""
)


@pytest.mark.parametrize("more", ["- set-payload: {value: done}", "- transform: {set-payload: done}"])
def test_a_batch_of_a_loop_is_one_span(tmp_path: Path, otlp: Collector, more: str) -> None:
    """Also where items fail, and where each step has a span."""

    async def run() -> None:
        async with traced(
            tmp_path, LOOP.replace("${more}", more), elements=True, db=f"sqlite:///{tmp_path}/r.db"
        ) as it:
            await it.client.get("/loop")
            await spans(otlp, "GET /loop")

    asyncio.run(run())
    batches = [span for span in otlp.spans if span.name == "BATCH INSERT rows"]
    assert sum(span.attributes["db.operation.batch.size"] for span in batches) == 600
    assert 3 <= len(batches) <= 30
    assert {span.attributes["db.operation.name"] for span in batches} == {"BATCH INSERT"}
    assert {span.name for span in otlp.spans} == {"GET /loop", "foreach", "BATCH INSERT rows"}
    (loop,) = (span.span_id for span in otlp.spans if span.name == "foreach")
    assert {span.parent for span in batches} == {loop}


PARALLEL = (
    API
    + """  Queues: {vm:config: {queues: [{queueName: sums}, {queueName: kept}]}}
flows:
  all:
    source: {http:listener: {config-ref: Api, path: /all}}
    steps:
      - scatter-gather:
          routes:
            - steps: [{flow-ref: {name: left}}]
            - steps: [{flow-ref: {name: right}}]
      - async: {steps: [{http:request: {url: "${up}/later"}}, {flow-ref: {name: late}}]}
      - vm:publish-consume: {config-ref: Queues, queueName: sums, content: 1}
      - vm:publish: {config-ref: Queues, queueName: kept, content: 1}
      - vm:consume: {config-ref: Queues, queueName: kept}
  left: {steps: [{http:request: {url: "${up}/left"}}, {flow-ref: {name: inner}}]}
  right: {steps: [{http:request: {url: "${up}/right"}}]}
  inner: {steps: [{set-payload: {value: 1}}]}
  late: {steps: [{set-payload: {value: 1}}]}
  sum:
    source: {vm:listener: {config-ref: Queues, queueName: sums}}
    steps: [{set-payload: {value: 2}}]
"""
)


@in_loop
async def test_parallel_routes_and_tasks_are_children_of_what_started_them(tmp_path: Path, otlp: Collector) -> None:
    async with traced(tmp_path, PARALLEL) as it:
        await it.client.get("/all")
        names = "left", "right", "inner", "late", "async", "publish sums", "process sums", "consume kept"
        await spans(otlp, "GET /all", *names)
    ids = {span.span_id: span.name for span in otlp.spans}
    assert {span.name: ids.get(span.parent) for span in otlp.spans if span.name != "GET"} == {
        "GET /all": None,
        "left": "GET /all",
        "right": "GET /all",
        "inner": "left",
        "async": "GET /all",
        "late": "async",
        "publish sums": "GET /all",
        "process sums": "publish sums",
        "publish kept": "GET /all",
        "consume kept": "GET /all",
    }
    assert sorted(ids[span.parent] for span in otlp.spans if span.name == "GET") == ["async", "left", "right"]
    (consume,) = (span for span in otlp.spans if span.name == "consume kept")
    assert consume.links == [consume.trace_id]


@in_loop
async def test_each_element_has_a_span_where_asked_for(tmp_path: Path, otlp: Collector) -> None:
    flows = (
        API
        + """flows:
  main:
    source: {http:listener: {config-ref: Api, path: /}}
    steps:
      - set-payload: {value: 1, "doc:name": first}
      - choice: {when: [{expression: "true", steps: [{set-variable: {variableName: a, value: 1}}]}]}
"""
    )
    async with traced(tmp_path, flows, elements=True) as it:
        await it.client.get("/")
        first, choice, inside, main = await spans(otlp, "first", "choice", "set-variable", "GET /")
    assert [first.parent, choice.parent, inside.parent] == [main.span_id, main.span_id, choice.span_id]
    assert [first.attributes["code.line.number"], inside.attributes["code.line.number"]] == [7, 8]


@in_loop
async def test_requests_that_are_refused_before_their_flow(tmp_path: Path, otlp: Collector) -> None:
    flows = (
        API
        + """flows:
  main:
    source: {http:listener: {config-ref: Api, path: /in, consumes: application/json}}
    steps: []
"""
    )
    async with traced(tmp_path, flows) as it:
        for method, headers in (("POST", {"content-type": "text/plain"}), ("PROPFIND", {})):
            await it.client.request(method, "/in", content="x", headers=headers)
        refused, other = await spans(otlp, "POST /in", "HTTP /in")
    assert refused.attributes["http.response.status_code"] == 415
    assert refused.attributes["error.type"] == "HTTP:UNSUPPORTED_MEDIA_TYPE"
    assert not refused.is_error
    assert other.attributes["http.request.method"] == "_OTHER"
    assert other.attributes["http.request.method_original"] == "PROPFIND"


@in_loop
async def test_each_hop_of_a_redirect_has_a_span_and_sends_it(tmp_path: Path, otlp: Collector) -> None:
    flows = (
        API
        + """flows:
  main:
    source: {http:listener: {config-ref: Api, path: /, method: GET}}
    steps:
      - http:request: {url: "${up}/first"}
      - http:request: {url: "${up}/moved"}
      - http:request: {url: "${up}/own", headers: {traceparent: "PARENT"}}
""".replace("PARENT", PARENT)
    )
    async with traced(tmp_path, flows) as it:
        await it.client.get("/")
        await spans(otlp, "GET /")
    calls = [span for span in otlp.spans if span.name == "GET"]
    assert [call.attributes["http.response.status_code"] for call in calls] == [200, 302, 200, 200]
    for sent, call in zip(it.calls[:3], calls[:3], strict=True):
        assert sent["traceparent"].startswith(call.traceparent)
    assert it.calls[3]["traceparent"] == PARENT  # the flow's own wins


@in_loop
async def test_a_run_from_python_is_a_trace_and_leaves_none_behind(tmp_path: Path, otlp: Collector) -> None:
    file = tmp_path / "flows.yaml"
    file.write_text("flows: {main: {steps: [{flow-ref: {name: inner}}]}, inner: {steps: []}}")
    for _ in range(2):  # it starts again after it has stopped
        otlp.spans.clear()
        async with Application.load(file, meters=[OpenTelemetry()]) as app:
            await app.run("main")
            assert dict(trace_headers.get()) == {}
        inner, main = await spans(otlp, "inner", "main")
        assert (inner.parent, main.parent) == (main.span_id, "")
