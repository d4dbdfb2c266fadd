"""`schema` of a listener: bodies are checked with it, and the document tells it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine import Application, LoadError

FLOWS = """
configs:
  Api: {{http:listener-config: {{port: 8081}}}}
flows:
  order:
    source: {{http:listener: {{config-ref: Api, path: /orders, allowedMethods: POST, schema: {schema}}}}}
    steps: [{{set-payload: {{value: taken}}}}]
    error-handler: [{{on-error-continue: {{steps: [{{set-payload: {{value: never}}}}]}}}}]
"""
INLINE = "{type: object, required: [id], properties: {id: {type: integer}, lines: {items: {type: string}}}}"


def load(folder: Path, schema: str) -> Application:
    file = folder / "flows.yaml"
    file.write_text(FLOWS.format(schema=schema))
    return Application.load(file)


def post(app: Application, body: bytes) -> httpx.Response:
    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app.asgi()), base_url="http://test") as client:
            return await client.post("/orders", content=body, headers={"Content-Type": "application/json"})

    return asyncio.run(send())


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({"id": 7}, None),
        ({"id": 7, "lines": ["a"], "more": 1}, None),
        ({"id": "7"}, ["/id"]),
        ({"id": "7", "lines": ["a", 1, 2]}, ["/id", "/lines/1", "/lines/2"]),
        ({}, [""]),
        ([], [""]),
        (None, [""]),
    ],
)
def test_bodies(body: Any, paths: list[str] | None, tmp_path: Path) -> None:
    answer = post(load(tmp_path, INLINE), json.dumps(body).encode() if body is not None else b"")
    if paths is None:
        assert (answer.status_code, answer.text) == (200, "taken")
        return
    problem = answer.json()
    assert (answer.status_code, problem["errorType"]) == (400, "HTTP:BAD_REQUEST")
    assert sorted(each["path"] for each in problem["violations"]) == paths
    assert problem["detail"].startswith("the body does not fit its schema: ")


def test_a_file_and_what_it_refers_to(tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    own = {"$id": "order.json", "properties": {"id": {"$ref": "#/$defs/id"}, "to": {"$ref": "common.json#/$defs/to"}}}
    (tmp_path / "schemas/order.json").write_text(json.dumps(own | {"$defs": {"id": {"type": "integer"}}}))
    (tmp_path / "schemas/common.json").write_text(json.dumps({"$defs": {"to": {"enum": ["Ada"]}}}))
    app = load(tmp_path, "schemas/order.json")
    assert post(app, b'{"id": 1, "to": "Ada"}').status_code == 200
    assert post(app, b'{"id": 1, "to": "Bob"}').status_code == 400
    document = app.openapi()
    body = document["paths"]["/orders"]["post"]["requestBody"]
    assert body == {"required": True, "content": {"application/json": {
        "schema": {"$ref": "#/components/schemas/order-body"}}}}  # fmt: skip
    schemas = document["components"]["schemas"]
    assert schemas["order-body"]["properties"] == {
        "id": {"$ref": "#/components/schemas/order-body/$defs/id"},
        "to": {"$ref": "#/components/schemas/order-body-common/$defs/to"},
    }
    assert "$id" not in schemas["order-body"]


def test_examples_fit_a_declared_schema(tmp_path: Path) -> None:
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples/good.json").write_text('{"id": 1}')
    (tmp_path / "examples/bad.json").write_text('{"id": "1"}')
    content = load(tmp_path, INLINE).openapi()["paths"]["/orders"]["post"]["requestBody"]["content"]
    assert content["application/json"]["examples"] == {"good": {"value": {"id": 1}}}


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        ("none.json", "'none.json', a file that is not there"),
        ("{type: nothing}", "which is not a JSON Schema"),
        ("7", "7"),
        ("{type: object}, streaming: true", "schema beside streaming"),
    ],
)
def test_mistakes(schema: str, found: str, tmp_path: Path) -> None:
    with pytest.raises(LoadError) as raised:
        load(tmp_path, schema)
    assert found in str(raised.value)
    assert "flows.yaml:6" in str(raised.value)
