"""Real servers for attacks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from server.running import Running


@pytest.fixture(scope="module")
def attacked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The flows of the module's `FLOWS`, one server for all its cases."""
    folder = tmp_path_factory.mktemp("attacked")
    file = folder / "flows.yaml"
    file.write_text(request.module.FLOWS)
    with Running(folder, str(file), cwd=folder) as server:
        yield server
