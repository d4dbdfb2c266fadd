"""The document of flows whose router has an API of its own: that API's operations, where they are served."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from shutil import copy
from typing import Any
from urllib.parse import unquote

import pytest

from engine import Application

HERE = Path(__file__).parent
FLOWS = r"""
configs:
  Api: {http:listener-config: {port: 8081}}
  shop: {apikit:config: {api: orders.yaml}}
  store: {apikit:config: {api: store.yaml}}
flows:
  main:
    source: {http:listener: {config-ref: Api, path: "/api/*"}}
    steps: [{apikit:router: {config-ref: shop}}]
  second:
    source: {http:listener: {config-ref: Api, path: "/{tenant}/store/*", allowedMethods: "GET, POST"}}
    steps:
      - security:api-key: {keys: {a: b}}
      - apikit:router: {config-ref: store}
  again:
    source: {http:listener: {config-ref: Api, path: "/again/*"}}
    steps: [{apikit:router: {config-ref: store}}]
  own:
    source: {http:listener: {config-ref: Api, path: /own, allowedMethods: GET}}
    steps: [{set-payload: {value: {a: 1}}}]
  get:\: {steps: []}
  get:\orders: {steps: []}
  post:\orders: {steps: []}
"""
STORE = """
openapi: 3.1.0
info: {title: Store, version: 7}
servers: [{url: https://elsewhere.example.org}]
security: [{token: [read]}, {key: []}]
paths:
  /orders:
    parameters:
      - {name: q, in: query, schema: {type: string}}
      - {$ref: "#/components/parameters/Page"}
    get:
      operationId: listOrders
      parameters: [{name: page, in: query, schema: {type: integer, maximum: 9}}]
      responses:
        "200":
          description: Orders.
          content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Order"}}}}
        "404": {$ref: "#/components/responses/NotFound"}
    post:
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}
      security: []
    delete: {responses: {"204": {description: Gone.}}}
  /orders/{id}:
    get: {parameters: [{name: id, in: path, required: true, schema: {$ref: "#/components/schemas/Large"}}]}
  /same: {$ref: "#/paths/~1orders"}
  /one/{id}: {$ref: "#/paths/~1orders~1%7Bid%7D"}
components:
  parameters: {Page: {name: page, in: query, schema: {type: integer}}}
  responses: {NotFound: {description: Nothing here.}}
  schemas:
    Problem: {type: string}
    Order:
      oneOf: [{$ref: "#/components/schemas/Small"}, {$ref: "#/components/schemas/Large"}]
      discriminator: {propertyName: kind, mapping: {s: Small, l: "#/components/schemas/Large"}}
    Small: {type: object, properties: {why: {$ref: "#/components/schemas/Problem"}}}
    Large: {type: object, properties: {first: {$ref: "#/paths/~1orders/post/requestBody"}}}
  securitySchemes: {token: {type: http, scheme: bearer}, key: {type: apiKey, in: header, name: K}}
"""


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("described")
    copy(HERE / "orders.yaml", folder)
    (folder / "store.yaml").write_text(STORE)
    (folder / "flows.yaml").write_text(FLOWS)
    document: dict[str, Any] = json.loads(json.dumps(Application.load(folder).openapi()))
    return document


def test_the_paths_are_those_of_the_apis(document: dict[str, Any]) -> None:
    own = {path: set(item) for path, item in document["paths"].items()}
    assert own == {
        "/api/orders": {"get", "post"}, "/api/orders/{id}": {"get", "delete"}, "/api/orders/latest": {"get"},
        "/api/parts of/{part}": {"get"}, "/api/parts/{part}": {"get"}, "/api/": {"get"},
        "/{tenant}/store/orders": {"get", "post"}, "/{tenant}/store/same": {"get", "post"},
        "/{tenant}/store/orders/{id}": {"get"}, "/{tenant}/store/one/{id}": {"get"},
        "/again/orders": {"get", "post", "delete"}, "/again/same": {"get", "post", "delete"},
        "/again/orders/{id}": {"get"}, "/again/one/{id}": {"get"},
        "/own": {"get"},
    }  # fmt: skip


def test_an_operation_is_as_its_file_has_it(document: dict[str, Any]) -> None:
    of_shop = document["paths"]["/api/orders"]["post"]
    assert of_shop["requestBody"] == {"$ref": "#/components/requestBodies/Order"}
    assert of_shop["responses"]["201"] == {"description": "Taken."}
    listed = document["paths"]["/again/orders"]["get"]
    assert listed["responses"]["200"]["description"] == "Orders."
    named = [(each.get("name"), each["schema"]["type"]) for each in listed["parameters"]]
    assert named == [("q", "string"), ("page", "integer")]
    assert listed["parameters"][1]["schema"]["maximum"] == 9
    assert document["paths"]["/api/orders"]["get"]["parameters"][0] == {"$ref": "#/components/parameters/Client"}
    assert {"type": ["string", "null"]} in _schemas_of(document)  # nullable, as 3.1 has it


def test_what_the_listener_and_the_router_answer_is_told_too(document: dict[str, Any]) -> None:
    answers = document["paths"]["/again/orders"]["get"]["responses"]
    assert {"200", "400", "404", "405", "406", "413", "501", "504"} <= set(answers)
    assert answers["404"] == {"$ref": "#/components/responses/store-NotFound"}
    assert document["components"]["responses"]["store-NotFound"]["description"] == "Nothing here."
    assert answers["400"] == {"$ref": "#/components/responses/BadRequest"}


def test_components_of_the_same_name_stand_beside_each_other(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["Problem"]["description"] == "Problem details (RFC 9457)."
    assert schemas["store-Problem"] == {"type": "string"}
    assert schemas["Order"] != schemas["store-Order"]
    assert schemas["store-Order"]["discriminator"]["mapping"] == {
        "s": "#/components/schemas/Small", "l": "#/components/schemas/Large",
    }  # fmt: skip


def test_who_may_call(document: dict[str, Any]) -> None:
    paths = document["paths"]
    assert paths["/again/orders"]["get"]["security"] == [{"token": ["read"]}, {"key": []}]
    assert paths["/again/orders"]["post"]["security"] == []
    assert "security" not in paths["/api/orders"]["get"]
    assert document["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}


def test_each_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in _references(document):
        value: Any = document
        for part in reference.removeprefix("#/").split("/"):
            value = value[unquote(part).replace("~1", "/").replace("~0", "~")]


def test_each_operation_has_a_name_of_its_own(document: dict[str, Any]) -> None:
    names = [each["operationId"] for item in document["paths"].values() for each in item.values()]
    assert len(set(names)) == len(names)
    assert {"listOrders", "again-listOrders"} < set(names)


def test_the_only_api_tells_of_the_whole(document: dict[str, Any], tmp_path: Path) -> None:
    assert document["info"]["title"] == "Flows"
    (tmp_path / "store.yaml").write_text(STORE)
    alone = FLOWS.partition("  main:")[0].replace("  shop: {apikit:config: {api: orders.yaml}}\n", "")
    router = "  again:" + FLOWS.partition("  again:")[2].partition("  own:")[0]
    (tmp_path / "flows.yaml").write_text(alone + router)
    assert Application.load(tmp_path).openapi()["info"] == {"title": "Store", "version": "7"}
    (tmp_path / "flows.yaml").write_text(f"configuration: {{api: {{title: Mine}}}}\n{alone}{router}")
    assert Application.load(tmp_path).openapi()["info"] == {"title": "Mine", "version": "7"}


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def _schemas_of(value: Any) -> Iterator[Any]:
    yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _schemas_of(each)
