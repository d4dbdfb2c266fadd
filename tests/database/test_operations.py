"""What the operations do, the same on every kind of database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from backends import BACKENDS, url_of

from engine import Application, FlowError

FLOWS = (Path(__file__).parent / "operations.yaml").read_text()
USUAL_WORDS = {
    "bytes": "BLOB",
    "numbered": "INTEGER PRIMARY KEY",
    "late-rows": "UPDATE book SET title = 'late' WHERE id = 1 RETURNING id",
    "made": "INSERT INTO book VALUES(10, 'a', 1), (11, 'b', 1), (12, 'c', 1) RETURNING id",
}
WORDS = {
    "postgresql": {"bytes": "BYTEA", "numbered": "SERIAL PRIMARY KEY"},
    "mariadb": {
        "numbered": "INTEGER AUTO_INCREMENT PRIMARY KEY",
        "late-rows": "INSERT INTO book VALUES(1, '', 1) ON DUPLICATE KEY UPDATE title = 'late' RETURNING id",
    },
}
Run = Callable[..., Awaitable[Any]]


@pytest.fixture(params=BACKENDS)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Any]:
    """Run something with the flows on a database that has their tables."""
    url = url_of(request.param, tmp_path, request)
    (tmp_path / "flows.yaml").write_text(FLOWS)
    words = USUAL_WORDS | WORDS.get(request.param, {})

    def run(work: Callable[[Run], Awaitable[Any]]) -> Any:
        async def running() -> Any:
            app = Application.load(tmp_path / "flows.yaml", properties={"url": url, **words})
            async with app:
                await app.run("tables")

                async def run_flow(name: str, payload: Any = None) -> Any:
                    try:
                        return (await app.run(name, payload)).payload
                    except FlowError as failure:
                        return failure

                return await work(run_flow)

        return asyncio.run(running())

    return run


def test_rows(case: Any) -> None:
    async def work(run: Run) -> None:
        assert await run("select", {"id": 1}) == [
            {"id": 1, "title": "Emma; or not"},
            {"id": 2, "title": "Ulysses -- : no"},
        ]
        assert await run("select", {"id": 3}) == []
        assert await run("single", 1) == {"title": "Emma; or not", "price": Decimal("5.25")}
        assert await run("single", 99) is None

    case(work)


def test_changes(case: Any) -> None:
    async def work(run: Run) -> None:
        book = {"id": 3, "title": "Three", "price": Decimal("1.5")}
        assert await run("insert", book) == {"affectedRows": 1, "generatedKeys": {}}
        assert (await run("update", {"id": 3, "price": 2}))["affectedRows"] == 1
        assert (await run("update", {"id": 99, "price": 2}))["affectedRows"] == 0
        assert (await run("single", 3))["price"] == 2
        assert (await run("delete", {"id": 3}))["affectedRows"] == 1
        assert await run("single", 3) is None

    case(work)


@pytest.mark.parametrize("case", [name for name in BACKENDS if name != "sqlite memory"], indirect=True)
@pytest.mark.parametrize("how", ["late-change", "late-rows", "late-row"])
def test_a_change_that_is_late_is_undone(case: Any, how: str) -> None:
    """The lock that it waits for is free as soon as its flow knows that it failed."""

    async def work(run: Run) -> None:
        assert await run("late", how) == ["DB:TIMEOUT"]
        assert (await run("single", 1))["title"] == "held"

    case(work)


@pytest.mark.parametrize("flow", ["some-returned", "some-returned-in-time", "some-returned-together"])
def test_a_change_of_which_only_some_rows_are_read(case: Any, flow: str) -> None:
    async def work(run: Run) -> None:
        assert await run(flow) == [{"id": 10}, {"id": 11}]
        assert [(await run("single", number))["title"] for number in (10, 11, 12)] == ["a", "b", "c"]

    case(work)


def test_keys_that_the_database_makes(case: Any) -> None:
    async def work(run: Run) -> None:
        assert await run("numbered", {"note": "a"}) == {"affectedRows": 1, "generatedKeys": {"id": 1}}
        assert await run("untold", {"note": "b"}) == {"affectedRows": 1, "generatedKeys": {}}
        assert (await run("numbered", {"note": "c"}))["generatedKeys"] == {"id": 3}

    case(work)


def test_bulk(case: Any) -> None:
    async def work(run: Run) -> None:
        books = [{"id": number, "title": f"t{number}", "price": 1} for number in range(10, 310)]
        assert await run("bulk-insert", books) == [1] * 300
        assert await run("bulk-update", [{"id": 10, "price": 2}, {"id": 999, "price": 2}]) == [1, 0]
        assert await run("bulk-delete", [{"id": 10}, {"id": 10}]) == [1, 0]
        assert await run("bulk-insert", []) == []

    case(work)


def test_bulk_is_all_or_nothing(case: Any) -> None:
    async def work(run: Run) -> None:
        failure = await run(
            "bulk-insert", [{"id": 5, "title": "a", "price": 1}, {"id": 6, "title": "Emma; or not", "price": 1}]
        )
        assert (str(failure.type), failure.error_message.payload) == ("DB:QUERY_EXECUTION", {"row": 2})
        assert failure.detailed_description.startswith("row 2: ")
        assert await run("single", 5) is None
        for bad in (5, {"id": 1}, [5], [{"id": 1}]):
            assert str((await run("bulk-insert", bad)).type) == "DB:QUERY_EXECUTION"

    case(work)


def test_bulk_in_a_transaction_is_undone_alone(case: Any) -> None:
    async def work(run: Run) -> None:
        await run("bulk-in-transaction", [{"id": 5, "title": "a", "price": 1}, {"id": 1, "title": "b", "price": 1}])
        assert await run("single", 5) is None
        assert (await run("single", 9))["title"] == "Nine"

    case(work)


def test_a_transaction_is_undone(case: Any) -> None:
    async def work(run: Run) -> None:
        failure = await run("undone", {"id": 7, "title": "Seven", "price": 1})
        assert str(failure.type) == "APP:NO"
        assert await run("single", 7) is None

    case(work)


def test_scripts(case: Any) -> None:
    async def work(run: Run) -> None:
        failure = await run("script")
        assert (str(failure.type), failure.error_message.payload) == ("DB:BAD_SQL_SYNTAX", {"statement": 3})
        assert [row["id"] for row in await run("select", {"id": 1})] == [2]
        assert await run("ddl") == 0
        assert str((await run("ddl")).type) in ("DB:BAD_SQL_SYNTAX", "DB:QUERY_EXECUTION")

    case(work)


@pytest.mark.parametrize(
    ("book", "description"),
    [
        ({"id": 1, "title": "x", "price": 1}, "there is a row with"),
        ({"id": 5, "title": "Emma; or not", "price": 1}, "there is a row with"),
        ({"id": 5, "title": None, "price": 1}, "the row lacks a value that its table needs"),
        ({"id": 5, "title": "x", "price": -1}, "the row breaks a rule of its table"),
    ],
)
def test_errors_of_rows(case: Any, book: Any, description: str) -> None:
    async def work(run: Run) -> None:
        failure = await run("insert", book)
        assert str(failure.type) == "DB:QUERY_EXECUTION"
        assert failure.description.startswith(description)

    case(work)


def test_an_unknown_column(case: Any) -> None:
    async def work(run: Run) -> None:
        failure = await run("unknown")
        assert str(failure.type) == "DB:BAD_SQL_SYNTAX"
        assert "nothing" not in failure.description

    case(work)


def test_values_both_ways(case: Any) -> None:
    async def work(run: Run) -> None:
        values = {
            "day": date(2024, 5, 1), "moment": datetime(2024, 5, 1, 10, 20, 30), "data": b"\x00\xff", "note": None,
        }  # fmt: skip
        got = await run("values", values)
        assert not isinstance(got, FlowError), got.detailed_description
        assert {name: str(got[name]) for name in ("day", "moment")} == {
            "day": "2024-05-01",
            "moment": "2024-05-01 10:20:30",
        }
        assert (got["data"], got["note"]) == (b"\x00\xff", None)

    case(work)


def test_a_stream_of_rows(case: Any) -> None:
    async def work(run: Run) -> None:
        assert await run("bulk-insert", [{"id": n, "title": f"t{n}", "price": 1} for n in range(3, 8)]) == [1] * 5
        failure = await run("stream")
        assert not isinstance(failure, FlowError), failure.detailed_description
        assert (await run("single", 7))["price"] == 3

    case(work)
