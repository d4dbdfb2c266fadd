"""A disk that is full in the middle of a body: nobody's record, and what was told is what the table holds."""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from engine import Application, FlowError

FLOWS = """
configs:
  HTTP: {http:listener-config: {host: 127.0.0.1, port: 8081}}
  DB: {db:config: {url: "${url}", initScript: init.sql}}
flows:
  each:
    steps:
      - foreach:
          fuse: ${fuse}
          collect:
            target: results
            success: {id: "#[payload.id]", status: 200}
            failure: {id: "#[payload.id]", status: 422, type: "#[error.type]"}
          steps: [{flow-ref: {name: store}}]
      - set-payload: {value: "#[vars.results]"}
  abort:
    source: {http:listener: {config-ref: HTTP, path: /abort}}
    steps:
      - foreach:
          fuse: ${fuse}
          collect:
            target: results
            success: {id: "#[payload.id]", status: 200}
            failure: {id: "#[payload.id]", status: 422, type: "#[error.type]"}
            abortOn: DB:CONNECTIVITY
          steps: [{flow-ref: {name: store}}]
  mirror:
    source: {http:listener: {config-ref: HTTP, path: /mirror}}
    steps:
      - set-variable: {variableName: results, value: []}
      - foreach:
          fuse: ${fuse}
          steps:
            - try:
                steps:
                  - flow-ref: {name: store}
                  - set-variable:
                      variableName: results
                      value: "#[append(vars.results, {id: payload.id, status: 200})]"
                error-handler:
                  - on-error-propagate: {type: DB:CONNECTIVITY}
                  - on-error-continue: {type: ANY}
  whole:
    steps:
      - try:
          transactionalAction: ALWAYS_BEGIN
          steps: [{foreach: {steps: [{flow-ref: {name: store}}]}}]
  stored: {steps: [{db:select: {config-ref: DB, sql: SELECT id FROM t ORDER BY id}}]}
  make-room: {steps: [{db:execute-script: {config-ref: DB, sql: "${room}"}}]}
sub-flows:
  store:
    steps:
      - db:insert: {config-ref: DB, sql: "INSERT INTO t VALUES(:id, :body)", input-parameters: "#[payload]", target: a}
"""
TABLE = "CREATE TABLE t(id int PRIMARY KEY, body text)"
TRIGGER = """
CREATE TABLE t(id int PRIMARY KEY, body text);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF (SELECT count(*) FROM t) >= 250 AND NEW.id % 5 > 0 THEN RAISE EXCEPTION 'no space' USING ERRCODE = '53100'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION refuse();
"""
RECORDS = [{"id": number, "body": "x" * (number * 7919 % 3_000)} for number in range(600)]
MORE = [{"id": number, "body": "x" * 3_000} for number in range(1_000, 1_010)]


class Disk(NamedTuple):
    """A database with room for some of the records; script: what makes the table; room: a script that makes room."""

    url: str
    script: str
    room: str = "SELECT 1"
    grow: Callable[[], None] = lambda: None


@contextmanager
def mounted() -> Iterator[tuple[Path, Callable[[], None]]]:
    """A folder that holds 512 KiB, and what has it hold more."""

    def command(*words: str) -> None:
        subprocess.run([*words, str(folder)], capture_output=True, text=True, check=True)

    # Not in pytest's folder, which is closed to the user whom the server runs as.
    with tempfile.TemporaryDirectory(prefix="small-disk-") as parent:
        os.chmod(parent, 0o755)  # noqa: S103  # the server has to get through it
        folder = Path(parent) / "disk"
        folder.mkdir()
        try:
            command("mount", "-t", "tmpfs", "-o", "size=512k,mode=777", "tmpfs")
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"no small disk can be mounted here: {getattr(error, 'stderr', error)}")
        try:
            yield folder, lambda: command("mount", "-o", "remount,size=32m")
        finally:
            command("umount", "-l")


