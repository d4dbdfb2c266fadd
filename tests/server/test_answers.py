"""The answer of a flow that succeeded: status, headers, body, and what cannot be one of them."""

from __future__ import annotations

from typing import Any

import pytest
from running import PROBLEM, Running

FLOWS = r"""
configs:
  Api: {http:listener-config: {port: 0}}
  Small: {http:listener-config: {port: 0, maxBodySize: 1KB}}

flows:
  status:
    source: {http:listener: {config-ref: Api, path: /status}}
    steps:
      - set-variable: {variableName: httpStatus, value: "#[payload.status]"}
      - set-payload: {value: text}
  headers:
    source: {http:listener: {config-ref: Api, path: /headers}}
    steps: [{set-variable: {variableName: outboundHeaders, value: "#[payload]"}}]
  response:
    source:
      http:listener:
        config-ref: Api
        path: /response
        response: {statusCode: "#[payload.n + 1]", headers: {X-Both: response}, body: {n: "#[payload.n]"}}
    steps: [{set-variable: {variableName: outboundHeaders, value: {X-Both: flow, X-Own: [a, b]}}}]
  chosen:
    source: {http:listener: {config-ref: Api, path: /chosen, response: {statusCode: "#[payload.status]"}}}
    steps: [{set-variable: {variableName: httpStatus, value: "#[payload.variable]"}}]
  halved:
    source: {http:listener: {config-ref: Api, path: /halved, response: {statusCode: "#[payload.n / 2]"}}}
    steps: []
  failing:
    source: {http:listener: {config-ref: Api, path: /failing, error-response: {statusCode: "#[payload.status]"}}}
    steps: [{raise-error: {type: "APP:BROKEN", description: broken}}]
    error-handler:
      - on-error-propagate: {steps: [{set-variable: {variableName: httpStatus, value: "#[payload.variable]"}}]}
  echo:
    source: {http:listener: {config-ref: Api, path: /echo}}
    steps: []
  attributes:
    source: {http:listener: {config-ref: Api, path: "/at/{my-id}/*", allowedMethods: GET}}
    steps: [{set-payload: {value: "#[attributes]"}}]
  square:
    source: {http:listener: {config-ref: Api, path: /square}}
    steps: [{set-payload: {value: "#[payload.n * payload.n]"}}]
  typed:
    source: {http:listener: {config-ref: Api, path: /typed}}
    steps: [{set-payload: {value: "<a/>", mimeType: application/xml}}]
  bad-type:
    source: {http:listener: {config-ref: Api, path: /bad-type}}
    steps: [{set-payload: {value: hi, mimeType: "text/x\r\nSet-Cookie: a=b"}}]
  wide-type:
    source: {http:listener: {config-ref: Api, path: /wide-type}}
    steps: [{set-payload: {value: hi, mimeType: "text/x; a=→"}}]
  small:
    source: {http:listener: {config-ref: Small, path: /small}}
    steps: []
""" + "".join(
    f"""
  {kind}-{number}:
    source: {{http:listener: {{config-ref: Api, path: /{kind}-{number}}}}}
    steps: [{{odd: {{{kind}: {name}}}}}]"""
    for kind, names in {
        "payload": ["deep", "circle", "object", "huge integer", "lone surrogate", "lone surrogate in a map"],
        "headers": ["an object", "a number as name", "no map"],
    }.items()
    for number, name in enumerate(names)
)


@pytest.mark.parametrize("status", [200, 201, 302, 400, 404, 599, "404", " 404 ", 201.0, 4.04e2])
def test_status(served: Running, status: Any) -> None:
    answer = served.post("/status", json={"status": status})
    assert (answer.status_code, answer.text) == (int(status), "text")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body(served: Running, status: int) -> None:
    answer = served.post("/status", json={"status": status})
    assert (answer.status_code, answer.content) == (status, b"")
    assert "content-length" not in answer.headers


@pytest.mark.parametrize(
    "status",
    [
        "abc",
        "",
        99,
        100,
        150,
        1000,
        10**30,
        "9" * 5000,
        -200,
        200.5,
        "200.0",
        "²⁰⁰",
        "٢٠١",
        199.99,
        1e300,
        True,
        [200],
        {"a": 1},
    ],
)
def test_what_is_no_status(served: Running, status: object) -> None:
    answer = served.post("/status", json={"status": status})
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
    line = served.logged(answer.headers["x-correlation-id"])[0]
    assert "MULE:EXPRESSION: the status of the answer is no number from 200 to 599" in line


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/status", {"status": None}, 200),
        ("/chosen", {}, 200),
        ("/chosen", {"variable": 202}, 202),
        ("/chosen", {"status": 201, "variable": 202}, 201),
        ("/chosen", {"status": None, "variable": 404.0}, 404),
        ("/halved", {"n": 402}, 201),
        ("/failing", {}, 500),
        ("/failing", {"status": 409.0}, 409),
        ("/failing", {"variable": 418}, 418),
        ("/failing", {"variable": 418, "status": None}, 418),
        ("/failing", {"variable": "٤٠٤"}, 500),
    ],
)
def test_a_null_status_counts_as_none(served: Running, path: str, body: Any, status: int) -> None:
    assert served.post(path, json=body).status_code == status


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("a", ["a"]),
        ("", [""]),
        ("é", ["é"]),
        (" a ", ["a"]),
        (7, ["7"]),
        (True, ["true"]),
        ({"a": 1}, ['{"a":1}']),
        (["a", None, 2], ["a", "2"]),
        (None, []),
    ],
)
def test_header(served: Running, value: object, sent: list[str]) -> None:
    answer = served.post("/headers", json={"X-A": value})
    assert answer.status_code == 200
    assert [text.decode("latin-1") for name, text in answer.headers.raw if name == b"x-a"] == sent


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "a\r\nSet-Cookie: b=c"),
        ("X-A", "a\nb"),
        ("X-A", "a\x00b"),
        ("X-A", "→"),
        ("X-A", ["a", "b\r\nc"]),
        ("X A", "a"),
        ("X-A:", "a"),
        ("X-A\r\nB", "a"),
        ("", "a"),
        ("é", "a"),
        ("Content-Length", "0"),
        ("transfer-encoding", "chunked"),
        ("Connection", "close"),
    ],
)
def test_what_is_no_header(served: Running, name: str, value: object) -> None:
    answer = served.post("/headers", json={name: value})
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
    assert {"set-cookie", "b", "x-a"}.isdisjoint(answer.headers)


