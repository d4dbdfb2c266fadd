"""Decimals on SQLite: none comes back as another one."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import Application, FlowError

FLOWS = """
configs:
  DB:
    db:config:
      url: "${url:sqlite://}"
      initScript: |
        CREATE TABLE IF NOT EXISTS t(
          id INTEGER PRIMARY KEY, price DECIMAL(10, 2), any NUMERIC, many numeric(40,20), plain DECIMAL, exact TEXT,
          whole INTEGER, half REAL);
        CREATE TABLE IF NOT EXISTS texts(id INTEGER PRIMARY KEY, exact TEXT)
flows:
  store:
    steps: [{db:insert: {config-ref: DB, sql: "INSERT INTO t(${column}) VALUES(:v)", input-parameters: {v: "#[payload]"}}}]
  stored:
    steps:
      - flow-ref: {name: store, target: done}
      - db:query-single: {config-ref: DB, sql: "${read:SELECT ${column} AS v FROM t ORDER BY id DESC}"}
      - set-payload: {value: "#[payload.v]"}
  returned:
    steps:
      - db:insert:
          {config-ref: DB, sql: "INSERT INTO t(price) VALUES(:v) RETURNING id, price AS p;", input-parameters: {v: "#[payload]"}}
  streamed:
    steps:
      - flow-ref: {name: store, target: done}
      - db:select: {config-ref: DB, sql: "SELECT price FROM t WHERE id > :id", input-parameters: {id: 0}, streaming: true, target: rows}
      - set-variable: {variableName: seen, value: []}
      - foreach: {collection: vars.rows, steps: [{set-variable: {variableName: seen, value: "#[append(vars.seen, payload.price)]"}}]}
      - set-payload: {value: "#[vars.seen]"}
  fused:
    steps:
      - foreach:
          collect: {target: outcomes, success: "#[$result.price]", failure: "#[error.description]"}
          steps:
            - db:insert: {config-ref: DB, sql: "INSERT INTO t(price) VALUES(:v)", input-parameters: {v: "#[payload]"}, target: done}
            - db:query-single: {config-ref: DB, sql: "SELECT price FROM t ORDER BY id DESC"}
      - set-payload: {value: "#[vars.outcomes]"}
  together:
    steps:
      - try:
          transactionalAction: ALWAYS_BEGIN
          steps: [{flow-ref: {name: stored}}]
  found:
    steps:
      - db:insert: {config-ref: DB, sql: "INSERT INTO t(price, exact) VALUES(20, 'x')", target: done}
      - db:select: {config-ref: DB, sql: "SELECT id FROM t WHERE price < :v", input-parameters: {v: "#[payload]"}}
