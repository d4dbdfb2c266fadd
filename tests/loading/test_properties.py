"""Property files of an application, and values of placeholders that come from outside of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from engine import Application
from engine.loading.diagnostic import LoadError

ALL = """
flows:
  all: {steps: [{set-payload: {value: {first: "${first:none}", second: "${second:none}", third: "${third:none}"}}}]}
"""
ENVIRONMENTS = 'configuration-properties: {file: "config/${env:dev}.yaml"}'


def files_in(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def payload_of(folder: Path, given: Mapping[str, str] | None = None) -> Any:
    return asyncio.run(Application.load(folder, properties=given).run("all")).payload


def mistakes_in(folder: Path, given: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(LoadError) as caught:
        Application.load(folder, properties=given)
    return [f"{each.code} {each.mistake.found}" for each in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("lines", "first"),
    [
        ("first=one", "one"),
        ("first = one", "one"),
        ("first: one", "one"),
        ("first one", "one"),
        ("   first=one", "one"),
        ("# first=two\n! first=three\n\nfirst=one", "one"),
        ("first=a=b:c", "a=b:c"),
        ("first=one # no comment", "one # no comment"),
        ("first=one\\\n   , two\\\n   , three", "one, two, three"),
        ("first=C:\\\\temp\\tx", "C:\\temp\tx"),
        ("first=caf\\u00e9 \\ud83d\\ude00 é", "café 😀 é"),
        ("fir\\\nst=one", "one"),
        ("\\u0066irst=one", "one"),
        ("first=", None),
        ("first", None),
        ("first=${other} or ${nothing:two}\nother=one", "one or two"),
        ("first=8081", 8081),
        ("first=0123", "0123"),
        ("first=true", True),
        ("first=one\r\nsecond=two\r\n", "one"),
    ],
)
def test_lines_of_names_and_values(tmp_path: Path, lines: str, first: object) -> None:
    """As Java's Properties.load reads them."""
    flows = f"configuration-properties: {{file: settings.properties}}\n{ALL}"
    files_in(tmp_path, {"main.yaml": flows, "settings.properties": lines})
    assert payload_of(tmp_path)["first"] == first


def test_later_files_win(tmp_path: Path) -> None:
    flows = f"configuration-properties: [{{file: a.properties}}, {{file: config/b.yaml}}]\n{ALL}"
    a, b = "first=1\nsecond=1\nthird=1", "second: 2\nthird: 2"
    files_in(tmp_path, {"main.yaml": flows, "a.properties": a, "config/b.yaml": b})
    assert payload_of(tmp_path, {"third": "3"}) == {"first": 1, "second": 2, "third": 3}


@pytest.mark.parametrize(("given", "first"), [({}, "d"), ({"env": "prod"}, "p"), ({"env": "a.b/../prod"}, "p")])
def test_the_name_of_a_file_may_hold_placeholders(tmp_path: Path, given: dict[str, str], first: str) -> None:
    files = {"config/dev.yaml": "first: d", "config/prod.yaml": "first: p", "config/a.b/x": ""}
    files_in(tmp_path, {"main.yaml": f"{ENVIRONMENTS}\n{ALL}", **files})
    assert payload_of(tmp_path, given)["first"] == first


