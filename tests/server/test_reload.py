"""`engine serve --reload`: what is saved is served, mistakes leave what was served, and nobody is refused meanwhile."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import pytest
from running import Running, Start, engine, wait_until

FLOW = """
configs:
  Api: {http:listener-config: {port: %s}}
flows:
  hello:
    source: {http:listener: {config-ref: Api, path: /hello}}
    steps: [{set-payload: {value: %s}}]
  slow:
    source: {http:listener: {config-ref: Api, path: /slow}}
    steps:
      - until-successful: {maxRetries: 1, millisBetweenRetries: 1500, steps: [{raise-error: {type: "A:B"}}]}
    error-handler: [{on-error-continue: {steps: [{set-payload: {value: %s}}]}}]
"""


def flow(text: str, port: int = 0) -> str:
    return FLOW % (port, text, text)


def save(file: Path, text: str) -> None:
    """As editors do it: the file is replaced."""
    other = file.with_name("other")
    other.write_text(text)
    other.rename(file)


def hello(server: Running) -> str:
    return httpx.get(f"http://127.0.0.1:{server.port}/hello", timeout=30, trust_env=False).text


@pytest.fixture
def server(start: Start) -> Running:
    return start(flow("first"), "--reload")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "flows.yaml"


def test_what_is_saved_is_served_at_the_same_port(server: Running, file: Path) -> None:
    port = server.port
    for text in ("second", "third"):
        save(file, flow(text))
        server.wait_for_address()
        assert hello(server) == text
    assert server.port == port
    assert server.end(signal.SIGINT) == 0


@pytest.mark.parametrize(
    "broken", [flow("second").replace("set-payload", "set-paylod"), "flows: [", "flows: {a: {steps: []}}"],
    ids=["a mistake", "no YAML", "nothing to serve"],
)  # fmt: skip
def test_a_mistake_leaves_what_was_served(server: Running, file: Path, broken: str) -> None:
    save(file, broken)
    wait_until(lambda: "what was served before still is" in server.log)
    assert hello(server) == "first"
    assert "engine: " in server.log
    save(file, flow("third"))
    server.wait_for_address()
    assert hello(server) == "third"


def test_a_mistake_at_the_first_start_waits_for_the_next_save(tmp_path: Path, file: Path) -> None:
    file.write_text("flows: [")
    command = [sys.executable, "-m", "engine.tools", "serve", str(file), "--reload", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        assert "flows.yaml" in process.stderr.readline()
        while "mistake" not in process.stderr.readline():
            pass
        save(file, flow("first"))
        assert "hello" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)


def test_nobody_is_refused_while_it_is_served_anew(server: Running, file: Path) -> None:
    answers: list[str] = []
    is_over = Event()

    def ask() -> None:
        while not is_over.is_set():
            answers.append(hello(server))  # a connection each time: one that is refused fails the test

    failures: list[BaseException] = []

    def asking() -> None:
        try:
            ask()
        except httpx.HTTPError as error:
            failures.append(error)

    thread = Thread(target=asking)
    thread.start()
    for number in range(3):
        save(file, flow(f"version-{number}"))
        server.wait_for_address()
    is_over.set()
    thread.join()
    assert failures == []
    assert set(answers) >= {"version-0", "version-1"}


def test_a_request_that_is_under_way_is_answered_by_what_it_met(server: Running, file: Path) -> None:
    answers: list[str] = []
    thread = Thread(target=lambda: answers.append(server.client.get("/slow").text))
    thread.start()
    server.client.get("/hello")
    save(file, flow("second"))
    server.wait_for_address()
    assert hello(server) == "second"
    thread.join()
    assert answers == ["first"]


def test_another_port_is_opened_and_the_former_closed(start: Start, file: Path, tmp_path: Path) -> None:
    with Running(tmp_path, str(_written(file, flow("first"))), "--reload", own_ports=True) as server:
        former = server.port
        save(file, flow("second").replace("port: 0", "port: 0, host: localhost"))
        server.wait_for_address()
        assert hello(server) == "second"
        assert server.port != former
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.1:{former}/hello", trust_env=False)


def _written(file: Path, text: str) -> Path:
    file.write_text(text)
    return file


def test_started_in_the_background_it_is_served_anew_all_the_same(tmp_path: Path, file: Path) -> None:
    """A shell without jobs has what it starts with `&` ignore SIGINT."""
    _written(file, flow("first"))
    command = [sys.executable, "-m", "engine.tools", "serve", str(file), "--reload", "--port", "0"]
    ignoring: dict[str, Any] = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **ignoring) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        while "serves" not in process.stdout.readline():
            pass
        save(file, flow("second"))
        while "serves" not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_with_workers(start: Start, file: Path) -> None:
    server = start(flow("first"), "--reload", "--workers", "2")
    save(file, flow("second"))
    server.wait_for_address()
    assert {hello(server) for _ in range(6)} == {"second"}
    assert server.end() == 0


def test_no_server_outlives_the_process_that_starts_them(server: Running) -> None:
    server.process.kill()
    server.process.wait()

    def is_gone() -> bool:
        try:
            hello(server)
        except httpx.HTTPError:
            return True
        return False

    wait_until(is_gone)


def test_a_file_in_a_folder_beside_the_flows_counts_too(start: Start, file: Path, tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts/greeting.txt").write_text("first")
    server = start(flow("'#[resource(''texts/greeting.txt'')]'"), "--reload")
    assert hello(server) == "first"
    (tmp_path / "texts/greeting.txt").write_text("second")
    server.wait_for_address()
    assert hello(server) == "second"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = engine("serve", str(tmp_path / "no.yaml"), "--reload")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
