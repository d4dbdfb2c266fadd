"""What a flow comes to does not depend on how it is looked at: run, watched, unbatched, tested, served."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from random_flows import CONFIGS, applications

from engine import Application, Event, FlowError
from engine.loading.catalog import discover
from engine.loading.loader import load
from engine.plan.link import Link
from engine.plan.observer import Node, Observer
from engine.testing.client import send

CATALOG = discover()
HEADERS = {"content-type": "application/json", "x-correlation-id": "c"}


class Come(NamedTuple):
    """What a flow came to: its payload and variables, the error and its place, the rows in the database."""

    payload: Any
    vars: Any
    error: str
    place: str
    rows: list[Any]


class Watching:
    """Notes what enters and leaves, as pairs of brackets."""

    def __init__(self) -> None:
        self.under_way: list[Node] = []
        self.seen = 0

    def entered(self, node: Node, event: Event) -> None:
        self.under_way.append(node)
        self.seen += 1

    def left(self, node: Node, event: Event, failure: BaseException | None) -> None:
        assert self.under_way.pop() is node


def outcome(file: Path, observers: Sequence[Observer] = (), *, batches: bool = True) -> Come:
    """What the flow comes to if it is linked so."""
    database = file.with_name("rows.db")
    database.unlink(missing_ok=True)
    parts = load([file], CATALOG, {"db.url": f"sqlite:///{database}"})
    Link(observers, batches=batches).link(parts.runnables.values()).install()
    return come_to(asyncio.run(_run(Application(parts))), database)


async def _run(app: Application) -> Event | FlowError:
    async with app:
        try:
            return await app.run("main", {"id": 1})
        except FlowError as failure:
            return failure


def come_to(left: Event | FlowError, database: Path) -> Come:
    event = left.event if isinstance(left, FlowError) else left
    assert event is not None
    failure = left if isinstance(left, FlowError) else None
    shown = json.loads(json.dumps([event.payload, dict(event.vars)], default=repr))
    return Come(*_without_ids(shown), str(failure), str(failure and failure.failing_component), rows_of(database))


def _without_ids(shown: Any) -> Any:
    """Without what is another for each event."""
    text = json.dumps(shown)
    return json.loads(re.sub(r"0x[0-9a-f]+", "", text))


def rows_of(database: Path) -> list[Any]:
    with sqlite3.connect(database) as connection:
        rows = connection.execute("SELECT id, what FROM rows ORDER BY id").fetchall()
    connection.close()
    return rows


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


TWO_REFS = {
    "configs": CONFIGS,
    "flows": {
        "main": {
            "source": {"http:listener": {"config-ref": "Api", "path": "/main", "allowedMethods": "POST"}},
            "steps": [
                {
                    "foreach": {
                        "collection": "`[1, 2]`",
                        "collect": {"target": "results", "failure": {"type": "#[error.type]"}},
                        "steps": [
                            {"flow-ref": {"name": "check"}},
                            {"set-payload": {"value": "second"}},
                            {
                                "flow-ref": {
                                    "name": "check",
                                    "error-mapping": [{"sourceType": "ANY", "targetType": "SHOP:PAYMENT"}],
                                }
                            },
                        ],
                    }
                }
            ],
        }
    },
    "sub-flows": {"check": {"steps": [{"choice": {"when": [
        {"expression": "payload == 'second'", "steps": [{"raise-error": {"type": "SHOP:STOCK"}}]}
    ]}}]}},
}  # fmt: skip
"""Two calls of one sub-flow, of which only the second maps its errors: the step that failed is known by its number."""


@given(applications())
@example(TWO_REFS)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_who_looks_on_changes_nothing(text: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "app.yaml"
        file.write_text(json.dumps(text))
        plain, watching = outcome(file), Watching()
        assert outcome(file, [watching]) == plain
        assert outcome(file, [Watching(), Watching()], batches=False) == plain
        assert (watching.under_way, watching.seen > 0) == ([], True)


@given(applications())
@example(TWO_REFS)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_tested_is_what_is_served(text: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "app.yaml"
        file.write_text(json.dumps(text))
        assert asyncio.run(served(file)) == asyncio.run(in_test(file))


async def served(file: Path) -> tuple[int, Any, list[Any]]:
    """Status, payload and rows of a request to the application as it is served."""
    database = file.with_name("served.db")
    app = Application.load(file, properties={"db.url": f"sqlite:///{database}"})
    async with app:
        await app.listen()
        answer = await send(app.asgi(), "POST", "/main", HEADERS, b'{"id": 1}')
    return answer.status, answer.body, rows_of(database)


async def in_test(file: Path) -> tuple[int, Any, list[Any]]:
    """The same of a case of a test file."""
    from engine.testing.files.suite import TestFile
    from engine.testing.session import Session

    database = file.with_name("tested.db")
    test = file.with_name("app.test.yaml")
    case = {"post": "/main", "given": {"payload": {"id": 1}, "correlationId": "c"}, "expect": {"status": {"$gte": 100}}}
    test.write_text(json.dumps({"real": ["Db"], "cases": {"it": case}}))
    seen: list[Any] = []
    session = Session(TestFile.read(test), CATALOG, {"db.url": f"sqlite:///{database}"})
    session.check()
    make = session.running

    class Keeping(make):  # type: ignore[misc, valid-type]  # a class that is an attribute
        def _answered(self, answer: Any) -> Any:
            seen.append(answer)
            return super()._answered(answer)

    session.running = Keeping
    await session.open()
    try:
        result = await session.run(session.file.cases[0])
    finally:
        await session.close()
    assert result.status == "passed", result.text
    return seen[0].status, seen[0].body, rows_of(database)
