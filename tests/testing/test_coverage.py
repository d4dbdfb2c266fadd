"""Coverage of flow files: what was passed, what was not, what to test next."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine import Application
from engine.testing.covered.coverage import Coverage, Share, table
from engine.testing.covered.lcov import as_lcov
from engine.testing.covered.points import errors_by_fate
from engine.testing.covered.ways import Ways
from engine.testing.working import Order, run_file
from engine.tools.cli import main

FLOWS = """
configs:
  Listener: {http:listener-config: {host: 127.0.0.1, port: 8081}}
  Store: {os:object-store: {persistent: false}}

flows:
  orders:
    source: {http:listener: {config-ref: Listener, path: /orders, allowedMethods: POST}}
    steps:
      - validation:is-true: {expression: type(payload.orders) == 'array'}
      - foreach:
          collection: payload.orders
          steps:
            - choice:
                when:
                  - expression: payload.amount > 100
                    steps:
                      - set-variable: {variableName: large, value: true}
                  - expression: payload.amount > 1000
                    steps:
                      - set-variable: {variableName: huge, value: true}
      - try:
          steps:
            - os:retrieve: {key: last, objectStore: Store, target: last}
          error-handler:
            - on-error-continue:
                type: OS:KEY_NOT_FOUND
            - on-error-propagate:
                type: OS:STORE_NOT_AVAILABLE
      - flow-ref: {name: keep}
      - first-successful:
          routes:
            - steps: [{set-payload: {value: first}}]
            - steps: [{set-payload: {value: second}}]
  nightly:
    steps:
      - logger: {message: never}

sub-flows:
  keep:
    steps:
      - os:store: {key: last, value: 1, objectStore: Store}
"""
TESTS = """
cases:
  two orders:
    post: /orders
    given: {payload: {orders: [{amount: 500}, {amount: 5}]}}
    expect: {status: 200}
  no order:
    post: /orders
    given: {payload: {orders: []}}
    expect: {status: 200}
  the store is gone:
    post: /orders
    given: {payload: {orders: []}}
    mock: [{processor: keep/steps/0, raise: {type: OS:STORE_NOT_AVAILABLE}}]
    expect: {status: 503}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/orders.yaml").write_text(FLOWS)
    (tmp_path / "shop/orders.test.yaml").write_text(TESTS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def covered(folder: Path) -> Coverage:
    result = run_file(Path("shop/orders.test.yaml"), Order(covers=True))
    assert not result.has_failed, [result.broken, *(case.text for case in result.results)]
    return Coverage([result.hits])


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(FLOWS.splitlines(), 1) if text in line)


def missed(coverage: Coverage, kind: str) -> set[tuple[int, str, str]]:
    return {(point.line, point.element, point.label) for point in coverage.missed() if point.kind == kind}


def test_lines_that_no_case_comes_to(folder: Path) -> None:
    coverage = covered(folder)
    assert missed(coverage, "line") == {
        (line_of("variableName: huge"), "set-variable", ""),
        (line_of("value: second"), "set-payload", ""),
        (line_of("message: never"), "logger", ""),
    }
    assert coverage.lines("shop/orders.yaml")[line_of("type(payload.orders)")] == 3


def test_branches_that_no_case_takes(folder: Path) -> None:
    last = line_of("type: OS:STORE_NOT_AVAILABLE") - 1
    assert missed(covered(folder), "branch") == {
        (line_of("variableName: huge"), "choice", "when/1"),
        (line_of("value: second"), "first-successful", "routes/1"),
        (line_of("- try:"), "try", "succeeds"),
        (last, "error handler 1", "takes an error"),
    }


def test_branches_that_cases_take(folder: Path) -> None:
    coverage = covered(folder)
    taken = {(point.element, point.label): times for point, times in coverage.hits.items() if point.kind == "branch"}
    assert taken["foreach", "runs its steps"] == 2
    assert taken["foreach", "the collection is empty"] == 2
    assert taken["choice", "when/0"] == 1
    assert taken["choice", "no condition holds"] == 1
    assert taken["try", "fails"] == 3
    assert taken["error handler 0", "takes an error"] == 3
    assert coverage.share("branch") == Share(7, 11)


