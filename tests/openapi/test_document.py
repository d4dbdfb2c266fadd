"""What the document says of flows, case by case."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from engine import Application

HEAD = """
configs:
  Api: {http:listener-config: {port: 8081}}
flows:
  it:
    source: {http:listener: {config-ref: Api, path: /it, allowedMethods: POST}}
"""
OWN = {"400", "408", "413", "414", "415", "431", "500", "503", "504"}
"""What every listener answers by itself."""

NEGOTIATED = OWN | {"406"}
TEXT = {"type": "string"}


def document(text: str, folder: Path) -> dict[str, Any]:
    file = folder / "flows.yaml"
    file.write_text(text)
    return json.loads(json.dumps(Application.load(file).openapi()))


def operation(steps: str, folder: Path) -> dict[str, Any]:
    """The operation of a flow of these lines; what stands behind `other:` is a second flow."""
    own, _, other = steps.strip("\n").partition("\nother:\n")
    text = HEAD + indent(own, "    ") + "\n" + (f"  other:\n{indent(other, '  ')}" if other else "")
    return document(text, folder)["paths"]["/it"]["post"]


SET = "steps: [{{set-payload: {{value: hi}}}}, {{set-variable: {{variableName: httpStatus, value: {}}}}}]"

STATUSES = [
    ("nothing is set", "steps: [{set-payload: {value: hi}}]", OWN | {"200"}),
    ("JSON may be refused by Accept", "steps: [{set-payload: {value: {a: 1}}}]", NEGOTIATED | {"200"}),
    ("a literal", SET.format("202"), OWN | {"202"}),
    ("a literal text", SET.format("'202'"), OWN | {"202"}),
    ("no body", SET.format("204"), OWN | {"204"}),
    ("an expression's branches", """
steps:
  - set-payload: {value: hi}
  - set-variable: {variableName: httpStatus, value: "#[payload == 'a' ? 200 : (payload == 'b' ? 400 : 207)]"}
""", OWN | {"200", "207"}),
    ("multi_status", """
steps:
  - set-payload: {value: hi}
  - set-variable: {variableName: httpStatus, value: "#[multi_status(vars.outcomes)]"}
""", OWN | {"200", "207"}),
    ("a variable of known values", """
steps:
  - set-payload: {value: hi}
  - set-variable: {variableName: code, value: "#[correlationId == 'a' ? 201 : 202]"}
  - set-variable: {variableName: httpStatus, value: "#[vars.code]"}
""", OWN | {"201", "202"}),
    ("what the flow computes", """
steps:
  - set-payload: {value: hi}
  - set-variable: {variableName: httpStatus, value: "#[attributes.queryParams.status]"}
""", OWN | {"default"}),
    ("set, and removed", """
steps:
  - set-payload: {value: hi}
  - set-variable: {variableName: httpStatus, value: 202}
  - remove-variable: {variableName: httpStatus}
""", OWN | {"200"}),
    ("transform", "steps: [{transform: {set-payload: hi, set-variables: {httpStatus: 202}}}]", OWN | {"202"}),
    ("one way of a choice", """
steps:
  - set-payload: {value: hi}
  - choice: {when: [{expression: payload == 'a', steps: [{set-variable: {variableName: httpStatus, value: 202}}]}]}
""", OWN | {"200", "202"}),
    ("each way of a choice", """
steps:
  - set-payload: {value: hi}
  - choice:
      when: [{expression: payload == 'a', steps: [{set-variable: {variableName: httpStatus, value: 202}}]}]
      otherwise: {steps: [{set-variable: {variableName: httpStatus, value: 203}}]}
""", OWN | {"202", "203"}),
    ("in a loop", """
steps:
  - foreach: {collection: payload, steps: [{set-variable: {variableName: httpStatus, value: 202}}]}
  - set-payload: {value: hi}
""", OWN | {"200", "202"}),
    ("in a loop that may not begin", """
steps:
  - repeat: {while: payload.more, steps: [{set-variable: {variableName: httpStatus, value: 202}}]}
  - set-payload: {value: hi}
""", OWN | {"200", "202"}),
    ("in a loop that begins", """
steps:
  - repeat: {until: payload.done, steps: [{set-variable: {variableName: httpStatus, value: 202}}]}
  - set-payload: {value: hi}
""", OWN | {"202"}),
    ("in one round what the round before assigned", """
