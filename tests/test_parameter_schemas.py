"""Every parameter says how it is written, by a word and a JSON Schema; and what is written fits the schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft7Validator

from engine.loading.catalog import discover
from engine.loading.loader import Configuration, SubFlow
from engine.manual.pages import example, nested
from engine.parameters import schema
from engine.parameters.element import Parameters
from engine.parameters.validated import Kind
from engine.steps.flow import Flow
from engine.testing.files.case import Case, Suite
from engine.values.media import read_yaml

FLOWS = Path(__file__).parent.parent / "flows"
ELEMENTS = dict(discover().elements())
IN_FILES = {"flow": Flow, "sub-flow": SubFlow, "configuration": Configuration, "suite": Suite, "case": Case}
CLASSES: dict[str, type[Parameters]] = {**ELEMENTS, **IN_FILES}


@cache
def validator(name: str) -> Draft7Validator:
    return Draft7Validator(dict(schema.schema_of(CLASSES[name])))


def with_nested(cls: type[Parameters]) -> Iterator[type[Parameters]]:
    yield cls
    for field in cls.__pydantic_fields__.values():
        for inner in nested(field.annotation):
            yield from with_nested(inner)


@pytest.mark.parametrize("name", CLASSES)
def test_each_parameter_has_a_word_and_a_schema(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "UNKNOWN", Kind("", {}))
    for cls in with_nested(CLASSES[name]):
        assert [key for key, field in cls.__pydantic_fields__.items() if not schema.kind_of(field).word] == []
    assert validator(name)


def elements_in(value: Any, around: str = "") -> Iterator[tuple[str, Any]]:
    """Each element at any depth, by its name, with its parameters. around: the element that has the value."""
    entries = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    parameters = schema.schema_of(ELEMENTS[around])["properties"] if around else ()
    for key, inner in entries:
        is_element = key in ELEMENTS and key not in parameters
        if is_element:
            yield key, inner or {}
        yield from elements_in(inner, key if is_element else "")


def sections_in(whole: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What the sections of a file hold beside elements."""
    for name, flow in whole.get("flows", {}).items():
        yield "flow", {"name": name, **flow}
    for sub_flow in whole.get("sub-flows", {}).values():
        yield "sub-flow", sub_flow
    yield "configuration", whole.get("configuration", {})


def with_steps(case: Mapping[str, Any]) -> Mapping[str, Any]:
    """The case with `steps` in the place of `run`, which is short for it."""
    return {"steps" if key == "run" else key: value for key, value in case.items()}


def unfit(written: Iterator[tuple[str, Any]]) -> list[str]:
    return [
        f"{name}: {error.instance_path} {error.message}"
        for name, value in written
        for error in validator(name).iter_errors(value)
        if not (name == "case" and str(error.instance).startswith("${"))  # a value of a row may stand there
    ]


@pytest.mark.parametrize("name", ELEMENTS)
def test_what_manuals_show_fits(name: str) -> None:
    shown = read_yaml(example(ELEMENTS[name]))
    assert unfit(chain(elements_in(shown), sections_in(shown))) == []


@pytest.mark.parametrize("file", sorted(FLOWS.glob("*.yaml")), ids=lambda file: file.name)
def test_what_the_flows_hold_fits(file: Path) -> None:
    whole = read_yaml(file.read_text())
    cases = [("case", with_steps(case)) for case in whole.get("cases", {}).values()]
    suite = (
        [("suite", {key: value for key, value in whole.items() if key not in ("flows", "configs")})] if cases else []
    )
    assert unfit(chain(elements_in(whole), sections_in(whole), suite, cases)) == []


WRONG = {
    "logger": {"message": "hi", "level": "LOUD"},
    "until-successful": {"steps": [], "maxRetries": -1},
    "try": {"steps": [], "timeout": "soon"},
    "foreach": {"steps": {"logger": {}}},
    "http:listener-config": {"port": 65536},
    "db:config": {},
    "on-error-continue": {"kind": "ANY"},
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_does_not_fit(name: str) -> None:
    assert not validator(name).is_valid(WRONG[name])


PERIODS = {
    "fits": [3000, 0.5, "3000", "500ms", "3 s", "1.5h", "PT5M", "${wait:2s}", "#[vars.wait]", None],
    "does not": [-1, "soon", "3 weeks", [], True],
}


@pytest.mark.parametrize(("fits", "written"), [(key == "fits", each) for key in PERIODS for each in PERIODS[key]])
def test_durations(fits: bool, written: Any) -> None:
    assert validator("try").is_valid({"steps": [], "timeout": written}) == fits
