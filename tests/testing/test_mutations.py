"""Mistakes made in flows: each is one of the kinds that people make, and is told where no case catches it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.loading.catalog import discover
from engine.loading.files.data import as_data
from engine.loading.files.document import Document
from engine.testing.mutated.declared import Declared
from engine.testing.mutated.mutating import Mutants, caught, survivors
from engine.testing.mutated.mutations import mutations_of
from engine.testing.working import Order

CATALOG = discover()
FLOWS = """
configs: {Base: {db:config: {url: "sqlite://", initScript: "CREATE TABLE t(id TEXT PRIMARY KEY, n INT)"}}}
flows:
  all:
    doc: not looked at
    steps:
      - set-variable: {variableName: results, value: []}
      - foreach:
          collection: payload
          steps:
            - try:
                steps:
                  - db:insert:
                      config-ref: Base
                      sql: INSERT INTO t(id, n) VALUES(:id, :n) ON CONFLICT(id) DO UPDATE SET n = 1, id = excluded.id
                      input-parameters: "#[payload]"
                      target: done
                error-handler:
                  - on-error-continue:
                      type: DB:CONNECTIVITY, DB:QUERY_EXECUTION
                      steps: [{logger: {message: "it failed"}}]
            - set-variable: {variableName: results, value: "#[append(vars.results, {id: payload.id})]"}
      - set-variable: {variableName: httpStatus, value: "#[length(vars.results) == 0 ? 400 : 207]"}
      - set-payload: {value: "#[vars.results]"}
"""
SUITE = """
cases:
  all are told:
    flow: all
    given: {payload: [{id: a, n: 1}, {id: b, n: 2}]}
    expect: {payload: [{id: a}, {id: b}], vars.httpStatus: 207}
"""
KINDS = {
    "without set-variable", "without try", "the steps of the try without it", "without on-error-continue",
    "on-error-propagate instead of on-error-continue", "type: DB:CONNECTIVITY", "type: DB:QUERY_EXECUTION",
    "value: #[vars.results]", "value: #[reverse(vars.results)]", "value: #[(vars.results)[1:]]",
    "collection: (payload)[1:]", "collection: reverse(payload)", "without target",
    "value: #[length(vars.results) != 0 ? 400 : 207]", "value: #[length(vars.results) == 0 ? 207 : 207]",
    "value: #[length(vars.results) == 0 ? 400 : 400]", "value: #[length(vars.results) == 1 ? 400 : 207]",
    "sql: INSERT INTO t(id, n) VALUES(:id, :n) ON CONFLICT(id) DO NOTHING",
    "sql: INSERT INTO t(id, n) VALUES(:id, :n) ",
    "sql: INSERT INTO t(id, n) VALUES(:n, :id) ON CONFLICT(id) DO UPDATE SET n = 1, id = excluded.id",
    "sql: INSERT INTO t(id, n) VALUES(:id, :n) ON CONFLICT(id) DO UPDATE SET n = 1",
}  # fmt: skip


def test_each_kind_of_mistake_is_made_alone_and_the_file_stays_as_it_is() -> None:
    data = Document("flows.yaml", FLOWS).data
    before = as_data(data)
    mutations = list(mutations_of(data, CATALOG))
    assert {each.what for each in mutations} >= KINDS
    assert all(as_data(each.made(data)) != before for each in mutations)
    assert as_data(data) == before
    assert not any("doc" in each.what for each in mutations)


def test_what_no_case_catches_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "flows.yaml").write_text(FLOWS)
    suite = tmp_path / "flows.test.yaml"
    suite.write_text(SUITE)
    mutants = Mutants([suite], Order(stops=True))
    fates = [mutants.run(number) for number in range(len(mutants.all))]
    told = "\n".join(survivors(fates))
    assert f"SURVIVED {tmp_path}/flows.yaml:15  sql: INSERT INTO t(id, n) VALUES(:n, :id)" in told  # nobody reads it
    assert "type: DB:CONNECTIVITY" in told
    assert "collection: reverse(payload)" not in told
    assert {each.fate for each in fates} == {"caught", "survived", "refused"}
    assert 30 < caught(fates) < 95
    assert "% of" in told.splitlines()[-1]


def told(flow: str) -> set[str]:
    """The mistakes that could be made in the steps of one flow."""
    return {each.what for each in mutations_of(Document("a.yaml", f"flows: {{a: {{steps: {flow}}}}}").data, CATALOG)}


@pytest.mark.parametrize(
    ("parameter", "default", "other"),
    [
        ("foreach: {steps: [], collection", "payload", "payload.records"),
        ("foreach: {steps: [], collection", "'#[payload]'", "payload.records"),
        ("foreach: {steps: [], batchSize", "1", "2"),
        ("foreach: {steps: [], counterVariableName", "counter", "n"),
        ("foreach: {steps: [], fuse", "true", "false"),
        ("until-successful: {steps: [], maxRetries", "5", "6"),
        ("until-successful: {steps: [], retryOn", "ANY", "'*:TIMEOUT'"),
        ("until-successful: {steps: [], backoff: {base: 1s, factor", "2", "3"),
        ("http:request: {url: 'http://a', method", "GET", "PUT"),
        ("http:request: {url: 'http://a', followRedirects", "null", "false"),
        ("try: {steps: [], transactionalAction", "INDIFFERENT", "ALWAYS_BEGIN"),
        ("try: {steps: [], error-handler: [{on-error-continue: {type", "ANY", "HTTP:TIMEOUT"),
        ("os:object-store: {entryTtlUnit", "SECONDS", "DAYS"),
    ],
)
def test_a_parameter_at_its_default_may_be_left_out(parameter: str, default: str, other: str) -> None:
    name = parameter.rpartition(" ")[2].lstrip("{")
    ends = {"backoff": "}", "error-handler": "}}]"}
    end = next((end for key, end in ends.items() if key in parameter), "") + "}"
    assert f"without {name}" not in told(f"[{parameter}: {default}{end}]")
    assert f"without {name}" in told(f"[{parameter}: {other}{end}]")


def defaults() -> Iterator[tuple[str, type[Any], str, Any]]:
    """The defaults of all elements that can be written in a file as they are."""
    for name, element in CATALOG.elements():
        for own, field in element.__pydantic_fields__.items():  # type: ignore[attr-defined]  # pydantic adds it
            if type(field.default) in (str, int, bool):
                yield name, element, field.alias or own, field.default


@pytest.mark.parametrize("case", list(defaults()), ids=lambda case: f"{case[0]} {case[2]}")
def test_each_default_that_is_written_is_seen_to_be_one(case: tuple[str, type[Any], str, Any]) -> None:
    _, element, parameter, default = case
    assert Declared.of(element, parameter).is_default(default)


def test_what_stands_in_a_value_is_taken_for_no_parameter() -> None:
    found = told(
        "[{set-payload: {value: {type: order, timeout: 3, steps: [{try: 1}], sql: a WHERE b, method: GET, "
        "collection: all, level: INFO}}}]"
    )
    assert "type: MULE:ROUTING" not in found
    assert found >= {
        "type: order!", "without timeout", "timeout: 4", "without steps", "try: 2", "sql: a WHERE b!", "method: GET!",
        "collection: all!", "without level", "level: INFO!",
    }  # fmt: skip
    assert not any(each.startswith(("the steps of the try", "collection: reverse", "sql: a ;")) for each in found)


def test_what_stands_in_let_is_an_expression() -> None:
    assert {"n: a == 2", "n: a != 1"} <= told("[{transform: {let: {n: a == 1}}}]")
