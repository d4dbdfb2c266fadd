"""Which home the state of an application lives in: after a reload, too, and as `engine check --connect` finds it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from engine import Application
from engine.operation.connecting import mistakes_found

pytestmark = pytest.mark.anyio
FLOWS = """
configuration: {{name: shop, stateUrl: "{url}"}}
configs:
  Named: {{os:object-store: {{}}}}
  Own: {{os:object-store: {{url: "sqlite:///own.db"}}}}
  Memory: {{os:object-store: {{persistent: false}}}}
flows:
  count:
    steps:
      - os:increment: {{objectStore: Named, key: n, target: named}}
      - os:increment: {{objectStore: Own, key: n, target: own}}
      - os:increment: {{objectStore: Memory, key: n, target: memory}}
      - os:increment: {{key: n, target: default}}
      - idempotent-message-validator: {{idExpression: payload}}
      - set-payload: {{value: ["#[vars.named]", "#[vars.own]", "#[vars.memory]", "#[vars.default]"]}}
"""


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(url: str, name: str = "shop") -> Path:
    file = Path(f"{name}.yaml")
    file.write_text(FLOWS.format(url=url).replace("name: shop", f"name: {name}"))
    return file


async def count(app: Application, identifier: int) -> Any:
    return (await app.run("count", identifier)).payload


async def test_what_names_no_place_lives_at_the_url_of_the_application() -> None:
    file = write("sqlite:///state.db")
    async with Application.load(file) as one, Application.load(file) as other:
        assert await count(one, 1) == [1, 1, 1, 1]
        assert await count(other, 2) == [2, 2, 1, 2]
    assert sorted(os.listdir()) == ["own.db", "shop.yaml", "state.db"]


async def test_after_a_reload_with_another_url_state_lives_there() -> None:
    async with Application.load(write("sqlite:///one.db")) as app:
        assert await count(app, 1) == [1, 1, 1, 1]
        write("sqlite:///two.db")
        await app.reload()
        await app.none_retiring()
        assert await count(app, 1) == [1, 2, 2, 1]
        write("sqlite:///one.db")
        await app.reload()
        await app.none_retiring()
        assert await count(app, 2) == [2, 3, 3, 2]


async def test_two_applications_in_one_file_share_nothing() -> None:
    first, second = (write("sqlite:///state.db", name) for name in ("shop", "till"))
    async with Application.load(first) as one, Application.load(second) as other:
        assert [await count(one, 1), await count(other, 1)] == [[1, 1, 1, 1]] * 2


async def test_check_connect_tells_of_a_home_that_cannot_be_reached() -> None:
    pytest.importorskip("redis")
    app = Application.load(write("redis://:secret@127.0.0.1:1/0"))
    assert [each[:39] for each in await mistakes_found(app)] == [
        "the config 'Named': redis://127.0.0.1:1",
        "stateUrl: redis://127.0.0.1:1/0: Error ",
    ]
