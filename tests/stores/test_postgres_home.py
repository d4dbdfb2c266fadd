"""A PostgreSQL server that is away, comes back, or does not answer."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from time import monotonic

import pytest
from postgres_server import Server

from engine import FlowError, Runtime
from engine.connectors import Home, HomeStore, home_of
from engine.limits import LONGEST_HOME_OPERATION

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def own() -> Iterator[Server]:
    """A server that the tests may end."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        server = Server(Path(folder) / "data")
        yield server
        server.stop()


@pytest.fixture
async def runtime(anyio_backend: str) -> AsyncIterator[Runtime]:
    runtime = Runtime()
    runtime.application = "shop"
    yield runtime
    await runtime.stop()


@pytest.fixture
def home(own: Server, runtime: Runtime) -> Home:
    home = home_of(runtime, own.new_database())
    assert home is not None
    return home


def store_at(url: str, runtime: Runtime, **parameters: int) -> HomeStore:
    store = HomeStore(url=url, **parameters)
    store.be_named("states")
    store.live_in(runtime)
    return store


def processes_of(server: Server) -> list[int]:
    leader = (server.folder / "postmaster.pid").read_text().split()[0]
    return [int(each) for each in (leader, *Path(f"/proc/{leader}/task/{leader}/children").read_text().split())]


async def test_it_heals_when_the_server_has_started_anew(home: Home, own: Server) -> None:
    await home.hold("poll", "a", 60.0)
    own.stop()
    with pytest.raises(FlowError) as caught:
        await home.hold("poll", "a", 60.0)
    assert str(caught.value.type) == "OS:STORE_NOT_AVAILABLE"
    own.start()
    await asyncio.sleep(0.2)
    assert (await home.hold("poll", "b", 60.0)).token is None


async def test_a_server_that_does_not_answer_is_away_in_time(home: Home, own: Server) -> None:
    await home.ping()
    processes = processes_of(own)
    for each in processes:
        os.kill(each, signal.SIGSTOP)
    try:
        began = monotonic()
        found = await asyncio.gather(*(home.ping() for _ in range(30)), return_exceptions=True)
        assert {type(each) for each in found} == {FlowError}
        assert monotonic() - began < 2 * LONGEST_HOME_OPERATION
    finally:
        for each in processes:
            os.kill(each, signal.SIGCONT)
    await asyncio.sleep(0.2)
    await home.ping()


async def test_two_processes_make_the_tables_at_the_same_time(own: Server) -> None:
    url, runtimes = own.new_database(), [Runtime() for _ in range(4)]
    for runtime in runtimes:
        runtime.application = "shop"
    stores = [store_at(url, runtime) for runtime in runtimes]
    await asyncio.gather(*(store.increment("key") for store in stores))
    assert await stores[0].get("key") == 4
    await asyncio.gather(*(runtime.stop() for runtime in runtimes))


async def test_a_large_store_is_counted_now_and_then(own: Server, runtime: Runtime) -> None:
    store = store_at(own.new_database(), runtime, max_entries=300)
    await asyncio.gather(*(store.put(f"key {number}", number) for number in range(330)))
    assert 300 <= len(await store.keys()) <= 303
    assert await store.get("key 329") == 329


async def test_a_value_that_the_server_does_not_take_is_nobody_elses_concern(home: Home) -> None:
    with pytest.raises(FlowError) as caught:
        await home.note("poll", 2**63, b"")
    assert caught.value.description == "an operation of the store is refused"
    assert (await home.admit("rate", "caller", 1.0, 5.0)).is_admitted
