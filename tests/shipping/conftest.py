"""A project that uses all that a package has to hold, and a real server."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "server"))  # for running

FILES = {
    "pyproject.toml": """
[project]
name = "Corner Shop"
version = "1.4.0"
[tool.engine]
paths = ["flows"]
processors = ["parts"]
set = { "greeting" = "hello" }
""",
    "parts/shop/shout.py": '''
from engine import Event, Processor


class Shout(Processor):
    """Make the payload loud."""

    def run_plain(self, event: Event) -> Event:
        return event.with_payload(event.payload.upper() + "!")
''',
    "flows/shop.yaml": """
configs:
  Api: {http:listener-config: {port: "${http.port:8081}"}}
  Db: {db:config: {url: "${db.url:sqlite://}", initScript: init.sql}}
flows:
  hello:
    source: {http:listener: {config-ref: Api, path: /hello}}
    steps:
      - db:insert: {config-ref: Db, sql: "INSERT INTO seen DEFAULT VALUES"}
      - set-payload: {value: "${greeting}"}
      - json:validate-schema: {schema: schemas/text.json}
      - shop:shout: {}
""",
    "flows/init.sql": "CREATE TABLE IF NOT EXISTS seen(id INTEGER PRIMARY KEY)",
    "flows/schemas/text.json": '{"type": "string"}',
    "flows/shop.test.yaml": "cases: {it greets: {get: /hello, expect: {payload: HELLO!}}}\n",
    "config/default.yaml": "a: 1\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """Writes a project; further files, or None for one that it must not have."""

    def making(**others: str | None) -> Path:
        folder = tmp_path / "project"
        for name, text in {**FILES, **others}.items():
            if text is not None:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(text)
        return folder

    return making
