"""Stored procedures: what goes in and comes out, on the servers that have them."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine import Application, FlowError

FLOWS = (Path(__file__).parent / "procedures.yaml").read_text()
SCRIPTS = {
    "postgresql": """
        CREATE TABLE seen(id INTEGER PRIMARY KEY);
        CREATE PROCEDURE price(IN cents INTEGER, OUT total NUMERIC, INOUT note TEXT) LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO seen VALUES(cents); total := cents / 100.0; note := note || '!';
        END $$;
        CREATE FUNCTION twice(n INTEGER) RETURNS INTEGER LANGUAGE sql AS 'SELECT n * 2';
        CREATE PROCEDURE slow() LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(30); END $$
    """,
    "mariadb": """
        CREATE TABLE seen(id INTEGER PRIMARY KEY);
        CREATE PROCEDURE price(IN cents INTEGER, OUT total DECIMAL(10, 2), INOUT note TEXT)
        BEGIN
          INSERT INTO seen VALUES(cents); SET total = cents / 100.0; SET note = CONCAT(note, '!');
        END;
        CREATE PROCEDURE two_sets() BEGIN SELECT 1 AS a; SELECT 2 AS b UNION SELECT 3; END;
        CREATE PROCEDURE slow() BEGIN DO SLEEP(30); END;
        CREATE FUNCTION twice(n INTEGER) RETURNS INTEGER DETERMINISTIC RETURN n * 2
    """,
}


@pytest.fixture(params=list(SCRIPTS))
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """Run flows, one after another, on a database that has the procedures: what each comes to."""
    url = request.getfixturevalue({"postgresql": "server", "mariadb": "mariadb"}[request.param]).new_database()
    (tmp_path / "flows.yaml").write_text(FLOWS)
    (tmp_path / "procedures.sql").write_text(SCRIPTS[request.param])

    def run(*calls: tuple[str, Any]) -> list[Any]:
        async def running() -> list[Any]:
            async with Application.load(tmp_path / "flows.yaml", properties={"url": url}) as app:
                return [await outcome(app, *call) for call in calls]

        return asyncio.run(running())

    run.backend = request.param  # type: ignore[attr-defined]  # a test asks which it is
    return run


async def outcome(app: Application, name: str, payload: Any) -> Any:
    try:
        return (await app.run(name, payload)).payload
    except FlowError as failure:
        return str(failure.type)


@pytest.mark.parametrize("flow", ["escaped", "plain"])
def test_what_goes_in_and_comes_out(case: Any, flow: str) -> None:
    hostile = "it's :x @y %s"
    got, seen = case((flow, {"cents": 525, "note": hostile}), ("seen", None))
    assert got == {"total": Decimal("5.25"), "note": f"{hostile}!"}
    assert seen == [{"id": 525}]


def test_names_that_differ_in_capitals_are_two(case: Any) -> None:
    assert case(("cased", None)) == [{"total": Decimal("0.07"), "N": "100%s!"}]


def test_a_call_that_takes_too_long_is_stopped(case: Any) -> None:
    assert case(("slow", None), ("function", 21)) == ["DB:TIMEOUT", {"result": 42}]


def test_a_function(case: Any) -> None:
    assert case(("function", 21)) == [{"result": 42}]


def test_a_transaction_undoes_a_call(case: Any) -> None:
    assert case(("undone", {"cents": 1, "note": "x"}), ("seen", None)) == ["APP:NO", []]


def test_errors(case: Any) -> None:
    book = {"cents": 1, "note": "x"}
    assert case(("plain", book), ("plain", book), ("unknown", None), ("plain", {"cents": 1}))[1:] == [
        "DB:QUERY_EXECUTION", "DB:BAD_SQL_SYNTAX", "DB:QUERY_EXECUTION",
    ]  # fmt: skip


def test_result_sets(case: Any) -> None:
    if case.backend != "mariadb":
        pytest.skip("procedures of PostgreSQL give no rows")
    assert case(("sets", None)) == [{"resultSet1": [{"a": 1}], "resultSet2": [{"b": 2}, {"b": 3}]}]
