"""Commits that PostgreSQL answers late, or never: nothing is told that is not known, and no connection is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from postgres_server import Server, query

from engine import Application, FlowError
from engine.connectors import MOST_TOGETHER

FLOWS = """
configs:
  DB: {db:config: {url: "${url}", maxWait: 300ms}}
flows:
  store:
    steps:
      - foreach:
          collect: {target: results, streaming: "${streaming}", success: {id: "#[payload.id]", status: 200}}
          steps: [{db:insert: {config-ref: DB, sql: "INSERT INTO t VALUES(:id)", input-parameters: "#[payload]"}}]
  append:
    steps:
      - foreach:
          steps:
            - db:insert: {config-ref: DB, sql: "INSERT INTO t VALUES(:id)", input-parameters: "#[payload]", target: a}
            - set-variable: {variableName: results, value: "#[append(vars.results, {id: payload.id, status: 200})]"}
"""
RECORDS = [{"id": number} for number in range(3 * MOST_TOGETHER)]
COMMIT = b"COMMIT\0"


class Line:
    """What lies between us and a server. It breaks at a commit, and stays broken.

    commits: how many go through before. arrives: whether the last one comes to the server, whose answer is then lost.
    """

    def __init__(self, port: int, commits: int, arrives: bool) -> None:
        self._port = port
        self._commits = commits
        self._arrives = arrives
        self._is_broken = False
        self._ends: list[asyncio.StreamWriter] = []

    @asynccontextmanager
    async def open(self) -> AsyncIterator[int]:
        """The port at which it begins."""
        self._listening = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        async with self._listening:
            yield self._listening.sockets[0].getsockname()[1]

    async def _connect(self, ours: asyncio.StreamReader, to_us: asyncio.StreamWriter) -> None:
        theirs, to_them = await asyncio.open_connection("127.0.0.1", self._port)
        self._ends += [to_us, to_them]
        with suppress(OSError):
            await asyncio.gather(self._send(ours, to_them), self._answer(theirs, to_us))

    async def _send(self, ours: asyncio.StreamReader, to_them: asyncio.StreamWriter) -> None:
        while data := await ours.read(2**16):
            if COMMIT in data:
                self._is_broken = not self._commits
                self._commits -= 1
            if self._is_broken:
                return await self._break(data, to_them)
            to_them.write(data)
        to_them.close()

    async def _answer(self, theirs: asyncio.StreamReader, to_us: asyncio.StreamWriter) -> None:
        while data := await theirs.read(2**16):
            if not self._is_broken:
                to_us.write(data)
        to_us.close()

    async def _break(self, data: bytes, to_them: asyncio.StreamWriter) -> None:
        self._listening.close()
        if self._arrives:
            to_them.write(data)
            await asyncio.sleep(0.2)  # the server has answered
        for end in self._ends:
            end.transport.abort()


async def told(folder: Path, url: str, flow: str, streaming: str) -> tuple[FlowError, list[Any]]:
    """What the flow raises, and the outcomes that it told before."""
    (folder / "flows.yaml").write_text(FLOWS)
    outcomes: list[Any] = []
    async with Application.load(folder / "flows.yaml", properties={"url": url, "streaming": streaming}) as app:
        try:
            results = (await app.run(flow, RECORDS)).vars["results"]
            async for portion in results.portions():
                outcomes += portion
        except FlowError as failure:
            return failure, outcomes or list(failure.event.vars["results"])
    raise AssertionError("nothing was in doubt")


@pytest.mark.parametrize(
    ("flow", "streaming"),
    [
        pytest.param("store", "false", id="collect"),
        pytest.param("store", "true", id="a stream"),
        pytest.param("append", "false", id="append"),
    ],
)
@pytest.mark.parametrize("arrives", [False, True], ids=["lost", "kept"])
def test_what_is_in_doubt_is_not_told(tmp_path: Path, server: Server, arrives: bool, flow: str, streaming: str) -> None:
    url = server.new_database()

    async def run() -> tuple[FlowError, list[Any], int]:
        await query(url, "CREATE TABLE t(id int PRIMARY KEY)")
        async with Line(server.port, 1, arrives).open() as port:
            failure, outcomes = await told(tmp_path, url.replace(f":{server.port}/", f":{port}/"), flow, streaming)
        return failure, outcomes, len(await query(url, "SELECT id FROM t"))

    failure, outcomes, stored = asyncio.run(run())
    assert (str(failure.type), failure.description) == ("DB:CONNECTIVITY", "the database was lost during a commit")
    assert 0 < len(outcomes) < len(RECORDS)
    assert outcomes == [{"id": number, "status": 200} for number in range(len(outcomes))]
    assert stored > len(outcomes) if arrives else stored == len(outcomes)


SLOW = """
configs:
  DB:
    db:config:
      url: "${url}"
      maxPoolSize: 2
      maxWait: 500ms
      initScript: >-
        CREATE TABLE t(id int);
        CREATE FUNCTION sleep() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION sleep()
flows:
  transaction: {steps: [{try: {timeout: 100ms, steps: [{try: {transactionalAction: ALWAYS_BEGIN, steps: [&insert
    {db:insert: {config-ref: DB, sql: INSERT INTO t VALUES(1)}}]}}]}}]}
  bulk: {steps: [{try: {timeout: 100ms, steps: [
    {db:bulk-insert: {config-ref: DB, sql: "INSERT INTO t VALUES(:id)", input-parameters: "#[[{id: `1`}]]"}}]}}]}
  alone: {steps: [{try: {timeout: 100ms, steps: [*insert]}}]}
  apart: {steps: [{try: {timeout: 100ms, steps: [
    {db:insert: {config-ref: DB, sql: INSERT INTO t VALUES(1), queryTimeout: 9s}}]}}]}
  late: {steps: [{db:insert: {config-ref: DB, sql: INSERT INTO t VALUES(1), queryTimeout: 100ms}}]}
  read: {steps: [{db:select: {config-ref: DB, sql: SELECT id FROM t}}]}
"""


@pytest.mark.parametrize(
    ("flow", "error"),
    [
        ("transaction", "MULE:TIMEOUT"),
        ("bulk", "MULE:TIMEOUT"),
        ("alone", "MULE:TIMEOUT"),
        ("apart", "MULE:TIMEOUT"),
        ("late", "DB:TIMEOUT"),
    ],
)
def test_a_commit_that_takes_too_long(tmp_path: Path, postgres: str, flow: str, error: str) -> None:
    """What the server does at the end of a transaction is stopped, too, and the connection is one of the pool again."""
    (tmp_path / "flows.yaml").write_text(SLOW)

    async def run() -> list[Any]:
        async with Application.load(tmp_path / "flows.yaml", properties={"url": postgres}) as app:
            for _ in range(3):
                with pytest.raises(FlowError) as raised:
                    await app.run(flow)
                assert str(raised.value.type) == error
            reads = await asyncio.gather(*(app.run("read") for _ in range(4)))
            return [event.payload for event in reads]

    assert asyncio.run(run()) == [[]] * 4
