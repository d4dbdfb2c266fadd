"""`expression-language: {name: jmespath, payloads: unread}`: JMESPath over payloads that nobody has read yet."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient, Response

from engine import Application
from engine.loading.diagnostic import LoadError

FLOWS = """
expression-language: {name: jmespath, payloads: unread}
configs: {Api: {http:listener-config: {port: 8081}}}
flows:
  look:
    source: {http:listener: {config-ref: Api, path: /look}}
    steps:
      - set-variable: {variableName: all, value: "#[payload]"}
      - set-payload: {value: {a: "#[payload.root.a]", root: "#[$payload.root]", id: "#[attributes.queryParams.id]"}}
  pass:
    source: {http:listener: {config-ref: Api, path: /pass}}
    steps: [{set-variable: {variableName: a, value: "#[payload.root.a]"}}, {set-payload: {value: "#[payload]"}}]
  conditions:
    source: {http:listener: {config-ref: Api, path: /conditions}}
    steps:
      - set-variable: {variableName: held, value: []}
      - choice: {when: [{expression: {dataweave: "''"}, steps: [{set-variable: {variableName: held, value: empty}}]}]}
      - choice: {when: [{expression: {dataweave: "'false'"}, steps: [{set-variable: {variableName: held, value: no}}]}]}
      - set-payload: {value: "#[vars.held]"}
"""
BODY = b"<root><a>5</a></root>"


async def asked(folder: Path, path: str) -> Response:
    (folder / "a.yaml").write_text(FLOWS)
    app = Application.load(folder)
    async with app, AsyncClient(transport=ASGITransport(app.asgi()), base_url="http://engine") as client:
        return await client.post(path, content=BODY, headers={"content-type": "application/xml"})


def test_an_expression_reads_what_it_looks_into(tmp_path: Path) -> None:
    answer = asyncio.run(asked(tmp_path, "/look?id=1&id=2"))
    assert answer.json() == {"a": "5", "root": {"a": "5"}, "id": "1"}


def test_a_payload_alone_is_passed_on_as_it_came(tmp_path: Path) -> None:
    answer = asyncio.run(asked(tmp_path, "/pass"))
    assert (answer.content, answer.headers["content-type"]) == (BODY, "application/xml")


def test_a_script_that_is_a_condition_holds_as_dataweave_says(tmp_path: Path) -> None:
    """In JMESPath an empty text does not hold, and `'false'` does."""
    assert asyncio.run(asked(tmp_path, "/conditions")).text == "empty"


@pytest.mark.parametrize("chosen", ["{name: jmespath, payloads: red}", "{name: dataweave, payloads: unread}", "{}"])
def test_no_other_map_is_a_language(chosen: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(FLOWS.replace("{name: jmespath, payloads: unread}", chosen))
    with pytest.raises(LoadError, match=r"a\.yaml:2:22 F106 a map as the expression-language"):
        Application.load(tmp_path)
