"""Limits of the files that an application is loaded from: at each one it loads, beyond it a mistake says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine import Application, LoadError
from engine.limits import (
    DEEPEST_FILE,
    DEEPEST_PLACEHOLDERS,
    DEEPEST_REFERENCES,
    LONGEST_PLACEHOLDER,
    MOST_FILE_VALUES,
)

FLOW = "flows: {a: {steps: [{set-payload: {value: %s}}]}}\n"


def check(folder: Path, text: str, beyond: str, told: str) -> None:
    """The first text is that of an application, the second has a mistake."""
    file = folder / "flows.yaml"
    file.write_text(text)
    Application.load(folder)
    file.write_text(beyond)
    with pytest.raises(LoadError, match=told):
        Application.load(folder)


@pytest.mark.reaches("DEEPEST_FILE")
def test_lists_inside_each_other(tmp_path: Path) -> None:
    levels = DEEPEST_FILE - 6  # those of the flow itself
    text, beyond = ("[" * each + "]" * each for each in (levels, levels + 1))
    check(tmp_path, FLOW % text, FLOW % beyond, f"more than {DEEPEST_FILE} levels")


@pytest.mark.reaches("MOST_FILE_VALUES")
def test_values_that_aliases_repeat(tmp_path: Path) -> None:
    """A list of a thousand values, again and again."""
    part = f"&part [{','.join(['1'] * 1000)}]"
    times = MOST_FILE_VALUES // 1001
    text, beyond = (FLOW % f"[{', '.join([part, *['*part'] * (each - 1)])}]" for each in (times - 1, times + 1))
    check(tmp_path, text, beyond, f"more than {MOST_FILE_VALUES} values")


def row(length: int) -> str:
    """Placeholders, each of which stands for the next one."""
    lines = [f'  p{number}: "${{p{number + 1}}}"' for number in range(length)]
    return "\n".join([FLOW % '"${p0}"', "properties:", *lines, f"  p{length}: x"])


@pytest.mark.reaches("DEEPEST_PLACEHOLDERS")
def test_placeholders_that_lead_to_each_other(tmp_path: Path) -> None:
    check(tmp_path, row(DEEPEST_PLACEHOLDERS), row(DEEPEST_PLACEHOLDERS + 1), "made of too many others")


@pytest.mark.reaches("LONGEST_PLACEHOLDER")
def test_placeholders_that_multiply(tmp_path: Path) -> None:
    def text(length: int) -> str:
        return FLOW % '"${twice}"' + f'properties: {{one: {"x" * (length // 2)}, twice: "${{one}}${{one}}"}}'

    check(tmp_path, text(LONGEST_PLACEHOLDER), text(LONGEST_PLACEHOLDER + 2), "made of too many others")


@pytest.mark.reaches("DEEPEST_REFERENCES")
def test_references_that_lead_to_one_another(tmp_path: Path) -> None:
    def api(references: int) -> None:
        parameters: dict[str, Any] = {f"p{n}": {"$ref": f"#/components/parameters/p{n + 1}"} for n in range(references)}
        parameters[f"p{references}"] = {"name": "id", "in": "query", "schema": {"type": "string"}}
        operation = {
            "parameters": [{"$ref": "#/components/parameters/p1"}],
            "responses": {"200": {"description": "ok"}},
        }
        document = {
            "openapi": "3.1.0",
            "info": {"title": "a", "version": "1"},
            "paths": {"/a": {"get": operation}},
            "components": {"parameters": parameters},
        }
        (tmp_path / "api.json").write_text(json.dumps(document))

    (tmp_path / "flows.yaml").write_text("configs: {Api: {apikit:config: {api: api.json}}}\n" + FLOW % "1")
    api(DEEPEST_REFERENCES - 1)
    Application.load(tmp_path)
    api(DEEPEST_REFERENCES + 1)
    with pytest.raises(LoadError, match="a reference that leads to itself"):
        Application.load(tmp_path)
