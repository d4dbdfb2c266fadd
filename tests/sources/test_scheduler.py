"""When a scheduler starts its flow, on a clock that the test moves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from fake_clock import FakeClock, settle

from engine import Application

Load = Callable[..., Application]

FLOW = """
configs: {Queues: {vm:config: {queues: [{queueName: never}]}}}
flows:
  tick:
    %s
    source: {scheduler: {%s}}
    steps:
      - logger: {message: fired}
      %s
"""
WORK = "- try: {steps: [{vm:consume: {config-ref: Queues, queueName: never, timeout: %s}}], error-handler: [%s]}"
CONTINUE = "{on-error-continue: {logException: false}}"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _levels(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def fired(caplog: pytest.LogCaptureFixture) -> int:
    return caplog.messages.count("fired")


def counts(app: Application, clock: FakeClock, caplog: pytest.LogCaptureFixture, *steps: float) -> list[int]:
    """How often the flow was started when the application listens, and after each of the steps."""

    async def run() -> list[int]:
        await app.listen()
        await settle()
        found = [fired(caplog)]
        for seconds in steps:
            await clock.advance(seconds)
            found.append(fired(caplog))
        await app.stop()
        await clock.advance(100)
        assert fired(caplog) == found[-1], "it went on after the end"
        return found

    return asyncio.run(run())


def at_frequency(parameters: str, more: str = "", work: str = "", flow: str = "") -> str:
    return FLOW % (flow, f"fixed-frequency: {{{parameters}}}{more}", work)


@pytest.mark.parametrize(
    ("parameters", "steps", "wanted"),
    [
        ("frequency: 1000", [0.999, 0.001, 1, 3], [1, 1, 2, 3, 6]),
        ("frequency: 1, timeUnit: SECONDS", [0.999, 0.001], [1, 1, 2]),
        ("frequency: 1s", [0.999, 0.001], [1, 1, 2]),
        ("frequency: 100, startDelay: 1000", [0.999, 0.001, 0.1], [0, 0, 1, 2]),
        ("frequency: 1, startDelay: 2, timeUnit: MINUTES", [119, 1, 60], [0, 0, 1, 2]),
        ("", [59.9, 0.1], [1, 1, 2]),
        ("frequency: 100", [60], [1, 601]),  # a tenth of a second is no binary fraction, and yet there is no drift
    ],
)
def test_a_fixed_frequency(
    load: Load, caplog: pytest.LogCaptureFixture, parameters: str, steps: list[float], wanted: list[int]
) -> None:
    clock = FakeClock()
    assert counts(load(at_frequency(parameters), clock), clock, caplog, *steps) == wanted


def test_a_firing_is_skipped_while_the_run_before_goes_on(load: Load, caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    app = load(at_frequency("frequency: 1000", work=WORK % ("2500ms", CONTINUE)), clock)
    assert counts(app, clock, caplog, 2.9, 0.1, 2.9, 0.1) == [1, 1, 2, 2, 3]
    assert "the flow tick is not started: the run before goes on" in caplog.messages


def test_runs_may_overlap_as_far_as_the_flow_has_room(load: Load, caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    text = at_frequency(
        "frequency: 1000", ", disallowConcurrentExecution: false", WORK % ("2500ms", CONTINUE), "maxConcurrency: 2"
    )
    assert counts(load(text, clock), clock, caplog, 1, 1, 1) == [1, 2, 2, 3]
    assert caplog.messages.count("the flow tick is not started: it is full") == 1


def test_an_error_is_logged_once_and_the_next_firing_comes(load: Load, caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    work = '- raise-error: {type: "APP:BROKEN", description: it broke}'
    assert counts(load(at_frequency("frequency: 1000", work=work), clock), clock, caplog, 1, 1) == [1, 2, 3]
    errors = [record.message for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 3
    assert all(message.startswith("APP:BROKEN: it broke at tick/steps/1") for message in errors)


def test_each_event_is_new_and_empty(load: Load, caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    work = '- logger: {message: "#[payload] #[attributes] #[vars]"}'
    assert counts(load(at_frequency("frequency: 1000", work=work), clock), clock, caplog, 1) == [1, 2]
    assert caplog.messages.count(" {} {}") == 2
    ids = {record.correlation_id for record in caplog.records if record.message == "fired"}  # type: ignore[attr-defined]
    assert len(ids) == 2


def test_a_stopped_flow_is_not_started(load: Load, caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    app = load(at_frequency("frequency: 1000", flow="initialState: stopped"), clock)
    assert counts(app, clock, caplog, 5) == [0, 0]


def by_cron(expression: str) -> str:
    return FLOW % ("", f'cron: {{expression: "{expression}", timeZone: Europe/Berlin}}', "")


def test_cron_in_its_time_zone(load: Load, caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock(NOON)
    hour = 3600
    app = load(by_cron("0 0 14 * * ?"), clock)  # 13:00 UTC
    assert counts(app, clock, caplog, hour - 1, 1, 23 * hour, hour) == [0, 0, 1, 1, 2]


def moved(load: Load, caplog: pytest.LogCaptureFixture, by: timedelta, *steps: float) -> list[int]:
    """How often an hourly flow is started: until 13:00, then, with the clock set, after each step."""
    clock = FakeClock(NOON - timedelta(minutes=1))
    app, found = load(by_cron("0 0 * * * ?"), clock), []

    async def run() -> None:
        await app.listen()
        await clock.advance(60)
        clock.set(clock.now() + by)
        found.append(fired(caplog))
        for seconds in steps:
            await clock.advance(seconds)
            found.append(fired(caplog))
        await app.stop()

    asyncio.run(run())
    return found


def test_a_clock_that_is_set_back_repeats_nothing(load: Load, caplog: pytest.LogCaptureFixture) -> None:
    assert moved(load, caplog, -timedelta(minutes=30), 1800 + 60, 3600 - 61, 1) == [1, 1, 1, 2]


def test_a_clock_that_is_set_back_by_far_counts_anew(load: Load, caplog: pytest.LogCaptureFixture) -> None:
    assert moved(load, caplog, -timedelta(hours=5), 3599, 1) == [1, 1, 2]


def test_firings_that_were_slept_through_are_made_up_for_by_one(load: Load, caplog: pytest.LogCaptureFixture) -> None:
    assert moved(load, caplog, timedelta(hours=5, minutes=10), 60, 3600) == [1, 2, 3]


def test_an_expression_whose_years_are_over_ends_nothing(load: Load, caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    assert counts(load(by_cron("0 0 0 1 1 ? 2020"), clock), clock, caplog, 10**6) == [0, 0]
    assert "the flow tick is not started any more: its cron expression has no time left" in caplog.messages


@pytest.mark.parametrize(("seconds", "is_cancelled"), [(0.1, False), (60, True)])
def test_a_run_may_end_when_the_application_stops(
    load: Load, caplog: pytest.LogCaptureFixture, seconds: float, is_cancelled: bool
) -> None:
    text = at_frequency("frequency: 1h", work=WORK % (f"{seconds}s", CONTINUE) + "\n      - logger: {message: ended}")
    app = load(text)

    async def run() -> None:
        await app.listen()
        await settle()
        await app.stop()
        assert len(asyncio.all_tasks()) == 1, "a task is left over"

    asyncio.run(run())
    assert ("ended" in caplog.messages) != is_cancelled
    assert ("sources did not end within 0.2 s" in caplog.messages) == is_cancelled


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("fixed-frequency: {frequency: 1500}", "every 1.5 s"),
        ("fixed-frequency: {frequency: 2, timeUnit: HOURS}", "every 7200 s"),
        ('cron: {expression: "0 0 12 * * ?", timeZone: Europe/Berlin}', "at 0 0 12 * * ? (Europe/Berlin)"),
        ('cron: {expression: "*/5 * * * *"}', "at */5 * * * *"),
    ],
)
def test_in_words(load: Load, source: str, words: str) -> None:
    flow = load(FLOW % ("", source, "")).flows["tick"]
    assert flow.source is not None
    assert flow.source.starts_at() == words
