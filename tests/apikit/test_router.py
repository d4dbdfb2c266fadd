"""apikit: which flow a request gets to, and what is refused before that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from shutil import copy
from typing import Any

import httpx
import pytest

from engine import Application, LoadError

HERE = Path(__file__).parent
FLOWS = r"""
configs:
  Api: {http:listener-config: {port: 8081}}
  shop: {apikit:config: {api: orders.yaml}}
flows:
  main:
    source: {http:listener: {config-ref: Api, path: "/api/*"}}
    steps: [{apikit:router: {config-ref: shop}}]
  handled:
    source: {http:listener: {config-ref: Api, path: "/handled/*"}}
    steps: [{apikit:router: {config-ref: shop}}]
    error-handler:
      - on-error-propagate:
          type: APIKIT:NOT_FOUND
          steps:
            - set-payload: {value: "mine: #[error.description]"}
            - set-variable: {variableName: httpStatus, value: 418}
  get:\: {steps: [{set-payload: {value: hello}}]}
  get:\parts of\(part): {steps: []}
  get:\parts\(part): {steps: [{set-payload: {value: "part #[attributes.uriParams.part]"}}]}
  get:\orders:
    steps: [{set-payload: {value: "list #[attributes.queryParams.limit]"}}]
  get:\orders\(id): {steps: [{set-payload: {value: "one #[attributes.uriParams.id]"}}]}
  get:\orders\latest: {steps: [{set-payload: {value: latest}}]}
  post:\orders: {steps: [{set-payload: {value: any}}]}
  post:\orders:application\json:shop: {steps: [{set-payload: {value: "json #[payload.sku]"}}]}
  post:\orders:text\csv: {steps: [{set-payload: {value: csv}}]}