"""  # noqa: E501
LONG = Decimal("12345678901234567.89")


def outcome_of(folder: Path, flow: str, payload: Any, column: str = "price", flows: str = FLOWS, **words: str) -> Any:
    (folder / "flows.yaml").write_text(flows)

    async def running() -> Any:
        async with Application.load(folder / "flows.yaml", properties={"column": column, **words}) as app:
            try:
                return (await app.run(flow, payload)).payload
            except FlowError as failure:
                return failure

    return asyncio.run(running())


@pytest.mark.parametrize(
    ("column", "stored", "text"),
    [
        ("price", "20.00", "20.00"),
        ("price", "20", "20.00"),
        ("price", "0.1", "0.10"),
        ("price", "-7.5", "-7.50"),
        ("price", "0", "0.00"),
        ("price", "0.125", "0.125"),
        ("price", "9999999999999.99", "9999999999999.99"),
        ("many", "1.5", "1.50000000000000000000"),
        ("many", "9007199254740993", "9007199254740993.00000000000000000000"),
        ("any", "20.00", "20"),
        ("any", "123456789012.345", "123456789012.345"),
        ("plain", "0.000000000000001234", "1.234E-15"),
        ("plain", "9223372036854775807", "9223372036854775807"),
        ("plain", "123450000000000000000000", "1.2345E+23"),
        ("exact", str(LONG), str(LONG)),
        ("exact", "20.00", "20.00"),
        ("exact", "9" * 60 + ".5", "9" * 60 + ".5"),
        ("half", str(LONG), "1.2345678901234568e+16"),
    ],
)
def test_a_decimal_comes_back(tmp_path: Path, column: str, stored: str, text: str) -> None:
    got = outcome_of(tmp_path, "stored", Decimal(stored), column)
    assert not isinstance(got, FlowError), got.detailed_description
    assert str(got) == text
    if column != "half":
        assert Decimal(got) == Decimal(stored)


@pytest.mark.parametrize("column", ["price", "any", "many", "plain"])
@pytest.mark.parametrize("value", [str(LONG), "-12345678901234567.89", "0.1234567890123456", "1E+400", "1E-400"])
def test_a_decimal_that_a_column_would_round_is_refused(tmp_path: Path, column: str, value: str) -> None:
    failure = outcome_of(tmp_path, "store", Decimal(value), column)
    assert isinstance(failure, FlowError), failure
    assert str(failure.type) == "DB:QUERY_EXECUTION"
    assert failure.description == "a decimal has more digits than its column keeps"
    assert "TEXT" in failure.detailed_description
    assert failure.error_message is not None
    assert failure.error_message.payload["sqlState"] == "22003"


def test_it_is_refused_in_a_loop_for_its_item_alone(tmp_path: Path) -> None:
    outcomes = outcome_of(tmp_path, "fused", [Decimal("1.5"), LONG, 7, "2.5"])
    refused = "a decimal has more digits than its column keeps"
    assert [str(outcome) for outcome in outcomes] == ["1.50", refused, "7.00", "2.50"]


@pytest.mark.parametrize(
    ("read", "is_refused"),
    [
        ("UPDATE t SET exact = :v WHERE id = 1 RETURNING exact AS v", False),
        ("UPDATE t SET price = :v WHERE id = 1 RETURNING exact AS v;", True),
        ("UPDATE t SET price = 1 WHERE price < :v", False),
        ("INSERT INTO t(price, exact) VALUES(1, :v) RETURNING exact AS v", False),
        ("INSERT INTO t(price, exact) VALUES(:v, 'x') -- RETURNING", True),
        ("INSERT INTO t(id, price) VALUES(1, 1) ON CONFLICT(id) DO UPDATE SET any = :v", True),
        ("INSERT INTO t(id, price) VALUES(1, 1) ON CONFLICT(id) DO UPDATE SET exact = :v RETURNING exact AS v", False),
        ("WITH w(v) AS (VALUES (:v)) INSERT INTO t(price) SELECT v FROM w", True),
        ("REPLACE INTO t(id, plain) VALUES(1, :v)", True),
        ("UPDATE t SET half = :v RETURNING half AS v", False),
        ("UPDATE t SET price = :v WHERE id = 99", False),
    ],
)
def test_it_is_refused_where_it_would_be_rounded_only(tmp_path: Path, read: str, is_refused: bool) -> None:
    flows = FLOWS.replace(
        '"${read:SELECT ${column} AS v FROM t ORDER BY id DESC}"', '"${read}", input-parameters: {v: "#[vars.long]"}'
    ).replace('      - set-payload: {value: "#[payload.v]"}', "")
    long = "set-variable: {variableName: long, value: \"#[as_decimal('12345678901234567.89')]\"}"
    flows = flows.replace("  stored:\n    steps:\n", f"  stored:\n    steps:\n      - {long}\n")
    outcome = outcome_of(tmp_path, "stored", 20, flows=flows, read=read)
    assert isinstance(outcome, FlowError) is is_refused, outcome
    if not is_refused and "exact AS v" in read:
        assert outcome == {"v": str(LONG)}


def test_it_may_be_compared(tmp_path: Path) -> None:
    assert outcome_of(tmp_path, "found", LONG) == [{"id": 1}]


@pytest.mark.parametrize("flow", ["stored", "together"])
@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///{folder}/x.db"])
def test_digits_behind_the_point_in_every_way_of_reading(tmp_path: Path, flow: str, url: str) -> None:
    found = outcome_of(tmp_path, flow, Decimal("20.00"), url=url.format(folder=tmp_path))
    assert str(found) == "20.00"


def test_digits_behind_the_point_of_what_is_returned(tmp_path: Path) -> None:
    keys = outcome_of(tmp_path, "returned", 20)["generatedKeys"]
    assert {name: str(value) for name, value in keys.items()} == {"id": "1", "p": "20.00"}


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///{folder}/x.db"])
def test_digits_behind_the_point_in_a_stream(tmp_path: Path, url: str) -> None:
    rows = outcome_of(tmp_path, "streamed", 20, url=url.format(folder=tmp_path))
    assert [str(row) for row in rows] == ["20.00"]


@pytest.mark.parametrize(
    ("read", "text"),
    [
        ("SELECT t.price AS v FROM t WHERE 1 IN (SELECT 1)", "20.00"),
        ("WITH w AS (SELECT price FROM t) SELECT price AS v FROM w; ", "20.00"),
        ("SELECT price + 1 AS v FROM t", "21"),
        ("SELECT sum(price) AS v FROM t", "20"),
        ("SELECT id, price AS v, price AS w FROM t -- ?", "20.00"),
        ("SELECT price AS v FROM t WHERE '?' <> \"price\"", "20.00"),
        ("VALUES (1)", "None"),
        ("UPDATE t SET any = 1 RETURNING price AS v", "20.00"),
        ("DELETE FROM t WHERE id = 1 RETURNING price AS v", "20.00"),
        ("INSERT OR IGNORE INTO t(price) VALUES(7) RETURNING price AS v", "7.00"),
    ],
)
def test_digits_behind_the_point_by_the_column_that_is_read(tmp_path: Path, read: str, text: str) -> None:
    assert str(outcome_of(tmp_path, "stored", 20, read=read)) == text


def test_nothing_of_how_it_is_found_out_is_left(tmp_path: Path) -> None:
    read = "SELECT (SELECT count(*) FROM sqlite_temp_schema) AS v, price FROM t"
    assert outcome_of(tmp_path, "stored", 20, read=read) == 0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20))
def test_no_decimal_comes_back_as_another_one(value: Decimal, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("decimals")
    for column in ("price", "plain"):
        got = outcome_of(folder, "stored", value, column)
        assert isinstance(got, FlowError) or got == value
