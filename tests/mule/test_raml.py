"""APIs in RAML become OpenAPI: what they say, what is lost, and what cannot be read."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient

from engine import Application
from engine.mule.raml.openapi import Converted, openapi_of
from engine.mule.raml.reading import RamlError


def converted(folder: Path, text: str, **files: str) -> Converted:
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(dedent(content))
    file = folder / "api.raml"
    file.write_text("#%RAML 1.0\n" + dedent(text))
    return openapi_of(file)


def document(folder: Path, text: str, **files: str) -> Any:
    found = converted(folder, text, **files)
    assert found.losses == []
    return found.document


def test_a_small_api(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        """
        title: Orders
        version: v1
        mediaType: application/json
        types:
          Order:
            properties:
              id: integer
              note?: string
              lines: {type: "Line[]", minItems: 1}
          Line: {properties: {sku: {type: string, pattern: "^[A-Z]+$"}}, additionalProperties: false}
        /orders:
          get:
            queryParameters:
              status?: {enum: [open, closed]}
              limit: {type: integer, default: 10, required: false}
            responses: {200: {body: {type: "Order[]"}}}
          post:
            body: {type: Order, example: '{"id": 1, "lines": []}'}
          /{id}:
            uriParameters: {id: integer}
            delete: {responses: {204: {description: gone}}}
        """,
    )
    assert found["info"] == {"title": "Orders", "version": "v1"}
    assert found["components"]["schemas"] == {
        "Order": {
            "type": "object",
            "properties": {
                "id": {"type": "integer"}, "note": {"type": "string"},
                "lines": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}, "minItems": 1},
            },
            "required": ["id", "lines"],
        },
        "Line": {
            "type": "object", "additionalProperties": False, "required": ["sku"],
            "properties": {"sku": {"type": "string", "pattern": "^[A-Z]+$"}},
        },
    }  # fmt: skip
    orders, order = found["paths"]["/orders"], found["paths"]["/orders/{id}"]
    assert orders["get"]["parameters"] == [
        {"name": "status", "in": "query", "schema": {"type": "string", "enum": ["open", "closed"]}},
        {"name": "limit", "in": "query", "schema": {"type": "integer", "default": 10}},
    ]
    assert orders["post"]["requestBody"] == {
        "required": True,
        "content": {
            "application/json": {
                "example": {"id": 1, "lines": []}, "schema": {"$ref": "#/components/schemas/Order"},
            }
        },
    }  # fmt: skip
    path = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    assert order["delete"] == {"parameters": [path], "responses": {"204": {"description": "gone"}}}


TYPES: list[tuple[str, Any]] = [
    ("string", {"type": "string"}),
    ("number[]", {"type": "array", "items": {"type": "number"}}),
    ("(integer | boolean)[]", {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "boolean"}]}}),
    ("string | nil", {"anyOf": [{"type": "string"}, {"type": "null"}]}),
    ("integer?", {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
    ("date-only", {"type": "string", "format": "date"}),
    ("{type: datetime, format: rfc2616}", {"type": "string"}),
    ("{type: file, fileTypes: ['*/*']}", {"type": "string", "format": "binary"}),
    ("{enum: [a, b]}", {"type": "string", "enum": ["a", "b"]}),
    ("{type: string, required: true, displayName: N, example: x}", {"type": "string", "title": "N", "examples": ["x"]}),
    ("{properties: {/^x-/: integer}}", {"type": "object", "patternProperties": {"^x-": {"type": "integer"}}}),
    ("{type: [Base, Other]}",
     {"allOf": [{"$ref": "#/components/schemas/Base"}, {"$ref": "#/components/schemas/Other"}]}),
    ("{type: Base, minProperties: 1}", {"allOf": [{"$ref": "#/components/schemas/Base"}, {"minProperties": 1}]}),
    ("""'{"$schema": "x", "type": "array"}'""", {"type": "array"}),
    ("!include s.json", {"type": "object", "required": ["a"]}),
]  # fmt: skip


@pytest.mark.parametrize(("written", "schema"), TYPES, ids=[written for written, _ in TYPES])
def test_types(tmp_path: Path, written: str, schema: Any) -> None:
    api = f"types:\n  Base: object\n  Other: object\n  T: {written}"
    found = document(tmp_path, api, s__json='{"$schema": "x", "id": "y", "type": "object", "required": ["a"]}')
    assert found["components"]["schemas"]["T"] == schema


def test_a_schema_that_refers_to_itself_stands_by_itself(tmp_path: Path) -> None:
    schema = '{"type": "array", "items": {"$ref": "#/definitions/a"}, "definitions": {"a": {"type": "integer"}}}'
    found = document(tmp_path, "types:\n  T: !include s.json", s__json=schema)["components"]["schemas"]
    assert found["T"] == {"$ref": "#/components/schemas/schema-1"}
    assert found["schema-1"]["items"] == {"$ref": "#/components/schemas/schema-1/definitions/a"}


def test_traits_and_resource_types(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        """
        traits:
          paged: !include paged.raml
          secured: {headers: {client_id: string}}
        resourceTypes:
          collection:
            get: {is: [secured], responses: {200: {body: {application/json: {type: "<<item>>[]"}}}}}
            post?: {description: "Add a <<resourcePathName|!singularize>>"}
          base: {type: {collection: {item: "<<resourcePathName|!singularize|!uppercamelcase>>"}}}
        types: {Order: object, Customer: object}
        /orders: {type: {collection: {item: Order}}, get: {is: [{paged: {most: 50}}]}, post: }
        /customers: {type: base}
        """,
        paged__raml="""\
            #%RAML 1.0 Trait
            queryParameters:
              limit?: {type: integer, maximum: <<most>>}
            """,
    )
    orders, customers = found["paths"]["/orders"], found["paths"]["/customers"]
    assert [each["name"] for each in orders["get"]["parameters"]] == ["limit", "client_id"]
    assert orders["get"]["parameters"][0]["schema"] == {"type": "integer", "maximum": 50}
    assert orders["post"]["description"] == "Add a order"
    assert "post" not in customers
    content = customers["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert content == {"type": "array", "items": {"$ref": "#/components/schemas/Customer"}}


def test_a_library(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        """
        uses: {lib: lib.raml}
        /a: {is: [lib.known], get: {responses: {200: {body: {application/json: lib.Two}}}}}
        """,
        lib__raml="""\
            #%RAML 1.0 Library
            types: {One: object, Two: {properties: {one: One, many: "One[]"}}}
            traits: {known: {headers: {x: {type: One}}}}
            """,
    )
    one = {"$ref": "#/components/schemas/lib.One"}
    schemas, get = found["components"]["schemas"], found["paths"]["/a"]["get"]
    assert get["parameters"][0]["schema"] == one
    assert get["responses"]["200"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/lib.Two"}
    assert schemas["lib.Two"]["properties"] == {"one": one, "many": {"type": "array", "items": one}}


def test_what_is_lost_is_told(tmp_path: Path) -> None:
    found = converted(
        tmp_path,
        """
        securitySchemes: {basic: {type: Basic Authentication}}
        /a: {is: [nobody], type: none, post: {queryString: object, body: {text/xml: {type: Unknown, strange: 1}}}}
        """,
    )
    assert [loss.partition(":")[0].partition(",")[0] for loss in found.losses] == [
        "securitySchemes", "the resource type 'none'", "the trait 'nobody'", "queryString", "the type 'Unknown'",
        "the facet 'strange' of a type",
    ]  # fmt: skip


REFUSED = {
    "not RAML": ("openapi: 3.1.0", "api.raml does not begin with #%RAML 1.0"),
    "broken": ("#%RAML 1.0\na: [", "api.raml:2: expected the node content"),
    "empty": ("#%RAML 1.0\n", "api.raml is empty"),
    "outside": ("#%RAML 1.0\na: !include ../../etc/passwd", "passwd lies outside the folder of the API"),
    "absent": ("#%RAML 1.0\na: !include none.raml", "none.raml cannot be read: No such file"),
    "itself": ("#%RAML 1.0\na: !include api.raml", "api.raml includes itself"),
    "alias": ("#%RAML 1.0\na: &a [1]\nb: *a", "api.raml:3: the alias *a; RAML has !include"),
    "deep": ("#%RAML 1.0\na: " + "[" * 300 + "]" * 300, "api.raml:2: lists and maps more than 200 deep"),
    "map as key": ("#%RAML 1.0\n? {a: 1}\n: 2", "api.raml:2: a list or a map as a key"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read(tmp_path: Path, name: str) -> None:
    text, told = REFUSED[name]
    file = tmp_path / "api.raml"
    file.write_text(text)
    with pytest.raises(RamlError) as error:
        openapi_of(file)
    assert told in str(error.value)


def test_the_first_version_has_optional_parameters(tmp_path: Path) -> None:
    file = tmp_path / "api.raml"
    file.write_text(
        dedent("""\
            #%RAML 0.8
            title: Old
            schemas: [{S: '{"type": "object"}'}]
            /a: {get: {queryParameters: {q: {type: string}}}, post: {body: {application/json: {schema: S}}}}
            """)
    )
    item = openapi_of(file).document["paths"]["/a"]
    assert item["get"]["parameters"] == [{"name": "q", "in": "query", "schema": {"type": "string"}}]
    content = item["post"]["requestBody"]["content"]["application/json"]
    assert content == {"schema": {"$ref": "#/components/schemas/S"}}


def test_the_router_takes_it(tmp_path: Path) -> None:
    """Requests are checked against what was converted."""
    found = document(tmp_path, "/a:\n  post:\n    body: {application/json: {properties: {n: integer}}}")
    (tmp_path / "api.json").write_text(json.dumps(found))
    flows = tmp_path / "flows.yaml"
    flows.write_text(
        dedent("""\
            configs:
              Api: {http:listener-config: {port: 0}}
              Router: {apikit:config: {api: api.json}}
            flows:
              main:
                source: {http:listener: {config-ref: Api, path: "/*"}}
                steps: [{apikit:router: {config-ref: Router}}]
              post:\\a:
                steps: [{set-payload: {value: "#[payload.n]"}}]
            """)
    )

    async def asked(body: Any) -> tuple[int, Any]:
        async with AsyncClient(transport=ASGITransport(app.asgi()), base_url="http://x") as client:
            answer = await client.post("/a", json=body)
            return answer.status_code, answer.json()

    app = Application.load(flows)
    assert asyncio.run(asked({"n": 3})) == (200, 3)
    assert asyncio.run(asked({"n": "x"}))[0] == 400