def test_error_paths_that_no_case_takes(folder: Path) -> None:
    coverage = covered(folder)
    assert {(point.element, point.label) for point in coverage.hits if point.kind == "error"} > {
        ("os:store", "OS:STORE_NOT_AVAILABLE"),
        ("os:retrieve", "OS:KEY_NOT_FOUND"),
    }
    assert {(element, label) for _, element, label in missed(coverage, "error")} == {
        ("validation:is-true", "VALIDATION:INVALID_BOOLEAN"),
        ("os:retrieve", "OS:STORE_NOT_AVAILABLE"),  # a handler of its own takes it
        ("os:retrieve", "OS:RETRY_EXHAUSTED"),  # 503
        ("os:retrieve", "OS:INVALID_KEY"),  # 500, as INVALID_VALUE is
        ("os:store", "OS:INVALID_KEY"),
    }


def test_errors_that_go_the_same_way_need_one_test(folder: Path) -> None:
    like_it = {(point.element, point.label): point.like_it for point in covered(folder).hits if point.kind == "error"}
    assert like_it["os:store", "OS:STORE_NOT_AVAILABLE"] == 1  # RETRY_EXHAUSTED is 503 too: the case has tested both
    assert like_it["os:store", "OS:INVALID_KEY"] == 3
    assert like_it["os:retrieve", "OS:KEY_NOT_FOUND"] == 0


BOTH = {"STORE_NOT_AVAILABLE", "RETRY_EXHAUSTED"}  # 503, where a caller gets them


@pytest.mark.parametrize(
    ("around", "groups"),
    [
        ("{0}", [{"NULL_VALUE", "INVALID_KEY", "INVALID_VALUE", "KEY_ALREADY_EXISTS"}]),
        ("- try: {{steps: [{1}], error-handler: [{{on-error-continue: {{type: 'OS:NULL_VALUE'}}}}]}}",
         [{"NULL_VALUE"}, {"INVALID_KEY", "INVALID_VALUE", "KEY_ALREADY_EXISTS"}]),
        ("- try: {{steps: [{1}], error-handler: [{{on-error-continue: {{when: 'vars.x', type: 'OS:NULL_VALUE'}}}}]}}",
         [{"NULL_VALUE"}, {"INVALID_KEY", "INVALID_VALUE", "KEY_ALREADY_EXISTS"}]),
        ("- until-successful: {{retryOn: 'OS:INVALID_KEY', steps: [{1}]}}",
         [{"INVALID_KEY"}, {"NULL_VALUE", "INVALID_VALUE", "KEY_ALREADY_EXISTS"}]),
        ("- foreach: {{collect: {{target: r, abortOn: 'OS:INVALID_KEY'}}, steps: [{1}]}}",
         [{"INVALID_KEY"}, {"NULL_VALUE", "INVALID_VALUE", "KEY_ALREADY_EXISTS", *BOTH}]),
    ],
    ids=["nothing around", "a handler", "a handler with a condition", "types that are tried again", "types that abort"],
)  # fmt: skip
def test_what_tells_errors_apart(tmp_path: Path, around: str, groups: list[set[str]]) -> None:
    store = "os:store: {key: a, value: 1}"
    (tmp_path / "a.yaml").write_text(
        "configs: {Api: {http:listener-config: {port: 8081}}}\nflows:\n  a:\n"
        "    source: {http:listener: {config-ref: Api, path: /a}}\n    steps:\n"
        f"      {around.format(f'- {store}', f'{{{store}}}')}\n"
    )
    app = Application.load(tmp_path)
    ways = Ways(app.parts)
    found = [
        {error.identifier for error in errors}
        for way in ways.all
        for step in way.chain.steps
        for errors in errors_by_fate(ways, way, step).values()
    ]
    sure = [group for group in found if group != BOTH]
    assert sorted(map(sorted, sure)) == sorted(map(sorted, groups))


