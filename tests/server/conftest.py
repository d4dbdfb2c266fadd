"""Servers for the tests."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread

import httpx
import pytest
import uvicorn
from starlette.types import ASGIApp

from engine import Application

sys.path.append(str(Path(__file__).parent))  # for the modules beside this one

from running import SHIPPED, Running, Start, wait_until


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts servers of files or of the text of a flow file; they end with the test."""
    with ExitStack() as stack:

        def starting(flows: str | Path, *arguments: str, **environment: str) -> Running:
            file = flows if isinstance(flows, Path) else tmp_path / "flows.yaml"
            if isinstance(flows, str):
                file.write_text(flows)
            return stack.enter_context(Running(tmp_path, str(file), *arguments, environment=environment))

        yield starting


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "customers.db"


@pytest.fixture
def upsert(start: Start, database: Path) -> Running:
    """The shipped flow over an empty database."""
    return start(SHIPPED, "--set", f"db.url=sqlite:///{database}")


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="module")
def shared_upsert(shared_folder: Path) -> Iterator[Running]:
    """The shipped flow, one server for all cases of a module."""
    with Running(shared_folder, str(SHIPPED), environment={"DB_URL": f"sqlite:///{shared_folder}/customers.db"}) as it:
        yield it


@pytest.fixture(scope="module")
def served(request: pytest.FixtureRequest, shared_folder: Path) -> Iterator[Running]:
    """The flows of the module's `FLOWS`, one server for all its cases."""
    file = shared_folder / "flows.yaml"
    file.write_text(request.module.FLOWS)
    with Running(shared_folder, str(file), "--processors", "elements") as it:
        yield it


@pytest.fixture
def application(database: Path) -> Application:
    """The shipped flow in this process."""
    return Application.load(SHIPPED, properties={"db.url": f"sqlite:///{database}"})


@pytest.fixture
def in_thread() -> Iterator[Callable[[ASGIApp], httpx.Client]]:
    """Serves an ASGI application in a thread; the cheap way where the test must reach inside."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(served_in_thread(app))


@contextmanager
def served_in_thread(app: ASGIApp) -> Iterator[httpx.Client]:
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none", timeout_graceful_shutdown=1))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            wait_until(lambda: server.started)  # its lifespan has begun
            with httpx.Client(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}", trust_env=False) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()
