"""`engine explain flow`: each step, whether it waits, what is committed together, who handles its errors."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from engine import Application
from engine.steps.chain import Step
from engine.steps.heads import steps_within
from engine.tools.cli import main

SHIPPED = Path(__file__).parents[2] / "flows"
TOGETHER = "statements of up to 256 items are committed together"
FLOWS = """
configs:
  Db: {db:config: {url: "sqlite://", initScript: "CREATE TABLE t(id INTEGER)"}}
  Other: {db:config: {url: "sqlite://", initScript: "CREATE TABLE t(id INTEGER)"}}
sub-flows:
  insert: {steps: [{db:insert: {config-ref: Db, sql: "INSERT INTO t VALUES(:id)", input-parameters: {id: 1}}}]}
flows:
  f:
    steps:
      - foreach:
          steps:
            - flow-ref: {name: insert}
            STEP
    error-handler:
      - on-error-continue: {type: "DB:CONNECTIVITY", when: error.description != null, steps: []}
"""


def explained(*arguments: str) -> str:
    output = CliRunner().invoke(main, ["explain", "flow", *arguments]).output
    return output.replace(f"{Path.cwd().name}/", "")


@pytest.mark.parametrize("name", Application.load(SHIPPED).parts.runnables)
def test_every_step_of_the_shipped_flows_is_told(name: str) -> None:
    page, runnable = explained(name, str(SHIPPED)), Application.load(SHIPPED).parts.runnables[name]
    own = [step for step in steps_within(runnable) if step.location.startswith(f"{name}/")]
    assert own
    assert [step for step in own if _line(step) not in page] == []


def _line(step: Step) -> str:
    return f"{step.location.rpartition(' @ ')[2]} {step.name}: "


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("", TOGETHER),
        ("- logger: {message: 'lookup'}", TOGETHER),
        (
            "- until-successful: {steps: []}",
            "each statement is committed alone: flows.yaml:13 until-successful may wait",
        ),
        (
            "- db:select: {config-ref: Other, sql: SELECT 1}",
            "each statement is committed alone: they work with several",
        ),
        ("- try: {timeout: 1s, steps: []}", "each statement is committed alone: flows.yaml:13 try may wait"),
    ],
)
def test_a_loop_says_why_it_is_no_batch(step: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("flows.yaml").write_text(FLOWS.replace("STEP", step))
    assert told in explained("f", "flows.yaml")


def test_a_loop_that_is_not_to_be_fused_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("flows.yaml").write_text(FLOWS.replace("STEP", "").replace("foreach:\n", "foreach:\n          fuse: false\n"))
    assert "each statement is committed alone: fuse is false" in explained("f", "flows.yaml")


def test_errors_say_who_gets_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("flows.yaml").write_text(FLOWS.replace("STEP", ""))
    handler = "flows.yaml:15 on-error-continue of DB:CONNECTIVITY when a condition holds"
    _, step, *ends = explained("insert", "flows.yaml").splitlines()
    assert step == "  flows.yaml:6 db:insert: works with Db alone"
    assert ends[0] == f"      DB:CONNECTIVITY, DB:CANNOT_REACH, DB:INVALID_CREDENTIALS, 1 more → {handler}"
    assert ends[-1].endswith("→ whoever runs it")


def test_a_flow_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("flows.yaml").write_text(FLOWS.replace("STEP", ""))
    assert explained("inserd", "flows.yaml") == "engine: there is no flow 'inserd'; did you mean 'insert'?\n"
    assert "see `engine explain flow NAME PATHS`" in explained("", "flows.yaml")


REFUSING = """
configs: {Api: {http:listener-config: {port: 8081}}}
flows:
  w:
    source: {http:listener: {config-ref: Api, path: /w, allowedMethods: GET}}
    steps:
      - security:api-key: {keys: {a: "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"}}
      - choice:
          when: [{expression: payload == null, steps: [{set-payload: {value: 1}}]}]
          otherwise: {steps: [{set-payload: {value: 2}}]}
"""


def test_refusals_have_their_status_and_routes_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("flows.yaml").write_text(REFUSING)
    lines = [line.strip() for line in explained("w", "flows.yaml").splitlines()]
    assert lines[2:4] == ["SECURITY:UNAUTHORIZED → leaves w with 401", "MULE:NOT_PERMITTED → leaves w with 403"]
    assert (lines[5], lines[7]) == ("when/0:", "otherwise:")


def test_chaos_raises_refusals_with_their_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("flows.yaml").write_text(REFUSING)
    Path("flows.test.yaml").write_text(
        "cases: {it: {get: /w, given: {headers: {x-api-key: foo}}, expect: {status: 200}}}"
    )
    result = CliRunner().invoke(main, ["test", "--chaos", "."])
    assert result.exit_code == 0, result.output
    assert "NOT DECLARED" not in result.output