steps:
  - set-variable: {variableName: next, value: 201}
  - set-payload: {value: hi}
  - repeat:
      until: payload.done
      steps:
        - set-variable: {variableName: httpStatus, value: "#[vars.next]"}
        - set-variable: {variableName: next, value: 202}
""", OWN | {"201", "202"}),
    ("in a loop whose rounds are exhausted", """
steps:
  - repeat: {until: "false", maxIterations: 3, steps: [{set-variable: {variableName: httpStatus, value: 207}}]}
error-handler: [{on-error-continue: {type: REPEAT_EXHAUSTED, steps: [{set-payload: {value: hi}}]}}]
""", NEGOTIATED | {"200", "207"}),
    ("in the background", """
steps:
  - async: {steps: [{set-variable: {variableName: httpStatus, value: 202}}, {raise-error: {type: "APP:TIMEOUT"}}]}
  - set-payload: {value: hi}
""", OWN | {"200"}),
    ("in a parallel loop", """
steps:
  - parallel-foreach: {collection: payload, steps: [{set-variable: {variableName: httpStatus, value: 202}}]}
  - set-payload: {value: hi}
""", OWN | {"200"}),
    ("an error of a type", "steps: [{raise-error: {type: MULE:DUPLICATE_MESSAGE}}]", OWN | {"409"}),
    ("an error that is continued", """
steps: [{raise-error: {type: MULE:DUPLICATE_MESSAGE}}]
error-handler: [{on-error-continue: {steps: [{set-payload: {value: hi}}]}}]
""", OWN | {"200"}),
    ("a status before an error is forgotten", """
steps: [{set-variable: {variableName: httpStatus, value: 418}}, {raise-error: {type: MULE:DUPLICATE_MESSAGE}}]
""", OWN | {"409"}),
    ("a handler assigns it", """
steps: [{raise-error: {type: "APP:BROKEN"}}]
error-handler: [{on-error-propagate: {steps: [{set-variable: {variableName: httpStatus, value: 418}}]}}]
""", OWN | {"418"}),
    ("a handler assigns what is no failure", """
steps: [{raise-error: {type: MULE:DUPLICATE_MESSAGE}}]
error-handler: [{on-error-propagate: {steps: [{set-variable: {variableName: httpStatus, value: 200}}]}}]
""", OWN | {"409"}),
    ("a handler with a condition", """
steps: [{raise-error: {type: MULE:DUPLICATE_MESSAGE}}]
error-handler:
  - on-error-propagate: {when: payload == 1, steps: [{set-variable: {variableName: httpStatus, value: 418}}]}
""", OWN | {"409", "418"}),
    ("handlers by type", """
steps:
  - choice:
      when: [{expression: payload == 1, steps: [{raise-error: {type: "APP:ONE"}}]}]
      otherwise: {steps: [{raise-error: {type: "APP:TWO"}}]}
error-handler:
  - on-error-propagate: {type: "APP:ONE", steps: [{set-variable: {variableName: httpStatus, value: 451}}]}
  - on-error-propagate: {type: "APP:*", steps: [{set-variable: {variableName: httpStatus, value: 418}}]}
""", OWN | {"418", "451"}),
    ("retries that may be taken by their cause", """
steps:
  - until-successful: {steps: [{raise-error: {type: "APP:BROKEN"}}]}
error-handler:
  - on-error-propagate: {type: "APP:BROKEN", steps: [{set-variable: {variableName: httpStatus, value: 418}}]}
""", OWN | {"418"}),
    ("another type for an error", """
steps:
  - validation:is-true: {expression: payload.a == 1, error-mapping: [{targetType: MULE:DUPLICATE_MESSAGE}]}
  - set-payload: {value: hi}
""", OWN | {"200", "409"}),
    ("an inner error that is continued", """
steps:
  - try:
      steps: [{raise-error: {type: MULE:DUPLICATE_MESSAGE}}]
      error-handler: [{on-error-continue: {steps: [{set-variable: {variableName: httpStatus, value: 202}}]}}]
  - set-payload: {value: hi}
""", OWN | {"202"}),
    ("routes that share a status", """
steps:
  - scatter-gather:
      routes: [{steps: [{raise-error: {type: MULE:DUPLICATE_MESSAGE}}]}, {steps: [{logger: {}}]}]
  - set-payload: {value: hi}
""", OWN | {"200", "409"}),
    ("a flow that is called", """
