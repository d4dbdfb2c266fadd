"""The kinds of databases that what holds on each is tested with."""

from __future__ import annotations

from pathlib import Path

import pytest

BACKENDS = ["sqlite file", "sqlite memory", "sqlalchemy", "mariadb", "postgresql"]


def url_of(backend: str, folder: Path, request: pytest.FixtureRequest) -> str:
    """The URL of an empty database of the kind."""
    if backend in ("mariadb", "postgresql"):
        name = {"mariadb": "mariadb", "postgresql": "server"}[backend]
        url: str = request.getfixturevalue(name).new_database()
        return url
    urls = {
        "sqlite file": f"sqlite:///{folder}/x.db",
        "sqlite memory": "sqlite://",
        "sqlalchemy": f"sqlite+aiosqlite:///{folder}/x.db",
    }
    return urls[backend]
