"""Files that begin with a mark of their encoding (a BOM), as some editors write them: it is no part of their text."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from engine import Application
from engine.tools.cli import main

MARK = "\ufeff"
FLOWS = """
configuration-properties: {file: own.properties}
configs:
  DB: {db:config: {url: "sqlite://", initScript: init.sql}}
flows:
  resource: {steps: [{set-payload: {value: "#[resource('text.txt')]"}}]}
  template: {steps: [{parse-template: {location: template.txt}}]}
  schema:
    steps: [{json:validate-schema: {schema: schema.json}}]
  text: {steps: [{set-payload: {value: '\ufeff{"a": 8}', mimeType: application/json}}]}
  property: {steps: [{set-payload: {value: "${name}"}}]}
  database: {steps: [{db:query-single: {config-ref: DB, sql: SELECT n FROM t}}]}
"""
FILES = {
    "flows.yaml": FLOWS,
    "own.properties": "name=Ada\n",
    "text.txt": "a text",
    "template.txt": "#[payload.a]!",
    "schema.json": '{"type": "object"}',
    "init.sql": "CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1)",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Application:
    folder = tmp_path_factory.mktemp("marked")
    for name, text in FILES.items():
        (folder / name).write_text(MARK + text, encoding="utf-8")
    return Application.load(folder)


@pytest.mark.parametrize(
    ("flow", "payload"),
    [
        ("resource", "a text"),
        ("template", "7!"),
        ("schema", {"a": 7}),
        ("property", "Ada"),
        ("text", {"a": 8}),
        ("database", {"n": 1}),
    ],
)
def test_a_file_with_a_mark(app: Application, flow: str, payload: Any) -> None:
    async def run() -> Any:
        await app.start()
        try:
            return (await app.run(flow, payload={"a": 7})).payload
        finally:
            await app.stop()

    assert asyncio.run(run()) == payload


def test_a_payload_with_a_mark(tmp_path: Path) -> None:
    file = tmp_path / "payload.json"
    file.write_text(f'{MARK}{{"a": 7}}', encoding="utf-8")
    done = CliRunner().invoke(main, ["eval", "payload.a", "--payload", str(file)])
    assert (done.exit_code, done.output) == (0, "7\n")