@pytest.fixture(params=["sqlite pages", "sqlite disk", "postgresql state", "postgresql disk"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    match request.param:
        case "sqlite pages":
            limit = "PRAGMA max_page_count ="
            yield Disk(f"sqlite:///{tmp_path}/x.db", f"{TABLE}; {limit} 100", f"{limit} 100000")
        case "sqlite disk":
            with mounted() as (folder, grow):
                yield Disk(f"sqlite:///{folder}/x.db", TABLE, grow=grow)
        case "postgresql state":
            yield Disk(request.getfixturevalue("postgres"), TRIGGER, "DROP TRIGGER full_disk ON t")
        case "postgresql disk":
            server = request.getfixturevalue("server")
            url = server.new_database()
            with mounted() as (folder, grow), tablespace(server, url.partition("=")[2], folder) as name:
                yield Disk(url, f"{TABLE} TABLESPACE {name}; ALTER TABLE t ALTER body SET STORAGE PLAIN", grow=grow)


@contextmanager
def tablespace(server: Any, schema: str, folder: Path) -> Iterator[str]:
    """The name of one in the folder; it is gone at the end, and the schema, whose tables may lie in it."""

    def sql(statement: str) -> None:
        server.run("psql", "-q", "-c", statement, server.url())

    inside = folder / "space"
    inside.mkdir()
    owner = server.folder.stat()
    os.chown(inside, owner.st_uid, owner.st_gid)
    name = f"small_{folder.parent.name.rpartition('-')[2]}"
    sql(f"CREATE TABLESPACE \"{name}\" LOCATION '{inside}'")
    try:
        yield f'"{name}"'
    finally:
        sql(f"DROP SCHEMA {schema} CASCADE")
        sql(f'DROP TABLESPACE "{name}"')


async def stored(app: Application) -> list[int]:
    return [row["id"] for row in (await app.run("stored")).payload]


def told(outcomes: Any) -> list[int]:
    return [outcome["id"] for outcome in outcomes if outcome["status"] == 200]


async def posted(app: Application, path: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app.asgi()), base_url="http://test") as client:
        return await client.post(path, json=RECORDS)


async def is_well_again(app: Application, disk: Disk) -> None:
    """With room, the same application stores all that comes; and nothing else appeared meanwhile."""
    before = await stored(app)
    disk.grow()
    await app.run("make-room")
    outcomes = (await app.run("each", MORE)).payload
    assert told(outcomes) == [record["id"] for record in MORE]
    assert await stored(app) == before + told(outcomes)


@pytest.fixture(params=["true", "false"], ids=["fused", "alone"])
def loaded(request: pytest.FixtureRequest, disk: Disk, tmp_path: Path) -> Callable[[], Application]:
    (tmp_path / "flows.yaml").write_text(FLOWS)
    (tmp_path / "init.sql").write_text(disk.script)
    properties = {"url": disk.url, "room": disk.room, "fuse": request.param}
    return lambda: Application.load(tmp_path / "flows.yaml", properties=properties)


def test_each_record_is_told(loaded: Callable[[], Application], disk: Disk) -> None:
    async def run() -> None:
        async with asyncio.timeout(60), loaded() as app:
            outcomes = (await app.run("each", RECORDS)).payload
            assert [outcome["id"] for outcome in outcomes] == [record["id"] for record in RECORDS]
            assert {outcome.get("type") for outcome in outcomes} == {None, "DB:CONNECTIVITY"}
            assert told(outcomes) == await stored(app)
            await is_well_again(app, disk)

    asyncio.run(run())


@pytest.mark.parametrize("flow", ["abort", "mirror"])
def test_the_loop_stops_and_the_caller_is_told_503(loaded: Callable[[], Application], disk: Disk, flow: str) -> None:
    async def run() -> None:
        async with asyncio.timeout(60), loaded() as app:
            with pytest.raises(FlowError) as raised:
                await app.run(flow, RECORDS)
            assert str(raised.value.type) == "DB:CONNECTIVITY"
            assert raised.value.event is not None
            kept = told(raised.value.event.vars["results"])
            assert kept == list(range(len(kept))) == await stored(app)
            assert kept
            answer = await posted(app, f"/{flow}")
            assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
            assert "results" not in answer.text
            await is_well_again(app, disk)

    asyncio.run(run())


def test_a_transaction_that_does_not_fit_leaves_nothing(loaded: Callable[[], Application], disk: Disk) -> None:
    if "max_page_count" in disk.room:
        pytest.skip("a transaction has a connection of its own, without the limit")

    async def run() -> None:
        async with asyncio.timeout(60), loaded() as app:
            with pytest.raises(FlowError) as raised:
                await app.run("whole", RECORDS)
            assert str(raised.value.type) == "DB:CONNECTIVITY"
            assert await stored(app) == []
            await is_well_again(app, disk)

    asyncio.run(run())
