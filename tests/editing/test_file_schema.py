"""The JSON Schema for editors: what `engine check` accepts fits it, and what is wrong in shape does not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from editing.mutants import CATALOG, verdicts, wholes
from jsonschema_rs import Draft7Validator

from engine.formatting.files import documents_of
from engine.loading.files.document import Document, as_data
from engine.manual.file_schema import KINDS, file_schema
from engine.tools.cli import main
from engine.tools.scaffolds.schema_file import schema_text

ROOT = Path(__file__).parent.parent.parent
LARGEST = 300_000
"""Bytes: editors read it again for each file."""

OF_SHAPE = frozenset({"F102", "F107", "F109", "F301", "F302"})
"""The codes of mistakes that a schema can tell."""

OF_MEANING = frozenset({
    "F303", "F304", "F401", "F402", "F404", "F501", "F502", "F504", "F505", "F508", "F509", "F510", "F511", "F601",
    "F603", "F701", "F703",
})  # fmt: skip
"""Those that need more: names that exist, expressions, two parameters that exclude each other, values such as urls."""


@cache  # nothing is made while tests are collected, which each process does
def schema() -> Any:
    return file_schema(CATALOG)


@cache
def validator() -> Draft7Validator:
    return Draft7Validator(schema())


def data(text: str) -> Any:
    return as_data(Document("file", text).data)


def violations(text: str) -> list[str]:
    return [error.message for error in validator().iter_errors(data(text))]


@pytest.mark.parametrize("file", sorted(file for file, _ in documents_of([ROOT / "flows"])), ids=lambda file: file.name)
def test_what_ships_fits(file: Path) -> None:
    assert violations(file.read_text()) == []


def test_the_examples_of_manuals_fit() -> None:
    assert [whole for whole in wholes() if not validator().is_valid(whole)] == []


def mistaken() -> Iterator[tuple[Path, set[str]]]:
    """The files of mistakes that are YAML, with the codes that are expected in them.

    Python functions say by their signatures what their arguments are.
    """
    for file in sorted((ROOT / "tests/mistakes").glob("*.yaml")):
        text = file.read_text()
        if data(text) is not None and file.name != "python-functions.yaml":
            yield file, set(re.findall(r"^# \S+?:\d+:\d+ (F\d+)", text, re.MULTILINE))


@pytest.mark.parametrize("file", [file for file, codes in mistaken() if codes & OF_SHAPE], ids=lambda file: file.name)
def test_mistakes_of_shape_do_not_fit(file: Path) -> None:
    assert violations(file.read_text())


def test_the_schema_and_the_check_agree() -> None:
    """Of files with one slip: nothing is told that is right, and nothing left out that a schema can say."""
    found = list(verdicts(80, seed=7))
    assert [each for each in found if each.is_false] == []
    assert [each for each in found if not each.violations and {*each.codes} - OF_MEANING] == []
    assert sum(bool(each.violations) for each in found) > 20


def test_it_is_small_enough_for_editors() -> None:
    assert len(schema_text(CATALOG).encode()) < LARGEST


@pytest.mark.parametrize("place", KINDS)
def test_a_place_for_elements_has_one_property_each(place: str) -> None:
    defined = schema()["definitions"][place]
    assert "anyOf" not in defined
    assert "oneOf" not in defined
    names = {name for name, element in CATALOG.elements() if issubclass(element, KINDS[place][0])}
    assert {*defined["properties"]} - {"error-handler"} == names
    for name in names:
        assert defined["properties"][name] == {"$ref": f"#/definitions/{name}"}


def test_manuals_and_snippets_are_in_it() -> None:
    job = schema()["definitions"]["batch:job"]
    assert "```yaml" in job["markdownDescription"]
    assert job["defaultSnippets"] == [
        {"label": "batch:job", "body": {"jobName": "$1", "process-records": [{"name": "$2"}]}}
    ]
    assert schema()["definitions"]["try"]["defaultSnippets"][0]["body"] == {"steps": ["$1"]}
    assert schema()["definitions"]["http:request"]["defaultSnippets"][0]["body"] == {"config-ref": "$1"}


OUTSIDE = {
    "a step that is a source": "flows: {a: {steps: [{scheduler: {}}]}}",
    "a source that is a step": "flows: {a: {source: {logger: {}}, steps: []}}",
    "two elements in a step": "flows: {a: {steps: [{logger: {}, set-payload: {value: 1}}]}}",
    "a config that is a step": "configs: {A: {logger: {}}}",
    "an unknown handler": "flows: {a: {steps: [], error-handler: [{on-error-go-on: {}}]}}",
    "handlers that name no list": "flows: {a: {steps: [], error-handler: {reff: b}}}",
    "an empty step": "flows: {a: {steps: [{}]}}",
    "a step without parameters that needs some": "flows: {a: {steps: [{set-variable: }]}}",
    "a flow without steps": "flows: {a: {doc: b}}",
    "a flow with a name": "flows: {a: {name: b, steps: []}}",
    "flows that are a list": "flows: [{a: {steps: []}}]",
    "an unknown section": "flow: {a: {steps: []}}",
    "an unknown language": "expression-language: groovy",
    "a list at the top": "[1]",
    "a word of tests in a flow file": "flows: {a: {steps: []}}\ntags: [slow]",
    "a case that runs nothing": "cases: {a: {expect: {payload: 1}}}",
    "a case that runs two": "cases: {a: {get: /, post: /}}",
    "an unknown word in a case": "cases: {a: {get: /, expects: {payload: 1}}}",
    "a count of calls of nobody": "cases: {a: {get: /, expect: {calls: [{times: 1}]}}}",
    "no cases": "cases: {}",
    "a wrong choice": "flows: {a: {steps: [{logger: {level: LOUD}}]}}",
}


@pytest.mark.parametrize("text", OUTSIDE.values(), ids=list(OUTSIDE))
def test_what_does_not_fit(text: str) -> None:
    assert violations(text)


INSIDE = {
    "a step with nothing under it": "flows: {a: {steps: [{logger: }]}}",
    "sections with nothing in them": "flows:\nconfigs:\nproperties:",
    "an empty file": "",
    "an API among the flows": "openapi: 3.1.0\npaths: {}",
    "a number that is computed": "flows: {a: {steps: [{until-successful: {maxRetries: '#[vars.n]', steps: []}}]}}",
    "a choice from a property": "flows: {a: {steps: [{logger: {level: '${level}'}}]}}",
    "the values of a row": "cases: {a: {each: [{n: 1}], flow: b, given: '${n}', timeout: '${n}', then: '${n}'}}",
    "handlers of a list at the end": "flows: {a: {steps: [], error-handler: [{error-handler: {ref: b}}]}}",
    "unread payloads": "expression-language: {name: jmespath, payloads: unread}",
    "another word for steps": "cases: {a: {run: [{logger: }], then: [{run: []}]}}",
}


@pytest.mark.parametrize("text", INSIDE.values(), ids=list(INSIDE))
def test_what_fits(text: str) -> None:
    assert violations(text) == []


SHOUT = '''
from engine import Event, Processor

class Shout(Processor):
    """Make it loud."""

    mark: str
    """What stands behind it."""

    async def run(self, event: Event) -> Event:
        return event
'''


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").write_text('[tool.engine]\npaths = ["flows"]\nprocessors = ["loud_shop"]\n')
    (tmp_path / "loud_shop").mkdir()
    (tmp_path / "loud_shop/shout.py").write_text(SHOUT)
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows/a.yaml").write_text("flows: {a: {steps: [{shout: {mark: '!'}}]}}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_own_elements_are_in_the_schema_of_a_project(project: Path) -> None:
    stale = CliRunner().invoke(main, ["schema", "--check"])
    assert (stale.exit_code, "is not there" in stale.output) == (1, True)
    assert CliRunner().invoke(main, ["schema", "--write", "flows"]).exit_code == 0
    written = (project / ".engine/flows.schema.json").read_text()
    assert CliRunner().invoke(main, ["schema"]).output == written
    assert CliRunner().invoke(main, ["schema", "--check"]).exit_code == 0
    validator = Draft7Validator(json.loads(written))
    assert validator.is_valid(data((project / "flows/a.yaml").read_text()))
    assert not validator.is_valid(data("flows: {a: {steps: [{shout: {}}]}}"))
    (project / "loud_shop/whisper.py").write_text(SHOUT.replace("Shout", "Whisper"))
    assert "is out of date" in CliRunner().invoke(main, ["schema", "--check"]).output
    (project / "loud_shop/broken.py").write_text("import nothing_of_that_name")
    assert "nothing_of_that_name" in CliRunner().invoke(main, ["schema", "--write"]).output


def test_a_new_project_names_its_schema(tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["new", str(tmp_path)]).exit_code == 0
    for file in (tmp_path / "flows").iterdir():
        line = file.read_text().splitlines()[0]
        named = line.removeprefix("# yaml-language-server: $schema=")
        assert Draft7Validator(json.loads((file.parent / named).read_text())).is_valid(data(file.read_text()))
