"""The command `engine`: what it prints, what it logs, how it ends."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from running import GOOD, HERE, ROOT, SHIPPED, Running, Start, engine, wait_until

SMALL = """
configs:
  Api: {http:listener-config: {port: 0}}
flows:
  hello:
    source: {http:listener: {config-ref: Api, path: "/hello/*"}}
    steps:
      - logger: {message: "seen: #[attributes.queryString] #[attributes.queryParams.text]"}
      - set-payload: {value: %s}
  fails:
    source: {http:listener: {config-ref: Api, path: /fails, allowedMethods: "GET, POST"}}
    steps: [{odd: {bug: "%s"}}]
"""
FLOW = SMALL % ("first", "it broke")
SECRET = 'p"4ss\\n→wörd'  # noqa: S105


def small(start: Start, *arguments: str, flow: str = FLOW) -> Running:
    return start(flow, "--processors", "elements", *arguments)


def test_routes_and_the_address_are_printed(start: Start) -> None:
    server = small(start)
    url = f"http://127.0.0.1:{server.port}"
    assert server.printed[:2] == [f"*       {url}/hello/* -> hello\n", f"GET,POST {url}/fails -> fails\n"]
    assert re.fullmatch(rf"engine \S+ serves at {url}; Ctrl-C ends it\n", server.printed[2])


def test_a_terminal_that_knows_ascii_only(start: Start) -> None:
    assert start(SHIPPED, "--set", "db.url=sqlite://", PYTHONIOENCODING="ascii").port


def test_a_line_a_request(upsert: Running) -> None:
    upsert.post(json={"records": [GOOD]}, headers={"X-Correlation-ID": "my-id"})
    (line,) = upsert.logged("my-id")
    pattern = r"\S+ \S+ INFO engine\.access POST /api/bulk-upsert bulk-upsert-flow 200 \d+\.\d ms correlationId=my-id"
    assert re.fullmatch(pattern, line)


def test_a_line_a_request_as_json(start: Start) -> None:
    server = small(start, "--log-format", "json")
    server.post("/hello/x", headers={"X-Correlation-ID": "my-id"})
    server.post("/fails")
    lines = [json.loads(line) for line in server.logged("my-id", lines=2)]
    assert [line["logger"] for line in lines] == ["engine.flow", "engine.access"]
    assert {"correlation_id": "my-id", "flow": "hello", "status": 200}.items() <= lines[1].items()
    assert lines[1]["ms"] >= 0
    wait_until(lambda: "/fails" in server.log)
    all_lines = [json.loads(line) for line in server.log.splitlines()]
    assert "ValueError: it broke" in next(line for line in all_lines if "traceback" in line)["traceback"]


@pytest.mark.parametrize("level", ["error", "warning"])
def test_no_line_a_request(start: Start, level: str) -> None:
    server = small(start, "--log-level", level)
    assert server.post("/hello/x").status_code == 200
    assert server.post("/nowhere").status_code == 404
    assert server.end() == 0
    assert server.log == ""


@pytest.mark.parametrize("log_format", ["text", "json", "otel", "ecs"])
def test_a_caller_cannot_forge_a_line(start: Start, log_format: str) -> None:
    server = small(start, "--log-format", log_format, flow=SMALL % ("x", r"a\n2026-01-01 INFO forged"))
    for path in ("/nowhere/a%0A2026-01-01%20INFO%20forged", "/hello/?text=a%0A2026-01-01%20INFO%20forged%1b%5b2J"):
        assert server.post(path).status_code in (200, 404)
    assert server.post("/fails").status_code == 500
    server.logged("/fails")
    assert [line for line in server.log.splitlines() if line.startswith("2026-01-01")] == []
    assert "\x1b" not in server.log


@pytest.mark.parametrize("log_format", ["text", "json", "otel", "ecs"])
def test_a_secret_is_never_logged(start: Start, log_format: str) -> None:
    flow = (SMALL % ("'${secret:token}'", "")).replace(
        "{odd:", "{raise-error: {type: A:B, description: '${secret:token}'}}, {odd:"
    )
    server = small(start, "--log-format", log_format, "--set", f"token={SECRET}", flow=flow)
    assert server.post("/hello/x", params={"text": SECRET}).text == SECRET
    assert server.post("/fails").status_code == 500
    server.logged("/fails")
    assert "seen:" in server.log
    for spelling in (SECRET, repr(SECRET)[1:-1], json.dumps(SECRET)[1:-1]):
        assert spelling not in server.log


def test_a_port_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = engine("serve", str(SHIPPED), "--port", str(port), "--set", "db.url=sqlite://")
    assert done.returncode == 1
    assert done.stderr == f"engine: cannot listen at http://127.0.0.1:{port}: Address already in use\n"


def test_a_secret_in_a_statement_that_fails_at_the_start(tmp_path: Path) -> None:
    config = "  DB: {db:config: {url: 'sqlite://', initScript: 'SELECT ${secret:token}'}}\nflows:"
    (tmp_path / "flows.yaml").write_text(FLOW.replace("flows:", config))
    done = engine("serve", str(tmp_path), "--set", "token=hunter2", "--processors", "elements")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "hunter2" not in done.stderr


def test_nothing_to_serve(tmp_path: Path) -> None:
    (tmp_path / "flows.yaml").write_text("flows: {a: {steps: []}}")
    done = engine("serve", str(tmp_path))
    assert (done.returncode, done.stderr) == (1, "engine: no flow has a source, there is nothing to serve\n")


def test_check() -> None:
    done = engine("check", str(SHIPPED))
    assert (done.returncode, done.stdout) == (0, "1 flow and 1 sub-flow: no mistakes\n")


def test_run_with_a_payload_from_the_standard_input() -> None:
    arguments = ["run", str(SHIPPED), "--flow", "upsert-single-record", "--set", "db.url=sqlite://", "--payload", "-"]
    done = engine(*arguments, stdin=json.dumps(GOOD))
    assert (done.returncode, json.loads(done.stdout), done.stderr) == (0, GOOD, "")
    done = engine(*arguments, stdin="{")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    done = engine(*arguments, stdin="{}")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("engine: VALIDATION:BLANK_STRING: id must not be blank at upsert-single-record/")


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["processors"], "db:insert"),
        (["processors", "show", "foreach"], "counterVariableName"),
        (["processors", "--processors", "elements"], "slow"),
        (["--version"], "engine 0."),
        (["--help"], "serve"),
    ],
)
def test_what_is_printed(arguments: list[str], printed: str) -> None:
    done = engine(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert printed in done.stdout


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_imports_little(argument: str) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "engine.tools", argument]
    imported = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True).stderr
    modules = {line.rpartition("|")[2].strip().partition(".")[0] for line in imported.splitlines()}
    assert "click" in modules
    assert {"pydantic", "starlette", "uvicorn", "msgspec", "yaml"}.isdisjoint(modules)


def test_two_addresses(start: Start) -> None:
    flow = FLOW.replace("flows:", "  Other: {http:listener-config: {host: 127.0.0.2, port: 0}}\nflows:").replace(
        "config-ref: Api, path: /fails", "config-ref: Other, path: /fails"
    )
    server = small(start, flow=flow)
    first, second = (line.split()[1] for line in server.printed[:2])
    assert first.startswith("http://127.0.0.1:")
    assert second.startswith("http://127.0.0.2:")
    assert server.post(first.replace("*", "x")).status_code == 200
    assert server.post(second).status_code == 500
    assert server.post("/fails").status_code == 404
    assert server.end() == 0


def test_a_port_for_all_must_not_hide_a_flow(tmp_path: Path) -> None:
    flow = FLOW.replace("flows:", "  Other: {http:listener-config: {port: 1}}\nflows:")
    flow = flow.replace("config-ref: Api, path: /fails", 'config-ref: Other, path: "/hello/*"')
    (tmp_path / "flows.yaml").write_text(flow.replace('allowedMethods: "GET, POST"', ""))
    done = engine("serve", str(tmp_path), "--port", "0", "--processors", "elements")
    message = "the flows hello and fails would answer the same requests; leave out --host and --port"
    assert (done.returncode, done.stderr) == (1, f"engine: {message}\n")


def test_the_shipped_folder_is_served(start: Start) -> None:
    assert start(ROOT / "flows", DB_URL="sqlite://").post(json={"records": [GOOD]}).status_code == 200


def test_an_element_that_cannot_be_imported_is_told(tmp_path: Path) -> None:
    package = tmp_path / "broken_elements"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "pay.py").write_text("import what_nobody_installed\n")
    (package / "_shared.py").write_text("raise RuntimeError\n")
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    done = engine("processors", "--processors", "broken_elements", PYTHONPATH=path)
    told = "the module broken_elements.pay cannot be imported: No module named 'what_nobody_installed'\n"
    assert (done.returncode, done.stderr) == (0, told)
    assert "foreach" in done.stdout
