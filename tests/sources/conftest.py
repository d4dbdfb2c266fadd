"""Servers and applications with sources of their own."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "server"))  # for the server of its tests
sys.path.append(str(Path(__file__).parent))  # for order_queues

import rabbit_server
from rabbit_server import RabbitServer
from redis_server import MISSING, RedisServer
from running import Running

from engine import Application, Clock

Start = Callable[..., Running]


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    if MISSING:
        pytest.skip(MISSING)
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


@pytest.fixture(scope="session")
def rabbit() -> Iterator[RabbitServer]:
    if rabbit_server.MISSING:
        pytest.skip(rabbit_server.MISSING)
    with tempfile.TemporaryDirectory(prefix="rabbit-") as folder:
        server = RabbitServer(Path(folder))
        yield server
        server.end()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts `engine serve` of the text of a flow file, with its dataDir in the folder of the test."""
    with ExitStack() as stack:

        def starting(flows: str, *arguments: str) -> Running:
            file = tmp_path / "flows.yaml"
            file.write_text(flows)
            return stack.enter_context(Running(tmp_path, str(file), *arguments, cwd=tmp_path))

        yield starting


Load = Callable[..., Application]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads the text of a flow file in this process, with a clock to move; dataDir is in the folder of the test."""

    def loading(flows: str, clock: Clock | None = None) -> Application:
        file = tmp_path / "flows.yaml"
        file.write_text(f"configuration: {{dataDir: {tmp_path / 'data'}, shutdownTimeout: 200ms}}\n{flows}")
        return Application.load(file, clock=clock)

    return loading