@pytest.mark.parametrize("path", ["/headers-0", "/headers-1", "/headers-2", "/bad-type", "/wide-type"])
def test_what_python_or_a_media_type_makes_no_header(served: Running, path: str) -> None:
    answer = served.post(path)
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("number", range(6))
def test_what_cannot_be_written(served: Running, number: int) -> None:
    answer = served.post(f"/payload-{number}")
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
    assert "MULE:TRANSFORMATION" in served.logged(answer.headers["x-correlation-id"])[0]


def test_a_product_with_many_digits(served: Running) -> None:
    assert served.post("/square", content=b'{"n": 1%s}' % (b"0" * 400)).text == "1" + "0" * 800


@pytest.mark.parametrize("digits", [2500, 4000])
def test_a_product_with_too_many_digits(served: Running, digits: int) -> None:
    answer = served.post("/square", content=b'{"n": 1%s}' % (b"0" * digits))
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)


def test_response_parameters(served: Running) -> None:
    answer = served.post("/response", json={"n": 201})
    assert (answer.status_code, answer.json()) == (202, {"n": 201})
    assert answer.headers.get_list("x-own") == ["a", "b"]
    assert answer.headers["x-both"] == "response"


@pytest.mark.parametrize(
    ("media_type", "body", "answered"),
    [
        ("application/json", b'{"a": 1}', b'{"a":1}'),
        ("application/vnd.x+json", b"[1.0]", b"[1.0]"),
        ("", b"[1]", b"[1]"),
        ("application/json", b"\xef\xbb\xbf[1]", b"[1]"),
        ("application/json; charset=utf-16", '["é"]'.encode("utf-16"), '["é"]'.encode("utf-16")),
        ("text/plain; charset=iso-8859-1", b"\xe9", b"\xe9"),
        ("text/csv", b"a,b\n1,2", b"a,b\r\n1,2\r\n"),
        ("application/xml", b"<a><b>1</b></a>", b"<a><b>1</b></a>"),
        ("application/yaml", b"{a: 1}", b"a: 1\n"),
        ("application/x-ndjson", b"1\n2", b"1\n2\n"),
        ("image/png", b"\x00\xff", b"\x00\xff"),
    ],
)
def test_what_comes_in_goes_out(served: Running, media_type: str, body: bytes, answered: bytes) -> None:
    answer = served.post("/echo", content=body, headers={"Content-Type": media_type})
    assert (answer.status_code, answer.content) == (200, answered)
    assert answer.headers["content-type"] == (media_type or "application/json")


@pytest.mark.parametrize(
    ("request_", "payload"),
    [
        ({"data": {"a": ["1", "2"], "b": ""}}, {"a": ["1", "2"], "b": ""}),
        (
            {"files": {"f": ("a.txt", b"hi", "text/plain")}, "data": {"a": "1"}},
            {"a": "1", "f": {"filename": "a.txt", "contentType": "text/plain", "content": "aGk="}},
        ),
    ],
)
def test_a_form_becomes_a_map(served: Running, request_: dict[str, object], payload: object) -> None:
    answer = served.post("/echo", **request_)
    assert (answer.json(), answer.headers["content-type"]) == (payload, "application/json")


def test_no_body_for_null(served: Running) -> None:
    answer = served.post("/echo")
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "0")
    assert "content-type" not in answer.headers


def test_a_media_type_of_the_flow(served: Running) -> None:
    assert served.post("/typed").headers["content-type"] == "application/xml"


def test_attributes(served: Running) -> None:
    answer = served.client.get("/at/a%20b/c/d%C3%A9?x=1&x=%C3%A9&y=", headers=[("X-A", "1"), ("x-a", "2")])
    attributes = answer.json()
    assert attributes["uriParams"] == {"my-id": "a b", "*": "c/dé"}
    assert attributes["queryParams"] == {"x": "é", "y": ""}
    assert attributes["queryParamsAll"] == {"x": ["1", "é"], "y": [""]}
    assert attributes["headers"]["x-a"] == "1, 2"
    assert (attributes["method"], attributes["version"], attributes["scheme"]) == ("GET", "HTTP/1.1", "http")
    assert (attributes["listenerPath"], attributes["requestPath"]) == ("/at/{my-id}/*", "/at/a b/c/dé")


def test_the_rest_of_a_path_may_hold_anything(served: Running) -> None:
    assert served.client.get("/at/1/a%0Ab%0A").json()["uriParams"]["*"] == "a\nb\n"


@pytest.mark.parametrize(("size", "status"), [(1000, 200), (1001, 413)])
def test_max_body_size(served: Running, size: int, status: int) -> None:
    body = b"x" * size
    assert served.post("/small", content=body, headers={"Content-Type": "text/plain"}).status_code == status
    assert served.post("/small", content=iter([body]), headers={"Content-Type": "text/plain"}).status_code == status