steps: [{flow-ref: {name: other}}, {set-payload: {value: hi}}]
other:
  steps: [{raise-error: {type: MULE:DUPLICATE_MESSAGE}}]
  error-handler: [{on-error-continue: {steps: [{set-variable: {variableName: httpStatus, value: 202}}]}}]
""", OWN | {"202"}),
    ("a flow that calls itself", """
steps: [{choice: {when: [{expression: payload == 1, steps: [{flow-ref: {name: it}}]}]}}, {set-payload: {value: hi}}]
""", OWN | {"200", "default"}),
    ("a flow whose name is computed", "steps: [{flow-ref: {name: '#[payload]'}}]", NEGOTIATED | {"default"}),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "statuses"), [case[1:] for case in STATUSES], ids=[case[0] for case in STATUSES])
def test_statuses(steps: str, statuses: set[str], tmp_path: Path) -> None:
    assert set(operation(steps, tmp_path)["responses"]) == statuses


BODIES = [
    ("a text", "steps: [{set-payload: {value: 'hi #[payload]'}}]", {"text/plain": TEXT}),
    ("a number", "steps: [{set-payload: {value: '#[length(payload)]'}}]",
     {"application/json": {"type": "integer", "minimum": 0}}),
    ("a map", "steps: [{set-payload: {value: {a: 1, b: '#[payload]'}}}]",
     {"application/json": {"type": "object", "properties": {"a": {"const": 1}, "b": {}}, "required": ["a", "b"]}}),
    ("a list that grows", """
steps:
  - set-variable: {variableName: found, value: []}
  - foreach:
      collection: payload
      steps: [{set-variable: {variableName: found, value: "#[append(vars.found, {id: payload.id, ok: true})]"}}]
  - set-payload: {value: "#[vars.found]"}
""", {"application/json": {"type": "array", "items": {
        "type": "object", "properties": {"id": {}, "ok": {"const": True}}, "required": ["id", "ok"]}}}),
    ("what flows through a loop", """
steps:
  - set-payload: {value: {n: 1}}
  - repeat: {until: payload.n == 5, steps: [{set-payload: {value: {n: "#[length(payload)]"}}}]}
""", {"application/json": {
        "type": "object", "properties": {"n": {"type": "integer", "minimum": 0}}, "required": ["n"]}}),
    ("what grows in a loop", """
steps:
  - set-payload: {value: {inner: null}}
  - repeat: {while: payload.inner == 5, steps: [{set-payload: {value: {inner: "#[payload]"}}}]}
""", {"application/json": {"type": "object", "properties": {"inner": {}}, "required": ["inner"]}}),
    ("two forms of a map", """
steps:
  - choice:
      when: [{expression: payload == 1, steps: [{set-payload: {value: {a: 1}}}]}]
      otherwise: {steps: [{set-payload: {value: {a: x, b: null}}}]}
""", {"application/json": {"type": "object", "properties": {
        "a": {"enum": [1, "x"]}, "b": {"const": None}}, "required": ["a"]}}),
    ("a let", """
steps: [{transform: {let: {n: length(payload)}, set-payload: {n: "#[$n]"}}}]
""", {"application/json": {
        "type": "object", "properties": {"n": {"type": "integer", "minimum": 0}}, "required": ["n"]}}),
    ("a media type of the flow", "steps: [{set-payload: {value: [{a: 1}], mimeType: text/csv}}]", {"text/csv": {}}),
    ("a header of the flow", """
steps:
  - set-payload: {value: {a: 1}}
  - set-variable: {variableName: outboundHeaders, value: {Content-Type: application/vnd.a+json}}
""", {"application/vnd.a+json": {"type": "object", "properties": {"a": {"const": 1}}, "required": ["a"]}}),
    ("steps that leave it as it is", """
steps:
  - set-payload: {value: hi}
  - validation:any: {steps: [{validation:is-null: {value: 5}}, {validation:is-not-null: {value: 5}}]}
  - tracing:set-logging-variable: {variableName: a, value: 1}
  - tracing:with-correlation-id: {correlationId: abc, steps: [{logger: {}}]}
  - async: {steps: [{set-payload: {value: 5}}]}
  - foreach: {collection: "`[1]`", steps: [{set-payload: {value: 5}}]}
