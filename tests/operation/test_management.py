"""The management port: who may ask, what is refused, and what commands do."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from operated import Operated
from server.running import engine, wait_until

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
  Q: {vm:config: {queues: [{queueName: tasks}, {queueName: done}]}}
flows:
  orders:
    source: {http:listener: {config-ref: Api, path: /orders, allowedMethods: GET}}
    steps: [{set-payload: {value: here}}]
  put:
    source: {http:listener: {config-ref: Api, path: /put, allowedMethods: POST}}
    steps: [{vm:publish: {config-ref: Q, queueName: tasks}}]
  work:
    source: {vm:listener: {config-ref: Q, queueName: tasks}}
    steps: [{vm:publish: {config-ref: Q, queueName: done}}]
  tick:
    source: {scheduler: {fixed-frequency: {frequency: 50}}}
    steps: [{logger: {message: tick, level: DEBUG}}]
  private:
    steps: [{logger: {}}]
"""
TOKEN = "a-token-of-some-length"  # noqa: S105  # of these tests
Start = Callable[..., Operated]


@pytest.fixture
def flow_file(tmp_path: Path) -> str:
    (tmp_path / "flows.yaml").write_text(FLOWS)
    return str(tmp_path / "flows.yaml")


# Who may ask


def test_an_address_that_others_can_reach_needs_a_token(flow_file: str) -> None:
    told = engine("serve", flow_file, "--management", "0.0.0.0:0", ENGINE_MANAGEMENT_TOKEN="")
    assert told.returncode == 1
    assert "shorter than 16 characters" in told.stderr
    without = {name: value for name, value in os.environ.items() if name != "ENGINE_MANAGEMENT_TOKEN"}
    assert "ENGINE_MANAGEMENT_TOKEN" not in without
    told = engine("serve", flow_file, "--management", "0.0.0.0:0")
    assert (told.returncode, told.stdout) == (1, "")
    assert "can be reached from other machines: set ENGINE_MANAGEMENT_TOKEN" in told.stderr


def test_with_a_token_only_health_is_for_everyone(operate: Start) -> None:
    server = operate(FLOWS, token=TOKEN)
    assert [server.get(path).status_code for path in ("/-/live", "/-/ready")] == [200, 200]
    for shown in ({}, {"authorization": "Bearer wrong"}, {"authorization": TOKEN}, {"authorization": f"Basic {TOKEN}"}):
        refused = server.get("/metrics", headers=shown)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert TOKEN not in refused.text
        assert server.command("/-/flows/orders/stop", headers=shown).status_code == 401
    shown = {"authorization": f"bearer {TOKEN}", "host": "engine.example"}
    assert server.get("/metrics", headers=shown).status_code == 200
    assert server.client.get("/orders").text == "here"
    assert TOKEN not in server.log


@pytest.mark.parametrize(
    ("host", "status"),
    [("engine.example", 403), ("10.0.0.7:9090", 403), ("127.0.0.1.example", 403), ("", 403), ("localhost:9090", 200),
     ("[::1]:9090", 200), ("127.0.0.1", 200)],
)  # fmt: skip
def test_without_a_token_the_host_must_be_this_machine(operate: Start, host: str, status: int) -> None:
    assert operate(FLOWS).get("/-/flows", headers={"host": host}).status_code == status


def test_what_a_page_in_a_browser_sends_is_refused(operate: Start) -> None:
    server = operate(FLOWS)
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert server.command("/-/flows/orders/stop", headers=headers).status_code == 403
    assert server.client.get("/orders").status_code == 200


