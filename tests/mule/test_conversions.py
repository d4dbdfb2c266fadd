"""What Mule's elements become: XML beside flows, as `conversions.yaml` has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from mule.conftest import imported

from engine.loading.catalog import discover
from engine.mule.conversion.rules import CONFIGS, SOURCES, STEPS
from engine.mule.elements.ee import CONFIGS as STRATEGIES

CASES = yaml.safe_load((Path(__file__).parent / "conversions.yaml").read_text())


@pytest.mark.parametrize("name", CASES)
def test_conversion(name: str) -> None:
    case = CASES[name]
    xml = case.get("file") or f'<mule><flow name="f">{case["xml"]}</flow></mule>'
    done = imported(xml)
    found = yaml.safe_load(done.files["application.yaml"])
    assert found.pop("expression-language") == "dataweave"
    expected = case.get("sections", {})
    if "steps" in case:
        expected = {"flows": {"f": {"steps": case["steps"]}}, **expected}
    assert found == expected
    known = [gap.what for gap in done.report.gaps if not gap.why.startswith("it is named, and in no file")]
    assert known == case.get("gaps", [])


def parameters_of(name: str) -> set[str]:
    fields: Any = discover()[name].__pydantic_fields__  # type: ignore[attr-defined]
    return {str(field.validation_alias or field.alias or key) for key, field in fields.items()}


RULES = {**STEPS, **SOURCES, **CONFIGS}
GIVEN_AWAY = {
    "http:listener": {"outputMimeType", "allowedMethods"},  # the latter has a second name
    "http:request": {"sendBodyMode", "correlationId", "outputMimeType"},
    "http:request-config": {"enableCookies"},
    "try": {"transactionType"},
    "apikit:config": {"raml"},
    "set-variable": {"mimeType"},
}
"""Attributes that the end of a rule takes away again."""


OTHERS = {"apikit:console", *(rule.name for rule in STRATEGIES)}
"""What becomes nothing, or an element of another kind."""


@pytest.mark.parametrize("name", [name for name in RULES if name not in OTHERS])
def test_each_attribute_has_a_parameter(name: str) -> None:
    rule = RULES[name]
    known = parameters_of(rule.target)
    made = {rule.parameter(each) for each in f"{rule.texts} {rule.numbers} {rule.flags}".split()}
    made |= {*rule.refs, *rule.renamed.values()} - set(rule.renamed)
    assert made - GIVEN_AWAY.get(name, set()) - {"transactionalAction"} <= known
