from __future__ import annotations

import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parent))  # for passing

from fake_clock import FakeClock
from passing import PASSING
from postgres_server import Server
from redis_server import MISSING, RedisServer

from engine import Application, Runtime
from engine.connectors import HomeStore, home_of

MakeStore = Callable[..., HomeStore]
Load = Callable[[str], Application]
Pass = Callable[[float], Awaitable[None]]

LOCAL, SERVERS = ["memory", "persistent", "sqlite"], ["redis", "postgresql"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    if MISSING:
        pytest.skip(MISSING)
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:  # not in pytest's: the server runs as another user
        server = Server(Path(folder) / "data")
        yield server
        server.stop()


@pytest.fixture
async def runtime(tmp_path: Path, clock: FakeClock, anyio_backend: str) -> AsyncIterator[Runtime]:
    runtime = Runtime(clock)
    runtime.data_dir = tmp_path
    yield runtime
    await runtime.stop()


@pytest.fixture(params=LOCAL + SERVERS)
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of home: what holds in one holds in the others."""
    kind: str = request.param
    return kind


@pytest.fixture
def url(kind: str, request: pytest.FixtureRequest, runtime: Runtime, tmp_path: Path) -> str | None:
    runtime.application = "test"
    if kind == "redis":
        server = request.getfixturevalue("redis")
        runtime.application = server.new_application()
        return str(server.url)
    if kind == "postgresql":
        return str(request.getfixturevalue("postgres").new_database())
    return f"sqlite:///{tmp_path}/home.db" if kind == "sqlite" else None


@pytest.fixture
def make_store(kind: str, url: str | None, runtime: Runtime) -> MakeStore:
    """Makes stores of all kinds."""

    def make(name: str = "store", **parameters: Any) -> HomeStore:
        store = HomeStore(persistent=kind != "memory", url=url, **parameters)
        store.be_named(name)
        store.live_in(runtime)
        return store

    return make


@pytest.fixture
def passing(kind: str, url: str | None, runtime: Runtime, clock: FakeClock) -> Pass:
    """Lets seconds pass: the clock of a server stands for all its users, so what it keeps grows older instead."""
    home = home_of(runtime, url)
    return clock.advance if kind in LOCAL or home is None else PASSING[kind](home)


@pytest.fixture(params=["sqlite", *SERVERS])
def shared_kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def load(tmp_path: Path, clock: FakeClock) -> Load:
    """Loads the text of a flow file; what is persistent lies in the folder of the test."""

    def loading(text: str) -> Application:
        file = tmp_path / "flows.yaml"
        file.write_text(f"configuration: {{dataDir: {tmp_path / 'data'}}}\n{text}")
        return Application.load(file, clock=clock)

    return loading
