"""Mistakes made in flows: each is one of the kinds that people make, and is told where no case catches it."""

from __future__ import annotations

from pathlib import Path

from engine.loading.data import as_data
from engine.loading.document import Document
from engine.testing.mutating import Mutants, caught, survivors
from engine.testing.mutations import mutations_of
from engine.testing.working import Order

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
    mutations = list(mutations_of(data))
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