""", {"text/plain": {"const": "hi"}}),
    ("null", "steps: [{set-payload: {value: null}}]", None),
    ("what came in", "steps: [{logger: {}}]", None),
    ("what an operation gave", "steps: [{os:retrieve: {key: a}}]", None),
    ("what may be null", "steps: [{set-payload: {value: '#[payload == 1 ? null : 5]'}}]", None),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "content"), [case[1:] for case in BODIES], ids=[case[0] for case in BODIES])
def test_bodies(steps: str, content: Any, tmp_path: Path) -> None:
    found = operation(steps, tmp_path)["responses"]["200"].get("content")
    assert found == (content and {media_type: {"schema": schema} for media_type, schema in content.items()})


REQUESTS = [
    ("nothing is demanded", "steps: [{logger: {}}]", {}),
    ("a type", "steps: [{validation:is-true: {expression: \"type(payload.a.b) == 'array'\"}}]",
     {"type": "object", "required": ["a"], "properties": {
         "a": {"type": "object", "required": ["b"], "properties": {"b": {"type": "array"}}}}}),
    ("several", """
steps:
  - validation:is-not-null: {value: "#[payload.id]"}
  - set-variable: {variableName: x, value: 1}
  - validation:is-true: {expression: "type(payload.id) == 'string' && payload.kind == 'a'"}
""", {"type": "object", "required": ["id", "kind"], "properties": {"id": TEXT, "kind": {"const": "a"}}}),
    ("by other validators", """
steps:
  - validation:all:
      steps:
        - validation:is-not-blank-string: {value: "#[payload.name]"}
        - validation:is-email: {email: "#[payload.email]"}
  - validation:matches-regex: {value: "#[payload.code]", regex: "[a-z]+"}
""", {"type": "object", "required": ["name", "email", "code"], "properties": {
        "name": {"type": "string", "minLength": 1}, "email": TEXT, "code": TEXT}}),
    ("in a sub-flow", """
steps: [{flow-ref: {name: other}}]
other:
  steps: [{validation:is-not-null: {value: "#[payload.id]"}}]
""", {}),
    ("behind another payload", """
steps: [{set-payload: {value: {}}}, {validation:is-not-null: {value: "#[payload.id]"}}]
""", {}),
    ("where not each request comes", """
steps: [{choice: {when: [{expression: payload.a, steps: [{validation:is-not-null: {value: "#[payload.id]"}}]}]}}]
""", {}),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "schema"), [case[1:] for case in REQUESTS], ids=[case[0] for case in REQUESTS])
def test_requests(steps: str, schema: dict[str, Any], tmp_path: Path) -> None:
    body = operation(steps, tmp_path)["requestBody"]
    assert body == {"required": bool(schema), "content": {"application/json": {"schema": schema}}}


def described(listener: str, steps: str, folder: Path, path: str, method: str = "get") -> dict[str, Any]:
    text = f"""
configs:
  Api: {{http:listener-config: {{port: 8081, basePath: /api}}}}
flows:
  it:
    source: {{http:listener: {{config-ref: Api, {listener}}}}}
    steps: [{steps}]
