"""Chaos: each operation fails once with each of its errors, and callers still get declared answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.tools.cli import main

FLOW = """
configs:
  Listener: {http:listener-config: {host: 127.0.0.1, port: 8081}}
flows:
  orders:
    source: {http:listener: {config-ref: Listener, path: /orders, allowedMethods: POST}}
    steps:
"""
FLOWS = (
    FLOW
    + """\
      - validation:is-true: {expression: type(payload) == 'array'}
      - foreach:
          steps:
            - until-successful:
                maxRetries: 1
                steps: [{flow-ref: {name: keep}}]
  other:
    source: {http:listener: {config-ref: Listener, path: /other, allowedMethods: POST}}
    steps:
      - flow-ref: {name: keep}
      - set-payload: {value: kept}
    error-handler:
      - on-error-continue:
          type: OS:STORE_NOT_AVAILABLE
          steps:
            - set-variable: {variableName: httpStatus, value: 202}
      - on-error-continue:
          type: OS:NULL_VALUE
          steps:
            - until-successful:
                maxRetries: 100
                millisBetweenRetries: 1000
                steps: [{raise-error: {type: APP:STUCK}}]
sub-flows:
  keep:
    steps: [{os:store: {key: a, value: 1}}]
"""
)
ORDERS = """
  orders come in:
    post: /orders
    given: {payload: [1, 2]}
    expect: {status: 200}
"""
OTHER = """
  the other way:
    post: /other
    given: {payload: {}}
    expect: {status: 200}
"""
SOLID = "      - on-error-continue:\n          type: OS:NULL_VALUE"


def chaos(folder: Path, flows: str, cases: str) -> tuple[int, str]:
    (folder / "orders.yaml").write_text(flows)
    (folder / "orders.test.yaml").write_text(f"cases:{cases}")
    result = CliRunner().invoke(main, ["test", "--chaos", str(folder)])
    return result.exit_code, result.output


def answers(told: str, flow: str, element: str) -> dict[str, set[str]]:
    """The errors of an element by what the flow's caller got."""
    rows = iter(told.partition(f"\n{flow} declares ")[2].splitlines()[1:])
    next(row for row in rows if row.endswith(f" {element}"))
    found = {}
    for row in rows:
        got, colon, errors = row.strip().partition(": ")
        if not row.startswith("    ") or not colon:
            break
        found[got] = set(errors.split(", "))
    return found


OF_STORE = {
    f"OS:{name}"
    for name in ("INVALID_KEY", "STORE_NOT_AVAILABLE", "RETRY_EXHAUSTED", "INVALID_VALUE", "KEY_ALREADY_EXISTS",
                 "NULL_VALUE")
}  # fmt: skip


def test_what_callers_got_is_told_by_flow_and_operation(tmp_path: Path) -> None:
    code, told = chaos(tmp_path, FLOWS.partition(SOLID)[0] + FLOWS[FLOWS.index("sub-flows") :], ORDERS + OTHER)
    assert code == 0, told
    assert answers(told, "orders", "validation:is-true") == {"400": {"VALIDATION:INVALID_BOOLEAN"}}
    assert answers(told, "orders", "os:store") == {"200": OF_STORE}  # it fails once, and runs again
    got = answers(told, "other", "os:store")
    assert got["202"] == {"OS:STORE_NOT_AVAILABLE"}
    assert set.union(*got.values()) == OF_STORE
    assert "0 of which left a caller without an answer" in told


def test_operations_that_no_case_passes_are_told(tmp_path: Path) -> None:
    code, told = chaos(tmp_path, FLOWS.partition(SOLID)[0] + FLOWS[FLOWS.index("sub-flows") :], ORDERS)
    assert code == 0  # nobody is without an answer
    assert answers(told, "orders", "os:store") == {"200": OF_STORE}
    assert answers(told, "other", "os:store") == {"NO CASE PASSES IT": OF_STORE}
    assert "7 errors, 0 of which left a caller without an answer" in told
    assert "6 more that no case passes" in told


