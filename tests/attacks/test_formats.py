"""read and write of hostile sizes, and answers in formats that somebody else chooses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attacks.attack import watched
from server.running import Running

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
flows:
  read:
    source: {http:listener: {config-ref: Api, path: /read}}
    steps: [{set-payload: {value: "#[type(read(payload, attributes.queryParams.mime))]"}}]
    error-handler: {ref: told}
  write:
    source: {http:listener: {config-ref: Api, path: /write}}
    steps:
      - set-variable: {variableName: options, value: {indent: "#[attributes.queryParams.indent == 'yes']"}}
      - set-payload: {value: "#[length(write(payload, attributes.queryParams.mime, vars.options))]"}
    error-handler: {ref: told}
  echo:
    source: {http:listener: {config-ref: Api, path: /echo}}
    steps: [{set-payload: {value: "#[payload]"}}]
error-handlers:
  told:
    - on-error-propagate:
        type: MULE:EXPRESSION
        logException: false
        steps: [{set-variable: {variableName: httpStatus, value: 422}}]
"""
XML, YAML, CSV, JSON = "application/xml", "application/yaml", "text/csv", "application/json"
FORM, NDJSON = "application/x-www-form-urlencoded", "application/x-ndjson"
N = 9_900_000


def lines(template: str, count: int) -> str:
    return "\n".join(template % number for number in range(count))