def test_what_callers_would_get_is_to_be_tested_first(folder: Path) -> None:
    risks = {(point.element, point.label): (point.risk, point.why) for point in covered(folder).missed()}
    assert risks["os:store", "OS:INVALID_KEY"][1] == "the caller of orders gets it"
    assert risks["os:retrieve", "OS:STORE_NOT_AVAILABLE"][1] == "the caller of orders gets it"  # it is propagated
    assert risks["logger", ""] == (0, "")
    by_risk = [point.risk for point in covered(folder).next()]
    assert by_risk == sorted(by_risk, reverse=True)
    assert by_risk[0] >= 3


def test_the_table_names_files_and_gaps(folder: Path) -> None:
    told = "\n".join(table(covered(folder)))
    assert re.search(r"shop/orders.yaml +10/13 76 % +7/11 63 %", told), told
    assert f"shop/orders.yaml:{line_of('message: never')} logger\n" in told
    assert "os:store raises OS:" in told
    assert "what to test next" in told


def test_lcov(folder: Path) -> None:
    rows = as_lcov(covered(folder)).splitlines()
    assert rows[1] == f"SF:{folder / 'shop/orders.yaml'}"
    assert f"DA:{line_of('message: never')},0" in rows
    assert {"LF:13", "LH:10", "end_of_record"} <= set(rows)
    counts: Mapping[str, str] = dict(row.split(":", 1) for row in rows if row[:3] == "BRF" or row[:3] == "BRH")
    taken = [row for row in rows if row.startswith("BRDA") and not row.endswith(",0")]
    assert len(taken) == int(counts["BRH"]) < int(counts["BRF"])


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["test", "shop", *arguments])
    return result.exit_code, result.output


@pytest.mark.parametrize(("percent", "code"), [("60", 0), ("70", 1)])
def test_less_than_the_threshold_fails(folder: Path, percent: str, code: int) -> None:
    assert run("--fail-under", percent)[0] == code


def test_pages(folder: Path) -> None:
    code, told = run("--html", "out", "--lcov", "lcov.info")
    assert code == 0
    assert "wrote out/index.html" in told
    page = (folder / "out/1-orders.yaml.html").read_text()
    assert "never raised OS:INVALID_KEY or one of 3 like it" in page
    assert '<span class="row missed"><b>' in page
    assert "<script" not in page
    assert "http:" not in page.replace("http:listener", "")
    assert as_lcov(covered(folder)) == (folder / "lcov.info").read_text()


def test_a_folder_that_cannot_be_written(folder: Path) -> None:
    (folder / "file").write_text("")
    code, told = run("--html", "file/out")
    assert (code, "'file/out' cannot be written" in told) == (1, True)


def test_the_shipped_flows_are_covered() -> None:
    root = Path(__file__).parent.parent.parent / "flows"
    results = [run_file(file, Order(covers=True)) for file in sorted(root.glob("*.test.yaml"))]
    coverage = Coverage(result.hits for result in results)
    assert set(coverage.files) == {str(file) for file in root.glob("*.yaml") if ".test." not in file.name}
    assert coverage.share("line").percent >= 95
    assert coverage.share("branch").percent >= 90


REPEATS = """
flows:
  orders:
    steps:
      - repeat: {while: payload < 3, steps: [{set-payload: {value: "#[payload + 1]"}}]}
      - repeat: {until: payload >= 3, steps: [{set-payload: {value: "#[payload + 1]"}}]}
cases:
  some rounds: {flow: orders, given: {payload: 1}, expect: {payload: 4}}
  no round: {flow: orders, given: {payload: 3}, expect: {payload: 4}}
"""


def test_the_first_condition_of_a_repeat_is_a_branch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each event runs the steps of one without `while`: there is no other way."""
    flows, cases = REPEATS.split("cases:")
    (tmp_path / "orders.yaml").write_text(flows)
    (tmp_path / "orders.test.yaml").write_text(f"cases:{cases}")
    monkeypatch.chdir(tmp_path)
    result = run_file(Path("orders.test.yaml"), Order(covers=True))
    assert not result.has_failed, [result.broken, *(case.text for case in result.results)]
    branches = [(point.label, times) for point, times in result.hits.items() if point.kind == "branch"]
    assert branches == [("runs its steps", 2), ("'while' does not hold at first", 1)]
    lines = {point.line: times for point, times in result.hits.items() if point.element == "set-payload"}
    assert lines == {5: 2, 6: 2}
