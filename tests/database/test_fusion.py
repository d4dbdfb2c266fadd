"""Statements that are committed together: each record has the outcome that it has alone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import Application, FlowError
from engine.work import turns

TABLES = """
CREATE TABLE parent(id INTEGER PRIMARY KEY);
INSERT INTO parent VALUES(1), (2), (3);
CREATE TABLE child(
  id INTEGER PRIMARY KEY, n INTEGER CHECK(n < 100), once TEXT UNIQUE,
  parent INTEGER REFERENCES parent{deferred});
CREATE TABLE log(number {serial} PRIMARY KEY, id INTEGER);
"""
NewDatabase = Callable[[], str]
FLOWS = (Path(__file__).parent / "fusion.yaml").read_text()
RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.integers(1, 6),
            "n": st.sampled_from([0, 1, 13, 99, 100, 500, "x", None, 2**70]),
            "once": st.sampled_from([None, None, "a", "b"]),
            "parent": st.sampled_from([None, 1, 2, 3, 4]),
            "how": st.sampled_from(["insert", "insert", "delete", "or rollback"]),
        }
    ),
    max_size=12,
)


def write_files(folder: Path, url: str, deferred: str = "") -> None:
    serial = "INTEGER" if url.startswith("sqlite") else "SERIAL"
    (folder / "tables.sql").write_text(TABLES.replace("{deferred}", deferred).replace("{serial}", serial))
    (folder / "flows.yaml").write_text(FLOWS)


def settings_of(url: str, fuse: str, store: str = "store") -> dict[str, str]:
    return {"fuse": fuse, "store": store, "url": url, "or rollback": "OR ROLLBACK" if url.startswith("sqlite") else ""}


def outcome(
    folder: Path, url: str, flow: str, records: Sequence[Any], fuse: str, deferred: str = "", store: str = "store"
) -> tuple[Any, ...]:
    """What the flow gives or raises, and what the tables then hold. store: `write` waits for no answer."""
    write_files(folder, url, deferred)
    return asyncio.run(run_flow(folder, url, flow, records, fuse, store))


async def run_flow(
    folder: Path, url: str, flow: str, records: Sequence[Any], fuse: str, store: str
) -> tuple[Any, list[Any]]:
    settings = settings_of(url, fuse, store)
    async with Application.load(folder / "flows.yaml", properties=settings) as app:
        try:
            result: Any = (await app.run(flow, list(records))).payload
        except FlowError as failure:
            result = str(failure.type), failure.description, failure.event and failure.event.payload
        database: Any = app.parts.configs["DB"]
        statements = ("SELECT * FROM child ORDER BY id", "SELECT id FROM log ORDER BY number")
        return result, [await database.database.select(sql, (), None) for sql in statements]


@pytest.mark.parametrize("deferred", ["", " DEFERRABLE INITIALLY DEFERRED"], ids=["at once", "deferred"])
@pytest.mark.parametrize("store", ["store", "write", "told"])
@pytest.mark.parametrize("flow", ["mirror", "collect", "plain", "until", "until-plain"])
@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=RECORDS)
def test_both_modes_agree_record_by_record(
    tmp_path: Path, new_database: NewDatabase, flow: str, store: str, deferred: str, records: Sequence[Any]
) -> None:
    one, other = (outcome(tmp_path, new_database(), flow, records, fuse, deferred, store) for fuse in ("true", "false"))
    assert one == other


@pytest.mark.parametrize("turn", [60, 0], ids=["long turns", "short turns"])
def test_many_records_over_several_batches(
    tmp_path: Path, new_database: NewDatabase, turn: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch ends early where the turn is over."""
    monkeypatch.setattr(turns, "TURN", turn)
    monkeypatch.setattr(turns._turn, "ends", 0.0)
    records = [{"id": n, "n": n % 101, "once": None, "parent": None, "how": "insert"} for n in range(1, 700)]
    for flow in ("mirror", "collect"):
        both = [outcome(tmp_path, new_database(), flow, records, fuse) for fuse in ("true", "false")]
        assert both[0] == both[1]
        assert sum("error" in result for result in both[0][0]) == 13  # n is 13 or 100