TEXTS: dict[str, tuple[str, Callable[[], str]]] = {
    "elements": (XML, lambda: "<a>" + "<b/>" * 240_000 + "</a>"),
    "more elements": (XML, lambda: "<a>" + "<b/>" * 2_000_000 + "</a>"),
    "elements with names of their own": (XML, lambda: "<a>" + "".join(f"<b{n}/>" for n in range(200_000)) + "</a>"),
    "attributes": (XML, lambda: "<a " + " ".join(f'b{n}=""' for n in range(240_000)) + "/>"),
    "attributes without end": (XML, lambda: "<a " + " ".join(f'b{n}=""' for n in range(700_000)) + "/>"),
    "namespaces": (XML, lambda: "<a " + " ".join(f'xmlns:b{n}="x"' for n in range(240_000)) + "/>"),
    "an attribute twice": (XML, lambda: "<a " + 'b="" ' * 1_500_000 + "/>"),
    "a long name": (XML, lambda: f"<{'a' * (N // 2)}/>"),
    "a long attribute": (XML, lambda: f'<a b="{"x" * N}"/>'),
    "an attribute of entities": (XML, lambda: f'<a b="{"&lt;" * (N // 4)}"/>'),
    "entities": (XML, lambda: f"<a>{'&lt;' * (N // 4)}</a>"),
    "references": (XML, lambda: f"<a>{'&#65;' * (N // 5)}</a>"),
    "line feeds in XML": (XML, lambda: "<a>" + "\n" * N + "</a>"),
    "comments": (XML, lambda: "<a>" + "<!---->" * (N // 7) + "</a>"),
    "a comment without end": (XML, lambda: "<a><!--" + "-" * N),
    "sections": (XML, lambda: "<a>" + "<![CDATA[a]]>" * (N // 13) + "</a>"),
    "a section of brackets": (XML, lambda: "<a><![CDATA[" + "]" * N + "]]></a>"),
    "instructions": (XML, lambda: "<a>" + "<?a?>" * (N // 5) + "</a>"),
    "pieces of text": (XML, lambda: "<a>" + "a<b/>" * 240_000 + "</a>"),
    "deep elements": (XML, lambda: "<a>" + ("<b>" * 150 + "</b>" * 150) * 1500 + "</a>"),
    "an open tag": (XML, lambda: "<a " + "b" * N),
    "a list of YAML": (YAML, lambda: "- a\n" * 140_000),
    "a map of YAML": (YAML, lambda: lines("k%d: a", 70_000)),
    "a map in one line": (YAML, lambda: "{" + ",".join(f"k{n}: a" for n in range(70_000)) + "}"),
    "keys only": (YAML, lambda: lines("? k%d", 70_000)),
    "long keys": (YAML, lambda: "\n".join(f"? {'k' * 2000}{n}" for n in range(4000))),
    "numbers as keys": (YAML, lambda: lines("%d: a", 70_000)),
    "numbers": (YAML, lambda: "[" + ",".join(["1"] * 140_000) + "]"),
    "long numbers": (YAML, lambda: f"- {'1' * 4000}\n" * 2400),
    "odd numbers": (YAML, lambda: "[" + ",".join(["-1.5e", "+.", "1_0", ".5", "5."] * 28_000) + "]"),
    "a plain text": (YAML, lambda: "a " * (N // 2)),
    "a quoted text": (YAML, lambda: f'"{"a" * N}"'),
    "escapes": (YAML, lambda: f'"{chr(92)}x41' * 1 + f"{chr(92)}x41" * (N // 4) + '"'),
    "line feeds in YAML": (YAML, lambda: "\n" * N),
    "comments of YAML": (YAML, lambda: "#\n" * (N // 2)),
    "a folded text": (YAML, lambda: "a: >\n" + " a\n" * (N // 3)),
    "a literal text": (YAML, lambda: "a: |\n" + " a\n" * (N // 3)),
    "colons": (YAML, lambda: ":" * N),
    "keys of keys": (YAML, lambda: "a:" * (N // 2)),
    "open brackets": (YAML, lambda: "[" * N),
    "dashes": (YAML, lambda: "- " * (N // 2)),
    "documents": (YAML, lambda: "---\n" * (N // 4)),
    "directives": (YAML, lambda: "%a b\n" * (N // 5)),
    "anchors": (YAML, lambda: "&a " * (N // 3)),
    "deep lists in lines": (YAML, lambda: ("- " * 190 + "a\n") * 600),
    "a sea of spaces": (YAML, lambda: " " * N + "a: b"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_read(attacked: Running, name: str) -> None:
    mime, make = TEXTS[name]
    text = make()
    with watched(attacked):
        answer = attacked.post("/read", params={"mime": mime}, content=text, headers={"Content-Type": "text/plain"})
    assert answer.status_code in (200, 422)


def deep(kind: str, inner: Any = 1) -> Any:
    for _ in range(150):
        inner = [inner] if kind == "lists" else {"a": inner}
    return inner


VALUES: dict[str, Callable[[], Any]] = {
    "numbers": lambda: [1] * 1_000_000,
    "fewer numbers": lambda: [1] * 240_000,
    "texts": lambda: ["a"] * 1_000_000,
    "texts like numbers": lambda: ["1", "yes", "null", "1:30", "2001-01-01"] * 24_000,
    "records": lambda: [{"id": n, "name": "Ada", "email": "ada@example.org"} for n in range(60_000)],
    "fewer records": lambda: [{"id": n, "name": "Ada", "email": "ada@example.org"} for n in range(30_000)],
    "few records": lambda: [{"id": n, "name": "Ada", "email": "ada@example.org"} for n in range(18_000)],
    "texts of digits": lambda: ["0" * 130] * 70_000,
    "a wide map": lambda: {f"k{n}": n for n in range(240_000)},
    "a wide record": lambda: [{f"k{n}": n for n in range(5_000)}, *([{}] * 5_000)],
    "many wide records": lambda: [{f"k{n}": n for n in range(1_000)}, *([{}] * 500_000)],
    "a long text": lambda: "a" * N,
    "a long text of lines": lambda: "\n" * (N // 2),
    "a long text of signs": lambda: "<&>" * (N // 3),
    "a long text of letters": lambda: "é" * (N // 2),
    "a long text of controls": lambda: "\x07" * (N // 6),
    "a long text of spaces": lambda: "a " * (N // 2),
    "long texts": lambda: ["a," * 500_000] * 9,
    "a long key": lambda: {"k" * 4_900_000: 1},
    "long keys": lambda: {f"{'k' * 1000}{n}": 1 for n in range(9_000)},
    "deep lists": lambda: [deep("lists")] * 3_000,
    "deep maps": lambda: [deep("maps")] * 2_500,
    "deep maps around a long text": lambda: deep("maps", "a" * 5_000_000),
    "lists of lists": lambda: [[1]] * 400_000,
    "empty lists": lambda: [[]] * 700_000,
}


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("mime", [JSON, NDJSON, CSV, XML, YAML, FORM])
def test_write(attacked: Running, name: str, mime: str) -> None:
    value = VALUES[name]()
    if mime in (XML, FORM):
        value = {"root": value}
    with watched(attacked):
        answer = attacked.post("/write", params={"mime": mime}, json=value)
    assert answer.status_code in (200, 422)


@pytest.mark.parametrize("name", VALUES)
def test_write_for_people(attacked: Running, name: str) -> None:
    value = VALUES[name]()
    with watched(attacked):
        answer = attacked.post("/write", params={"mime": JSON, "indent": "yes"}, json=value)
    assert answer.status_code in (200, 422)


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("accept", [XML, YAML, CSV, NDJSON, "text/plain", f"{XML}, {YAML};q=0.9, {CSV};q=0.8"])
def test_an_answer_as_the_caller_accepts_it(attacked: Running, name: str, accept: str) -> None:
    value = VALUES[name]()
    with watched(attacked):
        answer = attacked.post("/echo", json=value, headers={"Accept": accept})
    assert answer.status_code in (200, 406, 500)
