"""What is counted is what callers sent, and what they were answered."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from operated import Operated
from server.running import wait_until

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
  DB: {db:config: {url: "sqlite:///stored.db", initScript: "CREATE TABLE IF NOT EXISTS t(n INTEGER CHECK (n < 100))"}}
flows:
  store:
    source: {http:listener: {config-ref: Api, path: /store, allowedMethods: POST}}
    steps:
      - validation:is-true: {expression: type(payload) == 'array', message: a list}
      - foreach:
          collect: {target: results}
          steps:
            - validation:is-true: {expression: payload > 0, message: above 0}
            - db:insert: {config-ref: DB, sql: "INSERT INTO t VALUES(:n)", input-parameters: {n: "#[payload]"}}
      - set-variable: {variableName: summary, value: "#[summary(vars.results)]"}
      - set-payload: {value: "#[vars.summary]"}
      - set-variable:
          variableName: httpStatus
          value: "#[vars.summary.failed == 0 ? 200 : (vars.summary.succeeded == 0 ? 400 : 207)]"
  fail:
    source: {http:listener: {config-ref: Api, path: "/fail/{how}", allowedMethods: GET}}
    steps:
      - choice:
          when:
            - expression: attributes.uriParams.how == 'here'
              steps: [{raise-error: {type: "APP:HERE"}}]
            - expression: attributes.uriParams.how == 'handled'
              steps: [{raise-error: {type: "APP:HANDLED"}}]
    error-handler:
      - on-error-continue: {type: "APP:HANDLED", logException: false}
  slow:
    maxConcurrency: 1
    source: {http:listener: {config-ref: Api, path: /slow, allowedMethods: GET}}
    steps:
      - try:
          steps:
            - until-successful: {maxRetries: 1, millisBetweenRetries: 60s, steps: [{raise-error: {type: "APP:NO"}}]}
  who:
    source: {http:listener: {config-ref: Api, path: /who, allowedMethods: GET}}
    steps: [{python: {function: "os:getpid"}}]
"""
Start = Callable[..., Operated]
SENT: list[Any] = [[1, 2, 3], [1, -1, 200], [-1, -2], {"no": "list"}, list(range(1, 90)), []]


def test_requests_events_and_records_are_as_sent_and_answered(operate: Start) -> None:
    server = operate(FLOWS)
    answers = [server.post("/store", json=SENT[number % len(SENT)]) for number in range(60)]
    statuses = Counter(str(answer.status_code) for answer in answers)
    assert set(statuses) == {"200", "207", "400"}
    requests = "http_server_request_duration_seconds_count"
    assert server.by("http_response_status_code", requests, http_route="/store") == statuses
    summaries = [answer.json() for answer in answers if "total" in answer.json()]
    told = {name: sum(each[name] for each in summaries) for name in ("succeeded", "failed")}
    assert server.by("outcome", "engine_collect_records_total", target="results") == told
    assert server.value("engine_flow_events_total", flow="store") == 60
    assert server.by("type", "engine_flow_errors_total", flow="store") == {"VALIDATION:INVALID_BOOLEAN": 10}
    flow = server.flow("store")
    assert (flow["events"], flow["errors"]) == (60, {"VALIDATION:INVALID_BOOLEAN": 10})
    assert (flow["inFlight"], flow["refused"]) == (0, 0)


def test_statements_are_counted_alone_and_together(operate: Start) -> None:
    server = operate(FLOWS)
    for records in ([1], [1, 2, 3, 4], [5, 200, 7]):
        server.post("/store", json=records)
    assert server.value("engine_db_batch_items_count", config="DB") == 2
    assert server.value("engine_db_batch_items_sum", config="DB") == 7
    assert server.value("db_client_operation_duration_seconds_count", db_operation_name="INSERT") == 1
    server.post("/store", json=[200])
    errors = server.by("error_type", "db_client_operation_duration_seconds_count", db_operation_name="INSERT")
    assert errors == {"": 1, "DB:QUERY_EXECUTION": 1}
    assert server.value("db_client_connections", db_client_connection_state="idle") == 1


