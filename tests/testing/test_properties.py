"""Properties: a case whose payload is made of a schema is tried with many; the smallest that fails is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from engine.testing.expected.outcome import Mismatch
from engine.testing.generated.properties import Schema
from engine.testing.working import FileResult, Order, run_file

ORDER = {
    "type": "object",
    "required": ["id", "lines"],
    "properties": {
        "id": {"type": "string", "pattern": "^[a-z]{2,4}$"},
        "mail": {"type": "string", "format": "email"},
        "lines": {
            "type": "array", "minItems": 1, "maxItems": 4,
            "items": {"anyOf": [{"$ref": "#/$defs/line"}, {"const": None}]},
        },
    },
    "$defs": {
        "line": {
            "type": "object", "required": ["n"], "additionalProperties": False,
            "properties": {"n": {"type": "integer", "minimum": 1, "maximum": 9}, "tree": {"$ref": "#/$defs/line"}},
        }
    },
}  # fmt: skip
FLOWS = """
flows:
  sum:
    steps:
      - set-payload: {value: {total: "#[length(payload.items)]", large: "#[payload.items[?@ > `10`]]"}}
"""
SCHEMA = "{type: object, required: [items], properties: {items: {type: array, items: {type: integer}}}}"


def run(folder: Path, expect: str, more: str = "", schema: str = SCHEMA) -> FileResult:
    (folder / "flows.yaml").write_text(FLOWS)
    suite = folder / "sum.test.yaml"
    suite.write_text(f"""
cases:
  it holds:
    flow: sum
    given: {{payload: {{from-schema: {schema}}}}}
    expect: {expect}
    {more}
""")
    return run_file(suite, Order())


def made(schema: Any, seed: int = 0, examples: int = 40) -> list[Any]:
    bodies: list[Any] = []

    def keep(body: Any) -> list[Mismatch]:
        bodies.append(body)
        return []

    assert Schema(schema).smallest_failure(keep, seed, examples) is None
    return bodies


@pytest.mark.parametrize(
    "schema",
    [
        ORDER,
        {"type": ["integer", "null"], "multipleOf": 5, "exclusiveMinimum": 0, "maximum": 100},
        {"type": "number", "minimum": -1, "maximum": 1},
        {"enum": ["a", 1, None]},
        {"allOf": [{"required": ["a"]}, {"properties": {"a": {"type": "boolean"}}}], "type": "object"},
        {"type": "array", "prefixItems": [{"const": 1}], "items": {"type": "string"}, "uniqueItems": True},
        {"oneOf": [{"type": "string", "minLength": 3, "maxLength": 5}, {"type": "boolean"}]},
        {"type": "object", "additionalProperties": {"type": "string", "format": "date-time"}, "minProperties": 1},
        *({"type": "string", "format": name} for name in ("date", "time", "ipv4", "uri", "uuid", "email")),
    ],
    ids=str,
)
def test_what_is_made_fits_the_schema_and_the_same_seed_makes_the_same(schema: Any) -> None:
    bodies = made(schema)
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    assert bodies
    assert all(map(validator.is_valid, bodies))
    assert made(schema) == bodies


@pytest.mark.parametrize("seed", range(8))
def test_any_seed_makes_bodies_of_a_schema(seed: int) -> None:
    validator = jsonschema_rs.validator_for(ORDER, validate_formats=True)
    assert all(map(validator.is_valid, made(ORDER, seed, 3)))


def test_an_invariant_that_holds_passes(tmp_path: Path) -> None:
    result = run(tmp_path, "{payload.total == length($given.payload.items): true}", "examples: 30")
    assert [case.status for case in result.results] == ["passed"], result


def test_the_smallest_that_fails_is_told_as_a_case_that_fails_too(tmp_path: Path) -> None:
    [case] = run(tmp_path, "{payload.large: []}").results
    assert case.status == "failed"
    told = case.text[case.text.index("as a case:") :]
    assert "- 11\n" in told
    assert [line.strip() for line in told.splitlines()].count("- 11") == 1
    lines = told.splitlines()[1:]
    pasted = "\n".join(lines[: next(number for number, line in enumerate(lines) if line == "  path:")])
    suite = tmp_path / "pasted.test.yaml"
    suite.write_text(f"cases:\n{pasted}\n")
    [again] = run_file(suite, Order()).results
    assert (again.name, again.status) == ("the smallest that fails", "failed")


def test_a_case_that_takes_too_long_ends(tmp_path: Path) -> None:
    [case] = run(tmp_path, "{payload.large: {$type: array}}", "examples: 10000\n    timeout: 300ms").results
    assert "an end within 0.3 s" in case.text


def test_a_schema_that_allows_nothing_is_told(tmp_path: Path) -> None:
    [case] = run(tmp_path, "{payload.total: 1}", schema="{type: integer, minimum: 3, not: {}}").results
    assert "no value was found that fits the schema" in case.text


def test_a_schema_that_is_none_is_a_mistake(tmp_path: Path) -> None:
    assert "F303 a schema that is none" in run(tmp_path, "{payload: 1}", schema="{type: intger}").broken


def test_without_hypothesis_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "flow-engine[properties]" in run(tmp_path, "{payload: 1}").broken
