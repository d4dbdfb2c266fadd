"""What the watchdog tells: which source, event, event loop or limit has stalled, and where."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from running import Running, Start, engine, wait_until

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
  Q: {vm:config: {queues: [{queueName: tasks}]}}
configuration: {notReadyIfStalled: true}
flows:
  quiet:
    source: {vm:listener: {config-ref: Q, queueName: tasks, expectEvery: 1s}}
    steps: [{logger: {message: got}}]
  put:
    source: {http:listener: {config-ref: Api, path: /put, allowedMethods: POST}}
    steps: [{vm:publish: {config-ref: Q, queueName: tasks}}]
"""
BUSY = """
configs: {Api: {http:listener-config: {port: 0}}}
flows:
  blocking:
    source: {http:listener: {config-ref: Api, path: /blocking}}
    steps:
      - set-variable: {variableName: seconds, value: 2}
      - try: {steps: [{python: {function: "blocking:sleep", arguments: ["#[vars.seconds]"]}}]}
  full:
    maxConcurrency: 2
    source: {http:listener: {config-ref: Api, path: /full}}
    steps:
      - try:
          steps:
            - until-successful:
                maxRetries: 1
                millisBetweenRetries: 30000
                steps: [{raise-error: {type: "X:NO", description: no}}]
"""
BLOCKING = """
import time

def sleep(seconds: int) -> None:
    time.sleep(seconds)
"""
MANAGED = ("--management", "0")
UNWATCHED = {"PYTHONPATH": os.environ.get("PYTHONPATH", "")}
"""The environment of a server whose event loop may stand."""


def management(server: Running, path: str) -> httpx.Response:
    address = next(line.split()[0] for line in server.printed if "operators" in line)
    return httpx.get(address + path, trust_env=False)


def metric(server: Running, sample: str) -> float | None:
    lines = management(server, "/metrics").text.splitlines()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(sample)), None)


def test_a_source_without_events_is_named_and_the_health_check_tells_it(start: Start) -> None:
    server = start(FLOWS, *MANAGED)
    [line] = server.logged("stalled: the source")
    assert "the source of the flow quiet (queue tasks) has made no event for 1" in line
    assert "expectEvery is 1 s" in line
    assert [management(server, "/-/ready").status_code, server.client.get("/-/ready").status_code] == [503, 503]
    assert server.post("/put", json=1).status_code == 200
    server.logged("goes on after")
    assert management(server, "/-/ready").status_code == 200
    assert (metric(server, 'engine_stalls_total{stall="source",what="quiet"}') or 0) >= 1


def test_the_watchdog_needs_no_management_port(start: Start) -> None:
    assert start(FLOWS).logged("stalled: the source of the flow quiet")


def test_what_keeps_the_event_loop_is_named(start: Start, tmp_path: Path) -> None:
    (tmp_path / "blocking.py").write_text(BLOCKING)
    server = start(BUSY, *MANAGED, **UNWATCHED)
    assert server.client.get("/blocking").status_code == 200
    [line] = server.logged("WARNING engine stalled: the event loop")
    assert "for more than 1 s by python (blocking/steps/1/try/steps/0 @" in line
    assert "in sleep (" in line
    assert server.logged("goes on after")
    assert metric(server, 'engine_stalled{stall="loop",what="the event loop"}') == 0


def test_a_full_flow_is_named_and_where_its_events_wait(start: Start, tmp_path: Path) -> None:
    (tmp_path / "blocking.py").write_text(BLOCKING)
    server = start(BUSY, *MANAGED)
    with ThreadPoolExecutor(2) as pool:
        callers = [pool.submit(httpx.get, f"http://127.0.0.1:{server.port}/full", trust_env=False) for _ in range(2)]
        [line] = server.logged("stalled: the places of the flow full")
        assert "2 of 2 in use" in line
        assert "Events wait in until-successful, full/steps/0/try/steps/0 @" in line
        assert server.client.get("/full").status_code == 503
        server.process.kill()
        assert all(caller.exception() for caller in callers)


def test_an_event_that_takes_much_longer_than_most_is_named(start: Start) -> None:
    flows = """
    configs: {Api: {http:listener-config: {port: 0}}}
    flows:
      f:
        source: {http:listener: {config-ref: Api, path: /}}
        steps:
          - choice:
              when:
                - expression: attributes.queryParams.slow
                  steps:
                    - until-successful:
                        maxRetries: 1
                        millisBetweenRetries: 4000
                        steps: [{raise-error: {type: "X:NO", description: no}}]
    """
    server = start(flows, *MANAGED)
    for _ in range(20):
        assert server.client.get("/").status_code == 200
    answer = server.client.get("/?slow=1", headers={"X-Correlation-ID": "slow-one"})
    assert answer.status_code == 503
    [line] = server.logged("stalled: an event of the flow f")
    assert "it waits in until-successful, f/steps/0/choice/when/0/steps/0 @" in line
    assert "correlation id slow-one" in line
    wait_until(lambda: bool(server.logged("goes on after")))


def test_an_expectation_of_no_time_would_be_an_alarm_without_end(tmp_path: Path) -> None:
    flows = tmp_path / "flows.yaml"
    flows.write_text(FLOWS.replace("expectEvery: 1s", "expectEvery: 0"))
    told = engine("check", str(flows))
    assert told.returncode == 1
    assert "flows.yaml:8:" in told.stderr
    assert "expectEvery" in told.stderr
