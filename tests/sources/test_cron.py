"""Which moments a cron expression names, in Quartz' spelling and in that of a crontab."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from processors.core._cron import CronExpression

BERLIN = ZoneInfo("Europe/Berlin")

# From Thursday, 1 January 2026, 00:00 UTC: the first three.
FIRST = {
    "0 0 12 * * ?": ["01-01T12:00", "01-02T12:00", "01-03T12:00"],
    "0 15 10 ? * *": ["01-01T10:15", "01-02T10:15", "01-03T10:15"],
    "0 15 10 * * *": ["01-01T10:15", "01-02T10:15", "01-03T10:15"],
    "0 15 10 * * ? *": ["01-01T10:15", "01-02T10:15", "01-03T10:15"],
    "0 0/20 14 * * ?": ["01-01T14:00", "01-01T14:20", "01-01T14:40"],
    "0 0-2 14 * * ?": ["01-01T14:00", "01-01T14:01", "01-01T14:02"],
    "0 10,44 14 ? 3 WED": ["03-04T14:10", "03-04T14:44", "03-11T14:10"],
    "0 0 9 ? * MON-FRI": ["01-01T09:00", "01-02T09:00", "01-05T09:00"],
    "0 0 9 ? * 2-6": ["01-01T09:00", "01-02T09:00", "01-05T09:00"],
    "0 0 9 ? * 1": ["01-04T09:00", "01-11T09:00", "01-18T09:00"],
    "0 0 9 ? * SAT-SUN": ["01-03T09:00", "01-04T09:00", "01-10T09:00"],
    "0 0 22-1 1 1 ?": ["01-01T01:00", "01-01T22:00", "01-01T23:00"],
    "0 0 0 L * ?": ["01-31T00:00", "02-28T00:00", "03-31T00:00"],
    "0 0 0 L-2 * ?": ["01-29T00:00", "02-26T00:00", "03-29T00:00"],
    "0 0 0 LW * ?": ["01-30T00:00", "02-27T00:00", "03-31T00:00"],
    "0 0 0 15W * ?": ["01-15T00:00", "02-16T00:00", "03-16T00:00"],
    "0 0 0 1W * ?": ["02-02T00:00", "03-02T00:00", "04-01T00:00"],
    "0 0 0 31W * ?": ["01-30T00:00", "03-31T00:00", "05-29T00:00"],
    "0 0 0 ? * 6L": ["01-30T00:00", "02-27T00:00", "03-27T00:00"],
    "0 0 0 ? * FRIL": ["01-30T00:00", "02-27T00:00", "03-27T00:00"],
    "0 0 0 ? * L": ["01-03T00:00", "01-10T00:00", "01-17T00:00"],
    "0 0 0 ? * 6#3": ["01-16T00:00", "02-20T00:00", "03-20T00:00"],
    "0 0 0 ? * MON#1,FRIL": ["01-05T00:00", "01-30T00:00", "02-02T00:00"],
    "0 0 0 1,15 * ?": ["01-15T00:00", "02-01T00:00", "02-15T00:00"],
    "0 0 0 1 jan-mar/2 ?": ["03-01T00:00", "2027-01-01T00:00", "2027-03-01T00:00"],
    "0 0 0 29 2 ?": ["2028-02-29T00:00", "2032-02-29T00:00", "2036-02-29T00:00"],
    "0 0 0 ? 2 SUN#5": ["2032-02-29T00:00", "2060-02-29T00:00", "2088-02-29T00:00"],
    "0 0 0 1 1 ? 2027-2028": ["2027-01-01T00:00", "2028-01-01T00:00"],
    "*/30 * * * * ?": ["01-01T00:00:30", "01-01T00:01", "01-01T00:01:30"],
    "5/25 0 0 * * ?": ["01-01T00:00:05", "01-01T00:00:30", "01-01T00:00:55"],
    # A crontab: no seconds, Sunday is 0 and 7, of two days one is enough.
    "*/15 * * * *": ["01-01T00:15", "01-01T00:30", "01-01T00:45"],
    "30 4 * * 0": ["01-04T04:30", "01-11T04:30", "01-18T04:30"],
    "30 4 * * 7": ["01-04T04:30", "01-11T04:30", "01-18T04:30"],
    "30 4 * * mon": ["01-05T04:30", "01-12T04:30", "01-19T04:30"],
    "30 4 5 * 3": ["01-05T04:30", "01-07T04:30", "01-14T04:30"],
    "30 4 */10 * 3": ["01-21T04:30", "02-11T04:30", "03-11T04:30"],
}


def firings(expression: str, moment: datetime, count: int, zone: ZoneInfo | None) -> list[datetime]:
    """The first moments after this one, in the time of the zone."""
    cron, found = CronExpression(expression), []
    following: datetime | None = moment
    while len(found) < count and (following := cron.after(following, zone)):
        found.append(following.astimezone(zone))
    return found


@pytest.mark.parametrize(("expression", "wanted"), FIRST.items(), ids=FIRST)
def test_first_moments(expression: str, wanted: list[str]) -> None:
    full = [text if text.startswith("20") else f"2026-{text}" for text in wanted]
    found = firings(expression, datetime(2026, 1, 1, tzinfo=UTC), 3, ZoneInfo("UTC"))
    assert found == [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in full]


# In Berlin 02:00 becomes 03:00 on 29 March 2026, and 03:00 becomes 02:00 on 25 October.
SPRING, AUTUMN = datetime(2026, 3, 29, 0, 0, tzinfo=UTC), datetime(2026, 10, 24, 23, 0, tzinfo=UTC)
OVER_A_CHANGE = [
    ("0 30 2 * * ?", SPRING, ["03-29T03:30+02:00", "03-30T02:30+02:00"]),  # with the offset before
    ("0 30 2 * * ?", AUTUMN, ["10-25T02:30+02:00", "10-26T02:30+01:00"]),  # once
    ("0 0 3 * * ?", SPRING, ["03-29T03:00+02:00", "03-30T03:00+02:00"]),
    ("0 30 * * * ?", SPRING, ["03-29T01:30+01:00", "03-29T03:30+02:00", "03-29T04:30+02:00"]),
    ("0 30 * * * ?", AUTUMN, ["10-25T01:30+02:00", "10-25T02:30+02:00", "10-25T02:30+01:00", "10-25T03:30+01:00"]),
    ("0 0 * * * ?", AUTUMN, ["10-25T02:00+02:00", "10-25T02:00+01:00", "10-25T03:00+01:00"]),
    ("0 0 * * * ?", SPRING, ["03-29T03:00+02:00", "03-29T04:00+02:00"]),
    ("0 */40 * * * ?", AUTUMN, [
        "10-25T01:40+02:00", "10-25T02:00+02:00", "10-25T02:40+02:00", "10-25T02:00+01:00", "10-25T02:40+01:00",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "moment", "wanted"), OVER_A_CHANGE)
def test_when_clocks_change(expression: str, moment: datetime, wanted: list[str]) -> None:
    found = firings(expression, moment, len(wanted), BERLIN)
    assert [each.isoformat(timespec="minutes") for each in found] == [f"2026-{text}" for text in wanted]


def field(least: int, most: int) -> st.SearchStrategy[str]:
    numbers = st.integers(least, most)
    return st.one_of(
        st.just("*"),
        st.builds(str, numbers),
        st.builds("{}-{}".format, numbers, numbers),
        st.builds("{}/{}".format, st.one_of(st.just("*"), numbers), st.integers(1, most)),
        st.lists(st.builds(str, numbers), min_size=2, max_size=4).map(",".join),
    )


expressions = st.tuples(
    field(0, 59), field(0, 59), field(0, 23), field(1, 28), field(1, 12), st.just("?")
).map(" ".join)  # fmt: skip
moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))


@given(expressions, moments)
def test_moments_grow_and_none_lies_between(expression: str, moment: datetime) -> None:
    # In UTC: Python never finds the hour that an autumn repeats equal to a moment of another zone.
    found = [each.astimezone(UTC) for each in (moment, *firings(expression, moment, 3, BERLIN))]
    assert all(one < other for one, other in pairwise(found))
    cron = CronExpression(expression)
    for one, other in pairwise(found):
        assert cron.after(one + (other - one) / 2, BERLIN) == other


@given(st.text(alphabet="0123456789*/,-?LW#MONF ", max_size=30))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    with suppress(PydanticCustomError):
        assert len(firings(text, datetime(2026, 1, 1, tzinfo=UTC), 2, BERLIN)) <= 2
