"""What callers can put into the log: no line without end, no line of their own."""

from __future__ import annotations

import json
import logging as logging_
import re
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from attacks.attack import watched
from server.running import Running, wait_until

from engine.limits import LONGEST_LOGGED, LONGEST_TRACEBACK
from engine.tools.logs.json_lines import EcsLine, JsonLine, OtelLine
from engine.tools.logs.lines import Line, TextLine

FLOWS = """
configs: {Api: {http:listener-config: {port: 0, maxHeaderSize: 200KB, maxBodySize: 20MiB}}}
flows:
  log:
    source: {http:listener: {config-ref: Api, path: /log}}
    steps: [{logger: {message: "#[payload]"}}]
  message:
    source: {http:listener: {config-ref: Api, path: /message}}
    steps: [{logger: {}}]
  error:
    source: {http:listener: {config-ref: Api, path: /error}}
    steps: [{raise-error: {type: "SHOP:CLOSED", description: "#[payload]"}}]
  bug:
    source: {http:listener: {config-ref: Api, path: /bug}}
    steps: [{python: {function: "broken:fail", arguments: ["#[payload]"]}}]
  variable:
    source: {http:listener: {config-ref: Api, path: /variable}}
    steps:
      - tracing:set-logging-variable: {variableName: sent, value: "#[payload]"}
      - logger: {message: hi}
  loop:
    source: {http:listener: {config-ref: Api, path: /loop}}
    steps: [{foreach: {collection: "range(20)", steps: [{logger: {message: "#[vars.rootMessage]"}}]}}]
"""
BROKEN = "def fail(text):\n    raise ValueError(text)\n"
FORMATS = ["text", "json", "otel", "ecs"]


def serving(request: pytest.FixtureRequest, folder: Path) -> Iterator[Running]:
    (folder / "flows.yaml").write_text(FLOWS)
    (folder / "broken.py").write_text(BROKEN)
    with Running(folder, "flows.yaml", "--log-format", request.param, "--log-burst", "0", cwd=folder) as server:
        yield server


