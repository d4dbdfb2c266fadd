"""`--access-log`: which requests have a line."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from server.conftest import start as start  # a fixture
from server.running import Running, engine

from engine.wire.access_log import AccessLog

FLOW = """
configs: {Api: {http:listener-config: {port: 0}}}
flows:
  good:
    source: {http:listener: {config-ref: Api, path: /good}}
    steps: [{set-payload: {value: {a: 1}}}]
  refused:
    source: {http:listener: {config-ref: Api, path: /refused}}
    steps: [{raise-error: {type: "SHOP:CLOSED", description: closed}}]
    error-handler: [{on-error-propagate: {steps: [{set-variable: {variableName: httpStatus, value: 409}}]}}]
  bad:
    source: {http:listener: {config-ref: Api, path: /bad}}
    steps: [{raise-error: {type: "SHOP:CLOSED", description: closed}}]
"""
PATHS = ["/good", "/good", "/refused", "/bad", "/nowhere"]


def statuses(server: Running) -> list[str]:
    """The statuses in the access log, once the server has ended and nothing can come any more."""
    for path in PATHS:
        server.post(path)
    assert server.end() == 0
    return re.findall(r"engine\.access POST \S+ \S+ (\d+)", server.log)


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ([], "200 200 409 500 404"),
        (["--access-log", "all"], "200 200 409 500 404"),
        (["--access-log", "100%"], "200 200 409 500 404"),
        (["--access-log", "errors"], "409 500 404"),
        (["--access-log", "0"], "409 500 404"),
        (["--access-log", "errors", "--slow-request", "0"], "200 200 409 500 404"),
        (["--access-log", "off"], ""),
        (["--log-level", "warning", "--access-log", "all"], ""),
    ],
)
def test_which_requests_have_a_line(start: Any, options: list[str], wanted: str) -> None:
    server = start(FLOW, *options)
    assert statuses(server) == wanted.split()
    assert " ERROR engine SHOP:CLOSED: closed at bad/steps/0" in server.log  # errors have lines of their own


@pytest.mark.parametrize("share", [0.01, 0.3])
def test_a_share_of_the_others(share: float) -> None:
    log = AccessLog()
    log.share, log.slow = share, 500.0
    kept = sum(log.keeps(200, 1.0) for _ in range(20_000))
    assert 0.5 * share < kept / 20_000 < 1.5 * share
    for status, milliseconds, has_failed in ((400, 1.0, False), (500, 1.0, False), (200, 500.0, False), (200, 1, True)):
        assert all(log.keeps(status, milliseconds, has_failed=has_failed) for _ in range(1_000))


STREAM = """
  stream:
    source: {http:listener: {config-ref: Api, path: /stream}}
    steps:
      - foreach:
          collection: range(0, 3)
          collect: {target: out, streaming: true, success: "#[payload]", abortOn: "APP:STOP"}
          steps:
            - choice:
                when:
                  - expression: payload == `2`
                    steps: [{raise-error: {type: "APP:STOP", description: stop}}]
      - set-payload: {value: "#[vars.out]"}
"""


def test_a_stream_that_breaks_off_is_an_error(start: Any) -> None:
    """Its status was sent before."""
    server = start(FLOW + STREAM, "--access-log", "errors")
    with pytest.raises(httpx.RemoteProtocolError):
        server.post("/stream")
    server.post("/good")
    assert server.end() == 0
    assert re.findall(r"engine\.access POST (\S+) \S+ (\d+)", server.log) == [("/stream", "200")]


@pytest.mark.parametrize("value", ["1.5", "-1", "nan", "some", "200%", "1%%", ""])
def test_a_share_that_is_none(value: str, tmp_path: Path) -> None:
    done = engine("serve", str(tmp_path), f"--access-log={value}")
    assert done.returncode == 2
    told = f"'{value}' is none of all, errors, off and a share from 0 to 1, such as 0.01 or 1%"
    assert told in done.stderr


def test_a_duration_that_is_none(tmp_path: Path) -> None:
    done = engine("serve", str(tmp_path), "--slow-request", "soon")
    assert done.returncode == 2
    assert "'soon' is no duration; write milliseconds (3000), or 500ms, 3s, 5m, PT5M" in done.stderr


def test_a_line_of_a_request_has_its_trace(start: Any) -> None:
    server = start(FLOW, "--log-format", "json")
    trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    server.post("/bad", headers={"traceparent": f"00-{trace}-{span}-01", "X-Correlation-ID": "traced"})
    server.post("/bad", headers={"traceparent": "broken", "X-Correlation-ID": "untraced"})
    for line in server.logged("traced", lines=4):
        assert (f'"trace_id":"{trace}","span_id":"{span}"' in line) is ('"traced"' in line)


EMBEDDED = """
import logging, sys
class Kept(logging.Handler):
    def emit(self, record): records.append(record)
records = []
logging.getLogger("engine").addHandler(Kept())
logging.getLogger("engine").setLevel("INFO")
import asyncio, httpx
from engine import Application
app = Application.load(sys.argv[1])
parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
async def ask():
    async with app, httpx.AsyncClient(transport=httpx.ASGITransport(app.asgi()), base_url="http://here") as client:
        for _ in range(30):
            await client.post("/bad", headers={"traceparent": parent})
asyncio.run(ask())
print(logging.getLogger().handlers, logging.getLevelName(5))
print(len([each for each in records if each.name == "engine.access"]), len(records))
for each in records[:2]:
    print(each.name, each.flow, each.trace_id, each.span_id, getattr(each, "element", ""), each.error_type)
"""


def test_where_it_is_embedded_the_loggers_are_ordinary(tmp_path: Path) -> None:
    """No handler, no sample, no count; the records have their fields."""
    (tmp_path / "flows.yaml").write_text(FLOW)
    done = subprocess.run(
        [sys.executable, "-c", EMBEDDED, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    ids = "4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7"
    assert done.stdout.splitlines() == [
        "[] Level 5",
        "30 60",
        f"engine bad {ids} bad/steps/0 SHOP:CLOSED",
        f"engine.access bad {ids}  SHOP:CLOSED",
    ]
    assert done.stderr == ""
