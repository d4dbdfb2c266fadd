"""A database that is to be there when the application starts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from fake_clock import FakeClock

from engine import Application, FlowError
from engine.edition import StartError

FLOWS = """
configs: {{DB: {{db:config: {{url: "sqlite:///{folder}/data/x.db", {more}}}}}}}
flows: {{a: {{steps: [{{db:select: {{config-ref: DB, sql: SELECT 1 AS n}}}}]}}}}
"""
CREATED = "initScript: CREATE TABLE IF NOT EXISTS t(a INTEGER)"


class Waiting(FakeClock):
    """The database is there after so many waits."""

    def __init__(self, folder: Path, waits: int) -> None:
        super().__init__(hurries=True)
        self._folder, self._waits = folder, waits

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        if len(self.slept) == self._waits:
            self._folder.mkdir()


def slept(folder: Path, more: str, waits: int = 0) -> list[float]:
    """The waits of a start; the database may be there after some of them."""
    file = folder / "flows.yaml"
    file.write_text(FLOWS.format(folder=folder, more=more))
    clock = Waiting(folder / "data", waits)

    async def running() -> None:
        async with Application.load(file, clock=clock) as app:
            assert (await app.run("a")).payload == [{"n": 1}]

    asyncio.run(running())
    return list(clock.slept)


@pytest.mark.parametrize(
    ("reconnection", "waits"),
    [
        ("{failsDeployment: true}", [2, 2]),
        ("{failsDeployment: true, reconnect: {frequency: 3s, count: 4}}", [3, 3, 3, 3]),
        ("{failsDeployment: true, reconnect: {frequency: 3000, count: 1}}", [3]),
        ("{failsDeployment: true, reconnect-forever: {frequency: 5s}}", [5] * 50),
    ],
)
def test_a_database_that_comes_later(tmp_path: Path, reconnection: str, waits: list[float]) -> None:
    assert slept(tmp_path, f"reconnection: {reconnection}", len(waits)) == waits


def test_a_script_at_the_start_waits_as_well_where_that_is_said(tmp_path: Path) -> None:
    assert slept(tmp_path, f"{CREATED}, reconnection: {{reconnect: {{frequency: 1s, count: 3}}}}", 2) == [1, 1]


@pytest.mark.parametrize("more", ["reconnection: {failsDeployment: true, reconnect: {count: 0}}", CREATED])
def test_a_database_that_is_not_there(tmp_path: Path, more: str) -> None:
    with pytest.raises(StartError, match="the config 'DB' cannot be started"):
        slept(tmp_path, more)


@pytest.mark.parametrize(
    "more", ["", "reconnection: {reconnect: {count: 5}}", "reconnection: {failsDeployment: false}"]
)
def test_a_database_that_need_not_be_there(tmp_path: Path, more: str) -> None:
    with pytest.raises(FlowError) as caught:
        slept(tmp_path, more)
    assert str(caught.value.type) == "DB:CANNOT_REACH"


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "flows.yaml"
    url = "postgresql://nobody@127.0.0.1:1/none"
    file.write_text(
        f'configs: {{DB: {{db:config: {{url: "{url}", reconnection: {{failsDeployment: true}}}}}}}}\n'
        "flows: {a: {steps: [{db:select: {config-ref: DB, sql: SELECT 1 AS n}}]}}\n"
    )
    clock = FakeClock(hurries=True)
    with pytest.raises(StartError):
        asyncio.run(Application.load(file, clock=clock).start())
    assert clock.slept == [2, 2]