@pytest.fixture(scope="module", params=FORMATS)
def logging(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    yield from serving(request, tmp_path_factory.mktemp("logging"))


@pytest.fixture(scope="module", params=FORMATS)
def failing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server of its own for errors that nobody expects: the others log no traceback."""
    yield from serving(request, tmp_path_factory.mktemp("failing"))


def lines_of(server: Running, path: str, content: bytes = b"") -> list[str]:
    """All lines that are written for a request, the last of which is about its answer."""
    before = len(server.log.split("\n")) - 1
    answered = server.client.post(path, content=content)
    server.logged(answered.headers["x-correlation-id"])
    wait_until(lambda: "engine.access" in server.log.split("\n")[-2] and len(server.log.split("\n")) > before + 1)
    return server.log.split("\n")[before:-1]


def check_form(lines: list[str]) -> None:
    """Each line is one record of its own, or a part of a traceback."""
    for line in lines:
        if line.startswith("{"):
            json.loads(line)
        assert STARTS.match(line), line[:100]
        assert line.isprintable()


STARTS = re.compile(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [A-Z]+ engine|    |\{"(time|Timestamp|@timestamp)":"')
LONG = "a" * (9 * 2**20)


@pytest.mark.reaches("LONGEST_LOGGED")
@pytest.mark.parametrize("path", ["/log", "/message", "/error", "/variable", "/loop"])
def test_a_long_text(logging: Running, path: str) -> None:
    with watched(logging):
        lines = lines_of(logging, path, json.dumps(LONG).encode())
    check_form(lines)
    assert len(lines) == (21 if path == "/loop" else 2)
    assert max(map(len, lines)) < LONGEST_LOGGED + 500
    if path == "/log":
        assert "(9,437,184 characters)" in lines[0]
    if path == "/error":
        assert "at error/steps/0 @ " in lines[0]


@pytest.mark.reaches("LONGEST_TRACEBACK")
def test_a_long_text_in_a_traceback(failing: Running) -> None:
    lines = lines_of(failing, "/bug", json.dumps(LONG + " the end").encode())
    check_form(lines)
    text = "\n".join(lines)
    assert "broken.py" in text
    assert "the end" in text
    assert len(text) < LONGEST_TRACEBACK + 5000


def test_a_long_traceback_of_many_lines(failing: Running) -> None:
    lines = lines_of(failing, "/bug", json.dumps("a\n" * 1_000_000).encode())
    check_form(lines)
    assert sum(map(len, lines)) < 4 * LONGEST_TRACEBACK


def test_a_long_path(logging: Running) -> None:
    with watched(logging):
        lines = lines_of(logging, "/log/" + "%41" * 20_000)
    check_form(lines)
    assert len(lines) == 1
    assert len(lines[0]) < LONGEST_LOGGED + 2_000  # in JSON its beginning and end stand in a field of their own, too


FORGED = {
    "line feed": "\n",
    "return": "\r",
    "both": "\r\n",
    "next line": "\u0085",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "vertical tab": "\v",
    "form feed": "\f",
    "file separator": "\x1c",
    "backspaces": "\b" * 100,
    "delete": "\x7f",
    "zero": "\0",
    "erased line": "\x1b[2K\x1b[1G",
    "title": "\x1b]0;owned\x07",
    "C1 control": "\x9b2J",
    "right to left": "\u202e",
    "isolate": "\u2066",
    "tag": "\U000e0041",
    "soft hyphen": "\u00ad",
    "half a character": "\ud800",
    "two halves": "\udfff\ud800",
    "no character": "\uffff",
}
LINE = "2026-01-01 00:00:00.000 INFO engine.flow all is well"


@pytest.mark.parametrize("path", ["/log", "/message", "/error", "/variable", "/bug"])
@pytest.mark.parametrize("name", FORGED)
def test_a_line_of_ones_own(failing: Running, path: str, name: str) -> None:
    lines = lines_of(failing, path, json.dumps(f"a{FORGED[name]}{LINE}").encode())
    check_form(lines)
    assert not any(line.startswith(LINE) for line in lines)


@pytest.mark.parametrize("name", sorted(set(FORGED) - {"half a character", "two halves", "zero"}))
def test_a_line_of_ones_own_in_a_path(logging: Running, name: str) -> None:
    lines = lines_of(logging, f"/none/{quote(FORGED[name] + LINE)}")
    check_form(lines)
    assert len(lines) == 1


# A secret at the place where a text is cut


def record(text: str) -> logging_.LogRecord:
    return logging_.LogRecord("engine", logging_.INFO, "", 0, "%s", (text,), None)


@pytest.mark.parametrize("line", [TextLine, JsonLine, OtelLine, EcsLine])
@pytest.mark.parametrize("spelling", [str, quote, lambda text: b64encode(text.encode()).decode()])
def test_a_secret_is_not_cut_in_two(line: type[Line], spelling: Callable[[str], str]) -> None:
    secret = "s3cret/of&the app"  # noqa: S105  # of nobody
    shown = spelling(secret)
    formatter = line([secret])
    for offset in range(len(shown) + 2):
        text = "-" * (LONGEST_LOGGED - offset) + shown + "-" * 20_000
        assert shown[:5] not in formatter.format(record(text))
    assert shown[:5] not in formatter.format(record(f"{shown} " * 5_000))


@pytest.mark.parametrize("line", [TextLine, JsonLine, OtelLine, EcsLine])
def test_a_secret_is_not_cut_in_two_in_a_traceback(line: type[Line]) -> None:
    secret = "s3cret of the app"  # noqa: S105  # of nobody
    formatter = line([secret])
    for offset in range(20):
        for long in ("-" * (LONGEST_TRACEBACK // 2 - offset - 60), "-" * (LONGEST_TRACEBACK + offset)):
            try:
                raise ValueError(f"{long}{secret}{'-' * (LONGEST_TRACEBACK // 2 - offset)}")
            except ValueError:
                failed = record("failed")
                failed.exc_info = sys.exc_info()
            text = formatter.format(failed)
            assert not re.search("s3c|app", text.split("ValueError", 1)[1])
