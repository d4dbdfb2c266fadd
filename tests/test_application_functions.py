"""p, lookup and resource: what expressions can ask of their application."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from engine import Application, FlowError, LoadError
from engine.plan.link import Link

FLOWS = """
properties: {tax: 19}
flows:
  f:
    steps:
      - set-variable: {variableName: result, value: "#[%s]"}
sub-flows:
  gross: {steps: [{set-payload: {value: "#[payload * (100 + as_number(p('tax'))) // 100]"}}]}
  broken: {steps: [{raise-error: {type: "APP:BROKEN", description: it broke}}]}
"""


def evaluate(folder: Path, expression: str, payload: Any = None) -> Any:
    (folder / "flows.yaml").write_text(FLOWS % expression)
    return asyncio.run(Application.load(folder).run("f", payload)).vars["result"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A flows folder with a file, and one outside of it."""
    folder = tmp_path / "flows"
    folder.mkdir()
    (folder / "rates.json").write_text('{"EUR": 1}')
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest.mark.parametrize(
    ("expression", "payload", "result"),
    [
        ("p('tax')", None, "19"),
        ("lookup('gross', payload)", 200, 238),
        ("map(&lookup('gross', @), payload)", [100, 200], [119, 238]),
        ("resource('rates.json')", None, '{"EUR": 1}'),
        ("read(resource('rates.json'), 'application/json').EUR", None, 1),
    ],
)
def test_what_they_give(folder: Path, expression: str, payload: Any, result: Any) -> None:
    assert evaluate(folder, expression, payload) == result


@pytest.mark.parametrize(
    ("expression", "payload", "error"),
    [
        ("p(payload)", "nothing", "MULE:EXPRESSION: p() found no property of that name"),
        ("lookup(payload, null)", "nothing", "MULE:EXPRESSION: lookup() found no flow of that name"),
        ("lookup('broken', null)", None, "APP:BROKEN: it broke"),
        ("lookup('f', null)", None, "MULE:"),
        ("resource(payload)", "../secret.txt", "MULE:EXPRESSION: resource() found no file of that name"),
        ("resource(payload)", "link.txt", "MULE:EXPRESSION: resource() found no file of that name"),
        ("resource(payload)", "/etc/passwd", "MULE:EXPRESSION: resource() found no file of that name"),
        ("resource(payload)", "a\0b", "MULE:EXPRESSION: resource() found no file of that name"),
    ],
)
def test_what_they_refuse(folder: Path, expression: str, payload: Any, error: str) -> None:
    with pytest.raises(FlowError) as caught:
        evaluate(folder, expression, payload)
    assert str(caught.value).startswith(error)


@pytest.mark.parametrize("expression", ["p('tacks')", "resource('../secret.txt')", "resource('none.json')"])
def test_a_literal_that_is_not_there_is_a_mistake(folder: Path, expression: str) -> None:
    with pytest.raises(LoadError, match=r"flows\.yaml:6:"):
        evaluate(folder, expression)


@pytest.mark.parametrize(
    ("step", "acts"),
    [
        ("logger: {message: 'lookup of #[payload]'}", False),
        ("set-payload: {value: \"#[lookup('gross', payload)]\"}", True),
        ("set-variable: {variableName: lookup, value: \"#['lookup(payload)']\"}", False),
        ('transform: {let: {a: "lookup(\'gross\', payload)"}, set-payload: "#[$a]"}', True),
        ("transform: {set-payload: lookup}", False),
        ("validation:is-allowed-ip: {ipAddress: 10.0.0.1, allowList: \"#[lookup('gross', payload)]\"}", True),
        ("validation:is-allowed-ip: {ipAddress: 10.0.0.1, allowList: '#[payload]'}", False),
    ],
)
def test_a_step_acts_if_a_function_that_it_calls_does(folder: Path, step: str, acts: bool) -> None:
    (folder / "flows.yaml").write_text(f"{FLOWS % 'payload'}  s: {{steps: [{{{step}}}]}}\n")
    steps = Application.load(folder).parts.runnables["s"]
    assert Link().code(steps).effects.acts is acts
