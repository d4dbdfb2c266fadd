"""parse-template with a file: what it gives, and where its mistakes are told."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from engine import Application, FlowError, LoadError
from processors.core.parse_template import ParseTemplate


def load(folder: Path, template: str, name: str = "letter.txt") -> Application:
    (folder / "letter.txt").write_text(template, encoding="utf-8")
    (folder / "flow.yaml").write_text(f"flows: {{main: {{steps: [{{parse-template: {{location: {name}}}}}]}}}}")
    return Application.load(folder / "flow.yaml")


def parsed(app: Application, payload: Any) -> Any:
    return asyncio.run(app.run("main", payload=payload)).payload


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Dear #[payload.name],\n\nyou owe #[payload.sum * 2].\n", "Dear Ada,\n\nyou owe 14.\n"),
        ("#[payload.sum]", "7"),
        (" #[payload.sum] ", " 7 "),
        ("", ""),
        ("\\#[no] ${no} #{no} [no]", "#[no] ${no} #{no} [no]"),
        ("#[payload.list]#[payload.nothing]#[upper('é')]", "[1,2]É"),
        ("#[payload.list\n  [0]\n]", "1"),
    ],
)
def test_the_file_is_filled_in(tmp_path: Path, template: str, text: str) -> None:
    assert parsed(load(tmp_path, template), {"name": "Ada", "sum": 7, "list": [1, 2]}) == text


def test_mistakes_are_told_at_their_places_in_the_file(tmp_path: Path) -> None:
    with pytest.raises(LoadError) as caught:
        load(tmp_path, "Dear #[paylod.name],\nyou owe\n  #[payload.sum\n    + * 2].\n")
    found = [(Path(each.place.file).name, each.place.line, each.place.column) for each in caught.value.diagnostics]
    assert found == [("letter.txt", 1, 8), ("letter.txt", 4, 9)]
    assert "   1 | Dear #[paylod.name]," in str(caught.value)


def test_a_mark_that_is_not_closed_is_told_at_its_place(tmp_path: Path) -> None:
    with pytest.raises(LoadError) as caught:
        load(tmp_path, "Dear\n  #[payload.name\n")
    [diagnostic] = caught.value.diagnostics
    assert (diagnostic.place.line, diagnostic.place.column) == (2, 3)


def test_an_error_at_run_is_told_at_its_place_in_the_file(tmp_path: Path) -> None:
    app = load(tmp_path, "Dear\n  #[payload + 1]")
    with pytest.raises(FlowError) as caught:
        parsed(app, "secret")
    assert str(caught.value.type) == "MULE:EXPRESSION"
    assert "#[payload + 1] at letter.txt:2:3" in caught.value.detailed_description
    assert "secret" not in caught.value.description


@pytest.mark.parametrize("name", ["none.txt", "../letter.txt", "/etc/hostname", "'#[payload]'", "5"])
def test_a_file_that_is_not_there_is_a_mistake(tmp_path: Path, name: str) -> None:
    with pytest.raises(LoadError) as caught:
        load(tmp_path, "", name)
    assert [each.code for each in caught.value.diagnostics] == ["F303"]


@pytest.mark.parametrize(("template", "acts"), [("lookup: #[payload]", False), ("#[lookup('main', payload)]", True)])
def test_a_file_acts_if_a_function_in_it_does(tmp_path: Path, template: str, acts: bool) -> None:
    [step] = load(tmp_path, template).parts.flows["main"].steps.steps
    assert isinstance(step.processor, ParseTemplate)
    assert step.processor.location is not None
    assert step.processor.location.acts is acts
