"""`engine try`, as somebody uses it: a flow step by step, with what they type."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine import Event
from engine.tools.cli import main
from engine.tools.playground.completing import candidates

FLOWS = """
flows:
  greet:
    steps:
      - set-variable: {variableName: names, value: []}
      - foreach:
          collection: payload.people
          steps:
            - try:
                steps:
                  - validation:is-not-blank-string: {value: "#[payload.name]", message: a person has a name}
                  - set-variable: {variableName: names, value: "#[append(vars.names, payload.name)]", doc:name: Note it}
                error-handler:
                  - on-error-continue: {type: VALIDATION:BLANK_STRING, logException: false}
      - set-payload: {value: "#[vars.names]"}
  at-once:
    steps:
      - scatter-gather:
          routes:
            - steps: [{set-payload: {value: left}}]
            - steps: [{set-payload: {value: right}}]
  failing:
    steps:
      - set-variable: {variableName: seen, value: 1}
      - raise-error: {type: SHOP:CLOSED, description: come tomorrow}
  quick:
    steps:
      - try:
          timeout: 1 s
          steps:
            - set-payload: {value: 1}
            - set-payload: {value: "#[payload + 1]"}
  beside:
    steps:
      - async: {steps: [{set-payload: {value: later}}]}
      - set-payload: {value: now}
  retried-beside:
    steps:
      - async:
          steps:
            - until-successful:
                maxRetries: 1000
                millisBetweenRetries: 1
                steps: [{raise-error: {type: SHOP:CLOSED}}]
      - set-payload: {value: 1}
      - set-payload: {value: 2}
  told:
    steps: [{raise-error: {type: SHOP:CLOSED, description: "no #[payload]"}}]
  secret:
    steps:
      - set-variable: {variableName: login, value: "${secret:password}"}
      - raise-error: {type: SHOP:CLOSED, description: "refused #[vars.login]"}
properties: {password: swordfish}
"""

WAITING = """
import asyncio
from pathlib import Path

async def wait():
    while not Path(%r).exists():
        await asyncio.sleep(0.01)
    return "waited"