"""
    return document(text, folder)["paths"][path][method]


PARAMETERS = [
    ("of the path", "path: '/a/{id}/b/{part}', method: GET", "logger: {}", "/api/a/{id}/b/{part}",
     [("id", "path", True), ("part", "path", True)]),
    ("the rest", "path: /a/*, method: GET", "logger: {}", "/api/a/{rest}", [("rest", "path", True)]),
    ("of the query and the headers", "path: /a, method: GET",
     """set-payload: {value: "#[attributes.queryParams.limit || attributes.headers.'X-Client']"}},
        {logger: {message: "#[attributes.headers.Accept]"}""",
     "/api/a", [("limit", "query", False), ("X-Client", "header", False)]),
    ("all of a name", "path: /a, method: GET", 'set-payload: {value: "#[attributes.queryParamsAll.id[0]]"}', "/api/a",
     [("id", "query", False)]),
    ("one that must be there", "path: /a, method: GET",
     'validation:is-not-null: {value: "#[attributes.queryParams.limit]"}', "/api/a", [("limit", "query", True)]),
    ("of the answer", """path: /a, method: GET, response: {body: "#[message.attributes.queryParams.x]"}""",
     "logger: {}", "/api/a", [("x", "query", False)]),
    ("of an upstream's answer", "path: /a, method: GET",
     """os:retrieve: {key: a}}, {set-payload: {value: "#[attributes.headers.etag]"}""", "/api/a", []),
    ("of a loop", "path: /a, method: GET",
     'repeat: {until: attributes.queryParams.x, steps: [{logger: {}}]}', "/api/a", [("x", "query", False)]),
    ("of an upstream's answer in a loop", "path: /a, method: GET",
     "repeat: {until: attributes.headers.etag, steps: [{os:retrieve: {key: a}}]}", "/api/a", []),
    ("of a let", "path: /a, method: GET", "transform: {let: {q: attributes.queryParams}, set-payload: '#[$q.a]'}",
     "/api/a", []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("listener", "step", "path", "found"), [case[1:] for case in PARAMETERS], ids=[case[0] for case in PARAMETERS]
)
def test_parameters(listener: str, step: str, path: str, found: list[Any], tmp_path: Path) -> None:
    told = described(listener, f"{{{step}}}", tmp_path, path)
    assert [(each["name"], each["in"], each["required"]) for each in told.get("parameters", [])] == found


def test_words(tmp_path: Path) -> None:
    text = HEAD.replace("it:", "it:\n    doc: Do it. And tell of it.") + "    steps: []\n"
    told = document(text, tmp_path)["paths"]["/it"]["post"]
    assert (told["operationId"], told["tags"]) == ("it", ["flows"])
    assert (told["summary"], told["description"]) == ("Do it", "Do it. And tell of it.")


def test_a_flow_for_several_methods_is_several_operations(tmp_path: Path) -> None:
    for methods, found in (("'get, post'", {"get", "post"}), ("OPTIONS", set()), ("GET", {"get"})):
        text = HEAD.replace("POST", methods).replace("[", "").replace("]", "") + "    steps: []\n"
        told = document(text, tmp_path)["paths"].get("/it", {})
        assert set(told) == found
        single = len(found) == 1
        assert {each["operationId"] for each in told.values()} == ({"it"} if single else {f"it-{m}" for m in found})


def test_a_flow_for_all_methods(tmp_path: Path) -> None:
    text = HEAD.replace(", allowedMethods: POST", "") + "    steps: []\n"
    assert set(document(text, tmp_path)["paths"]["/it"]) == {"delete", "get", "patch", "post", "put"}


BASIC = "security:basic: {users: {ada: swordfish}}"
KEY = "security:api-key: {keys: {ada: swordfish}}"
SECURITY = [
    ("one", f"{{{BASIC}}}", [{"basic": []}]),
    ("both", f"{{{BASIC}}}, {{{KEY}}}", [{"basic": [], "apiKey-X-API-Key": []}]),
    ("either", f"choice: {{when: [{{expression: payload, steps: [{{{BASIC}}}]}}], otherwise: {{steps: [{{{KEY}}}]}}}}",
     [{}, {"basic": []}, {"apiKey-X-API-Key": []}]),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "found"), [case[1:] for case in SECURITY], ids=[case[0] for case in SECURITY])
def test_security(steps: str, found: list[Any], tmp_path: Path) -> None:
    told = described("path: /a, method: GET", steps, tmp_path, "/api/a")
    assert told["security"] == found
    assert {"401", "403"} <= set(told["responses"])


def test_examples_are_the_files_that_fit(tmp_path: Path) -> None:
    folder = tmp_path / "examples"
    folder.mkdir()
    files = {"good": '{"id": 7}', "bad": '{"id": null}', "broken": "{", "large": '{"id": "' + "x" * 20_000 + '"}'}
    for name, text in files.items():
        (folder / f"{name}.json").write_text(text)
    told = operation("steps: [{validation:is-not-null: {value: '#[payload.id]'}}]", tmp_path)
    assert told["requestBody"]["content"]["application/json"]["examples"] == {"good": {"value": {"id": 7}}}


def test_a_flow_of_too_many_ways_is_left_open(tmp_path: Path) -> None:
    """Sub-flows that call the next one twice: two to the thirtieth steps."""
    links = (f"{{flow-ref: {{name: s{number}}}}}" for number in range(1, 31))
    rows = [f"  s{number}: {{steps: [{link}, {link}]}}" for number, link in enumerate(links)]
    subs = "\n".join(["sub-flows:", *rows, "  s30: {steps: [{logger: {}}]}"])
    told = document(HEAD + "    steps: [{flow-ref: {name: s0}}]\n" + subs, tmp_path)["paths"]["/it"]["post"]
    assert set(told["responses"]) == OWN | {"default"}


def test_the_shipped_flow() -> None:
    told = Application.load(Path(__file__).parents[2] / "flows" / "bulk-upsert.yaml").openapi()
    answers = told["paths"]["/api/bulk-upsert"]["post"]["responses"]
    assert {"200", "207", "400"} <= set(answers)
    assert set(answers["400"]["content"]) == {"application/json", "application/problem+json"}
    examples = told["paths"]["/api/bulk-upsert"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    assert {"all-good", "mixed", "all-bad", "empty", "import"} == set(examples)


def test_headers_that_a_flow_sets(tmp_path: Path) -> None:
    text = """
configs: {Api: {http:listener-config: {port: 8081}}}
flows:
  made:
    source:
      http:listener:
        {config-ref: Api, path: /made, allowedMethods: POST, response: {statusCode: 201, headers: {Location: /1}}}
    steps:
      - set-variable: {variableName: outboundHeaders, value: {X-Count: "#[payload.n]", Content-Type: text/csv}}
      - set-payload: {value: hi}
  moved:
    source: {http:listener: {config-ref: Api, path: /moved, allowedMethods: GET}}
    steps:
      - set-variable: {variableName: outboundHeaders, value: {Location: "#[attributes.queryParams.to]"}}
      - set-variable: {variableName: httpStatus, value: 304}
  fails:
    source:
      http:listener:
        config-ref: Api
        path: /fails
        allowedMethods: GET
        error-response: {statusCode: 418, headers: {X-Why: "#[error.description]"}}
    steps: [{raise-error: {type: "A:B"}}]
"""
    paths = document(text, tmp_path)["paths"]
    told = {path: next(iter(item.values()))["responses"] for path, item in paths.items()}
    assert set(told["/made"]["201"]["headers"]) == {"X-Correlation-ID", "X-Count", "Location"}
    assert told["/made"]["201"]["headers"]["Location"] == {"schema": {"type": "string"}}
    assert set(told["/moved"]["304"]["headers"]) == {"X-Correlation-ID", "Location"}
    assert set(told["/fails"]["418"]["headers"]) == {"X-Correlation-ID", "X-Why"}
    assert told["/fails"]["418"]["content"] == {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
    }


@pytest.mark.parametrize("required", [True, False])
def test_the_key_of_requests_that_come_again(required: bool, tmp_path: Path) -> None:
    text = f"""
configs: {{Api: {{http:listener-config: {{port: 8081}}}}}}
flows:
  pay:
    source:
      http:listener:
        {{config-ref: Api, path: /pay, allowedMethods: "POST, GET", idempotency: {{required: {str(required).lower()}}}}}
    steps: [{{set-payload: {{value: hi}}}}]
"""
    item = document(text, tmp_path)["paths"]["/pay"]
    [key] = item["post"]["parameters"]
    assert (key["name"], key["in"], key["required"]) == ("Idempotency-Key", "header", required)
    assert "parameters" not in item["get"]


def test_what_is_told_of_the_whole(tmp_path: Path) -> None:
    flows = HEAD + "    steps: []\n"
    assert document(flows, tmp_path)["info"]["title"] == "Flows"
    api = "configuration: {api: {title: Shop, version: '2.10', description: All of it.}}\n"
    assert document(api + flows, tmp_path)["info"] == {"title": "Shop", "version": "2.10", "description": "All of it."}


def test_problems_are_described_once(tmp_path: Path) -> None:
    flows = HEAD + "    steps: [{raise-error: {type: 'A:B'}}]\n"
    assert json.dumps(document(flows, tmp_path)).count("Problem details (RFC 9457).") == 1


def test_an_entry_of_a_variable_by_its_number_may_be_anything(tmp_path: Path) -> None:
    steps = """
steps:
  - set-variable: {variableName: pair, value: [1, 2]}
  - set-payload: {value: {first: "#[vars.pair[0]]"}}
"""
    answer = operation(steps, tmp_path)["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer["properties"]["first"] == {}


def test_errors_that_a_python_step_names_have_their_answers(tmp_path: Path) -> None:
    steps = """
steps:
  - python: {function: "math:fsum", arguments: ["#[payload]"], raises: [SHOP:CLOSED]}
error-handler:
  - on-error-propagate: {type: SHOP:CLOSED, steps: [{set-variable: {variableName: httpStatus, value: 423}}]}
"""
    assert "423" in operation(steps, tmp_path)["responses"]
