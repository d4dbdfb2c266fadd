"""How long until-successful waits."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from fake_clock import FakeClock
from hypothesis import given
from hypothesis import strategies as st
from loopback import in_loop

from engine import Event, FlowError, Processor
from engine.work.runtime import Runtime
from processors.core._retry_after import read_retry_after
from processors.core.until_successful import Backoff, UntilSuccessful

NOW = datetime(1994, 11, 6, 8, 49, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (7, 7.0),
        (0.5, 0.5),
        ("120", 120.0),
        (" 120 ", 120.0),
        (0, 0.0),
        (-5, 0.0),
        ("-5", 0.0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 37.0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 37.0),
        ("Sun Nov  6 08:49:37 1994", 37.0),
        ("Sun, 06 Nov 1994 09:49:37 +0100", 37.0),
        ("Sun, 06 Nov 1994 08:00:00 GMT", 0.0),
        (None, None),
        ("", None),
        ("soon", None),
        (True, None),
        ([7], None),
        ({}, None),
        (float("nan"), None),
        (float("inf"), None),
        ("9" * 10_000, None),
        ("Sun, 99 Nov 1994 08:49:37 GMT", None),
        ("Sun, 06 Nov 1994 08:49:37 +999999999", None),
        ("x" * 10_000, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: object, seconds: float | None) -> None:
    assert read_retry_after(value, NOW) == seconds


@given(st.text(max_size=80))
def test_no_text_breaks_retry_after(text: str) -> None:
    seconds = read_retry_after(text, NOW)
    assert seconds is None or seconds >= 0


@given(
    base=st.integers(0, 10_000),
    factor=st.floats(1, 1e6),
    most=st.integers(0, 100_000),
    jitter=st.integers(0, 5_000),
    number=st.integers(1, 10**6),
)
def test_a_wait_grows_to_its_most_and_jitter_is_added(
    base: int, factor: float, most: int, jitter: int, number: int
) -> None:
    backoff = Backoff(base=base, factor=factor, max=most, jitter=jitter)
    wait = backoff.wait(Event(), number)
    try:
        plain = min(base / 1000 * factor ** (number - 1), most / 1000)
    except OverflowError:
        plain = min(base * 1e9, most / 1000)
    assert plain <= wait <= plain + jitter / 1000


def test_without_a_max_a_wait_has_an_end_all_the_same() -> None:
    assert Backoff(base=1000, factor=10).wait(Event(), 10**6) == 1e10
    assert Backoff(base=0, factor=10).wait(Event(), 10**6) == 0


class Broken(Processor):
    """Fails, and counts how often."""

    async def run(self, event: Event) -> Event:
        raise FlowError("APP:BUSY", "come again")


@pytest.mark.parametrize(
    ("parameters", "slept"),
    [
        ({}, [60.0] * 5),
        ({"max_retries": 2, "millis_between_retries": 250}, [0.25, 0.25]),
        ({"max_retries": 2, "millis_between_retries": "3s"}, [3.0, 3.0]),
        ({"max_retries": 0}, []),
        ({"max_retries": 3, "backoff": {"base": "1s"}}, [1.0, 2.0, 4.0]),
        ({"max_retries": 3, "backoff": {"base": "1s", "factor": 1.5, "max": "2s"}}, [1.0, 1.5, 2.0]),
        ({"max_retries": 2, "retry_after": {"value": "5"}}, [5.0, 5.0]),
        ({"max_retries": 1, "retry_after": {"value": "99999999"}}, [3600.0]),
        ({"max_retries": 1, "retry_after": {"value": "90", "max": "1m"}}, [60.0]),
        ({"max_retries": 1, "retry_after": {"value": "error.cause"}, "millis_between_retries": 1}, [0.001]),
        ({"max_retries": 1, "retry_after": {"value": "'Thu, 01 Jan 2026 00:00:09 GMT'"}}, [9.0]),
        ({"max_retries": 1, "retry_after": {"value": "'Thu, 01 Jan 2020 00:00:09 GMT'"}}, [0.0]),
    ],
)
@in_loop
async def test_waits_are_those_of_the_parameters(parameters: dict[str, object], slept: list[float]) -> None:
    clock = FakeClock(hurries=True)
    scope = UntilSuccessful(steps=[Broken()], **parameters)  # type: ignore[arg-type]  # as a flow file has them
    scope.live_in(Runtime(clock))
    with pytest.raises(FlowError, match="come again"):
        await scope.run(Event())
    assert clock.slept == slept