def test_cases_that_pass_no_operation_fail(tmp_path: Path) -> None:
    code, told = chaos(tmp_path, FLOWS, "\n  nothing: {steps: []}\n")
    assert (code, "0 errors" in told) == (1, True)


def test_a_call_that_no_mock_answers_is_no_answer_of_the_flow(tmp_path: Path) -> None:
    notify = "http:request: {url: 'http://127.0.0.1:1', method: POST}"
    flows = FLOWS.partition(SOLID)[0].replace(
        "variableName: httpStatus, value: 202}", f"variableName: a, value: 1}}\n            - {notify}"
    )
    code, told = chaos(tmp_path, flows + FLOWS[FLOWS.index("sub-flows") :], ORDERS + OTHER)
    assert answers(told, "other", "os:store")["A CALL THAT NO MOCK ANSWERS"] == {"OS:STORE_NOT_AVAILABLE"}
    assert code == 0


def test_a_caller_without_an_answer_fails(tmp_path: Path) -> None:
    code, told = chaos(tmp_path, FLOWS, f"{ORDERS}{OTHER}    sources: true\n    timeout: 300ms\n")
    assert code == 1
    assert answers(told, "other", "os:store")["NO ANSWER"] == {"OS:NULL_VALUE"}


def test_an_answer_that_the_flow_does_not_declare_fails(tmp_path: Path) -> None:
    mock = "    mock: [{processor: set-variable, return: {vars: {httpStatus: 299}}}]\n"
    code, told = chaos(
        tmp_path, FLOWS.partition(SOLID)[0] + FLOWS[FLOWS.index("sub-flows") :], f"{ORDERS}{OTHER}{mock}"
    )
    assert code == 1
    assert answers(told, "other", "os:store")["299, NOT DECLARED"] == {"OS:STORE_NOT_AVAILABLE"}


IN_THE_BACKGROUND = (
    FLOW
    + """\
      - async:
          steps:
            - until-successful: {maxRetries: 1, millisBetweenRetries: 60000, steps: [{raise-error: {type: A:B}}]}
          timeout: 100s
      - async: {steps: [{async: {steps: [{os:store: {key: a, value: 1}}]}}]}
      - set-payload: {value: accepted}
"""
)


@pytest.mark.parametrize("payload", ["[1, 2]", "{from-schema: {type: array, items: {type: integer}}}"])
def test_steps_in_the_background_fail_without_the_caller(tmp_path: Path, payload: str) -> None:
    code, told = chaos(tmp_path, IN_THE_BACKGROUND, ORDERS.replace("[1, 2]", payload) + "    examples: 3\n")
    assert answers(told, "orders", "os:store") == {"200": OF_STORE}
    assert code == 0, told
    assert "0 of which left a caller without an answer" in told


@pytest.mark.parametrize("cases", ["\n  broken: {pst: /orders}\n", ""])
def test_a_broken_test_file_fails(tmp_path: Path, cases: str) -> None:
    code, told = chaos(tmp_path, FLOWS, cases)
    assert (code, "BROKEN" in told) == (1, True)


def test_a_folder_without_test_files_fails(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["test", "--chaos", str(tmp_path)])
    assert (result.exit_code, "no *.test.yaml" in result.output) == (1, True)


@pytest.mark.holds_loop("the command loads its flows in the loop; nobody else is there")
def test_no_shipped_flow_leaves_a_caller_without_a_declared_answer() -> None:
    flows = Path(__file__).parent.parent.parent / "flows"
    result = CliRunner().invoke(main, ["test", "--chaos", *map(str, flows.glob("*.test.yaml"))])
    assert result.exit_code == 0, result.output
    files = {*flows.glob("*.yaml")} - {*flows.glob("*.test.yaml")}
    served = sum(file.read_text().count("http:listener:") for file in files)
    assert result.output.count(" declares ") == served
