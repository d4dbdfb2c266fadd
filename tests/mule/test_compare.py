"""`engine import --compare`: what was recorded of the old system, and what the flows answer now."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ENGINE = [sys.executable, "-m", "engine.tools"]
ROOT = Path(__file__).parent.parent.parent
FLOWS = """
configs: {Api: {http:listener-config: {port: 0}}}
flows:
  order:
    source: {http:listener: {config-ref: Api, path: "/api/orders/{id}", allowedMethods: GET}}
    steps:
      - set-payload:
          value:
            id: "#[attributes.uriParams.id]"
            total: 10
            lines: [{sku: a, at: "#[uuid()]"}]
            q: "#[attributes.queryParams.q]"
  echo:
    source: {http:listener: {config-ref: Api, path: /api/echo, allowedMethods: POST, response: {statusCode: 201}}}
    steps: [{set-payload: {value: "#[payload]"}}]
"""


def ask(folder: Path, recording: str, *arguments: str, name: str = "old.jsonl") -> tuple[int, str, str]:
    (folder / "flows").mkdir(exist_ok=True)
    (folder / "flows" / "flows.yaml").write_text(FLOWS)
    (folder / name).write_text(recording)
    return run(folder, "-o", "flows", "--compare", name, *arguments)


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    command, environment = [*ENGINE, "import", *arguments], {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def line(method: str, path: str, status: int, answer: Any, body: Any = None) -> str:
    request = {"method": method, "path": path} | ({} if body is None else {"body": body})
    return json.dumps({"request": request, "response": {"status": status, "body": answer}})


def test_the_same(tmp_path: Path) -> None:
    order = {"id": "7", "total": 10.0, "lines": [{"sku": "a", "at": "other"}], "q": "x"}
    body = {"a": [1, None]}
    lines = [line("GET", "/api/orders/7?q=x", 200, order), line("POST", "/api/echo", 201, body, body)]
    code, out, _ = ask(tmp_path, "\n".join(lines) + "\n\n", "--ignore", "body.lines[*].at")
    assert (code, out) == (0, "2 requests: 2 answered the same, 0 otherwise\n")


def test_differences_are_told_by_field(tmp_path: Path) -> None:
    was = {"id": 7, "total": 12, "lines": [], "extra": True}
    lines = [line("GET", "/api/orders/7", 200, was), line("GET", "/api/none", 200, {})]
    code, out, _ = ask(tmp_path, "\n".join(lines), "--ignore", "body.lines")
    assert code == 1
    assert out.splitlines()[:5] == [
        "GET /api/orders/7 (old.jsonl:1)",
        "  body.id: was 7, is '7'",
        "  body.total: was 12, is 10",
        "  body.extra: was true, is nothing",
        "  body.q: was nothing, is null",
    ]
    assert "  status: was 200, is 404" in out
    assert out.endswith("2 requests: 0 answered the same, 2 otherwise\n")


def test_har(tmp_path: Path) -> None:
    headers = [{"name": "Content-Type", "value": "application/json"}, {"name": ":authority", "value": "x"}]
    packed = {"mimeType": "application/json", "encoding": "base64", "text": base64.b64encode(b'{"a":2}').decode()}
    sent = {"mimeType": "application/json", "text": '{"a":1}'}
    url = "https://old.example:8443/api/echo?x=1"
    entry = {
        "request": {"method": "POST", "url": url, "headers": headers, "postData": sent},
        "response": {"status": 201, "headers": headers, "content": packed},
    }
    recording = json.dumps({"log": {"version": "1.2", "entries": [entry]}})
    code, out, _ = ask(tmp_path, recording, name="old.har")
    assert code == 1
    assert out.splitlines()[:2] == ["POST /api/echo?x=1 (old.har: entry 1)", "  body.a: was 2, is 1"]


REFUSED = {
    "": "old.jsonl: no request is recorded in it",
    "not json": "old.jsonl:1: not JSON; expected {",
    '{"request": {"method": "GET", "path": "/"}}': "old.jsonl:1: 'response' is missing; expected {",
    "[" * 100_000: "old.jsonl:1: not JSON; expected {",
    '{"log": {"entries": [{"request": {}}]}}': "old.jsonl: entry 1: 'response' is missing",
    '{"request": {"method": "GET", "path": "/"}, "response": {"status": [], "body": ""}}': "a value of another type",
}


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_what_is_no_recording(tmp_path: Path, text: str) -> None:
    code, _, err = ask(tmp_path, text)
    assert code == 1
    assert REFUSED[text] in err
    assert "Traceback" not in err


def test_nothing_to_do(tmp_path: Path) -> None:
    code, _, err = run(tmp_path, "-o", "x")
    assert code == 2
    assert "name the folder of an application" in err
