from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_clock import FakeClock

from engine import Application, Runtime
from engine.connectors import LocalStore

MakeStore = Callable[..., LocalStore]
Load = Callable[[str], Application]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def runtime(tmp_path: Path, clock: FakeClock) -> Iterator[Runtime]:
    runtime = Runtime(clock)
    runtime.data_dir = tmp_path
    yield runtime
    runtime.close()


@pytest.fixture(params=[False, True], ids=["memory", "persistent"])
def make_store(request: pytest.FixtureRequest, runtime: Runtime) -> MakeStore:
    """Makes stores of both kinds: what holds for one holds for the other."""

    def make(name: str = "store", **parameters: Any) -> LocalStore:
        store = LocalStore(persistent=request.param, **parameters)
        store.be_named(name)
        store.live_in(runtime)
        return store

    return make


@pytest.fixture
def load(tmp_path: Path, clock: FakeClock) -> Load:
    """Loads the text of a flow file; what is persistent lies in the folder of the test."""

    def loading(text: str) -> Application:
        file = tmp_path / "flows.yaml"
        file.write_text(f"configuration: {{dataDir: {tmp_path / 'data'}}}\n{text}")
        return Application.load(file, clock=clock)

    return loading
