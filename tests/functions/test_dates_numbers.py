"""Functions over dates and numbers, and those that depend on the clock and on chance."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from engine import Event, Expression, FlowError
from engine.expressions.functions.chance import frozen
from engine.expressions.writing import to_text

MOMENT = datetime(2026, 3, 1, 14, 5, 9, 250_000, tzinfo=timezone(timedelta(hours=5, minutes=30)))
NAIVE = datetime(2026, 3, 1, 0, 5, 9)  # as it comes out of a database


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2026-03-01T14:05:09.250+05:30"),
        ("d.M.yy H:m:s", "1.3.26 14:5:9"),
        ("EEE, d MMM yyyy hh:mm a Z", "Sun, 1 Mar 2026 02:05 PM +0530"),
        ("EEEE MMMM", "Sunday March"),
        ("DDD S SSSSSS xxx X", "060 2 250000 +05:30 +0530"),
        ("h 'o''clock' a", "2 o'clock PM"),
        ("kk KK ''", "14 02 '"),
    ],
)
def test_format_date(value_of: Callable[..., Any], pattern: str, text: str) -> None:
    assert value_of("format_date(payload.at, payload.pattern)", {"at": MOMENT, "pattern": pattern}) == text


@pytest.mark.parametrize(
    ("text", "pattern", "value"),
    [
        ("2026-03-01T14:05:09.250+05:30", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", MOMENT),
        ("1.3.26", "d.M.yy", date(2026, 3, 1)),
        ("01 MARCH 2026 12:30 am", "dd MMMM yyyy hh:mm a", datetime(2026, 3, 1, 0, 30)),
        ("20260301Z", "yyyyMMddX", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026060", "yyyyDDD", date(2026, 3, 1)),
        ("26/366 X", "yy/D 'X'", None),
        ("Mon 2026-03-01", "EEE yyyy-MM-dd", None),
        ("2026-03-01 13 PM", "yyyy-MM-dd hh a", None),
        ("2026-03-01 00", "yyyy-MM-dd kk", None),
        ("2026-3-01", "yyyy-MM-dd", None),
        ("Sun 2026-03-01 24", "EEE yyyy-MM-dd kk", datetime(2026, 3, 1)),
    ],
)
def test_parse_date(value_of: Callable[..., Any], text: str, pattern: str, value: date | None) -> None:
    if value is None:
        with pytest.raises(FlowError, match=r"parse_date\(\) takes a string that fits the pattern"):
            value_of("parse_date(payload.text, payload.pattern)", {"text": text, "pattern": pattern})
        return
    assert value_of("parse_date(payload.text, payload.pattern)", {"text": text, "pattern": pattern}) == value


@pytest.mark.parametrize(
    ("expression", "payload", "value"),
    [
        ("as_date(payload)", MOMENT, "2026-03-01"),
        ("as_date(payload)", None, ""),
        ("as_date(payload)", "20260301", "2026-03-01"),
        ("as_date(payload)", "2026-W09-7", "2026-03-01"),
        ("as_datetime(payload)", "2026-03-01 10:00", "2026-03-01T10:00:00"),
        ("as_datetime(payload)", "20260301t1000Z", "2026-03-01T10:00:00Z"),
        ("as_datetime(payload)", date(2026, 3, 1), "2026-03-01T00:00:00"),
        ("as_datetime(payload)", Decimal("0.5"), "1970-01-01T00:00:00.500000Z"),
        ("date_add(payload, 'P1Y1M1W1DT1H')", NAIVE, "2027-04-09T01:05:09"),
        ("date_add('2024-02-29', payload)", "P1Y", "2025-02-28"),
        ("date_add('2024-02-29', payload)", "-P1D", "2024-02-28"),
        ("date_add('2024-02-28', payload)", "P1M-30D", "2024-02-27"),
        ("date_add('2026-01-01T00:00:00Z', payload)", "PT0.5S", "2026-01-01T00:00:00.500000Z"),
        ("date_add(to_timezone('2026-03-28T12:00Z', 'Europe/Vienna'), payload)", "P1D", "2026-03-29T13:00:00+02:00"),
        (
            "date_add(to_timezone('2026-03-28T12:00:00Z', 'Europe/Vienna'), payload)",
            "PT24H",
            "2026-03-29T14:00:00+02:00",
        ),
        (  # an hour that the clocks skip
            "date_add(to_timezone('2026-03-28T01:30:00Z', 'Europe/Vienna'), payload)",
            "P1D",
            "2026-03-29T03:30:00+02:00",
        ),
        ("to_timezone(payload, 'Europe/Vienna', 'Europe/Vienna')", "2026-03-29T02:30:00", "2026-03-29T03:30:00+02:00"),
        ("to_timezone(payload, 'Z', 'Europe/Vienna')", "2026-10-25T02:30:00", "2026-10-25T00:30:00Z"),
        ("to_timezone(payload, 'Z', 'Europe/Vienna')", "2026-10-25T02:30:00+05:00", "2026-10-24T21:30:00Z"),
        ("date_diff(to_timezone('2026-03-28T11:00Z', 'Europe/Vienna'), payload)", "2026-03-29T10:00:00Z", "1"),
        ("date_diff(to_timezone('2026-03-28T11:00Z', 'Europe/Vienna'), payload, 'hours')", "2026-03-29T10:00Z", "23"),
        ("date_diff('2026-03-08', payload, 'weeks')", "2026-03-01T00:00:01", "0"),
        ("date_diff('2026-03-31', payload, 'months')", "2026-02-28", "-1"),
        ("date_diff('2024-02-29', payload, 'years')", "2025-02-28", "0"),
        ("date_diff('2026-01-01T00:00:00+02:00', payload, 'hours')", "2026-01-01T00:00:00Z", "2"),
        ("date_diff('2026-01-01', payload, 'milliseconds')", "2026-01-01T00:00:00.0019", "1"),
        ("to_timezone(payload, '-03:30')", NAIVE, "2026-02-28T20:35:09-03:30"),
        ("to_string(payload, 'HH:mm')", MOMENT, "14:05"),
        ("'at {}' | concat(@, ' ', to_string($payload))", MOMENT, "at {} 2026-03-01T14:05:09.250000+05:30"),
        # numbers
        ("round(payload)", -2.5, "-3"),
        ("round(payload, 2)", Decimal("2.345"), "2.35"),
        ("round(payload, 2)", 1e308, "1e+308"),
        ("round(payload, 2)", 10**50, str(10**50)),
        ("round(payload, -50)", 7, "0"),
        ("mod(payload, 3)", -7, "2"),
        ("pow(payload, 0.5)", 4, "2.0"),
        ("pow(payload, 1000000000)", -1, "1"),
        ("sum(payload)", [Decimal("0.1"), 0.2, 1], "1.3"),
        ("avg(payload)", [Decimal("1"), Decimal("2")], "1.5"),
        ("sum_by(payload, &@)", [Decimal("0.1"), Decimal("0.2")], "0.3"),
        ("format_number(payload, '#,##0.00')", -1234567.005, "-1,234,567.01"),
        ("format_number(payload, '#.##')", 0.5, "0.5"),
        ("format_number(payload, '#.00')", 0.5, ".50"),
        ("format_number(payload, '#,###')", 0, "0"),
        ("format_number(payload, '#')", 0.05, "0"),
        ("format_number(payload, '00.')", 7, "07"),
        ("format_number(payload, '#,##0.00;(#,##0.00)')", -1234.5, "(1,234.50)"),
        ("format_number(payload, '#,##0.00;(#,##0.00)')", 1234.5, "1,234.50"),
        ("format_number(payload, '0.0\u2030')", 0.0123, "12.3\u2030"),
        ("format_number(payload, '0\\'%\\'')", 5, "5%"),
        ("format_number(payload, '\\'No. #\\'0')", 5, "No. #5"),
        ("format_number(payload, '0.00')", 10**30 + 1, "1" + "0" * 29 + "1.00"),
        (
            "format_number(payload, '0')",
            Decimal("1234567890123456789012345678901234567890.4"),
            "1234567890123456789012345678901234567890",
        ),
        ("as_number(payload, '#,##0.00')", "1,234.50", "1234.5"),
        ("as_number(payload, '#,##0')", "1234", "1234"),
        ("as_number(payload, '#,##0.00;(#,##0.00)')", "(1,234.50)", "-1234.5"),
        ("as_number(payload, '0.#%')", "12.5%", "0.125"),
        ("as_number(payload, '#.00')", "-.50", "-0.5"),
        ("as_number(payload)", 5, "5"),
        ("as_decimal(payload)", "0.10", "0.10"),
        ("as_decimal(payload)", 0.1, "0.1"),
        ("as_decimal(payload, '0.00 €')", "-0.10 €", "-0.10"),
        (
            "sum([payload.a, payload.b])",
            {"a": Decimal("12345678901234567890123456789012345.25"), "b": 0.5},
            "12345678901234567890123456789012345.75",
        ),
        ("abs(payload)", Decimal("-12345678901234567890123456789012345.25"), "12345678901234567890123456789012345.25"),
        ("ceil(payload)", Decimal("1.01"), "2"),
        ("floor(payload)", -1.5, "-2"),
        ("ceil(payload)", 10**400, str(10**400)),
        ("avg(payload)", [Decimal("0.1"), Decimal("0.2")], "0.15"),
        ("mod(payload, 3)", Decimal("-7.5"), "1.5"),
        ("length(unique(payload))", [Decimal("0.1"), 0.1, Decimal("1.0"), 1, Decimal(2**70), 2**70], "3"),
        ("length(unique(payload))", [Decimal("1E+999999"), Decimal("10E+999998"), Decimal("NaN")], "2"),
        ("format_number(payload, '0.##')", 3, "3"),
        ("format_number(payload, '#,##0 €')", 999.5, "1,000 €"),
        ("format_number(payload, '00000')", 2**70, str(2**70)),
        ("format_number(payload, '0%')", Decimal("0.255"), "26%"),
        ("format_number(payload, '0')", -0.4, "0"),
        ("as_string(payload)", Decimal("1.50"), "1.50"),
        ("to_string(payload, '#,##0')", None, None),
    ],
)
def test_value(value_of: Callable[..., Any], expression: str, payload: Any, value: str | None) -> None:
    if value is None:
        with pytest.raises(Exception, match="takes number or date as argument 1, not null"):
            value_of(expression, payload)
        return
    assert to_text(value_of(expression, payload)) == value.replace("1e+308", to_text(1e308))


@pytest.mark.parametrize(
    ("expression", "payload", "mistake"),
    [
        ("format_date('2026-03-01', payload)", "HH", "format_date() finds H in the pattern, but a date has no time"),
        ("format_date('2026-03-01T00:00:00', payload)", "X", "format_date() finds X in the pattern, but the datetime"),
        ("format_date('2026-03-01', payload)", "YYYY", "format_date() knows no YYY in a date pattern: write y (Y is"),
        (
            "format_date('2026-03-01', payload)",
            "MMMMM",
            "format_date() knows no MMM in a date pattern: write at most",
        ),
        ("to_timezone('2026-01-01', 'Z', payload)", "Mars", "to_timezone() takes the name of a time zone"),
        ("date_diff(payload, '2026-01-01', 'hours')", "0001-01-01T00:00:00+01:00", "date_diff() stops at the years"),
        ("date_diff('9999-12-31T23:00:00Z', payload)", "0001-01-01T00:00:00+01:00", "date_diff() stops at the years"),
        ("format_date('2026-03-01', payload)", "y" * 200, "format_date() takes a date pattern"),
        ("format_date('2026-03-01', payload)", "'", "format_date() takes a date pattern"),
        ("as_date(payload)", "2026-03-01X10:00", "as_date() takes a date or a string in ISO 8601, not another string"),
        (
            "as_datetime(payload)",
            "2026-03-01_10:00Z",
            "as_datetime() takes a date or a string in ISO 8601, not another",
        ),
        ("as_datetime(payload)", "20260301-10", "as_datetime() takes a date or a string in ISO 8601, not another"),
        (
            "date_add(payload, 'P1D')",
            "2026-03-01\n10:00",
            "date_add() takes a date or a string in ISO 8601, not another",
        ),
        (
            "format_date(payload, 'y')",
            "2026-W09-7X10",
            "format_date() takes a date or a string in ISO 8601, not another",
        ),
        ("as_date(payload)", "1.3.2026", "as_date() takes a date or a string in ISO 8601, not another string"),
        ("as_date(payload)", 5, "as_date() takes date or datetime or string or null as argument 1, not number"),
        ("parse_date(payload, 'dd.MM.yyyy')", "31.02.2026", "parse_date() takes a string that fits the pattern"),
        ("parse_date(payload, 'dd.MM.yyyy')", "01.02.2026x", "parse_date() takes a string that fits the pattern"),
        ("parse_date(payload, 'MM.yyyy')", "02.2026", "parse_date() takes a pattern with a year, a month and a day"),
        ("as_datetime(payload)", 1e300, "as_datetime() stops at the years 1 and 9999"),
        ("as_datetime(payload)", float("nan"), "as_datetime() stops at the years 1 and 9999"),
        ("date_add('2026-01-01', payload)", "P999999999Y", "date_add() stops at the years 1 and 9999"),
        ("date_add('2026-01-01', payload)", "P999999999W", "date_add() stops at the years 1 and 9999"),
        ("date_add('2026-01-01', payload)", "P", "date_add() takes a period in ISO 8601"),
        ("date_add('2026-01-01', payload)", "P1DT", "date_add() takes a period in ISO 8601"),
        ("date_add('2026-01-01', payload)", "PT1H", "date_add() takes a period without a time for a date"),
        ("date_diff('2026-01-01', '2026-01-02', payload)", "eons", "date_diff() takes years, months"),
        ("to_timezone('2026-01-01', payload)", "Europe/Atlantis", "to_timezone() takes the name of a time zone"),
        ("to_timezone('2026-01-01', payload)", "../../etc/passwd", "to_timezone() takes the name of a time zone"),
        ("to_timezone('2026-01-01', payload)", "Europe", "to_timezone() takes the name of a time zone"),
        ("to_timezone('2026-01-01', payload)", "", "to_timezone() takes the name of a time zone"),
        ("to_timezone('2026-01-01', payload)", "+25:00", "to_timezone() takes an offset of less than a day"),
        ("to_timezone('0001-01-01', payload)", "-01:00", "to_timezone() stops at the years 1 and 9999"),
        ("now(payload)", "x", "now() takes the name of a time zone"),
        ("pow(payload, payload)", 10**6, "pow() stops at whole numbers of 4096 bits"),
        ("pow(payload, 0.5)", -1, "pow() takes no root of a negative number"),
        ("pow(payload, 99999)", 1.5, "'pow' failed"),
        ("mod(payload, 0)", 1, "'mod' failed"),
        ("round(payload, 9999999)", 1.5, "round() stops at 100 digits"),
        ("round(payload, 2)", float("inf"), "round() takes a number, not one out of range"),
        ("format_number(payload, '0')", float("nan"), "format_number() takes a number, not one out of range"),
        ("format_number(payload, '0')", Decimal("1E+999999"), "format_number() takes a number, not one out of range"),
        ("ceil(payload)", Decimal("1E+999999"), "ceil() takes a number, not one out of range"),
        ("floor(payload)", Decimal("NaN"), "floor() takes a number, not one out of range"),
        ("floor(payload)", float("inf"), "floor() takes a number, not one out of range"),
        ("range(payload)", Decimal("1E+999999"), "range() takes a number, not one out of range"),
        ("format_number(payload[0], '0')", [10**5000], "format_number() takes a number, not one out of range"),
        ("pow(payload, 2)", Decimal("NaN"), "pow() takes a number, not one out of range"),
        ("as_decimal(payload)", "1e999999", "as_decimal() takes number or string as argument 1, not a string that is"),
        ("as_decimal(payload)", float("nan"), "as_decimal() takes a number, not one out of range"),
        ("as_decimal(payload)", True, "as_decimal() takes number or string as argument 1, not boolean"),
        ("as_number(payload, '#,##0.00')", "12,34", "as_number() takes a string that fits the pattern, not another"),
        ("as_number(payload, '0')", "1,234", "as_number() takes a string that fits the pattern, not another one"),
        ("as_number(payload, '0')", "1.5", "as_number() takes a string that fits the pattern, not another one"),
        ("as_number(payload, '0')", "", "as_number() takes a string that fits the pattern, not another one"),
        ("as_number(payload, '0')", "\u0663", "as_number() takes a string that fits the pattern, not another one"),
        ("as_number('1', payload)", "x", "as_number() takes a number pattern such as #,##0.00, not another string"),
        ("format_number(1, payload)", "\u00a40", "format_number() takes a number pattern such as #,##0.00"),
        ("format_number(1, payload)", "0.##E0", "format_number() takes a number pattern such as #,##0.00"),
        ("format_number(1, payload)", "#0#", "format_number() takes a number pattern such as #,##0.00"),
        ("format_number(1, payload)", "abc", "format_number() takes a number pattern such as #,##0.00"),
        ("format_number(1, payload)", "0" * 101, "format_number() takes a number pattern"),
        ("random_int(payload)", 0, "random_int() takes an end above the start"),
        ("as_string(payload)", [], "as_string() takes string or number or boolean or date or datetime as argument 1"),
        ("sum(payload)", ["1"], "sum() takes array[number] as argument 1, not an array with string"),
    ],
)
def test_mistake(mistake_of: Callable[..., str], expression: str, payload: Any, mistake: str) -> None:
    assert mistake_of(expression, payload).startswith(mistake)


def test_literal_pattern_is_checked_at_load(value_of: Callable[..., Any]) -> None:
    with pytest.raises(Exception, match="write y"):
        value_of("format_date(payload, 'YYYY')")


def test_frozen_clock_and_dice(value_of: Callable[..., Any]) -> None:
    expression = "[now(), today('Pacific/Auckland'), uuid(), random_int(1000), random_int(1000)]"
    with frozen(at="2026-03-01T20:00:00Z", seed=7):
        first = value_of(expression)
    with frozen(at=datetime(2026, 3, 1, 20, tzinfo=UTC), seed=7):
        assert value_of(expression) == first
    assert first[:2] == [datetime(2026, 3, 1, 20, tzinfo=UTC), date(2026, 3, 2)]
    assert value_of("uuid()") != value_of("uuid()")
    assert abs(datetime.now(UTC) - value_of("now('Europe/Vienna')")) < timedelta(minutes=1)


async def _from_a_task() -> Any:
    return Expression("[now(), uuid()]").evaluate(Event())


def test_a_frozen_clock_is_seen_by_every_task_and_thread() -> None:
    """A server under test runs in tasks and threads of its own: what is frozen is so for the whole process."""
    with frozen(at="2026-03-01T20:00:00Z", seed=7):
        task = asyncio.run(_from_a_task())
        with ThreadPoolExecutor(1) as pool:
            thread = pool.submit(Expression("[now(), uuid()]").evaluate, Event()).result()
    assert task[0] == thread[0] == datetime(2026, 3, 1, 20, tzinfo=UTC)
    assert task[1] != thread[1]  # the next number of one row
    assert Expression("now()").evaluate(Event()) > task[0]