def test_a_port_in_use_is_told(flow_file: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = engine("serve", flow_file, "--port", "0", "--management", str(port))
    assert (told.returncode, told.stdout) == (1, "")
    assert f"cannot listen at 127.0.0.1:{port} for the management port: Address already in use" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize("address", ["x", "70000", "127.0.0.1:", "-1", "1.5"])
def test_what_is_no_address_is_told(flow_file: str, address: str) -> None:
    told = engine("serve", flow_file, f"--management={address}")
    assert told.returncode == 1
    assert "expected PORT or HOST:PORT, such as 9090 or 0.0.0.0:9090" in told.stderr


def test_metrics_are_asked_for_with_their_port(flow_file: str) -> None:
    told = engine("serve", flow_file, "--metrics", "elements")
    assert (told.returncode, told.stdout) == (1, "")
    assert "add --management 9090" in told.stderr


# Commands


def test_a_listener_is_stopped_and_started(operate: Start) -> None:
    server = operate(FLOWS)
    assert server.command("/-/flows/orders/stop").json()["state"] == "stopped"
    assert server.command("/-/flows/orders/stop").status_code == 200
    refused = server.client.get("/orders")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert (server.flow("orders")["state"], server.flow("orders")["refused"]) == ("stopped", 1)
    assert server.value("engine_flow_started", flow="orders") == 0
    assert server.command("/-/flows/orders/start").json()["state"] == "started"
    assert server.client.get("/orders").text == "here"
    assert server.value("engine_flow_started", flow="orders") == 1


def test_a_scheduler_is_stopped_and_started(operate: Start) -> None:
    server = operate(FLOWS)
    wait_until(lambda: server.flow("tick")["events"] >= 2)
    server.command("/-/flows/tick/stop")
    stopped = server.flow("tick")["events"]
    wait_until(lambda: server.flow("tick")["lastEventAgeSeconds"] > 0.3)
    assert server.flow("tick")["events"] == stopped
    server.command("/-/flows/tick/start")
    wait_until(lambda: server.flow("tick")["events"] > stopped)


def test_messages_wait_while_their_listener_is_stopped(operate: Start) -> None:
    server = operate(FLOWS)
    server.command("/-/flows/work/stop")
    assert [server.post("/put", json=number).status_code for number in range(20)] == [200] * 20
    assert server.value("engine_queue_depth", queue="tasks") == 20
    assert (server.value("engine_queue_oldest_message_age_seconds", queue="tasks") or 0) > 0
    assert server.value("engine_queue_published_total", queue="done") == 0
    server.command("/-/flows/work/start")
    wait_until(lambda: server.value("engine_queue_published_total", queue="done") == 20)
    assert server.value("engine_queue_consumed_total", queue="tasks") == 20
    assert server.value("engine_queue_depth", queue="tasks") == 0
    assert server.value("engine_queue_in_flight", queue="tasks") == 0
    assert server.value("engine_queue_oldest_message_age_seconds", queue="tasks") == 0
    assert server.value("engine_queue_redelivered_total", queue="tasks") == 0


def test_workers_do_a_command_together(operate: Start) -> None:
    server = operate(FLOWS, "--workers", "2")
    server.command("/-/flows/orders/stop")
    url = f"http://127.0.0.1:{server.port}/orders"
    assert {httpx.get(url, trust_env=False).status_code for _ in range(20)} == {503}
    server.command("/-/flows/orders/start")
    assert {httpx.get(url, trust_env=False).status_code for _ in range(20)} == {200}


@pytest.mark.parametrize(
    ("flow", "told"),
    [("order", "there is no flow 'order' with a source; did you mean 'orders'?"),
     ("private", "there is no flow 'private' with a source"), ("a/b", "there is no flow 'a/b' with a source")],
)  # fmt: skip
@pytest.mark.parametrize("command", ["start", "stop"])
def test_a_flow_that_is_not_there(operate: Start, flow: str, told: str, command: str) -> None:
    answer = operate(FLOWS).command(f"/-/flows/{flow}/{command}")
    assert (answer.status_code, answer.json()["detail"]) == (404, told)


def test_the_log_level_changes_at_run(operate: Start) -> None:
    server = operate(FLOWS)
    wait_until(lambda: server.flow("tick")["events"] >= 2)
    assert "tick" not in server.log
    assert server.command("/-/log", json={"level": "debug"}).json() == {"logger": "engine", "level": "DEBUG"}
    server.logged("DEBUG engine.flow tick")
    server.command("/-/log", json={"level": "ERROR", "logger": "engine.access"})
    server.client.get("/orders")
    server.client.get("/nowhere")
    assert "/nowhere" not in server.log


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (b"", 400, "the body must be a JSON object with the texts level, logger (optional)"),
        (b"{", 400, "the body must be a JSON object"),
        (b"[]", 400, "the body must be a JSON object"),
        (b"null", 400, "the body must be a JSON object"),
        (b'{"level": 1}', 400, "the body must be a JSON object"),
        (b'{"level": "INFO", "more": "x"}', 400, "the body must be a JSON object"),
        (b'{"logger": "engine"}', 400, "the body must be a JSON object"),
        (b"[" * 9000, 400, "the body must be a JSON object"),
        (b'"\xff"', 400, "the body must be a JSON object"),
        (b" " * 20_000, 413, "the body is larger than 10000 bytes"),
        (b'{"level": "LOUD"}', 400, "there is no level 'LOUD'; write one of trace, debug, info"),
    ],
)
def test_bodies_that_are_none(served: Operated, body: bytes, status: int, told: str) -> None:
    answer = served.command("/-/log", content=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert told in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("GET", "/-/nothing", 404), ("POST", "/metrics", 405), ("GET", "/-/log", 405),
     ("GET", "/-/flows/orders/stop", 405), ("GET", "/orders", 404)],
)  # fmt: skip
def test_what_it_does_not_answer(served: Operated, method: str, path: str, status: int) -> None:
    assert served.operators.request(method, path).status_code == status


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("served")
    (folder / "flows.yaml").write_text(FLOWS)
    with Operated(folder, str(folder / "flows.yaml")) as server:
        yield server