@pytest.mark.parametrize("flow", ["until", "until-plain"])
def test_nothing_is_kept_of_items_behind_the_last(tmp_path: Path, new_database: NewDatabase, flow: str) -> None:
    """Statements that were sent before the answer that ends the loop are undone."""
    records = [{"id": n, "n": 1, "once": None, "parent": None, "how": "insert"} for n in range(1, 600)]
    records[136]["how"] = "delete"  # of a row that is not there: it changes none
    until = FLOWS.replace("vars.counter == 5", "false")
    for fuse in ("true", "false"):
        write_files(tmp_path, url := new_database())
        (tmp_path / "flows.yaml").write_text(until)
        _, (children, log) = asyncio.run(run_flow(tmp_path, url, flow, records, fuse, "write"))
        assert (len(children), len(log)) == (136, 137)


def commits(folder: Path, fuse: str) -> int:
    """How many transactions a loop of 600 records makes: frames of the log that end one carry the database's size."""
    records = [{"id": n, "n": 1, "once": None, "parent": None, "how": "insert"} for n in range(1, 601)]
    url = f"sqlite:///{folder}/{fuse}.db"
    write_files(folder, url)
    log = folder / f"{fuse}.db-wal"

    async def run() -> int:
        settings = settings_of(url, fuse)
        async with Application.load(folder / "flows.yaml", properties=settings) as app:
            await app.run("plain", records)
            return frames_that_commit(log.read_bytes())

    return asyncio.run(run())


def frames_that_commit(log: bytes) -> int:
    """https://www.sqlite.org/fileformat2.html, 4.1: a header of 32 bytes, then frames of 24 and a page."""
    frame = 24 + int.from_bytes(log[8:12])
    return sum(int.from_bytes(log[at + 4 : at + 8]) != 0 for at in range(32, len(log) - frame + 1, frame))


def test_statements_are_committed_together(tmp_path: Path) -> None:
    assert commits(tmp_path, "true") < 20
    assert commits(tmp_path, "false") >= 600


TRANSACTIONS = """
configs:
  DB: {db:config: {url: "${url}", initScript: "CREATE TABLE t(id int, transaction bigint DEFAULT txid_current())"}}
flows:
  transactions:
    steps:
      - foreach:
          fuse: ${fuse}
          steps:
            - db:insert:
                {config-ref: DB, sql: "INSERT INTO t(id) VALUES(:id)", input-parameters: {id: "#[payload]"}, target: a}
            - logger: {message: "#[payload]"}
      - db:query-single: {config-ref: DB, sql: SELECT count(DISTINCT transaction) AS number FROM t}
"""


@pytest.mark.parametrize(("fuse", "numbers"), [("true", range(3, 20)), ("false", [600])], ids=["fused", "alone"])
def test_statements_are_committed_together_on_a_server(
    tmp_path: Path, postgres: str, fuse: str, numbers: Collection[int], caplog: pytest.LogCaptureFixture
) -> None:
    """Lines in the log are no reason to commit each alone. On a busy machine more units end with their time."""
    caplog.set_level("INFO", "engine.flow")
    (tmp_path / "flows.yaml").write_text(TRANSACTIONS)

    async def run() -> Any:
        async with Application.load(tmp_path / "flows.yaml", properties={"url": postgres, "fuse": fuse}) as app:
            return (await app.run("transactions", list(range(600)))).payload

    assert asyncio.run(run())["number"] in numbers
    assert caplog.messages == [str(number) for number in range(600)]


def test_what_is_behind_a_failed_record_is_not_kept(tmp_path: Path, new_database: NewDatabase) -> None:
    """The loop ends at the record that fails, though more was sent before the database had answered."""
    records = [{"id": n, "n": 500 if n == 3 else 1, "once": None, "parent": None, "how": "insert"} for n in range(1, 9)]
    (_, why, _), (rows, log) = outcome(tmp_path, new_database(), "plain", records, "true", store="write")
    assert why == "the row breaks a rule of its table"
    assert [row["id"] for row in rows] == [1, 2]
    assert [row["id"] for row in log] == [1, 2, 3]


@pytest.mark.parametrize("how", ["insert", "or rollback"])
@pytest.mark.parametrize("flow", ["logged", "looked-up", "handled"])
@pytest.mark.parametrize("fuse", ["true", "false"], ids=["fused", "alone"])
def test_what_is_logged_is_true(
    tmp_path: Path, new_database: NewDatabase, fuse: str, flow: str, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    records = [{"id": n, "n": 500 if n == 3 else 1, "once": None, "parent": None, "how": how} for n in range(1, 6)]
    outcome(tmp_path, new_database(), flow, records, fuse)
    lines = [found[0] for line in caplog.messages if (found := re.search(r"stored \d", line))]
    assert lines == [f"stored {n}" for n in (1, 2, 4, 5)]