"""
Ask = Callable[..., httpx.Response]


def load(folder: Path, flows: str = FLOWS) -> Application:
    copy(HERE / "orders.yaml", folder)
    file = folder / "flows.yaml"
    file.write_text(flows)
    return Application.load(file)


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    app = load(tmp_path_factory.mktemp("apikit")).asgi()

    async def send(method: str, path: str, **request: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return await client.request(method, path, **request)

    return lambda method, path, **request: asyncio.run(send(method, path, **request))


XML = {"Content-Type": "text/xml"}
CSV = {"Content-Type": "text/csv"}


@pytest.mark.parametrize(
    ("method", "path", "request_", "text"),
    [
        ("GET", "/api/", {}, "hello"),
        ("GET", "/api/orders", {}, "list 20"),
        ("GET", "/api/orders?limit=3&dry=true&state=open&state=done", {}, "list 3"),
        ("GET", "/api/orders", {"headers": {"Accept": "text/*, */*;q=0.1"}}, "list 20"),
        ("GET", "/api/orders/7", {}, "one 7"),
        ("GET", "/api/orders/latest", {}, "latest"),
        ("GET", "/api/orders/%6Catest", {}, "latest"),
        ("GET", "/api/parts/a%2Fb", {}, "part a/b"),
        ("GET", "/api/parts/orders%2F7", {}, "part orders/7"),
        ("POST", "/api/orders", {"json": {"sku": "a", "count": 1, "note": None}}, "json a"),
        ("POST", "/api/orders", {"content": "sku\na", "headers": CSV}, "csv"),
    ],
)
def test_the_flow_of_an_operation(method: str, path: str, request_: dict[str, Any], text: str, ask: Ask) -> None:
    answer = ask(method, path, **request_)
    assert (answer.status_code, answer.text) == (200, text)


@pytest.mark.parametrize(
    ("method", "path", "request_", "status", "error_type"),
    [
        ("GET", "/api/nothing", {}, 404, "NOT_FOUND"),
        ("GET", "/api/orders/7/lines", {}, 404, "NOT_FOUND"),
        ("GET", "/api/orders%2F7", {}, 404, "NOT_FOUND"),
        ("GET", "/api/orders%2Flatest", {}, 404, "NOT_FOUND"),
        ("PUT", "/api/orders", {}, 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/api/orders/seven", {}, 400, "BAD_REQUEST"),
        ("GET", "/api/orders?limit=0", {}, 400, "BAD_REQUEST"),
        ("GET", "/api/orders?limit=many", {}, 400, "BAD_REQUEST"),
        ("GET", "/api/orders?dry=maybe", {}, 400, "BAD_REQUEST"),
        ("GET", "/api/orders?state=open&state=lost", {}, 400, "BAD_REQUEST"),
        ("GET", "/api/orders", {"headers": {"X-Client": "too long"}}, 400, "BAD_REQUEST"),
        ("POST", "/api/orders", {}, 400, "BAD_REQUEST"),
        ("POST", "/api/orders", {"json": {}}, 400, "BAD_REQUEST"),
        ("POST", "/api/orders", {"json": {"sku": "a", "count": 0}}, 400, "BAD_REQUEST"),
        ("POST", "/api/orders", {"json": {"sku": None}}, 400, "BAD_REQUEST"),
        ("POST", "/api/orders", {"content": "<a/>", "headers": XML}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("GET", "/api/orders", {"headers": {"Accept": "image/png"}}, 406, "NOT_ACCEPTABLE"),
        ("DELETE", "/api/orders/7", {}, 501, "NOT_IMPLEMENTED"),
    ],
)  # fmt: skip
def test_what_is_refused(
    method: str, path: str, request_: dict[str, Any], status: int, error_type: str, ask: Ask
) -> None:
    answer = ask(method, path, **request_)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    if status < 500:
        assert answer.json()["errorType"] == f"APIKIT:{error_type}"
    assert ("allow" in answer.headers) == (status == 405)


def test_all_violations_are_told(ask: Ask) -> None:
    parameters = ask("GET", "/api/orders?limit=0&dry=maybe", headers={"X-Client": "too long"}).json()["violations"]
    paths = {"/queryParams/limit", "/queryParams/dry", "/headers/X-Client"}
    assert {each["path"] for each in parameters} == paths
    body = ask("POST", "/api/orders", json={"count": "1", "note": 5}).json()["violations"]
    assert {each["path"] for each in body} == {"", "/count", "/note"}


def test_a_handler_sees_the_types(ask: Ask) -> None:
    answer = ask("GET", "/handled/nothing")
    assert (answer.status_code, answer.text) == (418, "mine: the API has no such path")


def test_an_operation_without_a_flow_is_a_warning(tmp_path: Path) -> None:
    warnings = [str(each) for each in load(tmp_path).parts.warnings]
    assert len(warnings) == 1
    assert "no flow for DELETE /orders/{id}" in warnings[0]
    assert r"delete:\orders\(id)" in warnings[0]


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("swagger: '2.0'\npaths: {}\n", 1, "no OpenAPI 3"),
        ("[]", 1, "no OpenAPI 3"),
        ("openapi: 3.1.0\n", 1, "no map under 'paths'"),
        ("openapi: 3.1.0\npaths:\n  orders: {}\n", 3, "'orders' under 'paths'"),
        ("openapi: 3.1.0\npaths:\n  /a: {$ref: 'other.yaml#/a'}\n", 3, "leads to nothing"),
        ("openapi: 3.1.0\npaths:\n  /a: {get: {parameters: [{$ref: '#/nothing'}]}}\n", 3, "leads to nothing"),
        ("openapi: 3.1.0\npaths:\n  /a: {$ref: '#/paths/~1a'}\n", 3, "leads to itself"),
        ("openapi: 3.1.0\npaths:\n  /a: {get: {$ref: '#/paths/~1a/get'}}\n", 3, "leads to itself"),
        ("openapi: 3.1.0\npaths:\n  /a: {get: {$ref: 5}}\n", 3, "leads to nothing"),
        ("openapi: 3.1.0\npaths:\n  /a:\n    get:\n      parameters: [{name: x}]\n", 5, "a parameter without"),
        ("openapi: 3.1.0\npaths:\n  /a:\n    get:\n      parameters: {}\n", 5, "under 'parameters'"),
        ("openapi: 3.1.0\npaths:\n  /a:\n    post:\n      requestBody: {content: {a/b: {schema: {type: x}}}}\n", 5,
         "a schema that is none"),
        ("openapi: 3.1.0\npaths:\n  /a: {get: [}\n", 3, "F101"),
    ],
)  # fmt: skip
def test_mistakes_in_the_file(text: str, line: int, found: str, tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows/api.yaml.txt").write_text(text)
    with pytest.raises(LoadError) as raised:
        load(tmp_path / "flows", FLOWS.replace("orders.yaml", "api.yaml.txt"))
    assert found in str(raised.value)
    assert f"api.yaml.txt:{line}:" in str(raised.value)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/api/orders/seven", '/uriParams/id must be of type "integer"'),
        ("/api/orders?limit=0", "/queryParams/limit must be 1 or more"),
        ("/api/orders?state=lost", '/queryParams/state must be one of ["open","done"]'),
        ("/api/parts%20of/x?a%2Fb=c", '/queryParams/a/b must be of type "number"'),
    ],
)
def test_what_must_be_is_told(path: str, told: str, ask: Ask) -> None:
    assert told in ask("GET", path).json()["detail"]


SECURED = """
openapi: 3.1.0
{root}
paths:
  /orders:
    get: {{}}
    post: {{{own}}}
  /health:
    get: {{security: []}}
