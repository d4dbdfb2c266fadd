"""Logging variables in the lines of the log."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from pathlib import Path

import pytest

from engine import Application
from engine.tools.logs.json_lines import JsonLine
from engine.tools.logs.lines import TextLine

SET = "tracing:set-logging-variable: {variableName: order, value: '#[7]'}"


def logged(tmp_path: Path, caplog: pytest.LogCaptureFixture, *steps: str, formatter: logging.Formatter) -> list[str]:
    """The lines that a flow of these steps logs, as the formatter writes them."""
    flow = tmp_path / "flow.yaml"
    calls = "sub-flows: {inner: {steps: [{logger: {message: in sub-flow}}]}}\n"
    flow.write_text(calls + "flows:\n  main:\n    steps:\n" + "".join(f"      - {step}\n" for step in steps))

    async def run() -> None:
        async with Application.load(flow) as app:
            await app.run("main", payload=[1, 2], correlation_id="c1")

    with caplog.at_level(logging.INFO, logger="engine"):
        asyncio.run(run())
    return [formatter.format(record) for record in caplog.records]


def ends(lines: list[str]) -> list[str]:
    """Each line without its time, and without the place of the logger."""
    return [re.sub(" element=[^ ]+", "", line.split(" INFO ")[-1]) for line in lines]


@pytest.mark.parametrize(
    ("step", "lines"),
    [
        ("logger: {message: hi}", ["engine.flow hi correlationId=c1 order=7"]),
        ("foreach: {steps: [{logger: {message: '#[payload]'}}]}",
         ["engine.flow 1 correlationId=c1 order=7", "engine.flow 2 correlationId=c1 order=7"]),
        ("flow-ref: {name: inner}", ["engine.flow in sub-flow correlationId=c1 order=7"]),
        ("try: {steps: [{logger: {message: hi}}]}", ["engine.flow hi correlationId=c1 order=7"]),
        ("async: {steps: [{logger: {message: later}}]}", ["engine.flow later correlationId=c1 order=7"]),
        ("scatter-gather: {routes: [{steps: [{logger: {message: a}}]}, {steps: []}]}",
         ["engine.flow a correlationId=c1 order=7"]),
        ("parallel-foreach: {steps: [{logger: {message: a}}]}", ["engine.flow a correlationId=c1 order=7"] * 2),
        ("until-successful: {steps: [{logger: {message: a}}]}", ["engine.flow a correlationId=c1 order=7"]),
        ("choice: {when: [{expression: true, steps: [{logger: {message: a}}]}]}",
         ["engine.flow a correlationId=c1 order=7"]),
        ("tracing:with-correlation-id: {correlationId: c2, steps: [{logger: {message: a}}]}",
         ["engine.flow a correlationId=c2 order=7"]),
    ],
)  # fmt: skip
def test_they_go_along(tmp_path: Path, caplog: pytest.LogCaptureFixture, step: str, lines: list[str]) -> None:
    assert ends(logged(tmp_path, caplog, SET, step, formatter=TextLine([]))) == lines


def test_they_stay_after_the_scope_that_set_them(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    steps = "foreach: {steps: [{tracing:set-logging-variable: {variableName: item, value: '#[payload]'}}]}"
    lines = logged(tmp_path, caplog, steps, "logger: {message: hi}", formatter=TextLine([]))
    assert ends(lines) == ["engine.flow hi correlationId=c1 item=2"]


def test_they_are_removed_and_cleared(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    other = "tracing:set-logging-variable: {variableName: other, value: a}"
    remove = "tracing:remove-logging-variable: {variableName: order}"
    log, clear = "logger: {message: hi}", "tracing:clear-logging-variables:"
    lines = logged(tmp_path, caplog, SET, other, remove, log, clear, log, formatter=TextLine([]))
    assert ends(lines) == ["engine.flow hi correlationId=c1 other=a", "engine.flow hi correlationId=c1"]


def test_json_holds_them_under_variables(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    [line] = logged(tmp_path, caplog, SET, "logger: {message: hi}", formatter=JsonLine([]))
    assert json.loads(line)["variables"] == {"order": "7"}


def test_a_hostile_value_makes_no_second_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    step = (
        "tracing:set-logging-variable: {variableName: order, value: \"#[concat('a', repeat('b', 5000))]\\n2026 INFO\"}"
    )
    [line] = logged(tmp_path, caplog, step, "logger: {message: hi}", formatter=TextLine([]))
    assert "\n" not in line
    assert len(line) < 1200