def test_errors_are_counted_by_type_and_those_that_were_handled_apart(operate: Start) -> None:
    server = operate(FLOWS)
    for how, times in (("here", 3), ("handled", 2), ("not", 4)):
        for _ in range(times):
            server.client.get(f"/fail/{how}")
    assert server.by("type", "engine_flow_errors_total", flow="fail") == {"APP:HERE": 3}
    assert server.by("type", "engine_flow_handled_errors_total", flow="fail") == {"APP:HANDLED": 2}
    assert server.value("engine_flow_duration_seconds_count", flow="fail") == 9


def test_what_reaches_no_flow_is_counted_by_its_status(operate: Start) -> None:
    server = operate(FLOWS)
    for path in ("/nowhere", "/store/nowhere", "/nowhere"):
        assert server.client.get(path).status_code == 404
    assert server.client.get("/store").status_code == 405
    assert server.client.request("PURGE", "/nowhere").status_code == 404
    assert b" 400 " in server.exchange(b"no request\r\n\r\n")
    assert b" 505 " in server.exchange(b"GET / HTTP/2.0\r\nHost: x\r\n\r\n")
    requests = "http_server_request_duration_seconds_count"
    counted = server.by("http_response_status_code", requests, http_route="", http_request_method="_OTHER")
    assert counted == {"404": 1, "400": 1, "505": 1}
    assert server.value(requests, http_route="", http_request_method="GET", http_response_status_code="404") == 3
    assert server.by("http_response_status_code", requests, http_route="/store") == {"405": 1}


def test_what_is_refused_is_counted_and_what_is_under_way_told(operate: Start) -> None:
    server = operate(FLOWS)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(httpx.get, f"http://127.0.0.1:{server.port}/slow", trust_env=False, timeout=60)
        wait_until(lambda: server.value("engine_flow_in_flight", flow="slow") == 1)
        assert [server.client.get("/slow").status_code for _ in range(3)] == [503] * 3
        assert server.value("engine_flow_refused_total", flow="slow") == 3
        assert server.value("engine_flow_events_total", flow="slow") == 1
        assert server.value("http_server_active_requests") == 1
        assert server.value("engine_retries_total", place="slow/steps/0/try/steps/0") == 0
        server.process.kill()
        assert first.exception()


def sent(server: Operated, number: int) -> int:
    """Send a request over a connection of its own, so that any worker may get it; the status."""
    url = f"http://127.0.0.1:{server.port}/store"
    return httpx.post(url, json=SENT[number % len(SENT)], trust_env=False).status_code


def test_workers_tell_the_sum_whoever_is_asked(operate: Start) -> None:
    server = operate(FLOWS, "--workers", "2")
    with ThreadPoolExecutor(8) as pool:
        statuses = Counter(str(status) for status in pool.map(lambda number: sent(server, number), range(120)))
    requests = "http_server_request_duration_seconds_count"
    for _ in range(6):  # each over a connection of its own, as the answers come from any of the two
        server.operators.close()
        server.operators = httpx.Client(base_url=server.address, timeout=30, trust_env=False)
        assert server.value("engine_flow_events_total", flow="store") == 120
        assert server.by("http_response_status_code", requests, http_route="/store") == statuses
        assert server.flow("store")["events"] == 120


def test_a_worker_that_was_killed_counts_again(operate: Start) -> None:
    server = operate(FLOWS, "--workers", "2")
    processes = [int(httpx.get(f"http://127.0.0.1:{server.port}/who", trust_env=False).text) for _ in range(20)]
    os.kill(processes[0], signal.SIGKILL)
    server.logged("it is started anew")
    wait_until(lambda: (server.value("engine_flow_started", flow="who") or 0) == 2)  # both answer
    before = server.value("engine_flow_events_total", flow="who")
    assert before is not None
    assert before == sum(process != processes[0] for process in processes)
    for _ in range(10):
        httpx.get(f"http://127.0.0.1:{server.port}/who", trust_env=False)
    assert server.value("engine_flow_events_total", flow="who") == before + 10