def test_the_name_of_a_file_takes_environment_and_properties(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flows = f'properties: {{folder: config}}\nconfiguration-properties: {{file: "${{folder}}/${{which}}.yaml"}}\n{ALL}'
    files_in(tmp_path, {"main.yaml": flows, "config/prod.yaml": "first: p\nfolder: elsewhere"})
    monkeypatch.setenv("WHICH", "prod")
    assert payload_of(tmp_path)["first"] == "p"


def test_a_file_that_its_environment_lacks_is_told_by_its_name(tmp_path: Path) -> None:
    files_in(tmp_path, {"main.yaml": f"{ENVIRONMENTS}\n{ALL}"})
    assert mistakes_in(tmp_path) == ["F202 the property file 'config/dev.yaml', which cannot be read"]
    assert mistakes_in(tmp_path, {"env": "test"}) == ["F202 the property file 'config/test.yaml', which cannot be read"]


def test_a_placeholder_without_a_value_in_the_name_of_a_file(tmp_path: Path) -> None:
    flows = f'configuration-properties: [{{file: all.yaml}}, {{file: "${{which}}.yaml"}}]\n{ALL}'
    files_in(tmp_path, {"main.yaml": flows, "all.yaml": "which: prod", "prod.yaml": "first: p"})
    assert mistakes_in(tmp_path) == ["F201 '${which}', for which there is no value"]


@pytest.mark.parametrize(
    "name", ["dev.yaml", "${env:dev}.yaml", "../${folder:app}/${env:dev}.yaml", "${a:d}${b:ev}.yaml"]
)
def test_property_files_beside_the_flows_are_no_flows(tmp_path: Path, name: str) -> None:
    flows = f'configuration-properties: {{file: "{name}"}}\n{ALL}'
    others = {} if name == "dev.yaml" else {"prod.yaml": "first: p", "test.yaml": "- no map"}
    files_in(tmp_path / "app", {"main.yaml": flows, "dev.yaml": "first: d", **others})
    assert payload_of(tmp_path / "app")["first"] == "d"


def test_a_file_with_sections_is_a_flow_file_whatever_may_be_its_name(tmp_path: Path) -> None:
    flows = 'configuration-properties: {file: "${env:dev}.yaml"}'
    files_in(tmp_path, {"main.yaml": flows, "dev.yaml": "first: d", "all.yaml": ALL})
    assert payload_of(tmp_path)["first"] == "d"


def test_a_file_that_nobody_names_is_a_flow_file(tmp_path: Path) -> None:
    files_in(tmp_path, {"main.yaml": f"# other.yaml\n{ALL}", "other.yaml": "first: d"})
    assert mistakes_in(tmp_path) == ["F106 the unknown section 'first'"]


def test_resources_and_schemas_beside_the_flows_are_no_flows(tmp_path: Path) -> None:
    flows = """
flows:
  all:
    steps:
      - json:validate-schema: {schema: order.yaml, content: "#[{id: 1}]"}
      - set-payload: {value: {first: "#[read(resource('limits.yaml'), 'application/yaml').most]"}}
"""
    schema = "{type: object, required: [id]}"
    files_in(tmp_path, {"main.yaml": flows, "order.yaml": schema, "limits.yaml": "most: 7"})
    assert payload_of(tmp_path)["first"] == 7


LITERAL = ["a${HOME}b", "a${b", "${first}", "\\${x}", "${secret:second}", "$${x}", "}{$", "#[1 + 1]"]


@pytest.mark.parametrize("value", LITERAL)
@pytest.mark.parametrize("written", ["${first}", "${secret:first}", "[${first}]", "${nothing:${first}}", "${inner}"])
@pytest.mark.parametrize("source", ["environment", "given"])
def test_what_comes_from_outside_is_taken_letter_by_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, written: str, source: str
) -> None:
    flows = f'flows: {{all: {{steps: [{{set-payload: {{value: ["{written}", "#[p(\'first\')]"]}}}}]}}}}'
    files_in(tmp_path, {"main.yaml": f'properties: {{inner: "${{first}}"}}\n{flows}'})
    monkeypatch.setenv("FIRST", value if source == "environment" else "another")
    given = {"first": value} if source == "given" else {}
    assert payload_of(tmp_path, given) == [f"[{value}]" if "[" in written else value, value]


def test_property_files_and_properties_may_name_what_comes_from_outside(tmp_path: Path) -> None:
    flows = f'configuration-properties: {{file: a.properties}}\nproperties: {{second: "<${{outer}}>"}}\n{ALL}'
    files_in(tmp_path, {"main.yaml": flows, "a.properties": "first=(${outer})\nthird=\\\\${outer}"})
    given = {"outer": "a${x}b"}
    assert payload_of(tmp_path, given) == {"first": "(a${x}b)", "second": "<a${x}b>", "third": "${outer}"}