"""
MAIN = r"""
configs:
  Api: {{http:listener-config: {{port: 8081}}}}
  shop: {{apikit:config: {{api: secured.yaml}}}}
flows:
  main:
    source: {{http:listener: {{config-ref: Api, path: "/api/*"}}}}
    steps: [{before} {{apikit:router: {{config-ref: shop}}}}]
  get:\orders: {{steps: [{inside}]}}
  post:\orders: {{steps: []}}
  get:\health: {{steps: []}}
"""
KEY = "{security:api-key: {keys: {a: b}}}"
ROOT = "security: [{token: []}]"


@pytest.mark.parametrize(
    ("root", "own", "before", "inside", "warned"),
    [
        ("", "", "", "", ""),
        (ROOT, "", "", "", "3:1 F512 warning GET /orders and 1 more operations with 'security: token'"),
        (ROOT, "", "", KEY, "3:1 F512 warning POST /orders with 'security: token'"),
        (ROOT, "", f"{KEY},", "", ""),
        (ROOT, "", f"{{try: {{steps: [{KEY}]}}}},", "", ""),
        (ROOT, "", "{logger: {}},", KEY, "POST /orders with 'security: token'"),
        ("security: [{}, {token: []}]", "", "", "", ""),
        ("", "security: [{a: [], b: []}, {c: []}]", "", "", "7:12 F512 warning POST /orders with 'security: a | b | c"),
        (ROOT, "security: []", "", KEY, ""),
    ],
)
def test_security_that_nothing_looks_at_is_a_warning(
    root: str, own: str, before: str, inside: str, warned: str, tmp_path: Path
) -> None:
    (tmp_path / "secured.yaml").write_text(SECURED.format(root=root, own=own))
    (tmp_path / "flows.yaml").write_text(MAIN.format(before=before, inside=inside))
    warnings = [str(each) for each in Application.load(tmp_path).parts.warnings]
    assert len(warnings) == bool(warned)
    if warned:
        assert warned in warnings[0]


def test_references_of_references_lead_to_the_schema(tmp_path: Path) -> None:
    """Of parameters, bodies and whole paths, wherever they lead."""
    (tmp_path / "api.yaml").write_text("""
openapi: 3.1.0
info: {title: a, version: "1"}
paths:
  /a: {$ref: "#/components/pathItems/one"}
components:
  pathItems:
    one: {$ref: "#/components/pathItems/two"}
    two:
      parameters: [{name: n, in: query, schema: {type: integer}}]
      post:
        parameters: [{$ref: "#/components/parameters/one"}]
        requestBody: {$ref: "#/components/requestBodies/one"}
        responses: {"200": {description: ok}}
  parameters:
    one: {$ref: "#/components/parameters/two"}
    two: {name: m, in: query, schema: {type: integer}}
  requestBodies:
    one: {$ref: "#/components/requestBodies/two"}
    two: {content: {application/json: {schema: {type: array}}}}
""")
    (tmp_path / "flows.yaml").write_text(r"""
configs: {Api: {http:listener-config: {port: 0}}, A: {apikit:config: {api: api.yaml}}}
flows:
  main: {source: {http:listener: {config-ref: Api, path: "/*"}}, steps: [{apikit:router: {config-ref: A}}]}
  'post:\a': {steps: [{set-payload: {value: "#[attributes.queryParams]"}}]}
""")
    app = Application.load(tmp_path).asgi(api_docs=False)

    async def told(query: str, body: Any) -> int:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return (await client.post(f"/a?{query}", json=body)).status_code

    asked = [("n=1&m=2", []), ("n=x&m=2", []), ("n=1&m=x", []), ("n=1&m=2", {})]
    assert [asyncio.run(told(*each)) for each in asked] == [200, 400, 400, 400]
