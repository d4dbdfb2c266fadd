"""Flows in DataWeave over HTTP, as a client sees them: a real server, real requests."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any

import httpx
import pytest
import uvicorn
from click.testing import CliRunner

from engine import Application
from engine.tools.cli import main

FLOWS = """
expression-language: dataweave
configs: {Api: {http:listener-config: {port: 0}}}
flows:
  json:
    source: {http:listener: {config-ref: Api, path: /json}}
    steps:
      - set-variable: {variableName: total, value: "#[sum(payload.lines map ($.price * $.qty))]"}
      - transform:
          set-payload:
            dataweave: |
              %dw 2.0
              output application/json skipNullOn="everywhere"
              fun cents(x: Number) = x as String {format: "#,##0.00"}
              ---
              {
                total: cents(vars.total),
                skus: payload.lines.sku,
                by: payload.lines groupBy $.sku mapObject ((v, k) -> {(k): sizeOf(v)}),
                none: null,
                (big: true) if (vars.total > 100),
                caller: attributes.queryParams.who default "nobody",
                agent: attributes.headers.'User-Agent' != null
              }
  xml:
    source: {http:listener: {config-ref: Api, path: /xml}}
    steps:
      - transform:
          set-payload:
            dataweave: |
              output application/xml indent=false
              ns o http://orders.example
              ---
              o#orders @(count: sizeOf(payload.orders.*order)): {
                (payload.orders.*order map {o#order @(id: $.@id): $.qty as Number + 1})
              }
  csv:
    source: {http:listener: {config-ref: Api, path: /csv}}
    steps:
      - set-payload: {value: '#[output application/csv separator=";" --- payload map {n: $.name, a: $.age as Number + 1}]'}
  form:
    source: {http:listener: {config-ref: Api, path: /form}}
    steps: [{set-payload: {value: "#[output application/json --- payload.*a]"}}]
  parts:
    source: {http:listener: {config-ref: Api, path: /parts}}
    steps:
      - set-payload:
          value: "#[output application/json --- payload.parts mapObject ((part, name) -> {(name): part.content})]"
  echo:
    source: {http:listener: {config-ref: Api, path: /echo, response: {body: "#[payload]"}}}
    steps: [{set-variable: {variableName: touched, value: "#[payload.a]"}}]
  as:
    source: {http:listener: {config-ref: Api, path: "/as/{kind}"}}
    steps:
      - choice:
          when:
            - {expression: "attributes.uriParams.kind == 'csv'", steps: [{set-payload: {value: "#[output application/csv --- [{a: 1}]]"}}]}
            - {expression: "attributes.uriParams.kind == 'text'", steps: [{set-payload: {value: "#[output text/plain --- 1.50]"}}]}
            - {expression: "attributes.uriParams.kind == 'ndjson'", steps: [{set-payload: {value: "#[output application/x-ndjson --- [1, {a: 2}]]"}}]}
            - {expression: "attributes.uriParams.kind == 'yaml'", steps: [{set-payload: {value: "#[output application/yaml --- {a: 1}]"}}]}
            - {expression: "attributes.uriParams.kind == 'form'", steps: [{set-payload: {value: "#[output application/x-www-form-urlencoded --- {a: 'x y'}]"}}]}
            - {expression: "attributes.uriParams.kind == 'parts'", steps: [{set-payload: {value: "#[output multipart/form-data --- {parts: {a: {headers: {}, content: 'x'}}}]"}}]}
            - {expression: "attributes.uriParams.kind == 'bytes'", steps: [{set-payload: {value: "#[output application/octet-stream --- 'x']"}}]}
            - {expression: "attributes.uriParams.kind == 'problem'", steps: [{set-payload: {value: "#[output application/problem+json --- {title: 'x'}]"}}]}
            - {expression: "attributes.uriParams.kind == 'twice'", steps: [{set-payload: {value: "#[output application/json --- {a: 1, a: 2}]"}}]}
          otherwise:
            steps: [{set-payload: {value: "#[output application/dw --- {a: |2024-02-29|}]"}}]
  failing:
    source:
      http:listener:
        config-ref: Api
        path: /failing
        error-response:
          statusCode: "#[vars.httpStatus]"
          body: "#[output application/json --- {kind: error.errorType.identifier, told: error.description, whole: error}]"
    steps:
      - set-payload: {value: "#[payload.x as Number]"}
    error-handler:
      - on-error-propagate: {type: MULE:EXPRESSION, steps: [{set-variable: {variableName: httpStatus, value: "#[422]"}}]}
  kept:
    source: {http:listener: {config-ref: Api, path: /kept}}
    steps:
      - set-variable: {variableName: file, value: "#[payload]"}
      - flow-ref: {name: feed, target: fed}
      - flow-ref: {name: feed, target: items, targetValue: "#[payload.feed.*item]"}
      - choice:
          when:
            - expression: "#[attributes.queryParams.raw == 'true']"
              steps: [{set-payload: {value: "#[vars.file]"}}]
          otherwise:
            steps:
              - set-payload:
                  value: "#[output application/json --- {n: sizeOf(vars.file), rows: vars.file, last: vars['file'][-1].a, fed: sizeOf(vars.fed.feed), items: vars.items, text: write(vars.file, 'application/csv') contains 'a'}]"
  feed:
    steps:
      - set-payload: {value: "<feed><item>1</item><item>2</item></feed>", mimeType: application/xml}
  scattered:
    source: {http:listener: {config-ref: Api, path: /scattered}}
    steps:
      - scatter-gather:
          routes:
            - {steps: [{set-payload: {value: "#[{id: 1}]"}}]}
            - {steps: [{set-payload: {value: "#[{id: 2}]"}}]}
      - set-payload:
          value: "#[output application/json --- {a: payload..payload.id, b: payload.'0'.payload.id, c: payload pluck $.payload.id}]"
"""  # noqa: E501  # one step a line


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    file = tmp_path_factory.mktemp("flows") / "flows.yaml"
    file.write_text(FLOWS)
    app = Application.load(file).asgi()
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none", timeout_graceful_shutdown=1))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            end = monotonic() + 20
            while not server.started and monotonic() < end:
                sleep(0.01)
            with httpx.Client(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}", trust_env=False) as asking:
                yield asking
        finally:
            server.should_exit = True
            thread.join()


def test_json(client: httpx.Client) -> None:
    lines = [
        {"sku": "a", "price": 50, "qty": 2},
        {"sku": "b", "price": 1.5, "qty": 3},
        {"sku": "a", "price": 1, "qty": 1},
    ]
    answer = client.post("/json", params={"who": "Ada"}, json={"lines": lines})
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "total": "105.50", "skus": ["a", "b", "a"], "by": {"a": 2, "b": 1}, "big": True, "caller": "Ada", "agent": True,
    }  # fmt: skip


@pytest.mark.parametrize("media_type", ["application/xml", "text/xml; charset=utf-8", "application/soap+xml"])
def test_xml(client: httpx.Client, media_type: str) -> None:
    body = '<orders><order id="1"><qty>2</qty></order><order id="é"><qty>5</qty></order></orders>'
    answer = client.post("/xml", content=body.encode(), headers={"content-type": media_type})
    assert answer.headers["content-type"] == "application/xml"
    assert answer.content.decode() == (
        "<?xml version='1.0' encoding='UTF-8'?>"
        '<o:orders xmlns:o="http://orders.example" count="2">'
        '<o:order id="1">3</o:order><o:order id="é">6</o:order></o:orders>'
    )


@pytest.mark.parametrize("media_type", ["text/csv", "application/csv"])
def test_csv(client: httpx.Client, media_type: str) -> None:
    answer = client.post("/csv", content="name,age\nada\\,x,36\n", headers={"content-type": media_type})
    assert (answer.headers["content-type"], answer.text) == ("application/csv", "n;a\nada,x;37\n")


def test_forms_keep_what_repeats(client: httpx.Client) -> None:
    answer = client.post(
        "/form", content="a=1&b=2&a=x+y", headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.json() == ["1", "x y"]


def test_parts(client: httpx.Client) -> None:
    files = {"order": ("o.json", b'{"id": 7}', "application/json"), "note": ("n.txt", b"hi", "text/plain")}
    assert client.post("/parts", files=files).json() == {"order": {"id": 7}, "note": "hi"}


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/xml", "<a>1</a>"),
        ("application/csv", "a,b\r\n1,2"),
        ("application/json", '{"a":1.5}'),
        ("application/x-www-form-urlencoded", "a=1&a=2"),
    ],
)
def test_a_payload_that_was_touched_is_passed_on_as_it_came(client: httpx.Client, media_type: str, body: str) -> None:
    answer = client.post("/echo", content=body, headers={"content-type": media_type})
    assert (answer.headers["content-type"], answer.text) == (media_type, body)


@pytest.mark.parametrize(
    ("kind", "media_type", "body"),
    [
        ("csv", "application/csv", "a\n1\n"),
        ("text", "text/plain", "1.5"),
        ("ndjson", "application/x-ndjson", '1\n{"a": 2}\n'),
        ("yaml", "application/yaml", "%YAML 1.2\n---\na: 1\n"),
        ("form", "application/x-www-form-urlencoded", "a=x+y"),
        ("bytes", "application/octet-stream", "x"),
        ("problem", "application/problem+json", '{"title":"x"}'),
        ("twice", "application/json", '{\n  "a": 1,\n  "a": 2\n}'),
        ("other", "application/dw", "{\n  a: |2024-02-29|\n}"),
    ],
)
def test_the_answer_has_the_media_type_of_the_script(
    client: httpx.Client, kind: str, media_type: str, body: str
) -> None:
    answer = client.get(f"/as/{kind}")
    assert (answer.headers["content-type"], answer.text) == (media_type, body)


def test_a_multipart_answer_names_its_boundary(client: httpx.Client) -> None:
    answer = client.get("/as/parts")
    boundary = answer.headers["content-type"].partition('boundary="')[2].rstrip('"')
    assert answer.text == f'--{boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--{boundary}--\r\n'


def test_a_text_in_a_variable_is_read_as_what_it_is(client: httpx.Client) -> None:
    def send(**query: str) -> httpx.Response:
        return client.post("/kept", params=query, content="a,b\n1,2\n3,4", headers={"content-type": "application/csv"})

    rows = [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]
    assert send().json() == {"n": 2, "rows": rows, "last": "3", "fed": 2, "items": ["1", "2"], "text": True}
    assert send(raw="true").text == "a,b\n1,2\n3,4"


def test_an_error_is_told_by_a_script(client: httpx.Client) -> None:
    answer = client.post("/failing", json={"x": "secret text"})
    told: dict[str, Any] = answer.json()
    assert (answer.status_code, told["kind"], told["told"]) == (422, "EXPRESSION", "the text is not a number")
    assert told["whole"]["errorType"]["namespace"] == "MULE"
    assert "secret text" not in answer.text


def test_messages_of_routes(client: httpx.Client) -> None:
    assert client.get("/scattered").json() == {"a": [1, 2], "b": 1, "c": [1, 2]}


def test_a_body_that_is_broken(client: httpx.Client) -> None:
    answer = client.post("/xml", content="<orders>", headers={"content-type": "application/xml"})
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "orders" not in answer.text


TESTED = """
suite: flows
expression-language: dataweave
cases:
  totals:
    post: /json
    given: {payload: {lines: [{sku: a, price: 2, qty: 3}]}}
    expect:
      payload.total: "6.00"
      sizeOf(payload.skus): 1
      payload.by.a == 1 and not payload.big?: true
  xml:
    post: /xml
    given: {payload: "<orders><order id='1'><qty>2</qty></order></orders>", headers: {content-type: application/xml}}
    expect: {"payload.orders.@count": "1", payload.orders.order: "3"}
"""


def test_engine_test_and_explain(tmp_path: Path) -> None:
    (tmp_path / "flows.yaml").write_text(FLOWS)
    (tmp_path / "flows.test.yaml").write_text(TESTED)
    tested = CliRunner().invoke(main, ["test", str(tmp_path)])
    assert (tested.exit_code, "2 passed" in tested.output) == (0, True), tested.output
    explained = CliRunner().invoke(main, ["explain", "flow", "json", str(tmp_path / "flows.yaml")])
    assert explained.output.count("does not wait") == 2


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "output"),
    [
        (["payload.a + 1"], '{"a": 1}', 0, "2\n"),
        (["output application/xml writeDeclaration=false --- {a: payload}"], "5", 0, "<a>5</a>\n"),
        (["vars.x ++ attributes.y", "--vars", '{"x": "1"}', "--attributes", '{"y": "2"}'], "", 0, '"12"\n'),
        (["p('x') default 'none'"], "", 0, '"none"\n'),
        (["{a: payloa}"], "", 1, "line 1, column 5\nthe unknown name 'payloa'"),
        (["\n{\n  a: payload.a as Number\n}"], '{"a": []}', 1, "line 3, column 6\nMULE:EXPRESSION: Array does not"),
        (["payload", "--source"], "", 0, "def evaluate(event):"),
    ],
)  # fmt: skip
def test_engine_eval(arguments: list[str], stdin: str, code: int, output: str) -> None:
    result = CliRunner().invoke(main, ["eval", "--language", "dataweave", *arguments, "--payload", "-"], input=stdin)
    assert (result.exit_code, output in result.output) == (code, True), result.output


def test_engine_eval_of_a_file_that_is_not_json(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    arguments = ["output json indent=false --- payload", "--payload", str(tmp_path / "x.csv")]
    result = CliRunner().invoke(main, ["eval", "--language", "dataweave", *arguments])
    assert result.output == '[{"a": "1","b": "2"}]\n'


def test_engine_functions() -> None:
    listed = CliRunner().invoke(main, ["functions", "--language", "dataweave"]).output
    assert "\ndw::core::Strings::camelize " in listed
    shown = CliRunner().invoke(main, ["functions", "--language", "dataweave", "show", "camelize"]).output
    assert "import camelize from dw::core::Strings" in shown
    unknown = CliRunner().invoke(main, ["functions", "--language", "dataweave", "show", "camelise"])
    assert (unknown.exit_code, "camelize" in unknown.output) == (1, True)
