"""os:* in flows: the default store, many callers at once, restarts."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_clock import FakeClock

from engine import Application, FlowError

pytestmark = pytest.mark.anyio
Load = Callable[[str], Application]

DEFAULT = """
flows:
  store: {steps: [{os:store: {key: k}}]}
  retrieve: {steps: [{os:retrieve: {key: k, default-value: nothing}}]}
  count: {steps: [{os:increment: {key: n}}]}
"""
NAMED = """
configs:
  First: {os:object-store: {entryTtl: 60}}
  Second: {os:object-store: {}}
flows:
  store: {steps: [{os:store: {objectStore: First, key: k}}]}
  first: {steps: [{os:retrieve-all: {objectStore: First}}]}
  second: {steps: [{os:retrieve-all: {objectStore: Second}}]}
"""


async def test_the_default_store_outlives_the_application(load: Load, tmp_path: Path) -> None:
    async with load(DEFAULT) as app:
        assert (await app.run("retrieve")).payload == "nothing"
        await app.run("store", payload={"a": 1})
    async with load(DEFAULT) as app:
        assert (await app.run("retrieve")).payload == {"a": 1}
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["object-stores.db"]  # closed, its log merged


async def test_an_application_that_was_stopped_may_go_on(load: Load) -> None:
    app = load(DEFAULT)
    await app.run("store", payload=1)
    await app.stop()
    assert (await app.run("retrieve")).payload == 1
    await app.stop()


async def test_an_application_without_stores_makes_no_file(load: Load, tmp_path: Path) -> None:
    async with load("flows: {f: {steps: [{set-payload: {value: 1}}]}}") as app:
        await app.run("f")
    assert not (tmp_path / "data").exists()


async def test_stores_of_one_file_are_apart_and_expire_over_a_restart(load: Load, clock: FakeClock) -> None:
    async with load(NAMED) as app:
        await app.run("store", payload=1)
        assert (await app.run("second")).payload == {}
    async with load(NAMED) as app:
        assert (await app.run("first")).payload == {"k": 1}
        await clock.advance(60)
        assert (await app.run("first")).payload == {}


async def test_a_hundred_flows_at_once_count_a_hundred(load: Load) -> None:
    async with load(DEFAULT) as app:
        events = await asyncio.gather(*(app.run("count") for _ in range(100)))
        assert sorted(event.payload for event in events) == list(range(1, 101))


async def test_two_applications_on_one_file_count_together(load: Load) -> None:
    async with load(DEFAULT) as one, load(DEFAULT) as other:
        apps = [one, other] * 50
        events = await asyncio.gather(*(app.run("count") for app in apps))
        assert sorted(event.payload for event in events) == list(range(1, 101))


async def test_a_value_that_no_store_can_keep_is_an_error_without_the_value(load: Load) -> None:
    async with load(DEFAULT) as app:
        with pytest.raises(FlowError) as caught:
            await app.run("store", payload={"secret", "set"})
    assert str(caught.value.type) == "OS:INVALID_VALUE"
    assert caught.value.description == "a value cannot be stored"


COUNTING = """
import asyncio, sys
from engine import Application

async def count():
    async with Application.load(sys.argv[1]) as app:
        for _ in range(300):
            await app.run("count")

asyncio.run(count())
"""


async def test_several_processes_that_begin_together_count_together(load: Load, tmp_path: Path) -> None:
    app = load(DEFAULT)
    command = [sys.executable, "-c", COUNTING, str(tmp_path / "flows.yaml")]
    processes = [await asyncio.create_subprocess_exec(*command) for _ in range(3)]
    assert await asyncio.gather(*(process.wait() for process in processes)) == [0, 0, 0]
    async with app:
        assert (await app.run("count")).payload == 901
