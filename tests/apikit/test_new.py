"""`engine new`: what it writes has no mistakes, and answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import Running, engine

from engine.tools.scaffolds.samples import Samples

API = Path(__file__).parent / "orders.yaml"
RICH = r"""
openapi: 3.1.0
info: {title: Rich, version: "1"}
servers: [{url: "https://example.org/shop/v1"}]
paths:
  /texts:
    get:
      summary: "Texts, with ${placeholders} and #[expressions]"
      responses:
        "200": {description: ok, content: {application/json: {example: {text: "a #[b] ${c} on", yes: no}}}}
  /plain:
    get: {responses: {"203": {description: ok, content: {text/plain: {example: hi}}}}}
  /none:
    delete: {responses: {"204": {description: gone}}}
  /made/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        "200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Tree"}}}}
components:
  schemas:
    Tree:
      type: object
      properties: {id: {type: integer, minimum: 3}, when: {type: string, format: date}, kind: {enum: [a, b]},
                   children: {type: array, items: {$ref: "#/components/schemas/Tree"}}}
"""


def test_a_project_by_itself(tmp_path: Path) -> None:
    made = engine("new", str(tmp_path))
    assert (made.returncode, made.stdout.splitlines()[0]) == (0, f"wrote {tmp_path}/flows/hello.yaml")
    assert "!.engine/flows.schema.json" in (tmp_path / ".gitignore").read_text().splitlines()
    assert engine("check", str(tmp_path / "flows")).stdout == "1 flow and 0 sub-flows: no mistakes\n"
    with Running(tmp_path, str(tmp_path / "flows")) as server:
        assert server.client.get("/hello?name=Ada").json() == {"greeting": "Hello Ada"}
        assert server.client.get("/hello").json() == {"greeting": "Hello world"}


def test_a_project_of_an_api_answers_its_examples(tmp_path: Path) -> None:
    api = tmp_path / "rich.yaml"
    api.write_text(RICH)
    assert engine("new", "--from", str(api), str(tmp_path / "it")).returncode == 0
    checked = engine("check", str(tmp_path / "it/flows"))
    assert (checked.stdout, checked.stderr) == ("5 flows and 0 sub-flows: no mistakes\n", "")
    with Running(tmp_path, str(tmp_path / "it/flows")) as server:
        get = server.client.get
        assert get("/shop/v1/texts").json() == {"text": "a #[b] ${c} on", "yes": "no"}
        plain = get("/shop/v1/plain")
        assert (plain.status_code, plain.text, plain.headers["content-type"]) == (203, "hi", "text/plain")
        assert server.client.delete("/shop/v1/none").status_code == 204
        made = get("/shop/v1/made/x").json()
        assert {name: made[name] for name in ("id", "when", "kind")} == {"id": 3, "when": "2024-01-31", "kind": "a"}
        assert get("/shop/v1/other").json()["errorType"] == "APIKIT:NOT_FOUND"


def test_an_api_with_references(tmp_path: Path) -> None:
    assert engine("new", "--from", str(API), str(tmp_path)).returncode == 0
    assert engine("check", str(tmp_path / "flows")).stderr == ""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, "cannot be read: No such file or directory"),
        ("a: [", "is no YAML"),
        ("swagger: '2.0'", "is no OpenAPI 3 file"),
        ("openapi: 3.1.0\npaths:\n  orders: {}\n", "api.yaml:3:3 F303 'orders' under 'paths'"),
    ],
)
def test_nothing_is_written_of_a_wrong_api(text: str | None, found: str, tmp_path: Path) -> None:
    api = tmp_path / "my-api.yaml"
    if text is not None:
        api.write_text(text)
    made = engine("new", "--from", str(api), str(tmp_path / "it"))
    assert made.returncode == 1
    assert found in made.stderr
    assert "/flows/api" not in made.stderr
    assert not (tmp_path / "it").exists()


def test_nothing_that_is_there_is_touched(tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows/main.yaml").write_text("mine")
    made = engine("new", "--from", str(API), str(tmp_path))
    assert (made.returncode, "main.yaml' is there already" in made.stderr) == (1, True)
    assert [path.name for path in (tmp_path / "flows").iterdir()] == ["main.yaml"]


@pytest.mark.parametrize(
    ("schema", "sample"),
    [
        ({"type": "string"}, "text"),
        ({"type": ["number", "null"], "minimum": 2}, 2),
        ({"type": "boolean"}, True),
        ({"allOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"default": 2}}}]}, {"a": 1, "b": 2}),
        ({"oneOf": [{"enum": ["x"]}, {"type": "null"}]}, "x"),
        ({"type": "array"}, []),
        ({}, None),
        (True, None),
        ({"$ref": "#/nothing"}, None),
    ],
)
def test_samples(schema: object, sample: object) -> None:
    assert Samples({}).of(schema) == sample
