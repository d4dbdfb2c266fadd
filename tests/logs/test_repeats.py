"""Errors of the same kind: the first are written, the rest is counted, and no count is lost."""

from __future__ import annotations

import io
import logging
import re
import time
from typing import Any

import pytest
from server.conftest import start as start  # a fixture
from server.running import Running, wait_until

from engine.limits import MOST_ALIKE, MOST_KINDS_COUNTED, REPEAT_WINDOW
from engine.tools.logs.handler import LogHandler
from engine.tools.logs.lines import TextLine
from engine.tools.logs.repeats import Repeats


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def record(text: str = "%s", *arguments: Any, name: str = "engine", **fields: Any) -> logging.LogRecord:
    made = logging.LogRecord(name, logging.ERROR, "", 0, text, arguments, None)
    made.__dict__.update(fields)
    return made


def closed(number: int = 1, place: str = "a/steps/0") -> logging.LogRecord:
    return record("%s", f"SHOP:CLOSED: order {number}", error_type="SHOP:CLOSED", element=place, flow="a")


def written(repeats: Repeats, *records: logging.LogRecord) -> list[str]:
    return [told.getMessage() for each in records for told in repeats.pass_on(each)]


@pytest.mark.reaches("MOST_ALIKE", "REPEAT_WINDOW")
def test_the_rest_of_a_kind_is_told_when_its_time_is_over() -> None:
    clock = Clock()
    repeats = Repeats(MOST_ALIKE, clock)
    assert len(written(repeats, *map(closed, range(MOST_ALIKE)))) == MOST_ALIKE
    assert written(repeats, *map(closed, range(1_204))) == []
    clock.now += REPEAT_WINDOW - 0.1
    assert written(repeats) == [told.getMessage() for told in repeats.over()] == []
    clock.now += 0.1
    [told] = repeats.over()
    assert told.getMessage() == "… 1,204 more like this in 10 s: SHOP:CLOSED at a/steps/0"
    kept = told.name, told.levelname, told.__dict__["repeats"], told.__dict__["error_type"], told.__dict__["flow"]
    assert kept == ("engine", "ERROR", 1_204, "SHOP:CLOSED", "a")
    assert list(repeats.over()) == list(repeats.all()) == []


def test_the_next_of_a_kind_is_written_behind_the_count() -> None:
    clock = Clock()
    repeats = Repeats(1, clock)
    assert len(written(repeats, closed(), closed(), closed())) == 1
    clock.now += REPEAT_WINDOW
    assert written(repeats, closed(9)) == [
        "… 2 more like this in 10 s: SHOP:CLOSED at a/steps/0", "SHOP:CLOSED: order 9",
    ]  # fmt: skip


OTHERS = [
    closed(place="a/steps/1"),
    record("%s", "SHOP:OPEN: x", error_type="SHOP:OPEN", element="a/steps/0"),
    record("%s", "a text of its own"),
    record("%s", "another text"),
    record("worker %d ended", 1),
    record("worker %d started", 1),
    record("worker %d ended", 1, name="asyncio"),
]


def test_other_places_types_and_texts_are_other_kinds() -> None:
    repeats = Repeats(1, Clock())
    assert len(written(repeats, *OTHERS)) == len(OTHERS)
    assert written(repeats, record("worker %d ended", 2), *OTHERS) == []


def test_what_was_counted_is_told_at_the_end() -> None:
    clock = Clock()
    repeats = Repeats(1, clock)
    long = record("%s", "a" * 1_000)
    written(repeats, closed(), closed(), record("worker %d ended", 1), record("worker %d ended", 2), long, long)
    clock.now += 2.5
    assert [told.getMessage() for told in repeats.all()] == [
        "… 1 more like this in 3 s: SHOP:CLOSED at a/steps/0",
        "… 1 more like this in 3 s: worker 1 ended",
        "… 1 more like this in 3 s",
    ]


@pytest.mark.reaches("MOST_KINDS_COUNTED")
def test_the_count_of_the_oldest_is_told_for_a_kind_too_many() -> None:
    repeats = Repeats(1, Clock())
    kinds = [record("%s", f"text {number}") for number in range(MOST_KINDS_COUNTED)]
    assert len(written(repeats, *kinds, kinds[0])) == MOST_KINDS_COUNTED
    assert written(repeats, record("%s", "new")) == ["… 1 more like this in 1 s: text 0", "new"]


# The handler


@pytest.fixture
def log(request: pytest.FixtureRequest) -> Any:
    handler = LogHandler(getattr(request, "param", 2))
    handler.setFormatter(TextLine(["s3cr3t"]))
    handler.setStream(io.StringIO())
    yield handler
    handler.close()


def lines(handler: LogHandler) -> list[str]:
    return [line.split("ERROR ")[1] for line in handler.stream.getvalue().splitlines()]


def test_lines_of_requests_and_of_logger_steps_are_never_counted(log: LogHandler) -> None:
    for name in ("engine.access", "engine.flow"):
        for _ in range(5):
            log.handle(record("%s", "hi", name=name))
    log.close()
    assert lines(log) == ["engine.access hi"] * 5 + ["engine.flow hi"] * 5


def test_the_count_is_told_at_the_end_without_secrets(log: LogHandler) -> None:
    for _ in range(5):
        log.handle(record("%s", "no s3cr3t here"))
    log.close()
    log.close()
    assert lines(log) == ["engine no *** here"] * 2 + ["engine … 3 more like this in 1 s: no *** here"]


def test_the_count_is_told_in_time_though_nothing_is_logged_any_more(
    log: LogHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.tools.logs.repeats.REPEAT_WINDOW", 0.1)
    for _ in range(5):
        log.handle(record("%s", "down"))
    assert len(lines(log)) == 2
    wait_until(lambda: len(lines(log)) == 3)
    assert lines(log)[2] == "engine … 3 more like this in 1 s: down"
    time.sleep(0.1)
    log.handle(record("%s", "down"))
    assert lines(log)[3:] == ["engine down"]


def test_a_forked_process_does_not_tell_the_counts_of_its_parent(log: LogHandler) -> None:
    for _ in range(5):
        log.handle(record("%s", "down"))
    child = record("%s", "down")
    child.process = 1
    log.handle(child)
    log.close()  # nobody of the process 1 is here to tell anything
    assert lines(log) == ["engine down"] * 3


@pytest.mark.parametrize("log", [0], indirect=True)
def test_all_are_written_if_so_wanted(log: LogHandler) -> None:
    for _ in range(50):
        log.handle(record("%s", "down"))
    assert len(lines(log)) == 50


FLOW = """
configs: {Api: {http:listener-config: {port: 0}}}
flows:
  bad:
    source: {http:listener: {config-ref: Api, path: /bad}}
    steps: [{raise-error: {type: "SHOP:CLOSED", description: "#[payload]"}}]
"""


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_server_tells_the_count_at_its_end(start: Any, workers: str) -> None:
    server: Running = start(FLOW, "--workers", workers, "--log-burst", "3")
    for number in range(40):
        assert server.post("/bad", json=f"order {number}").status_code == 500
    wait_until(lambda: server.log.count("engine.access") == 40)
    assert server.end() == 0
    first = re.findall(r"ERROR engine SHOP:CLOSED: order \d+ at bad/steps/0", server.log)
    counted = re.findall(r"ERROR engine … (\d+) more like this in \d+ s: SHOP:CLOSED at bad/steps/0", server.log)
    assert len(first) + sum(map(int, counted)) == 40
    assert 3 <= len(first) <= 3 * int(workers)
    assert counted