"""


@pytest.fixture
def flows(tmp_path: Path) -> str:
    (tmp_path / "flows.yaml").write_text(FLOWS)
    (tmp_path / "people.json").write_text('{"people": [{"name": "Ada"}, {"name": " "}]}')
    return str(tmp_path)


def attempt(flows: str, flow: str, lines: str, payload: str = "people.json") -> Result:
    return CliRunner().invoke(main, ["try", flow, flows, "--payload", f"{flows}/{payload}"], input=lines)


def test_each_step_shows_what_it_has_changed(flows: str) -> None:
    result = attempt(flows, "greet", ":step\n:run\n")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "✓ greet/steps/0 set-variable",
        "    vars.names = []",
        "    ✓ greet/steps/1/foreach/steps/0/try/steps/0 validation:is-not-blank-string",
        "    ✓ greet/steps/1/foreach/steps/0/try/steps/1 set-variable 'Note it'",
        '        vars.names = [ "Ada" ]',
        "  ✓ greet/steps/1/foreach/steps/0 try",
        "    ✗ greet/steps/1/foreach/steps/0/try/steps/0 validation:is-not-blank-string: VALIDATION:BLANK_STRING: "
        "a person has a name",
        "  ✓ greet/steps/1/foreach/steps/0 try",
        "✓ greet/steps/1 foreach",
        "✓ greet/steps/2 set-payload",
        '    payload = [ "Ada" ]',
        "the flow has ended; :payload shows what it leaves",
    ]


def test_expressions_see_the_event_of_the_next_step(flows: str) -> None:
    result = attempt(flows, "greet", ":step\nvars.names\n\npayload.name\n:vars.counter\n:where\n")
    assert result.stdout.splitlines()[2:] == [
        "[]",
        '"Ada"',
        "1",
        f"greet/steps/1 foreach  {Path(flows).name}/flows.yaml:6",
        f"  greet/steps/1/foreach/steps/0 try  {Path(flows).name}/flows.yaml:9",
    ]


def test_a_step_gets_what_is_set_before_it(flows: str) -> None:
    result = attempt(flows, "greet", '\n:payload {"people": [{"name": "Grace"}]}\n:over\n:run\n:payload\n')
    assert result.stdout.splitlines()[-3:] == ["[", '  "Grace"', "]"]


def test_routes_wait_in_their_order(flows: str) -> None:
    told = attempt(flows, "at-once", "\n:where\n\n\n:payload\n").stdout.splitlines()
    assert "beside it wait: at-once/steps/0/scatter-gather/routes/1/steps/0 set-payload" in told
    assert [line.strip() for line in told if "payload = " in line] == [
        'payload = "left"', 'payload = "right"', 'payload = { "0": "left", "1": "right" }',
    ]  # fmt: skip


def test_a_flow_that_fails(flows: str) -> None:
    result = attempt(flows, "failing", ":run\n:vars\n\n:restart\n:step\n")
    assert result.exit_code == 0, "the run that was begun again has not failed"
    assert result.stdout.count("✓ failing/steps/0 set-variable") == 2
    assert "the flow has failed with SHOP:CLOSED: come tomorrow\n" in result.stdout
    assert '{\n  "seen": 1\n}' in result.stdout
    assert result.stderr == "the flow has ended; :restart begins again\n"
    assert attempt(flows, "failing", ":run\n").exit_code == 1


def test_no_time_passes_while_somebody_thinks(flows: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = iter(["", "", "", "", ":payload"])

    def type_slowly(sign: str) -> str:
        time.sleep(0.5)
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", type_slowly)
    result = CliRunner().invoke(main, ["try", "quick", flows])
    assert result.stdout.endswith("the flow has ended; :payload shows what it leaves\n2\n")


def test_work_beside_the_flow_is_stepped_through_as_well(flows: str) -> None:
    told = attempt(flows, "beside", ":run\n:payload\n").stdout
    assert '    payload = "later"' in told
    assert told.endswith('"now"\n')


@pytest.mark.parametrize("lines", [":step\n", ":step\n:step\n"], ids=["in the middle", "the flow has ended"])
def test_who_leaves_lets_nothing_on_that_waits_beside_the_flow(flows: str, lines: str) -> None:
    result = attempt(flows, "beside", lines)
    assert "later" not in result.stdout
    assert "background tasks" not in result.stderr


def test_work_beside_the_flow_ends_when_it_begins_again(flows: str) -> None:
    told = attempt(flows, "retried-beside", ":step\n:step\n:restart\n:step\n:where\n").stdout
    assert "raise-error" not in told, "neither has it run, nor does it wait"
    assert told.splitlines()[-1] == "beside it wait: retried-beside/steps/0/async/steps/0 until-successful"


@pytest.mark.parametrize("line", [":vars", ":vars.login", "vars.login", "{a: vars.login}"])
def test_secrets_are_not_shown(flows: str, line: str) -> None:
    result = attempt(flows, "secret", f":run\n{line}\n")
    assert "the flow has failed with SHOP:CLOSED: refused ***\n" in result.stdout
    assert result.stdout.splitlines()[-1] in ("}", '"***"')
    assert "swordfish" not in result.output


@pytest.mark.parametrize(
    ("arguments", "lines", "message"),
    [
        (["greeet"], "", "engine: there is no flow 'greeet'; did you mean 'greet'?"),
        (["greet", "--payload", "nope.json"], "", "Usage"),
        (["greet"], ":stepp\n", "there is no command ':stepp'; did you mean ':step'?"),
        (["greet"], ":zzz\n", "there is no command ':zzz'; there are :step, :over, :run,"),
        (["greet"], ":payload nope\n", "  nope\n  ^\n'nope' is not a root"),
    ],
)
def test_what_cannot_be(flows: str, arguments: list[str], lines: str, message: str) -> None:
    name, *others = arguments
    result = CliRunner().invoke(main, ["try", name, flows, *others], input=lines)
    assert result.stderr.startswith(message)


def test_the_standard_input_is_not_the_payload(flows: str) -> None:
    command = [sys.executable, "-m", "engine.tools", "try", "greet", flows, "--payload", "-"]
    done = subprocess.run(command, input="{}", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "engine: the lines come from the standard input, so the payload must be in a file\n"


EVENT = Event(
    payload={"records": [{"id": 1, "first name": "Ada"}, {"total": 2}], "shop": {"name": "x"}},
    vars={"seen": {"a": 1}},
)


@pytest.mark.parametrize(
    ("line", "word", "found"),
    [
        ("payload.", "", ["records", "shop"]),
        ("payload.sh", "sh", ["shop"]),
        ("payload.records[0].", "", ["id", '"first name"']),
        ("payload.records[?id > `0`].", "", ["id", '"first name"']),
        ("payload.records[].", "", ["id", '"first name"', "total"]),
        ("upper(vars.seen.", "", ["a"]),
        ("payl", "payl", ["payload"]),
        (":pay", ":pay", [":payload"]),
        ("nope.", "", []),
        ("payload.shop.name.", "", []),
        ("payload.records[?id == '", "zz", []),
    ],
)
def test_completion(line: str, word: str, found: list[str]) -> None:
    assert list(candidates(line, word, (":payload", ":vars"), EVENT))[: len(found) + 1] == found


def test_functions_follow_the_fields() -> None:
    found = list(candidates("payload.records[?to", "to", (), EVENT))
    assert found[0] == "total"
    assert "to_array(" in found


def test_ctrl_c_gives_the_prompt_back_while_a_step_runs(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(WAITING % str(tmp_path / "now"))
    (tmp_path / "flows.yaml").write_text("flows: {slow: {steps: [{python: {function: 'slow:wait'}}]}}")
    command = [sys.executable, "-u", "-m", "engine.tools", "try", "slow", str(tmp_path)]
    with subprocess.Popen(
        command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("'begun'\n:step\n")
        process.stdin.flush()
        assert process.stdout.readline() == '"begun"\n'
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        process.stdin.write("'it goes on'\n:where\n")
        process.stdin.flush()
        assert [process.stdout.readline() for _ in range(2)] == ['"it goes on"\n', "a step still runs\n"]
        (tmp_path / "now").touch()
        out, error = process.communicate(":step\n:step\n", timeout=20)
    assert process.returncode == 0
    assert out.splitlines() == [
        "✓ slow/steps/0 python",
        '    payload = "waited"',
        "    attributes = {}",
        "the flow has ended; :payload shows what it leaves",
    ]
    assert error.splitlines() == [
        "",
        "the step still runs; :step waits for it again, :restart gives it up",
        "the flow has ended; :restart begins again",
    ]


def test_a_text_from_outside_sends_no_commands_to_the_terminal(flows: str) -> None:
    """Neither the title of its window nor what was printed before is changed."""
    hostile = '"a\\u001b]0;owned\\u0007\\u009b2J"'
    (Path(flows) / "hostile.json").write_text(hostile)
    for command in (["try", "told", flows], ["run", "--flow", "told", flows]):
        done = CliRunner().invoke(main, [*command, "--payload", f"{flows}/hostile.json"], input=":step\n")
        assert "a\\x1b]0;owned\\x07\\x9b2J" in done.output
        assert not {"\x1b", "\x07", "\x9b"} & set(done.output)
